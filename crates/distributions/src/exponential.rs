//! The exponential distribution, from its rate.

use burn::tensor::{Tensor, TensorData};

use crate::parameters::{expm1_minus, positive, sum_inside, uniform_like};
use crate::{
    Distribution, DistributionError, Entropy, KlDivergence, Moments, Noise, NoiseTransform, Reparameterized, sum_events,
};

/// `Exp(rate)`, with density `rate exp(-rate z)` over values `z >= 0`, `[batch, event..]`.
///
/// The rate is kept as its logarithm, which a network can learn unconstrained (trap D21).
///
/// # Examples
/// ```
/// use burn::tensor::{Device, Tensor};
/// use distributions::{Distribution, Exponential, NoiseTransform};
///
/// let device = Device::flex();
/// let decay = Exponential::new(Tensor::<2>::from_floats([[2.0]], &device))?;
/// // The distribution function inverted at 1/2 is the median, the half-life ln 2 / rate.
/// let half_life = decay.transform(Tensor::from_floats([[0.5]], &device));
/// assert!((half_life.clone().into_scalar::<f32>() - 2.0_f32.ln() / 2.0).abs() < 1e-5);
/// // After it the density has halved: from the rate, 2, to 1, whose logarithm is 0.
/// assert!(decay.log_prob(half_life).into_scalar::<f32>().abs() < 1e-5);
/// # Ok::<(), distributions::DistributionError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Exponential<const D: usize> {
    log_rate: Tensor<D>,
}

impl<const D: usize> Exponential<D> {
    /// Exponentials from their rates, `[batch, event..]`: the means are `1 / rate`.
    ///
    /// # Errors
    /// When a rate is not positive and finite. The check reads the tensor back to the host; training code uses
    /// [`from_log_rate`](Self::from_log_rate).
    pub fn new(rate: Tensor<D>) -> Result<Self, DistributionError> {
        positive(&rate, "rate of an exponential", "use `Exponential::from_log_rate` to learn it unconstrained")?;
        Ok(Self::from_log_rate(rate.log()))
    }

    /// Exponentials from the logarithms of their rates, `[batch, event..]`: any finite values are valid.
    pub fn from_log_rate(log_rate: Tensor<D>) -> Self {
        Self { log_rate }
    }

    /// `Exp(1)` with the shape and the device of `like`.
    pub fn standard_like(like: &Tensor<D>) -> Self {
        Self::from_log_rate(like.zeros_like())
    }

    /// The rates, `[batch, event..]`.
    pub fn rate(&self) -> Tensor<D> {
        self.log_rate().exp()
    }

    /// The logarithms of the rates, `[batch, event..]`.
    pub fn log_rate(&self) -> Tensor<D> {
        self.log_rate.clone()
    }
}

impl<const D: usize> Distribution<D> for Exponential<D> {
    /// Direct draws: standard exponentials by comparisons (von Neumann, [`Noise::fill_exponential`]), over the rate.
    ///
    /// No inverse distribution function is in it, so that it is a check of [`rsample`](Reparameterized::rsample).
    fn sample(&self, noise: &mut Noise) -> Tensor<D> {
        let mut values = vec![0.0; self.log_rate.dims().iter().product()];
        noise.fill_exponential(&mut values);
        let standard = Tensor::<D>::from_data(TensorData::new(values, self.log_rate.dims()), &self.log_rate.device());
        standard.cast(self.log_rate.dtype()) * (-self.log_rate()).exp().detach()
    }

    /// `log p(z) = sum_i ln rate_i - rate_i z_i`, and minus infinity where any `z_i < 0`; no gradient flows from there.
    fn log_prob(&self, value: Tensor<D>) -> Tensor<1> {
        let outside = value.clone().lower_elem(0.0);
        let inside = value.mask_fill(outside.clone(), 0.0);
        sum_inside(self.log_rate() - self.rate() * inside, outside)
    }
}

impl<const D: usize> Reparameterized<D> for Exponential<D> {
    fn rsample(&self, noise: &mut Noise) -> Tensor<D> {
        self.transform(self.noise(noise))
    }
}

impl<const D: usize> NoiseTransform<D> for Exponential<D> {
    /// Uniforms in (0, 1).
    fn noise(&self, noise: &mut Noise) -> Tensor<D> {
        uniform_like(&self.log_rate, noise)
    }

    /// `z = -log(1 - u) / rate`, the inverse distribution function, so that `dz/drate = -z / rate`.
    ///
    /// `log1p(-u)` is finite for every `u < 1`, also for 0 (trap D20). The grid of `u` ends at `1 - 2^-24`, and so `z` at
    /// `16.6 / rate`: one draw in 1.7e7 would lie above.
    fn transform(&self, eps: Tensor<D>) -> Tensor<D> {
        -(-eps).log1p() * (-self.log_rate()).exp()
    }
}

impl<const D: usize> Moments<D> for Exponential<D> {
    /// `1 / rate`.
    fn mean(&self) -> Tensor<D> {
        (-self.log_rate()).exp()
    }

    /// `1 / rate^2`.
    fn variance(&self) -> Tensor<D> {
        self.log_rate().mul_scalar(-2.0).exp()
    }
}

impl<const D: usize> Entropy for Exponential<D> {
    /// `H = sum_i 1 - ln rate_i`.
    fn entropy(&self) -> Tensor<1> {
        sum_events(-self.log_rate() + 1.0)
    }
}

impl<const D: usize> KlDivergence for Exponential<D> {
    /// `KL(Exp(a) || Exp(b)) = sum_i ln(a / b) + b / a - 1 = exp(d) - 1 - d` with `d = ln b - ln a` (trap D21).
    fn kl_divergence(&self, p: &Self) -> Tensor<1> {
        sum_events(expm1_minus(p.log_rate() - self.log_rate()))
    }
}

#[cfg(test)]
mod tests;
