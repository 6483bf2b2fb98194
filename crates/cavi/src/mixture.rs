//! The mixture: coordinate updates and the ELBO, with every constant.

use burn::tensor::activation::softmax;
use burn::tensor::{DType, Tensor};
use kernels::MixtureSums;
use serde::{Deserialize, Serialize};

use crate::{CaviError, ConjugatePair, Design, Mixing, MixingPosterior, Pair, PairPosterior};

/// A mixture of `components` components: pairs that share one assignment, and the weights.
///
/// # Examples
/// With one component, a sweep is exact and the ELBO is the log evidence.
///
/// ```
/// use std::sync::Arc;
///
/// use burn::tensor::Device;
/// use cavi::{BernoulliBeta, Catalogue, Design, Memory, Mixing, MixtureCavi, Pair, Precision};
///
/// let events = Arc::new(Catalogue::read("flag\n1\n0\n1\n1\n".as_bytes(), "flags.csv", &["flag"])?);
/// let pairs = vec![Pair::Bernoulli(BernoulliBeta::new(1.0, 1.0)?)];
/// let mixture = MixtureCavi::new(pairs, Mixing::equal(1), 1)?;
/// let design = Design::new(&mixture.pairs, events, &Device::flex(), Precision::Double, Memory::Held)?;
/// let r = [1.0; 4];
/// let posterior = mixture.update(&design, &mixture.statistics(&design, &r)?);
/// // Three ones and a zero under a uniform prior: B(4, 2) = 3! 1! / 5!.
/// assert!((mixture.elbo(&posterior, &design, &r)? - 0.05_f64.ln()).abs() < 1e-12);
/// # Ok::<(), cavi::CaviError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MixtureCavi {
    /// The pairs.
    pub pairs: Vec<Pair>,
    /// The weights.
    pub mixing: Mixing,
    /// The number of components, `K`.
    pub components: usize,
}

/// `q(theta, pi)`: the factors of all parameters.
///
/// # Examples
/// ```
/// use std::sync::Arc;
///
/// use burn::tensor::Device;
/// use cavi::{Catalogue, Design, Memory, Mixing, MixtureCavi, Pair, PoissonGamma, Precision};
/// use cavi::{GammaPosterior, MixingPosterior, PairPosterior};
///
/// let events = Arc::new(Catalogue::read("s\n2\n3\n40\n".as_bytes(), "events.csv", &["s"])?);
/// let mixing = Mixing::Dirichlet { concentration: 1.0 };
/// let mixture = MixtureCavi::new(vec![Pair::Poisson(PoissonGamma::new(1.0, 0.5)?)], mixing, 2)?;
/// let design = Design::new(&mixture.pairs, events, &Device::flex(), Precision::Double, Memory::Held)?;
/// let r = [1.0, 0.0, 1.0, 0.0, 0.0, 1.0];
/// let posterior = mixture.update(&design, &mixture.statistics(&design, &r)?);
/// assert_eq!(posterior.mixing, MixingPosterior::Dirichlet { concentration: vec![3.0, 2.0] });
/// // The only pair, in its second component: shape 1 + 40, rate 0.5 + 1.
/// assert_eq!(posterior.pairs[0][1], PairPosterior::Gamma(GammaPosterior { shape: 41.0, rate: 1.5 }));
/// # Ok::<(), cavi::CaviError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Posterior {
    /// Of the weights.
    pub mixing: MixingPosterior,
    /// Of each pair, in each component: `[pairs][components]`.
    pub pairs: Vec<Vec<PairPosterior>>,
}

/// What the parameters need to know of the assignment.
///
/// # Examples
/// ```
/// use std::sync::Arc;
///
/// use burn::tensor::Device;
/// use cavi::{Catalogue, Design, Memory, Mixing, MixtureCavi, Pair, PoissonGamma, Precision, Statistics};
///
/// let events = Arc::new(Catalogue::read("s\n2\n4\n40\n".as_bytes(), "events.csv", &["s"])?);
/// let mixture = MixtureCavi::new(vec![Pair::Poisson(PoissonGamma::new(1.0, 0.1)?)], Mixing::equal(2), 2)?;
/// let design = Design::new(&mixture.pairs, events, &Device::flex(), Precision::Double, Memory::Held)?;
/// // Half of the second event belongs to each component; t(s) = (1, s).
/// let Statistics { counts, sums } = mixture.statistics(&design, &[1.0, 0.0, 0.5, 0.5, 0.0, 1.0])?;
/// assert_eq!(counts, [1.5, 1.5]);
/// assert_eq!(sums, [[1.5, 4.0], [1.5, 42.0]]);
/// # Ok::<(), cavi::CaviError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Statistics {
    /// `N_k = sum_n r_nk`, `[components]`.
    pub counts: Vec<f64>,
    /// `sum_n r_nk t(x_n)`, `[components][features]`.
    pub sums: Vec<Vec<f64>>,
}

/// The assignment at a posterior: `q(Z)`, summed up.
///
/// # Examples
/// The ELBO needs no matrix of responsibilities.
///
/// ```
/// use std::sync::Arc;
///
/// use burn::tensor::Device;
/// use cavi::{Catalogue, Design, Memory, Mixing, MixtureCavi, Pair, PoissonGamma, Precision};
///
/// let events = Arc::new(Catalogue::read("s\n2\n9\n40\n".as_bytes(), "events.csv", &["s"])?);
/// let mixture = MixtureCavi::new(vec![Pair::Poisson(PoissonGamma::new(1.0, 0.1)?)], Mixing::equal(2), 2)?;
/// let design = Design::new(&mixture.pairs, events, &Device::flex(), Precision::Double, Memory::Held)?;
/// let start = mixture.statistics(&design, &[1.0, 0.0, 0.5, 0.5, 0.0, 1.0])?;
/// let posterior = mixture.update(&design, &start);
/// let expectation = mixture.expectation(&posterior, &design)?;
/// assert!((expectation.statistics.counts.iter().sum::<f64>() - 3.0).abs() < 1e-12);
/// let elbo = expectation.log_normaliser - mixture.kl_divergence(&posterior);
/// let r = mixture.responsibilities(&posterior, &design)?;
/// assert!((elbo - mixture.elbo(&posterior, &design, &r)?).abs() < 1e-12);
/// # Ok::<(), cavi::CaviError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Expectation {
    /// The statistics of `q(Z)`.
    pub statistics: Statistics,
    /// `sum_n [log h(x_n) + log sum_k exp(E log pi_k + t(x_n) . E eta_k)]`: the ELBO right after `q(Z)` is updated, but for
    /// the divergences of the parameters.
    pub log_normaliser: f64,
}

impl MixtureCavi {
    /// A mixture.
    ///
    /// # Errors
    /// When there is no component, or the weights are not a distribution over them.
    pub fn new(pairs: Vec<Pair>, mixing: Mixing, components: usize) -> Result<Self, CaviError> {
        if components == 0 {
            return Err(CaviError::Parameter { name: "--components", value: "0".to_owned(), must: "at least 1" });
        }
        mixing.validate(components)?;
        Ok(Self { pairs, mixing, components })
    }

    /// `q(theta_k)` and `q(pi)` from the statistics of `q(Z)`: the coordinate update of every parameter. The factors do
    /// not depend on each other, so together they are as many coordinate steps.
    pub fn update(&self, design: &Design, statistics: &Statistics) -> Posterior {
        let pairs = (0..self.pairs.len()).map(|pair| self.update_pair(pair, design, statistics)).collect();
        Posterior { mixing: self.mixing.update(&statistics.counts), pairs }
    }

    /// `q(theta_kp)` of one pair, in every component.
    pub fn update_pair(&self, pair: usize, design: &Design, statistics: &Statistics) -> Vec<PairPosterior> {
        let range = &design.ranges()[pair];
        statistics.sums.iter().map(|sums| self.pairs[pair].update(&sums[range.clone()])).collect()
    }

    /// `q(Z)` at a posterior: `r_nk ~ exp(E log pi_k + t(x_n) . E eta_k)`, one matrix product and one softmax a block.
    ///
    /// # Errors
    /// When the device fails, or the events cannot be read back.
    pub fn expectation(&self, posterior: &Posterior, design: &Design) -> Result<Expectation, CaviError> {
        let step = Step::new(self, posterior, design);
        let mut statistics = Statistics::zero(self.components, design.features());
        let mut log_normaliser = design.log_base;
        for rows in design.blocks() {
            let (own, normaliser) = step.statistics(rows?)?;
            log_normaliser += normaliser;
            statistics.add(&own);
        }
        Ok(Expectation { statistics, log_normaliser })
    }

    /// Shows `r_nk` at a posterior to `each`, row by row, block by block: the whole matrix is never held.
    ///
    /// # Errors
    /// When the device fails, the events cannot be read back, or `each` fails.
    pub fn for_each_responsibilities<E: From<CaviError>>(
        &self,
        posterior: &Posterior,
        design: &Design,
        mut each: impl FnMut(&[f64]) -> Result<(), E>,
    ) -> Result<(), E> {
        let step = Step::new(self, posterior, design);
        for rows in design.blocks() {
            each(&read(step.responsibilities(rows?))?)?;
        }
        Ok(())
    }

    /// All `r_nk` at a posterior, `[observations * components]`, row by row.
    ///
    /// # Errors
    /// When the device fails, or the events cannot be read back.
    pub fn responsibilities(&self, posterior: &Posterior, design: &Design) -> Result<Vec<f64>, CaviError> {
        let mut all = Vec::with_capacity(design.observations() * self.components);
        self.for_each_responsibilities(posterior, design, |block| {
            all.extend_from_slice(block);
            Ok::<_, CaviError>(())
        })?;
        Ok(all)
    }

    /// The statistics of some rows alone at a posterior, times `scale`: a noisy guess of those of all.
    pub(crate) fn minibatch(
        &self,
        posterior: &Posterior,
        design: &Design,
        rows: &[usize],
        scale: f64,
    ) -> Result<Statistics, CaviError> {
        let rows = design.tensor(design.sample(rows)?, design.features());
        let (mut statistics, _) = Step::new(self, posterior, design).statistics(rows)?;
        statistics.scale(scale);
        Ok(statistics)
    }

    /// The statistics of given responsibilities, `[observations * components]`, row by row.
    ///
    /// # Errors
    /// When the device fails.
    ///
    /// # Panics
    /// When their number is another.
    pub fn statistics(&self, design: &Design, responsibilities: &[f64]) -> Result<Statistics, CaviError> {
        let k = self.components;
        assert_eq!(responsibilities.len(), design.observations() * k, "one responsibility an event and component");
        let mut rest = responsibilities;
        self.block_statistics(design, |rows| {
            let (own, after) = rest.split_at(rows.dims()[0] * k);
            rest = after;
            Ok(own.to_vec())
        })
    }

    /// The statistics of responsibilities that are given block by block, `[rows * components]` for some rows.
    pub(crate) fn block_statistics(
        &self,
        design: &Design,
        mut responsibilities: impl FnMut(&Tensor<2>) -> Result<Vec<f64>, CaviError>,
    ) -> Result<Statistics, CaviError> {
        let mut total = Statistics::zero(self.components, design.features());
        for rows in design.blocks() {
            let rows = rows?;
            let own = design.tensor(responsibilities(&rows)?, self.components);
            total.add(&Statistics::of(&rows, own)?);
        }
        Ok(total)
    }

    /// `E_q[eta]` of every component, `[components][features]`.
    fn natural(&self, posterior: &Posterior, design: &Design) -> Vec<Vec<f64>> {
        let mut natural = vec![vec![0.0; design.features()]; self.components];
        for ((pair, range), components) in self.pairs.iter().zip(design.ranges()).zip(&posterior.pairs) {
            for (eta, q) in natural.iter_mut().zip(components) {
                pair.expected_natural(q, &mut eta[range.clone()]);
            }
        }
        natural
    }

    /// `sum_k KL(q(theta_k) || p(theta_k)) + KL(q(pi) || p(pi))` in nats.
    pub fn kl_divergence(&self, posterior: &Posterior) -> f64 {
        let pairs = self.pairs.iter().zip(&posterior.pairs);
        let parameters: f64 = pairs.flat_map(|(pair, q)| q.iter().map(|q| pair.kl_divergence(q))).sum();
        parameters + self.mixing.kl_divergence(&posterior.mixing)
    }

    /// The ELBO in nats, every constant kept, at any posterior and any responsibilities:
    /// `E log p(x | Z, theta) + E log p(Z | pi) + H[q(Z)] - KL(q(theta) || p(theta)) - KL(q(pi) || p(pi))`.
    ///
    /// # Errors
    /// When the device fails.
    pub fn elbo(&self, posterior: &Posterior, design: &Design, responsibilities: &[f64]) -> Result<f64, CaviError> {
        let statistics = self.statistics(design, responsibilities)?;
        let natural = self.natural(posterior, design);
        let expected: f64 =
            natural.iter().zip(&statistics.sums).flat_map(|(eta, t)| eta.iter().zip(t).map(|(a, b)| a * b)).sum();
        // 0 log 0 = 0, for a closed component as for a certain assignment
        let weights = posterior.mixing.expected_log_weights();
        let assigned: f64 = statistics.counts.iter().zip(&weights).filter(|(n, _)| **n > 0.0).map(|(n, w)| n * w).sum();
        let entropy: f64 = responsibilities.iter().filter(|r| **r > 0.0).map(|r| -r * r.ln()).sum();
        Ok(design.log_base + expected + assigned + entropy - self.kl_divergence(posterior))
    }
}

impl MixtureCavi {
    /// `log sum_k E[pi_k] prod_p p(x_p | data, k)` of a new event, and the responsibilities that its fields give it: the
    /// predictive of trap D45. A pair whose fields are missing (NaN) is left out.
    ///
    /// # Shapes
    /// - `x`: the columns of all pairs, one after another
    /// - returns: nats, and `[components]`
    pub fn predict(&self, posterior: &Posterior, x: &[f64]) -> (f64, Vec<f64>) {
        let mut joint: Vec<f64> = posterior.mixing.mean().iter().map(|w| w.ln()).collect();
        let mut rest = x;
        for (pair, components) in self.pairs.iter().zip(&posterior.pairs) {
            let (own, after) = rest.split_at(pair.columns());
            rest = after;
            if own.iter().all(|value| !value.is_nan()) {
                joint.iter_mut().zip(components).for_each(|(log, q)| *log += pair.log_predictive(q, own));
            }
        }
        let max = joint.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if max == f64::NEG_INFINITY {
            // So far from all components that it tells none apart.
            return (max, posterior.mixing.mean());
        }
        let total = max + joint.iter().map(|log| (log - max).exp()).sum::<f64>().ln();
        (total, joint.iter().map(|log| (log - total).exp()).collect())
    }
}

/// A posterior on the device, ready to meet rows.
struct Step {
    /// `E eta` as columns, `[features, components]`.
    natural: Tensor<2>,
    /// `E log pi`, `[1, components]`.
    log_weights: Tensor<2>,
}

impl Step {
    fn new(mixture: &MixtureCavi, posterior: &Posterior, design: &Design) -> Self {
        let (features, k) = (design.features(), mixture.components);
        let natural = mixture.natural(posterior, design);
        let columns = (0..features).flat_map(|f| natural.iter().map(move |eta| eta[f])).collect();
        let natural = design.tensor(columns, k);
        Self { natural, log_weights: design.tensor(posterior.mixing.expected_log_weights(), k) }
    }

    /// The statistics of some rows, and the sum of the logarithms of their normalisers.
    fn statistics(&self, rows: Tensor<2>) -> Result<(Statistics, f64), CaviError> {
        let features = rows.dims()[1];
        let MixtureSums { counts, sums, log_normalisers } =
            kernels::mixture_sums(rows, self.natural.clone(), self.log_weights.clone());
        let sums = read(sums)?.chunks_exact(features).map(<[f64]>::to_vec).collect();
        Ok((Statistics { counts: read(counts)?, sums }, read(log_normalisers)?.iter().sum()))
    }

    /// `r`, `[rows, components]`.
    fn responsibilities(&self, rows: Tensor<2>) -> Tensor<2> {
        softmax(rows.matmul(self.natural.clone()) + self.log_weights.clone(), 1)
    }
}

impl Statistics {
    fn zero(components: usize, features: usize) -> Self {
        Self { counts: vec![0.0; components], sums: vec![vec![0.0; features]; components] }
    }

    /// `r^T [1, t]` of some rows.
    fn of(rows: &Tensor<2>, responsibilities: Tensor<2>) -> Result<Self, CaviError> {
        let features = rows.dims()[1];
        let counts = read(responsibilities.clone().sum_dim(0))?;
        let sums = read(responsibilities.transpose().matmul(rows.clone()))?;
        Ok(Self { counts, sums: sums.chunks_exact(features).map(<[f64]>::to_vec).collect() })
    }

    fn numbers(&mut self) -> impl Iterator<Item = &mut f64> {
        self.counts.iter_mut().chain(self.sums.iter_mut().flatten())
    }

    pub(crate) fn add(&mut self, other: &Self) {
        let others = other.counts.iter().chain(other.sums.iter().flatten());
        self.numbers().zip(others).for_each(|(a, b)| *a += b);
    }

    pub(crate) fn scale(&mut self, factor: f64) {
        self.numbers().for_each(|number| *number *= factor);
    }
}

pub(crate) fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f64>, CaviError> {
    let data = tensor.try_into_data().map_err(|error| CaviError::Device(error.to_string()))?;
    data.convert_dtype(DType::F64).try_to_vec::<f64>().map_err(|error| CaviError::Device(format!("{error:?}")))
}

#[cfg(test)]
mod golden;
#[cfg(test)]
mod scale;
#[cfg(test)]
mod tests;
