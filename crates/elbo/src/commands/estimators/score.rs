//! `elbo estimators score`: the mean of the score of every law that is drawn by a reparameterisation.

use std::path::{Path, PathBuf};

use anyhow::ensure;
use burn::tensor::Device;
use figures::{IntervalEstimate, IntervalSet, Intervals, Scale, svg_to_png};
use serde::Serialize;
use train::score::{MeanScore, mean_scores};
use train::{TrainError, write_atomic};

use crate::cli::{Common, ScoreArgs};
use crate::console::Console;
use crate::results::{json, run_of_results};

/// Draws that take a minute or so.
const MOST: usize = 10_000_000;

/// Standard errors on each side of a mean: 24 intervals of 95 % would leave out a true zero more often than not.
const ERRORS: f64 = 5.0;

/// `score.json`.
#[derive(Debug, Serialize)]
struct Report {
    run: String,
    draws: usize,
    seed: u64,
    /// Half an interval, in standard errors.
    standard_errors: f64,
    scores: Vec<Entry>,
    files: Vec<PathBuf>,
}

/// A law and one of its parameters.
#[derive(Debug, Serialize)]
struct Entry {
    distribution: &'static str,
    parameter: &'static str,
    value: f64,
    mean: f64,
    standard_error: f64,
    interval: [f64; 2],
    /// 0, unless the support moves with the parameter.
    exact: f64,
}

impl From<MeanScore> for Entry {
    fn from(score: MeanScore) -> Self {
        let MeanScore { distribution, parameter, value, exact, mean, standard_error } = score;
        let half = ERRORS * standard_error;
        Self { distribution, parameter, value, mean, standard_error, interval: [mean - half, mean + half], exact }
    }
}

pub(super) fn run(common: &Common, args: &ScoreArgs) -> anyhow::Result<()> {
    let draws = args.draws;
    ensure!((2..=MOST).contains(&draws), "--draws is {draws}; it must be 2 to 10,000,000");
    let run = run_of_results(common, args.run.as_deref(), "score")?;
    let name = run.name();
    ensure!(args.force || !run.exists(), "run {name} exists already; choose another --run, or replace it with --force");

    let seed = common.seed.unwrap_or(1);
    let scores = mean_scores(draws, seed, &Device::flex())?;
    let svg = figure(&scores, draws).to_svg().map_err(TrainError::from)?;
    let png = svg_to_png(&svg, 2.0).map_err(TrainError::from)?;
    let names = ["score.svg", "score.png", "score.json"];
    let report = Report {
        run: name.to_owned(),
        draws,
        seed,
        standard_errors: ERRORS,
        scores: scores.into_iter().map(Entry::from).collect(),
        files: names.map(|file| run.output(file)).into(),
    };
    let json = json(&report)?;
    let fill = |folder: &Path| {
        let mut files = names.iter().zip([svg.as_bytes(), &png, &json]);
        files.try_for_each(|(file, bytes)| write_atomic(&folder.join(file), bytes))
    };
    run.replace_outputs(fill).map_err(TrainError::from)?;
    Console::new(common).result(&report, &report.table())
}

fn figure(scores: &[MeanScore], draws: usize) -> Intervals {
    let estimate = |score: &MeanScore| {
        let Entry { mean, interval, .. } = Entry::from(*score);
        Some(IntervalEstimate { value: mean, interval })
    };
    Intervals {
        title: format!("The mean of the score over {draws} draws"),
        notes: vec![
            "Lines reach 5 standard errors to each side; only the support of a uniform variable moves".to_owned(),
        ],
        x_label: "mean of d log p(z) / d parameter".to_owned(),
        rows: scores.iter().map(|score| format!("{}: {}", score.distribution, score.parameter)).collect(),
        sets: vec![IntervalSet { label: String::new(), estimates: scores.iter().map(estimate).collect() }],
        scale: Scale::Linear,
        reference: Some(0.0),
    }
}

impl Report {
    fn table(&self) -> String {
        let mut text = format!(
            "run {}: the mean of the score d log p(z) / d parameter over {} draws, seed {}\n\n{:<19}{:<22}{:>7}{:>12}{:>12}{:>8}{:>8}\n",
            self.run, self.draws, self.seed, "distribution", "parameter", "at", "mean", "error", "ratio", "exact"
        );
        for Entry { distribution, parameter, value, mean, standard_error, exact, .. } in &self.scores {
            // A mean of equal numbers has no error but that of rounding.
            let errors = if *standard_error > 1e-7 { format!("{:.1}", mean / standard_error) } else { "-".to_owned() };
            text.push_str(&format!(
                "{distribution:<19}{parameter:<22}{value:>7}{mean:>12.5}{standard_error:>12.5}{errors:>8}{exact:>8}\n"
            ));
        }
        text.push('\n');
        text.push_str(&self.files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join("\n"));
        text
    }
}
