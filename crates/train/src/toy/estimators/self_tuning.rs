//! Self-tuning landing: the score term as a control variate whose weight is learnt.

use crate::toy::Toy;

/// Draws that the start counts for: the first few alone would give a wild weight.
const START: f64 = 20.0;

/// ```text
/// g = path - c * score,  c* = Cov(path, score) / Var(score),  Var(score) = 1/s^2 in loc, 2/s^2 in scale
/// ```
/// One `c` a parameter, from earlier draws only (trap D13), so that each estimate is unbiased; it starts at 1, the total
/// derivative, and is not clamped.
#[derive(Debug, Default)]
pub(in crate::toy) struct SelfTuning {
    draws: f64,
    path: [f64; 2],
    score: [f64; 2],
    product: [f64; 2],
}

impl SelfTuning {
    /// The weights of the score terms that the draws so far give.
    pub(in crate::toy) fn weights(&self, toy: &Toy) -> [f64; 2] {
        let precision = toy.q.scale.powi(-2);
        let score_variance = [precision, 2.0 * precision];
        [0, 1].map(|i| {
            // The sum of (path - its mean) (score - its mean).
            let comoment = self.product[i] - self.path[i] * self.score[i] / self.draws.max(1.0);
            (START + comoment / score_variance[i]) / (START + self.draws)
        })
    }

    pub(in crate::toy) fn gradient(&mut self, toy: &Toy, eps: f64) -> [f64; 2] {
        let (weights, path, score) = (self.weights(toy), toy.path(eps), toy.score(eps));
        self.draws += 1.0;
        for i in 0..2 {
            self.path[i] += path[i];
            self.score[i] += score[i];
            self.product[i] += path[i] * score[i];
        }
        [0, 1].map(|i| path[i] - weights[i] * score[i])
    }
}
