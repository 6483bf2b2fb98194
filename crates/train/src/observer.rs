//! The loop's window to the world: time, progress, and the wish to stop.

use crate::{EpochMetrics, Terms};

/// What the training loop asks and tells. Each method has a body that knows and does nothing.
///
/// # Examples
/// One that stops a run where the test ELBO falls; [`fit`](crate::fit()) then saves and returns.
///
/// ```
/// use std::time::Instant;
///
/// use train::{EpochMetrics, Observer};
///
/// struct WhileItRises {
///     clock: Instant,
///     elbos: Vec<f64>,
/// }
///
/// impl Observer for WhileItRises {
///     fn now(&self) -> f64 {
///         self.clock.elapsed().as_secs_f64()
///     }
///     fn interrupted(&self) -> bool {
///         matches!(self.elbos[..], [.., before, last] if last < before)
///     }
///     fn epoch_finished(&mut self, metrics: &EpochMetrics) {
///         self.elbos.push(metrics.test.elbo);
///     }
/// }
///
/// # let epoch = |elbo| {
/// #     let terms = train::Terms { elbo, log_likelihood: elbo + 20.0, kl: 20.0, objective: None, bound: None };
/// #     EpochMetrics { epoch: 1, step: 1, train: terms, test: terms, seconds: 0.0, evaluation_seconds: 0.0 }
/// # };
/// let mut observer = WhileItRises { clock: Instant::now(), elbos: Vec::new() };
/// let asks = [-90.0, -85.0, -86.0].map(|elbo| {
///     observer.epoch_finished(&epoch(elbo));
///     observer.interrupted()
/// });
/// assert_eq!(asks, [false, false, true]);
/// ```
pub trait Observer {
    /// Seconds on a clock that never goes back. Without one, `metrics.jsonl` says that all took no time.
    fn now(&self) -> f64 {
        0.0
    }

    /// Whether the user wants the run to save and stop.
    fn interrupted(&self) -> bool {
        false
    }

    /// An epoch of `steps` steps begins, of which `done` were done before an interruption.
    fn epoch_started(&mut self, _epoch: u64, _steps: usize, _done: usize) {}

    /// A step of `images` images is done; `running` averages the epoch so far.
    fn step_finished(&mut self, _images: usize, _running: Terms) {}

    /// An epoch is done, evaluated and saved.
    fn epoch_finished(&mut self, _metrics: &EpochMetrics) {}
}

/// Nobody watches.
impl Observer for () {}
