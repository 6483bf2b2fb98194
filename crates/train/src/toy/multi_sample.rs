//! Exact moments of the estimators of several particles, for any number of them, by two one-dimensional integrals.
//!
//! With `X = sum_k w_k`, `1/X^n = int t^(n-1) exp(-t X) dt / (n-1)!` and `log X = int (exp(-t) - exp(-t X)) / t dt`. Under the
//! integral the particles are independent, so that `K` of them need the expectations of one alone: with `phi = E[exp(-t w)]`,
//!
//! ```text
//! L_K                            = int (exp(-t) - phi^K) / t dt - log K
//! E[sum_k w~_k g_k]              = int K phi^(K-1) E[exp(-tw) w g] dt
//! E[sum_k w~_k^2 g_k]            = int t K phi^(K-1) E[exp(-tw) w^2 g] dt
//! E[(sum_k w~_k g_k)^2]          = int t (K phi^(K-1) E[exp(-tw) w^2 g^2] + K (K-1) phi^(K-2) E[exp(-tw) w g]^2) dt
//! E[(sum_k w~_k^2 g_k)^2]        = the same with w^4, w^2 and t^3 / 6
//! ```
//!
//! Both integrals are taken by the trapezoidal rule, in `log t` and in the noise: the integrands are smooth and fall off at either
//! end, where that rule converges exponentially.

use super::{Parameter, Toy};

/// Step in `log t`: the error of the rule is about `exp(-pi^2 / step)`.
const STEP: f64 = 0.25;

/// Where the draws of `q` itself end, in its standard deviations: beyond lies `2e-19` of them.
const TAIL: f64 = 9.0;

/// The most exponentials that are taken: about two seconds.
const MOST: f64 = 1e8;

/// Mean and variance of one estimate.
///
/// # Examples
/// ```
/// use train::toy::{ExactMoments, Normal, Toy, multi_sample};
///
/// let [q, p] = [(0.5, 0.8), (0.0, 1.0)].map(|(loc, scale)| Normal { loc, scale });
/// let toy = Toy { q, p, log_constant: 0.0 };
/// let all = multi_sample(&toy, &[4, 16, 64]).expect("short integrals");
/// let signal_to_noise = |moments: ExactMoments| moments.mean.abs() / moments.variance.sqrt();
/// // More particles drown the total derivative (Rainforth et al. 2018).
/// assert!(all.is_sorted_by(|few, many| signal_to_noise(few.total[0]) > signal_to_noise(many.total[0])));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExactMoments {
    /// The mean.
    pub mean: f64,
    /// The variance.
    pub variance: f64,
}

/// What estimators of `K` particles must show; pairs are in `loc` and `scale`.
///
/// # Examples
/// ```
/// use train::toy::{Normal, Parameter, Toy, multi_sample};
///
/// let [q, p] = [(0.5, 0.8), (0.0, 1.0)].map(|(loc, scale)| Normal { loc, scale });
/// let toy = Toy { q, p, log_constant: 0.0 };
/// let [one, two] = multi_sample(&toy, &[1, 2]).expect("short integrals")[..] else { panic!("two numbers") };
/// // Below the evidence, log 1 = 0, and rising to it.
/// assert!(one.bound < two.bound && two.bound < 0.0);
/// let gradient = two.gradient(Parameter::Loc);
/// assert!((two.dreg[0].mean - gradient).abs() < 1e-9);
/// // Sticking the landing is biased for more than one particle (trap D15).
/// assert!((one.path[0].mean - one.gradient(Parameter::Loc)).abs() < 1e-9);
/// assert!(two.path[0].mean - gradient < -0.2);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MultiSample {
    /// `L_K = E[log 1/K sum_k w_k]`, in nats.
    pub bound: f64,
    /// Of [`IwaeTotalDerivative`](super::Estimator::IwaeTotalDerivative), whose mean is the gradient of the bound.
    pub total: [ExactMoments; 2],
    /// Of [`IwaePathDerivative`](super::Estimator::IwaePathDerivative).
    pub path: [ExactMoments; 2],
    /// Of [`Dreg`](super::Estimator::Dreg).
    pub dreg: [ExactMoments; 2],
}

/// The exact moments for each number of particles, or none where `q` and `p` are so far apart that the integrals are too long.
///
/// # Panics
/// When a number of particles is 0.
pub fn multi_sample(toy: &Toy, particles: &[usize]) -> Option<Vec<MultiSample>> {
    assert!(particles.iter().all(|&k| k > 0), "a bound has at least one particle");
    // The constant in log p cancels in the weights; it is added to the bound.
    let plain = Toy { log_constant: 0.0, ..*toy };
    let nodes = nodes(&plain)?;
    let lowest = nodes.iter().filter(|node| node.eps.abs() <= TAIL).fold(0.0_f64, |low, node| low.min(node.log_weight));
    // To the left every integrand is below t E[w g], since E[w] = 1.
    let (left, right) = (-45.0, 5.0 - lowest);
    let count = ((right - left) / STEP).ceil() as usize;
    if count as f64 * nodes.len() as f64 > MOST {
        return None;
    }
    let mut sums: Vec<Sums> = particles.iter().map(|&k| Sums::new(k)).collect();
    for i in 0..=count {
        let log_t = left + STEP * i as f64;
        let slice = Slice::at(log_t, &nodes);
        for sums in &mut sums {
            sums.add(log_t, &slice);
        }
    }
    Some(sums.into_iter().map(|sums| sums.finish(toy.log_constant)).collect())
}

/// A point of the rule over the noise.
#[derive(Debug)]
struct Node {
    eps: f64,
    /// The normal density times the step.
    mass: f64,
    log_weight: f64,
    /// Total and path derivatives, of both parameters.
    terms: [[f64; 2]; 2],
}

fn nodes(toy: &Toy) -> Option<Vec<Node>> {
    let (a, r) = (toy.offset(), toy.ratio());
    // Wide enough for draws of q, and of p where the weights are large.
    let reach = TAIL.max((TAIL + a.abs()) / r);
    // The steepest log w: the strip in which exp(-t w) is analytic is as wide as its inverse.
    let slope = (a * r).abs() + (1.0 - r * r).abs() * reach;
    let step = (0.4 / slope).min(0.05);
    let half = (reach / step).ceil();
    if 2.0 * half > MOST / 200.0 {
        return None;
    }
    let half = half as i64;
    let at = |i: i64| {
        let eps = i as f64 * step;
        let mass = step * (-0.5 * eps * eps).exp() / (2.0 * std::f64::consts::PI).sqrt();
        Node { eps, mass, log_weight: toy.log_weight(eps), terms: [toy.total(eps), toy.path(eps)] }
    };
    Some((-half..=half).map(at).collect())
}

/// Expectations of one particle at one `t`, with `v = t w`; those with a derivative are of (total, path) by parameter.
#[derive(Debug, Default)]
struct Slice {
    /// `E[exp(-v)]`.
    phi: f64,
    /// `E[exp(-v) v g]`.
    first: [[f64; 2]; 2],
    /// `E[exp(-v) v^2 g^2]`.
    square: [[f64; 2]; 2],
    /// `E[exp(-v) v^2 g]`, of the path alone.
    second: [f64; 2],
    /// `E[exp(-v) v^4 g^2]`, of the path alone.
    fourth: [f64; 2],
}

impl Slice {
    fn at(log_t: f64, nodes: &[Node]) -> Self {
        let mut slice = Self::default();
        for node in nodes {
            let v = (log_t + node.log_weight).exp();
            let mass = node.mass * (-v).exp();
            slice.phi += mass;
            // Zero times infinity, far right.
            if mass == 0.0 {
                continue;
            }
            for parameter in 0..2 {
                for which in 0..2 {
                    let term = v * node.terms[which][parameter];
                    slice.first[which][parameter] += mass * term;
                    slice.square[which][parameter] += mass * term * term;
                }
                let term = v * v * node.terms[1][parameter];
                slice.second[parameter] += mass * term;
                slice.fourth[parameter] += mass * term * term;
            }
        }
        slice
    }
}

/// The integrals over `log t` for one number of particles: (mean, second moment) pairs.
#[derive(Debug)]
struct Sums {
    particles: f64,
    bound: f64,
    terms: [[[f64; 2]; 2]; 3],
}

impl Sums {
    fn new(particles: usize) -> Self {
        Self { particles: particles as f64, bound: 0.0, terms: [[[0.0; 2]; 2]; 3] }
    }

    fn add(&mut self, log_t: f64, slice: &Slice) {
        let k = self.particles;
        self.bound += STEP * ((-log_t.exp()).exp() - slice.phi.powf(k));
        let one = STEP * k * slice.phi.powf(k - 1.0);
        // No pairs of one particle, and then no negative power.
        let two = if k > 1.0 { STEP * k * (k - 1.0) * slice.phi.powf(k - 2.0) } else { 0.0 };
        for parameter in 0..2 {
            let moments = [
                (slice.first[0][parameter], slice.square[0][parameter], 1.0),
                (slice.first[1][parameter], slice.square[1][parameter], 1.0),
                (slice.second[parameter], slice.fourth[parameter], 6.0),
            ];
            for (terms, (first, square, factorial)) in self.terms.iter_mut().zip(moments) {
                terms[parameter][0] += one * first;
                terms[parameter][1] += (one * square + two * first * first) / factorial;
            }
        }
    }

    fn finish(self, log_constant: f64) -> MultiSample {
        let moments = |terms: [[f64; 2]; 2]| {
            // A variance of zero may round below it.
            terms.map(|[mean, square]| ExactMoments { mean, variance: (square - mean * mean).max(0.0) })
        };
        let [total, path, dreg] = self.terms.map(moments);
        MultiSample { bound: self.bound - self.particles.ln() + log_constant, total, path, dreg }
    }
}

impl MultiSample {
    /// The gradient of the bound in a parameter.
    pub fn gradient(&self, parameter: Parameter) -> f64 {
        self.total[parameter as usize].mean
    }
}
