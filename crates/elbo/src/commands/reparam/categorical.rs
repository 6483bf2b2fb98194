//! `elbo reparam categorical`: cumulated probabilities against the argmax of Gumbel-softmax.

use anyhow::ensure;
use burn::tensor::{Device, Tensor, TensorData};
use distributions::goodness_of_fit::{chi_square, chi_square_two_sample};
use distributions::{Categorical, Distribution, RelaxedOneHot, Reparameterized, one_hot_argmax};
use figures::{CountedSample, OverlaidHistograms, Predictive};
use serde::Serialize;

use super::output::{BLOCK, Comparison, choose_run, finish, note, streams};
use crate::cli::{CategoricalArgs, Common};

/// Classes that a histogram can show.
const MOST: usize = 1000;

/// By how much probabilities that were typed may miss a sum of 1.
const TOLERANCE: f64 = 1e-6;

#[derive(Debug, Serialize)]
struct Parameters {
    probabilities: Vec<f64>,
    temperature: f64,
    counts: [Vec<u64>; 2],
}

pub(crate) fn run(common: &Common, args: &CategoricalArgs) -> anyhow::Result<()> {
    let run = choose_run(common, &args.draws)?;
    let (p, temperature) = (&args.probabilities, args.temperature);
    check(p, temperature)?;
    let (draws, seed) = (args.draws.draws, common.seed.unwrap_or(1));
    let counts = count(p, temperature, draws, seed)?;
    let two_sample = chi_square_two_sample(&counts[0], &counts[1]);
    let exact = chi_square(&counts[1], p);

    let sample = |label: &str, counts: &[u64]| CountedSample {
        label: label.to_owned(),
        counts: counts.iter().map(|&count| count as f64).collect(),
        beyond: 0.0,
    };
    let figure = OverlaidHistograms {
        title: format!("Categorical of {} classes: {draws} draws by each sampler", p.len()),
        notes: vec![note(two_sample, exact)],
        x_label: "class".to_owned(),
        y_label: "frequency".to_owned(),
        edges: (0..=p.len()).map(|class| class as f64 - 0.5).collect(),
        samples: vec![
            sample("direct", &counts[0]),
            sample(&format!("argmax of Gumbel-softmax at {temperature}"), &counts[1]),
        ],
        exact_label: "probability".to_owned(),
        exact: Predictive::Mass(p.iter().enumerate().map(|(class, &p)| (class as f64, p)).collect()),
    };
    let comparison = Comparison {
        run: run.name().to_owned(),
        distribution: "categorical",
        parameters: Parameters { probabilities: p.clone(), temperature, counts },
        draws,
        seed,
        test: "chi-square",
        statistic: two_sample.statistic,
        p_value: two_sample.p_value,
        exact_statistic: exact.statistic,
        exact_p_value: exact.p_value,
        files: Vec::new(),
    };
    finish(common, &run, comparison, &figure)
}

fn check(p: &[f64], temperature: f64) -> anyhow::Result<()> {
    ensure!((1..=MOST).contains(&p.len()), "--probabilities has {} entries; give 1 to {MOST}", p.len());
    for (class, p) in p.iter().enumerate() {
        ensure!(
            p.is_finite() && *p > 0.0,
            "--probabilities has {p} for class {class}; each must be positive, so leave a class of 0 out"
        );
    }
    let sum: f64 = p.iter().sum();
    ensure!((sum - 1.0).abs() <= TOLERANCE, "--probabilities sum to {sum}; they must sum to 1");
    ensure!(
        temperature.is_finite() && temperature > 0.0,
        "--temperature is {temperature}; it must be positive, such as 0.1"
    );
    Ok(())
}

/// How often each class came, by each sampler, direct ones first.
fn count(p: &[f64], temperature: f64, draws: usize, seed: u64) -> anyhow::Result<[Vec<u64>; 2]> {
    let device = Device::flex();
    let mut counts = [vec![0_u64; p.len()], vec![0_u64; p.len()]];
    // A block holds as many numbers whatever the classes.
    let block_size = (BLOCK / p.len()).max(1);
    for (block, start) in (0..draws).step_by(block_size).enumerate() {
        let size = block_size.min(draws - start);
        let row = p.iter().map(|&p| p as f32).collect::<Vec<_>>();
        let probabilities = Tensor::<2>::from_data(TensorData::new(row, [1, p.len()]), &device).expand([size, p.len()]);
        let [mut direct, mut relaxed] = streams(seed, block);
        let drawn = [
            Categorical::new(probabilities.clone())?.sample(&mut direct),
            one_hot_argmax(RelaxedOneHot::new(probabilities, temperature)?.rsample(&mut relaxed)),
        ];
        for (counts, drawn) in counts.iter_mut().zip(drawn) {
            for (count, sum) in counts.iter_mut().zip(drawn.sum_dim(0).try_into_vec_as::<f32>()?) {
                *count += sum as u64;
            }
        }
    }
    Ok(counts)
}
