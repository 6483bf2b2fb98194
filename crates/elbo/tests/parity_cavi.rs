//! A mixture fitted in `f32` on wgpu has the responsibilities of the `f64` fit on flex.
//!
//! Needs a build with `--features wgpu,ndarray` and a WebGPU adapter; a software renderer will do.
#![cfg(all(feature = "wgpu", feature = "ndarray"))]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;

use burn::tensor::Device;
use cavi::{Assignment, Design, FitConfig, Init, Memory, Precision, Simulation, fit};

/// Far from the origin, as longitudes are: the statistics are centred, or `f32` would lose the digits that tell the
/// components apart (trap D28).
fn simulation() -> Simulation {
    Simulation {
        model: Assignment::NormalPoisson,
        observations: 500,
        weights: vec![0.4, 0.3, 0.3],
        tau: 1.0,
        nu: vec![181.6, -20.4],
        rho: 0.05,
        alpha: 2.0,
        beta: 0.1,
    }
}

/// The ELBO after 20 sweeps from one start, and the responsibilities.
fn fitted(device: &Device, precision: Precision) -> (f64, Vec<f64>) {
    let (catalogue, truth) = simulation().catalogue(3).unwrap();
    let mixture = simulation().mixture().unwrap();
    let design = Design::new(&mixture.pairs, Arc::new(catalogue), device, precision, Memory::Held).unwrap();
    // From the true labels, blurred: one start for every backend, in no hurry to be certain.
    let start = truth.labels.iter().flat_map(|&label| (0..3).map(move |k| if k == label { 0.6 } else { 0.2 }));
    let config = FitConfig {
        init: Init::Given(start.collect()),
        restarts: 1,
        max_sweeps: 20,
        // Below any fall that rounding makes: every backend does all the sweeps.
        tolerance: f64::NEG_INFINITY,
        ..FitConfig::default()
    };
    let fit = fit(&mixture, &design, &config, &mut |_, _, _| true).unwrap();
    let responsibilities = mixture.responsibilities(&fit.posterior, &design).unwrap();
    (fit.elbo, responsibilities)
}

#[test]
fn d28_responsibilities_in_single_precision_agree_to_1e_4() {
    let (elbo, exact) = fitted(&Device::flex(), Precision::Double);
    #[allow(deprecated, reason = "Burn 0.22 deprecates ndarray in favour of flex; it is kept as an opt-in")]
    let ndarray = fitted(&Device::ndarray(), Precision::Double);
    let wgpu = Device::wgpu_options().init().expect("a WebGPU adapter; Mesa's software renderer will do");
    let wgpu = fitted(&wgpu, Precision::Single);
    for (name, (other_elbo, other), tolerance) in [("ndarray", ndarray, 1e-12), ("wgpu", wgpu, 1e-4)] {
        let largest = exact.iter().zip(&other).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(largest < tolerance, "{name}: responsibilities differ by {largest}");
        // In nats: the sum over events is f64, its terms are not.
        let difference = ((elbo - other_elbo) / elbo).abs();
        assert!(difference < tolerance / 10.0, "{name}: ELBO {other_elbo} for {elbo}");
    }
    assert!(exact.iter().any(|r| *r > 0.05 && *r < 0.95), "components that do not touch prove nothing");
}
