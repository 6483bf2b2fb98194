//! The importance-weighted bound `L_K` from a stream of log-weights.

use burn::tensor::Tensor;

/// The terms of the importance weights of one chunk of particles, each `[particles]`, in nats.
///
/// # Examples
/// The mean of the log-weights estimates the ELBO, and the logarithm of the mean weight the tighter `L_K`
/// (`vae`, `image` and `eps` as on the [front page](crate), `eps` of 100 codes).
///
/// ```
/// # use burn::tensor::{Device, Tensor};
/// # use distributions::{Noise, Purpose};
/// # use models::{Activation, LatentConfig, VaeConfig};
/// use models::{LogMeanExp, LogWeights};
///
/// # let device = Device::flex();
/// # let latent = LatentConfig::Gaussian { size: 2 };
/// # let config = VaeConfig { encoder: vec![8], decoder: vec![8], activation: Activation::Tanh, latent };
/// # let vae = config.init(4, 1, &device);
/// # let image = Tensor::<2>::from_floats([[1.0, 0.0, 1.0, 0.0]], &device);
/// # let eps = latent.noise(&mut Noise::new(1, Purpose::EvaluationLatent, 0, 0), 100, &device);
/// let LogWeights { log_likelihood, log_ratio } = vae.log_weights(image.clone(), &vae.encode(image), eps);
/// let log_weights = (log_likelihood + log_ratio).try_into_vec_as::<f32>()?;
/// let mean = f64::from(log_weights.iter().sum::<f32>()) / 100.0;
/// let mut bound = LogMeanExp::default();
/// bound.extend(log_weights.into_iter().map(f64::from));
/// assert!(bound.value() > mean);
/// # Ok::<(), burn::tensor::TensorReadError>(())
/// ```
#[derive(Debug, Clone)]
pub struct LogWeights {
    /// `log p(x | z)`.
    pub log_likelihood: Tensor<1>,
    /// `log p(z) - log q(z | x)`.
    pub log_ratio: Tensor<1>,
}

/// A streaming `log((1/K) sum_k exp(w_k))`: a running maximum and a running sum in `f64`, so that neither memory nor
/// accuracy depends on `K` (traps D17, D18).
///
/// ```
/// # use models::LogMeanExp;
/// let mut bound = LogMeanExp::default();
/// bound.extend([-1000.0, -1000.0]);
/// assert_eq!(bound.value(), -1000.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogMeanExp {
    max: f64,
    sum: f64,
    count: u64,
}

impl Default for LogMeanExp {
    fn default() -> Self {
        Self { max: f64::NEG_INFINITY, sum: 0.0, count: 0 }
    }
}

impl LogMeanExp {
    /// Adds one log-weight.
    pub fn push(&mut self, log_weight: f64) {
        self.count += 1;
        if log_weight > self.max {
            // exp(-inf) = 0 drops the empty sum of a first weight.
            self.sum = self.sum * (self.max - log_weight).exp() + 1.0;
            self.max = log_weight;
        } else if log_weight > f64::NEG_INFINITY {
            self.sum += (log_weight - self.max).exp();
        } else if log_weight.is_nan() {
            self.sum = f64::NAN;
        }
    }

    /// Adds all the log-weights that another has seen.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        if other.max > self.max {
            self.sum = self.sum * (self.max - other.max).exp() + other.sum;
            self.max = other.max;
        } else if other.max > f64::NEG_INFINITY {
            self.sum += other.sum * (other.max - self.max).exp();
        } else if other.sum.is_nan() {
            self.sum = f64::NAN;
        }
    }

    /// `K`, how many weights it has seen.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// `log((1/K) sum_k exp(w_k))` of the `K` weights seen; minus infinity before the first.
    pub fn value(&self) -> f64 {
        if self.count == 0 {
            return f64::NEG_INFINITY;
        }
        self.max + self.sum.ln() - (self.count as f64).ln()
    }
}

impl Extend<f64> for LogMeanExp {
    fn extend<I: IntoIterator<Item = f64>>(&mut self, log_weights: I) {
        log_weights.into_iter().for_each(|w| self.push(w));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(weights: &[f64]) -> f64 {
        let mut bound = LogMeanExp::default();
        bound.extend(weights.iter().copied());
        bound.value()
    }

    /// D17: shift by the maximum, subtract `log K`.
    #[test]
    fn d17_streaming_agrees_with_the_direct_formula_in_any_order() {
        let weights = [-3.0, 1.5, 0.25, -700.0, 1.5];
        let direct = (weights.iter().map(|w: &f64| w.exp()).sum::<f64>() / 5.0).ln();
        assert!((of(&weights) - direct).abs() < 1e-14);
        let mut sorted = weights;
        sorted.sort_by(f64::total_cmp);
        assert!((of(&sorted) - direct).abs() < 1e-14);
    }

    #[test]
    fn weights_far_outside_the_range_of_exp_survive() {
        assert!((of(&[-90_000.0, -90_001.0]) - (-90_000.0 + ((1.0 + (-1.0_f64).exp()) / 2.0).ln())).abs() < 1e-9);
        assert_eq!(of(&[f64::NEG_INFINITY, 0.0]), 0.5_f64.ln());
        assert_eq!(of(&[f64::NEG_INFINITY]), f64::NEG_INFINITY);
        assert_eq!(of(&[]), f64::NEG_INFINITY);
        assert!(of(&[0.0, f64::NAN]).is_nan());
        assert!(of(&[f64::NAN, 0.0]).is_nan());
    }

    #[test]
    fn merged_parts_are_the_whole() {
        let weights = [-3.0, 1.5, f64::NEG_INFINITY, -700.0, 1.5, 2.0];
        for cut in 0..=weights.len() {
            let [mut first, mut second] = [LogMeanExp::default(); 2];
            first.extend(weights[..cut].iter().copied());
            second.extend(weights[cut..].iter().copied());
            first.merge(&second);
            assert!((first.value() - of(&weights)).abs() < 1e-14 && first.count() == 6, "{cut}");
        }
        for other in [&[f64::NAN][..], &[1.0, f64::NAN]] {
            let [mut all, mut bad] = [LogMeanExp::default(); 2];
            all.push(0.0);
            bad.extend(other.iter().copied());
            all.merge(&bad);
            assert!(all.value().is_nan());
        }
    }
}
