//! `elbo reparam exponential`: von Neumann's comparisons against `-log(1 - u) / rate`.

use anyhow::ensure;
use burn::tensor::{Device, Tensor};
use distributions::goodness_of_fit::{kolmogorov_smirnov, kolmogorov_smirnov_two_sample};
use distributions::{Distribution, Exponential, Reparameterized};
use figures::{CountedSample, OverlaidHistograms, Predictive};
use serde::Serialize;

use super::output::{BLOCK, Comparison, choose_run, finish, note, streams};
use crate::cli::{Common, ExponentialArgs};

/// Bins of the histogram: the notebook's.
const BINS: usize = 100;

/// Rates whose draws single precision holds.
const RATES: std::ops::RangeInclusive<f64> = 1e-30..=1e30;

#[derive(Debug, Serialize)]
struct Parameters {
    rate: f64,
}

pub(crate) fn run(common: &Common, args: &ExponentialArgs) -> anyhow::Result<()> {
    let run = choose_run(common, &args.draws)?;
    let (rate, draws, seed) = (args.rate, args.draws.draws, common.seed.unwrap_or(1));
    ensure!(RATES.contains(&rate), "--rate is {rate:e}; it must be positive, from 1e-30 to 1e30");
    let [mut direct, mut reparameterised] = sample(rate, draws, seed)?;
    let two_sample = kolmogorov_smirnov_two_sample(&mut direct, &mut reparameterised);
    // The rate that was drawn from is the one that `f32` holds.
    let held = f64::from(rate as f32);
    let exact = kolmogorov_smirnov(&mut reparameterised, |z| -(-held * z).exp_m1());

    let end = direct.iter().chain(&reparameterised).fold(0.0_f32, |a, &b| a.max(b));
    let edges: Vec<f64> = (0..=BINS).map(|bin| f64::from(end) * bin as f64 / BINS as f64).collect();
    let count = |label: &str, sample: &[f32]| {
        let mut counts = vec![0.0; BINS];
        for z in sample {
            counts[((z / end * BINS as f32) as usize).min(BINS - 1)] += 1.0;
        }
        CountedSample { label: label.to_owned(), counts, beyond: 0.0 }
    };
    let points = (0..=200).map(|i| f64::from(end) * f64::from(i) / 200.0);
    let figure = OverlaidHistograms {
        title: format!("Exponential of rate {rate}: {draws} draws by each sampler"),
        notes: vec![note(two_sample, exact)],
        x_label: "z".to_owned(),
        y_label: "density".to_owned(),
        edges,
        samples: vec![count("direct", &direct), count("reparameterised", &reparameterised)],
        exact_label: "exact density".to_owned(),
        exact: Predictive::Density(points.map(|z| (z, rate * (-rate * z).exp())).collect()),
    };
    let comparison = Comparison {
        run: run.name().to_owned(),
        distribution: "exponential",
        parameters: Parameters { rate },
        draws,
        seed,
        test: "kolmogorov-smirnov",
        statistic: two_sample.statistic,
        p_value: two_sample.p_value,
        exact_statistic: exact.statistic,
        exact_p_value: exact.p_value,
        files: Vec::new(),
    };
    finish(common, &run, comparison, &figure)
}

/// Draws of each sampler, direct ones first.
fn sample(rate: f64, draws: usize, seed: u64) -> anyhow::Result<[Vec<f32>; 2]> {
    let device = Device::flex();
    let mut samples = [Vec::with_capacity(draws), Vec::with_capacity(draws)];
    for (block, start) in (0..draws).step_by(BLOCK).enumerate() {
        let count = BLOCK.min(draws - start);
        let law = Exponential::new(Tensor::<2>::full([count, 1], rate, &device))?;
        let [mut direct, mut reparameterised] = streams(seed, block);
        samples[0].extend(law.sample(&mut direct).try_into_vec_as::<f32>()?);
        samples[1].extend(law.rsample(&mut reparameterised).try_into_vec_as::<f32>()?);
    }
    Ok(samples)
}
