//! `L_K` for several numbers of particles from the same draws.

use models::LogMeanExp;
use serde::{Deserialize, Serialize};

/// A bound of a number of particles that divides that of the evaluation.
///
/// # Examples
/// Of a `vae` and ten `test` images:
///
/// ```
/// use train::{EvaluationConfig, evaluate};
///
/// # use train::{Batches, data::embedded_mnist_test, load_config};
/// # let (config, device) = (load_config("two", None)?, burn::tensor::Device::flex());
/// # let test = Batches::new(embedded_mnist_test()?.test.take(10)?, config.data.protocol);
/// # let vae = config.model.init(test.pixels(), 1, &device);
/// let asked = EvaluationConfig { particles: 100, images: 10, seed: 1 };
/// let bounds = evaluate(&vae, &test, asked, &device, &|_| {})?.bounds;
/// let particles: Vec<usize> = bounds.iter().map(|bound| bound.particles).collect();
/// assert_eq!(particles, [1, 10, 100]);
/// assert!(bounds.is_sorted_by(|fewer, more| fewer.nll > more.nll));
/// # Ok::<(), train::TrainError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ParticleBound {
    /// `K`.
    pub particles: usize,
    /// The mean of `-L_K` over images and over all disjoint blocks of `K` draws, in nats per image.
    pub nll: f64,
}

/// Numbers of particles of which each divides the next and all divide the last, which is `particles`.
pub(super) fn rungs(particles: usize) -> Vec<usize> {
    let smaller = [1, 10, 100, 1000].into_iter().filter(|&k| k < particles && particles.is_multiple_of(k));
    smaller.chain([particles]).collect()
}

/// `L_K` of every rung from one stream of log-weights.
///
/// Each rung sums what the rung below it hands up: a weight costs one exponential at the smallest, not one at each.
pub(super) struct Rungs(Vec<Rung>);

/// The mean of `L_K` over disjoint blocks of `K` draws.
struct Rung {
    particles: usize,
    block: LogMeanExp,
    sum: f64,
    blocks: usize,
}

impl Rungs {
    /// For a stream of so many weights.
    pub(super) fn new(particles: usize) -> Self {
        let rung = |particles| Rung { particles, block: LogMeanExp::default(), sum: 0.0, blocks: 0 };
        Self(rungs(particles).into_iter().map(rung).collect())
    }

    pub(super) fn push(&mut self, log_weight: f64) {
        let mut full = LogMeanExp::default();
        full.push(log_weight);
        for rung in &mut self.0 {
            rung.block.merge(&full);
            if rung.block.count() < rung.particles as u64 {
                return;
            }
            full = std::mem::take(&mut rung.block);
            rung.sum += full.value();
            rung.blocks += 1;
        }
    }

    /// `L_K` of each rung; the last is that of all weights.
    pub(super) fn means(&self) -> Vec<f64> {
        self.0.iter().map(|rung| rung.sum / rung.blocks as f64).collect()
    }
}
