//! The score function with a learnt baseline, as in NVIL (Mnih and Gregor 2014).

use super::score_function::with_baseline;
use crate::toy::Toy;

/// ```text
/// g = score * (log w - b),  then one step down (log w - b)^2 in b, of size 1/n
/// ```
/// NVIL's baseline is a network of the input. This problem has no input, so that the network is its bias: a learnt constant, which
/// with steps of `1/n` is the mean of all earlier values. NVIL's division by a running deviation is left out, since it scales the
/// gradient and so changes its mean.
#[derive(Debug, Default)]
pub(in crate::toy) struct LearnedBaseline {
    draws: u64,
    baseline: f64,
}

impl LearnedBaseline {
    pub(in crate::toy) fn gradient(&mut self, toy: &Toy, eps: f64) -> [f64; 2] {
        let gradient = with_baseline(toy, eps, self.baseline);
        self.draws += 1;
        self.baseline += (toy.log_weight(eps) - self.baseline) / self.draws as f64;
        gradient
    }
}
