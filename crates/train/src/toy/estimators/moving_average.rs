//! The score function with an exponential moving average of earlier values as its baseline.

use super::score_function::with_baseline;
use crate::toy::Toy;

/// ```text
/// g = score * (log w - b),  then  b <- d b + (1 - d) log w
/// ```
/// The baseline of a draw holds earlier draws only (trap D13).
#[derive(Debug)]
pub(in crate::toy) struct MovingAverage {
    decay: f64,
    baseline: f64,
}

impl MovingAverage {
    pub(in crate::toy) fn new(decay: f64) -> Self {
        Self { decay, baseline: 0.0 }
    }

    pub(in crate::toy) fn gradient(&mut self, toy: &Toy, eps: f64) -> [f64; 2] {
        let gradient = with_baseline(toy, eps, self.baseline);
        self.baseline = self.decay * self.baseline + (1.0 - self.decay) * toy.log_weight(eps);
        gradient
    }
}
