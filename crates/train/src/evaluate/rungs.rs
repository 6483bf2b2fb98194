//! `L_K` for several numbers of particles from the same draws.

use models::LogMeanExp;
use serde::{Deserialize, Serialize};

/// A bound of a number of particles that divides that of the evaluation.
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
