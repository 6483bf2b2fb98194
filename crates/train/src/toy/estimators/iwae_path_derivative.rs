//! Sticking the landing on the importance-weighted bound (Roeder, Wu and Duvenaud 2017, section 6): biased.

use super::weights::weighted;
use crate::toy::Toy;

/// ```text
/// g = sum_k w~_k * path derivative of log w_k
/// ```
/// The scores that are left out are weighted, and then have no mean of zero: biased for `K > 1` (trap D15).
pub(in crate::toy) fn iwae_path_derivative(toy: &Toy, eps: &[f64]) -> [f64; 2] {
    weighted(toy, eps, |weight, eps| toy.path(eps).map(|path| weight * path))
}
