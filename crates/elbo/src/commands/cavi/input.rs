//! From flags to data, a model and a search: everything that can be refused is refused here.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use cavi::{Assignment, Catalogue, CaviError, Constants, Design, Fit, FitConfig, Init, MixtureCavi};
use train::{Run, TrainError, did_you_mean, write_atomic};

use crate::cli::{Common, MixtureArgs, ModelName, SearchArgs};
use crate::console::Console;
use crate::progress::bar;

/// A catalogue, and the bytes that it was read from.
pub(super) struct Input {
    pub(super) bytes: Vec<u8>,
    pub(super) catalogue: Catalogue,
    pub(super) assignment: Assignment,
}

impl Input {
    pub(super) fn read(args: &MixtureArgs) -> anyhow::Result<Self> {
        let assignment = assignment(args.model);
        ensure!(
            assignment == Assignment::NormalPoisson || args.position.len() == 1,
            "--model log-normal-poisson takes one distance, but --position names {} columns: {}",
            args.position.len(),
            args.position.join(", ")
        );
        let bytes = fs::read(&args.data).with_context(|| format!("{} cannot be read", args.data.display()))?;
        let names: Vec<&str> = args.position.iter().chain([&args.strength]).map(String::as_str).collect();
        let catalogue = Catalogue::read(bytes.as_slice(), &args.data.display().to_string(), &names)?;
        Ok(Self { bytes, catalogue, assignment })
    }

    /// The mixture of so many components, refused where there are fewer events.
    pub(super) fn mixture(&self, args: &MixtureArgs, components: usize) -> Result<MixtureCavi, CaviError> {
        let observations = self.catalogue.len();
        if components > observations {
            return Err(CaviError::Components { components, observations });
        }
        // tau follows rho by default, and would be refused in its place.
        if let Some(rho) = args.rho.filter(|rho| !(rho.is_finite() && *rho > 0.0)) {
            let must = "positive: it is a precision";
            return Err(CaviError::Parameter { name: "rho", value: rho.to_string(), must });
        }
        let constants = Constants {
            weights: args.weights.clone(),
            tau: args.tau,
            nu: args.nu.clone(),
            rho: args.rho,
            alpha: args.alpha,
            beta: args.beta,
        };
        self.assignment.mixture(components, &constants, &self.catalogue)
    }
}

pub(super) fn assignment(model: ModelName) -> Assignment {
    match model {
        ModelName::NormalPoisson => Assignment::NormalPoisson,
        ModelName::LogNormalPoisson => Assignment::LogNormalPoisson,
    }
}

pub(super) fn choose_run(common: &Common, args: &SearchArgs, data: &Path) -> anyhow::Result<Run> {
    let run = match &args.run {
        Some(name) => Run::named(&common.root, name),
        None => Run::first_free(&common.root, "cavi"),
    };
    let run = run.map_err(TrainError::from)?;
    let name = run.name();
    // Even with --force, a trained model is not a mixture's to replace.
    ensure!(
        !run.checkpoints().exists(),
        "run {name} exists already as a trained model ({}); choose another --run",
        run.describe()
    );
    ensure!(args.force || !run.exists(), "run {name} exists already; choose another --run, or replace it with --force");
    let within = || Some(data.canonicalize().ok()?.starts_with(run.outputs().canonicalize().ok()?));
    ensure!(
        within() != Some(true),
        "--data {} lies in the outputs of run {name}, which would be replaced; choose another --run",
        data.display()
    );
    Ok(run)
}

pub(super) fn fit_config(
    common: &Common,
    args: &SearchArgs,
    observations: usize,
    components: usize,
) -> anyhow::Result<FitConfig> {
    let init = match args.init.as_str() {
        "kmeans++" => Init::KMeansPlusPlus,
        "random" => Init::Random,
        file if file.ends_with(".csv") => {
            ensure!(args.restarts.is_none(), "--init {file} is one start: leave --restarts out");
            Init::Given(read_init(Path::new(file), observations, components)?)
        }
        other => {
            let near = did_you_mean(other, ["kmeans++", "random"]);
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
    let text = String::from_utf8_lossy(&bytes);
    let columns = text.lines().next().map_or(0, |line| line.split([',', ';', '\t']).count());
    let shape = |rows| CaviError::InitShape { file: file.clone(), rows, columns, observations, components };
    ensure!(columns == components, shape(text.lines().count().saturating_sub(1)));
    let names: Vec<String> = (1..=components).map(|k| format!("r{k}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
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

/// Fits under a bar of starts.
pub(super) fn ascend(
    console: Console,
    mixture: &MixtureCavi,
    design: &Design,
    config: &FitConfig,
) -> Result<Fit, CaviError> {
    let bar = bar(console, config.restarts as u64, "{prefix}start {pos}/{len} [{bar:32}] {msg}");
    bar.set_prefix(format!("K = {:>2}  ", mixture.components));
    let fit = cavi::fit(mixture, design, config, &mut |start, sweep, elbo| {
        bar.set_position(start as u64);
        bar.set_message(format!("sweep {sweep}  ELBO {elbo:.4}"));
        true
    });
    bar.finish_and_clear();
    fit
}

/// Writes the files of a run, all of them or none: the old ones go only when the new ones are ready.
pub(super) fn write_outputs(run: &Run, files: Vec<(&str, Vec<u8>)>) -> anyhow::Result<()> {
    let outputs = run.outputs();
    if outputs.exists() {
        fs::remove_dir_all(&outputs).with_context(|| format!("{} cannot be replaced", outputs.display()))?;
    }
    fs::create_dir_all(&outputs).with_context(|| format!("{} cannot be created", outputs.display()))?;
    for (name, bytes) in files {
        let path: PathBuf = run.output(name);
        write_atomic(&path, &bytes).map_err(TrainError::from)?;
    }
    Ok(())
}

/// Responsibilities as a table with the header `r1..rK`.
pub(super) fn responsibilities_csv(responsibilities: &[f64], components: usize) -> Vec<u8> {
    let header: Vec<String> = (1..=components).map(|k| format!("r{k}")).collect();
    let mut text = header.join(",");
    text.push('\n');
    for row in responsibilities.chunks_exact(components) {
        let row: Vec<String> = row.iter().map(|r| format!("{r:?}")).collect();
        text.push_str(&row.join(","));
        text.push('\n');
    }
    text.into_bytes()
}

/// A value as indented JSON with a last line end.
pub(super) fn json(value: &impl serde::Serialize) -> anyhow::Result<Vec<u8>> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    Ok(text.into_bytes())
}
