//! Self-normalised importance weights.

use crate::toy::Toy;

/// `w_k / sum_j w_j` of each draw, shifted by the largest so that nothing overflows (trap D17), with `g` of the draw.
pub(super) fn weighted(toy: &Toy, eps: &[f64], mut term: impl FnMut(f64, f64) -> [f64; 2]) -> [f64; 2] {
    let largest = eps.iter().fold(f64::NEG_INFINITY, |largest, &eps| largest.max(toy.log_weight(eps)));
    let weight = |eps: f64| (toy.log_weight(eps) - largest).exp();
    let total: f64 = eps.iter().map(|&eps| weight(eps)).sum();
    let mut sum = [0.0; 2];
    for &eps in eps {
        for (sum, term) in sum.iter_mut().zip(term(weight(eps) / total, eps)) {
            *sum += term;
        }
    }
    sum
}
