//! `elbo train vae`: from flags to a trained run.

use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use figures::{Curves, Series};
use kernels::Input;
use models::{LatentConfig, LatentShape, Vae};
use serde::Serialize;
use train::{
    Checkpoint, Keep, Manifest, Metrics, Outcome, Pixels, Position, Residence, Run, RunError, RunLock, Session, State,
    Terms, TrainConfig, TrainError, check_resumption, fit, load_config, reconstruct, sample, write_atomic,
};

use super::latent_choice::choose_latent;
use crate::backend::{self, Backend};
use crate::cli::{Common, TrainArgs};
use crate::console::Console;
use crate::context::{check_data, identity, load_data, test_batches, training_batches};
use crate::exit::INTERRUPTED;
use crate::interrupt::interrupt_flag;
use crate::progress::Training;

/// What `--json` prints.
#[derive(Serialize)]
struct Trained<'a> {
    run: &'a str,
    epochs: u64,
    step: u64,
    interrupted: bool,
    train: Option<Terms>,
    test: Option<Terms>,
    checkpoints: std::path::PathBuf,
    outputs: std::path::PathBuf,
}

pub(crate) fn run(common: &Common, args: &TrainArgs) -> anyhow::Result<ExitCode> {
    let console = Console::new(common);

    // Everything that can be refused is refused before the first write.
    let (run, resumed) = choose_run(common, args)?;
    let (lock, checkpoint) = resumed.map_or((None, None), |(lock, checkpoint)| (Some(lock), Some(checkpoint)));
    let config = resolve(common, args, &run, checkpoint.as_ref())?;
    config.validate().map_err(TrainError::from)?;
    let (training, test) = load_data(args.data.as_deref())?.split();
    let data_identity = identity(&test);
    let (training, test) = (training_batches(&training, &config)?, test_batches(&test, &config)?);
    config.validate_for(training.len()).map_err(TrainError::from)?;
    if let Some(checkpoint) = &checkpoint {
        check_data(&run, checkpoint.data(), &data_identity)?;
        let done = checkpoint.position().epochs;
        if done >= config.training.epochs {
            return Err(TrainError::NothingLeft { run: run.name().to_owned(), done }.into());
        }
    }
    let backend = backend::choose(args.backend, console)?;
    let state = match &checkpoint {
        Some(checkpoint) => State::resume(checkpoint, &backend.device)?,
        None => State::fresh(&config, &training, &backend.device),
    };

    let interrupted = interrupt_flag()?;

    // From here on the run is written.
    let replaced = (args.force && run.exists()).then(|| run.describe());
    let lock = lock.map_or_else(|| run.lock(), Ok).map_err(TrainError::from)?;
    if let Some(what) = replaced {
        console.note(&format!("replacing run {} ({what})", run.name()));
        run.clear(&lock).map_err(TrainError::from)?;
    } else if checkpoint.is_none() && !matches!(Checkpoint::latest(&run), Ok(None)) {
        // Another process has trained a run of this name since it was chosen.
        return Err(TrainError::from(RunError::Exists { name: run.name().to_owned(), what: run.describe() }).into());
    }
    let _tidy = Tidy { run: &run, lock: &lock };
    Checkpoint::clean(&run, &lock).map_err(TrainError::from)?;
    write_config(&run, &config)?;
    let manifest = manifest(&run, &config, &backend, state.parameters(), data_identity.clone());
    write_manifest(&run, &manifest)?;
    announce(console, &run, &config, &manifest, checkpoint.as_ref());

    let mut progress = Training::new(console, interrupted, config.training.epochs, training.len());
    let session = Session {
        run: &run,
        lock: &lock,
        config: &config,
        train: &training,
        test: &test,
        data: &data_identity,
        device: &backend.device,
        residence: if backend.is_cpu { Residence::Host } else { Residence::Device },
        keep: args.keep,
    };
    let mut trained = Trained {
        run: run.name(),
        epochs: config.training.epochs,
        step: 0,
        interrupted: false,
        train: None,
        test: None,
        checkpoints: run.checkpoints(),
        outputs: run.outputs(),
    };
    let outcome = fit(&session, state, &mut progress);
    drop(progress);
    match outcome? {
        Outcome::Finished(vae, metrics) => {
            draw(&session, &vae, &metrics)?;
            if let Some(last) = metrics.epochs.last() {
                (trained.step, trained.train, trained.test) = (last.step, Some(last.train), Some(last.test));
            }
            console.result(&trained, &finished(&run, &metrics))?;
            Ok(ExitCode::SUCCESS)
        }
        Outcome::Interrupted(position) => {
            (trained.epochs, trained.step, trained.interrupted) = (position.epochs, position.step, true);
            console.result(&trained, &paused(common, args, &run, &config, position))?;
            Ok(ExitCode::from(INTERRUPTED))
        }
    }
}

/// Takes a run back that failed before its first checkpoint: nobody can use it, and its name is free again.
struct Tidy<'a> {
    run: &'a Run,
    lock: &'a RunLock,
}

impl Drop for Tidy<'_> {
    fn drop(&mut self) {
        if matches!(Checkpoint::latest(self.run), Ok(None)) && Checkpoint::kept_epochs(self.run).is_empty() {
            // The error on its way says more than a failure to tidy up would.
            let _ = self.run.remove(self.lock);
        }
    }
}

/// The run to write; for a resumption also the right to write it, taken before its checkpoint is read.
fn choose_run(common: &Common, args: &TrainArgs) -> Result<(Run, Option<(RunLock, Checkpoint)>), TrainError> {
    let root = &common.root;
    if args.resume {
        let run = Run::find(root, args.run.as_deref())?;
        let lock = run.lock()?;
        let checkpoint = Checkpoint::find(&run, None)?;
        return Ok((run, Some((lock, checkpoint))));
    }
    let run = match &args.run {
        Some(name) => Run::named(root, name)?,
        None => Run::first_free(root, "vae")?,
    };
    if run.exists() && !args.force {
        return Err(RunError::Exists { name: run.name().to_owned(), what: run.describe() }.into());
    }
    Ok((run, None))
}

/// The preset or the resumed run, then `--config`, then the flags.
fn resolve(
    common: &Common,
    args: &TrainArgs,
    run: &Run,
    checkpoint: Option<&Checkpoint>,
) -> Result<TrainConfig, TrainError> {
    let mut config = match checkpoint {
        Some(checkpoint) if args.preset.is_none() && args.config.is_none() => checkpoint.config().clone(),
        _ => load_config(args.preset.as_deref().unwrap_or("notebook"), args.config.as_deref())?,
    };
    config.model.latent = choose_latent(args, config.model.latent)?;
    set(&mut config.training.epochs, args.epochs);
    set(&mut config.training.batch_size, args.batch_size);
    set(&mut config.training.seed, common.seed);
    set(&mut config.training.input, args.sparse_input.then_some(Input::Sparse));
    set(&mut config.optimizer.learning_rate, args.learning_rate);
    set(&mut config.data.protocol, args.protocol);
    set(&mut config.objective.kind, args.objective);
    set(&mut config.objective.particles, args.particles);
    set(&mut config.objective.estimator, args.estimator);
    set(&mut config.objective.kl_warm_up, args.kl_warm_up);
    config.objective.kl = args.kl.or(config.objective.kl);
    config.data.limit_train = args.limit_train.or(config.data.limit_train);
    config.data.limit_test = args.limit_test.or(config.data.limit_test);
    if let Some(checkpoint) = checkpoint {
        check_resumption(run.name(), checkpoint.config(), &config)?;
    }
    Ok(config)
}

pub(super) fn set<T>(value: &mut T, flag: Option<T>) {
    if let Some(flag) = flag {
        *value = flag;
    }
}

fn manifest(
    run: &Run,
    config: &TrainConfig,
    backend: &Backend,
    parameters: usize,
    data: train::DataIdentity,
) -> Manifest {
    Manifest {
        run: run.name().to_owned(),
        command: std::env::args().collect(),
        elbo: env!("CARGO_PKG_VERSION").to_owned(),
        burn: train::BURN_VERSION.to_owned(),
        backend: backend.name.to_owned(),
        device: backend.description.clone(),
        threads: kernels::threads(),
        started: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs()),
        protocol: config.data.protocol.to_string(),
        data,
        parameters,
        config: config.clone(),
    }
}

fn write_config(run: &Run, config: &TrainConfig) -> anyhow::Result<()> {
    let text = toml::to_string(config).context("the configuration cannot be written as TOML")?;
    Ok(write_atomic(&run.output("config.toml"), text.as_bytes()).map_err(TrainError::from)?)
}

fn write_manifest(run: &Run, manifest: &Manifest) -> anyhow::Result<()> {
    let mut text = serde_json::to_string_pretty(manifest)?;
    text.push('\n');
    Ok(write_atomic(&run.output("manifest.json"), text.as_bytes()).map_err(TrainError::from)?)
}

fn announce(console: Console, run: &Run, config: &TrainConfig, manifest: &Manifest, checkpoint: Option<&Checkpoint>) {
    let what = match checkpoint {
        Some(checkpoint) => {
            let Position { epochs, batches, step, .. } = checkpoint.position();
            format!("resuming run {} after {epochs} epochs and {batches} batches (step {step})", run.name())
        }
        None => format!("training run {}", run.name()),
    };
    let latent = describe(config.model.latent);
    console.note(&format!(
        "{what}: {} weights, {latent}, {} on {}, protocol {}, seed {}",
        manifest.parameters, manifest.backend, manifest.data.name, manifest.protocol, config.training.seed,
    ));
    if !config.objective.is_default() {
        let objective = &config.objective;
        console.note(&format!(
            "maximising {} by {}, {} particle(s) an image, {} divergence",
            objective.kind,
            objective.estimator,
            objective.particles,
            objective.kl(),
        ));
    }
    if config.objective.is_biased() {
        console.warn("path-derivative is biased for the bound of more than one particle; dreg is not");
    }
    if !config.data.protocol.is_likelihood() {
        console.warn("grey pixels: the ELBO below is a cross-entropy, not a bound on a log-likelihood");
    }
}

/// A latent in some words.
fn describe(latent: LatentConfig) -> String {
    let name = latent.name();
    let variables = match (latent, latent.shape()) {
        (LatentConfig::Gaussian { size }, _) => format!("{size} latents"),
        (LatentConfig::Stacked { size, upper, .. }, _) => format!("{size} latents below {upper}"),
        (_, LatentShape::Size(size)) => format!("{size} {name} latents"),
        (_, LatentShape::Groups { groups, classes }) => format!("{groups} {name} latents of {classes} classes"),
    };
    match latent.temperature() {
        Some(temperature) => format!("{variables} at temperature {temperature}"),
        None => variables,
    }
}

/// The pictures of a finished run.
fn draw(session: &Session<'_>, vae: &Vae, metrics: &Metrics) -> Result<(), TrainError> {
    let Session { run, config, test, device, .. } = *session;
    let seed = config.training.seed;
    let samples = sample(vae, test, [10, 10], Pixels::Means, seed, device)?;
    write_atomic(&run.output("samples.png"), &samples)?;
    let first: Vec<usize> = (0..test.len().min(20)).collect();
    let reconstructions = reconstruct(vae, test, &first, Pixels::Means, seed, device)?;
    write_atomic(&run.output("reconstructions.png"), &reconstructions)?;
    let series = |label: &str, of: fn(&train::EpochMetrics) -> f64| Series {
        label: label.to_owned(),
        points: metrics.epochs.iter().map(|entry| (entry.epoch as f64, of(entry))).collect(),
        marks: Vec::new(),
    };
    let unit = if config.data.protocol.is_likelihood() { "nats per image" } else { "grey pixels: not a likelihood" };
    let curves = Curves {
        title: format!("ELBO of run {}", run.name()),
        x_label: "epoch".to_owned(),
        y_label: format!("ELBO ({unit})"),
        series: vec![series("training", |entry| entry.train.elbo), series("test", |entry| entry.test.elbo)],
    };
    write_atomic(&run.output("elbo.svg"), curves.to_svg()?.as_bytes())?;
    Ok(())
}

fn finished(run: &Run, metrics: &Metrics) -> String {
    let test = metrics.epochs.last().map_or(f64::NAN, |entry| entry.test.elbo);
    format!(
        "run {}: test ELBO {test:.3} after {} epochs; pictures and metrics in {}",
        run.name(),
        metrics.epochs.len(),
        run.outputs().display()
    )
}

/// What was saved, and the command that goes on: with the flags that a resumption does not know by itself.
fn paused(common: &Common, args: &TrainArgs, run: &Run, config: &TrainConfig, position: Position) -> String {
    let (name, epochs) = (run.name(), config.training.epochs);
    let mut command = format!("elbo train vae --run {name} --resume --epochs {epochs}");
    if common.root.as_os_str() != "." {
        command.push_str(&format!(" --root {}", common.root.display()));
    }
    if let Some(data) = &args.data {
        command.push_str(&format!(" --data {}", data.display()));
    }
    if args.keep != Keep::Last {
        command.push_str(&format!(" --keep {}", args.keep));
    }
    format!(
        "run {name} saved at step {} (epoch {} of {epochs}); go on with: {command}",
        position.step,
        position.epochs + 1,
    )
}
