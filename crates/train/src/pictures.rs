//! Pictures of a trained model: samples, reconstructions, and the latent space.

mod manifold;

use burn::tensor::{Device, Tensor, TensorData};
use distributions::{Distribution, Moments, Noise, Purpose};
use figures::{FramedGrid, GridConfig, Scatter, ScatterPoint, Tick, svg_to_png};
use models::Vae;

pub use self::manifold::manifold;
use crate::latent_space::latent_statistics;
use crate::{Batches, TrainError};

/// What is drawn of `p(x | z)`.
///
/// # Examples
/// Of a `vae`; the `test` images only say how large an image is:
///
/// ```
/// use train::{Pixels, sample};
///
/// # use train::{Batches, data::embedded_mnist_test, load_config};
/// # let (config, device) = (load_config("two", None)?, burn::tensor::Device::flex());
/// # let test = Batches::new(embedded_mnist_test()?.test.take(10)?, config.data.protocol);
/// # let vae = config.model.init(test.pixels(), 1, &device);
/// // Three rows of four images, of the same codes: seed 1.
/// let png = |pixels| sample(&vae, &test, [3, 4], pixels, 1, &device);
/// assert!(png(Pixels::Means)?.starts_with(b"\x89PNG"));
/// assert_eq!(png(Pixels::Binary)?, png(Pixels::Binary)?);
/// assert_ne!(png(Pixels::Binary)?, png(Pixels::Means)?);
/// # Ok::<(), train::TrainError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pixels {
    /// The means, as greys.
    Means,
    /// A sample: every pixel black or white.
    Binary,
}

/// A figure with axes, as text and as pixels.
///
/// # Examples
/// From one of the `test` images of a `vae` to another:
///
/// ```
/// use train::{Picture, interpolate};
///
/// # use train::{Batches, data::embedded_mnist_test, load_config};
/// # let (config, device) = (load_config("two", None)?, burn::tensor::Device::flex());
/// # let test = Batches::new(embedded_mnist_test()?.test.take(10)?, config.data.protocol);
/// # let vae = config.model.init(test.pixels(), 1, &device);
/// let Picture { svg, png } = interpolate(&vae, &test, 0, 7, 5, &device)?;
/// assert!(svg.contains("test 0") && svg.contains("test 7"));
/// // The header of a PNG holds its width: two pixels to an SVG unit.
/// let width = u32::from_be_bytes(png[16..20].try_into()?);
/// assert!(svg.contains(&format!(r#"width="{}""#, width / 2)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Picture {
    /// The SVG.
    pub svg: String,
    /// The same as PNG, two pixels to an SVG unit.
    pub png: Vec<u8>,
}

impl Picture {
    fn new(svg: String) -> Result<Self, TrainError> {
        let png = svg_to_png(&svg, 2.0)?;
        Ok(Self { svg, png })
    }
}

/// Parts of the picture stream: every kind of picture has draws of its own.
#[repr(u64)]
enum Part {
    Prior,
    Pixels,
    Posterior,
}

fn noise(seed: u64, part: Part) -> Noise {
    Noise::new(seed, Purpose::Pictures, part as u64, 0)
}

/// Decodes codes `[n][latent]` to images `[n][pixels]`, values in `[0, 1]`.
fn decode(vae: &Vae, codes: Tensor<2>, pixels: Pixels, seed: u64) -> Result<Vec<Vec<f32>>, TrainError> {
    let decoded = vae.decode(codes);
    rows(match pixels {
        Pixels::Means => decoded.mean(),
        Pixels::Binary => decoded.sample(&mut noise(seed, Part::Pixels)),
    })
}

fn rows(values: Tensor<2>) -> Result<Vec<Vec<f32>>, TrainError> {
    let width = values.dims()[1];
    let values = values.try_into_vec_as::<f32>().map_err(|error| TrainError::Device(error.to_string()))?;
    Ok(values.chunks_exact(width).map(<[f32]>::to_vec).collect())
}

fn at_least_one(flag: &'static str, value: usize) -> Result<(), TrainError> {
    if value > 0 {
        return Ok(());
    }
    Err(TrainError::Argument { flag, value: "0".to_owned(), must: "at least 1".to_owned() })
}

/// A grid of images decoded from `z ~ p(z)`, as PNG. `images` gives the size of an image.
///
/// # Errors
/// When the grid has no cell or would be too large, or the device fails.
pub fn sample(
    vae: &Vae,
    images: &Batches,
    [rows, columns]: [usize; 2],
    pixels: Pixels,
    seed: u64,
    device: &Device,
) -> Result<Vec<u8>, TrainError> {
    at_least_one("--rows", rows)?;
    at_least_one("--columns", columns)?;
    let cells = rows.saturating_mul(columns);
    if cells > 10_000 {
        let must = "at most 10,000 images together with --columns".to_owned();
        return Err(TrainError::Argument { flag: "--rows", value: rows.to_string(), must });
    }
    let eps = vae.latent().noise(&mut noise(seed, Part::Prior), cells, device);
    let codes = vae.prior_codes(eps);
    let cells = decode(vae, codes, pixels, seed)?;
    Ok(grid(images, columns).init(cells)?.to_png()?)
}

fn grid(images: &Batches, columns: usize) -> GridConfig {
    GridConfig::new(columns, images.images().width(), images.images().height())
}

/// Test images above their reconstructions from `z ~ q(z | x)`, as PNG, ten pairs a row.
///
/// # Errors
/// When there is no such image, or the device fails.
pub fn reconstruct(
    vae: &Vae,
    test: &Batches,
    indices: &[usize],
    pixels: Pixels,
    seed: u64,
    device: &Device,
) -> Result<Vec<u8>, TrainError> {
    const COLUMNS: usize = 10;
    at_least_one("--images", indices.len())?;
    for &index in indices {
        check_image("--images", index, test)?;
    }
    let originals = test.test(indices.iter().copied(), device);
    let q = vae.encode(originals.clone());
    let eps = vae.latent().noise(&mut noise(seed, Part::Posterior), indices.len(), device);
    let reconstructions = decode(vae, q.transform(eps), pixels, seed)?;
    let originals = rows(originals)?;
    let columns = COLUMNS.min(indices.len());
    let mut cells = Vec::new();
    for (originals, reconstructions) in originals.chunks(columns).zip(reconstructions.chunks(columns)) {
        cells.extend_from_slice(originals);
        // A short last row of originals is filled up, so that its reconstructions stand below it.
        cells.extend(std::iter::repeat_n(vec![0.0; test.pixels()], columns - originals.len()));
        cells.extend_from_slice(reconstructions);
    }
    Ok(grid(test, columns).with_row_group(2).init(cells)?.to_png()?)
}

fn check_image(flag: &'static str, index: usize, test: &Batches) -> Result<(), TrainError> {
    if index < test.len() {
        return Ok(());
    }
    Err(TrainError::Image { flag, index, images: test.len() })
}

fn two_dimensions(by_activity: &[usize]) -> Result<[usize; 2], TrainError> {
    match by_activity {
        // In the order of their numbers, so that a model of two latents has z1 across and z2 up.
        [a, b, ..] => Ok([*a.min(b), *a.max(b)]),
        _ => Err(TrainError::Argument {
            flag: "the number of latents",
            value: by_activity.len().to_string(),
            must: "at least 2 for a picture of the plane".to_owned(),
        }),
    }
}

/// The straight line between the posterior means of two test images, decoded; the images themselves stand at the ends.
///
/// # Errors
/// When there is no such image or no step, or the device fails.
pub fn interpolate(
    vae: &Vae,
    test: &Batches,
    from: usize,
    to: usize,
    steps: usize,
    device: &Device,
) -> Result<Picture, TrainError> {
    check_image("--from", from, test)?;
    check_image("--to", to, test)?;
    if !(2..=100).contains(&steps) {
        return Err(TrainError::Argument { flag: "--steps", value: steps.to_string(), must: "2 to 100".to_owned() });
    }
    let images = test.test([from, to].into_iter(), device);
    let ends = rows(vae.encode(images.clone()).mean())?;
    let latent = ends[0].len();
    let weights: Vec<f32> = (0..steps).map(|step| step as f32 / (steps - 1) as f32).collect();
    // z(t) = (1 - t) E[z | from] + t E[z | to]
    let codes: Vec<f32> =
        weights.iter().flat_map(|&t| ends[0].iter().zip(&ends[1]).map(move |(a, b)| (1.0 - t) * a + t * b)).collect();
    let codes = Tensor::from_data(TensorData::new(codes, [steps, latent]), device);
    let mut cells = rows(images)?;
    cells.splice(1..1, decode(vae, codes, Pixels::Means, 0)?);
    let mut labels = vec![format!("test {from}")];
    labels.extend(weights.iter().map(|t| format!("{t:.2}")));
    labels.push(format!("test {to}"));
    let figure = FramedGrid {
        title: String::new(),
        x_label: "weight of the second image's posterior mean".to_owned(),
        y_label: String::new(),
        x_ticks: Tick::each(labels),
        y_ticks: Vec::new(),
        grid: grid(test, steps + 2).with_margin(0).init(cells)?,
    };
    Picture::new(figure.to_svg()?)
}

/// The posterior means of the test images in two latent dimensions (the most active), coloured by class.
///
/// # Errors
/// When the model has one dimension, there are more than ten classes, or the device fails.
pub fn latents(vae: &Vae, test: &Batches, device: &Device) -> Result<Picture, TrainError> {
    let statistics = latent_statistics(vae, test, device)?;
    let [first, second] = two_dimensions(&statistics.by_activity())?;
    let labels = test.images().labels();
    let classes = labels.iter().copied().max().unwrap_or(0);
    let points = statistics
        .means
        .iter()
        .zip(labels)
        .map(|(mean, &class)| ScatterPoint { x: f64::from(mean[first]), y: f64::from(mean[second]), class })
        .collect();
    let (latent, width) = (statistics.variances.len(), statistics.width);
    let axis = |dimension: usize| match width {
        1 => format!("z{}", dimension + 1),
        _ => format!("probability of class {} in group {}", dimension % width, dimension / width),
    };
    let figure = Scatter {
        title: match (latent, width) {
            (2, _) => "Posterior means of the test images".to_owned(),
            (_, 1) => format!("Posterior means of the test images, two most active of {latent} latents"),
            _ => format!("Posterior of the test images, two most active of {latent} classes"),
        },
        x_label: axis(first),
        y_label: axis(second),
        class_labels: (0..=classes).map(|class| class.to_string()).collect(),
        points,
    };
    Picture::new(figure.to_svg()?)
}
