//! Refined posteriors against exact evidence.

use super::*;
use crate::testing::{self, evidence};
use crate::{Protocol, evaluate};

const CONFIG: RefinementConfig = RefinementConfig { steps: 200, images: 5, particles: 2000, seed: 1 };

fn batches() -> Batches {
    testing::batches(20, Protocol::Threshold)
}

fn vae() -> Vae {
    testing::config(1, Protocol::Threshold).model.init(12, 3, &Device::flex())
}

fn gap(vae: &Vae, config: RefinementConfig) -> AmortisationGap {
    amortisation_gap(vae, &batches(), config, &Device::flex(), &|_| {}).unwrap()
}

/// The weights of a first model are small, so that its posteriors are all but Gaussian and independent: refined ones all but
/// reach the evidence, which no posterior can pass.
#[test]
fn a_refined_posterior_closes_the_gap_to_the_exact_evidence() {
    let exact = evidence(&vae(), &batches().test(0..5, &Device::flex())).iter().sum::<f64>() / 5.0;
    let result = gap(&vae(), CONFIG);
    // The ELBO of 5 x 2000 draws, whose log-likelihoods vary by less than a nat, is good to 0.01.
    assert!((exact - result.refined_elbo).abs() < 0.04, "{result:?} for {exact}");
    assert!(result.gap > 0.02 && result.gap > 3.0 * (exact - result.refined_elbo).abs(), "{result:?} for {exact}");
    assert!((result.gap - (result.refined_elbo - result.amortised_elbo)).abs() < 1e-12);
    assert!((-result.refined_nll - exact).abs() < 0.01, "{result:?} for {exact}");
    assert!(result.gap_standard_error.unwrap() > 0.0);
}

#[test]
fn the_elbo_before_is_that_of_an_evaluation_of_the_same_images() {
    let config = crate::EvaluationConfig { particles: 50, images: 5, seed: 1 };
    let evaluation = evaluate(&vae(), &batches(), config, &Device::flex(), &|_| {}).unwrap();
    let result = gap(&vae(), RefinementConfig { steps: 1, particles: 50, ..CONFIG });
    // Up to the last bits of a batch of five in place of one.
    assert!((result.amortised_elbo - evaluation.elbo).abs() < 1e-5, "{result:?} {evaluation:?}");
}

/// A decoder that ignores its codes wants the prior, and an encoder without weights gives it: there is nothing to win.
#[test]
fn the_best_posterior_has_no_gap() {
    let result = gap(&testing::scaled(vae(), 0.0), RefinementConfig { steps: 20, ..CONFIG });
    assert!(result.gap.abs() < 1e-6 && result.approximation_gap.abs() < 1e-6, "{result:?}");
}

#[test]
fn an_image_is_refined_alone_and_the_same_each_time() {
    let one = RefinementConfig { images: 1, steps: 5, particles: 10, ..CONFIG };
    assert_eq!(gap(&vae(), one), gap(&vae(), one));
    assert_eq!(gap(&vae(), one).gap_standard_error, None);
    assert_ne!(gap(&vae(), one), gap(&vae(), RefinementConfig { seed: 2, ..one }));
}

#[test]
fn what_cannot_be_refined_is_refused() {
    let refused = |vae: &Vae, config| {
        amortisation_gap(vae, &batches(), config, &Device::flex(), &|_| {}).unwrap_err().to_string()
    };
    let message = |config| refused(&vae(), config);
    assert_eq!(message(RefinementConfig { steps: 0, ..CONFIG }), "--refine is 0; it must be at least 1");
    assert_eq!(message(RefinementConfig { particles: 0, ..CONFIG }), "--particles is 0; it must be at least 1");
    assert_eq!(message(RefinementConfig { images: 0, ..CONFIG }), "--refine-images is 0; it must be 1 to 20");
    assert_eq!(message(RefinementConfig { images: 21, ..CONFIG }), "--refine-images is 21; it must be 1 to 20");
    let mut other = testing::config(1, Protocol::Threshold).model;
    other.latent = models::LatentConfig::Gamma { size: 2 };
    let message = refused(&other.init(12, 3, &Device::flex()), CONFIG);
    assert!(message.starts_with("the amortisation gap needs a Gaussian latent, and that of this run is gamma"));
}
