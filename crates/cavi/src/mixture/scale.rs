//! More events than memory, or than patience: streaming and stochastic steps against fits in memory.

use std::sync::Arc;

use burn::tensor::Device;

use super::tests::{design, models};
use super::*;
use crate::{Catalogue, Events, FitConfig, Init, Memory, Method, Precision, Simulation, StoredEvents, Svi, Table, fit};

/// Streaming: rows that are made again from a storage in blocks give the bits of rows that are held.
#[test]
fn a_streamed_fit_equals_one_in_memory() {
    let n = 100_000;
    let (mixture, catalogue) = models(3).remove(0);
    let text: String = std::iter::once("a,b,s\n".to_owned())
        .chain((0..n).map(|i| {
            let row = |c: usize| catalogue.columns[c].values[i % 9];
            format!("{},{},{}\n", row(0) + (i % 101) as f64 * 0.01, row(1), row(2) + (i % 3) as f64)
        }))
        .collect();
    let names = ["a", "b", "s"];
    let held: Arc<dyn Events> = Arc::new(Catalogue::read(text.as_bytes(), "test", &names).unwrap());
    let storage = std::io::Cursor::new(Vec::new());
    let mut table = Table::new(text.as_bytes(), "test", &names).unwrap();
    let stored: Arc<dyn Events> = Arc::new(StoredEvents::write(&mut table, storage).unwrap());
    for init in [Init::KMeansPlusPlus, Init::Random] {
        for method in [Method::Coordinate, Method::Stochastic(Svi::default())] {
            let config = FitConfig { init: init.clone(), method, restarts: 2, max_sweeps: 4, ..FitConfig::default() };
            let fit = |events: &Arc<dyn Events>, memory| {
                let (device, events) = (Device::flex(), Arc::clone(events));
                let design = Design::new(&mixture.pairs, events, &device, Precision::Double, memory).unwrap();
                fit(&mixture, &design, &config, &mut |_, _, _| true).unwrap()
            };
            assert_eq!(fit(&held, Memory::Held), fit(&stored, Memory::Streamed));
        }
    }
}

/// Hoffman et al. (2013): steps on minibatches reach the bound of all events.
#[test]
fn stochastic_steps_reach_the_bound_of_coordinate_ascent() {
    let simulation = Simulation {
        model: crate::Assignment::NormalPoisson,
        observations: 50_000,
        weights: vec![0.5, 0.3, 0.2],
        tau: 1.0,
        nu: vec![0.0, 0.0],
        rho: 0.02,
        alpha: 2.0,
        beta: 0.1,
    };
    let (catalogue, _) = simulation.catalogue(1).unwrap();
    let mixture = simulation.mixture().unwrap();
    let design = design(&mixture, &catalogue).unwrap();
    let elbo = |method, tolerance| {
        let config = FitConfig { method, restarts: 2, max_sweeps: 50, tolerance, ..FitConfig::default() };
        fit(&mixture, &design, &config, &mut |_, _, _| true).unwrap().elbo
    };
    let svi = Svi { batch_size: 500, ..Svi::default() };
    let (batch, stochastic) = (elbo(Method::Coordinate, 1e-9), elbo(Method::Stochastic(svi), 1e-4));
    assert!((batch - stochastic).abs() < 0.005 * 50_000.0, "{batch} and {stochastic}");
}

/// A step of size 1 on all events would be a sweep; out of range, a schedule is refused.
#[test]
fn schedules_that_cannot_be_are_refused() {
    let (mixture, catalogue) = models(1).remove(0);
    let design = design(&mixture, &catalogue).unwrap();
    let message = |svi| {
        let config = FitConfig { method: Method::Stochastic(svi), ..FitConfig::default() };
        fit(&mixture, &design, &config, &mut |_, _, _| true).unwrap_err().to_string()
    };
    assert!(message(Svi { batch_size: 0, ..Svi::default() }).starts_with("--batch-size is 0"));
    assert!(message(Svi { delay: -1.0, ..Svi::default() }).starts_with("--delay is -1"));
    assert!(message(Svi { forgetting: 0.5, ..Svi::default() }).starts_with("--forgetting is 0.5"));
}
