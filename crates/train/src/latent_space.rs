//! Where the test images lie in the latent space, and which of its dimensions are in use.

use burn::tensor::{Device, Tensor};
use models::{LatentConfig, Posterior, Vae};

use crate::{Batches, TrainError};

/// Images encoded at a time.
const BLOCK: usize = 500;

/// A variable is active when its posterior mean varies more than this over the images (Burda et al. 2016, section 5.2).
const ACTIVE: f64 = 1e-2;

/// The posterior means of the test images. A dimension is an entry of a code; a variable is one of them, or the classes of a
/// categorical one together.
///
/// # Examples
/// ```
/// use burn::tensor::Device;
/// use train::data::embedded_mnist_test;
/// use train::{Batches, Protocol, latent_statistics, load_config};
///
/// let (test, device) = (embedded_mnist_test()?.test.take(30)?, Device::flex());
/// let test = Batches::new(test, Protocol::Dynamic);
/// let vae = load_config("gumbel", None)?.model.init(test.pixels(), 1, &device);
/// let statistics = latent_statistics(&vae, &test, &device)?;
/// // 20 variables of 10 classes: a mean is a vector of probabilities.
/// assert_eq!((statistics.means[0].len(), statistics.width, statistics.activities().len()), (200, 10, 20));
/// assert!((statistics.means[0][..10].iter().sum::<f32>() - 1.0).abs() < 1e-5);
/// // Before training no code says anything of its image.
/// assert_eq!(statistics.active_units(), 0);
/// # Ok::<(), train::TrainError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct LatentStatistics {
    /// `E_q[z]` of each test image, `[images][latent]`.
    pub means: Vec<Vec<f32>>,
    /// `Var_x(E_q[z])` of each dimension, `[latent]`.
    pub variances: Vec<f64>,
    /// Dimensions of one variable: its classes, or 1.
    pub width: usize,
}

impl LatentStatistics {
    /// The number of active variables.
    pub fn active_units(&self) -> usize {
        self.activities().into_iter().filter(|&variance| variance > ACTIVE).count()
    }

    /// The variance of each variable, summed over its dimensions.
    pub fn activities(&self) -> Vec<f64> {
        self.variances.chunks(self.width).map(|variances| variances.iter().sum()).collect()
    }

    /// The dimensions from the most active to the least.
    pub fn by_activity(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.variances.len()).collect();
        order.sort_by(|&a, &b| self.variances[b].total_cmp(&self.variances[a]));
        order
    }
}

/// Encodes the whole test set.
///
/// # Errors
/// When the device fails.
pub fn latent_statistics(vae: &Vae, test: &Batches, device: &Device) -> Result<LatentStatistics, TrainError> {
    let width = vae.latent().width();
    Ok(LatentStatistics { width, ..statistics(vae, test, device, |posterior| Some(posterior.mean()))? })
}

/// The active units of the upper one of two stochastic layers; none where there is one layer.
///
/// # Errors
/// When the device fails.
pub(crate) fn upper_active_units(vae: &Vae, test: &Batches, device: &Device) -> Result<Option<usize>, TrainError> {
    match vae.latent() {
        LatentConfig::Stacked { .. } => Ok(Some(statistics(vae, test, device, Posterior::upper_mean)?.active_units())),
        LatentConfig::Gaussian { .. }
        | LatentConfig::Exponential { .. }
        | LatentConfig::LogNormal { .. }
        | LatentConfig::Kumaraswamy { .. }
        | LatentConfig::Beta { .. }
        | LatentConfig::Gamma { .. }
        | LatentConfig::Dirichlet { .. }
        | LatentConfig::Bernoulli { .. }
        | LatentConfig::Categorical { .. } => Ok(None),
    }
}

/// Of variables of one number each.
fn statistics(
    vae: &Vae,
    test: &Batches,
    device: &Device,
    mean: fn(&Posterior) -> Option<Tensor<2>>,
) -> Result<LatentStatistics, TrainError> {
    let blocks = kernels::map(test.len().div_ceil(BLOCK), |block| {
        let range = block * BLOCK..((block + 1) * BLOCK).min(test.len());
        let Some(mean) = mean(&vae.encode(test.test(range, device))) else { return Ok(Vec::new()) };
        let latent = mean.dims()[1];
        let values = mean.try_into_vec_as::<f32>().map_err(|error| TrainError::Device(error.to_string()))?;
        Ok::<_, TrainError>(values.chunks_exact(latent).map(<[f32]>::to_vec).collect::<Vec<_>>())
    });
    let mut means = Vec::with_capacity(test.len());
    for block in blocks {
        means.extend(block?);
    }
    let n = means.len() as f64;
    let latent = means.first().map_or(0, Vec::len);
    let variances = (0..latent)
        .map(|d| {
            let mean = means.iter().map(|m| f64::from(m[d])).sum::<f64>() / n;
            means.iter().map(|m| (f64::from(m[d]) - mean).powi(2)).sum::<f64>() / n
        })
        .collect();
    Ok(LatentStatistics { means, variances, width: 1 })
}
