//! The same noise gives the same ELBO on every backend: 20 steps of a small network, compared step by step.
//!
//! Needs a build with `--features wgpu,ndarray` and a WebGPU adapter; a software renderer will do.
#![cfg(all(feature = "wgpu", feature = "ndarray"))]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic, and says what it measured")]

use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::Device;
use distributions::{Noise, Purpose};
use models::{Activation, LatentConfig, VaeConfig};

const PIXELS: usize = 64;
const LATENT: usize = 4;
const BATCH: usize = 16;
const STEPS: u64 = 20;

/// The backends sum in different orders, so one step differs by some units in the last place (6e-8) of sums over 64
/// pixels; Adam divides by the root of squared gradients, which makes a relative error of a gradient one of a step. Over
/// 20 steps of 0.01 the largest difference measured is 2.3e-7 of a term (flex, ndarray, and wgpu on Mesa's llvmpipe); the
/// tolerance leaves room for the shorter sums and faster exponentials of other GPUs.
const TOLERANCE: f64 = 1e-5;

/// `(log_likelihood, kl)` of every step, in nats per image.
fn train(device: Device, latent: LatentConfig) -> Vec<(f64, f64)> {
    let config =
        VaeConfig { encoder: vec![32], decoder: vec![32], activation: Activation::LeakyRelu { slope: 0.2 }, latent };
    let device = device.autodiff();
    let mut vae = config.init(PIXELS, 1, &device);
    let mut optimizer = AdamConfig::new().with_epsilon(1e-8).init();
    (0..STEPS)
        .map(|step| {
            let images =
                Noise::new(1, Purpose::Test, 0, step).uniform([BATCH, PIXELS], &device).lower_elem(0.2).float();
            let eps = latent.noise(&mut Noise::new(1, Purpose::Test, 1, step), BATCH, &device);
            let terms = vae.training_terms(images, eps, step);
            // What the gradients are of: of a categorical latent the relaxed terms.
            let gradients = GradientsParams::from_grads(terms.loss().backward(), &vae);
            let objective = terms.objective().clone();
            vae = optimizer.step(1e-2, vae.clone(), gradients);
            let mean = |term: burn::tensor::Tensor<1>| f64::from(term.inner().mean().into_scalar::<f32>());
            (mean(objective.log_likelihood), mean(objective.kl))
        })
        .collect()
}

/// D39: draws and first weights come from the host, so the backends start equal and stay together, whatever the latent. A draw
/// by rejection could part them, where a concentration that differs in its last bit turns an acceptance: about one in 1e7.
#[test]
fn d39_flex_ndarray_and_wgpu_agree_at_every_step() {
    let latents = LatentConfig::NAMES.map(|name| match LatentConfig::named(name).expect("a name") {
        LatentConfig::Gaussian { .. } => LatentConfig::Gaussian { size: LATENT },
        LatentConfig::Exponential { .. } => LatentConfig::Exponential { size: LATENT },
        LatentConfig::LogNormal { .. } => LatentConfig::LogNormal { size: LATENT },
        LatentConfig::Kumaraswamy { .. } => LatentConfig::Kumaraswamy { size: LATENT },
        LatentConfig::Beta { .. } => LatentConfig::Beta { size: LATENT },
        LatentConfig::Gamma { .. } => LatentConfig::Gamma { size: LATENT },
        LatentConfig::Dirichlet { .. } => LatentConfig::Dirichlet { groups: 2, classes: 4 },
        LatentConfig::Bernoulli { temperature, kl, .. } => LatentConfig::Bernoulli { size: LATENT, temperature, kl },
        LatentConfig::Categorical { temperature, kl, prior, .. } => {
            LatentConfig::Categorical { groups: 2, classes: 4, temperature, kl, prior }
        }
        LatentConfig::Stacked { .. } => unreachable!("no flag names it"),
    });
    let wgpu_device = Device::wgpu_options().init().expect("a WebGPU adapter; Mesa's software renderer will do");
    for latent in latents {
        let flex = train(Device::flex(), latent);
        #[allow(deprecated, reason = "Burn 0.22 deprecates ndarray in favour of flex; it is kept as an opt-in")]
        let ndarray = train(Device::ndarray(), latent);
        let wgpu = train(wgpu_device.clone(), latent);
        let mut largest = 0.0_f64;
        for (name, other) in [("ndarray", ndarray), ("wgpu", wgpu)] {
            for (step, (reference, other)) in flex.iter().zip(&other).enumerate() {
                for (term, a, b) in [("log_likelihood", reference.0, other.0), ("kl", reference.1, other.1)] {
                    let difference = (a - b).abs() / a.abs().max(1.0);
                    largest = largest.max(difference);
                    assert!(
                        difference < TOLERANCE,
                        "{}, {name}, step {step}: {term} is {b}, on flex {a}",
                        latent.name()
                    );
                }
            }
        }
        // The steps did something: a network that never moves would agree as well.
        assert!(flex[0].0 + 1.0 < flex[STEPS as usize - 1].0, "{flex:?}");
        assert!(largest > 0.0, "three backends that agree to the last bit are one backend");
        println!("{}: largest difference {largest:e}", latent.name());
    }
}
