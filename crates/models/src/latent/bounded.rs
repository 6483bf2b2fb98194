//! Parameters of a law from the outputs of a head, kept where single precision is safe.

use burn::tensor::{Tensor, activation};

/// Logarithms of gamma, beta and Dirichlet concentrations lie between these: concentrations from 0.018 to 1097, where draws
/// and their implicit gradients are right (traps D26, D41).
pub(crate) const LOG_CONCENTRATION: [f64; 2] = [-4.0, 7.0];

/// The largest code below 1 in `f32`.
const MOST_UNIT: f64 = 1.0 - 5.960_464_477_539_063e-8;

/// The smallest positive code that no machine rounds to 0.
const LEAST_UNIT: f64 = 1.2e-38;

/// `high tanh(x / high)` for `x > 0`, and `low tanh(x / low)` below: the identity near 0, within `(low, high)`, and with a
/// gradient everywhere, which a clamp has not.
pub(crate) fn bounded(x: Tensor<2>, [low, high]: [f64; 2]) -> Tensor<2> {
    let positive = activation::relu(x.clone());
    let negative = x - positive.clone();
    positive.div_scalar(high).tanh().mul_scalar(high) + negative.div_scalar(low).tanh().mul_scalar(low)
}

/// Codes that have rounded to 0 or 1, put back into the open interval.
pub(crate) fn open_unit(code: Tensor<2>) -> Tensor<2> {
    code.clamp(LEAST_UNIT, MOST_UNIT)
}
