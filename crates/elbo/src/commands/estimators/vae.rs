//! `elbo estimators vae`: the noise of a model's gradient by every estimator that fits it.

use std::path::PathBuf;

use anyhow::ensure;
use figures::svg_to_png;
use train::gradients::{GradientMeasurement, VaeEstimator, measure_gradients};
use train::{Checkpoint, Run, TrainError, write_atomic};

use super::vae_figures::{Figure, along_figures, layer_figures};
use super::vae_report::{AtEpoch, Measured, Report};
use crate::backend;
use crate::cli::{Common, VaeNoiseArgs};
use crate::console::Console;
use crate::context::{check_data, identity, load_data, training_batches};
use crate::progress::bar;
use crate::results::json;

pub(super) fn run(common: &Common, args: &VaeNoiseArgs) -> anyhow::Result<()> {
    let (console, model) = (Console::new(common), &args.model);
    let run = Run::find(&common.root, model.run.as_deref()).map_err(TrainError::from)?;
    if model.run.is_none() {
        console.note(&format!("run {}", run.name()));
    }
    let checkpoints = if args.along { along(&run)? } else { vec![find(&run, model.epoch)?] };
    let config = checkpoints[0].config();
    let estimators = estimators(args, config.model.latent)?;
    let (training, test) = load_data(model.data.as_deref())?.split();
    check_data(&run, checkpoints[0].data(), &identity(&test))?;
    let images = training_batches(&training, config)?;
    if !config.data.protocol.is_likelihood() {
        console.warn("this run was trained on grey pixels: its objective is no bound of a log-likelihood");
    }
    let device = backend::choose(model.backend, console)?.device.autodiff();
    let measurement = GradientMeasurement {
        images: &images,
        estimators: &estimators,
        draws: args.draws,
        batches: args.batches,
        batch_size: args.images.unwrap_or(config.training.batch_size),
        seed: common.seed.unwrap_or(1),
        device: &device,
    };
    measurement.validate()?;
    let measured = measure(&checkpoints, &measurement, console)?;

    let (figures, name) = if args.along {
        (along_figures(run.name(), &measured), "estimators-along.json")
    } else {
        (layer_figures(run.name(), &measured[0]), "estimators.json")
    };
    let mut files = pictures(&run, &figures)?;
    let mut report = Report::new(&run, &measurement, Measured::of(&measured, args.along));
    report.files = files.iter().map(|(path, _)| path.clone()).collect();
    report.files.push(run.output(name));
    files.push((run.output(name), json(&report)?));
    for (path, bytes) in &files {
        write_atomic(path, bytes).map_err(TrainError::from)?;
    }
    for note in report.notes() {
        console.note(&note);
    }
    console.result(&report, &report.table())
}

fn find(run: &Run, epoch: Option<u64>) -> anyhow::Result<Checkpoint> {
    Ok(Checkpoint::find(run, epoch).map_err(TrainError::from)?)
}

/// The checkpoints of all kept epochs.
fn along(run: &Run) -> anyhow::Result<Vec<Checkpoint>> {
    let epochs = Checkpoint::kept_epochs(run);
    ensure!(
        epochs.len() >= 2,
        "run {} has kept the weights of {} epoch{}; --along needs at least 2: train with --keep all, or --keep every:5",
        run.name(),
        epochs.len(),
        if epochs.len() == 1 { "" } else { "s" }
    );
    epochs.into_iter().map(|epoch| find(run, Some(epoch))).collect()
}

fn estimators(args: &VaeNoiseArgs, latent: models::LatentConfig) -> Result<Vec<VaeEstimator>, TrainError> {
    if args.estimators.is_empty() {
        VaeEstimator::fitting(latent, args.particles)
    } else {
        VaeEstimator::chosen(&args.estimators, latent, args.particles)
    }
}

/// Measures at each checkpoint, on the same images and the same noise.
fn measure(
    checkpoints: &[Checkpoint],
    measurement: &GradientMeasurement<'_>,
    console: Console,
) -> anyhow::Result<Vec<AtEpoch>> {
    let steps = checkpoints.len() * measurement.steps();
    let bar = bar(console, steps as u64, "measuring [{bar:32}] {pos}/{len} draws  {eta} left");
    let mut measured = Vec::with_capacity(checkpoints.len());
    for checkpoint in checkpoints {
        let vae = checkpoint.model(measurement.device).map_err(TrainError::from)?;
        let position = checkpoint.position();
        let noise = measure_gradients(&vae, position.step, measurement, &mut || bar.inc(1))?;
        measured.push(AtEpoch::new(position.epochs, noise, vae.latent()));
    }
    bar.finish_and_clear();
    Ok(measured)
}

/// The figures as PNG and SVG, by their paths.
fn pictures(run: &Run, figures: &[Figure]) -> anyhow::Result<Vec<(PathBuf, Vec<u8>)>> {
    let mut files = Vec::new();
    for figure in figures {
        let svg = figure.to_svg().map_err(TrainError::from)?;
        let png = svg_to_png(&svg, 2.0).map_err(TrainError::from)?;
        files.push((run.output(&format!("{}.png", figure.name)), png));
        files.push((run.output(&format!("{}.svg", figure.name)), svg.into_bytes()));
    }
    Ok(files)
}
