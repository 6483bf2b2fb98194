//! The multi-sample score function with a baseline a particle: VIMCO (Mnih and Rezende 2016, eq. 8 and 10).

use super::weights::weighted;
use crate::toy::Toy;

/// ```text
/// g = sum_k score_k * (L - L_(-k)) - sum_k w~_k score_k,  L = log 1/K sum_j w_j
/// ```
/// `L_(-k)` is `L` with `log w_k` replaced by the mean of the other log weights: independent of the draw that it is a baseline for
/// (trap D13). The second sum is `w~_k d log w_k / dphi` at fixed draws.
pub(in crate::toy) fn vimco(toy: &Toy, eps: &[f64]) -> [f64; 2] {
    let n = eps.len() as f64;
    let (mut largest, mut sum) = (f64::NEG_INFINITY, 0.0);
    for &eps in eps {
        let log_weight = toy.log_weight(eps);
        (largest, sum) = (largest.max(log_weight), sum + log_weight);
    }
    let total: f64 = eps.iter().map(|&eps| (toy.log_weight(eps) - largest).exp()).sum();
    weighted(toy, eps, |weight, eps| {
        let own = toy.log_weight(eps);
        let others = (sum - own) / (n - 1.0);
        // L - L_(-k): the constants log K and `largest` cancel. The rest may round below zero where one weight is all.
        let rest = (total * (1.0 - weight)).max(0.0);
        let signal = total.ln() - (rest + (others - largest).exp()).ln();
        toy.score(eps).map(|score| score * (signal - weight))
    })
}
