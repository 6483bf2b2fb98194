//! Progress on stderr: moving bars on a terminal, plain lines elsewhere, nothing with `--quiet`.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use train::{EpochMetrics, Observer, Terms};

use crate::console::Console;

/// A bar on stderr, hidden where it would not move.
pub(crate) fn bar(console: Console, length: u64, template: &str) -> ProgressBar {
    let target = if console.has_bars() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let rate = |state: &ProgressState, out: &mut dyn Write| {
        // A bar whose rate cannot be written is still a bar.
        let _ = write!(out, "{:.0} images/s", state.per_sec());
    };
    ProgressBar::with_draw_target(Some(length), target).with_style(style.with_key("rate", rate).progress_chars("=> "))
}

/// The training loop's view of the terminal, the clock and Ctrl-C.
pub(crate) struct Training {
    console: Console,
    started: Instant,
    interrupted: Arc<AtomicBool>,
    epochs: u64,
    images: u64,
    bar: ProgressBar,
}

impl Training {
    pub(crate) fn new(console: Console, interrupted: Arc<AtomicBool>, epochs: u64, images: usize) -> Self {
        let bar = ProgressBar::hidden();
        Self { console, started: Instant::now(), interrupted, epochs, images: images as u64, bar }
    }
}

impl Observer for Training {
    fn now(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    fn interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    fn epoch_started(&mut self, epoch: u64, steps: usize, done: usize) {
        let template =
            format!("epoch {epoch:>3}/{} [{{bar:32}}] {{pos}}/{{len}}  {{rate}}  {{msg}}  {{eta}} left", self.epochs);
        self.bar = bar(self.console, self.images, &template);
        self.bar.set_position(self.images * done as u64 / steps.max(1) as u64);
        self.bar.reset_eta();
        self.bar.enable_steady_tick(Duration::from_millis(200));
    }

    fn step_finished(&mut self, images: usize, running: Terms) {
        self.bar.set_message(format!("ELBO {:.2}", running.elbo));
        self.bar.inc(images as u64);
    }

    fn epoch_finished(&mut self, metrics: &EpochMetrics) {
        self.bar.finish_and_clear();
        let EpochMetrics { epoch, train, test, seconds, evaluation_seconds, .. } = metrics;
        self.console.note(&format!(
            "epoch {epoch:>3}/{}  train ELBO {:.2}  test ELBO {:.2} = {:.2} - {:.2}  {:.1} s, {:.0} images/s, evaluation {:.1} s",
            self.epochs,
            train.elbo,
            test.elbo,
            test.log_likelihood,
            test.kl,
            seconds,
            self.images as f64 / seconds.max(1e-9),
            evaluation_seconds,
        ));
    }
}

impl Drop for Training {
    /// A bar that was interrupted leaves no trace between the lines.
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
