//! A mixture fitted in ten lines of use, to events whose truth is known.
//!
//! `cargo run --release --example fit_mixture`
//!
//! ```text
//! Z_n ~ Categorical(pi),  x_n | Z_n = k ~ N(mu_k, I / tau),  s_n | Z_n = k ~ Poisson(lambda_k)
//! ```
#![allow(clippy::print_stdout, reason = "an example prints what it finds")]

use std::sync::Arc;

use burn::tensor::Device;
use cavi::{
    Assignment, CaviError, Design, FitConfig, Memory, Mixing, MixtureCavi, Moments, PairConfig, PairPosterior,
    Precision, Simulation, fit,
};

fn main() -> Result<(), CaviError> {
    // A table of one's own is read by `Catalogue::read`.
    let simulation = Simulation {
        model: Assignment::NormalPoisson,
        observations: 500,
        weights: vec![0.5, 0.3, 0.2],
        tau: 4.0,
        nu: vec![0.0, 10.0],
        rho: 0.02,
        alpha: 4.0,
        beta: 0.1,
    };
    let (events, truth) = simulation.catalogue(1)?;
    let events = Arc::new(events);

    // Constants that are left out (`None`) are taken from the data.
    let place = PairConfig::Normal { tau: Some(4.0), nu: None, rho: None };
    let strength = PairConfig::Poisson { alpha: None, beta: None };
    let mixing = Mixing::Dirichlet { concentration: 1.0 };
    let moments = Moments::of(events.as_ref())?;
    let mixture = MixtureCavi::from_config(&[(place, 2), (strength, 1)], mixing, 3, &moments)?;
    let design = Design::new(&mixture.pairs, events, &Device::flex(), Precision::Double, Memory::Held)?;
    let best = fit(&mixture, &design, &FitConfig::default(), &mut |_start, _sweep, _elbo| true)?;

    println!("ELBO {:.2} nats after {} sweeps, the best of {}", best.elbo, best.sweeps.len(), best.restarts.len());
    // Components have no order of their own: the largest first, as the weights of the simulation are.
    let mut order: Vec<usize> = (0..3).collect();
    order.sort_by(|&a, &b| best.counts[b].total_cmp(&best.counts[a]));
    let best = best.permuted(&order);
    for k in 0..3 {
        let of_truth = truth.labels.iter().filter(|label| **label == k).count();
        println!("component {k}: {:.1} events expected, {of_truth} drawn", best.counts[k]);
        if let (PairPosterior::Normal(mu), PairPosterior::Gamma(rate)) =
            (&best.posterior.pairs[0][k], &best.posterior.pairs[1][k])
        {
            let (mean, deviation) = (&mu.mean, mu.precision.sqrt().recip());
            println!("  mu     {:6.2} {:6.2} +- {deviation:.2}, truly {:.2?}", mean[0], mean[1], truth.mu[k]);
            let (mean, deviation) = (rate.shape / rate.rate, rate.shape.sqrt() / rate.rate);
            println!("  lambda {mean:6.2} +- {deviation:.2}, truly {:.2}", truth.lambda[k]);
        }
    }
    // The predictive of a new event: log p(x, s | data), and which component it would belong to.
    let (log_density, responsibilities) = mixture.predict(&best.posterior, &[-15.0, 8.5, 50.0]);
    println!("an event at (-15, 8.5) of strength 50: {log_density:.2} nats, responsibilities {responsibilities:.3?}");
    Ok(())
}
