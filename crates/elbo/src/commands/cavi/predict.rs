//! `elbo cavi predict`: where new events belong, and how probable they are.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::ensure;
use cavi::{Derived, Events, MixtureCavi, Moments, Pair, Posterior};
use serde::Serialize;
use train::{Run, TrainError, write_atomic_with};

use super::fitted::Fitted;
use super::grid::Grid;
use super::input::{Read, memory_for, read};
use crate::cli::{Common, PredictArgs};
use crate::console::Console;
use crate::exit::INTERRUPTED;
use crate::interrupt::interrupt_flag;

#[derive(Serialize)]
struct Predicted<'a> {
    run: &'a str,
    events: usize,
    mean_log_density: f64,
    file: PathBuf,
    #[serde(skip_serializing_if = "Option::is_none")]
    density: Option<[PathBuf; 3]>,
}

/// Rows that are read at once.
const ROWS: usize = 4096;

pub(crate) fn run(common: &Common, args: &PredictArgs) -> anyhow::Result<ExitCode> {
    let console = Console::new(common);
    let fitted = match &args.run {
        Some(name) => Fitted::find(common, name)?,
        None => Fitted::latest(common)?,
    };
    let run = Run::named(&common.root, fitted.run()).map_err(TrainError::from)?;
    if args.run.is_none() {
        console.note(&format!("run {}", run.name()));
    }
    if args.grid.is_some() {
        Grid::check(&fitted)?;
    }
    let events = open(common, &fitted, &args.data, console)?;
    let out = args.out.clone().unwrap_or_else(|| run.output("predictions.csv"));
    let density = ["csv", "svg", "png"].map(|extension| match args.out {
        Some(_) => out.with_extension(format!("density.{extension}")),
        None => out.with_file_name(format!("density.{extension}")),
    });
    let density = args.grid.map(|points| (points, density));
    for file in [&out].into_iter().chain(density.iter().flat_map(|(_, files)| files)) {
        let is_data = || Some(file.canonicalize().ok()? == args.data.canonicalize().ok()?);
        ensure!(is_data() != Some(true), "{} is the file of --data; choose another --out", file.display());
        // What an earlier prediction has left among the outputs of its run is a prediction's to replace.
        ensure!(
            args.force || args.out.is_none() || !file.exists(),
            "{} exists already; choose another --out, or replace it with --force",
            file.display()
        );
    }
    let first: Vec<String> = fitted.first_pair().map_or_else(Vec::new, |(columns, _)| columns.to_vec());
    let formulas = fitted.formulas.clone();
    let (mixture, posterior) = fitted.into_mixture()?;
    cavi::check_support(&mixture.pairs, events.as_ref())?;
    let interrupted = interrupt_flag()?;

    let written = write(&out, &mixture, &posterior, events.as_ref(), &interrupted);
    if interrupted.load(Ordering::Relaxed) {
        console.warn("interrupted: nothing is written");
        return Ok(ExitCode::from(INTERRUPTED));
    }
    let mean_log_density = written?;
    if let Some((points, files)) = &density {
        let moments = Moments::of(events.as_ref())?;
        let grid = Grid::new(&first, formulas, usize::from(*points), &moments, &mixture, &posterior);
        grid.write(files, run.name(), &posterior, events.as_ref())?;
    }
    let mut summary = format!(
        "{} events under run {}: mean log predictive density {mean_log_density:.4} nats; written to {}",
        events.len(),
        run.name(),
        out.display()
    );
    let density = density.map(|(_, files)| files);
    density.iter().flatten().for_each(|file| summary.push_str(&format!("\n{}", file.display())));
    let predicted = Predicted { run: run.name(), events: events.len(), mean_log_density, file: out, density };
    console.result(&predicted, &summary)?;
    Ok(ExitCode::SUCCESS)
}

/// The columns of a fit in a new table.
fn open(common: &Common, fitted: &Fitted, data: &Path, console: Console) -> anyhow::Result<Arc<dyn Events>> {
    let memory = memory_for(data);
    let Some(formulas) = &fitted.formulas else {
        return Ok(read(data, &fitted.columns(), memory, &common.root, console)?.events);
    };
    let mut names: Vec<&str> = Vec::new();
    for name in formulas.iter().flat_map(|(_, formula)| formula.inputs()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let Read { events, .. } = read(data, &names, memory, &common.root, console)?;
    Ok(Arc::new(Derived::new(events, formulas.clone())?))
}

/// Writes component, log density and responsibilities of each event; the mean of the log densities.
fn write(
    out: &Path,
    mixture: &MixtureCavi,
    posterior: &Posterior,
    events: &dyn Events,
    interrupted: &AtomicBool,
) -> anyhow::Result<f64> {
    let mut total = 0.0;
    let width = events.columns().len();
    let mut rows = vec![0.0; ROWS.min(events.len()) * width];
    write_atomic_with(out, |file| {
        let header: String = (1..=mixture.components).map(|k| format!(",r{k}")).collect();
        writeln!(file, "component,log_density{header}")?;
        for start in (0..events.len()).step_by(ROWS) {
            if interrupted.load(Ordering::Relaxed) {
                return Err(std::io::ErrorKind::Interrupted.into());
            }
            let rows = &mut rows[..ROWS.min(events.len() - start) * width];
            events.read(start, rows).map_err(std::io::Error::other)?;
            for x in rows.chunks_exact(width) {
                let (log_density, responsibilities) = mixture.predict(posterior, x);
                let best = (0..mixture.components).max_by(|&a, &b| responsibilities[a].total_cmp(&responsibilities[b]));
                write!(file, "{},{log_density:?}", best.map_or(0, |k| k + 1))?;
                for r in responsibilities {
                    write!(file, ",{r:?}")?;
                }
                writeln!(file)?;
                total += log_density;
            }
        }
        Ok(())
    })
    .map_err(TrainError::from)?;
    Ok(total / events.len() as f64)
}

/// Whether a pair has a density, and not masses.
pub(super) fn has_density(pair: &Pair) -> bool {
    !matches!(pair, Pair::Poisson(_) | Pair::Bernoulli(_) | Pair::Categorical(_))
}
