//! The bookkeeping against direct computations, and the estimators against each other on a small model.

use burn::module::Module;
use burn::tensor::Device;
use distributions::{Noise, Purpose};
use models::{LatentConfig, Vae};

use super::jackknife::standard_error;
use super::layers::{Layer, Side, layers};
use super::moments::{GROUPS, Moments, Sums, group_of};
use super::summary::Spread;
use super::*;
use crate::{Batches, Protocol, testing};

/// `draws` normal vectors of `size` numbers about `loc`.
fn normals(number: u64, draws: usize, size: usize, loc: f32) -> Vec<Vec<f32>> {
    let mut noise = Noise::new(17, Purpose::Test, 3, number);
    (0..draws)
        .map(|_| {
            let mut values = vec![0.0; size];
            noise.fill_normal(&mut values);
            values.iter().map(|value| loc + value).collect()
        })
        .collect()
}

fn accumulated(draws: &[Vec<f32>]) -> Sums {
    let mut moments = Moments::new(draws[0].len());
    for (number, draw) in draws.iter().enumerate() {
        moments.add(draw);
        if group_of(number + 1, draws.len()) > group_of(number, draws.len()) {
            assert!(moments.close());
        }
    }
    moments.finish()
}

/// Total variance and unbiased `|mean|^2` of draws that are all at hand.
fn two_passes(draws: &[&Vec<f32>]) -> [f64; 2] {
    let n = draws.len() as f64;
    (0..draws[0].len()).fold([0.0, 0.0], |[total, square], weight| {
        let mean = draws.iter().map(|draw| f64::from(draw[weight])).sum::<f64>() / n;
        let variance = draws.iter().map(|draw| (f64::from(draw[weight]) - mean).powi(2)).sum::<f64>() / (n - 1.0);
        [total + variance, square + mean * mean - variance / n]
    })
}

#[track_caller]
fn assert_near(a: f64, b: f64, tolerance: f64) {
    assert!((a - b).abs() <= tolerance * b.abs(), "{a} for {b}");
}

/// Also with groups of different sizes, and about a mean that is large against the deviation.
#[test]
fn running_moments_are_those_of_two_passes() {
    for (draws, loc) in [(40, 0.0), (47, -1.0), (333, 0.5), (333, 300.0)] {
        let values = normals(draws as u64, draws, 7, loc);
        let spread = Spread::of(accumulated(&values));
        let [variance, mean_square] = two_passes(&values.iter().collect::<Vec<_>>());
        let tolerance = if loc > 1.0 { 1e-4 } else { 2e-6 };
        assert_near(spread.variance, variance, tolerance);
        assert_near(spread.mean_square, mean_square, 1e-5);
        assert_eq!(spread.silent, 0);
    }
}

/// The intervals are made of what two passes find without each group.
#[test]
fn the_jackknife_leaves_out_each_group_in_turn() {
    let draws = 90;
    let values = normals(1, draws, 5, 0.7);
    let spread = Spread::of(accumulated(&values));
    let without: Vec<[f64; 2]> = (0..GROUPS)
        .map(|group| {
            let rest = values.iter().enumerate().filter(|(number, _)| group_of(*number, draws) != group);
            two_passes(&rest.map(|(_, draw)| draw).collect::<Vec<_>>())
        })
        .collect();
    let half = |of: &dyn Fn(&[f64; 2]) -> f64| 2.093_024 * standard_error(&without.iter().map(of).collect::<Vec<_>>());
    let width = |[low, high]: [f64; 2]| (high - low) / 2.0;
    assert_near(width(spread.variance_interval), half(&|v| v[0]), 1e-5);
    assert_near(width(spread.mean_square_interval), half(&|v| v[1]), 1e-5);
    assert_near(width(spread.relative_interval.unwrap()), half(&|v| v[0] / v[1]), 1e-5);
    assert_near(spread.relative_variance.unwrap(), spread.variance / spread.mean_square, 1e-12);
}

/// Of the mean, with groups of one, it is the ordinary standard error `s / sqrt(n)`.
#[test]
fn the_jackknife_of_a_mean_is_its_standard_error() {
    let values = [3.0, -1.0, 4.0, 1.0, -5.0, 9.0, 2.0, 6.0];
    let n = values.len() as f64;
    let sum: f64 = values.iter().sum();
    let without: Vec<f64> = values.iter().map(|value| (sum - value) / (n - 1.0)).collect();
    let squares: f64 = values.iter().map(|value| (value - sum / n).powi(2)).sum();
    assert_near(standard_error(&without), (squares / (n - 1.0) / n).sqrt(), 1e-12);
}

/// A normal variance has the error `sigma^2 sqrt(2 / (n - 1))` a weight. 8 estimated errors are a t variable of 19 degrees of freedom
/// (a false alarm of 2e-7), and the estimated error is known to within these factors (1e-7).
#[test]
fn variance_and_error_of_normal_draws_are_those_in_closed_form() {
    let (draws, size) = (1000, 30);
    let spread = Spread::of(accumulated(&normals(2, draws, size, 0.1)));
    let error = (spread.variance_interval[1] - spread.variance) / 2.093_024;
    assert!((spread.variance - size as f64).abs() < 8.0 * error, "{spread:?}");
    let exact = (2.0 * size as f64 / (draws as f64 - 1.0)).sqrt();
    assert!((0.28..2.5).contains(&(error / exact)), "{error} for {exact}");
    // |mean| = 0.1 and the deviation 1, so the ratios lie about 0.1 with a deviation of 1 / sqrt(draws).
    let signal = spread.signal_to_noise.unwrap();
    assert!((signal.median - 0.1).abs() < 0.04 && signal.tenth < signal.median && signal.median < signal.ninetieth);
}

#[test]
fn weights_that_never_move_are_counted_and_have_no_signal_to_noise() {
    let values: Vec<Vec<f32>> = normals(3, 40, 2, 1.0).into_iter().map(|v| vec![v[0], 0.0, v[1], 2.0]).collect();
    let spread = Spread::of(accumulated(&values));
    assert_eq!(spread.silent, 1);
    // The weight that is always 2 has no noise.
    assert_eq!(spread.signal_to_noise.unwrap().ninetieth, f64::INFINITY);
    let silent = Spread::of(accumulated(&vec![vec![0.0; 3]; 40]));
    assert_eq!((silent.silent, silent.signal_to_noise, silent.relative_variance), (3, None, None));
}

#[test]
fn a_gradient_that_is_not_finite_is_noticed_with_its_group() {
    let mut moments = Moments::new(2);
    moments.add(&[1.0, 2.0]);
    assert!(moments.close());
    moments.add(&[1.0, f32::NAN]);
    assert!(!moments.close());
}

const BATCH: usize = 16;

fn model(device: &Device) -> Vae {
    testing::config(1, Protocol::Threshold).model.init(12, 5, device)
}

fn measured(names: &[&str], particles: usize, draws: usize, batches: usize, batch_size: usize) -> Vec<EstimatorNoise> {
    let device = Device::flex().autodiff();
    let images: Batches = testing::batches(64, Protocol::Threshold);
    let vae = model(&device);
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let estimators = VaeEstimator::chosen(&names, vae.latent(), Some(particles)).unwrap();
    let measurement = GradientMeasurement {
        images: &images,
        estimators: &estimators,
        draws,
        batches,
        batch_size,
        seed: 4,
        device: &device,
    };
    let mut done = 0;
    let noise = measure_gradients(&vae, 0, &measurement, &mut || done += 1).unwrap();
    assert_eq!(done, measurement.steps());
    noise
}

/// D10: total and path derivative have the identical decoder gradient at the same noise, so that every number of it is the same; only the
/// encoder's differ. The mean of both encoders' is one (trap D8c), and so is that of the closed divergence.
#[test]
fn d8_d10_estimators_differ_in_the_noise_of_the_encoder_alone() {
    let all = measured(&["total-derivative-monte-carlo", "path-derivative", "total-derivative"], 1, 1000, 0, BATCH);
    let [total, path, closed] = &all[..] else { panic!("three estimators") };
    for (a, b) in total.layers.iter().zip(&path.layers) {
        let same = |a: f64, b: f64| (a - b).abs() <= 1e-4 * b.abs();
        let is_same = same(a.noise.variance, b.noise.variance) && same(a.noise.mean_square, b.noise.mean_square);
        let is_decoder = a.name.starts_with("decoder") || a.name.starts_with("output");
        assert_eq!(is_same, is_decoder, "{}: {:?} and {:?}", a.name, a.noise, b.noise);
    }
    assert_one_square(&all);
    assert!(closed.encoder.noise.variance < total.encoder.noise.variance);
}

/// The score function has the mean of the others, and a baseline takes most of its noise; its decoder gradient is the ordinary one.
#[test]
fn d13_the_score_function_is_noisy_and_unbiased() {
    let all = measured(
        &["total-derivative-monte-carlo", "score-function", "score-function-leave-one-out"],
        2,
        2000,
        0,
        BATCH,
    );
    let [total, score, leave_one_out] = &all[..] else { panic!("three estimators") };
    assert_one_square(&all);
    assert!(score.encoder.noise.variance > 3.0 * leave_one_out.encoder.noise.variance);
    assert!(leave_one_out.encoder.noise.variance > total.encoder.noise.variance);
    assert_near(score.decoder.noise.variance, total.decoder.noise.variance, 1e-4);
}

/// Squared means agree within 8 estimated errors, of 19 degrees of freedom (2e-7).
#[track_caller]
fn assert_one_square(all: &[EstimatorNoise]) {
    let error = |spread: &Spread| (spread.mean_square_interval[1] - spread.mean_square) / 2.093_024;
    let first = &all[0].encoder.noise;
    for other in &all[1..] {
        let (name, other) = (other.estimator.name, &other.encoder.noise);
        let bar = 8.0 * error(first).hypot(error(other));
        assert!((first.mean_square - other.mean_square).abs() < bar, "{name}: {first:?} and {other:?}");
    }
}

/// D14: with all images in a batch there is but one batch, and its noise is all the variance there is; with fewer, the images add theirs.
#[test]
fn d14_mini_batches_add_the_variance_of_the_images_to_that_of_the_noise() {
    let spread = |noise: &LayerNoise| (noise.noise.clone(), noise.mini_batch.clone().unwrap());
    let error = |spread: &Spread| (spread.variance_interval[1] - spread.variance) / 2.093_024;
    let (noise, mini_batch) = spread(&measured(&["path-derivative"], 1, 400, 400, 64)[0].all);
    let bar = 8.0 * error(&noise).hypot(error(&mini_batch));
    assert!((noise.variance - mini_batch.variance).abs() < bar, "{noise:?} and {mini_batch:?}");
    let (noise, mini_batch) = spread(&measured(&["path-derivative"], 1, 400, 400, 8)[0].all);
    let bar = 8.0 * error(&noise).hypot(error(&mini_batch));
    assert!(mini_batch.variance > noise.variance + bar, "{noise:?} and {mini_batch:?}");
}

#[test]
fn layers_add_up_and_no_number_depends_on_the_company() {
    let all = measured(&["path-derivative", "dreg"], 2, 60, 40, BATCH);
    let alone = measured(&["dreg"], 2, 60, 40, BATCH);
    assert_eq!(all[1], alone[0]);
    for one in &all {
        let sum = |of: &dyn Fn(&LayerNoise) -> f64| one.layers.iter().map(of).sum::<f64>();
        assert_near(sum(&|layer| layer.noise.variance), one.all.noise.variance, 1e-9);
        assert_near(one.encoder.noise.variance + one.decoder.noise.variance, one.all.noise.variance, 1e-9);
        assert_eq!(one.encoder.parameters + one.decoder.parameters, one.all.parameters);
    }
    assert_eq!(all[0].all.parameters, model(&Device::flex()).num_params());
}

#[test]
fn layers_bear_the_names_of_checkpoints_and_a_learnt_prior_is_the_decoders() {
    let names: Vec<String> = layers(&model(&Device::flex())).into_iter().map(|layer| layer.name).collect();
    let expected = [
        "encoder.layers.0.weight",
        "encoder.layers.0.bias",
        "latent.loc.weight",
        "latent.loc.bias",
        "latent.log_variance.weight",
        "latent.log_variance.bias",
        "decoder.layers.0.weight",
        "decoder.layers.0.bias",
        "output.weight",
        "output.bias",
    ];
    assert_eq!(names, expected);
    let mut config = testing::config(1, Protocol::Threshold).model;
    config.latent = LatentConfig::named("categorical").unwrap();
    let LatentConfig::Categorical { prior, .. } = &mut config.latent else { panic!("not categorical") };
    *prior = models::CategoricalPrior::Learned;
    let all = layers(&config.init(12, 5, &Device::flex()));
    let prior: Vec<&Layer> = all.iter().filter(|layer| layer.name.contains("prior")).collect();
    assert_eq!((prior.len(), prior[0].side), (1, Side::Decoder));
}

#[test]
fn estimators_that_fit_a_latent_are_found_and_others_refused_with_the_reason() {
    let gaussian = LatentConfig::Gaussian { size: 2 };
    let bernoulli = LatentConfig::named("bernoulli").unwrap();
    let names = |latent, particles| -> Vec<&str> {
        VaeEstimator::fitting(latent, particles).unwrap().iter().map(|estimator| estimator.name).collect()
    };
    let of_the_elbo = [
        "total-derivative",
        "total-derivative-monte-carlo",
        "path-derivative",
        "score-function",
        "score-function-leave-one-out",
    ];
    let of_the_bound = ["iwae-total-derivative", "iwae-path-derivative", "dreg", "vimco"];
    assert_eq!(names(gaussian, None), of_the_elbo);
    assert_eq!(names(gaussian, Some(1)), of_the_elbo[..4]);
    assert_eq!(names(gaussian, Some(3)), [&of_the_elbo[..], &of_the_bound].concat());
    let hard = ["total-derivative", "straight-through", "score-function", "score-function-leave-one-out"];
    assert_eq!(names(bernoulli, None), hard);
    assert_eq!(names(bernoulli, Some(2)), [&hard[2..], &["vimco"]].concat());
    assert!(VaeEstimator::fitting(gaussian, Some(0)).unwrap_err().to_string().contains("(--particles) is 0"));

    let chosen = |name: &str, latent, particles| VaeEstimator::chosen(&[name.to_owned()], latent, particles);
    for (name, latent, particles, part) in [
        ("path-derivativ", gaussian, None, "one of total-derivative, total-derivative-monte-carlo, path-derivative"),
        ("path-derivativ", gaussian, None, "did you mean `path-derivative`?"),
        ("path-derivative", bernoulli, None, "no path leads through a hard code"),
        ("vimco", gaussian, Some(1), "use at least 2"),
        ("straight-through", gaussian, None, "its codes are not discrete"),
    ] {
        let error = chosen(name, latent, particles).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    let biased = |name, latent, particles| chosen(name, latent, particles).unwrap()[0].is_biased(latent);
    assert!(biased("iwae-path-derivative", gaussian, None) && !biased("dreg", gaussian, None));
    assert!(biased("total-derivative", bernoulli, None) && !biased("vimco", bernoulli, None));
}
