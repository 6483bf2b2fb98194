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

/// The mean of `L_K` over disjoint blocks of `K` draws, as they come.
pub(super) struct Rung {
    particles: usize,
    block: LogMeanExp,
    sum: f64,
    blocks: usize,
}

impl Rung {
    pub(super) fn new(particles: usize) -> Self {
        Self { particles, block: LogMeanExp::default(), sum: 0.0, blocks: 0 }
    }

    /// Adds the draw of this number, from 1.
    pub(super) fn push(&mut self, log_weight: f64, number: usize) {
        self.block.push(log_weight);
        if number.is_multiple_of(self.particles) {
            self.sum += self.block.value();
            self.blocks += 1;
            self.block = LogMeanExp::default();
        }
    }

    /// The mean over the blocks that are full.
    pub(super) fn mean(&self) -> f64 {
        self.sum / self.blocks as f64
    }
}
