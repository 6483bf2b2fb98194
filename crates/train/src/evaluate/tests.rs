//! The evaluation against exact answers on small models.

use burn::tensor::Device;
use distributions::{Noise, Purpose};
use models::LogMeanExp;

use super::*;
use crate::{Protocol, testing};

fn batches(count: usize) -> Batches {
    testing::batches(count, Protocol::Threshold)
}

fn vae(device: &Device) -> Vae {
    let config = testing::config(1, Protocol::Threshold).model;
    config.init(12, 3, device)
}

fn run(particles: usize, images: usize, threads: usize) -> Evaluation {
    let device = Device::flex();
    let config = EvaluationConfig { particles, images, seed: 1 };
    kernels::set_threads(threads);
    evaluate(&vae(&device), &batches(20), config, &device, &|_| {}).unwrap()
}

#[test]
fn no_number_depends_on_the_threads() {
    assert_eq!(run(150, 20, 1), run(150, 20, 4));
}

/// D18: on the same draws, the mean of `L_K` over disjoint blocks rises with `K` (Jensen), and each is above the ELBO.
#[test]
fn d18_the_bound_rises_with_the_particles_on_the_same_draws() {
    let device = Device::flex();
    let (vae, test) = (vae(&device), batches(1));
    let image = test.test(std::iter::once(0), &device);
    let q = vae.encode(image.clone());
    let eps = Noise::new(1, Purpose::Test, 0, 0).normal([1000, 2], &device);
    let weights = vae.log_weights(image, &q, models::LatentNoise::Free(eps));
    let weights: Vec<f64> = (weights.log_likelihood + weights.log_ratio)
        .try_into_vec_as::<f32>()
        .unwrap()
        .into_iter()
        .map(f64::from)
        .collect();
    let mut last = f64::NEG_INFINITY;
    for k in [1, 10, 100, 1000] {
        let blocks = weights.chunks_exact(k).map(|block| {
            let mut bound = LogMeanExp::default();
            bound.extend(block.iter().copied());
            bound.value()
        });
        let mean = blocks.sum::<f64>() / (1000 / k) as f64;
        assert!(mean > last, "K = {k}: {mean} after {last}");
        last = mean;
    }
}

/// D18: so does what an evaluation reports, whose first rung is the sampled ELBO and whose last is the NLL itself.
#[test]
fn d18_the_reported_bounds_rise_with_the_particles() {
    for (particles, rungs) in [(1000, &[1, 10, 100, 1000][..]), (50, &[1, 10, 50]), (7, &[1, 7]), (1, &[1])] {
        let evaluation = run(particles, 5, 1);
        assert_eq!(evaluation.bounds.iter().map(|bound| bound.particles).collect::<Vec<_>>(), rungs);
        assert!(evaluation.bounds.windows(2).all(|pair| pair[1].nll < pair[0].nll), "{:?}", evaluation.bounds);
        assert!((evaluation.bounds.last().unwrap().nll - evaluation.nll).abs() < 1e-12);
    }
}

/// D18: the exact evidence of a two-dimensional latent by quadrature on a fine grid: `-L_K` lies above it by less than
/// its own error bars and bias allow.
#[test]
fn d18_nll_meets_the_exact_evidence() {
    let device = Device::flex();
    let (vae, test) = (vae(&device), batches(20));
    let image = test.test(std::iter::once(0), &device);
    let side = 161;
    let point = |i: usize| -6.0 + 12.0 * i as f32 / (side - 1) as f32;
    let codes: Vec<f32> = (0..side * side).flat_map(|cell| [point(cell % side), point(cell / side)]).collect();
    let codes = burn::tensor::Tensor::<2>::from_data(burn::tensor::TensorData::new(codes, [side * side, 2]), &device);
    let images = image.repeat_dim(0, side * side);
    let joint = {
        use distributions::{Distribution, Gaussian};
        vae.decode(codes.clone()).log_prob(images) + Gaussian::standard_like(&codes).log_prob(codes)
    };
    let step = 12.0 / (side - 1) as f64;
    let evidence =
        joint.try_into_vec_as::<f32>().unwrap().into_iter().map(|w| f64::from(w).exp()).sum::<f64>() * step * step;
    let exact = -evidence.ln();
    let evaluation = run(20_000, 1, 2);
    let error = evaluation.nll_monte_carlo_standard_error.unwrap();
    assert!((evaluation.nll - exact).abs() < 6.0 * error + 1e-5, "{} for {exact} +- {error}", evaluation.nll);
    assert!(error < 0.02, "{error}");
    assert!(-evaluation.elbo > exact);
}

/// D1 and D18: `K = 1` is the one-sample ELBO: with the closed-form KL in place of the sampled ratio they differ, with
/// many particles their means meet.
#[test]
fn d1_nll_with_many_particles_is_below_the_negative_elbo() {
    let evaluation = run(500, 20, 2);
    assert!(evaluation.nll < -evaluation.elbo);
    assert!((evaluation.elbo - (evaluation.log_likelihood - evaluation.kl)).abs() < 1e-12);
    assert!(evaluation.nll_standard_error.unwrap() > 0.0);
}

#[test]
fn standard_errors_are_null_where_there_is_nothing_to_compare() {
    let evaluation = run(1, 1, 1);
    assert_eq!((evaluation.nll_standard_error, evaluation.nll_monte_carlo_standard_error), (None, None));
}

#[test]
fn counts_out_of_range_are_refused_with_the_range() {
    let device = Device::flex();
    let message = |particles, images| {
        let config = EvaluationConfig { particles, images, seed: 1 };
        evaluate(&vae(&device), &batches(20), config, &device, &|_| {}).unwrap_err().to_string()
    };
    assert_eq!(message(0, 1), "--particles is 0; it must be at least 1");
    assert_eq!(message(1, 21), "--images is 21; it must be 1 to 20, or all");
    assert_eq!(message(1, 0), "--images is 0; it must be 1 to 20, or all");
}

/// `-log p(x)` of test image 0 by summing the joint over `codes`, each with the logarithm of its share of the prior.
fn exact_nll(vae: &Vae, codes: Vec<f32>, log_shares: &[f64]) -> f64 {
    let device = Device::flex();
    let count = log_shares.len();
    let size = codes.len() / count;
    let codes = burn::tensor::Tensor::<2>::from_data(burn::tensor::TensorData::new(codes, [count, size]), &device);
    let image = batches(20).test(std::iter::once(0), &device).repeat_dim(0, count);
    let likelihoods = {
        use distributions::Distribution;
        vae.decode(codes).log_prob(image).try_into_vec_as::<f32>().unwrap()
    };
    let terms = likelihoods.iter().zip(log_shares).map(|(&l, share)| (f64::from(l) + share).exp());
    -terms.sum::<f64>().ln()
}

fn of_latent(latent: &str) -> Vae {
    let mut config = testing::config(1, Protocol::Threshold);
    let table: toml::Table = format!("latent = {latent}").parse().unwrap();
    config.model.latent = table["latent"].clone().try_into().unwrap();
    config.model.init(12, 3, &Device::flex())
}

fn assert_nll(vae: &Vae, exact: f64) {
    let config = EvaluationConfig { particles: 20_000, images: 1, seed: 1 };
    let evaluation = evaluate(vae, &batches(20), config, &Device::flex(), &|_| {}).unwrap();
    let error = evaluation.nll_monte_carlo_standard_error.unwrap();
    assert!((evaluation.nll - exact).abs() < 6.0 * error + 1e-5, "{} for {exact} +- {error}", evaluation.nll);
    assert!(-evaluation.elbo > exact && error < 0.02, "{evaluation:?}");
}

/// D19: hard codes with the categorical log q and log p meet the evidence, summed over all nine codes.
#[test]
fn d19_nll_of_a_categorical_latent_meets_the_exact_evidence() {
    for prior in ["uniform", "learned"] {
        let vae = of_latent(&format!("{{ kind = \"categorical\", groups = 2, classes = 3, prior = \"{prior}\" }}"));
        let one_hot = |class: usize| (0..3).map(move |k| f32::from(u8::from(k == class)));
        let codes = (0..9).flat_map(|code| one_hot(code / 3).chain(one_hot(code % 3))).collect();
        assert_nll(&vae, exact_nll(&vae, codes, &[-(9.0_f64.ln()); 9]));
    }
}

/// D18 for exponential latents: quadrature over the square of the prior's quantiles.
#[test]
fn d18_nll_of_an_exponential_latent_meets_the_exact_evidence() {
    let vae = of_latent("{ kind = \"exponential\", size = 2 }");
    let side = 300;
    let point = |i: usize| -(-(i as f64 + 0.5) / f64::from(side as u32)).ln_1p() as f32;
    let codes = (0..side * side).flat_map(|cell| [point(cell % side), point(cell / side)]).collect();
    let share = -((side * side) as f64).ln();
    assert_nll(&vae, exact_nll(&vae, codes, &vec![share; side * side]));
}

/// Equal weights have no tail, and a divergence of 0 is a collapse.
#[test]
fn a_model_without_weights_has_collapsed() {
    let device = Device::flex();
    let config = EvaluationConfig { particles: 100, images: 3, seed: 1 };
    let evaluation = evaluate(&testing::scaled(vae(&device), 0.0), &batches(20), config, &device, &|_| {}).unwrap();
    assert_eq!(evaluation.collapse, Some(Collapse::Divergence { kl: 0.0 }));
    assert_eq!((evaluation.pareto_k, evaluation.active_units), (None, 0));
    let healthy = evaluate(&testing::scaled(vae(&device), 3.0), &batches(20), config, &device, &|_| {}).unwrap();
    assert_eq!(healthy.collapse, None);
}

/// The worse q fits, the heavier the tail of its weights.
#[test]
fn shapes_of_the_weights_are_reported_where_there_are_draws_enough() {
    assert_eq!(run(Evaluation::LEAST_PARETO_PARTICLES - 1, 5, 1).pareto_k, None);
    let device = Device::flex();
    let shape = |factor| {
        let config = EvaluationConfig { particles: 1000, images: 20, seed: 1 };
        evaluate(&testing::scaled(vae(&device), factor), &batches(20), config, &device, &|_| {})
            .unwrap()
            .pareto_k
            .unwrap()
    };
    let (good, bad) = (shape(1.0), shape(4.0));
    assert_eq!((good.images, bad.images), (20, 20));
    assert!(good.median < bad.median && bad.median < bad.quantile_90 && good.share_above_0_7 <= bad.share_above_0_7);
}

/// An evaluation of an earlier version reads without what came later.
#[test]
fn earlier_evaluations_read() {
    let mut value = serde_json::to_value(run(30, 2, 1)).unwrap();
    let fields = value.as_object_mut().unwrap();
    for key in ["bounds", "pareto_k", "collapse"] {
        fields.remove(key).unwrap();
    }
    assert!(!fields.contains_key("amortisation"));
    let read: Evaluation = serde_json::from_value(value).unwrap();
    assert!(read.pareto_k.is_none() && read.bounds.is_empty());
}
