//! `elbo cavi fit`: a mixture of epicentres from a catalogue of events.

use std::time::Instant;

use cavi::{Design, Fit, Init, MixtureCavi};
use figures::svg_to_png;

use super::input::{Input, ascend, choose_run, fit_config, json, responsibilities_csv, write_outputs};
use super::pictures;
use super::report::{self, FitReport};
use crate::backend;
use crate::cli::{Common, FitArgs};
use crate::console::Console;

/// Events up to which responsibilities are written without being asked for.
const LISTED: usize = 100_000;

pub(crate) fn run(common: &Common, args: &FitArgs) -> anyhow::Result<()> {
    let console = Console::new(common);
    let run = choose_run(common, &args.search, &args.mixture.data)?;
    let input = Input::read(&args.mixture)?;
    let observations = input.catalogue.len();
    let mixture = input.mixture(&args.mixture, args.components)?;
    let config = fit_config(common, &args.search, observations, args.components)?;
    let backend = backend::choose(args.search.backend, console)?;
    let design = Design::new(&mixture.pairs, &input.catalogue, &backend.device, backend.precision())?;
    console.note(&format!("fitting run {}: {}", run.name(), report::describe(&mixture, observations)));

    let started = Instant::now();
    let fit = ascend(console, &mixture, &design, &config)?;
    let seconds = started.elapsed().as_secs_f64();
    if fit.symmetric {
        console.warn(
            "all components are the same: the symmetric fixed point, which no sweep leaves. Start from --init kmeans++ or random, or lower --components",
        );
    }
    let keep = args.responsibilities || observations <= LISTED;
    let responsibilities = mixture.expectation(&fit.posterior, &design, keep)?.responsibilities;
    let (fit, responsibilities) = order(fit, responsibilities, &mixture, &config.init);

    let report = FitReport::new(&input, &mixture, &fit, &args.mixture, config.seed, seconds);
    let mut files = vec![("fit.json", json(&report)?), ("elbo.svg", report.curve(&run)?.into_bytes())];
    let plates = pictures::plates(input.assignment, &mixture)?;
    files.extend([("plates.png", svg_to_png(&plates, 2.0)?), ("plates.svg", plates.into_bytes())]);
    if let Some(responsibilities) = &responsibilities {
        let map = pictures::map(&input, &mixture, &fit, responsibilities, &args.mixture, run.name())?;
        let strengths = pictures::strengths(&input, &mixture, &fit, responsibilities, &args.mixture)?;
        if let Some(svg) = map {
            files.extend([("map.png", svg_to_png(&svg, 2.0)?), ("map.svg", svg.into_bytes())]);
        }
        if let Some(svg) = strengths {
            files.extend([("strengths.png", svg_to_png(&svg, 2.0)?), ("strengths.svg", svg.into_bytes())]);
        }
        files.push(("responsibilities.csv", responsibilities_csv(responsibilities, mixture.components)));
    }
    write_outputs(&run, files)?;
    console.result(&report, &report.summary(&run))
}

/// The largest component first, where the labels mean nothing: neither the weights nor a given start tell them apart.
fn order(fit: Fit, responsibilities: Option<Vec<f64>>, mixture: &MixtureCavi, init: &Init) -> (Fit, Option<Vec<f64>>) {
    if !mixture.mixing.is_exchangeable() || matches!(init, Init::Given(_)) {
        return (fit, responsibilities);
    }
    let mut order: Vec<usize> = (0..mixture.components).collect();
    order.sort_by(|&a, &b| fit.counts[b].total_cmp(&fit.counts[a]));
    let responsibilities = responsibilities
        .map(|r| r.chunks_exact(mixture.components).flat_map(|row| order.iter().map(|&k| row[k])).collect());
    (fit.permuted(&order), responsibilities)
}
