//! `elbo cavi fit`: a mixture of epicentres from a catalogue of events.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::ensure;
use cavi::{Catalogue, Design, Fit, Init, Memory, MixtureCavi, Posterior, matching, overlap};
use figures::svg_to_png;

use super::fitted::Fitted;
use super::input::Input;
use super::model::Model;
use super::outputs::{Chosen, write_responsibilities};
use super::pictures::{self, Shown};
use super::report::{self, FitReport};
use super::search::{Found, Search, fit_config};
use crate::backend::{self, Backend};
use crate::cli::{Common, FitArgs};
use crate::console::Console;
use crate::exit::INTERRUPTED;
use crate::results::json;

/// Events up to which responsibilities are written without being asked for.
const LISTED: usize = 100_000;

/// Events that two fits are matched by, and that figures show.
const SHOWN: usize = 20_000;

pub(crate) fn run(common: &Common, args: &FitArgs) -> anyhow::Result<ExitCode> {
    let console = Console::new(common);
    let chosen = Chosen::new(common, &args.search, &args.mixture.data)?;
    let model = Model::new(&args.mixture)?;
    let earlier = args.matched.as_ref().map(|name| Fitted::find(common, name)).transpose()?;
    if let Some(earlier) = &earlier {
        earlier.check_columns(&model)?;
    }
    let input = Input::read(common, &args.mixture, &model, console)?;
    if let Some(earlier) = &earlier {
        earlier.check_formulas(input.formulas.as_deref())?;
    }
    let observations = input.observations();
    let mixture = model.mixture(args.components, &input.moments, observations)?;
    ensure!(
        earlier.is_none() || mixture.mixing.is_exchangeable(),
        "--match numbers components anew, but under stick-breaking or unequal weights their order has a meaning: leave it out"
    );
    let config = fit_config(common, &args.search, observations, args.components)?;
    let backend = backend::choose(args.search.backend, console)?;
    let design = input.design(&mixture, &backend)?;
    let search = Search::new(console)?;
    let outputs = chosen.claim(common)?;
    let run = &outputs.run;
    console.note(&format!("fitting run {}: {}", run.name(), report::describe(&model, &mixture, observations)));

    let Found { fit, seconds, sweep_seconds } = search.ascend(&mixture, &design, &config)?;
    if fit.symmetric {
        console.warn(
            "all components are the same: the symmetric fixed point, which no sweep leaves. Start from --init kmeans++ or random, or lower --components",
        );
    }
    let fit = order(fit, &mixture, &config.init);
    let (catalogue, stride) = Catalogue::thinned(input.events.as_ref(), SHOWN)?;
    let catalogue = Arc::new(catalogue);
    let own = responsibilities(&mixture, &fit.posterior, &catalogue, &backend)?;
    let (fit, own) = match earlier {
        Some(earlier) => follow(fit, own, earlier, &catalogue, &backend)?,
        None => (fit, own),
    };

    let report = FitReport::new(&input, &model, &mixture, &fit, &config, (seconds, sweep_seconds));
    let mut files = vec![("elbo.svg".to_owned(), report.curve(run)?.into_bytes())];
    let shown = Shown { catalogue: &catalogue, stride, responsibilities: &own };
    for (name, drawn) in pictures::all(&model, &input, &mixture, &fit, &shown, run.name()) {
        // A fit is not lost because it cannot be drawn.
        match drawn.and_then(|svg| Ok((svg_to_png(&svg, 2.0)?, svg))) {
            Ok((png, svg)) => files.extend([(format!("{name}.png"), png), (format!("{name}.svg"), svg.into_bytes())]),
            Err(error) => console.warn(&format!("{name}.svg is left out: {error}")),
        }
    }
    files.push(("fit.json".to_owned(), json(&report)?));
    outputs.write(&files, |folder| {
        if args.responsibilities || observations <= LISTED {
            write_responsibilities(&folder.join("responsibilities.csv"), &mixture, &fit.posterior, &design)?;
        }
        Ok(())
    })?;
    console.result(&report, &report.summary(run))?;
    if search.interrupted() {
        console.warn("interrupted: the best fit so far is written");
        return Ok(ExitCode::from(INTERRUPTED));
    }
    Ok(ExitCode::SUCCESS)
}

/// The largest component first, where the labels mean nothing: neither the weights nor a given start tell them apart.
fn order(fit: Fit, mixture: &MixtureCavi, init: &Init) -> Fit {
    if !mixture.mixing.is_exchangeable() || matches!(init, Init::Given(_)) {
        return fit;
    }
    let mut order: Vec<usize> = (0..mixture.components).collect();
    order.sort_by(|&a, &b| fit.counts[b].total_cmp(&fit.counts[a]));
    fit.permuted(&order)
}

/// The labels of an earlier fit; the order of the components must be free.
fn follow(
    fit: Fit,
    own: Vec<f64>,
    earlier: Fitted,
    catalogue: &Arc<Catalogue>,
    backend: &Backend,
) -> anyhow::Result<(Fit, Vec<f64>)> {
    let k = fit.counts.len();
    let (mixture, posterior) = earlier.into_mixture()?;
    let theirs = responsibilities(&mixture, &posterior, catalogue, backend)?;
    let order = matching(&overlap(&theirs, mixture.components, &own, k));
    let own = own.chunks_exact(k).flat_map(|row| order.iter().map(|&j| row[j])).collect();
    Ok((fit.permuted(&order), own))
}

/// The responsibilities of a few events.
fn responsibilities(
    mixture: &MixtureCavi,
    posterior: &Posterior,
    catalogue: &Arc<Catalogue>,
    backend: &Backend,
) -> anyhow::Result<Vec<f64>> {
    let events = Arc::clone(catalogue);
    let design = Design::new(&mixture.pairs, events, &backend.device, backend.precision(), Memory::Held)?;
    Ok(mixture.responsibilities(posterior, &design)?)
}
