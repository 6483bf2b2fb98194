//! The binary Concrete distribution: Bernoulli variables, relaxed.

use burn::tensor::{Tensor, activation};

use crate::parameters::{finite, inner_uniform, open_unit, sum_inside, uniform_like};
use crate::relaxed_one_hot::check_temperature;
use crate::{Bernoulli, Distribution, DistributionError, Noise, NoiseTransform, Reparameterized, sum_events};

/// `y = sigmoid((logits + l) / temperature)` with standard logistic noise `l`, over values `0 < y < 1`, `[batch, event..]`
/// (Maddison, Mnih and Teh 2017).
///
/// `y > 1/2` is a Bernoulli variable with the same logits, at every temperature. As the temperature falls, `y` itself
/// becomes 0 or 1. Mean, variance, entropy and KL have no closed form.
///
/// # Examples
/// ```
/// use burn::tensor::{Device, Tensor};
/// use distributions::{Noise, NoiseTransform, Purpose, RelaxedBernoulli};
///
/// let logits = Tensor::<2>::from_floats([[-1.0, 0.0, 1.0]], &Device::flex());
/// let [warm, cold] = [1.0, 0.01].map(|t| RelaxedBernoulli::from_logits(logits.clone(), t));
/// let eps = warm.noise(&mut Noise::new(1, Purpose::Test, 0, 0));
/// // The temperature moves a draw, but never across 1/2: rounded, both are the same Bernoulli draw.
/// let moved = warm.transform(eps.clone()) - cold.transform(eps.clone());
/// assert!(moved.abs().max().into_scalar::<f32>() > 0.05);
/// let hard = warm.transform_hard(eps.clone()).try_into_vec_as::<f32>()?;
/// assert_eq!(hard, cold.transform_hard(eps).try_into_vec_as::<f32>()?);
/// assert!(hard.iter().all(|&x| x == 0.0 || x == 1.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct RelaxedBernoulli<const D: usize> {
    logits: Tensor<D>,
    temperature: f64,
}

impl<const D: usize> RelaxedBernoulli<D> {
    /// Relaxed Bernoulli variables with `log(p / (1 - p)) = logits`, `[batch, event..]`.
    ///
    /// # Errors
    /// When the temperature is not positive and finite, or a logit is not finite. The check reads the tensor back to the
    /// host; training code uses [`from_logits`](Self::from_logits).
    pub fn new(logits: Tensor<D>, temperature: f64) -> Result<Self, DistributionError> {
        check_temperature(temperature, "temperature of a relaxed Bernoulli variable")?;
        finite(&logits, "logit of a relaxed Bernoulli variable")?;
        Ok(Self::from_logits(logits, temperature))
    }

    /// As [`new`](Self::new), but the logits are unchecked.
    ///
    /// # Panics
    /// When the temperature is not positive and finite.
    pub fn from_logits(logits: Tensor<D>, temperature: f64) -> Self {
        assert!(temperature.is_finite() && temperature > 0.0, "a temperature must be positive, and is {temperature}");
        Self { logits, temperature }
    }

    /// The logits, `[batch, event..]`.
    pub fn logits(&self) -> Tensor<D> {
        self.logits.clone()
    }

    /// The temperature.
    pub fn temperature(&self) -> f64 {
        self.temperature
    }

    /// The Bernoulli variables that are relaxed.
    pub fn hard(&self) -> Bernoulli<D> {
        Bernoulli::from_logits(self.logits())
    }

    /// `logit y = (logits + ln u - ln(1 - u)) / temperature` at uniforms `eps`: finite where `y` itself rounds to 0 or 1.
    ///
    /// # Shapes
    /// - `eps`: `[batch, event..]`, as from [`noise`](NoiseTransform::noise)
    /// - returns: `[batch, event..]`
    pub fn transform_logit(&self, eps: Tensor<D>) -> Tensor<D> {
        let u = inner_uniform(eps);
        let logistic = u.clone().log() - (-u).log1p();
        (self.logits() + logistic).div_scalar(self.temperature)
    }

    /// A draw that is exactly 0 or 1, with the gradient of the relaxed one: straight-through, `hard + (soft - stop(soft))`
    /// (trap D24).
    ///
    /// # Shapes
    /// - `eps`: `[batch, event..]`, as from [`noise`](NoiseTransform::noise)
    /// - returns: `[batch, event..]`
    pub fn transform_hard(&self, eps: Tensor<D>) -> Tensor<D> {
        let logit = self.transform_logit(eps);
        let hard = logit.clone().detach().greater_elem(0.0).float().cast(logit.dtype());
        let soft = activation::sigmoid(logit);
        hard + (soft.clone() - soft.detach())
    }

    /// The log-density of `x = logit y` in nats, `ln t + s - 2 ln(1 + exp(s))` with `s = logits - t x`: over `x`, it differs
    /// from [`log_prob`](Distribution::log_prob) by the Jacobian `ln y + ln(1 - y)`, which drops out of every ratio of two
    /// such densities at the same `y`.
    ///
    /// # Shapes
    /// - `logit`: `[batch, event..]`, as from [`transform_logit`](Self::transform_logit)
    /// - returns: `[batch]`
    pub fn log_prob_of_logit(&self, logit: Tensor<D>) -> Tensor<1> {
        sum_events(self.log_density_of_logit(logit))
    }

    fn log_density_of_logit(&self, logit: Tensor<D>) -> Tensor<D> {
        let score = self.logits() - logit.mul_scalar(self.temperature);
        activation::log_sigmoid(score.clone()) + activation::log_sigmoid(-score) + self.temperature.ln()
    }
}

impl<const D: usize> Distribution<D> for RelaxedBernoulli<D> {
    fn sample(&self, noise: &mut Noise) -> Tensor<D> {
        self.rsample(noise).detach()
    }

    /// The density over (0, 1) `p(y) = t e^l y^(-t-1) (1-y)^(-t-1) / (e^l y^-t + (1-y)^-t)^2`
    /// with the logit `l`.
    ///
    /// Minus infinity outside the open interval, with no gradient from there. A draw that has rounded to 0 or 1 counts as
    /// outside: take [`log_prob_of_logit`](Self::log_prob_of_logit) of [`transform_logit`](Self::transform_logit) instead.
    fn log_prob(&self, value: Tensor<D>) -> Tensor<1> {
        let (outside, inside) = open_unit(value);
        let (log_one, log_zero) = (inside.clone().log(), (-inside).log1p());
        let density = self.log_density_of_logit(log_one.clone() - log_zero.clone());
        sum_inside(density - log_one - log_zero, outside)
    }
}

impl<const D: usize> Reparameterized<D> for RelaxedBernoulli<D> {
    fn rsample(&self, noise: &mut Noise) -> Tensor<D> {
        self.transform(self.noise(noise))
    }
}

impl<const D: usize> NoiseTransform<D> for RelaxedBernoulli<D> {
    /// Uniforms in (0, 1).
    fn noise(&self, noise: &mut Noise) -> Tensor<D> {
        uniform_like(&self.logits, noise)
    }

    /// `y = sigmoid((logits + ln u - ln(1 - u)) / temperature)`.
    fn transform(&self, eps: Tensor<D>) -> Tensor<D> {
        activation::sigmoid(self.transform_logit(eps))
    }
}

#[cfg(test)]
mod tests;
