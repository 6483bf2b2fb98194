//! Every latent under the same tests: what they share, and the choice of latents with the names of their weights.

mod discrete;
mod laws;
mod stacked;

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::{Device, Tensor, TensorData};
use distributions::{Noise, Purpose};

use super::*;
use crate::{Activation, Vae, VaeConfig};

fn categorical(temperature: &str, kl: SurrogateKl, prior: CategoricalPrior) -> LatentConfig {
    LatentConfig::Categorical { groups: 2, classes: 3, temperature: temperature.parse().unwrap(), kl, prior }
}

fn bernoulli(temperature: &str, kl: SurrogateKl) -> LatentConfig {
    LatentConfig::Bernoulli { size: 3, temperature: temperature.parse().unwrap(), kl }
}

fn relaxed() -> SurrogateKl {
    SurrogateKl::Relaxed { prior_temperature: 0.6 }
}

pub(crate) fn latents() -> [LatentConfig; 13] {
    let learned = CategoricalPrior::Learned;
    [
        LatentConfig::Gaussian { size: 3 },
        LatentConfig::Exponential { size: 3 },
        LatentConfig::LogNormal { size: 3 },
        LatentConfig::Kumaraswamy { size: 3 },
        LatentConfig::Beta { size: 3 },
        LatentConfig::Gamma { size: 3 },
        LatentConfig::Dirichlet { groups: 1, classes: 3 },
        LatentConfig::Dirichlet { groups: 2, classes: 3 },
        bernoulli("constant:0.7", SurrogateKl::Discrete),
        bernoulli("constant:0.7", relaxed()),
        categorical("constant:0.7", SurrogateKl::Discrete, CategoricalPrior::Uniform),
        categorical("constant:0.7", relaxed(), CategoricalPrior::Uniform),
        categorical("exponential:1,0.1,0.5", SurrogateKl::Discrete, learned),
    ]
}

pub(crate) fn vae(latent: LatentConfig, device: &Device) -> Vae {
    let config = VaeConfig { encoder: vec![7], decoder: vec![6], activation: Activation::Tanh, latent };
    config.validate().unwrap();
    config.init(12, 1, device)
}

pub(crate) fn images(batch: usize, device: &Device) -> Tensor<2> {
    Noise::new(11, Purpose::Test, 0, 0).uniform([batch, 12], device).lower_elem(0.3).float()
}

pub(crate) fn eps(latent: LatentConfig, batch: usize, device: &Device) -> LatentNoise {
    latent.noise(&mut Noise::new(11, Purpose::Test, 0, 1), batch, device)
}

pub(crate) fn values(tensor: Tensor<1>) -> Vec<f64> {
    tensor.try_into_vec_as::<f32>().unwrap().into_iter().map(f64::from).collect()
}

/// The head whose bias the tests move.
pub(crate) fn head(layer: &mut LatentLayer) -> &mut Linear {
    match layer {
        LatentLayer::Gaussian(layer) => &mut layer.log_variance,
        LatentLayer::Exponential(layer) => &mut layer.log_rate,
        LatentLayer::LogNormal(layer) => &mut layer.log_variance,
        LatentLayer::Kumaraswamy(layer) => &mut layer.log_concentration0,
        LatentLayer::Beta(layer) => &mut layer.log_concentration1,
        LatentLayer::Gamma(layer) => &mut layer.log_concentration,
        LatentLayer::Dirichlet(layer) => &mut layer.log_concentration,
        LatentLayer::Bernoulli(layer) => &mut layer.logits,
        LatentLayer::Categorical(layer) => &mut layer.logits,
        LatentLayer::Stacked(layer) => &mut layer.inference.heads.log_variance,
    }
}

/// A model whose posteriors are far from the prior: the head's bias is moved.
pub(crate) fn moved(latent: LatentConfig, bias: f32, device: &Device) -> Vae {
    let mut vae = vae(latent, device);
    let values: Vec<f32> = (0..latent.size()).map(|i| bias * (1.0 - i as f32)).collect();
    let values = TensorData::new(values, [latent.size()]);
    head(&mut vae.latent).bias = Some(Param::from_data(values, device));
    vae
}

/// The names of a checkpoint and of an export: no variant is among them.
#[test]
fn weights_are_named_by_their_heads() {
    for latent in latents() {
        let bytes = vae(latent, &Device::flex()).into_record().into_bytes().unwrap().to_vec();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let heads: &[&str] = match latent {
            LatentConfig::Gaussian { .. } | LatentConfig::LogNormal { .. } => &["loc", "log_variance"],
            LatentConfig::Exponential { .. } => &["log_rate"],
            LatentConfig::Kumaraswamy { .. } | LatentConfig::Beta { .. } => {
                &["log_concentration0", "log_concentration1"]
            }
            LatentConfig::Gamma { .. } => &["log_concentration", "log_rate"],
            LatentConfig::Dirichlet { .. } => &["log_concentration"],
            LatentConfig::Bernoulli { .. } | LatentConfig::Categorical { .. } => &["logits"],
            LatentConfig::Stacked { .. } => panic!("named by a test of its own"),
        };
        let all = [
            "loc",
            "log_variance",
            "log_rate",
            "log_concentration",
            "log_concentration0",
            "log_concentration1",
            "logits",
        ];
        for name in all {
            assert_eq!(text.contains(&format!("latent.{name}.weight")), heads.contains(&name), "{latent:?}: {name}");
        }
        let is_learned = matches!(latent, LatentConfig::Categorical { prior: CategoricalPrior::Learned, .. });
        assert_eq!(text.contains("latent.prior_logits"), is_learned, "{latent:?}");
    }
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

/// Every name gives a latent of that name whose text comes back.
#[test]
fn every_name_has_its_defaults() {
    for name in LatentConfig::NAMES {
        let latent = LatentConfig::named(name).unwrap();
        assert_eq!(latent.name(), name);
        assert_eq!(latent.validate(), Ok(()));
        assert_eq!(latent.is_bound(), latent.temperature().is_none());
    }
    assert_eq!(LatentConfig::named("normal"), None);
}

#[test]
fn latents_that_cannot_be_are_refused_with_their_key() {
    let message = |latent: LatentConfig| latent.validate().unwrap_err().to_string();
    let of = |groups, classes| LatentConfig::Categorical {
        groups,
        classes,
        temperature: Temperature::Constant(1.0),
        kl: SurrogateKl::Discrete,
        prior: CategoricalPrior::Uniform,
    };
    assert_eq!(message(of(0, 10)), "`model.latent.groups` is 0; it must be at least 1");
    assert_eq!(message(of(20, 0)), "`model.latent.classes` is 0; it must be at least 2");
    assert_eq!(message(of(20, 1)), "`model.latent.classes` is 1; it must be at least 2");
    assert_eq!(message(LatentConfig::Exponential { size: 0 }), "`model.latent.size` is 0; it must be at least 1");
    assert_eq!(
        message(LatentConfig::Dirichlet { groups: 1, classes: 1 }),
        "`model.latent.classes` is 1; it must be at least 2"
    );
    assert!(message(of(usize::MAX, usize::MAX)).contains("it must have at most 1000000"));
    for (text, part) in
        [("relaxed:0", "is 0; it must be positive"), ("relaxed:nan", "is NaN"), ("exact", "unknown divergence `exact`")]
    {
        assert!(text.parse::<SurrogateKl>().unwrap_err().contains(part), "{text}");
    }
}
