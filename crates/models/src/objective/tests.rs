//! Estimators against each other, on the same noise and on average.

mod stateful;

use burn::module::Param;
use burn::tensor::{Device, Tensor};
use distributions::{Noise, Purpose};

use super::*;
use crate::latent::tests::{eps, head, images, latents, vae, values};
use crate::{LatentConfig, TrainingTerms, Vae};

fn objective(kind: Bound, particles: usize, estimator: GradientEstimator) -> ObjectiveConfig {
    ObjectiveConfig { kind, particles, kl: Some(KlEstimate::MonteCarlo), estimator, kl_warm_up: 0 }
}

/// The losses of a batch of images, from one stream of noise.
fn terms(vae: &Vae, objective: &ObjectiveConfig, batch: usize, device: &Device) -> TrainingTerms {
    objective.validate(vae.latent()).unwrap();
    let eps = eps(vae.latent(), batch * objective.particles, device);
    vae.objective_terms(images(batch, device), eps, 0, objective)
}

fn value(terms: TrainingTerms) -> Vec<f64> {
    values(terms.estimate.unwrap().value)
}

/// Gradients in the bias of a head of the posterior, and in the bias of the decoder's output.
fn gradients(vae: &Vae, terms: &TrainingTerms) -> [Vec<f64>; 2] {
    let gradients = terms.loss().backward();
    let of = |bias: &Option<Param<Tensor<1>>>| values(bias.as_ref().unwrap().val().grad(&gradients).unwrap());
    [of(&head(&mut vae.latent.clone()).bias), of(&vae.output.bias)]
}

fn assert_same(a: &[f64], b: &[f64], what: &str) {
    for (a, b) in a.iter().zip(b) {
        assert!((a - b).abs() <= 2e-5 * a.abs().max(1.0), "{what}: {a} and {b}");
    }
}

fn continuous() -> impl Iterator<Item = LatentConfig> {
    latents().into_iter().filter(|latent| latent.is_bound())
}

/// D8a and D10: on the same noise, total derivative, path derivative and DReG have one loss and one decoder gradient; what they
/// differ in is the encoder's. With one particle DReG is the path derivative.
#[test]
fn d8_d10_estimators_differ_in_the_gradient_of_the_encoder_alone() {
    use GradientEstimator::{Dreg, PathDerivative, TotalDerivative};
    let device = Device::flex().autodiff();
    for latent in continuous() {
        let vae = vae(latent, &device);
        let of = |kind, particles, estimator| {
            let terms = terms(&vae, &objective(kind, particles, estimator), 5, &device);
            (gradients(&vae, &terms), value(terms))
        };
        for (kind, particles) in [(Bound::Elbo, 1), (Bound::Elbo, 3), (Bound::Iwae, 1), (Bound::Iwae, 3)] {
            let ([total_encoder, total_decoder], total) = of(kind, particles, TotalDerivative);
            let ([path_encoder, path_decoder], path) = of(kind, particles, PathDerivative);
            let what = format!("{latent:?}, {kind}, {particles}");
            assert_same(&total, &path, &what);
            assert_same(&total_decoder, &path_decoder, &what);
            assert!(total_encoder.iter().zip(&path_encoder).any(|(a, b)| (a - b).abs() > 1e-4), "{what}");
            if kind == Bound::Iwae {
                let ([dreg_encoder, dreg_decoder], dreg) = of(kind, particles, Dreg);
                assert_same(&total, &dreg, &what);
                assert_same(&total_decoder, &dreg_decoder, &what);
                if particles == 1 {
                    assert_same(&path_encoder, &dreg_encoder, &what);
                }
            }
        }
    }
}

/// D8b: with `q = p` and a decoder that does not look at the code, the path derivative and DReG of every draw are zero.
#[test]
fn d8_the_path_derivative_is_zero_where_q_is_p() {
    use GradientEstimator::{Dreg, PathDerivative, TotalDerivative};
    let device = Device::flex().autodiff();
    let mut vae = vae(LatentConfig::Gaussian { size: 3 }, &device);
    let zero = |weight: &Param<Tensor<2>>| Param::from_tensor(weight.val().detach().zeros_like().require_grad());
    vae.output.weight = zero(&vae.output.weight);
    let crate::LatentLayer::Gaussian(latent) = &mut vae.latent else { panic!("not Gaussian") };
    for head in [&mut latent.loc, &mut latent.log_variance] {
        head.weight = zero(&head.weight);
        head.bias = Some(Param::from_tensor(Tensor::zeros([3], &device).require_grad()));
    }
    let of = |kind, particles, estimator| {
        gradients(&vae, &terms(&vae, &objective(kind, particles, estimator), 1, &device))[0].clone()
    };
    for (kind, particles, estimator) in
        [(Bound::Elbo, 1, PathDerivative), (Bound::Iwae, 4, PathDerivative), (Bound::Iwae, 4, Dreg)]
    {
        assert_eq!(of(kind, particles, estimator), [0.0; 3], "{kind}, {estimator}");
    }
    assert!(of(Bound::Elbo, 1, TotalDerivative).iter().all(|g| g.abs() > 1e-3));
}

/// The mean of a gradient with its standard error, over groups of draws at one image.
fn average(vae: &Vae, objective: &ObjectiveConfig, number: u64, device: &Device) -> Vec<[f64; 2]> {
    const GROUPS: usize = 20;
    let (batch, image) = (500, images(1, device));
    let groups: Vec<Vec<f64>> = (0..GROUPS)
        .map(|group| {
            let mut noise = Noise::new(number, Purpose::Test, 2, group as u64);
            let eps = vae.latent().noise(&mut noise, batch * objective.particles, device);
            let terms = vae.objective_terms(image.clone().repeat_dim(0, batch), eps, 0, objective);
            gradients(vae, &terms)[0].clone()
        })
        .collect();
    (0..groups[0].len())
        .map(|entry| {
            let mean = groups.iter().map(|group| group[entry]).sum::<f64>() / GROUPS as f64;
            let square = groups.iter().map(|group| (group[entry] - mean).powi(2)).sum::<f64>();
            [mean, (square / (GROUPS * (GROUPS - 1)) as f64).sqrt()]
        })
        .collect()
}

/// Unbiased estimators of one objective have one mean: within 7 standard errors of either, of which 20 groups know as much as a t
/// variable of 19 degrees of freedom (a false alarm of 1e-6).
fn assert_one_mean(latent: LatentConfig, objectives: &[ObjectiveConfig]) {
    let device = Device::flex().autodiff();
    let vae = vae(latent, &device);
    let all: Vec<_> = (objectives.iter().enumerate())
        .map(|(number, objective)| average(&vae, objective, number as u64, &device))
        .collect();
    for (objective, means) in objectives.iter().zip(&all).skip(1) {
        for ([mean, error], [first, first_error]) in means.iter().zip(&all[0]) {
            assert!(
                (mean - first).abs() < 7.0 * error.hypot(*first_error) + 1e-6,
                "{latent:?}, {objective:?}: {mean} +- {error} for {first} +- {first_error}"
            );
        }
    }
}

/// D8c and D13, for the ELBO: the first is the closed divergence.
#[test]
fn d8_d13_estimators_of_the_elbo_have_one_mean() {
    use GradientEstimator::{PathDerivative, ScoreFunction, ScoreFunctionLeaveOneOut, TotalDerivative};
    let of = |particles, estimator| objective(Bound::Elbo, particles, estimator);
    for latent in continuous() {
        assert_one_mean(
            latent,
            &[
                ObjectiveConfig::default(),
                of(2, TotalDerivative),
                of(1, PathDerivative),
                of(1, ScoreFunction),
                of(3, ScoreFunctionLeaveOneOut),
            ],
        );
    }
    for latent in latents().into_iter().filter(|latent| !latent.is_bound()) {
        assert_one_mean(latent, &[of(4, ScoreFunctionLeaveOneOut), of(1, ScoreFunction)]);
    }
}

/// D8c, D9 and D13, for two stochastic layers, in the heads of the upper one.
#[test]
fn d8_d9_d13_estimators_of_two_layers_have_one_mean() {
    use GradientEstimator::{PathDerivative, ScoreFunction, ScoreFunctionLeaveOneOut, TotalDerivative, Vimco};
    let latent = LatentConfig::Stacked { size: 3, upper: 2, hidden: [5, 4] };
    let of = |kind, particles, estimator| objective(kind, particles, estimator);
    let elbo = |particles, estimator| of(Bound::Elbo, particles, estimator);
    let one = [
        elbo(2, TotalDerivative),
        elbo(1, PathDerivative),
        elbo(1, ScoreFunction),
        elbo(3, ScoreFunctionLeaveOneOut),
        of(Bound::Iwae, 1, PathDerivative),
    ];
    assert_one_mean(latent, &one);
    assert_one_mean(latent, &[of(Bound::Iwae, 2, TotalDerivative), of(Bound::Iwae, 2, Vimco)]);
}

/// D15 and D19: unbiased estimators of the bound of two particles.
#[test]
fn d15_d19_estimators_of_the_bound_have_one_mean() {
    use GradientEstimator::{Dreg, TotalDerivative, Vimco};
    let of = |estimator| objective(Bound::Iwae, 2, estimator);
    for latent in continuous() {
        assert_one_mean(latent, &[of(TotalDerivative), of(Dreg), of(Vimco)]);
    }
    // Hard codes: VIMCO without a baseline's luck, against itself with other draws.
    let latent = latents()[8];
    assert_one_mean(latent, &[of(Vimco), of(Vimco)]);
}

/// D17: the bound is the log-mean-exp of its weights, far outside the range of exp too.
#[test]
fn d17_the_bound_of_large_weights_is_finite() {
    let weights = Tensor::<2>::from_floats([[-1000.0, -1001.0], [2000.0, 2000.0]], &Device::flex());
    let bound = values(super::iwae::log_mean_exp(weights));
    assert_same(&bound, &[-1000.0 + ((1.0 + (-1.0_f64).exp()) / 2.0).ln(), 2000.0], "bound");
}

/// The default is what training did before there was a choice, and the straight-through likelihood is that of the ELBO.
#[test]
fn the_default_objective_is_the_latents_own() {
    let device = Device::flex().autodiff();
    for latent in latents() {
        let vae = vae(latent, &device);
        let own = vae.training_terms(images(4, &device), eps(latent, 4, &device), 3);
        let with = |objective: &ObjectiveConfig| {
            objective.validate(latent).unwrap();
            vae.objective_terms(images(4, &device), eps(latent, 4, &device), 3, objective)
        };
        let default = with(&ObjectiveConfig::default());
        assert!(default.estimate.is_none());
        assert_eq!(values(default.loss()), values(own.loss()));
        if !latent.is_bound() {
            let through = GradientEstimator::StraightThrough;
            let hard = with(&ObjectiveConfig { estimator: through, ..ObjectiveConfig::default() });
            assert_eq!(values(hard.elbo.value()), values(own.elbo.value()));
            assert!(gradients(&vae, &hard)[0].iter().any(|g| g.abs() > 1e-6));
        }
    }
}

/// While the divergence warms up, less of it is maximised, and the ELBO is reported in full.
#[test]
fn the_divergence_warms_up_with_the_step() {
    let device = Device::flex();
    for latent in [latents()[0], latents()[8]] {
        let vae = vae(latent, &device);
        let warm = ObjectiveConfig { kl_warm_up: 10, ..ObjectiveConfig::default() };
        let at = |step| vae.objective_terms(images(4, &device), eps(latent, 4, &device), step, &warm);
        let objective = |step| match at(step) {
            TrainingTerms { estimate: Some(estimate), .. } => values(estimate.value),
            TrainingTerms { surrogate: Some(surrogate), .. } => values(surrogate.value()),
            TrainingTerms { elbo, .. } => values(elbo.value()),
        };
        let kl = values(at(0).elbo.kl);
        for (i, kl) in kl.iter().enumerate() {
            assert!((objective(0)[i] - objective(10)[i] - kl).abs() < 1e-5 * objective(0)[i].abs());
            assert!((objective(4)[i] - objective(10)[i] - 0.6 * kl).abs() < 1e-5 * objective(0)[i].abs());
            assert_eq!(values(at(3).elbo.value()), values(at(30).elbo.value()));
        }
    }
}

#[test]
fn combinations_that_make_no_sense_are_refused_with_the_reason() {
    use GradientEstimator as E;
    let gaussian = LatentConfig::Gaussian { size: 2 };
    let bernoulli = LatentConfig::named("bernoulli").unwrap();
    let stacked = LatentConfig::Stacked { size: 2, upper: 2, hidden: [2, 2] };
    let free = |kind, particles, estimator| ObjectiveConfig { kl: None, ..objective(kind, particles, estimator) };
    let analytic = |config: ObjectiveConfig| ObjectiveConfig { kl: Some(KlEstimate::Analytic), ..config };
    for (config, latent, message) in [
        (free(Bound::Elbo, 0, E::TotalDerivative), gaussian, "(--particles) is 0; it must be 1 to 10000"),
        (
            analytic(free(Bound::Elbo, 1, E::PathDerivative)),
            gaussian,
            "--estimator path-derivative does not go with --kl analytic: in closed form",
        ),
        (analytic(free(Bound::Elbo, 1, E::ScoreFunction)), gaussian, "use --kl monte-carlo"),
        (
            analytic(free(Bound::Iwae, 2, E::TotalDerivative)),
            gaussian,
            "--kl analytic does not go with --objective iwae",
        ),
        (free(Bound::Elbo, 2, E::Dreg), gaussian, "--estimator dreg does not go with --objective elbo"),
        (free(Bound::Iwae, 1, E::Vimco), gaussian, "--estimator vimco does not go with --particles 1"),
        (free(Bound::Elbo, 1, E::ScoreFunctionLeaveOneOut), gaussian, "use at least 2"),
        (free(Bound::Iwae, 2, E::ScoreFunction), gaussian, "use --estimator vimco"),
        (free(Bound::Elbo, 1, E::PathDerivative), bernoulli, "no path leads through a hard code"),
        (free(Bound::Iwae, 2, E::TotalDerivative), bernoulli, "relaxed weights bound nothing"),
        (free(Bound::Elbo, 2, E::TotalDerivative), bernoulli, "--particles 2 does not go with --latent bernoulli"),
        (free(Bound::Elbo, 1, E::StraightThrough), gaussian, "its codes are not discrete"),
        (
            free(Bound::Iwae, 1, E::SelfTuning),
            gaussian,
            "--estimator self-tuning does not go with --objective iwae: the scores that it weighs have no mean of zero",
        ),
        (analytic(free(Bound::Elbo, 1, E::SelfTuning)), gaussian, "use --kl monte-carlo"),
        (
            free(Bound::Elbo, 1, E::SelfTuning),
            LatentConfig::Gamma { size: 2 },
            "--latent gamma: it knows the variance of the score of a Gaussian",
        ),
        (free(Bound::Elbo, 1, E::TotalDerivative), stacked, "two stochastic layers have no divergence in closed form"),
        (free(Bound::Iwae, 2, E::Dreg), stacked, "it is for one stochastic layer"),
        (free(Bound::Elbo, 1, E::SelfTuning), stacked, "it knows the variance of the score of a Gaussian"),
        (free(Bound::Elbo, 1, E::SelfTuning), bernoulli, "no path leads through a hard code"),
        (free(Bound::Iwae, 2, E::ScoreFunctionLearned), gaussian, "use --estimator vimco"),
        (analytic(free(Bound::Elbo, 1, E::ScoreFunctionMovingAverage)), gaussian, "the score multiplies the whole"),
        (
            ObjectiveConfig { kl_warm_up: 5, ..free(Bound::Iwae, 2, E::Dreg) },
            gaussian,
            "--kl-warm-up 5 does not go with",
        ),
    ] {
        let error = config.validate(latent).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
    assert!(
        free(Bound::Iwae, 2, E::PathDerivative).is_biased() && !free(Bound::Iwae, 1, E::PathDerivative).is_biased()
    );
}
