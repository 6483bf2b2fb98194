//! The randomness of a batch of codes: a tensor of noise, or a stream of it.

use burn::tensor::Tensor;
use distributions::{Noise, NoiseKey};

/// What a batch of codes is drawn from, as from [`LatentConfig::noise`](crate::LatentConfig::noise). A clone gives the same
/// draws again.
#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant, reason = "one at a time, and never in a collection")]
pub enum LatentNoise {
    /// Parameter-free noise `eps`, `[count, size]`: codes are `g(eps; parameters)`.
    Free(Tensor<2>),
    /// A stream for laws that are drawn by rejection, whose use of it depends on their parameters.
    Stream {
        /// The stream, at its start.
        key: NoiseKey,
        /// The number of codes.
        count: usize,
    },
}

impl LatentNoise {
    /// The number of codes.
    pub fn count(&self) -> usize {
        match self {
            Self::Free(eps) => eps.dims()[0],
            Self::Stream { count, .. } => *count,
        }
    }

    /// # Panics
    /// When this is the stream of another latent.
    pub(crate) fn free(self) -> Tensor<2> {
        match self {
            Self::Free(eps) => eps,
            Self::Stream { .. } => panic!("this latent takes a tensor of noise, as `LatentConfig::noise` makes it"),
        }
    }

    /// # Panics
    /// When this is the tensor of another latent.
    pub(crate) fn stream(self) -> Noise {
        match self {
            Self::Stream { key, .. } => Noise::from_key(key),
            Self::Free(_) => panic!("this latent takes a stream of noise, as `LatentConfig::noise` makes it"),
        }
    }
}
