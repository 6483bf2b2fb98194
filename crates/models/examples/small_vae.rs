//! Two autoencoders trained by a loop of one's own, on images whose entropy is known.
//!
//! `cargo run --release --example small_vae`
//!
//! Each row of a 4 x 4 image is black or white as a whole, with even odds: 16 images of `4 ln 2 = 2.773` nats, which no model of them
//! can fall below on average. Bits say it all; a Gaussian code has to cut its prior into halves, and the ELBO pays for the blurred cut.
//!
//! ```text
//! entropy  <=  -E[log p(x)]  <=  -E[ELBO],    ELBO = E_q[log p(x | z)] - KL(q(z | x) || p(z))
//! ```
#![allow(clippy::print_stdout, reason = "an example prints what it finds")]

use std::error::Error;

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Int, Tensor};
use distributions::{Noise, Purpose};
use kernels::Adam;
use models::{Activation, LatentConfig, LogMeanExp, SurrogateKl, Temperature, Vae, VaeConfig};

const SIDE: usize = 4;
const STEPS: u64 = 4000;

/// Rows that are on or off, `[count, SIDE]`, as images `[count, SIDE * SIDE]`.
fn images(rows: Tensor<2>) -> Tensor<2> {
    let count = rows.dims()[0];
    rows.reshape([count, SIDE, 1]).expand([count, SIDE, SIDE]).reshape([count, SIDE * SIDE])
}

fn train(config: &VaeConfig, device: &Device) -> Vae {
    let device = device.clone().autodiff();
    let mut vae = config.init(SIDE * SIDE, 1, &device);
    let mut optimizer = Adam::new([0.9, 0.999], 1e-8).init();
    for step in 0..STEPS {
        // Each stream has its own key: a loop that goes on at step 3000 draws what this one drew there.
        let x =
            images(Noise::new(1, Purpose::Binarisation, 1, step).uniform([100, SIDE], &device).lower_elem(0.5).float());
        let eps = config.latent.noise(&mut Noise::new(1, Purpose::TrainingLatent, 1, step), 100, &device);
        let gradients = vae.training_terms(x, eps, step).loss().backward();
        let gradients = GradientsParams::from_grads(gradients, &vae);
        vae = optimizer.step(2e-3, vae, gradients);
    }
    vae.valid()
}

/// `-E[ELBO]` and `-E[L_K]`, the importance-weighted bound of `particles` draws an image, over all 16 images.
fn evaluate(vae: &Vae, particles: usize, device: &Device) -> Result<[f64; 2], Box<dyn Error>> {
    let row = |place: usize| Tensor::<1, Int>::arange(0..16, device).div_scalar(1 << place).remainder_scalar(2).float();
    let all = images(Tensor::stack::<2>((0..SIDE).map(row).collect(), 1));
    let mut sums = [0.0; 2];
    for index in 0..16 {
        let image = all.clone().narrow(0, index, 1);
        let eps = vae.latent().noise(&mut Noise::new(1, Purpose::EvaluationLatent, 0, index as u64), particles, device);
        let weights = vae.log_weights(image.clone(), &vae.encode(image), eps);
        let weights = (weights.log_likelihood + weights.log_ratio).try_into_vec_as::<f32>()?;
        let mut bound = LogMeanExp::default();
        bound.extend(weights.iter().copied().map(f64::from));
        sums[0] -= weights.iter().copied().map(f64::from).sum::<f64>() / (16 * particles) as f64;
        sums[1] -= bound.value() / 16.0;
    }
    Ok(sums)
}

fn main() -> Result<(), Box<dyn Error>> {
    let device = Device::flex();
    println!("entropy of the images {:.3} nats", 4.0 * 2_f64.ln());
    let (temperature, kl) = (Temperature::Constant(0.5), SurrogateKl::default());
    for latent in [LatentConfig::Gaussian { size: 4 }, LatentConfig::Bernoulli { size: 4, temperature, kl }] {
        let config = VaeConfig { encoder: vec![64], decoder: vec![64], activation: Activation::Relu, latent };
        config.validate()?;
        let [elbo, nll] = evaluate(&train(&config, &device), 1000, &device)?;
        println!("{:9} -ELBO {elbo:.3}, -log p(x) {nll:.3} nats", latent.name());
    }
    Ok(())
}
