//! Sweeps of the assignment's mixture.

use std::sync::Arc;

use burn::tensor::Device;
use cavi::{Assignment, Design, Memory, Precision, Simulation};

use crate::peers::{Peers, named};
use crate::report::Row;
use crate::{Args, median, milliseconds};

/// Events, components and axes of the rows.
fn works(quick: bool) -> Vec<[usize; 3]> {
    let named = [1_000_000, 10, 2];
    if quick {
        return vec![[10_000, 10, 2], named];
    }
    let mut works = Vec::new();
    for axes in [1, 2] {
        for events in [10_000, 100_000, 1_000_000, 10_000_000] {
            works.extend([2, 10, 100].map(|components| [events, components, axes]));
        }
    }
    works
}

/// One row a size.
pub(crate) fn rows(args: &Args, peers: &mut Peers) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for [events, components, axes] in works(args.quick) {
        let name = format!("sweep, N = {events}, K = {components}, {axes}-D, 2 threads");
        if args.wants(&name) {
            rows.push(row(args, peers, name, [events, components, axes])?);
        }
    }
    Ok(rows)
}

fn row(args: &Args, peers: &mut Peers, name: String, [events, components, axes]: [usize; 3]) -> anyhow::Result<Row> {
    eprintln!("{name} ...");
    kernels::set_threads(2);
    let simulation = Simulation {
        model: if axes == 1 { Assignment::LogNormalPoisson } else { Assignment::NormalPoisson },
        observations: events,
        weights: vec![1.0 / components as f64; components],
        tau: 25.0,
        nu: vec![0.0; axes],
        rho: 1.0,
        alpha: 4.0,
        beta: 0.5,
    };
    let (catalogue, truth) = simulation.catalogue(1)?;
    let mixture = simulation.mixture()?;
    let device = Device::flex();
    let design = Design::new(&mixture.pairs, Arc::new(catalogue), &device, Precision::Double, Memory::Held)?;
    let mut responsibilities = vec![0.0; events * components];
    truth.labels.iter().enumerate().for_each(|(n, &k)| responsibilities[n * components + k] = 1.0);
    let mut statistics = mixture.statistics(&design, &responsibilities)?;
    drop(responsibilities);

    // About as long as 20 training steps, and at least one sweep.
    let sweeps = (20_000_000 / (events * components)).clamp(1, 50);
    let (mut ours, mut numpy, mut bayespy) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..args.rounds {
        let mut outcome = Ok(());
        ours.push(
            milliseconds(|| {
                for _ in 0..sweeps {
                    let posterior = mixture.update(&design, &statistics);
                    match mixture.expectation(&posterior, &design) {
                        Ok(expectation) => statistics = expectation.statistics,
                        Err(error) => outcome = Err(error),
                    }
                }
            }) / sweeps as f64,
        );
        outcome?;
        // NumPy holds the responsibilities: beyond a million events by ten it needs gigabytes.
        if axes == 2 && events * components <= 10_000_000 {
            let size = [("events", events), ("components", components)];
            numpy.extend(peers.ask("sweep", &[size[0], size[1], ("sweeps", sweeps)]));
        }
        // BayesPy takes tens of seconds for a million events.
        if axes == 2 && events * components <= 100_000 {
            let size = [("events", events), ("components", components)];
            bayespy.extend(peers.ask("bayespy-sweep", &[size[0], size[1], ("sweeps", 5)]));
        }
    }
    Ok(Row {
        unit: "ms".to_owned(),
        peers: [("NumPy", numpy), ("BayesPy", bayespy)]
            .into_iter()
            .filter_map(|(name, times)| named(name, times))
            .collect(),
        ..Row::new(name, median(ours))
    })
}
