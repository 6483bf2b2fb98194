//! What is hard and what is relaxed of a discrete latent.

use super::*;

/// D19: codes of a discrete latent are hard wherever something is reported, and relaxed only in the surrogate.
#[test]
fn d19_codes_are_hard_outside_the_surrogate() {
    let device = Device::flex();
    for (latent, is_one_hot) in [
        (categorical("constant:0.7", SurrogateKl::Discrete, CategoricalPrior::Uniform), true),
        (bernoulli("constant:0.7", SurrogateKl::Discrete), false),
    ] {
        let vae = vae(latent, &device);
        let (x, noise) = (images(50, &device), eps(latent, 50, &device));
        for codes in [vae.encode(x.clone()).transform(noise.clone()), vae.prior_codes(noise.clone())] {
            let codes = codes.try_into_vec_as::<f32>().unwrap();
            assert!(codes.iter().all(|&z| z == 0.0 || z == 1.0));
            assert_eq!(codes.chunks(3).all(|group| group.iter().sum::<f32>() == 1.0), is_one_hot);
        }
        let terms = vae.training_terms(x.clone(), noise.clone(), 0);
        let elbo = vae.elbo(x, noise);
        assert_eq!(values(terms.elbo.value()), values(elbo.value()));
        assert_ne!(values(terms.surrogate.unwrap().log_likelihood), values(elbo.log_likelihood));
    }
}

/// D25: the two divergences are two surrogates of one model, with one ELBO; the discrete one is at most
/// `groups ln(classes)` under a uniform prior.
#[test]
fn d25_the_divergence_is_a_choice_and_the_elbo_is_not() {
    type Of = fn(SurrogateKl) -> LatentConfig;
    let of: [(Of, f64); 2] = [
        (|kl| categorical("constant:0.7", kl, CategoricalPrior::Uniform), 2.0 * 3.0_f64.ln()),
        (|kl| bernoulli("constant:0.7", kl), 3.0 * 2.0_f64.ln()),
    ];
    let device = Device::flex();
    for (latent, most) in of {
        let [closed, sampled] = [SurrogateKl::Discrete, relaxed()].map(|kl| {
            let latent = latent(kl);
            vae(latent, &device).training_terms(images(20, &device), eps(latent, 20, &device), 0)
        });
        assert_eq!(values(closed.elbo.value()), values(sampled.elbo.value()));
        let [closed_kl, sampled_kl] = [closed, sampled].map(|terms| values(terms.surrogate.unwrap().kl));
        assert_ne!(closed_kl, sampled_kl);
        assert!(closed_kl.iter().all(|&kl| (-1e-5..=most + 1e-5).contains(&kl)));
        // Nats of a density may be negative; those of a mass function may not.
        assert!(sampled_kl.iter().any(|&kl| kl < 0.0));
    }
}

/// The temperature moves the surrogate with the step, and never the ELBO.
#[test]
fn the_temperature_depends_on_the_step_alone() {
    let device = Device::flex();
    let latent = categorical("exponential:1,0.01,0.3", SurrogateKl::Discrete, CategoricalPrior::Uniform);
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
        let latent = categorical("constant:0.7", SurrogateKl::Discrete, prior);
        (vae(latent, &device), latent)
    });
    let kl = |(vae, _): &(Vae, LatentConfig)| values(vae.encode(images(9, &device)).kl().unwrap().inner());
    assert_eq!(kl(&uniform).len(), 9);
    let LatentLayer::Categorical(layer) = &learned.0.latent else { panic!("not categorical") };
    let logits = layer.prior_logits.as_ref().unwrap().val();
    let terms = learned.0.training_terms(images(9, &device), eps(learned.1, 9, &device), 0);
    let gradient = logits.grad(&terms.loss().backward()).unwrap().try_into_vec_as::<f32>().unwrap();
    assert!(gradient.iter().any(|g| *g != 0.0));
    // Logits 0 are the uniform prior.
    assert!(logits.inner().try_into_vec_as::<f32>().unwrap().iter().all(|&l| l == 0.0));
}
