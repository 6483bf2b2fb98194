//! What a distribution can do: small traits, each implemented only where it is true.

use burn::tensor::Tensor;

use crate::Noise;

/// A distribution over values of `D` axes, `[batch, event..]`.
///
/// # Examples
/// With draws and densities alone `KL(q || p)` can be estimated where it has no closed form:
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use distributions::{Distribution, Gaussian, Laplace, Noise, Purpose};
///
/// fn estimated_kl(q: &impl Distribution<2>, p: &impl Distribution<2>, noise: &mut Noise) -> f32 {
///     let z = q.sample(noise);
///     (q.log_prob(z.clone()) - p.log_prob(z)).mean().into_scalar()
/// }
///
/// let zero = Tensor::<2>::zeros([20_000, 1], &Device::flex());
/// let (q, p) = (Gaussian::standard_like(&zero), Laplace::from_log_scale(zero.clone(), zero.clone()));
/// let kl = estimated_kl(&q, &p, &mut Noise::new(1, Purpose::Test, 0, 0));
/// // ln 2 + E|z| - (1 + ln(2 pi)) / 2, with E|z| = sqrt(2 / pi).
/// assert!((kl - 0.072).abs() < 0.02);
/// ```
pub trait Distribution<const D: usize> {
    /// Draws one value for each batch entry; no gradient flows through it.
    fn sample(&self, noise: &mut Noise) -> Tensor<D>;

    /// `log p(value)` in nats, summed over the event axes.
    ///
    /// # Shapes
    /// - `value`: `[batch, event..]`
    /// - returns: `[batch]`
    fn log_prob(&self, value: Tensor<D>) -> Tensor<1>;
}

/// A distribution whose samples are differentiable in its parameters.
///
/// # Examples
/// ```
/// use burn::tensor::{Device, Tensor};
/// use distributions::{Gaussian, Noise, Purpose, Reparameterized};
///
/// let parameter = || Tensor::<2>::zeros([1, 3], &Device::flex().autodiff()).require_grad();
/// let (loc, log_scale) = (parameter(), parameter());
/// let q = Gaussian::from_log_scale(loc.clone(), log_scale.clone());
/// let z = q.rsample(&mut Noise::new(1, Purpose::Test, 0, 0));
/// let gradients = z.clone().sum().backward();
/// // z = loc + exp(log_scale) eps: dz/dloc = 1, and dz/dlog_scale = z - loc, which is z here.
/// let [in_loc, in_log_scale] = [loc, log_scale].map(|x| x.grad(&gradients).expect("a leaf of the graph"));
/// assert_eq!(in_loc.try_into_vec_as::<f32>()?, [1.0; 3]);
/// assert_eq!(in_log_scale.try_into_vec_as::<f32>()?, z.try_into_vec_as::<f32>()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Reparameterized<const D: usize>: Distribution<D> {
    /// Draws one value for each batch entry, differentiable in the parameters.
    fn rsample(&self, noise: &mut Noise) -> Tensor<D>;
}

/// A reparameterised distribution whose noise is free of the parameters: `z = g(eps; parameters)`.
///
/// Fixed noise gives finite-difference checks, common random numbers, and comparisons between backends.
///
/// # Examples
/// ```
/// use burn::tensor::{Device, Tensor};
/// use distributions::{Exponential, Noise, NoiseTransform, Purpose};
///
/// let rates = |rate: f32| Exponential::new(Tensor::<2>::full([4, 2], rate, &Device::flex()));
/// let (slow, fast) = (rates(1.0)?, rates(2.0)?);
/// let eps = slow.noise(&mut Noise::new(1, Purpose::Comparison, 0, 0));
/// assert_eq!(eps.dims(), [4, 2]);
/// // At common random numbers two distributions differ by their parameters and by nothing else.
/// let ratio = slow.transform(eps.clone()) / fast.transform(eps);
/// assert!((ratio - 2.0).abs().max().into_scalar::<f32>() < 1e-5);
/// # Ok::<(), distributions::DistributionError>(())
/// ```
pub trait NoiseTransform<const D: usize>: Reparameterized<D> {
    /// Draws `eps`, with the shape of one sample.
    fn noise(&self, noise: &mut Noise) -> Tensor<D>;

    /// `z = g(eps; parameters)`, differentiable in the parameters.
    ///
    /// # Shapes
    /// - `eps`: `[batch, event..]`, as from [`noise`](Self::noise)
    /// - returns: `[batch, event..]`
    fn transform(&self, eps: Tensor<D>) -> Tensor<D>;
}

/// A distribution whose first two moments have a closed form.
///
/// # Examples
/// ```
/// use burn::tensor::{Device, Tensor};
/// use distributions::{Exponential, Moments, Poisson};
///
/// fn relative_spread(of: &impl Moments<2>) -> Tensor<2> {
///     of.variance().sqrt() / of.mean()
/// }
///
/// let rates = Tensor::<2>::from_floats([[4.0, 100.0]], &Device::flex());
/// // Waiting times are as uncertain as they are long; counts become sharper as they grow.
/// let times = relative_spread(&Exponential::new(rates.clone())?).try_into_vec_as::<f32>()?;
/// let counts = relative_spread(&Poisson::new(rates)?).try_into_vec_as::<f32>()?;
/// assert!(times.iter().all(|x| (x - 1.0).abs() < 1e-5));
/// assert!((counts[0] - 0.5).abs() < 1e-5 && (counts[1] - 0.1).abs() < 1e-5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Moments<const D: usize> {
    /// `E[x]`, `[batch, event..]`.
    fn mean(&self) -> Tensor<D>;

    /// `E[(x - E[x])^2]` of each entry, `[batch, event..]`.
    fn variance(&self) -> Tensor<D>;
}

/// A distribution whose entropy has a closed form.
///
/// # Examples
/// ```
/// use std::f32::consts::LN_2;
///
/// use burn::tensor::{Device, Tensor};
/// use distributions::{Bernoulli, Entropy};
///
/// // Two batch entries of three coins: fair ones, and ones that are all but decided.
/// let coins = Tensor::<2>::from_floats([[0.0, 0.0, 0.0], [100.0, 100.0, -100.0]], &Device::flex());
/// let nats = Bernoulli::from_logits(coins).entropy();
/// // In bits, a fair coin is one; the events of an entry add up.
/// let bits = nats.div_scalar(LN_2).try_into_vec_as::<f32>()?;
/// assert!((bits[0] - 3.0).abs() < 1e-5 && bits[1].abs() < 1e-5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Entropy {
    /// `E_q[-log q]` in nats, summed over the event axes: `[batch]`.
    fn entropy(&self) -> Tensor<1>;
}

/// A pair of distributions whose divergence has a closed form.
///
/// # Examples
/// ```
/// use burn::tensor::{Device, Tensor};
/// use distributions::{Exponential, KlDivergence};
///
/// let rate = |rate: f32| Exponential::new(Tensor::<2>::from_floats([[rate]], &Device::flex()));
/// let (q, p) = (rate(1.0)?, rate(2.0)?);
/// // KL(Exp(a) || Exp(b)) = ln(a / b) + b / a - 1: 0 between equals, positive otherwise, and not symmetric.
/// assert_eq!(q.kl_divergence(&q).into_scalar::<f32>(), 0.0);
/// assert!((q.kl_divergence(&p).into_scalar::<f32>() - (1.0 - 2.0_f32.ln())).abs() < 1e-5);
/// assert!((p.kl_divergence(&q).into_scalar::<f32>() - (2.0_f32.ln() - 0.5)).abs() < 1e-5);
/// # Ok::<(), distributions::DistributionError>(())
/// ```
pub trait KlDivergence<Q = Self> {
    /// `KL(self || q) = E_self[log self - log q]` in nats, summed over the event axes: `[batch]`.
    fn kl_divergence(&self, q: &Q) -> Tensor<1>;
}

/// Sums every axis but the first.
///
/// # Shapes
/// - `values`: `[batch, event..]`
/// - returns: `[batch]`
pub fn sum_events<const D: usize>(values: Tensor<D>) -> Tensor<1> {
    let batch = values.dims()[0];
    let events = values.dims()[1..].iter().product();
    values.reshape([batch, events]).sum_dim(1).squeeze_dim(1)
}
