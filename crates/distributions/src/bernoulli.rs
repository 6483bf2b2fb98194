//! Independent Bernoulli variables, from their logits.

use burn::tensor::{Tensor, activation};

use crate::{Distribution, Entropy, KlDivergence, Noise, sum_events};

/// Independent Bernoulli variables with `log(p / (1 - p)) = logits`, over values `[batch, event..]` in `{0, 1}`.
///
/// Logits, and not probabilities, keep `log p` and its gradient exact for pixels that are all but certain (trap D6).
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

    /// The means `p = sigmoid(logits)`, `[batch, event..]`.
    pub fn mean(&self) -> Tensor<D> {
        activation::sigmoid(self.logits())
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
mod tests {
    use burn::tensor::Device;
    use proptest::prelude::*;

    use super::*;
    use crate::Purpose;

    fn bernoulli(logits: &[f32]) -> Bernoulli<2> {
        Bernoulli::from_logits(tensor(logits))
    }

    fn tensor(values: &[f32]) -> Tensor<2> {
        Tensor::<1>::from_floats(values, &Device::flex()).unsqueeze_dim(0)
    }

    fn scalar(tensor: Tensor<1>) -> f64 {
        f64::from(tensor.into_scalar::<f32>())
    }

    /// D4: with logits 0 every pixel costs `ln 2`, whatever the image.
    #[test]
    fn d4_logits_of_zero_cost_784_ln_2() {
        let image: Vec<f32> = (0..784).map(|i| (i % 3 == 0) as u8 as f32).collect();
        let log_prob = scalar(bernoulli(&[0.0; 784]).log_prob(tensor(&image)));
        assert!((log_prob + 543.427_395).abs() < 1e-3, "{log_prob}");
    }

    /// D6: a pixel that is certain and wrong costs its whole logit, with a gradient of size 1.
    #[test]
    fn d6_a_certain_and_wrong_pixel_costs_200_nats_with_unit_gradient() {
        let device = Device::flex().autodiff();
        let logits = Tensor::<2>::from_floats([[200.0], [-200.0]], &device).require_grad();
        let wrong = Tensor::<2>::from_floats([[0.0], [1.0]], &device);
        let log_prob = Bernoulli::from_logits(logits.clone()).log_prob(wrong);
        let gradients = log_prob.clone().sum().backward();
        assert_eq!(log_prob.into_data().try_to_vec::<f32>().unwrap(), [-200.0, -200.0]);
        assert_eq!(logits.grad(&gradients).unwrap().into_data().try_to_vec::<f32>().unwrap(), [-1.0, 1.0]);
        let right = scalar(bernoulli(&[200.0]).log_prob(tensor(&[1.0])));
        assert_eq!(right, 0.0);
    }

    /// Values of `scripts/golden_distributions.py` (SciPy and mpmath).
    #[test]
    fn log_prob_entropy_and_divergence_meet_golden_values() {
        let (q, p) = (bernoulli(&[1.3, -0.4]), bernoulli(&[-2.0, 0.5]));
        for (value, expected) in [
            (q.log_prob(tensor(&[1.0, 0.0])), -0.754_023_706_232_944_8),
            (q.entropy(), 1.192_963_164_232_638),
            (q.kl_divergence(&p), 1.279_055_627_131_784_8),
        ] {
            assert!((scalar(value) - expected).abs() < 2e-6, "{expected}");
        }
    }

    /// The share of ones among n draws, within 5.5 standard errors.
    #[test]
    fn samples_are_zeros_and_ones_with_the_right_mean() {
        let n = 200_000;
        let logits = Tensor::<2>::full([n, 1], -1.0, &Device::flex());
        let draws = Bernoulli::from_logits(logits).sample(&mut Noise::new(5, Purpose::Test, 0, 0));
        let draws = draws.into_data().try_to_vec::<f32>().unwrap();
        assert!(draws.iter().all(|&x| x == 0.0 || x == 1.0));
        let p = 1.0 / (1.0 + 1.0_f64.exp());
        let mean = draws.iter().map(|&x| f64::from(x)).sum::<f64>() / n as f64;
        assert!((mean - p).abs() < 5.5 * (p * (1.0 - p) / n as f64).sqrt());
    }

    proptest! {
        #[test]
        fn the_two_outcomes_have_probability_one_together(logit in -20.0_f32..20.0) {
            let of = |x: f32| scalar(bernoulli(&[logit]).log_prob(tensor(&[x]))).exp();
            prop_assert!((of(0.0) + of(1.0) - 1.0).abs() < 1e-6);
        }

        #[test]
        fn divergence_is_not_negative_and_zero_from_itself(q in -20.0_f32..20.0, p in -20.0_f32..20.0) {
            prop_assert!(scalar(bernoulli(&[q]).kl_divergence(&bernoulli(&[p]))) >= -2e-6);
            prop_assert_eq!(scalar(bernoulli(&[q]).kl_divergence(&bernoulli(&[q]))), 0.0);
        }
    }
}
