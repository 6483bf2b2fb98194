//! `elbo cavi predict`: where new events belong, and how probable they are.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::ensure;
use cavi::{Derived, Events, Memory, MixtureCavi, Moments, Pair, Posterior};
use serde::Serialize;
use train::{Run, TrainError, write_atomic_with};

use super::fitted::Fitted;
use super::grid::Grid;
use super::input::{Read, read};
use crate::cli::{Common, PredictArgs};
use crate::console::Console;

#[derive(Serialize)]
struct Predicted<'a> {
    run: &'a str,
    events: usize,
    mean_log_density: f64,
    file: PathBuf,
    #[serde(skip_serializing_if = "Option::is_none")]
    density: Option<Vec<PathBuf>>,
}

/// Rows that are read at once.
const ROWS: usize = 4096;

pub(crate) fn run(common: &Common, args: &PredictArgs) -> anyhow::Result<()> {
    let console = Console::new(common);
    let run = Run::named(&common.root, &args.run).map_err(TrainError::from)?;
    let fitted = Fitted::find(common, &args.run)?;
    if args.grid.is_some() {
        Grid::check(&fitted)?;
    }
    let events = open(common, &fitted, &args.data, console)?;
    let out = args.out.clone().unwrap_or_else(|| run.output("predictions.csv"));
    let is_data = || Some(out.canonicalize().ok()? == args.data.canonicalize().ok()?);
    ensure!(is_data() != Some(true), "--out {} is the file of --data; choose another", out.display());
    let first: Vec<String> = fitted.first_pair().map_or_else(Vec::new, |(columns, _)| columns.to_vec());
    let (mixture, posterior) = fitted.into_mixture()?;
    check_support(&mixture, events.as_ref())?;

    let mean_log_density = write(&out, &mixture, &posterior, events.as_ref())?;
    let density = match args.grid {
        Some(points) => {
            let grid = Grid::new(&first, usize::from(points), &Moments::of(events.as_ref())?, &mixture, &posterior);
            Some(grid.write(&out, args.out.is_none(), run.name(), &posterior, events.as_ref())?)
        }
        None => None,
    };
    let mut summary = format!(
        "{} events under run {}: mean log predictive density {mean_log_density:.4} nats; written to {}",
        events.len(),
        run.name(),
        out.display()
    );
    density.iter().flatten().for_each(|file| summary.push_str(&format!("\n{}", file.display())));
    let predicted = Predicted { run: run.name(), events: events.len(), mean_log_density, file: out, density };
    console.result(&predicted, &summary)
}

/// The columns of a fit in a new table.
fn open(common: &Common, fitted: &Fitted, data: &Path, console: Console) -> anyhow::Result<Arc<dyn Events>> {
    let Some(formulas) = &fitted.formulas else {
        return Ok(read(data, &fitted.columns(), Memory::Held, &common.root, console)?.events);
    };
    let mut names: Vec<&str> = Vec::new();
    for name in formulas.iter().flat_map(|(_, formula)| formula.inputs()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let Read { events, .. } = read(data, &names, Memory::Held, &common.root, console)?;
    Ok(Arc::new(Derived::new(events, formulas.clone())?))
}

/// A design checks the support of every value, and that is all that is wanted of it.
fn check_support(mixture: &MixtureCavi, events: &dyn Events) -> anyhow::Result<()> {
    Ok(cavi::check_support(&mixture.pairs, events)?)
}

/// Writes component, log density and responsibilities of each event; the mean of the log densities.
fn write(out: &Path, mixture: &MixtureCavi, posterior: &Posterior, events: &dyn Events) -> anyhow::Result<f64> {
    let mut total = 0.0;
    let width = events.columns().len();
    let mut rows = vec![0.0; ROWS.min(events.len()) * width];
    write_atomic_with(out, |file| {
        let header: String = (1..=mixture.components).map(|k| format!(",r{k}")).collect();
        writeln!(file, "component,log_density{header}")?;
        for start in (0..events.len()).step_by(ROWS) {
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
