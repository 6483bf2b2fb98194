//! From flags to a fit: the start, the restarts, Ctrl-C.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use cavi::{Catalogue, CaviError, Design, Events, Fit, FitConfig, Init, Method, MixtureCavi, Svi};
use train::did_you_mean;

use crate::cli::{Common, SearchArgs};
use crate::console::Console;
use crate::interrupt::interrupt_flag;
use crate::progress::bar;

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
    let (method, tolerance) = if args.svi {
        let svi = Svi { batch_size: args.batch_size, delay: args.delay, forgetting: args.forgetting };
        svi.validate()?;
        (Method::Stochastic(svi), args.tolerance.unwrap_or(1e-4))
    } else {
        (Method::Coordinate, args.tolerance.unwrap_or(1e-8))
    };
    ensure!(tolerance >= 0.0, "--tolerance is {tolerance}; it must not be negative");
    let restarts = args.restarts.unwrap_or(if matches!(init, Init::Given(_)) { 1 } else { 10 });
    let seed = common.seed.unwrap_or(1);
    Ok(FitConfig { method, init, restarts, max_sweeps: args.max_sweeps, tolerance, seed })
}

/// N rows of K responsibilities, with the header `r1..rK`.
fn read_init(path: &Path, observations: usize, components: usize) -> anyhow::Result<Vec<f64>> {
    let file = path.display().to_string();
    let bytes = std::fs::read(path).with_context(|| format!("{file} cannot be read"))?;
    let text = String::from_utf8_lossy(&bytes);
    let columns = text.lines().next().map_or(0, |line| line.split([',', ';', '\t']).count());
    let shape = |rows| CaviError::InitShape { file: file.clone(), rows, columns, observations, components };
    ensure!(columns == components, shape(text.lines().count().saturating_sub(1)));
    let names: Vec<String> = (1..=components).map(|k| format!("r{k}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let table = Catalogue::read(bytes.as_slice(), &file, &names)?;
    ensure!(table.len() == observations, shape(table.len()));
    let mut responsibilities = vec![0.0; observations * components];
    table.read(0, &mut responsibilities)?;
    for (row, r) in responsibilities.chunks_exact(components).enumerate() {
        let sum: f64 = r.iter().sum();
        let valid = r.iter().all(|r| *r >= 0.0) && (sum - 1.0).abs() < 1e-6;
        ensure!(valid, CaviError::InitRow { file: file.clone(), row: row + 1, sum });
    }
    Ok(responsibilities)
}

/// What a search has found, and how long it took.
pub(super) struct Found {
    pub(super) fit: Fit,
    pub(super) seconds: f64,
    /// The median time of a sweep, without the first of each start.
    pub(super) sweep_seconds: Option<f64>,
}

/// Searches under a bar of starts; the first Ctrl-C keeps what is found so far.
pub(super) struct Search {
    console: Console,
    interrupted: Arc<AtomicBool>,
}

impl Search {
    pub(super) fn new(console: Console) -> anyhow::Result<Self> {
        Ok(Self { console, interrupted: interrupt_flag()? })
    }

    pub(super) fn interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    pub(super) fn ascend(
        &self,
        mixture: &MixtureCavi,
        design: &Design,
        config: &FitConfig,
    ) -> Result<Found, CaviError> {
        let bar = bar(self.console, config.restarts as u64, "{prefix}start {pos}/{len} [{bar:32}] {msg}");
        bar.set_prefix(format!("K = {:>2}  ", mixture.components));
        bar.enable_steady_tick(Duration::from_millis(200));
        let started = Instant::now();
        let (mut last, mut times) = (started, Vec::new());
        let fit = cavi::fit(mixture, design, config, &mut |start, sweep, elbo| {
            bar.set_position(start as u64);
            bar.set_message(format!("sweep {sweep}  ELBO {elbo:.4}"));
            if sweep > 1 {
                times.push(last.elapsed().as_secs_f64());
            }
            last = Instant::now();
            !self.interrupted()
        });
        bar.finish_and_clear();
        times.sort_by(f64::total_cmp);
        let sweep_seconds = times.get(times.len() / 2).copied();
        Ok(Found { fit: fit?, seconds: started.elapsed().as_secs_f64(), sweep_seconds })
    }
}
