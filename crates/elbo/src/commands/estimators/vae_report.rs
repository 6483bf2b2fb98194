//! What `elbo estimators vae` writes and prints: the object and the tables.

use std::path::PathBuf;

use models::{Bound, KlEstimate, LatentConfig};
use serde::Serialize;
use train::Run;
use train::gradients::{EstimatorNoise, GROUPS, GradientMeasurement, LayerNoise};

/// `estimators.json`, and `estimators-along.json`. Variances are of the gradient of the loss: of minus the objective in nats per image, averaged
/// over a batch.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    run: String,
    protocol: String,
    draws: usize,
    batches: usize,
    images: usize,
    groups: usize,
    seed: u64,
    #[serde(flatten)]
    measured: Measured,
    pub(super) files: Vec<PathBuf>,
}

/// At the weights of one epoch, or of several.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Measured {
    At(AtEpoch),
    Along { along: Vec<AtEpoch> },
}

/// What was measured at the weights of an epoch.
#[derive(Debug, Clone, Serialize)]
pub(super) struct AtEpoch {
    pub(super) epochs: u64,
    pub(super) estimators: Vec<Entry>,
}

/// An estimator.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Entry {
    pub(super) name: &'static str,
    objective: Bound,
    pub(super) particles: usize,
    kl: KlEstimate,
    biased: bool,
    pub(super) all: LayerNoise,
    pub(super) encoder: LayerNoise,
    pub(super) decoder: LayerNoise,
    pub(super) layers: Vec<LayerNoise>,
}

impl AtEpoch {
    pub(super) fn new(epochs: u64, noise: Vec<EstimatorNoise>, latent: LatentConfig) -> Self {
        let entry = |EstimatorNoise { estimator, all, encoder, decoder, layers }: EstimatorNoise| Entry {
            name: estimator.name,
            objective: estimator.objective.kind,
            particles: estimator.objective.particles,
            kl: estimator.objective.kl(),
            biased: estimator.is_biased(latent),
            all,
            encoder,
            decoder,
            layers,
        };
        Self { epochs, estimators: noise.into_iter().map(entry).collect() }
    }
}

impl Measured {
    /// The only epoch, or all.
    pub(super) fn of(measured: &[AtEpoch], is_along: bool) -> Self {
        match measured {
            [one] if !is_along => Self::At(one.clone()),
            all => Self::Along { along: all.to_vec() },
        }
    }

    fn epochs(&self) -> &[AtEpoch] {
        match self {
            Self::At(one) => std::slice::from_ref(one),
            Self::Along { along } => along,
        }
    }
}

impl Report {
    pub(super) fn new(run: &Run, measurement: &GradientMeasurement<'_>, measured: Measured) -> Self {
        Self {
            run: run.name().to_owned(),
            protocol: measurement.images.protocol().to_string(),
            draws: measurement.draws,
            batches: measurement.batches,
            images: measurement.batch_size,
            groups: GROUPS,
            seed: measurement.seed,
            measured,
            files: Vec::new(),
        }
    }

    /// What a reader of the table must know.
    pub(super) fn notes(&self) -> Vec<String> {
        let first = &self.measured.epochs()[0].estimators;
        let biased: Vec<&str> = first.iter().filter(|entry| entry.biased).map(|entry| entry.name).collect();
        let mut notes = Vec::new();
        if !biased.is_empty() {
            notes.push(format!("biased, so that its noise is not all that is wrong with it: {}", biased.join(", ")));
        }
        if first.iter().any(|entry| entry.particles != first[0].particles) {
            notes.push("not all have the same number of particles (K): --particles gives all the same".to_owned());
        }
        notes
    }

    pub(super) fn table(&self) -> String {
        let Self { run, protocol, draws, batches, images, seed, .. } = self;
        let mini_batches = match batches {
            0 => "none".to_owned(),
            batches => format!("{batches} batches, one draw each"),
        };
        let mut text = format!(
            "run {run}, protocol {protocol}: variance of the loss's gradient, summed over weights, +- 95 %\n\
             noise: {draws} draws at one batch of {images} images; mini-batch: {mini_batches}; seed {seed}\n\n"
        );
        match &self.measured {
            Measured::At(one) => {
                text.push_str(&summary(one));
                text.push('\n');
                text.push_str(&by_layer(one));
            }
            Measured::Along { along } => text.push_str(&by_epoch(along)),
        }
        text.push('\n');
        text.push_str(&self.files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join("\n"));
        text
    }
}

/// One line an estimator.
fn summary(at: &AtEpoch) -> String {
    let mut text = format!(
        "{:<31}{:>3}{:>25}{:>12}{:>12}{:>24}{:>16}\n",
        format!("after {} epochs", at.epochs),
        "K",
        "encoder: noise",
        "mini-batch",
        "/ |mean|^2",
        "SNR (10 % to 90 %)",
        "decoder: noise"
    );
    for entry in &at.estimators {
        let noise = &entry.encoder.noise;
        let mini_batch = entry.encoder.mini_batch.as_ref().map_or("-".to_owned(), |spread| short(spread.variance, 4));
        let ratio = noise.relative_variance.map_or("-".to_owned(), |ratio| short(ratio, 3));
        let signal = noise.signal_to_noise.map_or("-".to_owned(), |signal| {
            format!("{:.3} ({:.3} to {:.3})", signal.median, signal.tenth, signal.ninetieth)
        });
        text.push_str(&format!(
            "{:<31}{:>3}{:>25}{:>12}{:>12}{:>24}{:>16}\n",
            entry.name,
            entry.particles,
            with_error(noise.variance, noise.variance_interval),
            mini_batch,
            ratio,
            signal,
            short(entry.decoder.noise.variance, 4),
        ));
    }
    text
}

/// The noise variance of each layer, one column an estimator.
fn by_layer(at: &AtEpoch) -> String {
    let mut text = String::from("noise variance by layer, estimators in the order above\n");
    let Some(first) = at.estimators.first() else { return text };
    for (number, layer) in first.layers.iter().enumerate() {
        text.push_str(&format!("{:<31}", layer.name));
        for entry in &at.estimators {
            text.push_str(&format!("{:>12}", short(entry.layers[number].noise.variance, 4)));
        }
        text.push('\n');
    }
    text
}

/// The encoder's noise variance, one line an estimator and one column an epoch.
fn by_epoch(along: &[AtEpoch]) -> String {
    let mut text = format!("{:<31}{:>3}", "encoder: noise after epochs", "K");
    for at in along {
        text.push_str(&format!("{:>22}", at.epochs));
    }
    text.push('\n');
    let Some(first) = along.first() else { return text };
    for (number, entry) in first.estimators.iter().enumerate() {
        text.push_str(&format!("{:<31}{:>3}", entry.name, entry.particles));
        for at in along {
            let noise = &at.estimators[number].encoder.noise;
            text.push_str(&format!("{:>22}", with_error(noise.variance, noise.variance_interval)));
        }
        text.push('\n');
    }
    text
}

fn with_error(value: f64, [low, high]: [f64; 2]) -> String {
    format!("{} +- {}", short(value, 4), short((high - low) / 2.0, 2))
}

/// A number with so many digits that say something.
fn short(value: f64, digits: usize) -> String {
    let power = value.abs().log10().floor();
    match power as i32 {
        _ if value == 0.0 || !value.is_finite() => value.to_string(),
        power @ -3..=4 => format!("{value:.*}", (digits as i32 - 1 - power).max(0) as usize),
        _ => format!("{value:.*e}", digits - 1),
    }
}
