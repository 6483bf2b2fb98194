//! Every latent under the same laws: names of weights, gradients, bounds, and what is hard and what is relaxed.

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::{Device, Tensor, TensorData};
use distributions::{Noise, Purpose};

use super::*;
use crate::{Activation, Vae, VaeConfig};

fn categorical(temperature: &str, kl: CategoricalKl, prior: CategoricalPrior) -> LatentConfig {
    LatentConfig::Categorical { groups: 2, classes: 3, temperature: temperature.parse().unwrap(), kl, prior }
}

fn relaxed() -> CategoricalKl {
    CategoricalKl::Relaxed { prior_temperature: 0.6 }
}

fn latents() -> [LatentConfig; 5] {
    let learned = CategoricalPrior::Learned;
    [
        LatentConfig::Gaussian { size: 3 },
        LatentConfig::Exponential { size: 3 },
        categorical("constant:0.7", CategoricalKl::Categorical, CategoricalPrior::Uniform),
        categorical("constant:0.7", relaxed(), CategoricalPrior::Uniform),
        categorical("exponential:1,0.1,0.5", CategoricalKl::Categorical, learned),
    ]
}

fn vae(latent: LatentConfig, device: &Device) -> Vae {
    let config = VaeConfig { encoder: vec![7], decoder: vec![6], activation: Activation::Tanh, latent };
    config.validate().unwrap();
    config.init(12, 1, device)
}

fn images(batch: usize, device: &Device) -> Tensor<2> {
    Noise::new(11, Purpose::Test, 0, 0).uniform([batch, 12], device).lower_elem(0.3).float()
}

fn eps(latent: LatentConfig, batch: usize, device: &Device) -> Tensor<2> {
    latent.noise(&mut Noise::new(11, Purpose::Test, 0, 1), batch, device)
}

fn values(tensor: Tensor<1>) -> Vec<f64> {
    tensor.try_into_vec_as::<f32>().unwrap().into_iter().map(f64::from).collect()
}

/// The head whose bias the tests move.
fn head(layer: &mut LatentLayer) -> &mut Linear {
    match layer {
        LatentLayer::Gaussian(layer) => &mut layer.log_variance,
        LatentLayer::Exponential(layer) => &mut layer.log_rate,
        LatentLayer::Categorical(layer) => &mut layer.logits,
    }
}

/// The names of a checkpoint and of an export: no variant is among them.
#[test]
fn weights_are_named_by_their_heads() {
    let names = |latent| {
        let record = vae(latent, &Device::flex()).into_record();
        let bytes = record.into_bytes().unwrap().to_vec();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        [
            "latent.loc.weight",
            "latent.log_variance.bias",
            "latent.log_rate.weight",
            "latent.logits.bias",
            "latent.prior_logits",
        ]
        .map(|name| text.contains(name))
    };
    let expected = [
        [true, true, false, false, false],
        [false, false, true, false, false],
        [false, false, false, true, false],
        [false, false, false, true, false],
        [false, false, false, true, true],
    ];
    assert_eq!(latents().map(names), expected);
}

#[test]
fn records_come_back_whole() {
    let device = Device::flex();
    for latent in latents() {
        let bytes = |vae: Vae| vae.into_record().into_bytes().unwrap().to_vec();
        let (first, mut other) = (vae(latent, &device), vae(latent, &device));
        let size = latent.size();
        head(&mut other.latent).bias = Some(Param::from_data(TensorData::new(vec![9.0_f32; size], [size]), &device));
        assert!(bytes(other.clone()) != bytes(first.clone()));
        let record = burn::store::ModuleRecord::from_bytes(first.clone().into_record().into_bytes().unwrap()).unwrap();
        assert!(bytes(other.try_load_record(record).unwrap()) == bytes(first));
    }
}

/// With the same noise, autodiff meets differences of the loss in every entry of the head's bias.
#[test]
fn gradients_agree_with_finite_differences() {
    let device = Device::flex().autodiff();
    for latent in latents() {
        let vae = vae(latent, &device);
        let (x, eps) = (images(4, &device), eps(latent, 4, &device));
        let gradients = vae.training_terms(x.clone(), eps.clone(), 3).loss().backward();
        let bias = head(&mut vae.clone().latent).bias.clone().unwrap().val();
        let gradient = values(bias.grad(&gradients).unwrap());
        let at = values(bias.inner());
        let loss = |entry: usize, shift: f64| {
            let mut moved = vae.clone();
            let mut bias: Vec<f32> = at.iter().map(|&x| x as f32).collect();
            bias[entry] += shift as f32;
            let length = bias.len();
            head(&mut moved.latent).bias = Some(Param::from_data(TensorData::new(bias, [length]), &device));
            f64::from(moved.training_terms(x.clone(), eps.clone(), 3).loss().into_scalar::<f32>())
        };
        for (entry, &gradient) in gradient.iter().enumerate() {
            let h = 0.02;
            let difference = (loss(entry, h) - loss(entry, -h)) / (2.0 * h);
            assert!(
                (gradient - difference).abs() < 2e-3 * difference.abs().max(0.1),
                "{latent:?}, entry {entry}: {gradient} by autodiff, {difference} by differences"
            );
        }
    }
}

/// The mean of the log-weights is the ELBO: codes, mass functions and closed divergence belong together (D19).
#[test]
fn d19_elbo_is_the_mean_of_the_log_weights() {
    let device = Device::flex();
    let n = 100_000;
    for latent in latents() {
        let vae = vae(latent, &device);
        let image = images(1, &device);
        let noise = eps(latent, n, &device);
        let posterior = vae.encode(image.clone());
        let weights = vae.log_weights(image.clone(), &posterior, noise.clone());
        let sampled = values(weights.log_likelihood + weights.log_ratio);
        let closed = values(vae.elbo(image.repeat_dim(0, n), noise).value());
        let differences: Vec<f64> = sampled.iter().zip(&closed).map(|(a, b)| a - b).collect();
        let mean = differences.iter().sum::<f64>() / n as f64;
        let variance = differences.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / n as f64;
        // A prior that q still equals has no variance at all.
        assert!(mean.abs() <= 5.5 * (variance / n as f64).sqrt() + 1e-5, "{latent:?}: {mean}");
    }
}

/// D19: codes of a categorical latent are hard wherever something is reported, and relaxed only in the surrogate.
#[test]
fn d19_codes_are_hard_outside_the_surrogate() {
    let device = Device::flex();
    let latent = categorical("constant:0.7", CategoricalKl::Categorical, CategoricalPrior::Uniform);
    let vae = vae(latent, &device);
    let (x, noise) = (images(50, &device), eps(latent, 50, &device));
    for codes in [vae.encode(x.clone()).transform(noise.clone()), vae.prior_codes(noise.clone())] {
        let codes = codes.try_into_vec_as::<f32>().unwrap();
        assert!(codes.iter().all(|&z| z == 0.0 || z == 1.0));
        assert!(codes.chunks(3).all(|group| group.iter().sum::<f32>() == 1.0));
    }
    let terms = vae.training_terms(x.clone(), noise.clone(), 0);
    let elbo = vae.elbo(x, noise);
    assert_eq!(values(terms.elbo.value()), values(elbo.value()));
    assert_ne!(values(terms.surrogate.unwrap().log_likelihood), values(elbo.log_likelihood));
}

/// D25: the two divergences are two surrogates of one model, with one ELBO; the categorical one is at most
/// `groups ln(classes)` under a uniform prior.
#[test]
fn d25_the_divergence_is_a_choice_and_the_elbo_is_not() {
    let device = Device::flex();
    let [closed, sampled] = [CategoricalKl::Categorical, relaxed()].map(|kl| {
        let latent = categorical("constant:0.7", kl, CategoricalPrior::Uniform);
        vae(latent, &device).training_terms(images(20, &device), eps(latent, 20, &device), 0)
    });
    assert_eq!(values(closed.elbo.value()), values(sampled.elbo.value()));
    let [closed_kl, sampled_kl] = [closed, sampled].map(|terms| values(terms.surrogate.unwrap().kl));
    assert_ne!(closed_kl, sampled_kl);
    assert!(closed_kl.iter().all(|&kl| (-1e-5..=2.0 * 3.0_f64.ln() + 1e-5).contains(&kl)));
    // Nats of a density may be negative; those of a mass function may not.
    assert!(sampled_kl.iter().any(|&kl| kl < 0.0));
}

/// The temperature moves the surrogate with the step, and never the ELBO.
#[test]
fn the_temperature_depends_on_the_step_alone() {
    let device = Device::flex();
    let latent = categorical("exponential:1,0.01,0.3", CategoricalKl::Categorical, CategoricalPrior::Uniform);
    let at = |step| {
        let terms = vae(latent, &device).training_terms(images(5, &device), eps(latent, 5, &device), step);
        (values(terms.elbo.value()), values(terms.surrogate.unwrap().value()))
    };
    assert_eq!(at(7), at(7));
    assert_eq!(at(7).0, at(70).0);
    assert_ne!(at(7).1, at(70).1);
    assert_eq!(at(1000), at(2000));
}

/// A prior that is learnt starts uniform, and gradients reach it.
#[test]
fn a_learned_prior_starts_uniform_and_learns() {
    let device = Device::flex().autodiff();
    let [uniform, learned] = [CategoricalPrior::Uniform, CategoricalPrior::Learned].map(|prior| {
        let latent = categorical("constant:0.7", CategoricalKl::Categorical, prior);
        (vae(latent, &device), latent)
    });
    let kl = |(vae, _): &(Vae, LatentConfig)| values(vae.encode(images(9, &device)).kl().inner());
    assert_eq!(kl(&uniform).len(), 9);
    let LatentLayer::Categorical(layer) = &learned.0.latent else { panic!("not categorical") };
    let logits = layer.prior_logits.as_ref().unwrap().val();
    let terms = learned.0.training_terms(images(9, &device), eps(learned.1, 9, &device), 0);
    let gradient = logits.grad(&terms.loss().backward()).unwrap().try_into_vec_as::<f32>().unwrap();
    assert!(gradient.iter().any(|g| *g != 0.0));
    // Logits 0 are the uniform prior.
    assert!(logits.inner().try_into_vec_as::<f32>().unwrap().iter().all(|&l| l == 0.0));
}

#[test]
fn prior_means_are_those_of_the_priors() {
    let device = Device::flex();
    let expected = [0.0, 1.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0];
    for (latent, expected) in latents().into_iter().zip(expected) {
        let mean = vae(latent, &device).prior_mean(&Tensor::zeros([2, latent.size()], &device));
        let mean = mean.try_into_vec_as::<f32>().unwrap();
        assert!(mean.iter().all(|&m| (f64::from(m) - expected).abs() < 1e-6), "{latent:?}");
    }
}

#[test]
fn latents_that_cannot_be_are_refused_with_their_key() {
    let message = |latent: LatentConfig| latent.validate().unwrap_err().to_string();
    let of = |groups, classes| LatentConfig::Categorical {
        groups,
        classes,
        temperature: Temperature::Constant(1.0),
        kl: CategoricalKl::Categorical,
        prior: CategoricalPrior::Uniform,
    };
    assert_eq!(message(of(0, 10)), "`model.latent.groups` is 0; it must be at least 1");
    assert_eq!(message(of(20, 0)), "`model.latent.classes` is 0; it must be at least 2");
    assert_eq!(message(of(20, 1)), "`model.latent.classes` is 1; it must be at least 2");
    assert_eq!(message(LatentConfig::Exponential { size: 0 }), "`model.latent.size` is 0; it must be at least 1");
    assert!(message(of(usize::MAX, usize::MAX)).contains("it must have at most 1000000"));
    for (text, part) in
        [("relaxed:0", "is 0; it must be positive"), ("relaxed:nan", "is NaN"), ("exact", "unknown divergence `exact`")]
    {
        assert!(text.parse::<CategoricalKl>().unwrap_err().contains(part), "{text}");
    }
}
