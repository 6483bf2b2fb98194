//! The Dirichlet distribution by implicit reparameterisation, from its concentrations.

use burn::tensor::Tensor;

use crate::parameters::{positive, sum_inside};
use crate::relaxed_one_hot::SIMPLEX_TOLERANCE;
use crate::saddle_point::deviance;
use crate::softmax::log_softmax;
use crate::special::{digamma, gamma_entropy, gamma_kl, stirling_error};
use crate::{
    Distribution, DistributionError, Entropy, Gamma, KlDivergence, Moments, Noise, Reparameterized, sum_events,
};

/// `ln(2 pi) / 2`.
const HALF_LN_TWO_PI: f64 = 0.918_938_533_204_672_7;

/// `Dirichlet(concentration)`, with density `Gamma(A) / prod_k Gamma(a_k) prod_k x_k^(a_k - 1)`, `A = sum_k a_k`, over the
/// simplex, `[batch, event.., classes]`.
///
/// A draw is the log-softmax of log-gammas: at concentrations of 0.01 the gammas themselves are 0 in `f32`, and their
/// quotient is 0/0 (trap D41). Gradients are implicit, through those of [`Gamma`].
///
/// # Examples
/// At small concentrations nearly all of a draw lies in one class, and the rest is there only as logarithms:
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use distributions::{Dirichlet, Distribution, Noise, Purpose};
///
/// let sparse = Dirichlet::new(Tensor::<2>::full([1, 10], 0.01, &Device::flex()))?;
/// let log_x = sparse.rsample_log(&mut Noise::new(1, Purpose::Test, 0, 0));
/// assert!(sparse.log_prob_of_log(log_x.clone()).into_scalar::<f32>().is_finite());
/// // The same draw as probabilities has zeros in it, and those lie on the edge of the simplex.
/// assert_eq!(sparse.log_prob(log_x.exp()).into_scalar::<f32>(), f32::NEG_INFINITY);
/// # Ok::<(), distributions::DistributionError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Dirichlet<const D: usize> {
    concentration: Tensor<D>,
}

impl<const D: usize> Dirichlet<D> {
    /// Dirichlet variables from `concentration`, `[batch, event.., classes]`.
    ///
    /// # Errors
    /// When there are no classes, or an entry is not positive and finite. The check reads the tensor back to the host;
    /// training code uses [`from_concentration`](Self::from_concentration).
    pub fn new(concentration: Tensor<D>) -> Result<Self, DistributionError> {
        if concentration.dims()[D - 1] == 0 {
            return Err(DistributionError::NoClasses { shape: concentration.dims().to_vec() });
        }
        let mend = "learn its logarithm, and take the exponential";
        positive(&concentration, "concentration of a Dirichlet variable", mend)?;
        Ok(Self::from_concentration(concentration))
    }

    /// Dirichlet variables from `concentration`, `[batch, event.., classes]`, which must be positive: unchecked.
    pub fn from_concentration(concentration: Tensor<D>) -> Self {
        Self { concentration }
    }

    /// The concentrations, `[batch, event.., classes]`.
    pub fn concentration(&self) -> Tensor<D> {
        self.concentration.clone()
    }

    /// `A = sum_k a_k`, `[batch, event.., 1]`.
    fn total(&self) -> Tensor<D> {
        self.concentration().sum_dim(D - 1)
    }

    /// Draws `log x`, differentiable in the concentrations: finite where `x` underflows (trap D41).
    pub fn rsample_log(&self, noise: &mut Noise) -> Tensor<D> {
        let gammas = Gamma::from_log_rate(self.concentration(), self.concentration.zeros_like());
        log_softmax(gammas.rsample_log(noise))
    }

    /// `log p(x)` in nats at `log x`, for draws that underflow: the density of `x`, not of `log x`.
    ///
    /// # Shapes
    /// - `log_value`: `[batch, event.., classes]`, on the simplex
    /// - returns: `[batch]`
    pub fn log_prob_of_log(&self, log_value: Tensor<D>) -> Tensor<1> {
        sum_events(self.log_density(log_value.clone().exp(), log_value))
    }

    /// Along the last axis, `[.., 1]`.
    fn log_density(&self, value: Tensor<D>, log_value: Tensor<D>) -> Tensor<D> {
        let (a, total) = (self.concentration(), self.total());
        let deviance = deviance(a.clone(), value * total.clone(), log_value.clone() + total.clone().log());
        // sqrt(a / 2 pi) exp(-delta(a)) of each class over that of their sum
        let front = |a: Tensor<D>| a.clone().log().mul_scalar(0.5) - HALF_LN_TWO_PI - stirling_error(a);
        (front(a) - deviance - log_value).sum_dim(D - 1) - front(total)
    }
}

impl<const D: usize> Distribution<D> for Dirichlet<D> {
    fn sample(&self, noise: &mut Noise) -> Tensor<D> {
        self.rsample(noise).detach()
    }

    /// `log p(x) = ln Gamma(A) + sum_k (a_k - 1) ln x_k - ln Gamma(a_k)`, by the saddle point (Loader 2000, trap D41):
    /// `sum_k ln(a_k / 2 pi) / 2 - delta(a_k) - a_k (r_k - 1 - ln r_k) - ln x_k`, `r_k = x_k A / a_k`, less
    /// `ln(A / 2 pi) / 2 - delta(A)`.
    ///
    /// Minus infinity off the open simplex, with no gradient from there. Entries that miss a sum of 1 by rounding count as if
    /// divided by it, up to the square of what they miss; the gradient in `x` is that along the simplex, up to a constant that
    /// all classes share.
    fn log_prob(&self, value: Tensor<D>) -> Tensor<1> {
        let misses = (value.clone().sum_dim(D - 1) - 1.0).abs().lower_elem(SIMPLEX_TOLERANCE).bool_not();
        let outside = value.clone().greater_elem(0.0).bool_not();
        let inside = value.mask_fill(outside.clone(), 1.0);
        let outside = outside.any_dim(D - 1).bool_or(misses);
        sum_inside(self.log_density(inside.clone(), inside.log()), outside)
    }
}

impl<const D: usize> Reparameterized<D> for Dirichlet<D> {
    fn rsample(&self, noise: &mut Noise) -> Tensor<D> {
        self.rsample_log(noise).exp()
    }
}

impl<const D: usize> Moments<D> for Dirichlet<D> {
    /// `m = a / A`.
    fn mean(&self) -> Tensor<D> {
        self.concentration() / self.total()
    }

    /// `m (1 - m) / (A + 1)`.
    fn variance(&self) -> Tensor<D> {
        self.mean() * (-self.mean() + 1.0) / (self.total() + 1.0)
    }
}

impl<const D: usize> Entropy for Dirichlet<D> {
    /// `H = sum_k h(a_k) - h(A) - (K - 1) psi(A)` with the entropy `h(a)` of `Gamma(a, 1)`, which is
    /// `ln B(a) + (A - K) psi(A) - sum_k (a_k - 1) psi(a_k)` without its large terms.
    fn entropy(&self) -> Tensor<1> {
        let classes = self.concentration.dims()[D - 1] as f64;
        let of_classes = gamma_entropy(self.concentration()).sum_dim(D - 1);
        sum_events(of_classes - gamma_entropy(self.total()) - digamma(self.total()).mul_scalar(classes - 1.0))
    }
}

impl<const D: usize> KlDivergence for Dirichlet<D> {
    /// `KL(q || p) = sum_k g(a_k, b_k) - g(A, B)` with `g(a, b) = KL(Gamma(a, 1) || Gamma(b, 1))`, the concentrations `a` of
    /// `q` and `b` of `p`, and their sums.
    fn kl_divergence(&self, p: &Self) -> Tensor<1> {
        let of_classes = gamma_kl(self.concentration(), p.concentration()).sum_dim(D - 1);
        sum_events(of_classes - gamma_kl(self.total(), p.total()))
    }
}

#[cfg(test)]
mod tests;
