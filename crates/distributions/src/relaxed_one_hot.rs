//! The Gumbel-softmax, or Concrete, distribution: one-hot vectors, relaxed.

use burn::tensor::{Tensor, activation};

use crate::categorical::check_probabilities;
use crate::gumbel::standard_gumbel;
use crate::parameters::{finite, sum_inside, uniform_like};
use crate::softmax::log_softmax;
use crate::{Distribution, DistributionError, Noise, NoiseTransform, Reparameterized, straight_through};

/// By how much the entries of a value may miss a sum of 1 and still lie on the simplex.
pub(crate) const SIMPLEX_TOLERANCE: f64 = 1e-4;

/// What the errors call the temperature.
const TEMPERATURE: &str = "temperature of a relaxed one-hot variable";

/// `y = softmax((log p + g) / temperature)` with standard Gumbels `g`, over the simplex, `[batch, event.., classes]`
/// (Jang, Gu and Poole 2017; Maddison, Mnih and Teh 2017).
///
/// The argmax of `y` is a categorical variable with the probabilities `p`, at every temperature. As the temperature
/// falls, `y` itself becomes one-hot. Mean, variance, entropy and KL have no closed form for more than two classes.
///
/// # Examples
/// A categorical draw has no gradient; the relaxed one at the same noise has.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use distributions::{Categorical, Noise, NoiseTransform, Purpose, RelaxedOneHot};
///
/// let logits = Tensor::<2>::from_floats([[0.0, 1.0, 2.0]], &Device::flex().autodiff()).require_grad();
/// let relaxed = RelaxedOneHot::from_logits(logits.clone(), 0.5);
/// let eps = relaxed.noise(&mut Noise::new(1, Purpose::Test, 0, 0));
/// let y = relaxed.transform_hard(eps.clone());
/// let exact = Categorical::from_logits(logits.clone()).gumbel_max(eps);
/// y.to_data().assert_eq(&exact.to_data(), true);
/// let gradients = y.narrow(1, 2, 1).sum().backward();
/// let slopes = logits.grad(&gradients).ok_or("no gradient")?.try_into_vec_as::<f32>()?;
/// assert!(slopes[2] > 0.0 && slopes.iter().sum::<f32>().abs() < 1e-5); // as of a softmax
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct RelaxedOneHot<const D: usize> {
    logits: Tensor<D>,
    temperature: f64,
}

impl<const D: usize> RelaxedOneHot<D> {
    /// Relaxed one-hot variables from `probabilities`, `[batch, event.., classes]`, that sum to 1 along the last axis.
    ///
    /// # Errors
    /// When the temperature is not positive and finite, there are no classes, an entry is not positive or not finite, or
    /// a row does not sum to 1. The check reads the tensor back to the host; training code uses
    /// [`from_logits`](Self::from_logits).
    pub fn new(probabilities: Tensor<D>, temperature: f64) -> Result<Self, DistributionError> {
        if check_probabilities(&probabilities)? {
            return Err(DistributionError::ImpossibleClass);
        }
        check_temperature(temperature, TEMPERATURE)?;
        Ok(Self::from_logits(probabilities.log(), temperature))
    }

    /// Relaxed one-hot variables with `p = softmax(logits)`, `[batch, event.., classes]`: any finite values are valid, and
    /// a constant added to a row changes nothing (trap D23). Below a temperature of about 0.1 the gradients of `f32`
    /// lose their use.
    ///
    /// # Panics
    /// When the temperature is not positive and finite.
    pub fn from_logits(logits: Tensor<D>, temperature: f64) -> Self {
        assert!(temperature.is_finite() && temperature > 0.0, "a temperature must be positive, and is {temperature}");
        Self { logits, temperature }
    }

    /// As [`from_logits`](Self::from_logits), checked.
    ///
    /// # Errors
    /// When the temperature is not positive and finite, or a logit is not finite.
    pub fn try_from_logits(logits: Tensor<D>, temperature: f64) -> Result<Self, DistributionError> {
        check_temperature(temperature, TEMPERATURE)?;
        finite(&logits, "logit of a relaxed one-hot variable")?;
        Ok(Self::from_logits(logits, temperature))
    }

    /// The logits, `[batch, event.., classes]`.
    pub fn logits(&self) -> Tensor<D> {
        self.logits.clone()
    }

    /// The temperature.
    pub fn temperature(&self) -> f64 {
        self.temperature
    }

    /// `log y = log softmax((logits + g) / temperature)` at uniforms `eps`: finite where `y` itself underflows, as it does
    /// at temperature 0.1 in `f32` for every class that is 10 nats behind.
    ///
    /// # Shapes
    /// - `eps`: `[batch, event.., classes]`, as from [`noise`](NoiseTransform::noise)
    /// - returns: `[batch, event.., classes]`
    pub fn transform_log(&self, eps: Tensor<D>) -> Tensor<D> {
        let perturbed = (self.logits() + standard_gumbel(eps)).div_scalar(self.temperature);
        log_softmax(perturbed)
    }

    /// A draw that is exactly one-hot, with the gradient of the relaxed one (straight-through).
    ///
    /// # Shapes
    /// - `eps`: `[batch, event.., classes]`, as from [`noise`](NoiseTransform::noise)
    /// - returns: `[batch, event.., classes]`
    pub fn transform_hard(&self, eps: Tensor<D>) -> Tensor<D> {
        straight_through(self.transform(eps))
    }

    /// The log-density of `log y` in nats (the ExpConcrete of Maddison et al. 2017, appendix C.3.2):
    /// `ln Gamma(K) + (K - 1) ln t + sum_k a_k - K logsumexp_k a_k` with `a_k = logits_k - t log y_k`.
    ///
    /// It is a density over `log y`, and differs from [`log_prob`](Distribution::log_prob) by the Jacobian
    /// `sum_k log y_k`, which drops out of every ratio of two such densities at the same `y`.
    ///
    /// # Shapes
    /// - `log_value`: `[batch, event.., classes]`, as from [`transform_log`](Self::transform_log)
    /// - returns: `[batch]`
    pub fn log_prob_of_log(&self, log_value: Tensor<D>) -> Tensor<1> {
        crate::sum_events(self.log_density_of_log(log_value))
    }

    /// Along the last axis, `[.., 1]`.
    fn log_density_of_log(&self, log_value: Tensor<D>) -> Tensor<D> {
        let classes = self.logits.dims()[D - 1] as f64;
        let constant = libm::lgamma(classes) + (classes - 1.0) * self.temperature.ln();
        // sum_k a_k - K logsumexp_k a_k is the sum of the log-softmax.
        let scores = self.logits() - log_value.mul_scalar(self.temperature);
        log_softmax(scores).sum_dim(D - 1) + constant
    }
}

pub(crate) fn check_temperature(value: f64, parameter: &'static str) -> Result<(), DistributionError> {
    if value.is_finite() && value > 0.0 {
        return Ok(());
    }
    Err(DistributionError::NotPositive { parameter, value, mend: "0.5 to 1 is usual" })
}

impl<const D: usize> Distribution<D> for RelaxedOneHot<D> {
    fn sample(&self, noise: &mut Noise) -> Tensor<D> {
        self.rsample(noise).detach()
    }

    /// The density on the simplex (Jang et al. 2017, appendix B; Maddison et al. 2017, eq. 10):
    /// `p(y) = Gamma(K) t^(K-1) (sum_k p_k y_k^-t)^-K prod_k p_k y_k^(-t-1)`.
    ///
    /// Minus infinity off the open simplex, with no gradient from there. A draw whose entry has underflowed to 0 counts
    /// as off: take [`log_prob_of_log`](Self::log_prob_of_log) of [`transform_log`](Self::transform_log) instead.
    fn log_prob(&self, value: Tensor<D>) -> Tensor<1> {
        let misses = (value.clone().sum_dim(D - 1) - 1.0).abs().greater_elem(SIMPLEX_TOLERANCE);
        let outside = value.clone().greater_elem(0.0).bool_not();
        let log_value = value.mask_fill(outside.clone(), 1.0).log();
        let outside = outside.any_dim(D - 1).bool_or(misses);
        let jacobian = log_value.clone().sum_dim(D - 1);
        sum_inside(self.log_density_of_log(log_value) - jacobian, outside)
    }
}

impl<const D: usize> Reparameterized<D> for RelaxedOneHot<D> {
    fn rsample(&self, noise: &mut Noise) -> Tensor<D> {
        self.transform(self.noise(noise))
    }
}

impl<const D: usize> NoiseTransform<D> for RelaxedOneHot<D> {
    /// Uniforms in (0, 1), one a class.
    fn noise(&self, noise: &mut Noise) -> Tensor<D> {
        uniform_like(&self.logits, noise)
    }

    /// `y = softmax((logits - log(-log u)) / temperature)`.
    fn transform(&self, eps: Tensor<D>) -> Tensor<D> {
        let perturbed = (self.logits() + standard_gumbel(eps)).div_scalar(self.temperature);
        activation::softmax(perturbed, D - 1)
    }
}

#[cfg(test)]
mod tests;
