//! What the sums over a layer's weights say: variance, its share of the gradient, and signal to noise, with intervals.

use serde::Serialize;

use super::jackknife::interval;
use super::moments::{GroupSums, Sums};

/// The noise of the gradient in a set of weights. Intervals are of 95 %, by the jackknife over 20 groups of draws.
///
/// # Examples
/// Of a `measurement` whose batch is all of its `images`:
///
/// ```
/// use train::gradients::measure_gradients;
///
/// # use train::{Batches, data::embedded_mnist_test, load_config};
/// # let (mut config, device) = (load_config("two", None)?, burn::tensor::Device::flex().autodiff());
/// # (config.model.encoder, config.model.decoder) = (vec![8], vec![8]);
/// # let images = Batches::new(embedded_mnist_test()?.test.take(20)?, config.data.protocol);
/// # let vae = config.model.init(images.pixels(), 1, &device);
/// # let names = ["total-derivative", "path-derivative"].map(str::to_owned);
/// # let estimators = &train::gradients::VaeEstimator::chosen(&names, vae.latent(), None)?;
/// # let (images, device) = (&images, &device);
/// # let (draws, batches, batch_size, seed) = (40, 0, 20, 1);
/// # use train::gradients::GradientMeasurement;
/// # let measurement =
/// #     GradientMeasurement { images, estimators, draws, batches, batch_size, seed, device };
/// let noise = &measure_gradients(&vae, 0, &measurement, &mut || {})?[0].layers[0].noise;
/// let [low, high] = noise.variance_interval;
/// assert!(low < noise.variance && noise.variance < high);
/// // Pixels that no image of the batch lights have no gradient in any of the 8 hidden units.
/// let dark = |pixel: &usize| (0..images.len()).all(|i| images.images().image(i)[*pixel] < 128);
/// assert_eq!(noise.silent, 8 * (0..784).filter(dark).count());
/// # Ok::<(), train::TrainError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Spread {
    /// Of one draw, summed over the weights: the trace of the covariance.
    pub variance: f64,
    /// Where it lies.
    pub variance_interval: [f64; 2],
    /// `|mean|^2`, summed over the weights, less the part that a mean of so many draws has by chance: unbiased, and so perhaps negative.
    pub mean_square: f64,
    /// Where it lies.
    pub mean_square_interval: [f64; 2],
    /// `variance / mean_square`; null where the mean cannot be told from zero.
    pub relative_variance: Option<f64>,
    /// Where that lies.
    pub relative_interval: Option<[f64; 2]>,
    /// `|mean| / deviation` of one draw, over the weights; null where no gradient is ever there. A weight whose mean is zero shows about
    /// `0.7 / sqrt(draws)`.
    pub signal_to_noise: Option<Quantiles>,
    /// Weights whose gradient was zero at every draw, such as those of pixels that are never lit.
    pub silent: usize,
}

/// How a number is spread over the weights of a layer; null where it is infinite, since there was no noise.
///
/// # Examples
/// Of a `measurement` of `total-derivative`:
///
/// ```
/// use train::gradients::{Quantiles, measure_gradients};
///
/// # use train::{Batches, data::embedded_mnist_test, load_config};
/// # let (mut config, device) = (load_config("two", None)?, burn::tensor::Device::flex().autodiff());
/// # (config.model.encoder, config.model.decoder) = (vec![8], vec![8]);
/// # let images = Batches::new(embedded_mnist_test()?.test.take(20)?, config.data.protocol);
/// # let vae = config.model.init(images.pixels(), 1, &device);
/// # let names = ["total-derivative", "path-derivative"].map(str::to_owned);
/// # let estimators = &train::gradients::VaeEstimator::chosen(&names, vae.latent(), None)?;
/// # let (images, device) = (&images, &device);
/// # let (draws, batches, batch_size, seed) = (40, 0, 20, 1);
/// # use train::gradients::GradientMeasurement;
/// # let measurement =
/// #     GradientMeasurement { images, estimators, draws, batches, batch_size, seed, device };
/// let noise = &measure_gradients(&vae, 0, &measurement, &mut || {})?[0];
/// let signal = |layer: &str| noise.layers.iter().find(|one| one.name == layer)?.noise.signal_to_noise;
/// let of_pixels = signal("encoder.layers.0.weight").expect("a layer that learns");
/// let Quantiles { tenth, median, ninetieth } = of_pixels;
/// assert!(tenth < median && median < ninetieth);
/// // An output bias sees the images whatever the code: its gradient is all but free of noise.
/// assert!(signal("output.bias").is_some_and(|of_biases| of_biases.median > 10.0 * ninetieth));
/// # Ok::<(), train::TrainError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Quantiles {
    /// A tenth of the weights have less.
    pub tenth: f64,
    /// Half of them.
    pub median: f64,
    /// Nine tenths.
    pub ninetieth: f64,
}

impl Spread {
    pub(super) fn of(mut sums: Sums) -> Self {
        let (variance, mean_square) = (variance(&sums), mean_square(&sums));
        let without: Vec<[f64; 2]> = sums.groups.iter().map(|group| without(&sums, group)).collect();
        let (variances, mean_squares): (Vec<f64>, Vec<f64>) = without.iter().map(|[v, m]| (*v, *m)).unzip();
        let is_told = mean_square > 0.0 && mean_squares.iter().all(|mean_square| *mean_square > 0.0);
        let relative_variance = is_told.then(|| variance / mean_square);
        let ratios: Vec<f64> = without.iter().map(|[variance, mean_square]| variance / mean_square).collect();
        Self {
            variance,
            variance_interval: interval(variance, &variances),
            mean_square,
            mean_square_interval: interval(mean_square, &mean_squares),
            relative_variance,
            relative_interval: relative_variance.map(|ratio| interval(ratio, &ratios)),
            silent: sums.parameters - sums.signal_to_noise.len(),
            signal_to_noise: Quantiles::of(&mut sums.signal_to_noise),
        }
    }
}

/// `sum of squares / (N - 1)`, unbiased.
fn variance(sums: &Sums) -> f64 {
    sums.squares / (sums.draws as f64 - 1.0)
}

/// `|mean|^2 - variance / N`, unbiased.
fn mean_square(sums: &Sums) -> f64 {
    sums.mean_square - variance(sums) / sums.draws as f64
}

/// Variance and mean square without a group of `n` of the `N` draws, `r = n / (N - n)`:
///
/// ```text
/// mean_(-g)    = mean - r (mean_g - mean)
/// squares_(-g) = squares - within_g - n N / (N - n) |mean_g - mean|^2
/// ```
fn without(sums: &Sums, group: &GroupSums) -> [f64; 2] {
    let (all, count) = (sums.draws as f64, group.count as f64);
    let ratio = count / (all - count);
    let rest = Sums {
        draws: sums.draws - group.count,
        squares: sums.squares - group.within - ratio * all * group.deviation,
        mean_square: sums.mean_square - 2.0 * ratio * group.shift + ratio * ratio * group.deviation,
        ..Sums::default()
    };
    [variance(&rest), mean_square(&rest)]
}

impl Quantiles {
    /// The values are put into another order.
    fn of(values: &mut [f32]) -> Option<Self> {
        let last = values.len().checked_sub(1)?;
        values.sort_unstable_by(f32::total_cmp);
        let at = |share: f64| f64::from(values[(share * last as f64).round() as usize]);
        Some(Self { tenth: at(0.1), median: at(0.5), ninetieth: at(0.9) })
    }
}
