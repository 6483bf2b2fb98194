//! The doubly reparameterised gradient of the importance-weighted bound (Tucker et al. 2018, eq. 8).

use super::weights::weighted;
use crate::toy::Toy;

/// ```text
/// g = sum_k w~_k^2 * path derivative of log w_k
/// ```
/// The weighted scores are reparameterised once more, and leave the square: unbiased for every `K`, zero where `q = p`.
pub(in crate::toy) fn dreg(toy: &Toy, eps: &[f64]) -> [f64; 2] {
    weighted(toy, eps, |weight, eps| toy.path(eps).map(|path| weight * weight * path))
}
