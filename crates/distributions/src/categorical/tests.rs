//! Categorical variables against sums, SciPy, and the frequencies of their draws.

use burn::tensor::DType;
use proptest::prelude::*;

use super::*;
use crate::goodness_of_fit::chi_square;
use crate::testing::*;

const P: [f64; 4] = [0.1, 0.2, 0.5, 0.2];
const Q: [f64; 4] = [0.25; 4];
const R: [f64; 4] = [1e-6, 0.3, 0.0, 0.699_999];

fn categorical(p: &[f64], dtype: DType) -> Categorical<2> {
    Categorical::new(row(p, dtype)).unwrap()
}

/// `scripts/golden_distributions.py` (SciPy 1.17.1, mpmath): entropies of P, Q, R; log p(1); KL(Q || P), KL(P || Q), KL(R || P).
const GOLDEN: [f64; 7] = [
    1.220_607_264_553_017_5,
    1.386_294_361_119_890_6,
    0.610_878_760_889_793_2,
    -1.609_437_912_434_100_3,
    0.167_357_663_485_657_28,
    0.165_687_096_566_873_28,
    0.998_559_844_691_487_7,
];

#[test]
fn entropies_divergences_and_log_prob_meet_golden_values() {
    for (dtype, tolerance) in PRECISIONS {
        let [p, q, r] = [P, Q, R].map(|row| categorical(&row, dtype));
        let found = [
            p.entropy(),
            q.entropy(),
            r.entropy(),
            p.log_prob(row(&[0.0, 1.0, 0.0, 0.0], dtype)),
            q.kl_divergence(&p),
            p.kl_divergence(&q),
            r.kl_divergence(&p),
        ];
        for (found, expected) in found.into_iter().zip(GOLDEN) {
            assert_close(scalar(found), expected, tolerance);
        }
        for (found, p) in values(p.mean()).into_iter().zip(P) {
            assert_close(found, p, tolerance);
        }
        for (found, p) in values(p.variance()).into_iter().zip(P) {
            assert_close(found, p * (1.0 - p), tolerance);
        }
    }
}

/// A probability of 0: minus infinity for that class, `0 ln 0 = 0`, an infinite divergence, and no NaN in a gradient.
#[test]
fn an_impossible_class_has_no_density_and_spoils_no_gradient() {
    let [p, r] = [P, R].map(|row| categorical(&row, DType::F64));
    let impossible = row(&[0.0, 0.0, 1.0, 0.0], DType::F64);
    assert_eq!(scalar(r.log_prob(impossible.clone())), f64::NEG_INFINITY);
    assert_eq!(scalar(p.kl_divergence(&r)), f64::INFINITY);
    assert_eq!(scalar(r.kl_divergence(&r)), 0.0);
    assert_eq!(values(r.log_probabilities())[2], f64::NEG_INFINITY);
    let leaf = leaf(&R);
    let r = Categorical::new(leaf.clone()).unwrap();
    let on = beside(&leaf, &[0.0, 1.0, 0.0, 0.0]);
    let sum = r.entropy() + r.log_prob(on);
    assert!(values(leaf.grad(&sum.backward()).unwrap()).iter().all(|g| g.is_finite()));
}

/// Frequencies of a million draws, p-value above 1e-6; an impossible class is never drawn, also at the end of a row.
#[test]
fn draws_have_their_probabilities() {
    for p in [P, R, [0.0, 0.7, 0.3, 0.0]] {
        let n = 1_000_000;
        let draws = Categorical::new(rows(&p, n)).unwrap().sample(&mut noise(1));
        assert!(values(draws.clone().sum_dim(1)).iter().all(|&sum| sum == 1.0));
        let counts: Vec<u64> = values(draws.sum_dim(0)).into_iter().map(|count| count as u64).collect();
        // A class of a handful of draws is no matter for chi-square: it joins the next.
        let join = |x: [f64; 4]| [x[0] + x[1], x[2], x[3]];
        let joined = join([counts[0] as f64, counts[1] as f64, counts[2] as f64, counts[3] as f64]).map(|x| x as u64);
        assert!(chi_square(&joined, &join(p)).p_value > 1e-6, "{counts:?} for {p:?}");
        assert!(counts.iter().zip(p).all(|(&count, p)| p > 0.0 || count == 0), "{counts:?}");
    }
}

#[test]
fn variables_of_one_batch_entry_are_summed() {
    let logits = Tensor::<3>::from_floats([[[0.0, 1.0], [2.0, -1.0]]], &burn::tensor::Device::flex());
    let p = Categorical::from_logits(logits);
    let log = |a: f64, b: f64| a - (a.exp() + b.exp()).ln();
    let value = Tensor::<3>::from_floats([[[0.0, 1.0], [1.0, 0.0]]], &burn::tensor::Device::flex());
    assert_close(scalar(p.log_prob(value)), log(1.0, 0.0) + log(2.0, -1.0), 1e-6);
    let draw = p.sample(&mut noise(2));
    assert_eq!(values(draw.sum_dim(2)), [1.0, 1.0]);
}

#[test]
fn bad_probabilities_come_back_in_the_error() {
    let message = |p: &[f64]| Categorical::new(row(p, DType::F64)).unwrap_err().to_string();
    assert!(message(&[0.5, 0.6]).starts_with("probabilities must sum to 1, but one row sums to 1.1"));
    assert!(message(&[1.5, -0.5]).starts_with("a probability must be at least 0 and finite, but one entry is -0.5"));
    assert!(message(&[f64::NAN, 1.0]).contains("one entry is NaN"));
    let empty = Tensor::<2>::zeros([1, 0], &burn::tensor::Device::flex());
    assert!(Categorical::new(empty).unwrap_err().to_string().contains("at least one class"));
    let error = Categorical::try_from_logits(row(&[0.0, f64::INFINITY], DType::F32)).unwrap_err();
    assert!(error.to_string().contains("one entry is inf"));
}

proptest! {
    #[test]
    fn divergence_is_not_negative_and_zero_from_itself(
        a in prop::array::uniform4(-15.0_f64..15.0), b in prop::array::uniform4(-15.0_f64..15.0),
    ) {
        let [q, p] = [a, b].map(|x| Categorical::from_logits(row(&x, DType::F32)));
        prop_assert!(scalar(q.kl_divergence(&p)) >= -1e-5);
        prop_assert_eq!(scalar(q.kl_divergence(&q)), 0.0);
    }

    #[test]
    fn probabilities_sum_to_one_whatever_the_logits(a in prop::array::uniform4(-80.0_f64..80.0)) {
        let p = Categorical::from_logits(row(&a, DType::F32));
        let total: f64 = values(p.probabilities()).iter().sum();
        prop_assert!((total - 1.0).abs() < 1e-6);
    }
}
