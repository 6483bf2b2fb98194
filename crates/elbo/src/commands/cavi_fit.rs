//! `elbo cavi fit`: a mixture of epicentres from a catalogue of events.

mod report;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, ensure};
use cavi::{Assignment, Catalogue, CaviError, Constants, Design, Fit, FitConfig, Init, MixtureCavi};
use train::{Run, RunError, TrainError, nearest, write_atomic};

use crate::backend;
use crate::cli::{CaviFitArgs, Common, ModelName};
use crate::console::Console;
use crate::progress::bar;
use report::FitReport;

/// Events up to which responsibilities are written without being asked for.
const LISTED: usize = 100_000;

pub(crate) fn run(common: &Common, args: &CaviFitArgs) -> anyhow::Result<()> {
    let console = Console::new(common);

    // Everything that can be refused is refused before the first write.
    let run = choose_run(common, args)?;
    let bytes = fs::read(&args.data).with_context(|| format!("{} cannot be read", args.data.display()))?;
    let catalogue = catalogue(args, &bytes)?;
    let assignment = assignment(args)?;
    let mixture = assignment.mixture(args.components, &constants(args), &catalogue)?;
    let config = fit_config(common, args, catalogue.len())?;
    let backend = backend::choose(args.backend, console)?;
    let design = Design::new(&mixture.pairs, &catalogue, &backend.device)?;
    ensure!(
        args.components <= catalogue.len(),
        CaviError::Components { components: args.components, observations: catalogue.len() }
    );
    console.note(&format!("fitting run {}: {}", run.name(), report::describe(&mixture, catalogue.len())));

    let started = Instant::now();
    let fit = ascend(console, &mixture, &design, &config)?;
    let seconds = started.elapsed().as_secs_f64();
    if fit.symmetric {
        console.warn(
            "all components are the same: the symmetric fixed point, which no sweep leaves. Start from --init kmeans++ or random, or lower --components",
        );
    }
    let keep = args.responsibilities || catalogue.len() <= LISTED;
    let expectation = mixture.expectation(&fit.posterior, &design, keep)?;
    let fit = Ordered::new(fit, expectation.responsibilities, &mixture, &config.init);

    let report =
        FitReport::new(assignment, &mixture, &fit.fit, args, &catalogue, &bytes, common.seed.unwrap_or(1), seconds);
    write(&run, args.force, &report, &fit)?;
    console.result(&report, &report.summary(&run))
}

/// A fit whose components stand in the reader's order: the largest first where the labels mean nothing.
struct Ordered {
    fit: Fit,
    /// `r_nk`, row by row.
    responsibilities: Option<Vec<f64>>,
    components: usize,
}

impl Ordered {
    fn new(mut fit: Fit, responsibilities: Option<Vec<f64>>, mixture: &MixtureCavi, init: &Init) -> Self {
        let components = mixture.components;
        let mut order: Vec<usize> = (0..components).collect();
        if mixture.mixing.is_exchangeable() && !matches!(init, Init::Given(_)) {
            order.sort_by(|&a, &b| fit.counts[b].total_cmp(&fit.counts[a]));
            fit = fit.permuted(&order);
        }
        let responsibilities = responsibilities
            .map(|r| r.chunks_exact(components).flat_map(|row| order.iter().map(|&k| row[k])).collect());
        Self { fit, responsibilities, components }
    }
}

fn choose_run(common: &Common, args: &CaviFitArgs) -> Result<Run, TrainError> {
    let run = match &args.run {
        Some(name) => Run::named(&common.root, name)?,
        None => Run::first_free(&common.root, "cavi")?,
    };
    if run.exists() && !args.force {
        return Err(RunError::Exists { name: run.name().to_owned(), what: "a fitted mixture".to_owned() }.into());
    }
    if args.force && run.checkpoints().exists() {
        // A trained model is not a mixture's to replace.
        return Err(RunError::Exists { name: run.name().to_owned(), what: run.describe() }.into());
    }
    Ok(run)
}

fn catalogue(args: &CaviFitArgs, bytes: &[u8]) -> Result<Catalogue, CaviError> {
    let names: Vec<&str> = args.position.iter().chain([&args.strength]).map(String::as_str).collect();
    Catalogue::read(bytes, &args.data.display().to_string(), &names)
}

fn assignment(args: &CaviFitArgs) -> anyhow::Result<Assignment> {
    match args.model {
        ModelName::NormalPoisson => Ok(Assignment::NormalPoisson),
        ModelName::LogNormalPoisson => {
            ensure!(
                args.position.len() == 1,
                "--model log-normal-poisson takes one distance, but --position names {} columns: {}",
                args.position.len(),
                args.position.join(", ")
            );
            Ok(Assignment::LogNormalPoisson)
        }
    }
}

fn constants(args: &CaviFitArgs) -> Constants {
    Constants {
        weights: args.weights.clone(),
        tau: args.tau,
        nu: args.nu.clone(),
        rho: args.rho,
        alpha: args.alpha,
        beta: args.beta,
    }
}

fn fit_config(common: &Common, args: &CaviFitArgs, observations: usize) -> anyhow::Result<FitConfig> {
    let init = match args.init.as_str() {
        "kmeans++" => Init::KMeansPlusPlus,
        "random" => Init::Random,
        file if file.ends_with(".csv") => {
            ensure!(args.restarts.is_none(), "--init {file} is one start: leave --restarts out");
            Init::Given(read_init(Path::new(file), observations, args.components)?)
        }
        other => {
            let near = nearest(other, ["kmeans++", "random"])
                .map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            anyhow::bail!("unknown --init `{other}`; there are kmeans++, random, or a file that ends in .csv{near}");
        }
    };
    ensure!(args.restarts != Some(0), "--restarts is 0; it must be at least 1");
    ensure!(args.max_sweeps > 0, "--max-sweeps is 0; it must be at least 1");
    ensure!(args.tolerance >= 0.0, "--tolerance is {}; it must not be negative", args.tolerance);
    let restarts = args.restarts.unwrap_or(if matches!(init, Init::Given(_)) { 1 } else { 10 });
    let seed = common.seed.unwrap_or(1);
    Ok(FitConfig { init, restarts, max_sweeps: args.max_sweeps, tolerance: args.tolerance, seed })
}

/// N rows of K responsibilities, with the header `r1..rK`.
fn read_init(path: &Path, observations: usize, components: usize) -> anyhow::Result<Vec<f64>> {
    let file = path.display().to_string();
    let bytes = fs::read(path).with_context(|| format!("{file} cannot be read"))?;
    let names: Vec<String> = (1..=components).map(|k| format!("r{k}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let header = String::from_utf8_lossy(&bytes).lines().next().map_or(0, |line| line.split([',', ';', '\t']).count());
    let shape = |rows| CaviError::InitShape { file: file.clone(), rows, columns: header, observations, components };
    ensure!(header == components, shape(String::from_utf8_lossy(&bytes).lines().count().saturating_sub(1)));
    let table = Catalogue::read(bytes.as_slice(), &file, &names)?;
    ensure!(table.len() == observations, shape(table.len()));
    let mut responsibilities = Vec::with_capacity(observations * components);
    for row in 0..observations {
        let values = table.columns.iter().map(|column| column.values[row]);
        let sum: f64 = values.clone().sum();
        let valid = values.clone().all(|r| r >= 0.0) && (sum - 1.0).abs() < 1e-6;
        ensure!(valid, CaviError::InitRow { file: file.clone(), row: row + 1, sum });
        responsibilities.extend(values);
    }
    Ok(responsibilities)
}

fn ascend(console: Console, mixture: &MixtureCavi, design: &Design, config: &FitConfig) -> Result<Fit, CaviError> {
    let bar = bar(console, config.restarts as u64, "start {pos}/{len} [{bar:32}] {msg}");
    let fit = cavi::fit(mixture, design, config, &mut |start, sweep, elbo| {
        bar.set_position(start as u64);
        bar.set_message(format!("sweep {sweep}  ELBO {elbo:.4}"));
        true
    });
    bar.finish_and_clear();
    fit
}

fn write(run: &Run, force: bool, report: &FitReport, fit: &Ordered) -> anyhow::Result<()> {
    let outputs = run.outputs();
    if force && outputs.exists() {
        fs::remove_dir_all(&outputs).with_context(|| format!("{} cannot be replaced", outputs.display()))?;
    }
    fs::create_dir_all(&outputs).with_context(|| format!("{} cannot be created", outputs.display()))?;
    let mut json = serde_json::to_string_pretty(report)?;
    json.push('\n');
    let mut files: Vec<(PathBuf, Vec<u8>)> =
        vec![(run.output("fit.json"), json.into_bytes()), (run.output("elbo.svg"), report.curve(run)?.into_bytes())];
    if let Some(responsibilities) = &fit.responsibilities {
        files.push((run.output("responsibilities.csv"), table(responsibilities, fit.components)));
    }
    for (path, bytes) in files {
        write_atomic(&path, &bytes).map_err(TrainError::from)?;
    }
    Ok(())
}

fn table(responsibilities: &[f64], components: usize) -> Vec<u8> {
    let header: Vec<String> = (1..=components).map(|k| format!("r{k}")).collect();
    let mut text = header.join(",");
    text.push('\n');
    for row in responsibilities.chunks_exact(components) {
        let row: Vec<String> = row.iter().map(f64::to_string).collect();
        text.push_str(&row.join(","));
        text.push('\n');
    }
    text.into_bytes()
}
