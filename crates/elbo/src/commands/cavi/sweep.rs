//! `elbo cavi sweep`: how many epicentres the data speak for.

use std::process::ExitCode;

use anyhow::ensure;
use cavi::ln_gamma;
use figures::{Curves, Series};
use serde::Serialize;
use train::Run;

use super::input::Input;
use super::model::Model;
use super::outputs::Chosen;
use super::search::{Search, fit_config};
use crate::backend;
use crate::cli::{Common, SweepArgs};
use crate::console::Console;
use crate::exit::INTERRUPTED;
use crate::results::json;

/// `sweep.json`.
#[derive(Debug, Serialize)]
struct Sweep {
    run: String,
    observations: usize,
    fits: Vec<SweepFit>,
}

/// The best fit of one number of components.
#[derive(Debug, Serialize)]
struct SweepFit {
    components: usize,
    elbo: f64,
    /// `ELBO + ln(K! / E!)` with `E` empty components, where the weights are exchangeable: an approximation of the log
    /// evidence that counts the equivalent labellings (trap D43).
    elbo_with_labellings: Option<f64>,
    empty: usize,
    converged: bool,
    symmetric: bool,
    counts: Vec<f64>,
}

pub(crate) fn run(common: &Common, args: &SweepArgs) -> anyhow::Result<ExitCode> {
    let console = Console::new(common);
    ensure!(args.max_components > 0, "--max-components is 0; it must be at least 1");
    ensure!(args.mixture.weights.is_none(), "--weights belong to one number of components: leave them out of a sweep");
    ensure!(
        !args.search.init.ends_with(".csv"),
        "--init {} belongs to one number of components: use kmeans++ or random in a sweep",
        args.search.init
    );
    let chosen = Chosen::new(common, &args.search, &args.mixture.data)?;
    let model = Model::new(&args.mixture)?;
    let input = Input::read(common, &args.mixture, &model, console)?;
    let observations = input.observations();
    // The largest is refused first, before the others are fitted.
    let largest = model.mixture(args.max_components, &input.moments, observations)?;
    cavi::check_support(&largest.pairs, input.events.as_ref())?;
    fit_config(common, &args.search, observations, args.max_components)?;
    let backend = backend::choose(args.search.backend, console)?;
    let search = Search::new(console)?;
    let outputs = chosen.claim(common)?;
    let run = &outputs.run;
    if model.assignment.is_some() && args.mixture.assignment.tau.is_none() {
        console.note(
            "tau follows its default K^(2/D) rho, so each number of components is another model; fix it with --tau",
        );
    }
    let mut fits = Vec::with_capacity(args.max_components);
    for components in 1..=args.max_components {
        let mixture = model.mixture(components, &input.moments, observations)?;
        let config = fit_config(common, &args.search, observations, components)?;
        let design = input.design(&mixture, &backend)?;
        let fit = search.ascend(&mixture, &design, &config)?.fit;
        // Less than half an event: nothing that the data speak for.
        let empty = fit.counts.iter().filter(|count| **count < 0.5).count();
        let labellings = ln_gamma(components as f64 + 1.0) - ln_gamma(empty as f64 + 1.0);
        console.note(&format!("K = {components:>2}  ELBO {:.4}  {empty} empty", fit.elbo));
        fits.push(SweepFit {
            components,
            elbo: fit.elbo,
            elbo_with_labellings: mixture.mixing.is_exchangeable().then_some(fit.elbo + labellings),
            empty,
            converged: fit.converged,
            symmetric: fit.symmetric,
            counts: fit.counts,
        });
        if search.interrupted() {
            break;
        }
    }
    let sweep = Sweep { run: run.name().to_owned(), observations, fits };
    let files = [("sweep.svg", sweep.curve()?.into_bytes()), ("sweep.json", json(&sweep)?)];
    outputs.write(&files.map(|(name, bytes)| (name.to_owned(), bytes)), |_| Ok(()))?;
    console.result(&sweep, &sweep.summary(run))?;
    if search.interrupted() {
        console.warn("interrupted: the numbers of components that were tried so far are written");
        return Ok(ExitCode::from(INTERRUPTED));
    }
    Ok(ExitCode::SUCCESS)
}

impl Sweep {
    fn curve(&self) -> Result<String, figures::FigureError> {
        let series = |label: &str, of: &dyn Fn(&SweepFit) -> Option<f64>| Series {
            label: label.to_owned(),
            points: self.fits.iter().filter_map(|fit| Some((fit.components as f64, of(fit)?))).collect(),
            marks: Vec::new(),
        };
        Curves {
            title: format!("ELBO by number of components, run {}", self.run),
            x_label: "components K".to_owned(),
            y_label: "nats".to_owned(),
            series: vec![
                series("ELBO", &|fit| Some(fit.elbo)),
                series("ELBO + ln(K!/E!), an approximation", &|fit| fit.elbo_with_labellings),
            ],
        }
        .to_svg()
    }

    fn summary(&self, run: &Run) -> String {
        let mut text = format!("{:>3} {:>14} {:>18} {:>6}\n", "K", "ELBO", "+ ln(K!/E!)", "empty");
        for fit in &self.fits {
            let labelled = fit.elbo_with_labellings.map_or_else(|| "-".to_owned(), |elbo| format!("{elbo:.4}"));
            text.push_str(&format!("{:>3} {:>14.4} {labelled:>18} {:>6}\n", fit.components, fit.elbo, fit.empty));
        }
        let best = self.fits.iter().max_by(|a, b| {
            let value = |fit: &SweepFit| fit.elbo_with_labellings.unwrap_or(fit.elbo);
            value(a).total_cmp(&value(b))
        });
        let best = best.map_or(0, |fit| fit.components);
        text.push_str(&format!("highest at K = {best}; written to {}", run.outputs().display()));
        text
    }
}
