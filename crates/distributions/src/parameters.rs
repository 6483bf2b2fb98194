//! Checks of parameters on construction, and what several distributions compute alike.

use burn::tensor::{Bool, Tensor};

use crate::{DistributionError, Noise, sum_events};

/// The first entry that is `bad`, read back to the host.
fn find<const D: usize>(tensor: &Tensor<D>, bad: impl Fn(f64) -> bool) -> Result<Option<f64>, DistributionError> {
    Ok(read(tensor)?.into_iter().find(|&x| bad(x)))
}

/// Every entry, on the host.
pub(crate) fn read<const D: usize>(tensor: &Tensor<D>) -> Result<Vec<f64>, DistributionError> {
    tensor.clone().try_into_vec_as::<f64>().map_err(|error| DistributionError::Device(error.to_string()))
}

/// Checks that every entry is positive and finite.
pub(crate) fn positive<const D: usize>(
    tensor: &Tensor<D>,
    parameter: &'static str,
    mend: &'static str,
) -> Result<(), DistributionError> {
    match find(tensor, |x| !(x.is_finite() && x > 0.0))? {
        Some(value) => Err(DistributionError::NotPositive { parameter, value, mend }),
        None => Ok(()),
    }
}

/// Checks that every entry is finite.
pub(crate) fn finite<const D: usize>(tensor: &Tensor<D>, parameter: &'static str) -> Result<(), DistributionError> {
    match find(tensor, |x| !x.is_finite())? {
        Some(value) => Err(DistributionError::NotFinite { parameter, value }),
        None => Ok(()),
    }
}

/// Checks that two parameters share one shape.
pub(crate) fn same_shape<const D: usize>(left: &Tensor<D>, right: &Tensor<D>) -> Result<(), DistributionError> {
    if left.dims() == right.dims() {
        return Ok(());
    }
    Err(DistributionError::Shape { left: left.dims().to_vec(), right: right.dims().to_vec() })
}

/// Uniforms in (0, 1) with the shape, the device and the precision of a parameter.
pub(crate) fn uniform_like<const D: usize>(parameter: &Tensor<D>, noise: &mut Noise) -> Tensor<D> {
    noise.uniform(parameter.dims(), &parameter.device()).cast(parameter.dtype())
}

/// `log p` of each batch entry, with `-inf` where any of its values lies outside the support.
///
/// `log_density` must already be finite there, with the value replaced by one inside: the mask then stops the gradient,
/// and no `0 * inf` becomes NaN.
pub(crate) fn sum_inside<const D: usize>(log_density: Tensor<D>, outside: Tensor<D, Bool>) -> Tensor<1> {
    sum_events(log_density.mask_fill(outside, f64::NEG_INFINITY))
}

/// Where a value lies outside (0, 1), and the value with 1/2 in those places: no gradient comes from there.
pub(crate) fn open_unit<const D: usize>(value: Tensor<D>) -> (Tensor<D, Bool>, Tensor<D>) {
    let outside = value.clone().greater_elem(0.0).bool_and(value.clone().lower_elem(1.0)).bool_not();
    let inside = value.mask_fill(outside.clone(), 0.5);
    (outside, inside)
}

/// The smallest and the largest uniform that a transform takes, `2^-24` and `1 - 2^-24`: at 0 or at 1 a draw would be
/// infinite, or its gradient NaN (traps D20, D22).
const LEAST_UNIFORM: f64 = 5.960_464_477_539_063e-8;

/// Uniforms kept inside (0, 1); those of [`uniform_like`] are there already.
pub(crate) fn inner_uniform<const D: usize>(uniform: Tensor<D>) -> Tensor<D> {
    uniform.clamp(LEAST_UNIFORM, 1.0 - LEAST_UNIFORM)
}

/// `exp(d) - 1 = tanh(d / 2) (exp(d) + 1)`: the difference itself would cancel near 0 (trap D7).
pub(crate) fn expm1<const D: usize>(d: Tensor<D>) -> Tensor<D> {
    d.clone().mul_scalar(0.5).tanh() * (d.exp() + 1.0)
}

/// `exp(d) - 1 - d`, which is never negative.
pub(crate) fn expm1_minus<const D: usize>(d: Tensor<D>) -> Tensor<D> {
    expm1(d.clone()) - d
}
