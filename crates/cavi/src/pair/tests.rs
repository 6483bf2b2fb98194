//! Every pair against an independent computation: quadrature, and the definition of conjugacy.

use super::*;
use crate::special::ln_gamma;

/// `W^-1` of the normal-Wishart.
const WISHART: [[f64; 2]; 2] = [[2.0, 0.5], [0.5, 1.0]];

fn pairs() -> Vec<(Pair, Vec<Vec<f64>>)> {
    let column = |values: &[f64]| values.iter().map(|&x| vec![x]).collect::<Vec<_>>();
    vec![
        (
            Pair::Normal(NormalFixedPrecision::new(0.7, vec![1.0, -2.0], 0.3).unwrap().with_centre(vec![0.5, 0.25])),
            vec![vec![0.3, 1.0], vec![2.0, -1.5], vec![-1.0, 0.2]],
        ),
        (
            Pair::NormalGamma(
                NormalGamma::new(vec![1.0, -2.0], 0.4, 1.5, vec![0.6, 2.0]).unwrap().with_centre(vec![0.5, 0.25]),
            ),
            vec![vec![0.3, 1.0], vec![2.0, -1.5], vec![-1.0, 0.2]],
        ),
        (
            Pair::NormalWishart(
                NormalWishart::new(vec![1.0, -2.0], 0.4, 3.5, WISHART.map(Vec::from).to_vec())
                    .unwrap()
                    .with_centre(vec![0.5, 0.25]),
            ),
            vec![vec![0.3, 1.0], vec![2.0, -1.5], vec![-1.0, 0.2]],
        ),
        (Pair::LogNormal(LogNormal::new(2.0, 0.3, 0.5).unwrap().with_centre(0.4)), column(&[0.3, 2.0, 5.0])),
        (Pair::Poisson(PoissonGamma::new(2.0, 0.5).unwrap()), column(&[0.0, 3.0, 7.0])),
        (Pair::Exponential(ExponentialGamma::new(2.0, 0.5).unwrap()), column(&[0.1, 2.5, 0.7])),
        (Pair::Bernoulli(BernoulliBeta::new(1.5, 0.7).unwrap()), column(&[1.0, 0.0, 1.0])),
        (Pair::Categorical(CategoricalDirichlet::new(vec![0.5, 1.0, 2.0]).unwrap()), column(&[2.0, 0.0, 2.0])),
    ]
}

/// `E_q[log p(x)] - KL` of the exact posterior of several observations: with every constant right, it is the log evidence.
fn bound(pair: &Pair, data: &[Vec<f64>]) -> f64 {
    let mut total = vec![0.0; pair.features()];
    let mut t = vec![0.0; pair.features()];
    let mut base = 0.0;
    for x in data {
        base += pair.sufficient_statistics(x, &mut t);
        total.iter_mut().zip(&t).for_each(|(a, b)| *a += b);
    }
    let q = pair.update(&total);
    let mut eta = vec![0.0; pair.features()];
    pair.expected_natural(&q, &mut eta);
    base + total.iter().zip(&eta).map(|(a, b)| a * b).sum::<f64>() - pair.kl_divergence(&q)
}

/// The log evidence of one pair by its textbook marginal, written without the code under test.
fn evidence(pair: &Pair, data: &[Vec<f64>]) -> f64 {
    let n = data.len() as f64;
    let ln_tau = |precision: f64| (precision / std::f64::consts::TAU).ln();
    let normal = |tau: f64, nu: &[f64], rho: f64, rows: &[Vec<f64>]| -> f64 {
        // Sequential: p(x_n | x_<n) is normal with precision tau rho' / (tau + rho').
        let (mut mean, mut precision, mut total) = (nu.to_vec(), rho, 0.0);
        for row in rows {
            let marginal = tau * precision / (tau + precision);
            for (x, m) in row.iter().zip(mean.iter_mut()) {
                total += 0.5 * ln_tau(marginal) - 0.5 * marginal * (x - *m).powi(2);
                *m = (precision * *m + tau * x) / (precision + tau);
            }
            precision += tau;
        }
        total
    };
    match pair {
        Pair::Normal(pair) => normal(pair.tau(), pair.nu(), pair.rho(), data),
        Pair::NormalGamma(_) => {
            // Murphy (2007), eq. 95, on each axis.
            let (kappa, alpha) = (0.4, 1.5);
            let axis = |axis: usize, nu: f64, beta: f64| {
                let sum: f64 = data.iter().map(|row| row[axis]).sum();
                let mean = sum / n.max(1.0);
                let square: f64 = data.iter().map(|row| (row[axis] - mean).powi(2)).sum();
                let beta_n = beta + 0.5 * square + 0.5 * kappa * n * (mean - nu).powi(2) / (kappa + n);
                ln_gamma(alpha + 0.5 * n) - ln_gamma(alpha) + alpha * beta.ln() - (alpha + 0.5 * n) * beta_n.ln()
                    + 0.5 * (kappa / (kappa + n)).ln()
                    - 0.5 * n * std::f64::consts::TAU.ln()
            };
            axis(0, 1.0, 0.6) + axis(1, -2.0, 2.0)
        }
        Pair::NormalWishart(_) => {
            // Murphy (2007), eq. 266.
            let (kappa, dof, nu) = (0.4, 3.5, [1.0, -2.0]);
            let mean = [0, 1].map(|axis| data.iter().map(|row| row[axis]).sum::<f64>() / n.max(1.0));
            let entry = |i: usize, j: usize| {
                let scatter: f64 = data.iter().map(|row| (row[i] - mean[i]) * (row[j] - mean[j])).sum();
                WISHART[i][j] + scatter + kappa * n / (kappa + n) * (mean[i] - nu[i]) * (mean[j] - nu[j])
            };
            let determinant = |m: &dyn Fn(usize, usize) -> f64| m(0, 0) * m(1, 1) - m(0, 1) * m(1, 0);
            let ln_gamma_2 = |x: f64| ln_gamma(x) + ln_gamma(x - 0.5);
            ln_gamma_2(0.5 * (dof + n)) - ln_gamma_2(0.5 * dof) + 0.5 * dof * determinant(&|i, j| WISHART[i][j]).ln()
                - 0.5 * (dof + n) * determinant(&entry).ln()
                + (kappa / (kappa + n)).ln()
                - n * std::f64::consts::PI.ln()
        }
        Pair::LogNormal(pair) => {
            let pair = pair.logarithm();
            let logs: Vec<Vec<f64>> = data.iter().map(|row| vec![row[0].ln()]).collect();
            normal(pair.tau(), pair.nu(), pair.rho(), &logs) - logs.iter().map(|row| row[0]).sum::<f64>()
        }
        Pair::Poisson(_) => {
            let (alpha, beta) = (2.0, 0.5);
            let total: f64 = data.iter().map(|row| row[0]).sum();
            let factorials: f64 = data.iter().map(|row| ln_gamma(row[0] + 1.0)).sum();
            alpha * f64::ln(beta) - ln_gamma(alpha) + ln_gamma(alpha + total)
                - (alpha + total) * (beta + n).ln()
                - factorials
        }
        Pair::Exponential(_) => {
            let (alpha, beta) = (2.0, 0.5);
            let total: f64 = data.iter().map(|row| row[0]).sum();
            alpha * f64::ln(beta) - ln_gamma(alpha) + ln_gamma(alpha + n) - (alpha + n) * (beta + total).ln()
        }
        Pair::Bernoulli(_) => {
            let (a, b) = (1.5, 0.7);
            let ones: f64 = data.iter().map(|row| row[0]).sum();
            let ln_beta = |a: f64, b: f64| ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b);
            ln_beta(a + ones, b + n - ones) - ln_beta(a, b)
        }
        Pair::Categorical(_) => {
            // A Polya urn, draw by draw.
            let mut urn = [0.5, 1.0, 2.0];
            let mut total = 0.0;
            for row in data {
                let class = row[0] as usize;
                total += (urn[class] / urn.iter().sum::<f64>()).ln();
                urn[class] += 1.0;
            }
            total
        }
    }
}

/// D31 for each pair alone: the bound at the exact posterior is the log evidence, every constant included.
#[test]
fn d31_the_bound_of_one_component_is_the_log_evidence() {
    for (pair, data) in pairs() {
        for rows in 0..=data.len() {
            let (bound, exact) = (bound(&pair, &data[..rows]), evidence(&pair, &data[..rows]));
            assert!((bound - exact).abs() < 1e-12 * exact.abs().max(1.0), "{pair:?}: {bound} for {exact}");
        }
    }
}

/// D34: no data gives the prior, to the bit, and no divergence.
#[test]
fn d34_without_data_the_posterior_is_the_prior_exactly() {
    for (pair, _) in pairs() {
        let prior = pair.prior();
        assert_eq!(prior, pair.update(&vec![0.0; pair.features()]));
        // The trace of a matrix and its inverse rounds; all else cancels to the bit.
        let rounding = if matches!(pair, Pair::NormalWishart(_)) { 1e-14 } else { 0.0 };
        assert!(pair.kl_divergence(&prior).abs() <= rounding, "{pair:?}");
    }
    let NormalPosterior { mean, precision } =
        NormalFixedPrecision::new(3.0, vec![181.62], 0.1).unwrap().with_centre(vec![17.3]).prior();
    assert_eq!((mean, precision), (vec![181.62], 0.1));
}

/// D37: `tau` and `rho` are precisions, `beta` is a rate.
#[test]
fn d37_precisions_and_rates_mean_what_they_say() {
    let q = NormalFixedPrecision::new(4.0, vec![0.0], 1.0).unwrap().update(&[2.0, 6.0]);
    assert_eq!((q.mean[0], q.precision), (24.0 / 9.0, 9.0));
    let q = PoissonGamma::new(3.0, 2.0).unwrap().update(&[4.0, 10.0]);
    assert_eq!((q.shape, q.rate), (13.0, 6.0));
}

#[test]
fn parameters_out_of_range_are_named() {
    assert_eq!(PoissonGamma::new(0.0, 1.0).unwrap_err().to_string(), "alpha is 0; it must be positive: it is a shape");
    assert!(NormalFixedPrecision::new(-1.0, vec![0.0], 1.0).unwrap_err().to_string().contains("tau is -1"));
    assert!(NormalFixedPrecision::new(1.0, vec![f64::NAN], 1.0).is_err());
    assert!(LogNormal::new(1.0, 0.0, f64::INFINITY).is_err());
    assert!(CategoricalDirichlet::new(vec![]).is_err());
    assert!(NormalGamma::new(vec![0.0, 1.0], 1.0, 1.0, vec![1.0]).is_err());
    let wishart = |dof, scale| NormalWishart::new(vec![0.0, 0.0], 1.0, dof, scale).unwrap_err().to_string();
    assert!(wishart(1.0, vec![vec![1.0, 0.0], vec![0.0, 1.0]]).starts_with("degrees-of-freedom is 1"));
    assert!(
        wishart(3.0, vec![vec![1.0, 2.0], vec![2.0, 1.0]]).starts_with("inverse-scale is [[1.0, 2.0], [2.0, 1.0]]")
    );
}

/// `E[ln |P|]`, alone: in a bound, an error of it would cancel. By the recurrence of the digamma function from 1 and 1/2:
/// `psi(2) + psi(3/2) + 2 ln 2 = (1 - g) + (2 - g - 2 ln 2) + 2 ln 2 = 3 - 2 g`, with Euler's constant `g`.
#[test]
fn the_expected_log_determinant_of_a_wishart_is_that_of_bishop() {
    let identity = vec![vec![1.0, 0.0], vec![0.0, 1.0]];
    let pair = NormalWishart::new(vec![0.0, 0.0], 1.0, 4.0, identity).unwrap();
    let mut eta = vec![0.0; pair.features()];
    pair.expected_natural(&pair.prior(), &mut eta);
    let expected_log_determinant = 2.0 * eta[0] + 2.0;
    assert!((expected_log_determinant - (3.0 - 2.0 * 0.577_215_664_901_532_9)).abs() < 1e-14);
}

/// Events on a line, far from the prior: the sum of squares loses its digits, and nothing else.
#[test]
fn a_wishart_without_room_stays_positive_definite() {
    let inverse_scale = vec![vec![1e-12, 0.0], vec![0.0, 1e-12]];
    let pair = NormalWishart::new(vec![1e9, 1e9], 0.1, 4.0, inverse_scale).unwrap().with_centre(vec![0.0, 0.0]);
    let mut total = vec![0.0; pair.features()];
    let mut t = total.clone();
    for n in 0..100 {
        let x = 0.37 * f64::from(n);
        pair.sufficient_statistics(&[x, 3.0 * x], &mut t);
        total.iter_mut().zip(&t).for_each(|(a, b)| *a += b);
    }
    let q = pair.update(&total);
    pair.expected_natural(&q, &mut t);
    assert!(t.iter().all(|eta| eta.is_finite()) && pair.kl_divergence(&q).is_finite(), "{t:?}");
}

/// D45: the predictive after some data is the ratio of two evidences, and it sums or integrates to 1.
#[test]
fn d45_the_predictive_is_a_ratio_of_evidences() {
    for (pair, data) in pairs() {
        let (seen, new) = (&data[..2], &data[2]);
        let mut total = vec![0.0; pair.features()];
        let mut t = total.clone();
        for x in seen {
            pair.sufficient_statistics(x, &mut t);
            total.iter_mut().zip(&t).for_each(|(a, b)| *a += b);
        }
        let predictive = pair.log_predictive(&pair.update(&total), new);
        let ratio = evidence(&pair, &data) - evidence(&pair, seen);
        assert!((predictive - ratio).abs() < 1e-11 * ratio.abs().max(1.0), "{pair:?}: {predictive} for {ratio}");
    }
}

/// D41: shape, rate, count and the log mass of mpmath (60 digits), where the gamma functions alone are 1e16.
#[test]
fn d41_the_negative_binomial_keeps_its_digits() {
    const GOLDEN: [(f64, f64, f64, f64); 10] = [
        (2.5, 0.5, 0.0, -2.746530721670274),
        (2.5, 0.5, 3.0, -2.081554418077025),
        (0.7, 3.0, 12.0, -17.8519483467784),
        (40.0, 2.0, 25.0, -3.151077542012098),
        (1e6, 10.0, 1e5, -6.72305719650104),
        (1e15, 1.0, 1e15, -18.53490032093999),
        (1e15, 1.0, 1e15 + 7e7, -19.75990033056499),
        (1e12, 3.0, 4e11, -4622392894.821586),
        (5.0, 1e-9, 1e9, -24.901319661794357),
        (1e-3, 2.0, 1e4, -11002.231601113144),
    ];
    let pair = PoissonGamma::new(1.0, 1.0).unwrap();
    for (shape, rate, count, expected) in GOLDEN {
        let log_mass = pair.log_predictive(&GammaPosterior { shape, rate }, &[count]);
        assert!((log_mass - expected).abs() <= 1e-12 * expected.abs(), "{count}: {log_mass} for {expected}");
    }
}

/// D45: over its whole support.
#[test]
fn d45_the_predictive_sums_and_integrates_to_one() {
    let strength = PoissonGamma::new(2.0, 0.5).unwrap();
    let q = strength.update(&[3.0, 10.0]);
    let total: f64 = (0..2000).map(|s| strength.log_predictive(&q, &[f64::from(s)]).exp()).sum();
    assert!((total - 1.0).abs() < 1e-12, "{total}");
    // By the midpoint rule in ln x, where the density of a log-normal is smooth.
    let distance = LogNormal::new(2.0, 0.3, 0.5).unwrap();
    let q = distance.update(&[2.0, 1.0]);
    let step = 0.001;
    let midpoints = (0..40_000).map(|i| -20.0 + step * (f64::from(i) + 0.5));
    let total: f64 = midpoints.map(|y| (distance.log_predictive(&q, &[y.exp()]) + y).exp() * step).sum();
    assert!((total - 1.0).abs() < 1e-9, "{total}");
    // Student-t: by the substitution x = tan(u), which brings its tails near.
    let place = NormalWishart::new(vec![0.5], 0.4, 3.5, vec![vec![2.0]]).unwrap();
    let axis = NormalGamma::new(vec![0.5], 0.4, 1.75, vec![1.0]).unwrap();
    let (q, q_axis) = (place.update(&[2.0, 1.0, 3.0]), axis.update(&[2.0, 1.0, 3.0]));
    let step = std::f64::consts::PI / 40_000.0;
    let (mut total, mut largest) = (0.0, 0.0_f64);
    for i in 0..40_000 {
        let u = -0.5 * std::f64::consts::PI + step * (f64::from(i) + 0.5);
        let (x, jacobian) = (u.tan(), u.cos().powi(-2));
        let log_predictive = place.log_predictive(&q, &[x]);
        total += log_predictive.exp() * jacobian * step;
        // In one dimension a Wishart of W^-1 and f degrees of freedom is a gamma of shape f/2 and rate W^-1 / 2.
        largest = largest.max((log_predictive - axis.log_predictive(&q_axis, &[x])).abs());
    }
    assert!((total - 1.0).abs() < 1e-9 && largest < 1e-11, "{total}, {largest}");
}
