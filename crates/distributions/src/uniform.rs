//! The uniform distribution on an interval, from its ends.

use burn::tensor::Tensor;

use crate::parameters::{finite, positive, same_shape, sum_inside, uniform_like};
use crate::{
    Distribution, DistributionError, Entropy, KlDivergence, Moments, Noise, NoiseTransform, Reparameterized, sum_events,
};

/// `Uniform(low, high)`, with density `1 / (high - low)` over values `low <= x <= high`, `[batch, event..]`.
///
/// The support moves with the parameters, so that the score has no zero mean: `E[d log p / d high] = -1 / (high - low)`
/// (trap D42). Estimators that take it to be zero, such as the score function and "sticking the landing", are wrong here;
/// gradients through [`rsample`](Reparameterized::rsample) are right.
///
/// # Examples
/// ```
/// use burn::tensor::{Device, Tensor};
/// use distributions::{KlDivergence, Moments, Uniform};
///
/// let filled = |x: f32| Tensor::<2>::from_floats([[x]], &Device::flex());
/// let narrow = Uniform::new(filled(1.0), filled(2.0))?;
/// let wide = Uniform::new(filled(0.0), filled(4.0))?;
/// assert_eq!(narrow.mean().into_scalar::<f32>(), 1.5);
/// // `narrow` is a quarter of `wide`: ln 4 nats. The reverse is infinite, since `narrow` rules out the rest.
/// assert!((narrow.kl_divergence(&wide).into_scalar::<f32>() - 4.0_f32.ln()).abs() < 1e-5);
/// assert_eq!(wide.kl_divergence(&narrow).into_scalar::<f32>(), f32::INFINITY);
/// # Ok::<(), distributions::DistributionError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Uniform<const D: usize> {
    low: Tensor<D>,
    high: Tensor<D>,
}

impl<const D: usize> Uniform<D> {
    /// Uniform variables between `low` and `high`, both `[batch, event..]`.
    ///
    /// # Errors
    /// When the shapes differ, an end is not finite, or a width `high - low` is not positive and finite. The check reads the
    /// tensors back to the host; training code uses [`from_ends`](Self::from_ends).
    pub fn new(low: Tensor<D>, high: Tensor<D>) -> Result<Self, DistributionError> {
        same_shape(&low, &high)?;
        finite(&low, "low of a uniform variable")?;
        finite(&high, "high of a uniform variable")?;
        positive(&(high.clone() - low.clone()), "width high - low of a uniform variable", "put low below high")?;
        Ok(Self::from_ends(low, high))
    }

    /// Uniform variables between `low` and `high`, both `[batch, event..]`, with `low < high`: unchecked.
    ///
    /// # Panics
    /// When the shapes differ.
    pub fn from_ends(low: Tensor<D>, high: Tensor<D>) -> Self {
        assert_eq!(low.dims(), high.dims(), "low and high must share one shape");
        Self { low, high }
    }

    /// The lower ends, `[batch, event..]`.
    pub fn low(&self) -> Tensor<D> {
        self.low.clone()
    }

    /// The upper ends, `[batch, event..]`.
    pub fn high(&self) -> Tensor<D> {
        self.high.clone()
    }

    fn width(&self) -> Tensor<D> {
        self.high() - self.low()
    }
}

impl<const D: usize> Distribution<D> for Uniform<D> {
    fn sample(&self, noise: &mut Noise) -> Tensor<D> {
        self.rsample(noise).detach()
    }

    /// `log p(x) = sum_i -ln(high_i - low_i)`, and minus infinity where any `x_i` lies outside, with no gradient from there.
    fn log_prob(&self, value: Tensor<D>) -> Tensor<1> {
        let inside = value.clone().greater_equal(self.low()).bool_and(value.lower_equal(self.high()));
        sum_inside(-self.width().log(), inside.bool_not())
    }
}

impl<const D: usize> Reparameterized<D> for Uniform<D> {
    fn rsample(&self, noise: &mut Noise) -> Tensor<D> {
        self.transform(self.noise(noise))
    }
}

impl<const D: usize> NoiseTransform<D> for Uniform<D> {
    /// Uniforms in (0, 1).
    fn noise(&self, noise: &mut Noise) -> Tensor<D> {
        uniform_like(&self.low, noise)
    }

    /// `x = low + (high - low) u`.
    fn transform(&self, eps: Tensor<D>) -> Tensor<D> {
        self.low() + self.width() * eps
    }
}

impl<const D: usize> Moments<D> for Uniform<D> {
    /// `low + (high - low) / 2`.
    fn mean(&self) -> Tensor<D> {
        self.low() + self.width().mul_scalar(0.5)
    }

    /// `(high - low)^2 / 12`.
    fn variance(&self) -> Tensor<D> {
        self.width().powi_scalar(2).div_scalar(12.0)
    }
}

impl<const D: usize> Entropy for Uniform<D> {
    /// `H = sum_i ln(high_i - low_i)`.
    fn entropy(&self) -> Tensor<1> {
        sum_events(self.width().log())
    }
}

impl<const D: usize> KlDivergence for Uniform<D> {
    /// `KL(q || p) = sum_i ln(width_p / width_q)`, and infinity where `q` reaches out of `p`, with no gradient from there.
    fn kl_divergence(&self, p: &Self) -> Tensor<1> {
        let within = self.low().greater_equal(p.low()).bool_and(self.high().lower_equal(p.high()));
        sum_events((p.width().log() - self.width().log()).mask_fill(within.bool_not(), f64::INFINITY))
    }
}

#[cfg(test)]
mod tests;
