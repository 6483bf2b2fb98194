//! The reparameterised gradient of the importance-weighted bound (Burda et al. 2016, eq. 14).

use super::weights::weighted;
use crate::toy::Toy;

/// ```text
/// g = sum_k w~_k d log w_k / dphi,  w~_k = w_k / sum_j w_j
/// ```
/// Its signal-to-noise ratio falls as `K` grows (trap D16; Rainforth et al. 2018).
pub(in crate::toy) fn iwae_total_derivative(toy: &Toy, eps: &[f64]) -> [f64; 2] {
    weighted(toy, eps, |weight, eps| toy.total(eps).map(|total| weight * total))
}
