//! The randomness of a batch of codes: a tensor of noise, or a stream of it.

use burn::tensor::Tensor;
use distributions::{Noise, NoiseKey};

/// What a batch of codes is drawn from, as from [`LatentConfig::noise`](crate::LatentConfig::noise). A clone gives the same
/// draws again.
///
/// # Examples
/// A Gaussian takes any tensor, `z = loc + scale eps`; a gamma is drawn by rejection and takes a stream.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use distributions::{Gaussian, Noise, Purpose};
/// use models::{LatentConfig, LatentNoise, Pair, Posterior};
///
/// let loc = Tensor::<2>::from_floats([[1.0, -2.0]], &Device::flex());
/// let (q, p) = (Gaussian::from_log_scale(loc.clone(), loc.zeros_like()), Gaussian::standard_like(&loc));
/// let codes = Posterior::Gaussian(Pair { q, p }).transform(LatentNoise::Free(loc.ones_like()));
/// assert_eq!(codes.try_into_vec_as::<f32>()?, [2.0, -1.0]);
/// let gamma = LatentConfig::Gamma { size: 2 };
/// let eps = gamma.noise(&mut Noise::new(1, Purpose::TestLatent, 0, 0), 5, &loc.device());
/// assert!(matches!(eps, LatentNoise::Stream { count: 5, .. }));
/// # Ok::<(), burn::tensor::TensorReadError>(())
/// ```
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
