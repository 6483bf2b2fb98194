//! A latent layer of one's own: two heads, a law and a prior from `distributions`, and the bound from densities alone.
//!
//! `cargo run --release --example own_latent`
//!
//! Each row of a 4 x 4 image is black or white as a whole: 16 images of `4 ln 2 = 2.773` nats. The code has the tails of a Laplace.
#![allow(clippy::print_stdout, reason = "an example prints what it finds")]

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, activation::tanh};
use distributions::{Distribution, Laplace, Noise, Purpose, Reparameterized};
use kernels::Adam;
use models::LogMeanExp;

/// The layer: another law is another body of `laws`.
#[derive(Module, Debug)]
struct LaplaceLatent {
    loc: Linear,
    log_scale: Linear,
}

impl LaplaceLatent {
    /// `q(z | x) = Laplace(loc(x), scale(x))` from hidden units `[batch, hidden]`, and `p(z) = Laplace(0, 1)`: `[batch, size]`.
    fn laws(&self, hidden: Tensor<2>) -> [Laplace<2>; 2] {
        let (loc, log_scale) = (self.loc.forward(hidden.clone()), self.log_scale.forward(hidden));
        let zeros = loc.zeros_like();
        [Laplace::from_log_scale(loc, log_scale), Laplace::from_log_scale(zeros.clone(), zeros)]
    }
}

#[derive(Module, Debug)]
struct Autoencoder {
    encoder: Linear,
    latent: LaplaceLatent,
    decoder: [Linear; 2],
}

impl Autoencoder {
    /// `log p(x | z) + log p(z) - log q(z | x)` at one draw an image, `[batch]`, in nats: its mean is the ELBO.
    fn log_weights(&self, images: Tensor<2>, noise: &mut Noise) -> Tensor<1> {
        let [q, p] = self.latent.laws(tanh(self.encoder.forward(images.clone())));
        let z = q.rsample(noise);
        let logits = self.decoder[1].forward(tanh(self.decoder[0].forward(z.clone())));
        kernels::bernoulli_log_prob(logits, images) + p.log_prob(z.clone()) - q.log_prob(z)
    }
}

/// Images `[count, 16]`, of rows that are on or off.
fn images(count: usize, noise: &mut Noise, device: &Device) -> Tensor<2> {
    noise.uniform([count, 4, 1], device).lower_elem(0.5).float().expand([count, 4, 4]).reshape([count, 16])
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let device = Device::flex().autodiff();
    device.seed(1);
    let linear = |inputs, outputs| LinearConfig::new(inputs, outputs).init(&device);
    let latent = LaplaceLatent { loc: linear(64, 4), log_scale: linear(64, 4) };
    let mut vae = Autoencoder { encoder: linear(16, 64), latent, decoder: [linear(4, 64), linear(64, 16)] };
    let mut optimizer = Adam::new([0.9, 0.999], 1e-8).init();
    for step in 0..4000 {
        let x = images(100, &mut Noise::new(1, Purpose::Binarisation, 1, step), &device);
        let loss = -vae.log_weights(x, &mut Noise::new(1, Purpose::TrainingLatent, 1, step)).mean();
        let gradients = GradientsParams::from_grads(loss.backward(), &vae);
        vae = optimizer.step(2e-3, vae, gradients);
    }
    let (vae, device, mut noise) = (vae.valid(), Device::flex(), Noise::new(1, Purpose::EvaluationLatent, 0, 0));
    let (mut elbo, mut bound) = (0.0, 0.0);
    for index in 0..100 {
        let image = images(1, &mut Noise::new(2, Purpose::Binarisation, 0, index), &device).expand([1000, 16]);
        let weights = vae.log_weights(image, &mut noise);
        elbo += f64::from(weights.clone().mean().into_scalar::<f32>()) / 100.0;
        let mut log_mean = LogMeanExp::default();
        log_mean.extend(weights.try_into_vec_as::<f32>()?.into_iter().map(f64::from));
        bound += log_mean.value() / 100.0;
    }
    println!("entropy {:.3}, -L_1000 {:.3}, -ELBO {:.3} nats", 4.0 * 2_f64.ln(), -bound, -elbo);
    Ok(())
}
