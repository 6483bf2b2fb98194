//! One pool of threads a process, whose jobs last microseconds.
//!
//! A training step shares some thirty pieces of work of 20 to 300 microseconds among the cores. Handing a piece to a parked
//! thread costs the system about 50 microseconds, so the workers spin for a moment after each job, in the expectation of
//! the next one, and park only then. General pools park sooner or hand out single closures with a queue: a step measured
//! 20 % longer with one.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, TryLockError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// How long a worker looks for the next job before it parks.
const SPIN: Duration = Duration::from_micros(200);
/// Looks between two looks at the clock.
const LOOKS: u32 = 64;
/// The largest number of parts of a job: what its field in the ticket holds.
const MOST_PARTS: usize = u16::MAX as usize;

static POOL: OnceLock<Pool> = OnceLock::new();
static THREADS: AtomicUsize = AtomicUsize::new(0);

/// How many threads share a piece of work, the caller among them: the cores of the machine, unless [`set_threads`] said
/// otherwise.
pub fn threads() -> usize {
    /// Asked once: the system reads files to answer.
    static CORES: OnceLock<usize> = OnceLock::new();
    match THREADS.load(Ordering::Relaxed) {
        0 => *CORES.get_or_init(|| thread::available_parallelism().map_or(1, usize::from)),
        chosen => chosen,
    }
}

/// Lets `count` threads share the work, at least 1; more than the machine has cores make it slower. No number depends on it.
///
/// The pool grows when it must and never shrinks: threads that are too many sleep.
pub fn set_threads(count: usize) {
    THREADS.store(count.max(1), Ordering::Relaxed);
}

/// Calls `work` once with each item, on as many threads as [`threads`] says, the caller among them; returns when all are done.
///
/// Inside of `work`, and while another thread has the pool, the items are worked through one after another: a nested or a
/// second call is correct, and never waits.
///
/// # Panics
/// When `work` panics, after all other items are done.
pub fn for_each<T: Send>(items: impl IntoIterator<Item = T>, work: impl Fn(T) + Sync) {
    let mut items: Vec<T> = items.into_iter().collect();
    let parts = items.len();
    if parts > 1
        && parts <= MOST_PARTS
        && threads() > 1
        && let Some(owner) = Pool::get().own()
    {
        let slots: Vec<Mutex<Option<T>>> = items.drain(..).map(|item| Mutex::new(Some(item))).collect();
        owner.run(parts, &|part| {
            // A part is handed out once, so the lock is free and the item there.
            if let Some(item) = slots[part].lock().ok().and_then(|mut slot| slot.take()) {
                work(item);
            }
        });
    } else {
        items.into_iter().for_each(work);
    }
}

/// The results of `work` for `0..count`, in their order, on as many threads as [`threads`] says. No sum over them depends on
/// those.
///
/// # Panics
/// When `work` panics.
pub fn map<R: Send>(count: usize, work: impl Fn(usize) -> R + Sync) -> Vec<R> {
    let mut results: Vec<Option<R>> = (0..count).map(|_| None).collect();
    for_each(results.iter_mut().enumerate(), |(index, result)| *result = Some(work(index)));
    results.into_iter().flatten().collect()
}

/// A job, as the workers see it: called with the number of each part.
type Job<'a> = dyn Fn(usize) + Sync + 'a;

/// Which job is on, how many parts it has and which is the next: `[job: 32 | parts: 16 | next: 16]`, in one word, so that a
/// worker that was late cannot take a part of a job it has not seen.
#[derive(Clone, Copy, PartialEq)]
struct Ticket(u64);

impl Ticket {
    fn new(job: u32, parts: usize) -> Self {
        Self(u64::from(job) << 32 | (parts as u64) << 16)
    }

    fn job(self) -> u32 {
        (self.0 >> 32) as u32
    }

    fn parts(self) -> usize {
        (self.0 >> 16) as usize & MOST_PARTS
    }

    fn next(self) -> usize {
        self.0 as usize & MOST_PARTS
    }

    fn has_part(self) -> bool {
        self.next() < self.parts()
    }

    fn taken(self) -> Self {
        Self(self.0 + 1)
    }
}

struct Pool {
    ticket: AtomicU64,
    /// The job of the ticket.
    job: JobSlot,
    /// Parts of the job that are done.
    done: AtomicUsize,
    /// The panic of a part, to go on in the caller.
    panic: Mutex<Option<Box<dyn std::any::Any + Send>>>,
    /// The workers, and the right to give them a job.
    workers: Mutex<Vec<Worker>>,
}

struct Worker {
    thread: Thread,
    parked: &'static AtomicBool,
}

/// Where the caller puts its job for the workers to find.
struct JobSlot(std::cell::UnsafeCell<Option<*const Job<'static>>>);

// SAFETY: the slot is written by the one holder of `Pool::workers` while no job is on (every part of the last one is done),
// and read only by a thread that holds an unfinished part of the job it was written for. The store of the ticket
// (`Release`) and the exchange that takes a part (`Acquire`) order the two.
#[allow(unsafe_code)]
unsafe impl Sync for JobSlot {}
// SAFETY: as above; what the pointer points to is `Sync`.
#[allow(unsafe_code)]
unsafe impl Send for JobSlot {}

/// The right to run a job on the pool.
struct Owner<'a> {
    pool: &'static Pool,
    workers: MutexGuard<'a, Vec<Worker>>,
}

impl Pool {
    fn get() -> &'static Self {
        POOL.get_or_init(|| Self {
            ticket: AtomicU64::new(0),
            job: JobSlot(std::cell::UnsafeCell::new(None)),
            done: AtomicUsize::new(0),
            panic: Mutex::new(None),
            workers: Mutex::new(Vec::new()),
        })
    }

    /// The right to run a job, unless another thread has it or this one is at work on a part.
    fn own(&'static self) -> Option<Owner<'static>> {
        let workers = match self.workers.try_lock() {
            Ok(workers) => workers,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        Some(Owner { pool: self, workers })
    }

    /// Works on parts of the job that is on until none is left.
    fn help(&self) {
        let mut ticket = Ticket(self.ticket.load(Ordering::Acquire));
        while ticket.has_part() {
            let taken = ticket.taken().0;
            match self.ticket.compare_exchange_weak(ticket.0, taken, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => {
                    self.work(ticket.next());
                    ticket = Ticket(self.ticket.load(Ordering::Acquire));
                }
                Err(other) => ticket = Ticket(other),
            }
        }
    }

    /// One part, which this thread has taken.
    #[allow(unsafe_code)]
    fn work(&self, part: usize) {
        // SAFETY: this thread holds a part that is not done, so the job is on: the slot is not written, and the caller of
        // `Owner::run`, whose stack the job lives on, waits for `done`.
        let job = unsafe { (*self.job.0.get()).map(|job| &*job) };
        let Some(job) = job else { return };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| job(part)))
            && let Ok(mut slot) = self.panic.lock()
        {
            slot.get_or_insert(panic);
        }
        self.done.fetch_add(1, Ordering::Release);
    }

    /// What a worker does for ever.
    fn serve(&self, parked: &AtomicBool) {
        let mut seen = 0;
        loop {
            let idle_since = Instant::now();
            'spin: loop {
                for _ in 0..LOOKS {
                    let ticket = Ticket(self.ticket.load(Ordering::Acquire));
                    if ticket.job() != seen && ticket.has_part() {
                        seen = ticket.job();
                        self.help();
                        break 'spin;
                    }
                    std::hint::spin_loop();
                }
                if idle_since.elapsed() > SPIN {
                    parked.store(true, Ordering::SeqCst);
                    // A job that came since the last look is seen here, or its caller sees `parked` and wakes this thread.
                    let ticket = Ticket(self.ticket.load(Ordering::SeqCst));
                    if !(ticket.job() != seen && ticket.has_part()) {
                        thread::park();
                    }
                    parked.store(false, Ordering::SeqCst);
                    break 'spin;
                }
            }
        }
    }
}

impl Owner<'_> {
    /// Runs a job of `parts` parts.
    #[allow(unsafe_code)]
    fn run(mut self, parts: usize, job: &Job<'_>) {
        let pool = self.pool;
        self.hire(threads().min(parts) - 1);
        // SAFETY: only the lifetime changes. No part of this job is handed out after the last one is done, which this
        // function waits for before it returns or unwinds, and `work` uses the pointer only while it holds a part.
        let job: *const Job<'static> = unsafe { std::mem::transmute(std::ptr::from_ref(job)) };
        // SAFETY: this thread holds `workers`, and the last job is done, as its owner waited for that.
        unsafe { *pool.job.0.get() = Some(job) };
        pool.done.store(0, Ordering::Relaxed);
        let number = Ticket(pool.ticket.load(Ordering::Relaxed)).job().wrapping_add(1);
        pool.ticket.store(Ticket::new(number, parts).0, Ordering::SeqCst);
        for worker in self.workers.iter().take(threads().min(parts) - 1) {
            if worker.parked.load(Ordering::SeqCst) {
                worker.thread.unpark();
            }
        }
        pool.help();
        // Parts of other threads; each is as long as one that this thread has just done.
        let mut looks = 0_u32;
        while pool.done.load(Ordering::Acquire) < parts {
            looks += 1;
            match looks % 1024 {
                0 => thread::yield_now(),
                _ => std::hint::spin_loop(),
            }
        }
        let panic = pool.panic.lock().ok().and_then(|mut slot| slot.take());
        drop(self);
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
    }

    /// Starts workers until there are `count`. One that the system refuses is done without: the others take its parts.
    fn hire(&mut self, count: usize) {
        while self.workers.len() < count {
            let pool = self.pool;
            let parked: &'static AtomicBool = Box::leak(Box::new(AtomicBool::new(false)));
            let name = format!("kernels-{}", self.workers.len() + 1);
            let Ok(handle) = thread::Builder::new().name(name).spawn(move || pool.serve(parked)) else { return };
            self.workers.push(Worker { thread: handle.thread().clone(), parked });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every part once, whatever the number of threads and parts, many times over.
    #[test]
    fn every_item_is_worked_on_once() {
        for threads in [1, 2, 3, 8] {
            set_threads(threads);
            for round in 0..2000 {
                let mut counts = vec![0_u32; round % 17];
                for_each(counts.iter_mut().enumerate(), |(i, count)| *count += i as u32 + 1);
                assert!(counts.iter().enumerate().all(|(i, &count)| count == i as u32 + 1), "{counts:?}");
            }
        }
    }

    #[test]
    fn results_come_in_order() {
        for threads in [1, 2, 7] {
            set_threads(threads);
            for count in [0, 1, 100, 70_000] {
                assert!(map(count, |i| i * i).into_iter().eq((0..count).map(|i| i * i)));
            }
        }
    }

    #[test]
    fn nested_calls_and_calls_of_two_threads_finish() {
        set_threads(2);
        let total = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for _ in 0..500 {
                        for_each(0..4, |_| for_each(0..4, |_| _ = total.fetch_add(1, Ordering::Relaxed)));
                    }
                });
            }
        });
        assert_eq!(total.into_inner(), 3 * 500 * 16);
    }

    #[test]
    fn a_panic_goes_on_in_the_caller_and_the_pool_works_again() {
        set_threads(2);
        let done = AtomicUsize::new(0);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            for_each(0..8, |i| match i {
                5 => panic!("five"),
                _ => _ = done.fetch_add(1, Ordering::Relaxed),
            });
        }));
        assert_eq!(outcome.unwrap_err().downcast_ref::<&str>(), Some(&"five"));
        assert_eq!(done.load(Ordering::Relaxed), 7);
        for_each(0..8, |_| _ = done.fetch_add(1, Ordering::Relaxed));
        assert_eq!(done.into_inner(), 15);
    }
}
