//! The score function, or REINFORCE (Williams 1992).

use crate::toy::Toy;

/// ```text
/// g = score * log w,  score = d log q(z; phi) / dphi
/// ```
/// The term `-d log q / dphi` of the objective itself has mean zero, and is left out.
pub(in crate::toy) fn score_function(toy: &Toy, eps: &[f64]) -> [f64; 2] {
    with_baseline(toy, eps[0], 0.0)
}

/// `score * (log w - baseline)`: unbiased for any baseline that does not depend on the draw (trap D13).
pub(super) fn with_baseline(toy: &Toy, eps: f64, baseline: f64) -> [f64; 2] {
    let signal = toy.log_weight(eps) - baseline;
    toy.score(eps).map(|score| score * signal)
}
