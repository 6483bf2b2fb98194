//! The Gaussian with a diagonal covariance.

use burn::tensor::Tensor;

use crate::{
    Distribution, DistributionError, Entropy, KlDivergence, Noise, NoiseTransform, Reparameterized, sum_events,
};

/// `ln(2 pi) / 2`, the constant of a Gaussian's log-density.
const HALF_LN_TWO_PI: f64 = 0.918_938_533_204_672_7;

/// `N(loc, diag(scale^2))`, over values `[batch, event..]`.
///
/// The scale is kept as its logarithm, so that no scale underflows and log-densities need no logarithm.
#[derive(Debug, Clone)]
pub struct Gaussian<const D: usize> {
    loc: Tensor<D>,
    log_scale: Tensor<D>,
}

impl<const D: usize> Gaussian<D> {
    /// A Gaussian from `loc` and `scale`, both `[batch, event..]`.
    ///
    /// # Errors
    /// When the shapes differ, a location is not finite, or a scale is not positive and finite. The check reads both
    /// tensors back to the host; training code uses [`from_log_scale`](Self::from_log_scale).
    pub fn new(loc: Tensor<D>, scale: Tensor<D>) -> Result<Self, DistributionError> {
        if loc.dims() != scale.dims() {
            return Err(DistributionError::Shape { left: loc.dims().to_vec(), right: scale.dims().to_vec() });
        }
        if let Some(value) = find(&loc, |x| !x.is_finite())? {
            return Err(DistributionError::Loc { value });
        }
        if let Some(value) = find(&scale, |x| !(x.is_finite() && x > 0.0))? {
            return Err(DistributionError::Scale { value });
        }
        Ok(Self::from_log_scale(loc, scale.log()))
    }

    /// A Gaussian from `loc` and `log_scale = ln(scale)`, both `[batch, event..]`: any finite values are valid.
    ///
    /// # Panics
    /// When the shapes differ.
    pub fn from_log_scale(loc: Tensor<D>, log_scale: Tensor<D>) -> Self {
        assert_eq!(loc.dims(), log_scale.dims(), "loc and log_scale must share one shape");
        Self { loc, log_scale }
    }

    /// A Gaussian from `loc` and `log_variance = 2 ln(scale)`, both `[batch, event..]` (Kingma and Welling, 2014).
    ///
    /// # Panics
    /// When the shapes differ.
    pub fn from_log_variance(loc: Tensor<D>, log_variance: Tensor<D>) -> Self {
        Self::from_log_scale(loc, log_variance.mul_scalar(0.5))
    }

    /// `N(0, I)` with the shape and the device of `like`.
    pub fn standard_like(like: &Tensor<D>) -> Self {
        Self::from_log_scale(like.zeros_like(), like.zeros_like())
    }

    /// The locations, `[batch, event..]`.
    pub fn loc(&self) -> Tensor<D> {
        self.loc.clone()
    }

    /// The standard deviations, `[batch, event..]`.
    pub fn scale(&self) -> Tensor<D> {
        self.log_scale.clone().exp()
    }

    /// The logarithms of the standard deviations, `[batch, event..]`.
    pub fn log_scale(&self) -> Tensor<D> {
        self.log_scale.clone()
    }
}

impl<const D: usize> Distribution<D> for Gaussian<D> {
    fn sample(&self, noise: &mut Noise) -> Tensor<D> {
        self.rsample(noise).detach()
    }

    /// `log p(x) = sum_i -1/2 ((x_i - loc_i) / scale_i)^2 - ln scale_i - 1/2 ln(2 pi)`.
    fn log_prob(&self, value: Tensor<D>) -> Tensor<1> {
        let standard = (value - self.loc()) * (-self.log_scale()).exp();
        sum_events(-standard.powi_scalar(2).mul_scalar(0.5) - self.log_scale() - HALF_LN_TWO_PI)
    }
}

impl<const D: usize> Reparameterized<D> for Gaussian<D> {
    fn rsample(&self, noise: &mut Noise) -> Tensor<D> {
        self.transform(self.noise(noise))
    }
}

impl<const D: usize> NoiseTransform<D> for Gaussian<D> {
    /// Standard normals.
    fn noise(&self, noise: &mut Noise) -> Tensor<D> {
        noise.normal(self.loc.dims(), &self.loc.device()).cast(self.loc.dtype())
    }

    /// `z = loc + scale * eps` (Kingma and Welling 2014, section 2.4).
    fn transform(&self, eps: Tensor<D>) -> Tensor<D> {
        self.loc() + self.scale() * eps
    }
}

impl<const D: usize> Entropy for Gaussian<D> {
    /// `H = sum_i ln scale_i + 1/2 (1 + ln(2 pi))`.
    fn entropy(&self) -> Tensor<1> {
        sum_events(self.log_scale() + (HALF_LN_TWO_PI + 0.5))
    }
}

impl<const D: usize> KlDivergence for Gaussian<D> {
    /// `KL(q || p) = sum_i 1/2 [((loc_q - loc_p) / scale_p)^2 + (exp(d) - 1 - d)]`, `d = 2 (ln scale_q - ln scale_p)`.
    ///
    /// Against `N(0, I)` it is the closed form of Kingma and Welling (2014), appendix B. The bracket uses
    /// `expm1(d) = tanh(d / 2) (exp(d) + 1)`, since `exp(d) - 1` cancels where `d` is near 0, as it is for every latent
    /// that the decoder ignores (trap D7).
    fn kl_divergence(&self, p: &Self) -> Tensor<1> {
        let standard = (self.loc() - p.loc()) * (-p.log_scale()).exp();
        let d = (self.log_scale() - p.log_scale()).mul_scalar(2.0);
        let expm1 = d.clone().mul_scalar(0.5).tanh() * (d.clone().exp() + 1.0);
        sum_events((standard.powi_scalar(2) + (expm1 - d)).mul_scalar(0.5))
    }
}

fn find<const D: usize>(tensor: &Tensor<D>, bad: impl Fn(f32) -> bool) -> Result<Option<f32>, DistributionError> {
    let values =
        tensor.clone().try_into_vec_as::<f32>().map_err(|error| DistributionError::Device(error.to_string()))?;
    Ok(values.into_iter().find(|&x| bad(x)))
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;
    use proptest::prelude::*;

    use super::*;
    use crate::Purpose;

    fn tensor(values: &[f32]) -> Tensor<2> {
        Tensor::<1>::from_floats(values, &Device::flex()).unsqueeze_dim(0)
    }

    fn gaussian(loc: f32, scale: f32) -> Gaussian<2> {
        Gaussian::new(tensor(&[loc]), tensor(&[scale])).unwrap()
    }

    fn scalar(tensor: Tensor<1>) -> f64 {
        f64::from(tensor.into_scalar::<f32>())
    }

    /// Values of `scripts/golden_distributions.py` (SciPy and mpmath).
    #[test]
    fn log_prob_entropy_and_divergence_meet_golden_values() {
        let q = gaussian(0.3, 0.5);
        let p = gaussian(-1.0, 2.0);
        for (value, expected) in [
            (q.log_prob(tensor(&[1.1])), -1.505_791_352_644_727_3),
            (p.log_prob(tensor(&[1.1])), -2.163_335_713_764_618),
            (q.entropy(), 0.725_791_352_644_727_4),
            (q.kl_divergence(&p), 1.128_794_361_119_890_6),
            (p.kl_divergence(&q), 9.493_705_638_880_11),
        ] {
            assert!((scalar(value) - expected).abs() < 2e-6 * expected.abs().max(1.0));
        }
    }

    /// D7: the bracket `expm1(d) - d` survives both ends and never goes below zero by more than rounding.
    #[test]
    fn d7_divergence_is_finite_at_extreme_log_variances_and_exact_near_zero() {
        for log_variance in [-200.0_f32, -30.0, -1e-3, 0.0, 1e-3, 20.0] {
            let q = Gaussian::from_log_variance(tensor(&[0.0]), tensor(&[log_variance]));
            let kl = scalar(q.kl_divergence(&Gaussian::standard_like(&tensor(&[0.0]))));
            let lv = f64::from(log_variance);
            let exact = 0.5 * (lv.exp_m1() - lv);
            assert!((kl - exact).abs() <= 1e-6 * exact.max(1e-3), "{log_variance}: {kl} for {exact}");
            assert!(kl >= -1e-6);
        }
    }

    #[test]
    fn d7_gradient_of_the_divergence_is_right_where_a_clamp_would_kill_it() {
        for log_variance in [-30.0_f32, -3.0, -1e-4, 1e-4, 3.0, 20.0] {
            let device = Device::flex().autodiff();
            let leaf = Tensor::<2>::from_floats([[log_variance]], &device).require_grad();
            let q = Gaussian::from_log_variance(leaf.zeros_like(), leaf.clone());
            let kl = q.kl_divergence(&Gaussian::standard_like(&leaf));
            let gradient = leaf.grad(&kl.backward()).unwrap().into_scalar::<f32>();
            let exact = 0.5 * f64::from(log_variance).exp_m1();
            assert!((f64::from(gradient) - exact).abs() <= 2e-6 * exact.abs().max(0.1), "{log_variance}");
        }
    }

    /// D8: the closed form agrees with the Monte Carlo average of `log q(z) - log p(z)`, within 5.5 standard errors.
    #[test]
    fn d8_divergence_agrees_with_monte_carlo() {
        let n = 200_000;
        let device = Device::flex();
        let full = |value: f32| Tensor::<2>::full([n, 1], value, &device);
        let q = Gaussian::from_log_scale(full(0.4), full(-0.5));
        let p = Gaussian::from_log_scale(full(-0.2), full(0.3));
        let z = q.sample(&mut Noise::new(3, Purpose::Test, 0, 0));
        let terms = (q.log_prob(z.clone()) - p.log_prob(z)).try_into_vec_as::<f32>().unwrap();
        let mean = terms.iter().map(|&x| f64::from(x)).sum::<f64>() / n as f64;
        let variance = terms.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / (n - 1) as f64;
        let exact = f64::from(q.kl_divergence(&p).narrow(0, 0, 1).into_scalar::<f32>());
        assert!((mean - exact).abs() < 5.5 * (variance / n as f64).sqrt(), "{mean} for {exact}");
    }

    #[test]
    fn gradient_of_the_transform_is_one_in_loc_and_eps_in_scale() {
        let device = Device::flex().autodiff();
        let loc = Tensor::<2>::from_floats([[0.7, -0.1]], &device).require_grad();
        let scale = Tensor::<2>::from_floats([[0.5, 2.0]], &device).require_grad();
        let eps = Tensor::<2>::from_floats([[1.5, -0.25]], &device);
        let q = Gaussian::new(loc.clone(), scale.clone()).unwrap();
        let gradients = q.transform(eps).sum().backward();
        assert_eq!(loc.grad(&gradients).unwrap().into_data().try_to_vec::<f32>().unwrap(), [1.0, 1.0]);
        let in_scale = scale.grad(&gradients).unwrap().into_data().try_to_vec::<f32>().unwrap();
        for (gradient, eps) in in_scale.iter().zip([1.5, -0.25]) {
            assert!((gradient - eps).abs() < 1e-6);
        }
    }

    #[test]
    fn a_sample_carries_no_gradient_and_a_reparameterised_one_does() {
        let device = Device::flex().autodiff();
        let loc = Tensor::<2>::zeros([1, 1], &device).require_grad();
        let q = Gaussian::from_log_scale(loc.clone(), loc.zeros_like());
        let mut noise = Noise::new(1, Purpose::Test, 0, 0);
        assert!(
            loc.grad(&(q.sample(&mut noise) + loc.clone() * 0.0).sum().backward()).unwrap().into_scalar::<f32>() == 0.0
        );
        assert!(loc.grad(&q.rsample(&mut noise).sum().backward()).unwrap().into_scalar::<f32>() == 1.0);
    }

    #[test]
    fn bad_parameters_come_back_in_the_error() {
        let message = |loc: &[f32], scale: &[f32]| Gaussian::new(tensor(loc), tensor(scale)).unwrap_err().to_string();
        assert!(message(&[0.0, 0.0], &[1.0, -0.5]).contains("one entry is -0.5; use `Gaussian::from_log_scale`"));
        assert!(message(&[0.0], &[0.0]).contains("one entry is 0;"));
        assert!(message(&[f32::NAN], &[1.0]).contains("the loc of a Gaussian must be finite, but one entry is NaN"));
        assert!(message(&[0.0], &[1.0, 2.0]).contains("[1, 1] and [1, 2]"));
    }

    proptest! {
        #[test]
        fn divergence_is_not_negative_and_zero_from_itself(
            loc in -5.0_f32..5.0, log_scale in -6.0_f32..3.0, other_loc in -5.0_f32..5.0, other_log_scale in -6.0_f32..3.0,
        ) {
            let q = Gaussian::from_log_scale(tensor(&[loc]), tensor(&[log_scale]));
            let p = Gaussian::from_log_scale(tensor(&[other_loc]), tensor(&[other_log_scale]));
            prop_assert!(scalar(q.kl_divergence(&p)) >= -1e-6);
            prop_assert_eq!(scalar(q.kl_divergence(&q)), 0.0);
        }
    }
}
