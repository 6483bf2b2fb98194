//! The reparameterised gradient in full (Kingma and Welling 2014; Roeder, Wu and Duvenaud 2017, eq. 5).

use crate::toy::Toy;

/// ```text
/// g = d/dphi [log p(z) - log q(z; phi)],  z = m + s eps
///   = path derivative - score
/// ```
pub(in crate::toy) fn total_derivative(toy: &Toy, eps: &[f64]) -> [f64; 2] {
    toy.total(eps[0])
}
