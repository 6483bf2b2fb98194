//! The latent space, decoded: a plane of quantiles, or every class of every group.

use burn::tensor::{Device, Tensor, TensorData};
use figures::{FramedGrid, Tick};
use models::{LatentConfig, Vae};
use statrs::function::erf::erfc_inv;

use super::{Picture, Pixels, decode, grid, rows, two_dimensions};
use crate::latent_space::{LatentStatistics, latent_statistics};
use crate::{Batches, TrainError};

/// The means of images decoded from a grid over the latent space.
///
/// Real latents: two dimensions at quantiles of the prior, so that each cell is as probable as the next. More than two
/// dimensions: the two most active, the others at their prior mean. Categorical latents: one group a row with its classes
/// along it, the others as the code of test image 0 has them; at most `side` groups, the most active ones.
///
/// # Errors
/// When the model has one dimension, the grid is empty or too large, or the device fails.
pub fn manifold(
    vae: &Vae,
    test: &Batches,
    side: usize,
    threads: usize,
    device: &Device,
) -> Result<Picture, TrainError> {
    if !(1..=60).contains(&side) {
        return Err(TrainError::Argument { flag: "--side", value: side.to_string(), must: "1 to 60".to_owned() });
    }
    let statistics = latent_statistics(vae, test, threads, device)?;
    let quantile: fn(f64) -> f64 = match vae.latent() {
        LatentConfig::Gaussian { .. } => standard_normal_quantile,
        LatentConfig::Exponential { .. } => standard_exponential_quantile,
        LatentConfig::Categorical { classes, .. } => return groups(vae, test, &statistics, [side, classes], device),
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
    let mut codes = rows(vae.prior_mean(&Tensor::zeros([side * side, latent], device)))?.concat();
    let rest = codes.first().copied().unwrap_or_default();
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

/// The index of the largest value.
fn largest(values: &[f32]) -> usize {
    (0..values.len()).fold(0, |best, i| if values[i] > values[best] { i } else { best })
}

fn groups(
    vae: &Vae,
    test: &Batches,
    statistics: &LatentStatistics,
    [most, classes]: [usize; 2],
    device: &Device,
) -> Result<Picture, TrainError> {
    const MOST_CLASSES: usize = 60;
    if classes > MOST_CLASSES {
        let must = format!("at most {MOST_CLASSES} for a picture of them");
        return Err(TrainError::Argument { flag: "the number of classes", value: classes.to_string(), must });
    }
    let activities = statistics.activities();
    let mut shown: Vec<usize> = (0..activities.len()).collect();
    shown.sort_by(|&a, &b| activities[b].total_cmp(&activities[a]));
    shown.truncate(most);
    shown.sort_unstable();

    // The most probable code of test image 0.
    let means = rows(vae.encode(test.test(std::iter::once(0), device)).mean())?.concat();
    let latent = means.len();
    let mut base = vec![0.0; latent];
    for (group, probabilities) in means.chunks_exact(classes).enumerate() {
        base[group * classes + largest(probabilities)] = 1.0;
    }
    let mut codes = Vec::with_capacity(shown.len() * classes * latent);
    for &group in &shown {
        for class in 0..classes {
            let mut code = base.clone();
            code[group * classes..(group + 1) * classes].fill(0.0);
            code[group * classes + class] = 1.0;
            codes.extend(code);
        }
    }
    let codes = Tensor::from_data(TensorData::new(codes, [shown.len() * classes, latent]), device);
    let figure = FramedGrid {
        title: match shown.len() == activities.len() {
            true => "Each class of each group, the others as in test image 0".to_owned(),
            false => format!("The {} most active groups, the others as in test image 0", shown.len()),
        },
        x_label: "class".to_owned(),
        y_label: "group".to_owned(),
        x_ticks: Tick::each((0..classes).map(|class| class.to_string())),
        y_ticks: Tick::each(shown.iter().map(|group| group.to_string())),
        grid: grid(test, classes).with_margin(0).with_scale(1).init(decode(vae, codes, Pixels::Means, 0)?)?,
    };
    Picture::new(figure.to_svg()?)
}
