//! Categorical variables as one-hot vectors, from probabilities or logits.

use burn::tensor::{Bool, Tensor};

use crate::gumbel::standard_gumbel;
use crate::one_hot::{one_hot, one_hot_argmax};
use crate::parameters::{finite, read, sum_inside};
use crate::softmax::log_softmax;
use crate::{Distribution, DistributionError, Entropy, KlDivergence, Moments, Noise, sum_events};

/// Sums of probabilities may differ from 1 by as much as rounding each of them to `f32` does.
const SUM_TOLERANCE: f64 = 1e-5;

/// Categorical variables along the last axis: values are one-hot vectors, `[batch, event.., classes]`.
///
/// Probabilities are kept as normalised logarithms. A probability of 0 is allowed: such a class has a `log_prob` of
/// minus infinity, is never drawn, and `0 ln 0 = 0`.
///
/// # Examples
/// ```
/// use burn::tensor::{Device, Tensor};
/// use distributions::{Categorical, Distribution, Entropy};
///
/// let device = Device::flex();
/// let class = Categorical::new(Tensor::<2>::from_floats([[0.5, 0.5, 0.0]], &device))?;
/// // The impossible class adds nothing to the entropy, and has no log-probability.
/// assert!((class.entropy().into_scalar::<f32>() - 2.0_f32.ln()).abs() < 1e-5);
/// let third = Tensor::from_floats([[0.0, 0.0, 1.0]], &device);
/// assert_eq!(class.log_prob(third).into_scalar::<f32>(), f32::NEG_INFINITY);
/// # Ok::<(), distributions::DistributionError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Categorical<const D: usize> {
    /// `ln p`, and 0 for impossible classes, so that no gradient meets an infinity.
    log_probabilities: Tensor<D>,
    impossible: Option<Tensor<D, Bool>>,
}

impl<const D: usize> Categorical<D> {
    /// Categorical variables from `probabilities`, `[batch, event.., classes]`, which sum to 1 along the last axis.
    ///
    /// # Errors
    /// When there are no classes, an entry is negative or not finite, or a row does not sum to 1. The check reads the
    /// tensor back to the host; training code uses [`from_logits`](Self::from_logits).
    pub fn new(probabilities: Tensor<D>) -> Result<Self, DistributionError> {
        let has_zero = check_probabilities(&probabilities)?;
        if !has_zero {
            return Ok(Self { log_probabilities: probabilities.log(), impossible: None });
        }
        let impossible = probabilities.clone().equal_elem(0.0);
        // ln 1 = 0 in place of ln 0: masked before the logarithm, so that its gradient stays finite.
        let log_probabilities = probabilities.mask_fill(impossible.clone(), 1.0).log();
        Ok(Self { log_probabilities, impossible: Some(impossible) })
    }

    /// Categorical variables with `p = softmax(logits)` along the last axis, `[batch, event.., classes]`: any finite
    /// values are valid.
    pub fn from_logits(logits: Tensor<D>) -> Self {
        Self { log_probabilities: log_softmax(logits), impossible: None }
    }

    /// As [`from_logits`](Self::from_logits), checked.
    ///
    /// # Errors
    /// When a logit is not finite.
    pub fn try_from_logits(logits: Tensor<D>) -> Result<Self, DistributionError> {
        finite(&logits, "logit of a categorical variable")?;
        Ok(Self::from_logits(logits))
    }

    /// `p = 1 / classes` with the shape and the device of `like`.
    pub fn uniform_like(like: &Tensor<D>) -> Self {
        Self::from_logits(like.zeros_like())
    }

    /// The probabilities, `[batch, event.., classes]`.
    pub fn probabilities(&self) -> Tensor<D> {
        self.where_possible(self.log_probabilities.clone().exp(), 0.0)
    }

    /// The logarithms of the probabilities, `[batch, event.., classes]`; minus infinity for impossible classes.
    pub fn log_probabilities(&self) -> Tensor<D> {
        self.where_possible(self.log_probabilities.clone(), f64::NEG_INFINITY)
    }

    /// Draws at uniforms `eps`: the argmax of `log p` plus a Gumbel each, which is the argmax of a
    /// [`RelaxedOneHot`](crate::RelaxedOneHot) at the same `eps` and any temperature. No gradient flows through it.
    ///
    /// # Shapes
    /// - `eps`: `[batch, event.., classes]`, uniforms
    /// - returns: `[batch, event.., classes]`, zeros and ones
    pub fn gumbel_max(&self, eps: Tensor<D>) -> Tensor<D> {
        one_hot_argmax(self.log_probabilities() + standard_gumbel(eps))
    }

    /// `values` with the impossible classes replaced.
    fn where_possible(&self, values: Tensor<D>, otherwise: f64) -> Tensor<D> {
        match &self.impossible {
            Some(impossible) => values.mask_fill(impossible.clone(), otherwise),
            None => values,
        }
    }
}

/// Whether any probability is 0, once all of them are known to be probabilities.
pub(crate) fn check_probabilities<const D: usize>(probabilities: &Tensor<D>) -> Result<bool, DistributionError> {
    let classes = probabilities.dims()[D - 1];
    if classes == 0 {
        return Err(DistributionError::NoClasses { shape: probabilities.dims().to_vec() });
    }
    let values = read(probabilities)?;
    if let Some(&value) = values.iter().find(|p| !(p.is_finite() && **p >= 0.0)) {
        return Err(DistributionError::Probability { value });
    }
    let sums = values.chunks_exact(classes).map(|row| row.iter().sum::<f64>());
    match sums.into_iter().find(|sum| (sum - 1.0).abs() > SUM_TOLERANCE) {
        Some(sum) => Err(DistributionError::ProbabilitySum { sum }),
        None => Ok(values.contains(&0.0)),
    }
}

impl<const D: usize> Distribution<D> for Categorical<D> {
    /// Direct draws, one uniform a variable: the class is the number of cumulated probabilities below it.
    ///
    /// No Gumbel is in it, so that it is a check of [`RelaxedOneHot`](crate::RelaxedOneHot).
    fn sample(&self, noise: &mut Noise) -> Tensor<D> {
        let shape = self.log_probabilities.dims();
        let mut single = shape;
        single[D - 1] = 1;
        let cumulated = self.probabilities().detach().cumsum(D - 1);
        // Over the last sum, which rounding may leave below 1, and so below a uniform.
        let total = cumulated.clone().narrow(D - 1, shape[D - 1] - 1, 1);
        let uniform = noise.uniform(single, &cumulated.device()).cast(cumulated.dtype());
        let below = cumulated.lower((uniform * total).expand(shape));
        one_hot(below.int().sum_dim(D - 1), shape).cast(self.log_probabilities.dtype())
    }

    /// `log p(x) = sum_i sum_k x_ik ln p_ik`; minus infinity for an impossible class. Soft vectors are accepted and give
    /// the cross-entropy, which is not a log-probability of anything.
    fn log_prob(&self, value: Tensor<D>) -> Tensor<1> {
        let terms = value.clone() * self.log_probabilities.clone();
        match &self.impossible {
            Some(impossible) => {
                let outside = value.greater_elem(0.0).bool_and(impossible.clone());
                sum_inside(terms, outside)
            }
            None => sum_events(terms),
        }
    }
}

impl<const D: usize> Moments<D> for Categorical<D> {
    /// `p`, the probabilities.
    fn mean(&self) -> Tensor<D> {
        self.probabilities()
    }

    /// `p (1 - p)` of each entry.
    fn variance(&self) -> Tensor<D> {
        self.probabilities() * (-self.probabilities() + 1.0)
    }
}

impl<const D: usize> Entropy for Categorical<D> {
    /// `H = -sum_i sum_k p_ik ln p_ik`.
    fn entropy(&self) -> Tensor<1> {
        -sum_events(self.probabilities() * self.log_probabilities.clone())
    }
}

impl<const D: usize> KlDivergence for Categorical<D> {
    /// `KL(q || p) = sum_i sum_k q_ik (ln q_ik - ln p_ik)`; infinite where `p` rules out what `q` allows.
    fn kl_divergence(&self, p: &Self) -> Tensor<1> {
        let shape = self.log_probabilities.dims();
        if self.impossible.is_none() && p.impossible.is_none() && p.log_probabilities.dims() == shape {
            let rows = |law: &Self| law.log_probabilities.clone().reshape([shape[0], shape[1..].iter().product()]);
            return kernels::categorical_kl(rows(self), rows(p));
        }
        let terms = self.probabilities() * (self.log_probabilities.clone() - p.log_probabilities.clone());
        match &p.impossible {
            Some(impossible) => {
                let outside = self.probabilities().greater_elem(0.0).bool_and(impossible.clone());
                sum_events(terms.mask_fill(outside, f64::INFINITY))
            }
            None => sum_events(terms),
        }
    }
}

#[cfg(test)]
mod tests;
