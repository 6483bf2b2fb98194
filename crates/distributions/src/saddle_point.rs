//! The deviance of the saddle-point form of a density, in which no large terms cancel (Loader 2000, trap D41).

use burn::tensor::Tensor;

/// `a (r - 1 - ln r)` with `r = scaled / a`, never negative, given also `log_scaled = ln scaled`, which may be finite where
/// `scaled` underflows.
///
/// # Shapes
/// - `a`, `scaled`, `log_scaled`: `[batch, event..]`
/// - returns: `[batch, event..]`
pub(crate) fn deviance<const D: usize>(a: Tensor<D>, scaled: Tensor<D>, log_scaled: Tensor<D>) -> Tensor<D> {
    // r - 1 - ln r near 1 by ln(1 + e), elsewhere by the logarithms; each branch sees safe values only.
    let excess = (scaled - a.clone()) / a.clone();
    let is_far = excess.clone().abs().greater_elem(0.5);
    let near = excess.clone().mask_fill(is_far.clone(), 0.0);
    let log_ratio = (log_scaled - a.clone().log()).mask_where(is_far.bool_not(), near.log1p());
    a * (excess - log_ratio)
}
