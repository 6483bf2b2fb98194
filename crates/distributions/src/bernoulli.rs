//! Independent Bernoulli variables, from their logits.

use burn::tensor::{Tensor, activation};

use crate::{Distribution, Entropy, KlDivergence, Moments, Noise, sum_events};

/// Independent Bernoulli variables with `log(p / (1 - p)) = logits`, over values `[batch, event..]` in `{0, 1}`.
///
/// Logits, and not probabilities, keep `log p` and its gradient exact for pixels that are all but certain (trap D6).
///
/// # Examples
/// ```
/// use burn::tensor::{Device, Tensor};
/// use distributions::{Bernoulli, Distribution, Moments};
///
/// // Two pixels: one that is all but certainly on, and one of which nothing is known.
/// let pixels = Bernoulli::from_logits(Tensor::<2>::from_floats([[100.0, 0.0]], &Device::flex()));
/// assert_eq!(pixels.mean().try_into_vec_as::<f32>()?, [1.0, 0.5]);
/// // The first mean has rounded to 1, and yet both pixels are off with a finite log-probability.
/// let log_prob = pixels.log_prob(Tensor::from_floats([[0.0, 0.0]], &Device::flex())).into_scalar::<f32>();
/// assert!((log_prob - (-100.0 - 2.0_f32.ln())).abs() < 1e-4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Bernoulli<const D: usize> {
    logits: Tensor<D>,
}

impl<const D: usize> Bernoulli<D> {
    /// Bernoulli variables from `logits`, `[batch, event..]`: any finite values are valid.
    pub fn from_logits(logits: Tensor<D>) -> Self {
        Self { logits }
    }

    /// The logits, `[batch, event..]`.
    pub fn logits(&self) -> Tensor<D> {
        self.logits.clone()
    }

    /// `log(1 - p) = log sigmoid(-logits)`.
    fn log_zero(&self) -> Tensor<D> {
        activation::log_sigmoid(-self.logits())
    }
}

impl<const D: usize> Distribution<D> for Bernoulli<D> {
    fn sample(&self, noise: &mut Noise) -> Tensor<D> {
        let uniform = noise.uniform(self.logits.dims(), &self.logits.device());
        uniform.lower(self.mean().detach()).float()
    }

    /// `log p(x) = sum_i x_i logits_i + log sigmoid(-logits_i)`, which is `-(softplus(l) - x l)`.
    ///
    /// Values strictly between 0 and 1 are accepted and give the cross-entropy, which is not a log-likelihood of
    /// anything (trap D2): the caller must say so.
    fn log_prob(&self, value: Tensor<D>) -> Tensor<1> {
        sum_events(value * self.logits() + self.log_zero())
    }
}

impl<const D: usize> Moments<D> for Bernoulli<D> {
    /// `p = sigmoid(logits)`.
    fn mean(&self) -> Tensor<D> {
        activation::sigmoid(self.logits())
    }

    /// `p (1 - p)`, with `1 - p = sigmoid(-logits)`.
    fn variance(&self) -> Tensor<D> {
        self.mean() * activation::sigmoid(-self.logits())
    }
}

impl<const D: usize> Entropy for Bernoulli<D> {
    /// `H = -sum_i p_i logits_i + log(1 - p_i)`.
    fn entropy(&self) -> Tensor<1> {
        -self.log_prob(self.mean())
    }
}

impl<const D: usize> KlDivergence for Bernoulli<D> {
    /// `KL(q || p) = sum_i q_i (l_q - l_p) + log(1 - q_i) - log(1 - p_i)`.
    fn kl_divergence(&self, p: &Self) -> Tensor<1> {
        sum_events(self.mean() * (self.logits() - p.logits()) + self.log_zero() - p.log_zero())
    }
}

#[cfg(test)]
mod tests;
