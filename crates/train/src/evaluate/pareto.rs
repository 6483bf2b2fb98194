//! The shape k-hat of the largest importance weights: whether their mean can be trusted.
//!
//! Importance weights have `1 / k` finite moments where their tail is that of a generalised Pareto law of shape `k`. Above 0.7,
//! their mean converges too slowly for any number of draws that one can afford, and `L_K` may sit far below `log p(x)` with a
//! small standard error (Vehtari, Simpson, Gelman, Yao, Gabry, 2024).

use serde::{Deserialize, Serialize};

/// The k-hat above which an estimate is not to be trusted (Vehtari et al., 2024).
const UNRELIABLE: f64 = 0.7;

/// The fewest draws of a tail that a law is fitted to.
const LEAST_TAIL: usize = 5;

/// The fewest particles whose tail, a fifth of them rounded up, has [`LEAST_TAIL`] draws.
pub(super) const LEAST_PARTICLES: usize = 5 * (LEAST_TAIL - 1) + 1;

/// Where an exceedance ends, relative to the largest weight: the fit divides by it, and half of that would overflow. A tail
/// that spans as many nats has an enormous shape all the same.
const LEAST_EXCEEDANCE: f64 = 1e-300;

/// k-hat over the images of an evaluation.
///
/// # Examples
/// Of a `vae` that was not trained and ten `test` images:
///
/// ```
/// use train::{Evaluation, EvaluationConfig, evaluate};
///
/// # use train::{Batches, data::embedded_mnist_test, load_config};
/// # let (config, device) = (load_config("two", None)?, burn::tensor::Device::flex());
/// # let test = Batches::new(embedded_mnist_test()?.test.take(10)?, config.data.protocol);
/// # let vae = config.model.init(test.pixels(), 1, &device);
/// let k_hat = |particles| {
///     let asked = EvaluationConfig { particles, images: 10, seed: 1 };
///     evaluate(&vae, &test, asked, &device, &|_| {}).map(|evaluation| evaluation.pareto_k)
/// };
/// assert_eq!(k_hat(Evaluation::LEAST_PARETO_PARTICLES - 1)?, None);
/// let summary = k_hat(100)?.expect("a hundred weights have a tail");
/// // A model that was not trained has a posterior like its prior: its weights are good.
/// assert_eq!((summary.images, summary.median < 0.7, summary.share_above_0_7), (10, true, 0.0));
/// # Ok::<(), train::TrainError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ParetoSummary {
    /// Images whose weights have a tail to fit; those whose largest weights are all equal have none.
    pub images: usize,
    /// The median.
    pub median: f64,
    /// Nine images of ten are below.
    pub quantile_90: f64,
    /// The share above 0.7, whose `L_K` converges too slowly to be trusted.
    pub share_above_0_7: f64,
}

impl ParetoSummary {
    /// The summary of one k-hat an image; none where there is none.
    pub(crate) fn of(mut shapes: Vec<f64>) -> Option<Self> {
        shapes.sort_by(f64::total_cmp);
        let images = shapes.len();
        if images == 0 {
            return None;
        }
        let above = shapes.iter().filter(|&&shape| shape > UNRELIABLE).count();
        Some(Self {
            images,
            median: quantile(&shapes, 0.5),
            quantile_90: quantile(&shapes, 0.9),
            share_above_0_7: above as f64 / images as f64,
        })
    }
}

/// A quantile of sorted values, linear between neighbours.
fn quantile(sorted: &[f64], probability: f64) -> f64 {
    let place = probability * (sorted.len() - 1) as f64;
    let below = place as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (place - below as f64) * (sorted[above] - sorted[below])
}

/// The largest of a stream of log-weights: the tail, and one more. Memory grows with the root of their number.
#[derive(Debug, Clone)]
pub(crate) struct Tail {
    /// `M = min(K / 5, 3 sqrt K)`, rounded up.
    length: usize,
    largest: Vec<f64>,
}

impl Tail {
    /// For a stream of `particles` log-weights.
    pub(crate) fn new(particles: usize) -> Self {
        let k = particles as f64;
        Self { length: (k / 5.0).min(3.0 * k.sqrt()).ceil() as usize, largest: Vec::new() }
    }

    pub(crate) fn push(&mut self, log_weight: f64) {
        self.largest.push(log_weight);
        if self.largest.len() > 2 * (self.length + 1) {
            self.largest.select_nth_unstable_by(self.length, |a, b| b.total_cmp(a));
            self.largest.truncate(self.length + 1);
        }
    }

    /// k-hat; none where fewer than five weights are above the largest of the others.
    pub(crate) fn shape(mut self) -> Option<f64> {
        self.largest.sort_by(|a, b| b.total_cmp(a));
        let (max, cutoff) = (self.largest.first()?, self.largest.get(self.length)?);
        let tail = self.largest[..self.length].iter().filter(|&log_weight| log_weight > cutoff);
        // exp(w) - exp(cutoff) over exp(max), without cancellation; the smallest first.
        let exceedance = |w: &f64| (-(w - max).exp() * (cutoff - w).exp_m1()).max(LEAST_EXCEEDANCE);
        let exceedances: Vec<f64> = tail.rev().map(exceedance).collect();
        (exceedances.len() >= LEAST_TAIL).then(|| fit(&exceedances).0)
    }
}

/// The shape `k` and the scale of a generalised Pareto law `P(X > x) = (1 + k x / scale)^(-1/k)`: the estimate of Zhang and
/// Stephens (2009), a posterior mean over a grid, whose shape is drawn towards 1/2 with the weight of ten draws (Vehtari et
/// al., 2024, appendix G).
///
/// `exceedances` are positive and rise.
fn fit(exceedances: &[f64]) -> (f64, f64) {
    let n = exceedances.len() as f64;
    let largest = exceedances[exceedances.len() - 1];
    // The first quartile: x[floor(n/4 + 1/2)], counted from 1.
    let quartile = exceedances[((n / 4.0 + 0.5) as usize).max(1) - 1];
    let grid = 30 + n.sqrt() as usize;
    // k(theta) = 1/n sum_i log(1 - theta x_i)
    let shape_at = |theta: f64| exceedances.iter().map(|x| (-theta * x).ln_1p()).sum::<f64>() / n;
    // theta_j = 1 / x_n + (1 - sqrt(m / (j - 1/2))) / (3 quartile)
    let thetas = (1..=grid).map(|j| 1.0 / largest + (1.0 - (grid as f64 / (j as f64 - 0.5)).sqrt()) / (3.0 * quartile));
    // l(theta) = n [log(-theta / k(theta)) - k(theta) - 1], the profile log-likelihood
    let profile: Vec<(f64, f64)> = thetas
        .map(|theta| {
            let shape = shape_at(theta);
            (theta, n * ((-theta / shape).ln() - shape - 1.0))
        })
        .collect();
    let best = profile.iter().map(|(_, log)| *log).fold(f64::NEG_INFINITY, f64::max);
    let weight: f64 = profile.iter().map(|(_, log)| (log - best).exp()).sum();
    let theta = profile.iter().map(|(theta, log)| theta * (log - best).exp()).sum::<f64>() / weight;
    let shape = shape_at(theta);
    ((n * shape + PRIOR_DRAWS * PRIOR_SHAPE) / (n + PRIOR_DRAWS), -shape / theta)
}

/// The weight of the prior of the shape, in draws.
const PRIOR_DRAWS: f64 = 10.0;

/// Its mean.
const PRIOR_SHAPE: f64 = 0.5;

#[cfg(test)]
mod tests {
    use super::*;

    fn shape_of(log_weights: impl ExactSizeIterator<Item = f64>) -> Option<f64> {
        let mut tail = Tail::new(log_weights.len());
        log_weights.for_each(|w| tail.push(w));
        tail.shape()
    }

    /// From `scripts/golden_pareto.py`, which runs ArviZ.
    #[test]
    fn fits_agree_with_arviz() {
        for (shape, count, fitted, scale) in [
            (-0.4, 7, 0.23368620295805123, 0.7893714453913516),
            (0.0, 5, 0.4744383638478517, 0.6607718822248907),
            (0.3, 40, 0.36325410857833673, 0.9613382337493105),
            (0.7, 95, 0.6786367017646627, 0.9963653620469104),
            (1.6, 212, 1.5347781300515932, 1.0122451163124155),
        ] {
            let quantile = |i: usize| {
                let log = -(-(i as f64 + 0.5) / count as f64).ln_1p();
                if shape == 0.0 { log } else { (shape * log).exp_m1() / shape }
            };
            let (k, sigma) = fit(&(0..count).map(quantile).collect::<Vec<_>>());
            assert!((k - fitted).abs() < 1e-9 && (sigma - scale).abs() < 1e-9, "{shape}, {count}: {k}, {sigma}");
        }
    }

    /// From `scripts/golden_pareto.py`: the choice of the tail, and the fit.
    #[test]
    fn shapes_of_log_weights_agree_with_arviz() {
        for (spread, count, shape) in [
            (0.1, 25, 0.4192927906898665),
            (0.3, 100, 0.3341689374017752),
            (0.5, 1000, 0.5117634084188935),
            (0.9, 1000, 0.8602743264669063),
            (3.0, 5000, 2.7843213144386785),
        ] {
            let golden = (5.0_f64.sqrt() - 1.0) / 2.0;
            let weights = (0..count).map(|i| -80.0 - spread * (-((i as f64 + 1.0) * golden).fract()).ln_1p());
            let found = shape_of(weights).unwrap();
            assert!((found - shape).abs() < 1e-9, "{spread}, {count}: {found}");
        }
    }

    #[test]
    fn few_draws_and_equal_weights_have_no_shape() {
        assert_eq!(shape_of((0..LEAST_PARTICLES - 1).map(|i| i as f64)), None);
        assert!(shape_of((0..LEAST_PARTICLES).map(|i| i as f64 / 9.0)).is_some());
        assert_eq!(shape_of((0..1000).map(|_| -80.0)), None);
        // All in the others' shadow.
        let shape = shape_of((0..100).map(|i| -1e4 * i as f64)).unwrap();
        assert!(shape.is_finite() && shape > 10.0, "{shape}");
    }

    #[test]
    fn a_summary_has_the_quantiles_and_the_share() {
        assert_eq!(ParetoSummary::of(Vec::new()), None);
        let summary = ParetoSummary::of((0..=10).rev().map(|i| f64::from(i) / 10.0).collect()).unwrap();
        assert_eq!((summary.images, summary.median), (11, 0.5));
        assert!((summary.quantile_90 - 0.9).abs() < 1e-12 && (summary.share_above_0_7 - 3.0 / 11.0).abs() < 1e-12);
        assert_eq!(ParetoSummary::of(vec![0.3]).unwrap().quantile_90, 0.3);
    }
}
