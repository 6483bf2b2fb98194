//! Gumbel-softmax against mpmath, quadrature over the simplex, and the categorical law of its argmax.

use burn::tensor::DType;

use super::*;
use crate::goodness_of_fit::chi_square;
use crate::testing::*;
use crate::{Categorical, one_hot_argmax};

const P: [f64; 4] = [0.1, 0.2, 0.5, 0.2];

fn relaxed(temperature: f64, dtype: DType) -> RelaxedOneHot<2> {
    RelaxedOneHot::new(row(&P, dtype), temperature).unwrap()
}

/// `scripts/golden_distributions.py` (mpmath): temperature, y, log-density of y, log-density of log y.
const GOLDEN: [(f64, [f64; 4], f64, f64); 12] = [
    (0.1, [0.25, 0.25, 0.25, 0.25], -5.785_426_463_696_711, -11.330_603_908_176_274),
    (0.1, [0.7, 0.1, 0.15, 0.05], -3.850_437_655_402_817, -11.402_549_950_775_468),
    (0.1, [0.01, 0.01, 0.97, 0.01], 2.869_096_979_752_476_4, -10.976_872_785_696_505),
    (0.5, [0.25, 0.25, 0.25, 0.25], -0.957_112_726_394_410_1, -6.502_290_170_873_972),
    (0.5, [0.7, 0.1, 0.15, 0.05], 0.515_778_882_301_464_8, -7.036_333_413_071_185),
    (0.5, [0.01, 0.01, 0.97, 0.01], 7.442_095_573_685_264, -6.403_874_191_763_719),
    (1.0, [0.25, 0.25, 0.25, 0.25], 1.122_328_815_285_425_8, -4.422_848_629_194_137),
    (1.0, [0.7, 0.1, 0.15, 0.05], 1.686_246_413_546_886_4, -5.865_865_881_825_764),
    (1.0, [0.01, 0.01, 0.97, 0.01], 7.579_972_879_322_488, -6.265_996_886_126_494),
    (5.0, [0.25, 0.25, 0.25, 0.25], 5.950_642_552_587_727, 0.405_465_108_108_164_44),
    (5.0, [0.7, 0.1, 0.15, 0.05], -7.921_552_631_814_5, -15.473_664_927_187_151),
    (5.0, [0.01, 0.01, 0.97, 0.01], -5.849_531_297_185_788, -19.695_501_062_634_77),
];

#[test]
fn densities_meet_mpmath() {
    for (dtype, tolerance) in PRECISIONS {
        for (temperature, y, log_prob, of_log) in GOLDEN {
            let p = relaxed(temperature, dtype);
            assert_close(scalar(p.log_prob(row(&y, dtype))), log_prob, tolerance);
            assert_close(scalar(p.log_prob_of_log(row(&y, dtype).log())), of_log, tolerance);
        }
    }
}

/// D23: a constant added to the logits changes neither draws nor densities.
#[test]
fn d23_unnormalised_logits_are_fine() {
    let logits = row(&P, DType::F64).log();
    let [p, shifted] = [0.0, 17.0].map(|shift| RelaxedOneHot::from_logits(logits.clone() + shift, 0.5));
    let u = row(&[0.3, 0.9, 0.2, 0.6], DType::F64);
    let (y, z) = (p.transform(u.clone()), shifted.transform(u));
    for (y, z) in values(y.clone()).into_iter().zip(values(z)) {
        assert_close(y, z, 1e-13);
    }
    assert_close(scalar(p.log_prob(y.clone())), scalar(shifted.log_prob(y)), 1e-12);
}

/// D23: at temperature 0.1 in `f32` entries of `y` underflow; their logarithms and the density of those do not.
#[test]
fn d23_logarithms_survive_where_the_draw_underflows() {
    let n = 100_000;
    let p = RelaxedOneHot::new(rows(&P, n), 0.1).unwrap();
    let u = p.noise(&mut noise(5));
    let log_y = p.transform_log(u.clone());
    assert!(values(p.transform(u)).contains(&0.0));
    assert!(values(log_y.clone()).iter().all(|x| x.is_finite()));
    assert!(values(p.log_prob_of_log(log_y)).iter().all(|x| x.is_finite()));
}

/// The density over the simplex of three classes integrates to 1, by Simpson in log-ratios to the third class, whose
/// Jacobian is `y1 y2 y3`.
#[test]
fn densities_integrate_to_one() {
    for temperature in [0.5, 1.0, 2.0] {
        let p = RelaxedOneHot::new(row(&[0.2, 0.5, 0.3], DType::F64), temperature).unwrap();
        let density = |a: f64, b: f64| {
            let total = a.exp() + b.exp() + 1.0;
            let log_y = row(&[a - total.ln(), b - total.ln(), -total.ln()], DType::F64);
            scalar(p.log_prob_of_log(log_y)).exp()
        };
        let reach = 22.0 / temperature.min(1.0);
        let total = integral(|a| integral(|b| density(a, b), -reach, reach, 60), -reach, reach, 60);
        assert!((total - 1.0).abs() < 1e-3, "temperature {temperature}: {total}");
    }
}

/// The argmax is categorical at every temperature: frequencies of a million draws, p-value above 1e-6.
#[test]
fn the_argmax_has_the_probabilities() {
    for temperature in [0.1, 1.0, 10.0] {
        let draws = RelaxedOneHot::new(rows(&P, 1_000_000), temperature).unwrap().sample(&mut noise(1));
        let counts = values(one_hot_argmax(draws).sum_dim(0));
        let counts: Vec<u64> = counts.into_iter().map(|count| count as u64).collect();
        assert!(chi_square(&counts, &P).p_value > 1e-6, "{counts:?}");
    }
}

/// As the temperature falls, the mean of a draw comes near the probabilities; as it rises, near `1 / K`.
#[test]
fn temperature_decides_between_the_corners_and_the_middle() {
    let mean = |temperature: f64| {
        let draws = RelaxedOneHot::new(rows(&P, 200_000), temperature).unwrap().sample(&mut noise(2));
        values(draws.mean_dim(0))
    };
    for (cold, p) in mean(0.01).into_iter().zip(P) {
        assert!((cold - p).abs() < 0.01, "{cold} for {p}");
    }
    assert!(mean(100.0).into_iter().all(|hot| (hot - 0.25).abs() < 0.01));
}

#[test]
fn gradients_of_the_transform_meet_differences() {
    let u = [0.3, 0.9, 0.2, 0.6];
    for temperature in [0.3, 1.0, 4.0] {
        for entry in 0..4 {
            for class in 0..4 {
                let leaf = leaf(&P);
                let p = RelaxedOneHot::from_logits(leaf.clone(), temperature);
                let eps = beside(&leaf, &u);
                let eps64 = values(eps.clone());
                let gradients = p.transform(eps).narrow(1, class, 1).backward();
                let gradient = values(leaf.grad(&gradients).unwrap())[entry];
                let at = |x: f64| {
                    let mut logits = P;
                    logits[entry] = x;
                    let p = RelaxedOneHot::from_logits(row(&logits, DType::F64), temperature);
                    values(p.transform(row(&eps64, DType::F64)))[class]
                };
                assert_close(gradient, derivative(at, P[entry]), 1e-8);
            }
        }
    }
}

/// D24: forward exactly one-hot, backward the gradient of the soft draw, to the last bit.
#[test]
fn d24_straight_through_is_hard_forward_and_soft_backward() {
    let weights = [0.7, -1.3, 0.2, 2.0];
    let gradient = |is_hard: bool| {
        let leaf = leaf(&P);
        let p = RelaxedOneHot::from_logits(leaf.clone(), 0.7);
        let tensor = |values: [f64; 4]| beside(&leaf, &values);
        let eps = tensor([0.3, 0.9, 0.2, 0.6]);
        let y = if is_hard { p.transform_hard(eps) } else { p.transform(eps) };
        if is_hard {
            assert_eq!(values(y.clone()), [0.0, 1.0, 0.0, 0.0]);
        }
        values(leaf.grad(&(y * tensor(weights)).sum().backward()).unwrap())
    };
    assert_eq!(gradient(true), gradient(false));
    let n = 100_000;
    let draws = RelaxedOneHot::new(rows(&P, n), 0.5).unwrap();
    let hard = values(draws.transform_hard(draws.noise(&mut noise(3))));
    assert!(hard.iter().all(|&x| x == 0.0 || x == 1.0));
    assert_eq!(hard.iter().sum::<f64>(), n as f64);
}

/// D24: where two entries are equally large there is still exactly one 1.
#[test]
fn d24_a_tie_has_one_winner() {
    let hard = values(one_hot_argmax(row(&[0.4, 0.4, 0.2], DType::F32)));
    assert_eq!(hard.iter().sum::<f64>(), 1.0);
    assert_eq!(values(straight_through(row(&[0.5, 0.5], DType::F32))).iter().sum::<f64>(), 1.0);
}

/// D25: the relaxed Monte Carlo divergence, `E_q[log q(y) - log p(y)]` of two Concrete densities, is not the categorical
/// one: it is above it when both have the same temperature and temperatures are low, and only zero when q = p.
#[test]
fn d25_relaxed_and_categorical_divergences_are_two_different_numbers() {
    let n = 200_000;
    let q = RelaxedOneHot::new(rows(&P, n), 0.5).unwrap();
    let p = RelaxedOneHot::new(rows(&[0.25; 4], n), 0.5).unwrap();
    let log_y = q.transform_log(q.noise(&mut noise(4)));
    let ratios = values(q.log_prob_of_log(log_y.clone()) - p.log_prob_of_log(log_y.clone()));
    let mean = ratios.iter().sum::<f64>() / n as f64;
    let categorical = {
        use crate::KlDivergence;
        let [q, p] = [P, [0.25; 4]].map(|p| Categorical::new(row(&p, DType::F64)).unwrap());
        scalar(q.kl_divergence(&p))
    };
    assert!(mean > categorical + 0.02, "{mean} and {categorical}");
    assert_eq!(values(q.log_prob_of_log(log_y.clone()) - q.log_prob_of_log(log_y)).iter().sum::<f64>(), 0.0);
}

/// Off the simplex: minus infinity, and a gradient without NaN.
#[test]
fn values_off_the_simplex_have_no_density_and_no_gradient() {
    for y in [[0.5, 0.5, 0.0, 0.0], [0.5, 0.7, -0.1, -0.1], [0.3, 0.3, 0.3, 0.3], [f64::NAN, 0.3, 0.3, 0.4]] {
        let leaf = leaf(&P);
        let p = RelaxedOneHot::from_logits(leaf.clone(), 0.5);
        let log_prob = p.log_prob(beside(&leaf, &y));
        assert_eq!(scalar(log_prob.clone()), f64::NEG_INFINITY, "{y:?}");
        assert_eq!(values(leaf.grad(&log_prob.backward()).unwrap()), [0.0; 4]);
    }
}

#[test]
fn bad_parameters_come_back_in_the_error() {
    let message =
        |p: &[f64], temperature: f64| RelaxedOneHot::new(row(p, DType::F64), temperature).unwrap_err().to_string();
    for (temperature, text) in [(0.0, "0"), (-1.0, "-1"), (f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
        let start = format!(
            "the temperature of a relaxed one-hot variable must be positive and finite, but one entry is {text};"
        );
        assert!(message(&P, temperature).starts_with(&start));
        assert!(RelaxedOneHot::try_from_logits(row(&P, DType::F64), temperature).is_err());
    }
    assert!(message(&[0.5, 0.6], 1.0).contains("sums to 1.1"));
    assert!(message(&[1.0, 0.0], 1.0).contains("one entry is 0; leave that class out"));
    assert!(RelaxedOneHot::try_from_logits(row(&[f64::NAN], DType::F64), 1.0).is_err());
}
