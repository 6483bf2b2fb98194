//! Estimators that keep a state: what they learn converges, and never holds the draws that it is used with.

use burn::optim::GradientsParams;
use burn::tensor::Gradients;

use super::particles::Particles;
use super::*;
use crate::latent::Route;
use crate::latent::tests::moved;
use crate::{EstimatorState, LatentLayer, LatentNoise, Pending, SelfTuning};

const STATEFUL: [GradientEstimator; 3] = [
    GradientEstimator::SelfTuning,
    GradientEstimator::ScoreFunctionMovingAverage,
    GradientEstimator::ScoreFunctionLearned,
];

const GAUSSIAN: LatentConfig = LatentConfig::Gaussian { size: 3 };
const LOG_NORMAL: LatentConfig = LatentConfig::LogNormal { size: 3 };

/// A model whose posteriors are narrow, three images so many times, and an estimator.
struct Bench {
    vae: Vae,
    images: Tensor<2>,
    objective: ObjectiveConfig,
}

impl Bench {
    fn new(latent: LatentConfig, estimator: GradientEstimator, copies: usize) -> Self {
        let device = Device::flex().autodiff();
        let objective = objective(Bound::Elbo, 1, estimator);
        objective.validate(latent).unwrap();
        Self { vae: moved(latent, -1.0, &device), images: images(3, &device).repeat_dim(0, copies), objective }
    }

    fn first(&self) -> EstimatorState {
        EstimatorState::first(self.objective.estimator, &self.vae, 1).unwrap()
    }

    fn eps(&self, step: u64) -> LatentNoise {
        let count = self.images.dims()[0] * self.objective.particles;
        self.vae.latent().noise(&mut Noise::new(3, Purpose::Test, 3, step), count, &self.images.device())
    }

    fn terms(&self, state: &EstimatorState, step: u64) -> (TrainingTerms, Pending) {
        state.terms(&self.vae, self.images.clone(), self.eps(step), (&self.objective, 0))
    }

    /// Another estimator on the same draws.
    fn stateless(&self, estimator: GradientEstimator, step: u64) -> TrainingTerms {
        let objective = objective(Bound::Elbo, self.objective.particles, estimator);
        self.vae.objective_terms(self.images.clone(), self.eps(step), 0, &objective)
    }

    /// The state after so many steps in which the model stays as it is.
    fn learnt(&self, steps: u64) -> EstimatorState {
        (0..steps).fold(self.first(), |state, step| {
            let (terms, pending) = self.terms(&state, 10_000 + step);
            pending.learn(&terms.loss().backward(), |network, _| network)
        })
    }

    /// Gradients in the biases of both heads of a Gaussian.
    fn heads(&self, gradients: &Gradients) -> [Vec<f64>; 2] {
        let (loc, log_variance) = match &self.vae.latent {
            LatentLayer::Gaussian(latent) => (&latent.loc, &latent.log_variance),
            LatentLayer::LogNormal(latent) => (&latent.loc, &latent.log_variance),
            _ => panic!("not Gaussian"),
        };
        [loc, log_variance].map(|head| values(head.bias.as_ref().unwrap().val().grad(gradients).unwrap()))
    }
}

fn weights(state: &EstimatorState) -> [Vec<f64>; 2] {
    match state {
        EstimatorState::SelfTuning(tuning) => SelfTuning::weights(tuning).map(values),
        EstimatorState::MovingAverage(_) | EstimatorState::Learned(_) => panic!("not self-tuning"),
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Before the first step self-tuning is the total derivative: in value, in the encoder, and in the decoder (traps D8, D10).
#[test]
fn self_tuning_starts_at_the_total_derivative() {
    for (latent, particles) in [(GAUSSIAN, 1), (GAUSSIAN, 3), (LOG_NORMAL, 1)] {
        let mut bench = Bench::new(latent, GradientEstimator::SelfTuning, 1);
        bench.objective.particles = particles;
        let (terms, _) = bench.terms(&bench.first(), 0);
        let total = bench.stateless(GradientEstimator::TotalDerivative, 0);
        let estimate = terms.estimate.clone().unwrap();
        assert_eq!(values(estimate.target), values(estimate.value));
        for (tuned, total) in gradients(&bench.vae, &terms).iter().zip(gradients(&bench.vae, &total)) {
            assert_same(tuned, &total, "gradient");
        }
        assert_same(&value(terms), &value(total), "value");
    }
}

/// Where the weights of the model stay, `c` comes to where the gradients of the heads' biases vary least, as measured from the path
/// derivative and the score at many draws; and there they vary no more than with `c = 1`, the total derivative, or `c = 0`.
///
/// The last two hundred steps, of 300 draws each, decide `c`: what it still moves by is within the tolerance of 0.02. The standard
/// errors are those of the measurement.
#[test]
fn self_tuning_learns_the_weights_of_least_variance() {
    const DRAWS: u64 = 3000;
    for latent in [GAUSSIAN, LOG_NORMAL] {
        let learnt = weights(&Bench::new(latent, GradientEstimator::SelfTuning, 100).learnt(1000));
        let bench = Bench::new(latent, GradientEstimator::SelfTuning, 1);
        let draws = |estimator| -> Vec<[Vec<f64>; 2]> {
            (0..DRAWS).map(|step| bench.heads(&bench.stateless(estimator, step).loss().backward())).collect()
        };
        let (total, path) = (draws(GradientEstimator::TotalDerivative), draws(GradientEstimator::PathDerivative));
        for (head, entry) in (0..2).flat_map(|head| (0..3).map(move |entry| (head, entry))) {
            let of = |draws: &[[Vec<f64>; 2]]| -> Vec<f64> { draws.iter().map(|draw| draw[head][entry]).collect() };
            let (total, path, c) = (of(&total), of(&path), learnt[head][entry]);
            let center = mean(&path);
            let pairs: Vec<[f64; 2]> =
                path.iter().zip(&total).map(|(path, total)| [path - center, path - total]).collect();
            let average = |of: &dyn Fn([f64; 2]) -> f64| mean(&pairs.iter().map(|&pair| of(pair)).collect::<Vec<_>>());

            let variance = average(&|[_, score]| score * score);
            let best = average(&|[path, score]| path * score) / variance;
            let error =
                (average(&|[path, score]| ((path - best * score) * score).powi(2)) / DRAWS as f64).sqrt() / variance;
            let what = format!("{latent:?}, head {head}, entry {entry}: c = {c}, measured {best} +- {error}");
            assert!((c - best).abs() < 6.0 * error + 0.02, "{what}");
            assert!(best < 0.95, "{what}: nothing to learn");

            for other in [0.0, 1.0] {
                let excess = |[path, score]: [f64; 2]| (path - c * score).powi(2) - (path - other * score).powi(2);
                let difference = average(&excess);
                let deviation = average(&|pair| (excess(pair) - difference).powi(2)).sqrt();
                assert!(difference < 5.0 * deviation / (DRAWS as f64).sqrt(), "{what}: against {other}");
            }
        }
    }
}

/// D13: whatever the draws of a step, its gradient is the path derivative less the score times the weights from before them; those after
/// them are others.
#[test]
fn d13_self_tuning_weighs_the_score_by_earlier_steps_alone() {
    let bench = Bench::new(GAUSSIAN, GradientEstimator::SelfTuning, 1);
    let state = bench.learnt(40);
    let before = weights(&state);
    let mut after = Vec::new();
    for step in 0..5 {
        let (terms, pending) = bench.terms(&state, step);
        let gradients = terms.loss().backward();
        let tuned = bench.heads(&gradients);
        let other = |estimator| bench.heads(&bench.stateless(estimator, step).loss().backward());
        let (total, path) = (other(GradientEstimator::TotalDerivative), other(GradientEstimator::PathDerivative));
        for (head, entry) in (0..2).flat_map(|head| (0..3).map(move |entry| (head, entry))) {
            let (path, total, tuned) = (path[head][entry], total[head][entry], tuned[head][entry]);
            let expected = path - before[head][entry] * (path - total);
            assert!((tuned - expected).abs() < 1e-5 * path.abs().max(1.0), "{head}, {entry}: {tuned} for {expected}");
        }
        after.push(weights(&pending.learn(&gradients, |network, _| network)));
    }
    assert!(after.iter().all(|after| *after != before) && after[0] != after[1]);
}

/// D8c and D13: with what it has learnt, each has the mean of the total derivative with the closed divergence.
#[test]
fn d8_d13_stateful_estimators_of_the_elbo_have_one_mean() {
    const GROUPS: u64 = 20;
    for (latent, estimator) in [GAUSSIAN, LOG_NORMAL].into_iter().flat_map(|l| STATEFUL.map(|e| (l, e))) {
        let bench = Bench::new(latent, estimator, 1);
        let state = bench.learnt(100);
        let bench = Bench { images: bench.images.repeat_dim(0, 150), ..bench };
        let average = |groups: Vec<Vec<f64>>| -> Vec<[f64; 2]> {
            let entry = |entry: usize| {
                let entries: Vec<f64> = groups.iter().map(|group| group[entry]).collect();
                let mean = mean(&entries);
                let squares = entries.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
                [mean, (squares / (GROUPS * (GROUPS - 1)) as f64).sqrt()]
            };
            (0..3).map(entry).collect()
        };
        let first = |terms: TrainingTerms| gradients(&bench.vae, &terms)[0].clone();
        let own = average((0..GROUPS).map(|step| first(bench.terms(&state, step).0)).collect());
        let exact = average(
            (GROUPS..2 * GROUPS)
                .map(|step| {
                    let images = bench.images.clone();
                    first(bench.vae.objective_terms(images, bench.eps(step), 0, &ObjectiveConfig::default()))
                })
                .collect(),
        );
        // 7 standard errors from 20 groups: a false alarm of 1e-6.
        for ([mean, error], [exact, exact_error]) in own.into_iter().zip(exact) {
            assert!(
                (mean - exact).abs() < 7.0 * error.hypot(exact_error) + 1e-6,
                "{latent:?}, {estimator}: {mean} +- {error} for {exact} +- {exact_error}"
            );
        }
    }
}

/// D13: the moving average of a step is that of the batches before it, and 0 before the first; it is the baseline of the step.
#[test]
fn d13_the_moving_average_is_of_earlier_batches() {
    let bench = Bench::new(GAUSSIAN, GradientEstimator::ScoreFunctionMovingAverage, 2);
    let average = |state: &EstimatorState| match state {
        EstimatorState::MovingAverage(average) => values(average.value())[0],
        EstimatorState::SelfTuning(_) | EstimatorState::Learned(_) => panic!("not an average"),
    };
    let (mut state, mut sum, mut mass) = (bench.first(), 0.0, 0.0);
    for step in 0..4 {
        let baseline = if mass > 0.0 { sum / mass } else { 0.0 };
        assert!((average(&state) - baseline).abs() < 1e-4, "{} for {baseline}", average(&state));
        // target = f + stop(f - b) log q
        let (terms, pending) = bench.terms(&state, step);
        let particles = Particles::new(&bench.vae, bench.images.clone(), bench.eps(step), 1);
        let log_q = values(particles.weigh(&Route::Score).log_q.squeeze_dim(1));
        let estimate = terms.estimate.clone().unwrap();
        let (target, value) = (values(estimate.target), values(estimate.value));
        for ((target, value), log_q) in target.iter().zip(&value).zip(log_q) {
            let expected = value + (value - baseline) * log_q;
            assert!((target - expected).abs() < 1e-4 * expected.abs().max(1.0), "{target} for {expected}");
        }
        state = pending.learn(&terms.loss().backward(), |network, _| network);
        (sum, mass) = (0.99 * sum + 0.01 * mean(&value), 0.99 * mass + 0.01);
    }
}

/// The baseline of NVIL learns from its own error alone, and the model learns nothing from that error.
#[test]
fn the_network_of_a_baseline_and_the_model_do_not_see_each_others_loss() {
    let bench = Bench::new(GAUSSIAN, GradientEstimator::ScoreFunctionLearned, 2);
    let state = bench.learnt(2);
    let network = state.network().unwrap();
    let (terms, pending) = bench.terms(&state, 0);
    let of = |mut gradients: Gradients| {
        let of_model = GradientsParams::from_module(&mut gradients, &bench.vae).len();
        (of_model, GradientsParams::from_module(&mut gradients, network).len())
    };
    assert_eq!(of(pending.baseline_loss().unwrap().backward()), (0, 4));
    // One hidden layer in the encoder, two heads, one hidden layer in the decoder, the output: two tensors each.
    assert_eq!(of(terms.loss().backward()), (10, 0));
}

/// A network that sees the images explains more of their log weights than an average does.
#[test]
fn the_network_of_a_baseline_learns_the_log_weights_of_the_images() {
    let bench = Bench::new(GAUSSIAN, GradientEstimator::ScoreFunctionLearned, 20);
    let mut optimizer = kernels::Adam::new([0.9, 0.999], 1e-8).init();
    let (mut state, mut errors) = (bench.first(), Vec::new());
    for step in 0..300 {
        let (terms, pending) = bench.terms(&state, step);
        errors.push(values(pending.baseline_loss().unwrap())[0]);
        state = pending.learn(&terms.loss().backward(), |network, own| optimizer.step(1e-2, network, own));
    }
    // From the second step on the average of the log weights is a part of the baseline.
    let (first, last) = (mean(&errors[1..3]), mean(&errors[280..]));
    assert!(last < 0.9 * first, "{first} to {last}");
}
