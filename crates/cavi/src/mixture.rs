//! The mixture: coordinate updates and the ELBO, with every constant.

use burn::tensor::{DType, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::{CaviError, ConjugatePair, Design, Mixing, MixingPosterior, Pair, PairPosterior};

/// A mixture of `components` components: pairs that share one assignment, and the weights.
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Posterior {
    /// Of the weights.
    pub mixing: MixingPosterior,
    /// Of each pair, in each component: `[pairs][components]`.
    pub pairs: Vec<Vec<PairPosterior>>,
}

/// What the parameters need to know of the assignment.
#[derive(Debug, Clone, PartialEq)]
pub struct Statistics {
    /// `N_k = sum_n r_nk`, `[components]`.
    pub counts: Vec<f64>,
    /// `sum_n r_nk t(x_n)`, `[components][features]`.
    pub sums: Vec<Vec<f64>>,
}

/// The assignment at a posterior: `q(Z)`, summed up.
#[derive(Debug, Clone)]
pub struct Expectation {
    /// The statistics of `q(Z)`.
    pub statistics: Statistics,
    /// `sum_n [log h(x_n) + log sum_k exp(E log pi_k + t(x_n) . E eta_k)]`: the ELBO right after `q(Z)` is updated, but for
    /// the divergences of the parameters.
    pub log_normaliser: f64,
    /// `r_nk`, row by row, if asked for.
    pub responsibilities: Option<Vec<f64>>,
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
        let range = &design.ranges[pair];
        statistics.sums.iter().map(|sums| self.pairs[pair].update(&sums[range.clone()])).collect()
    }

    /// `q(Z)` at a posterior: `r_nk ~ exp(E log pi_k + t(x_n) . E eta_k)`, one matrix product and one softmax a chunk.
    ///
    /// # Errors
    /// When the device fails.
    pub fn expectation(&self, posterior: &Posterior, design: &Design, keep: bool) -> Result<Expectation, CaviError> {
        let (features, k) = (design.features(), self.components);
        let options = (&design.device, design.dtype);
        // E eta as columns, [features, components].
        let natural = self.natural(posterior, design);
        let columns: Vec<f64> = (0..features).flat_map(|f| natural.iter().map(move |eta| eta[f])).collect();
        let natural = Tensor::<2>::from_data(TensorData::new(columns, [features, k]), options);
        let log_weights = posterior.mixing.expected_log_weights();
        let log_weights = Tensor::<2>::from_data(TensorData::new(log_weights, [1, k]), options);

        let mut total = Statistics { counts: vec![0.0; k], sums: vec![vec![0.0; features]; k] };
        let mut log_normaliser = design.log_base;
        let mut kept = keep.then(|| Vec::with_capacity(design.observations * k));
        for chunk in &design.chunks {
            // log r_nk + log-normaliser of n, with the largest entry of a row subtracted
            let logits = chunk.clone().matmul(natural.clone()) + log_weights.clone();
            let largest = logits.clone().max_dim(1);
            let weights = (logits - largest.clone()).exp();
            let sum = weights.clone().sum_dim(1);
            let responsibilities = weights / sum.clone();
            log_normaliser += read(largest + sum.log())?.iter().sum::<f64>();
            total.add(&Self::chunk_statistics(chunk, responsibilities.clone())?);
            if let Some(kept) = &mut kept {
                kept.extend(read(responsibilities)?);
            }
        }
        Ok(Expectation { statistics: total, log_normaliser, responsibilities: kept })
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
        assert_eq!(responsibilities.len(), design.observations * k, "one responsibility an event and component");
        let mut total = Statistics { counts: vec![0.0; k], sums: vec![vec![0.0; design.features()]; k] };
        let mut rest = responsibilities;
        for chunk in &design.chunks {
            let rows = chunk.dims()[0];
            let (own, after) = rest.split_at(rows * k);
            rest = after;
            let data = TensorData::new(own.to_vec(), [rows, k]);
            let own = Tensor::from_data(data, (&design.device, design.dtype));
            total.add(&Self::chunk_statistics(chunk, own)?);
        }
        Ok(total)
    }

    /// `r^T [1, t]` of one chunk.
    fn chunk_statistics(chunk: &Tensor<2>, responsibilities: Tensor<2>) -> Result<Statistics, CaviError> {
        let features = chunk.dims()[1];
        let counts = read(responsibilities.clone().sum_dim(0))?;
        let sums = read(responsibilities.transpose().matmul(chunk.clone()))?;
        Ok(Statistics { counts, sums: sums.chunks_exact(features).map(<[f64]>::to_vec).collect() })
    }

    /// `E_q[eta]` of every component, `[components][features]`.
    fn natural(&self, posterior: &Posterior, design: &Design) -> Vec<Vec<f64>> {
        let mut natural = vec![vec![0.0; design.features()]; self.components];
        for ((pair, range), components) in self.pairs.iter().zip(&design.ranges).zip(&posterior.pairs) {
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
        let total = max + joint.iter().map(|log| (log - max).exp()).sum::<f64>().ln();
        (total, joint.iter().map(|log| (log - total).exp()).collect())
    }
}

impl Statistics {
    pub(crate) fn add(&mut self, other: &Self) {
        self.counts.iter_mut().zip(&other.counts).for_each(|(a, b)| *a += b);
        for (a, b) in self.sums.iter_mut().zip(&other.sums) {
            a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        }
    }
}

pub(crate) fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f64>, CaviError> {
    let data = tensor.try_into_data().map_err(|error| CaviError::Device(error.to_string()))?;
    data.convert_dtype(DType::F64).try_to_vec::<f64>().map_err(|error| CaviError::Device(format!("{error:?}")))
}

#[cfg(test)]
mod tests;
