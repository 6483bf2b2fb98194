//! Twenty sweeps on a real catalogue against scikit-learn and BayesPy: values of `scripts/golden_cavi_peers.py`
//! (scikit-learn 1.9.1, BayesPy 0.6.6, NumPy 2.4.6).

#![allow(clippy::excessive_precision, reason = "digits as the other programs print them")]

use std::sync::Arc;

use burn::tensor::Device;

use super::*;
use crate::{Catalogue, FitConfig, Init, Memory, NormalFixedPrecision, NormalWishart, PoissonGamma, Precision, fit};

const FIJI: &str = include_str!("../../../../assets/earthquakes/fiji-since-1964.csv");

/// The start that all programs compute: small whole numbers, each row divided by its sum.
fn start(events: usize) -> Vec<f64> {
    let mass = |n: usize, k: usize| (1 + (31 * n + 17 * k * k + n * n * k) % 23) as f64;
    (0..events)
        .flat_map(|n| {
            let row = [0, 1, 2].map(|k| mass(n, k));
            let sum: f64 = row.iter().sum();
            row.map(|mass| mass / sum)
        })
        .collect()
}

/// The posterior of the twentieth sweep, and the ELBO after sweeps 1, 5 and 20.
fn twenty_sweeps(pairs: Vec<Pair>, mixing: Mixing, columns: &[&str]) -> (Posterior, [f64; 3]) {
    let catalogue = Arc::new(Catalogue::read(FIJI.as_bytes(), "fiji", columns).unwrap());
    let mixture = MixtureCavi::new(pairs, mixing, 3).unwrap();
    let design = Design::new(&mixture.pairs, catalogue, &Device::flex(), Precision::Double, Memory::Held).unwrap();
    let config = FitConfig {
        init: Init::Given(start(1000)),
        restarts: 1,
        max_sweeps: 20,
        tolerance: f64::NEG_INFINITY,
        ..FitConfig::default()
    };
    let fit = fit(&mixture, &design, &config, &mut |_, _, _| true).unwrap();
    let elbo = [fit.sweeps[0], fit.sweeps[4], fit.sweeps[19]];
    (fit.posterior, elbo)
}

#[track_caller]
fn assert_close<'a>(values: impl IntoIterator<Item = &'a f64>, expected: impl IntoIterator<Item = &'a f64>) {
    let (values, expected): (Vec<_>, Vec<_>) = (values.into_iter().collect(), expected.into_iter().collect());
    assert_eq!(values.len(), expected.len());
    for (value, expected) in values.iter().zip(&expected) {
        // Two programs that sum in different orders: their rounding grows over the sweeps to about 1e-12.
        assert!((*value - *expected).abs() <= 1e-9 * expected.abs(), "{values:?} for {expected:?}");
    }
}

/// Bishop (2006), section 10.2: `BayesianGaussianMixture(covariance_type="full")` with Dirichlet weights.
#[test]
fn a_normal_wishart_mixture_meets_scikit_learn() {
    const WEIGHT_CONCENTRATION: [f64; 3] = [206.3880344780313, 606.7779043783376, 191.33406114363027];
    const MEAN_PRECISION: [f64; 3] = [205.3880344780313, 605.7779043783376, 190.33406114363027];
    const MEANS: [[f64; 2]; 3] = [
        [168.28506357638082, -15.885504415240865],
        [181.93057817849308, -23.10003891417598],
        [183.67052622467327, -17.95035679082056],
    ];
    const DEGREES_OF_FREEDOM: [f64; 3] = [208.8880344780313, 609.2779043783376, 193.83406114363027];
    const INVERSE_SCALES: [[[f64; 2]; 2]; 3] = [
        [[869.0991936514741, -1096.847885853228], [-1096.847885853228, 2673.0090286673785]],
        [[2249.7518719732243, 2028.9377257166743], [2028.9377257166743, 12356.862554414947]],
        [[989.984299402468, 394.61244977208844], [394.61244977208844, 596.4033953631113]],
    ];
    const ELBO: [f64; 3] = [-6245.726620976524, -5973.837729578849, -5385.668649327147];

    let inverse_scale = vec![vec![9.0, 1.0], vec![1.0, 16.0]];
    let place = NormalWishart::new(vec![180.0, -20.0], 0.5, 4.0, inverse_scale).unwrap();
    let place = Pair::NormalWishart(place.with_centre(vec![179.5, -20.6]));
    let (posterior, elbo) =
        twenty_sweeps(vec![place], Mixing::Dirichlet { concentration: 1.5 }, &["longitude", "latitude"]);
    assert_close(&elbo, &ELBO);
    let MixingPosterior::Dirichlet { concentration } = &posterior.mixing else { panic!("not a Dirichlet") };
    assert_close(concentration, &WEIGHT_CONCENTRATION);
    for (k, q) in posterior.pairs[0].iter().enumerate() {
        let PairPosterior::NormalWishart(q) = q else { panic!("not a normal-Wishart") };
        assert_close(&q.mean, &MEANS[k]);
        assert_close([&q.kappa, &q.degrees_of_freedom], [&MEAN_PRECISION[k], &DEGREES_OF_FREEDOM[k]]);
        assert_close(q.inverse_scale.iter().flatten(), INVERSE_SCALES[k].iter().flatten());
    }
}

/// The assignment's pairs: `tau = 0.1`, `nu = (180, -20)`, `rho = 0.03`, `alpha = 1`, `beta = 0.03`.
fn assignment() -> Vec<Pair> {
    let place = NormalFixedPrecision::new(0.1, vec![180.0, -20.0], 0.03).unwrap().with_centre(vec![179.5, -20.6]);
    vec![Pair::Normal(place), Pair::Poisson(PoissonGamma::new(1.0, 0.03).unwrap())]
}

#[track_caller]
fn assert_assignment(
    posterior: &Posterior,
    means: [[f64; 2]; 3],
    precisions: [f64; 3],
    shapes: [f64; 3],
    rates: [f64; 3],
) {
    for k in 0..3 {
        let PairPosterior::Normal(mu) = &posterior.pairs[0][k] else { panic!("not a normal") };
        let PairPosterior::Gamma(lambda) = &posterior.pairs[1][k] else { panic!("not a gamma") };
        assert_close(&mu.mean, &means[k]);
        assert_close([&mu.precision, &lambda.shape, &lambda.rate], [&precisions[k], &shapes[k], &rates[k]]);
    }
}

#[test]
fn the_assignment_meets_bayespy() {
    let mixing = Mixing::Fixed { weights: vec![0.5, 0.3, 0.2] };
    let (posterior, elbo) = twenty_sweeps(assignment(), mixing, &["longitude", "latitude", "stations"]);
    assert_close(&elbo, &[-15961.32790115497, -11734.8266858381, -11650.277034284265]);
    assert_assignment(
        &posterior,
        [
            [180.2857959666318, -20.64961694511626],
            [178.08114398937932, -20.588392586389507],
            [179.59002164409756, -20.736194510898173],
        ],
        [52.73945670045087, 32.77802254684102, 14.572520752708037],
        [9838.96665007494, 12403.964775640616, 11178.068574284438],
        [527.1245670045087, 327.51022546841017, 145.45520752708038],
    );
}

#[test]
fn the_assignment_with_dirichlet_weights_meets_bayespy() {
    let mixing = Mixing::Dirichlet { concentration: 1.5 };
    let (posterior, elbo) = twenty_sweeps(assignment(), mixing, &["longitude", "latitude", "stations"]);
    assert_close(&elbo, &[-15967.157375137178, -11808.53919708697, -11651.781138235865]);
    let MixingPosterior::Dirichlet { concentration } = &posterior.mixing else { panic!("not a Dirichlet") };
    assert_close(concentration, &[524.6729460972005, 336.8204736483098, 143.0065802544891]);
    assert_assignment(
        &posterior,
        [
            [179.97429910941057, -20.483854374266087],
            [178.70661691085317, -20.87527016138141],
            [179.36222681673016, -20.67491042317019],
        ],
        [52.34729460972005, 33.56204736483098, 14.180658025448912],
        [9705.495153879416, 12753.183272957815, 10962.321573162777],
        [523.2029460972004, 335.3504736483098, 141.5365802544891],
    );
}
