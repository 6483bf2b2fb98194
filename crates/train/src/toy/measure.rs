//! Many draws of every estimator, on the same noise.

use distributions::{Noise, Purpose};

use super::moments::Moments;
use super::{Estimator, MultiSample, Parameter, Toy, exact, multi_sample};

/// Estimates below which an interval says nothing (trap D14).
pub const LEAST_DRAWS: usize = 1000;

/// Estimates made at a time.
const BLOCK: usize = 4096;

/// Estimates that an estimator may learn from before it is measured.
const WARM_UP: usize = 2000;

/// The normal quantile of an interval of 95 %.
const QUANTILE: f64 = 1.959_963_984_540_054;

/// What to measure.
///
/// # Examples
/// ```
/// use train::toy::{Estimator, Measurement, Normal, Parameter, Toy, measure};
///
/// let [q, p] = [(0.5, 0.8), (0.0, 1.0)].map(|(loc, scale)| Normal { loc, scale });
/// let toy = Toy { q, p, log_constant: 0.0 };
/// let estimators = [Estimator::TotalDerivative, Estimator::PathDerivative];
/// let measurement = Measurement { toy, estimators: &estimators, draws: 1000, seed: 1, stream: 0 };
/// let measured = measure(&measurement, &mut || 0.0);
/// let order = measured.iter().map(|entry| (entry.estimator, entry.parameter)).collect::<Vec<_>>();
/// assert_eq!(order[..2], Parameter::ALL.map(|parameter| (Estimator::TotalDerivative, parameter)));
/// // The same noise for both: the path derivative was the quieter one, as s^2 > t^2 / 2.
/// assert!(measured[2].variance < measured[0].variance);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Measurement<'a> {
    /// The problem.
    pub toy: Toy,
    /// The estimators; each has the same noise.
    pub estimators: &'a [Estimator],
    /// Estimates of each.
    pub draws: usize,
    /// Of the noise.
    pub seed: u64,
    /// A number for each measurement under one seed: streams of different numbers never meet.
    pub stream: u64,
}

/// What an estimator showed, for one parameter.
///
/// # Examples
/// ```
/// use train::toy::{Estimator, Measurement, Normal, Toy, measure};
///
/// let [q, p] = [(0.5, 0.8), (0.0, 1.0)].map(|(loc, scale)| Normal { loc, scale });
/// let toy = Toy { q, p, log_constant: 0.0 };
/// let biased = [Estimator::IwaePathDerivative { particles: 2 }];
/// let measurement = Measurement { toy, estimators: &biased, draws: 20_000, seed: 1, stream: 0 };
/// let in_loc = measure(&measurement, &mut || 0.0)[0];
/// // Its bias is known, and the draws tell it from zero.
/// let [low, high] = in_loc.bias_interval().expect("a short integral");
/// assert!(in_loc.bias_exact.is_some_and(|bias| low < bias && bias < high) && high < 0.0);
/// let off = |exact: f64| (in_loc.variance - exact).abs();
/// assert!(in_loc.variance_exact.is_some_and(|exact| off(exact) < 4.0 * in_loc.variance_error));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// The estimator.
    pub estimator: Estimator,
    /// The parameter.
    pub parameter: Parameter,
    /// The exact gradient of the estimator's objective; none where its integral is too long.
    pub gradient: Option<f64>,
    /// The mean of the estimates.
    pub mean: f64,
    /// The variance of one estimate.
    pub variance: f64,
    /// The standard error of that variance, from the sample's fourth moment.
    pub variance_error: f64,
    /// What the variance must be, where it is known.
    pub variance_exact: Option<f64>,
    /// What the bias must be, where it is known.
    pub bias_exact: Option<f64>,
    /// Estimates.
    pub draws: usize,
    /// Time of one estimate of both parameters, without its noise.
    pub seconds_per_draw: f64,
}

impl Measured {
    /// The mean less the gradient.
    pub fn bias(&self) -> Option<f64> {
        self.gradient.map(|gradient| self.mean - gradient)
    }

    /// 95 % of the intervals that are made so hold the bias.
    pub fn bias_interval(&self) -> Option<[f64; 2]> {
        let half = QUANTILE * self.mean_error();
        self.bias().map(|bias| [bias - half, bias + half])
    }

    /// The standard error of the mean.
    pub fn mean_error(&self) -> f64 {
        (self.variance / self.draws as f64).sqrt()
    }

    /// `|mean| / sqrt(variance)`, of one estimate.
    pub fn snr(&self) -> f64 {
        self.mean.abs() / self.variance.sqrt()
    }
}

/// Draws every estimator `draws` times, after a warm-up for those that learn. `now` reads a clock, in seconds.
///
/// Returns two entries an estimator, `loc` and `scale`, in the order given.
///
/// # Panics
/// When there are fewer than two draws.
pub fn measure(measurement: &Measurement<'_>, now: &mut dyn FnMut() -> f64) -> Vec<Measured> {
    let Measurement { toy, estimators, draws, seed, stream } = *measurement;
    assert!(draws >= 2, "a variance needs two draws");
    let width = estimators.iter().map(|estimator| estimator.width()).max().unwrap_or(1);
    let particles = estimators.iter().filter(|estimator| estimator.is_multi_sample()).map(|e| e.width()).max();
    let multi = particles.and_then(|particles| multi_sample(&toy, &[particles])).and_then(|all| all.first().copied());
    let expected: Vec<[Expected; 2]> =
        estimators.iter().map(|e| Parameter::ALL.map(|p| Expected::of(&toy, *e, p, multi.as_ref()))).collect();
    let mut states: Vec<_> = estimators.iter().map(|estimator| estimator.init()).collect();
    let mut moments: Vec<[Moments; 2]> =
        expected.iter().map(|pair| pair.map(|e| Moments::about(e.gradient.unwrap_or(e.single)))).collect();
    let mut seconds = vec![0.0; estimators.len()];

    let mut noise = vec![0.0_f32; BLOCK * width];
    let mut eps = vec![0.0_f64; BLOCK * width];
    let mut gradients = vec![[0.0; 2]; BLOCK];
    let mut source = Noise::new(seed, Purpose::Estimators, stream, 0);
    let mut draw = |count: usize, eps: &mut [f64]| {
        source.fill_normal(&mut noise[..count * width]);
        for (eps, noise) in eps.iter_mut().zip(&noise[..count * width]) {
            *eps = f64::from(*noise);
        }
    };
    draw(WARM_UP, &mut eps);
    for (state, estimator) in states.iter_mut().zip(estimators) {
        for row in eps[..WARM_UP * width].chunks_exact(width) {
            state.gradient(&toy, &row[..estimator.width()]);
        }
    }
    for start in (0..draws).step_by(BLOCK) {
        let count = BLOCK.min(draws - start);
        draw(count, &mut eps);
        for (which, estimator) in estimators.iter().enumerate() {
            let started = now();
            for (gradient, row) in gradients.iter_mut().zip(eps[..count * width].chunks_exact(width)) {
                *gradient = states[which].gradient(&toy, &row[..estimator.width()]);
            }
            seconds[which] += now() - started;
            for gradient in &gradients[..count] {
                moments[which].iter_mut().zip(gradient).for_each(|(moments, value)| moments.add(*value));
            }
        }
    }

    let mut measured = Vec::with_capacity(2 * estimators.len());
    for (which, &estimator) in estimators.iter().enumerate() {
        for (i, parameter) in Parameter::ALL.into_iter().enumerate() {
            let (moments, expected) = (moments[which][i], expected[which][i]);
            measured.push(Measured {
                estimator,
                parameter,
                gradient: expected.gradient,
                mean: moments.mean(),
                variance: moments.variance(),
                variance_error: moments.variance_error(),
                variance_exact: expected.variance,
                bias_exact: expected.bias,
                draws,
                seconds_per_draw: seconds[which] / draws as f64,
            });
        }
    }
    measured
}

/// What an estimator must show.
#[derive(Debug, Clone, Copy)]
struct Expected {
    /// The gradient of the ELBO, which is always known.
    single: f64,
    gradient: Option<f64>,
    variance: Option<f64>,
    bias: Option<f64>,
}

impl Expected {
    fn of(toy: &Toy, estimator: Estimator, parameter: Parameter, multi: Option<&MultiSample>) -> Self {
        let index = parameter as usize;
        let moments = multi.and_then(|multi| match estimator {
            Estimator::IwaeTotalDerivative { .. } => Some(multi.total[index]),
            Estimator::IwaePathDerivative { .. } => Some(multi.path[index]),
            Estimator::Dreg { .. } => Some(multi.dreg[index]),
            Estimator::Vimco { .. }
            | Estimator::TotalDerivative
            | Estimator::PathDerivative
            | Estimator::ScoreFunction
            | Estimator::ScoreFunctionMovingAverage { .. }
            | Estimator::ScoreFunctionLeaveOneOut { .. }
            | Estimator::ScoreFunctionLearned
            | Estimator::SelfTuning => None,
        });
        let of_elbo = -[toy.offset() / toy.p.scale, toy.ratio() / toy.p.scale - 1.0 / toy.q.scale][index];
        match exact(toy, estimator, parameter) {
            Some(single) => Self {
                single: of_elbo,
                gradient: Some(single.gradient),
                variance: Some(single.variance),
                bias: Some(0.0),
            },
            None => {
                let gradient = multi.map(|multi| multi.gradient(parameter));
                // VIMCO is unbiased, and its variance has no such form.
                let bias = gradient.map(|gradient| moments.map_or(0.0, |moments| moments.mean - gradient));
                Self { single: of_elbo, gradient, variance: moments.map(|moments| moments.variance), bias }
            }
        }
    }
}
