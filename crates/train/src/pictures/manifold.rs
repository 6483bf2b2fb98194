//! The latent space, decoded: a plane of quantiles, or every value of every variable that has a few.

mod variables;

use burn::tensor::{Device, Tensor, TensorData};
use figures::{FramedGrid, Tick};
use models::{LatentConfig, Vae};
use statrs::function::erf::erfc_inv;

use self::variables::Values;
use super::{Picture, Pixels, decode, grid, rows, two_dimensions};
use crate::latent_space::{LatentStatistics, latent_statistics};
use crate::{Batches, TrainError};

/// The means of images decoded from a grid over the latent space.
///
/// Real latents: two dimensions at quantiles of the prior, so that each cell is as probable as the next. More than two
/// dimensions: the two most active, the others at their prior mean. Categorical and Dirichlet latents: one group a row with
/// its classes along it, the others as the code of test image 0 has them; at most `side` groups, the most active ones.
/// Bernoulli latents: one bit a row, at 0 and at 1.
///
/// # Errors
/// When the model has one dimension or two stochastic layers, the grid is empty or too large, or the device fails.
pub fn manifold(vae: &Vae, test: &Batches, side: usize, device: &Device) -> Result<Picture, TrainError> {
    if !(1..=60).contains(&side) {
        return Err(TrainError::Argument { flag: "--side", value: side.to_string(), must: "1 to 60".to_owned() });
    }
    let statistics = latent_statistics(vae, test, device)?;
    let quantile: fn(f64) -> f64 = match vae.latent() {
        LatentConfig::Gaussian { .. } => standard_normal_quantile,
        LatentConfig::LogNormal { .. } => |p| standard_normal_quantile(p).exp(),
        // The prior of a gamma latent is Gamma(1, 1).
        LatentConfig::Exponential { .. } | LatentConfig::Gamma { .. } => standard_exponential_quantile,
        LatentConfig::Kumaraswamy { .. } | LatentConfig::Beta { .. } => |p| p,
        LatentConfig::Stacked { .. } => {
            return Err(TrainError::Argument {
                flag: "the latent",
                value: vae.latent().name().to_owned(),
                must: "of one stochastic layer for a manifold, since the prior of the codes of two has no quantiles; \
                       `elbo sample`, `interpolate` and `latents` draw such a model"
                    .to_owned(),
            });
        }
        LatentConfig::Dirichlet { classes, .. } => {
            return variables::each(vae, test, &statistics, (Values::Corners(classes), side), device);
        }
        LatentConfig::Bernoulli { .. } => {
            return variables::each(vae, test, &statistics, (Values::Bits, side), device);
        }
        LatentConfig::Categorical { classes, .. } => {
            return variables::each(vae, test, &statistics, (Values::Classes(classes), side), device);
        }
    };
    plane(vae, test, &statistics, (side, quantile), device)
}

fn plane(
    vae: &Vae,
    test: &Batches,
    statistics: &LatentStatistics,
    (side, quantile): (usize, fn(f64) -> f64),
    device: &Device,
) -> Result<Picture, TrainError> {
    let latent = statistics.variances.len();
    let [first, second] = two_dimensions(&statistics.by_activity())?;
    let quantiles: Vec<f64> = (0..side).map(|i| quantile((i as f64 + 0.5) / side as f64)).collect();
    // Rows run from the top, axes from the bottom.
    let descending: Vec<f64> = quantiles.iter().rev().copied().collect();
    let mut codes = rows(vae.prior_mean(side * side))?.concat();
    let rest = (codes.first().copied().unwrap_or_default() * 1e3).round() / 1e3;
    for (cell, code) in codes.chunks_exact_mut(latent).enumerate() {
        code[first] = quantiles[cell % side] as f32;
        code[second] = descending[cell / side] as f32;
    }
    let codes = Tensor::from_data(TensorData::new(codes, [side * side, latent]), device);
    // A label is about as wide as two images.
    let ticks = (side / 3).clamp(2, 7);
    let figure = FramedGrid {
        title: if latent == 2 {
            "Decoded means over the latent plane".to_owned()
        } else {
            format!("Decoded means over the two most active of {latent} latents, the others at {rest}")
        },
        x_label: format!("z{} (quantiles of the prior)", first + 1),
        y_label: format!("z{} (quantiles of the prior)", second + 1),
        x_ticks: Tick::at_values(&quantiles, ticks),
        y_ticks: Tick::at_values(&descending, ticks),
        grid: grid(test, side).with_padding(0).with_margin(0).with_scale(1).init(decode(
            vae,
            codes,
            Pixels::Means,
            0,
        )?)?,
    };
    Picture::new(figure.to_svg()?)
}

/// `Phi^-1(p) = -sqrt(2) erfc^-1(2 p)`.
fn standard_normal_quantile(p: f64) -> f64 {
    -std::f64::consts::SQRT_2 * erfc_inv(2.0 * p)
}

/// `F^-1(p) = -log(1 - p)` of `Exp(1)`.
fn standard_exponential_quantile(p: f64) -> f64 {
    -(-p).ln_1p()
}
