//! Two stochastic layers: the weights by their names, and the path derivative at the exact posterior.

use burn::tensor::Gradients;

use super::*;
use crate::latent::law::{Law, Pair};
use crate::linear::{FirstWeights, LinearFactory};
use crate::{Bound, GradientEstimator, KlEstimate, Mlp, ObjectiveConfig};

const STACKED: LatentConfig = LatentConfig::Stacked { size: 3, upper: 2, hidden: [5, 4] };

fn sampled(kind: Bound, particles: usize, estimator: GradientEstimator) -> ObjectiveConfig {
    ObjectiveConfig { kind, particles, kl: Some(KlEstimate::MonteCarlo), estimator, kl_warm_up: 0 }
}

#[test]
fn weights_are_named_by_their_layers() {
    let bytes = vae(STACKED, &Device::flex()).into_record().into_bytes().unwrap().to_vec();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let conditionals = ["inference", "generation"].map(|name| {
        ["hidden.layers.0", "hidden.layers.1", "heads.loc", "heads.log_variance"].map(|part| format!("{name}.{part}"))
    });
    for name in ["lower.loc", "lower.log_variance"].map(str::to_owned).iter().chain(conditionals.as_flattened()) {
        assert!(text.contains(&format!("latent.{name}.weight")), "{name}");
    }
}

#[test]
fn a_record_comes_back_whole() {
    let device = Device::flex();
    let bytes = |vae: Vae| vae.into_record().into_bytes().unwrap().to_vec();
    let (first, mut other) = (vae(STACKED, &device), vae(STACKED, &device));
    head(&mut other.latent).bias = Some(Param::from_data(TensorData::new(vec![9.0_f32; 2], [2]), &device));
    assert!(bytes(other.clone()) != bytes(first.clone()));
    let record = burn::store::ModuleRecord::from_bytes(first.clone().into_record().into_bytes().unwrap()).unwrap();
    assert!(bytes(other.try_load_record(record).unwrap()) == bytes(first));
}

#[test]
fn layers_without_units_are_refused_with_their_key() {
    let message =
        |size, upper, hidden| LatentConfig::Stacked { size, upper, hidden }.validate().unwrap_err().to_string();
    assert_eq!(message(0, 2, [1, 1]), "`model.latent.size` is 0; it must be at least 1");
    assert_eq!(message(2, 0, [1, 1]), "`model.latent.upper` is 0; it must be at least 1");
    assert!(message(2, 2, [1, 0]).starts_with("`model.latent.hidden` has a layer of 0 units: [1, 0]"));
}

/// A draw of the joint law has the density of its two factors, put together by hand from the heads; its code is the lower layer.
#[test]
fn the_density_of_both_layers_is_that_of_the_factors() {
    let device = Device::flex();
    let vae = vae(STACKED, &device);
    let Posterior::Stacked(Pair { q, p }) = vae.encode(images(6, &device)) else { panic!("not stacked") };
    let LatentLayer::Stacked(layer) = &vae.latent else { panic!("not stacked") };
    let drawn = q.draw(eps(STACKED, 6, &device));
    let (h1, h2) = (drawn.clone().narrow(1, 0, 3), drawn.clone().narrow(1, 3, 2));
    assert_eq!(values(q.code(drawn.clone()).flatten(0, 1)), values(h1.clone().flatten(0, 1)));

    let density = |conditional: &crate::Conditional, given: &Tensor<2>, at: &Tensor<2>| {
        let hidden = conditional.hidden.forward(given.clone());
        let (loc, log_variance) = (&conditional.heads.loc, &conditional.heads.log_variance);
        let [loc, log_variance] = [loc, log_variance].map(|head| crate::linear::affine(head, hidden.clone()));
        let terms = (at.clone() - loc).powi_scalar(2) / log_variance.clone().exp() + log_variance;
        let constant = at.dims()[1] as f64 * (2.0 * std::f64::consts::PI).ln();
        -(terms.sum_dim(1).squeeze_dim::<1>(1) + constant).mul_scalar(0.5)
    };
    let standard = |at: &Tensor<2>| {
        let squares = at.clone().powi_scalar(2) + (2.0 * std::f64::consts::PI).ln();
        -squares.sum_dim(1).squeeze_dim::<1>(1).mul_scalar(0.5)
    };
    let by_hand = values(standard(&h2) + density(&layer.generation, &h2, &h1));
    for (value, expected) in values(p.log_prob(drawn.clone())).into_iter().zip(by_hand) {
        assert!((value - expected).abs() < 1e-4, "{value} for {expected}");
    }
    let Stacked::Posterior { lower, .. } = &q else { panic!("not a posterior") };
    let by_hand = values(Law::log_prob(lower, h1.clone()) + density(&layer.inference, &h1, &h2));
    for (value, expected) in values(q.log_prob(drawn)).into_iter().zip(by_hand) {
        assert!((value - expected).abs() < 1e-4, "{value} for {expected}");
    }
}

/// A model whose layers are linear and Gaussian, whose decoder does not look at the code, and whose `q` is the exact posterior:
///
/// ```text
/// h2 ~ N(0, 1),  h1 | h2 ~ N(a h2 + b, d),   so that   h1 ~ N(b, a^2 + d),  h2 | h1 ~ N(a (h1 - b) / (a^2 + d), d / (a^2 + d))
/// ```
fn linear_gaussian(device: &Device) -> Vae {
    let (a, b, d) = (1.5_f32, -0.4_f32, 0.7_f32);
    let mut vae = vae(LatentConfig::Stacked { size: 1, upper: 1, hidden: [1, 1] }, device);
    let LatentLayer::Stacked(layer) = &mut vae.latent else { panic!("not stacked") };
    let matrix = |value: f32, rows| Param::from_tensor(Tensor::<2>::full([rows, 1], value, device).require_grad());
    let set = |head: &mut Linear, slope: f32, value: f32| {
        let rows = head.weight.dims()[0];
        head.weight = matrix(slope, rows);
        head.bias = Some(Param::from_tensor(Tensor::<1>::full([1], value, device).require_grad()));
    };
    let factory = &mut LinearFactory::new(1, FirstWeights::Uniform, device);
    let marginal = a * a + d;
    for conditional in [&mut layer.inference, &mut layer.generation] {
        // No hidden layers: the heads are linear in what is given.
        conditional.hidden = Mlp::new(factory, 1, &[], Activation::Tanh);
        conditional.heads = super::super::GaussianLatent::new(factory, 1, 1);
    }
    set(&mut layer.lower.loc, 0.0, b);
    set(&mut layer.lower.log_variance, 0.0, marginal.ln());
    set(&mut layer.inference.heads.loc, a / marginal, -a * b / marginal);
    set(&mut layer.inference.heads.log_variance, 0.0, (d / marginal).ln());
    set(&mut layer.generation.heads.loc, a, b);
    set(&mut layer.generation.heads.log_variance, 0.0, d.ln());
    let weight = vae.output.weight.val().detach();
    vae.output.weight = Param::from_tensor(weight.zeros_like().require_grad());
    vae
}

/// Gradients in every head of `q`, the lower layer first.
fn of_q(vae: &Vae, gradients: &Gradients) -> Vec<f64> {
    let LatentLayer::Stacked(layer) = &vae.latent else { panic!("not stacked") };
    let upper = &layer.inference.heads;
    let heads = [&layer.lower.loc, &layer.lower.log_variance, &upper.loc, &upper.log_variance];
    heads.iter().flat_map(|head| values(head.bias.as_ref().unwrap().val().grad(gradients).unwrap())).collect()
}

/// D9: at the exact posterior the path derivative of every draw is zero, since `log q(h2 | h1)` keeps its dependence on `h1`; cut off
/// from it, as in the published code of sticking the landing, it is not. The log weight of every draw is that of every other.
#[test]
fn d9_the_path_derivative_is_zero_at_the_exact_posterior_of_two_layers() {
    let device = Device::flex().autodiff();
    let vae = linear_gaussian(&device);
    let latent = vae.latent();
    for draw in 0..5 {
        let noise = || latent.noise(&mut Noise::new(1, Purpose::Test, 9, draw), 1, &device);
        let gradient = |kind, estimator| {
            let terms = vae.objective_terms(images(1, &device), noise(), 0, &sampled(kind, 1, estimator));
            of_q(&vae, &terms.loss().backward())
        };
        for kind in [Bound::Elbo, Bound::Iwae] {
            let path = gradient(kind, GradientEstimator::PathDerivative);
            assert!(path.iter().all(|g| g.abs() < 1e-5), "{kind}: {path:?}");
            assert!(gradient(kind, GradientEstimator::TotalDerivative).iter().all(|g| g.abs() > 1e-3));
        }

        let Posterior::Stacked(Pair { q, p }) = vae.encode(images(1, &device)) else { panic!("not stacked") };
        let drawn = q.draw(noise());
        let log_ratio = values(p.log_prob(drawn.clone()) - q.log_prob(drawn.clone()))[0];
        assert!(log_ratio.abs() < 1e-5, "{log_ratio}");
        // The same with h1 stopped inside of log q(h2 | h1).
        let (h1, h2) = (drawn.clone().narrow(1, 0, 1), drawn.clone().narrow(1, 1, 1));
        let Stacked::Posterior { lower, upper } = q.stop() else { panic!("not a posterior") };
        let blocked = Stacked::Posterior { lower: lower.clone(), upper };
        let log_q_upper = blocked.log_prob(Tensor::cat(vec![h1.clone().detach(), h2], 1))
            - Law::log_prob(&lower, h1.clone().detach());
        let log_q = Law::log_prob(&lower, h1) + log_q_upper;
        let gradients = (p.log_prob(drawn) - log_q).backward();
        assert!(of_q(&vae, &gradients)[..2].iter().all(|g| g.abs() > 1e-3), "{:?}", of_q(&vae, &gradients));
    }
}

/// The ELBO of two layers that is reported is that of the draw: with one particle, the bound of one particle.
#[test]
fn the_divergence_of_two_layers_is_that_of_the_draw() {
    let device = Device::flex();
    let vae = vae(STACKED, &device);
    let elbo = vae.elbo(images(4, &device), eps(STACKED, 4, &device));
    let bound = vae.objective_terms(
        images(4, &device),
        eps(STACKED, 4, &device),
        0,
        &sampled(Bound::Iwae, 1, GradientEstimator::TotalDerivative),
    );
    let (elbo, reported) = (values(elbo.value()), values(bound.elbo.value()));
    for ((elbo, reported), bound) in elbo.into_iter().zip(reported).zip(values(bound.estimate.unwrap().value)) {
        assert!((elbo - bound).abs() < 1e-4 && (reported - bound).abs() < 1e-4, "{elbo}, {reported}, {bound}");
    }
}
