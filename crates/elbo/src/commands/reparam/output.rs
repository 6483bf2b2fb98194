//! What both comparisons share: the run to write, the result object, the files.

use std::path::{Path, PathBuf};

use anyhow::ensure;
use distributions::goodness_of_fit::Fit;
use distributions::{Noise, Purpose};
use figures::{OverlaidHistograms, svg_to_png};
use serde::Serialize;
use train::{Run, TrainError, write_atomic};

use crate::cli::{Common, DrawArgs};
use crate::console::Console;
use crate::results::{json, run_of_results};

/// Draws that fit into memory, and into a minute.
const MOST: usize = 10_000_000;

/// Draws made at a time: the noise is keyed by the block.
pub(super) const BLOCK: usize = 1 << 16;

/// `reparam.json`. `statistic` and `p_value` compare the two samples, `exact_statistic` and `exact_p_value` the
/// reparameterised one with the exact law.
#[derive(Debug, Serialize)]
pub(super) struct Comparison<P: Serialize> {
    pub(super) run: String,
    pub(super) distribution: &'static str,
    #[serde(flatten)]
    pub(super) parameters: P,
    pub(super) draws: usize,
    pub(super) seed: u64,
    pub(super) test: &'static str,
    pub(super) statistic: f64,
    pub(super) p_value: f64,
    pub(super) exact_statistic: f64,
    pub(super) exact_p_value: f64,
    pub(super) files: Vec<PathBuf>,
}

/// The run that the flags name, and how many draws they ask for.
pub(super) fn choose_run(common: &Common, args: &DrawArgs) -> anyhow::Result<Run> {
    let draws = args.draws;
    ensure!((1..=MOST).contains(&draws), "--draws is {draws}; it must be 1 to 10,000,000");
    let run = run_of_results(common, args.run.as_deref(), "reparam")?;
    let name = run.name();
    ensure!(args.force || !run.exists(), "run {name} exists already; choose another --run, or replace it with --force");
    Ok(run)
}

/// The two streams of a block: one a sampler.
pub(super) fn streams(seed: u64, block: usize) -> [Noise; 2] {
    [0, 1].map(|sampler| Noise::new(seed, Purpose::Comparison, sampler, block as u64))
}

/// The note of the figure.
pub(super) fn note(two_sample: Fit, exact: Fit) -> String {
    format!("p = {:.3} between the samples, p = {:.3} against the exact law", two_sample.p_value, exact.p_value)
}

/// Writes `reparam.json` and the histogram, and reports them.
pub(super) fn finish<P: Serialize>(
    common: &Common,
    run: &Run,
    mut comparison: Comparison<P>,
    figure: &OverlaidHistograms,
) -> anyhow::Result<()> {
    let svg = figure.to_svg().map_err(TrainError::from)?;
    let png = svg_to_png(&svg, 2.0).map_err(TrainError::from)?;
    let names = ["histogram.svg", "histogram.png", "reparam.json"];
    comparison.files = names.map(|name| run.output(name)).into();
    let json = json(&comparison)?;
    let fill = |folder: &Path| {
        let mut files = names.iter().zip([svg.as_bytes(), &png, &json]);
        files.try_for_each(|(name, bytes)| write_atomic(&folder.join(name), bytes))
    };
    run.replace_outputs(fill).map_err(TrainError::from)?;
    let text = format!(
        "run {}: {} draws by each sampler, {}\nbetween the samples   statistic {:.5}  p = {:.4}\n\
         against the exact law statistic {:.5}  p = {:.4}\n{}",
        run.name(),
        comparison.draws,
        comparison.test,
        comparison.statistic,
        comparison.p_value,
        comparison.exact_statistic,
        comparison.exact_p_value,
        comparison.files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join("\n"),
    );
    Console::new(common).result(&comparison, &text)
}
