//! The loop's window to the world: time, progress, and the wish to stop.

use crate::{EpochMetrics, Terms};

/// What the training loop asks and tells.
pub trait Observer {
    /// Seconds on a clock that never goes back.
    fn now(&self) -> f64;

    /// Whether the user wants the run to save and stop.
    fn interrupted(&self) -> bool;

    /// An epoch of `steps` steps begins, of which `done` were done before an interruption.
    fn epoch_started(&mut self, epoch: u64, steps: usize, done: usize);

    /// A step of `images` images is done; `running` averages the epoch so far.
    fn step_finished(&mut self, images: usize, running: Terms);

    /// An epoch is done, evaluated and saved.
    fn epoch_finished(&mut self, metrics: &EpochMetrics);
}
