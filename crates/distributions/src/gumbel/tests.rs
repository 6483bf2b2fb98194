//! The Gumbel against SciPy, its closed forms, and the extremes of its uniforms.

use burn::tensor::DType;
use proptest::prelude::*;

use super::*;
use crate::goodness_of_fit::kolmogorov_smirnov;
use crate::testing::*;

fn gumbel(loc: f64, scale: f64, dtype: DType) -> Gumbel<2> {
    Gumbel::new(row(&[loc], dtype), row(&[scale], dtype)).unwrap()
}

/// `scripts/golden_distributions.py` (SciPy 1.17.1): loc, scale, value, log_prob, mean, variance, entropy.
const GOLDEN: [(f64, f64, f64, f64, f64, f64, f64); 12] = [
    (0.0, 1.0, -2.0, -5.389_056_098_930_65, 0.577_215_664_901_532_9, 1.644_934_066_848_226_4, 1.577_215_664_901_532_8),
    (
        0.0,
        1.0,
        0.1,
        -1.004_837_418_035_959_6,
        0.577_215_664_901_532_9,
        1.644_934_066_848_226_4,
        1.577_215_664_901_532_8,
    ),
    (0.0, 1.0, 9.0, -9.000_123_409_804_086, 0.577_215_664_901_532_9, 1.644_934_066_848_226_4, 1.577_215_664_901_532_8),
    (
        -3.0,
        0.25,
        -3.5,
        -4.002_761_737_810_76,
        -2.855_696_083_774_616_6,
        0.102_808_379_178_014_15,
        0.190_921_303_781_642_18,
    ),
    (
        -3.0,
        0.25,
        -2.975,
        0.381_456_943_083_931_2,
        -2.855_696_083_774_616_6,
        0.102_808_379_178_014_15,
        0.190_921_303_781_642_18,
    ),
    (
        -3.0,
        0.25,
        -0.75,
        -7.613_829_048_684_195,
        -2.855_696_083_774_616_6,
        0.102_808_379_178_014_15,
        0.190_921_303_781_642_18,
    ),
    (
        100.0,
        1000.0,
        -1900.0,
        -12.296_811_377_912_787,
        677.215_664_901_532_8,
        1_644_934.066_848_226_4,
        8.484_970_943_883_67,
    ),
    (
        100.0,
        1000.0,
        200.0,
        -7.912_592_697_018_097,
        677.215_664_901_532_8,
        1_644_934.066_848_226_4,
        8.484_970_943_883_67,
    ),
    (
        100.0,
        1000.0,
        9100.0,
        -15.907_878_688_786_223,
        677.215_664_901_532_8,
        1_644_934.066_848_226_4,
        8.484_970_943_883_67,
    ),
    (
        0.0,
        0.0001,
        -0.0002,
        3.821_284_273_045_531_4,
        5.772_156_649_015_329e-05,
        1.644_934_066_848_226_6e-08,
        -7.633_124_707_074_649,
    ),
    (
        0.0,
        0.0001,
        1e-05,
        8.205_502_953_940_222,
        5.772_156_649_015_329e-05,
        1.644_934_066_848_226_6e-08,
        -7.633_124_707_074_649,
    ),
    (
        0.0,
        0.0001,
        0.000_900_000_000_000_000_1,
        0.210_216_962_172_095_73,
        5.772_156_649_015_329e-05,
        1.644_934_066_848_226_6e-08,
        -7.633_124_707_074_649,
    ),
];

#[test]
fn log_prob_moments_and_entropy_meet_scipy_from_tiny_to_huge_scales() {
    for (dtype, tolerance) in PRECISIONS {
        for (loc, scale, value, log_prob, mean, variance, entropy) in GOLDEN {
            let p = gumbel(loc, scale, dtype);
            assert_close(scalar(p.log_prob(row(&[value], dtype))), log_prob, tolerance);
            assert_close(scalar(p.mean()), mean, tolerance);
            assert_close(scalar(p.variance()), variance, tolerance);
            assert_close(scalar(p.entropy()), entropy, tolerance);
        }
    }
}

/// From the same script, by quadrature: loc and scale of q, of p, `KL(q || p)`.
const GOLDEN_KL: [(f64, f64, f64, f64, f64); 4] = [
    (0.0, 1.0, 0.0, 1.0, 0.0),
    (0.3, 0.5, -1.0, 2.0, 1.076_566_197_636_276_6),
    (-1.0, 2.0, 0.3, 0.5, 319.875_065_473_625_3),
    (5.0, 1.0, 0.0, 3.0, 1.549_130_555_636_321_3),
];

#[test]
fn divergence_meets_quadrature() {
    for (dtype, tolerance) in PRECISIONS {
        for (q_loc, q_scale, p_loc, p_scale, kl) in GOLDEN_KL {
            let (q, p) = (gumbel(q_loc, q_scale, dtype), gumbel(p_loc, p_scale, dtype));
            assert_close(scalar(q.kl_divergence(&p)), kl, tolerance);
        }
    }
}

/// D22: the ends of the uniforms, and 0 and 1 themselves, give finite draws.
#[test]
fn d22_no_uniform_gives_an_infinity() {
    let least = 2.0_f64.powi(-24);
    let p = Gumbel::from_log_scale(row(&[0.0; 5], DType::F32), row(&[0.0; 5], DType::F32));
    let g = values(p.transform(row(&[0.0, least, 0.5, 1.0 - least, 1.0], DType::F32)));
    let exact = |u: f64| -(-u.ln()).ln();
    for (g, u) in g.iter().zip([least, least, 0.5, 1.0 - least, 1.0 - least]) {
        assert_close(*g, exact(u), 1e-6);
    }
}

/// D22: a hundred million draws with the mean and the variance of a Gumbel, all finite.
#[test]
fn d22_a_hundred_million_draws_are_finite() {
    let n = 1_000_000;
    let p = Gumbel::from_log_scale(rows(&[0.0], n), rows(&[0.0], n));
    let (mut sum, mut squares) = (0.0, 0.0);
    for block in 0..100 {
        for g in p.rsample(&mut noise(block)).try_into_vec_as::<f32>().unwrap() {
            assert!(g.is_finite());
            sum += f64::from(g);
            squares += f64::from(g) * f64::from(g);
        }
    }
    let n = 1e8;
    let variance = std::f64::consts::PI.powi(2) / 6.0;
    // The fourth central moment of a Gumbel is 5.4 times the squared variance.
    assert!((sum / n - EULER).abs() < 5.5 * (variance / n).sqrt(), "{}", sum / n);
    let found = squares / n - (sum / n).powi(2);
    assert!((found - variance).abs() < 5.5 * (4.4 / n).sqrt() * variance, "{found}");
}

#[test]
fn gradients_of_the_transform_are_one_and_the_standard_gumbel() {
    for u in [1e-6, 0.3, 0.999] {
        let (loc, scale) = (leaf(&[0.4]), leaf(&[2.0]));
        let p = Gumbel::new(loc.clone(), scale.clone()).unwrap();
        let gradients = p.transform(loc.full_like(u)).backward();
        assert_close(scalar(loc.grad(&gradients).unwrap()), 1.0, 1e-14);
        let at = |scale: f64| scalar(gumbel(0.4, scale, DType::F64).transform(row(&[u], DType::F64)));
        let in_scale = scalar(scale.grad(&gradients).unwrap());
        assert_close(in_scale, derivative(at, 2.0), 1e-8);
        assert_close(in_scale, -(-u.ln()).ln(), 1e-13);
    }
}

/// p-value above 1e-6.
#[test]
fn draws_fit_the_law() {
    let n = 300_000;
    let p = Gumbel::new(rows(&[-1.0], n), rows(&[0.5], n)).unwrap();
    let mut draws = p.sample(&mut noise(1)).try_into_vec_as::<f32>().unwrap();
    assert!(kolmogorov_smirnov(&mut draws, |x| (-(-(x + 1.0) / 0.5).exp()).exp()).p_value > 1e-6);
    let x = p.sample(&mut noise(2));
    assert_mean(&values(-p.log_prob(x)), scalar(p.entropy().narrow(0, 0, 1)));
}

#[test]
fn bad_parameters_come_back_in_the_error() {
    let message =
        |loc: f64, scale: f64| Gumbel::new(row(&[loc], DType::F32), row(&[scale], DType::F32)).unwrap_err().to_string();
    assert!(message(0.0, -2.0).starts_with("the scale of a Gumbel must be positive and finite, but one entry is -2;"));
    assert!(message(f64::INFINITY, 1.0).starts_with("the loc of a Gumbel must be finite, but one entry is inf;"));
    let shapes = Gumbel::new(row(&[0.0], DType::F32), row(&[1.0, 1.0], DType::F32)).unwrap_err();
    assert!(shapes.to_string().contains("[1, 1] and [1, 2]"));
}

proptest! {
    #[test]
    fn densities_integrate_to_one(loc in -3.0_f64..3.0, log_scale in -2.0_f64..2.0) {
        let scale = log_scale.exp();
        let p = gumbel(loc, scale, DType::F64);
        let density = |x: f64| scalar(p.log_prob(row(&[x], DType::F64))).exp();
        prop_assert!((integral(density, loc - 5.0 * scale, loc + 36.0 * scale, 500) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn divergence_is_not_negative_and_zero_from_itself(
        q_loc in -3.0_f64..3.0, q_scale in 0.2_f64..5.0, p_loc in -3.0_f64..3.0, p_scale in 0.2_f64..5.0,
    ) {
        let (q, p) = (gumbel(q_loc, q_scale, DType::F64), gumbel(p_loc, p_scale, DType::F64));
        prop_assert!(scalar(q.kl_divergence(&p)) >= -1e-12);
        prop_assert!(scalar(q.kl_divergence(&q)).abs() < 1e-14);
    }
}
