use super::estimators::{SelfTuning, leave_one_out, path_derivative};
use super::*;

const NAMED: Toy = Toy { q: Normal { loc: 0.5, scale: 0.8 }, p: Normal { loc: 0.0, scale: 1.0 }, log_constant: 0.0 };

fn toy(m: f64, s: f64, u: f64, t: f64) -> Toy {
    Toy { q: Normal { loc: m, scale: s }, p: Normal { loc: u, scale: t }, log_constant: 0.0 }
}

fn measured(toy: Toy, particles: Option<usize>, draws: usize, stream: u64) -> Vec<Measured> {
    let estimators = Estimator::all(particles);
    measure(&Measurement { toy, estimators: &estimators, draws, seed: 3, stream }, &mut || 0.0)
}

fn variance(toy: &Toy, estimator: Estimator, parameter: Parameter) -> f64 {
    exact(toy, estimator, parameter).unwrap().variance
}

fn assert_near(actual: f64, expected: f64, tolerance: f64) {
    assert!((actual - expected).abs() <= tolerance, "{actual} for {expected}");
}

/// D11: the closed forms and their fixtures, and that the path derivative is the better one only above `t / sqrt 2`.
#[test]
fn d11_the_path_derivative_wins_only_for_a_wide_q() {
    for (m, s, u, t, expected) in [
        (0.3, 1.0, 0.0, 1.0, [1.0, 0.0, 2.09, 0.09]),
        (0.3, 0.5, 0.0, 1.0, [0.25, 2.25, 0.59, 4.59]),
        (0.0, 0.5_f64.sqrt(), 0.0, 1.0, [0.5, 0.5, 1.0, 1.0]),
    ] {
        let toy = toy(m, s, u, t);
        let actual = Parameter::ALL.map(|parameter| {
            [Estimator::TotalDerivative, Estimator::PathDerivative].map(|e| variance(&toy, e, parameter))
        });
        for (actual, expected) in actual.as_flattened().iter().zip(expected) {
            assert_near(*actual, expected, 1e-12);
        }
    }
    for s in [0.1, 0.5, 0.9, 1.3, 1.5, 2.5] {
        let (t, a) = (2.0_f64, 1.2);
        let toy = toy(0.2, s, 0.2 - a, t);
        let t4 = t.powi(4);
        let by_hand = |parameter| match parameter {
            Parameter::Loc => [s * s / t4, (1.0 / s - s / (t * t)).powi(2)],
            Parameter::Scale => [(a * a + 2.0 * s * s) / t4, a * a / t4 + 2.0 * (1.0 / s - s / (t * t)).powi(2)],
        };
        for parameter in Parameter::ALL {
            let [total, path] = by_hand(parameter);
            assert_near(variance(&toy, Estimator::TotalDerivative, parameter), total, 1e-12);
            assert_near(variance(&toy, Estimator::PathDerivative, parameter), path, 1e-12 * path.max(1.0));
            assert_eq!(path < total, s * s > t * t / 2.0);
            let weight = exact(&toy, Estimator::SelfTuning, parameter).unwrap().optimal_weight;
            assert_near(weight, 1.0 - s * s / (t * t), 1e-12);
        }
    }
}

/// Every mean within 6 standard errors of the exact one, every variance within 6 of its closed form (false alarms of 2e-9 each;
/// the moving average's draws are a little correlated, and self-tuning still learns).
#[test]
fn d14_means_and_variances_are_the_exact_ones() {
    let draws = 200_000;
    for (stream, (toy, particles)) in [
        (NAMED, Some(2)),
        (toy(0.3, 1.0, 0.0, 1.0), Some(1)),
        (toy(0.3, 0.5, 0.0, 1.0), Some(5)),
        (toy(-3.0, 1.0, -1.0, 3.0), None),
        (Toy { log_constant: 4.0, ..toy(0.3, 1.0, 0.0, 1.0) }, None),
    ]
    .into_iter()
    .enumerate()
    {
        for entry in measured(toy, particles, draws, stream as u64) {
            let (name, parameter) = (entry.estimator.name(), entry.parameter.name());
            let bias = entry.bias().unwrap() - entry.bias_exact.unwrap();
            // A path derivative in `loc` may be the same number each time.
            assert!(bias.abs() <= 6.0 * entry.mean_error() + 1e-9, "{name}, {parameter}: bias {bias}");
            let Some(variance) = entry.variance_exact else { continue };
            let slack = match entry.estimator {
                // The weight is still being learnt: an error of it costs its square times Var(score), at most 2 / s^2.
                Estimator::SelfTuning => 1e-4 / toy.q.scale.powi(2),
                _ => 1e-9,
            };
            assert!(
                (entry.variance - variance).abs() <= 6.0 * entry.variance_error + slack,
                "{name}, {parameter}: variance {} +- {} for {variance}",
                entry.variance,
                entry.variance_error
            );
        }
    }
}

/// D8b: with `q = p` the path derivative and DReG are zero, draw by draw.
#[test]
fn d8_d10_the_path_derivative_is_zero_draw_by_draw_where_q_is_p() {
    let toy = toy(0.3, 0.7, 0.3, 0.7);
    for i in -50..50 {
        assert_eq!(path_derivative(&toy, &[0.13 * f64::from(i)]), [0.0, 0.0]);
    }
    let particles = 3;
    for estimator in [Estimator::IwaePathDerivative { particles }, Estimator::Dreg { particles }] {
        assert_eq!(estimator.init().gradient(&toy, &[0.3, -2.0, 1.7]), [0.0, 0.0]);
    }
}

/// D12: near the optimum the score function is the best, and a constant added to log p makes it as bad as one likes: its variance is a
/// parabola in the constant, while its mean and its variance with a baseline stay.
#[test]
fn d12_a_constant_in_log_p_grows_the_variance_of_the_score_function_as_its_square() {
    let at =
        |c: f64, estimator| variance(&Toy { log_constant: c, ..toy(0.3, 1.0, 0.0, 1.0) }, estimator, Parameter::Loc);
    // score f = eps (-0.045 - 0.3 eps): 0.045^2 + 2 * 0.09.
    assert_near(at(0.0, Estimator::ScoreFunction), 0.182025, 1e-12);
    assert!(at(0.0, Estimator::ScoreFunction) < at(0.0, Estimator::TotalDerivative));
    // Var(score (f + C)) = Var(score f) + 2 C Cov(score f, score) + C^2 Var(score), Var(score) = 1.
    let curvature = at(10.0, Estimator::ScoreFunction) - 2.0 * at(0.0, Estimator::ScoreFunction)
        + at(-10.0, Estimator::ScoreFunction);
    assert_near(curvature, 200.0, 1e-9);
    let leave_one_out = Estimator::ScoreFunctionLeaveOneOut { draws: 2 };
    for estimator in [leave_one_out, Estimator::ScoreFunctionLearned, Estimator::TotalDerivative] {
        assert_near(at(1000.0, estimator), at(0.0, estimator), 1e-6);
    }
}

/// D13: leave-one-out is unbiased, and the mean of all draws as a baseline shrinks the gradient by exactly `1 - 1/n`.
#[test]
fn d13_a_baseline_that_holds_its_own_draw_shrinks_the_gradient() {
    let eps = [0.3, -1.2, 0.9, 2.0];
    let n = eps.len() as f64;
    let mean = eps.iter().map(|&eps| NAMED.log_weight(eps)).sum::<f64>() / n;
    let full: f64 = eps.iter().map(|&eps| NAMED.score(eps)[0] * (NAMED.log_weight(eps) - mean)).sum::<f64>() / n;
    assert_near(full, (1.0 - 1.0 / n) * leave_one_out(&NAMED, &eps)[0], 1e-14);
    let by_definition: f64 = (0..eps.len())
        .map(|i| {
            let others = eps.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, &eps)| NAMED.log_weight(eps));
            NAMED.score(eps[i])[0] * (NAMED.log_weight(eps[i]) - others.sum::<f64>() / (n - 1.0)) / n
        })
        .sum();
    assert_near(by_definition, leave_one_out(&NAMED, &eps)[0], 1e-14);
}

/// Self-tuning begins as the total derivative and ends at `c* = 1 - s^2 / t^2`, which is negative for a wide `q`.
#[test]
fn d13_self_tuning_learns_its_weight_from_earlier_draws() {
    for s in [0.4, 1.0, 1.5] {
        let toy = toy(0.7, s, 0.0, 1.0);
        let mut state = SelfTuning::default();
        assert_eq!(state.weights(&toy), [1.0, 1.0]);
        for (gradient, total) in state.gradient(&toy, 0.4).iter().zip(toy.total(0.4)) {
            assert_near(*gradient, total, 1e-14);
        }
        let mut eps = vec![0.0; 400_000];
        distributions::Noise::new(1, distributions::Purpose::Test, 0, 0).fill_normal(&mut eps);
        for eps in eps {
            state.gradient(&toy, f64::from(eps));
        }
        for weight in state.weights(&toy) {
            assert_near(weight, 1.0 - s * s, 0.03);
        }
    }
}

/// D15: the fixture of two particles, whose truth came from two-dimensional quadrature and finite differences.
#[test]
fn d15_sticking_the_landing_is_biased_for_two_particles_and_dreg_is_not() {
    let two = multi_sample(&NAMED, &[2]).unwrap()[0];
    assert_near(two.bound, -0.116643234, 1e-8);
    for (moments, expected) in [
        (two.total, [-0.359824129, 0.424057284]),
        (two.path, [-0.578848927, 0.601483277]),
        (two.dreg, [-0.359824129, 0.424057284]),
    ] {
        for (moments, expected) in moments.iter().zip(expected) {
            assert_near(moments.mean, expected, 2e-9);
        }
    }
    // Draws agree, and tell the bias from zero.
    for entry in measured(NAMED, Some(2), 200_000, 7) {
        if let Estimator::IwaePathDerivative { .. } = entry.estimator {
            assert!(entry.bias().unwrap().abs() > 20.0 * entry.mean_error());
        }
    }
}

/// The two one-dimensional integrals against a plain rule in two dimensions, for means and second moments.
#[test]
fn d15_two_particles_agree_with_a_rule_in_two_dimensions() {
    let toy = toy(0.4, 1.3, -0.1, 0.9);
    let two = multi_sample(&toy, &[2]).unwrap()[0];
    let (h, half) = (0.05, 180);
    let density = |eps: f64| h * (-0.5 * eps * eps).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let estimators = [
        Estimator::IwaeTotalDerivative { particles: 2 },
        Estimator::IwaePathDerivative { particles: 2 },
        Estimator::Dreg { particles: 2 },
    ];
    for (estimator, expected) in estimators.into_iter().zip([two.total, two.path, two.dreg]) {
        let mut state = estimator.init();
        let mut sums = [[0.0; 2]; 2];
        for i in -half..=half {
            for j in -half..=half {
                let eps = [f64::from(i) * h, f64::from(j) * h];
                let mass = density(eps[0]) * density(eps[1]);
                for (sums, gradient) in sums.iter_mut().zip(state.gradient(&toy, &eps)) {
                    sums[0] += mass * gradient;
                    sums[1] += mass * gradient * gradient;
                }
            }
        }
        for (sums, expected) in sums.iter().zip(expected) {
            assert_near(sums[0], expected.mean, 1e-8);
            assert_near(sums[1] - sums[0] * sums[0], expected.variance, 1e-8);
        }
    }
}

/// D15 and D16: one particle gives the estimators of the ELBO; with more, the signal-to-noise ratio of the total derivative falls. That of DReG
/// rises where `E_q[w^4]` is finite, which needs `s^2 > 3/4 t^2`, and falls where it is not.
#[test]
fn d16_the_signal_to_noise_ratio_of_the_total_derivative_falls_with_the_particles() {
    let snr = |moments: ExactMoments| moments.mean.abs() / moments.variance.sqrt();
    for (toy, dreg_rises) in [(NAMED, false), (toy(0.5, 1.1, 0.0, 1.0), true)] {
        let all = multi_sample(&toy, &[1, 4, 16, 64, 256]).unwrap();
        for parameter in Parameter::ALL {
            let i = parameter as usize;
            for (moments, estimator) in [
                (all[0].total[i], Estimator::TotalDerivative),
                (all[0].path[i], Estimator::PathDerivative),
                (all[0].dreg[i], Estimator::PathDerivative),
            ] {
                let exact = exact(&toy, estimator, parameter).unwrap();
                assert_near(moments.mean, exact.gradient, 1e-9);
                assert_near(moments.variance, exact.variance, 1e-9);
            }
            for pair in all[1..].windows(2) {
                assert!(snr(pair[1].total[i]) < snr(pair[0].total[i]));
                assert_eq!(snr(pair[1].dreg[i]) > snr(pair[0].dreg[i]), dreg_rises);
            }
        }
        assert!(all.windows(2).all(|pair| pair[1].bound > pair[0].bound && pair[1].bound < 0.0));
    }
}

#[test]
fn problems_that_cannot_be_are_refused_with_their_number() {
    assert_eq!(NAMED.validate(), Ok(()));
    for (bad, message) in [
        (toy(0.0, 0.0, 0.0, 1.0), "the scale of q (--q-scale) is 0; it must be positive"),
        (toy(0.0, 1.0, 0.0, f64::NAN), "the scale of p (--p-scale) is NaN; it must be positive"),
        (toy(f64::INFINITY, 1.0, 0.0, 1.0), "the mean of q (--q-mean) is inf; give a number"),
        (Toy { log_constant: f64::NAN, ..NAMED }, "the constant in log p (--log-constant) is NaN; give a number"),
    ] {
        assert!(bad.validate().unwrap_err().to_string().starts_with(message), "{message}");
    }
    // A sliver of a q has no integral in time, and then no exact bias.
    assert!(multi_sample(&toy(0.0, 1e-6, 0.0, 1.0), &[2]).is_none());
    assert!(measured(toy(0.0, 1e-6, 0.0, 1.0), Some(2), 1000, 0).iter().any(|entry| entry.bias().is_none()));
}
