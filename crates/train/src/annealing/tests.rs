//! The two bounds around an evidence that is known exactly.

use super::*;
use crate::testing::evidence;
use crate::{Protocol, testing};

const CONFIG: SandwichConfig =
    SandwichConfig { images: 8, chains: 8, temperatures: 60, leapfrog_steps: 4, particles: 100, seed: 1 };

fn batches() -> Batches {
    testing::batches(20, Protocol::Threshold)
}

/// Two latents and twelve pixels, with weights large enough that posterior and prior differ by nats.
fn vae() -> Vae {
    let device = Device::flex();
    let config = testing::config(1, Protocol::Threshold).model;
    testing::scaled(config.init(12, 3, &device), 3.0)
}

fn run(config: SandwichConfig) -> Sandwich {
    sandwich(&vae(), &batches(), config, &Device::flex(), &|_| {}).unwrap()
}

/// The evidence lies between the bounds, and many temperatures close the gap. Weights of single chains are unbiased, so that
/// their mean over the evidence is 1: that also catches a weight of the wrong temperature, which bounds alone may not.
#[test]
fn both_bounds_meet_the_exact_evidence() {
    let (vae, device) = (vae(), Device::flex());
    let (codes, images) = simulate(&vae, 0..40, 1, &device);
    let exact = evidence(&vae, &images);
    let config = SandwichConfig { images: 40, chains: 50, ..CONFIG };
    let mut gaps = Vec::new();
    for temperatures in [3, 60] {
        let config = SandwichConfig { temperatures, ..config };
        let betas = inverse_temperatures(temperatures);
        let block =
            Block { first: 0, images: images.clone(), vae: &vae, config: &config, betas: &betas, progress: &|_| {} };
        let sizes = block.tune(Pass::TuneSimulated).unwrap();
        let forward = block.forward(Pass::ForwardSimulated, &sizes).unwrap().0;
        let reverse = block.reverse(codes.clone(), &sizes).unwrap();
        // E[w] = p(x) of 50 independent chains, E[1 / w] = 1 / p(x) of the mean over 50 chains from one code.
        for (weights, sign) in [(&forward, 1.0), (&reverse, -1.0)] {
            let ratios: Vec<f64> = weights
                .chunks_exact(50)
                .zip(&exact)
                .map(|(of, exact)| of.iter().map(|log| (sign * (log - exact)).exp()).sum::<f64>() / 50.0)
                .collect();
            let ratio = OverImages::of(&ratios);
            let error = ratio.standard_error.unwrap();
            assert!((ratio.mean - 1.0).abs() < 6.0 * error + 1e-4, "{ratio:?} at {temperatures} temperatures, {sign}");
            assert!(error < 0.2, "{ratio:?}");
        }
        let mean = |weights: &[f64]| weights.iter().sum::<f64>() / weights.len() as f64;
        let evidence = mean(&exact);
        let (lower, upper) = (mean(&forward), mean(&reverse));
        assert!(lower < evidence && evidence < upper, "{lower} {evidence} {upper}");
        gaps.push(upper - lower);
    }
    assert!(gaps[1] < 0.2 * gaps[0] && gaps[1] < 0.2, "{gaps:?}");
}

/// With one temperature there is no chain, and the bound is importance sampling from the prior.
#[test]
fn one_temperature_is_importance_sampling_from_the_prior() {
    let result = run(SandwichConfig { temperatures: 1, chains: 4000, images: 3, ..CONFIG });
    let exact = evidence(&vae(), &batches().test(0..3, &Device::flex()));
    let mean = exact.iter().sum::<f64>() / 3.0;
    assert!((result.test.lower.mean - mean).abs() < 0.5, "{result:?} for {mean}");
    assert_eq!(result.simulated.acceptance, 0.0);
}

#[test]
fn test_images_meet_their_evidence_too() {
    let result = run(CONFIG);
    let exact = evidence(&vae(), &batches().test(0..8, &Device::flex()));
    let mean = exact.iter().sum::<f64>() / 8.0;
    assert!((result.test.lower.mean - mean).abs() < 0.05, "{result:?} for {mean}");
    assert!(result.test.importance.mean < mean + 0.05, "{result:?} for {mean}");
    assert!(result.simulated.gap.mean.abs() < 0.1, "{result:?}");
    let parts = result.simulated.upper.mean - result.simulated.lower.mean;
    assert!((result.simulated.gap.mean - parts).abs() < 1e-9);
    for acceptance in [result.simulated.acceptance, result.test.acceptance] {
        assert!((0.4..1.0).contains(&acceptance), "{acceptance}");
    }
}

/// Noise is keyed by the image: nothing depends on which others there are, on blocks or on threads.
#[test]
fn an_image_has_the_same_bounds_whatever_stands_beside_it() {
    let alone = run(SandwichConfig { images: 1, ..CONFIG });
    kernels::set_threads(4);
    let (vae, device) = (vae(), Device::flex());
    let steps = std::sync::atomic::AtomicUsize::new(0);
    let progress = |images| {
        steps.fetch_add(images, std::sync::atomic::Ordering::Relaxed);
    };
    let config = SandwichConfig { images: 1, ..CONFIG };
    let again = sandwich(&vae, &batches(), config, &device, &progress).unwrap();
    assert_eq!(alone, again);
    assert_eq!(steps.into_inner(), config.steps());
    let (codes, images) = simulate(&vae, 3..5, 1, &device);
    let (all_codes, all_images) = simulate(&vae, 0..6, 1, &device);
    assert_eq!(codes.into_data(), all_codes.narrow(0, 3, 2).into_data());
    assert_eq!(images.into_data(), all_images.narrow(0, 3, 2).into_data());
}

#[test]
fn what_cannot_be_annealed_is_refused() {
    let refused =
        |vae: &Vae, config| sandwich(vae, &batches(), config, &Device::flex(), &|_| {}).unwrap_err().to_string();
    let vae = vae();
    let message = |config| refused(&vae, config);
    assert_eq!(message(SandwichConfig { images: 0, ..CONFIG }), "--images is 0; it must be 1 to 20");
    assert_eq!(message(SandwichConfig { images: 21, ..CONFIG }), "--images is 21; it must be 1 to 20");
    assert_eq!(message(SandwichConfig { chains: 0, ..CONFIG }), "--chains is 0; it must be at least 1");
    assert_eq!(message(SandwichConfig { chains: 10_001, ..CONFIG }), "--chains is 10001; it must be at most 10000");
    assert_eq!(message(SandwichConfig { temperatures: 0, ..CONFIG }), "--temperatures is 0; it must be at least 1");
    let many = SandwichConfig { temperatures: usize::MAX, ..CONFIG };
    assert_eq!(message(many), format!("--temperatures is {}; it must be at most 100000", usize::MAX));
    assert_eq!(many.steps(), usize::MAX);
    assert_eq!(message(SandwichConfig { leapfrog_steps: 0, ..CONFIG }), "--leapfrog-steps is 0; it must be at least 1");
    let mut other = testing::config(1, Protocol::Threshold).model;
    other.latent = models::LatentConfig::Exponential { size: 2 };
    let message = refused(&other.init(12, 3, &Device::flex()), CONFIG);
    assert!(
        message.starts_with("the sandwich of log p(x) needs a Gaussian latent, and that of this run is exponential")
    );
}
