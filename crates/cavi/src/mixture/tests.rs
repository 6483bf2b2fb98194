//! The mixture against exact answers: evidence by enumeration, ascent at every step, symmetry.

use std::sync::Arc;

use burn::tensor::Device;
use distributions::{Noise, Purpose};

use super::*;
use crate::{
    BernoulliBeta, Catalogue, CategoricalDirichlet, Column, ExponentialGamma, FitConfig, Init, LogNormal, Memory,
    NormalFixedPrecision, NormalGamma, NormalWishart, PoissonGamma, Precision, fit,
};

/// `n` events around two centres, with strengths.
fn catalogue(n: usize, positive: bool) -> Catalogue {
    let mut noise = Noise::new(4, Purpose::Test, 0, n as u64);
    let mut z = vec![0.0; 2 * n];
    noise.fill_normal(&mut z);
    let centre = |i: usize| if i.is_multiple_of(2) { 1.0 } else { 4.0 };
    let axis = |offset: usize| -> Vec<f64> {
        (0..n)
            .map(|i| centre(i) + 0.7 * f64::from(z[2 * i + offset]))
            .map(|x| if positive { x.abs() + 0.1 } else { x })
            .collect()
    };
    let strength = (0..n).map(|i| (2 * (i % 2) + i % 5) as f64).collect();
    let mut columns = vec![Column { name: "a".to_owned(), values: axis(0) }];
    if !positive {
        columns.push(Column { name: "b".to_owned(), values: axis(1) });
    }
    columns.push(Column { name: "s".to_owned(), values: strength });
    Catalogue { file: "test".to_owned(), columns, lines: (2..n as u64 + 2).collect() }
}

/// Both alternatives of the assignment.
pub(super) fn models(k: usize) -> Vec<(MixtureCavi, Catalogue)> {
    let strength = Pair::Poisson(PoissonGamma::new(1.5, 0.4).unwrap());
    let plane = Pair::Normal(NormalFixedPrecision::new(1.2, vec![2.0, 2.5], 0.1).unwrap().with_centre(vec![2.2, 2.4]));
    let distance = Pair::LogNormal(LogNormal::new(2.0, 0.5, 0.3).unwrap().with_centre(0.7));
    let weights = |k: usize| Mixing::Fixed { weights: (1..=k).map(|i| i as f64 / (k * (k + 1) / 2) as f64).collect() };
    vec![
        (MixtureCavi::new(vec![plane, strength.clone()], weights(k), k).unwrap(), catalogue(9, false)),
        (MixtureCavi::new(vec![distance, strength], weights(k), k).unwrap(), catalogue(9, true)),
    ]
}

pub(super) fn design(mixture: &MixtureCavi, catalogue: &Catalogue) -> Result<Design, crate::CaviError> {
    let events = Arc::new(catalogue.clone());
    Design::new(&mixture.pairs, events, &Device::flex(), Precision::Double, Memory::Held)
}

fn fitted(mixture: &MixtureCavi, design: &Design) -> crate::Fit {
    let config = FitConfig { tolerance: 1e-13, restarts: 5, init: Init::Random, ..FitConfig::default() };
    fit(mixture, design, &config, &mut |_, _, _| true).unwrap()
}

/// The log evidence of a labelling, one component after another: the exact marginal of a conjugate pair is the bound of
/// one component (checked on its own in the tests of the pairs).
fn labelled_evidence(mixture: &MixtureCavi, catalogue: &Catalogue, labels: &[usize]) -> f64 {
    let weights = mixture.mixing.update(&vec![0.0; mixture.components]).mean();
    let mut total: f64 = labels.iter().map(|&k| weights[k].ln()).sum();
    for k in 0..mixture.components {
        let rows: Vec<usize> = (0..labels.len()).filter(|&n| labels[n] == k).collect();
        let mut first = 0;
        for pair in &mixture.pairs {
            let mut sums = vec![0.0; pair.features()];
            let mut t = sums.clone();
            for &n in &rows {
                let x: Vec<f64> = (0..pair.columns()).map(|c| catalogue.columns[first + c].values[n]).collect();
                total += pair.sufficient_statistics(&x, &mut t);
                sums.iter_mut().zip(&t).for_each(|(a, b)| *a += b);
            }
            first += pair.columns();
            let q = pair.update(&sums);
            let mut eta = t.clone();
            pair.expected_natural(&q, &mut eta);
            total += sums.iter().zip(&eta).map(|(a, b)| a * b).sum::<f64>() - pair.kl_divergence(&q);
        }
    }
    total
}

fn labellings(n: usize, k: usize) -> impl Iterator<Item = Vec<usize>> {
    (0..k.pow(n as u32)).map(move |mut code| {
        (0..n)
            .map(|_| {
                let label = code % k;
                code /= k;
                label
            })
            .collect()
    })
}

/// Every kind of pair that the assignment has not.
fn everything(k: usize) -> (MixtureCavi, Catalogue) {
    let mut catalogue = catalogue(9, false);
    let column =
        |name: &str, value: fn(usize) -> f64| Column { name: name.to_owned(), values: (0..9).map(value).collect() };
    catalogue.columns[2] = column("u", |i| 0.3 * (i % 4) as f64 - 1.0);
    catalogue.columns.extend([
        column("wait", |i| 0.2 + (i % 3) as f64),
        column("class", |i| (i % 3) as f64),
        column("flag", |i| (i % 2) as f64),
    ]);
    let inverse_scale = vec![vec![1.0, 0.2], vec![0.2, 0.5]];
    let pairs = vec![
        Pair::NormalWishart(NormalWishart::new(vec![2.0, 2.5], 0.3, 3.5, inverse_scale).unwrap()),
        Pair::NormalGamma(NormalGamma::new(vec![0.1], 0.4, 1.5, vec![0.7]).unwrap().with_centre(vec![-0.5])),
        Pair::Exponential(ExponentialGamma::new(1.5, 0.8).unwrap()),
        Pair::Categorical(CategoricalDirichlet::new(vec![0.5, 1.0, 2.0]).unwrap()),
        Pair::Bernoulli(BernoulliBeta::new(1.0, 2.0).unwrap()),
    ];
    (MixtureCavi::new(pairs, Mixing::equal(k), k).unwrap(), catalogue)
}

/// D31: one component: the ELBO is the log evidence to 1e-10, both alternatives.
#[test]
fn d31_one_component_gives_the_log_evidence() {
    for (mixture, catalogue) in models(1) {
        let design = design(&mixture, &catalogue).unwrap();
        let exact = labelled_evidence(&mixture, &catalogue, &[0; 9]);
        let elbo = fitted(&mixture, &design).elbo;
        assert!((elbo - exact).abs() < 1e-10, "{elbo} for {exact}");
    }
}

/// D31 and D27: two components: the ELBO is below the log evidence by enumeration, and not far.
#[test]
fn d31_two_components_stay_below_the_enumerated_evidence() {
    for (mixture, catalogue) in models(2) {
        let design = design(&mixture, &catalogue).unwrap();
        let joint: Vec<f64> = labellings(9, 2).map(|labels| labelled_evidence(&mixture, &catalogue, &labels)).collect();
        let max = joint.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let evidence = max + joint.iter().map(|w| (w - max).exp()).sum::<f64>().ln();
        let elbo = fitted(&mixture, &design).elbo;
        assert!(elbo < evidence && elbo > evidence - 3.0, "{elbo} for {evidence}");
    }
}

/// D29 and D32: the ELBO rises at every single coordinate step, and the short form after `q(Z)` is the full one.
#[test]
fn d32_every_coordinate_step_raises_the_full_elbo() {
    for mixing in
        [Mixing::equal(3), Mixing::Dirichlet { concentration: 0.7 }, Mixing::StickBreaking { concentration: 1.5 }]
    {
        for (mixture, catalogue) in models(3).into_iter().chain([everything(3)]) {
            let mixture = MixtureCavi { mixing: mixing.clone(), ..mixture };
            let design = design(&mixture, &catalogue).unwrap();
            let mut noise = Noise::new(6, Purpose::Test, 1, 0);
            let mut u = vec![0.0; 27];
            noise.fill_uniform(&mut u);
            let mut responsibilities: Vec<f64> = u.into_iter().map(f64::from).collect();
            for row in responsibilities.chunks_exact_mut(3) {
                let sum: f64 = row.iter().sum();
                row.iter_mut().for_each(|r| *r /= sum);
            }
            // From the prior: q(theta) = p(theta) is a valid start of the ascent.
            let nothing = Statistics { counts: vec![0.0; 3], sums: vec![vec![0.0; design.features()]; 3] };
            let mut posterior = mixture.update(&design, &nothing);
            let mut last = mixture.elbo(&posterior, &design, &responsibilities).unwrap();
            let mut check = |elbo: f64, step: &str| {
                assert!(elbo >= last - 1e-10 * last.abs(), "{step}: {elbo} after {last}");
                last = elbo;
            };
            for _ in 0..15 {
                let statistics = mixture.statistics(&design, &responsibilities).unwrap();
                for pair in 0..mixture.pairs.len() {
                    posterior.pairs[pair] = mixture.update_pair(pair, &design, &statistics);
                    check(mixture.elbo(&posterior, &design, &responsibilities).unwrap(), "a pair");
                }
                posterior.mixing = mixture.mixing.update(&statistics.counts);
                check(mixture.elbo(&posterior, &design, &responsibilities).unwrap(), "the weights");
                let expectation = mixture.expectation(&posterior, &design).unwrap();
                responsibilities = mixture.responsibilities(&posterior, &design).unwrap();
                let elbo = mixture.elbo(&posterior, &design, &responsibilities).unwrap();
                check(elbo, "the assignments");
                let short = expectation.log_normaliser - mixture.kl_divergence(&posterior);
                assert!((elbo - short).abs() < 1e-10 * elbo.abs(), "{elbo} and {short}");
            }
        }
    }
}

/// D34: equal responsibilities are a fixed point that no sweep leaves; it is reported.
#[test]
fn d34_the_symmetric_fixed_point_is_detected() {
    let (mut mixture, catalogue) = models(2).remove(0);
    mixture.mixing = Mixing::equal(2);
    let design = design(&mixture, &catalogue).unwrap();
    let config = FitConfig { init: Init::Given(vec![0.5; 18]), restarts: 1, ..FitConfig::default() };
    assert!(fit(&mixture, &design, &config, &mut |_, _, _| true).unwrap().symmetric);
    assert!(!fitted(&mixture, &design).symmetric);
}

/// D34: a component that gets nothing returns to its prior exactly.
#[test]
fn d34_an_empty_component_returns_to_the_prior() {
    let (mut mixture, catalogue) = models(3).remove(0);
    mixture.mixing = Mixing::Fixed { weights: vec![0.5, 0.5, 0.0] };
    let design = design(&mixture, &catalogue).unwrap();
    let fit = fitted(&mixture, &design);
    assert_eq!(fit.counts[2], 0.0);
    for (pair, components) in mixture.pairs.iter().zip(&fit.posterior.pairs) {
        assert_eq!(components[2], pair.prior());
    }
    assert!(fit.elbo.is_finite());
}

/// D35: permuted starts give permuted results and the same ELBO.
#[test]
fn d35_permuting_components_permutes_the_result() {
    let (mut mixture, catalogue) = models(2).remove(0);
    mixture.mixing = Mixing::equal(2);
    let design = design(&mixture, &catalogue).unwrap();
    let start = |first: f64| {
        let responsibilities =
            (0..9).flat_map(|n| if n % 2 == 0 { [first, 1.0 - first] } else { [1.0 - first, first] });
        let config = FitConfig { init: Init::Given(responsibilities.collect()), restarts: 1, ..FitConfig::default() };
        fit(&mixture, &design, &config, &mut |_, _, _| true).unwrap()
    };
    let (one, other) = (start(0.9), start(0.1));
    assert!((one.elbo - other.elbo).abs() < 1e-10);
    for (a, b) in one.posterior.pairs.iter().zip(&other.posterior.pairs) {
        assert_eq!((&a[0], &a[1]), (&b[1], &b[0]));
    }
}

/// D36: the ELBO returned is that of the best start, and every start is another.
#[test]
fn d36_the_best_start_is_kept_and_all_are_listed() {
    let (mixture, catalogue) = models(3).remove(0);
    let design = design(&mixture, &catalogue).unwrap();
    let fit = fitted(&mixture, &design);
    assert_eq!(fit.restarts.len(), 5);
    let best = fit.restarts.iter().map(|r| r.elbo).fold(f64::NEG_INFINITY, f64::max);
    assert_eq!(fit.elbo, best);
    assert!(fit.restarts.iter().any(|r| r.elbo != best));
}

/// Missing fields: the pair is skipped for that event, and the rest of the event still counts.
#[test]
fn a_missing_field_leaves_its_pair_out_for_that_event() {
    let (mixture, mut catalogue) = models(1).remove(0);
    catalogue.columns[1].values[4] = f64::NAN;
    catalogue.columns[2].values[7] = f64::NAN;
    let design = design(&mixture, &catalogue).unwrap();
    let fit = fitted(&mixture, &design);
    let PairPosterior::Gamma(strength) = &fit.posterior.pairs[1][0] else { panic!("not a gamma") };
    assert!((strength.rate - 8.4).abs() < 1e-12);
    let PairPosterior::Normal(position) = &fit.posterior.pairs[0][0] else { panic!("not a normal") };
    assert!((position.precision - (0.1 + 1.2 * 8.0)).abs() < 1e-12);
    assert!((fit.counts[0] - 9.0).abs() < 1e-12);
}

#[test]
fn values_outside_the_support_are_named_with_their_line() {
    let (mixture, mut catalogue) = models(1).remove(1);
    catalogue.columns[0].values[3] = 0.0;
    let message = design(&mixture, &catalogue).unwrap_err().to_string();
    assert_eq!(message, "test, line 5, column `a`: 0 is not a positive number, which a log-normal distance must be");
    catalogue.columns[0].values[3] = 1.0;
    catalogue.columns[1].values[0] = 2.5;
    let message = design(&mixture, &catalogue).unwrap_err().to_string();
    assert!(message.contains("line 2, column `s`: 2.5 is not a count"));
}

#[test]
fn mixtures_that_cannot_be_are_refused() {
    let pairs = || vec![Pair::Poisson(PoissonGamma::new(1.0, 1.0).unwrap())];
    let message = |mixing, k| MixtureCavi::new(pairs(), mixing, k).unwrap_err().to_string();
    assert!(message(Mixing::equal(1), 0).contains("--components is 0"));
    assert!(message(Mixing::Fixed { weights: vec![0.5, 0.6] }, 2).contains("sum to 1.1"));
    assert!(message(Mixing::Fixed { weights: vec![0.5, 0.5] }, 3).contains("give 3 numbers"));
    assert!(message(Mixing::Dirichlet { concentration: -1.0 }, 2).contains("is -1; it must be positive"));
    let (mixture, catalogue) = models(2).remove(0);
    let mixture = MixtureCavi { components: 10, mixing: Mixing::equal(10), ..mixture };
    let design = design(&mixture, &catalogue).unwrap();
    let error = fit(&mixture, &design, &FitConfig::default(), &mut |_, _, _| true).unwrap_err();
    assert_eq!(error.to_string(), "10 components were asked for, but there are 9 observations; ask for 1 to 9");
}

/// D45: the mixture's predictive integrates over positions and sums over strengths to 1, with and without a field.
#[test]
fn d45_the_predictive_of_the_mixture_is_a_density() {
    let (mixture, catalogue) = models(2).remove(0);
    let design = design(&mixture, &catalogue).unwrap();
    let posterior = fitted(&mixture, &design).posterior;
    let step = 0.1;
    let grid = || (0..200).map(|i| -8.0 + step * (f64::from(i) + 0.5));
    let position: f64 = grid()
        .flat_map(|x| grid().map(move |y| (x, y)))
        .map(|(x, y)| mixture.predict(&posterior, &[x, y, f64::NAN]).0.exp())
        .sum();
    assert!((position * step * step - 1.0).abs() < 1e-6, "{}", position * step * step);
    let strength: f64 = (0..500).map(|s| mixture.predict(&posterior, &[f64::NAN, 1.0, f64::from(s)]).0.exp()).sum();
    assert!((strength - 1.0).abs() < 1e-9, "{strength}");
    let (_, responsibilities) = mixture.predict(&posterior, &[1.0, 1.0, 2.0]);
    assert!((responsibilities.iter().sum::<f64>() - 1.0).abs() < 1e-12);
}

/// D44: given the labelling, the exact posterior means are CAVI's, within 0.05, where the components are far apart, and
/// `P(Z_n = Z_m)` is `sum_k r_nk r_mk` within 0.15. Without the labelling the exact means of the components coincide.
#[test]
fn d44_posterior_means_are_compared_given_a_labelling() {
    let n = 8;
    let centre = |i: usize| if i < n / 2 { 0.0 } else { 6.0 };
    let mut noise = Noise::new(8, Purpose::Test, 2, 0);
    let mut z = vec![0.0; n];
    noise.fill_normal(&mut z);
    let column = |name: &str, values: Vec<f64>| Column { name: name.to_owned(), values };
    let catalogue = Catalogue {
        file: "test".to_owned(),
        columns: vec![
            column("x", (0..n).map(|i| centre(i) + 0.5 * f64::from(z[i])).collect()),
            column("s", (0..n).map(|i| if i < n / 2 { 1.0 } else { 9.0 }).collect()),
        ],
        lines: (2..n as u64 + 2).collect(),
    };
    let pairs = vec![
        Pair::Normal(NormalFixedPrecision::new(4.0, vec![3.0], 0.05).unwrap()),
        Pair::Poisson(PoissonGamma::new(1.0, 0.2).unwrap()),
    ];
    let mixture = MixtureCavi::new(pairs, Mixing::equal(2), 2).unwrap();
    let design = design(&mixture, &catalogue).unwrap();
    let fit = fitted(&mixture, &design);
    let kept = mixture.responsibilities(&fit.posterior, &design).unwrap();

    let all: Vec<Vec<usize>> = labellings(n, 2).collect();
    let joint: Vec<f64> = all.iter().map(|labels| labelled_evidence(&mixture, &catalogue, labels)).collect();
    let max = joint.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = joint.iter().map(|w| (w - max).exp()).collect();
    let total: f64 = weights.iter().sum();
    let mean_of = |labels: &[usize], k: usize| {
        let rows: Vec<f64> = (0..n).filter(|&i| labels[i] == k).map(|i| catalogue.columns[0].values[i]).collect();
        (0.05 * 3.0 + 4.0 * rows.iter().sum::<f64>()) / (0.05 + 4.0 * rows.len() as f64)
    };
    let exact = |k: usize, given: &dyn Fn(&[usize]) -> bool| {
        let chosen = all.iter().zip(&weights).filter(|(labels, _)| given(labels));
        let (sum, weight) = chosen.fold((0.0, 0.0), |(s, w), (labels, p)| (s + p * mean_of(labels, k), w + p));
        sum / weight
    };
    // The labelling: event 0 belongs to component 0.
    let PairPosterior::Normal(zero) = &fit.posterior.pairs[0][usize::from(kept[1] > kept[0])] else {
        panic!("not a normal")
    };
    let PairPosterior::Normal(one) = &fit.posterior.pairs[0][usize::from(kept[1] <= kept[0])] else {
        panic!("not a normal")
    };
    assert!((zero.mean[0] - exact(0, &|labels| labels[0] == 0)).abs() < 0.05);
    assert!((one.mean[0] - exact(1, &|labels| labels[0] == 0)).abs() < 0.05);
    assert!((exact(0, &|_| true) - exact(1, &|_| true)).abs() < 1e-9);
    for i in 0..n {
        for j in 0..n {
            let together: f64 = all.iter().zip(&weights).filter(|(l, _)| l[i] == l[j]).map(|(_, p)| p / total).sum();
            let mean_field: f64 = if i == j { 1.0 } else { (0..2).map(|k| kept[2 * i + k] * kept[2 * j + k]).sum() };
            assert!((together - mean_field).abs() < 0.15, "events {i} and {j}: {together} and {mean_field}");
        }
    }
}
