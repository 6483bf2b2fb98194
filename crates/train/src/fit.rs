//! The training loop, from the first batch to the last checkpoint.

use burn::module::Module;
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::Device;
use distributions::{Noise, Purpose};
use models::{Elbo, Estimate, EstimatorState, TrainingTerms, Vae};

use crate::checkpoint::{DataIdentity, Snapshot, keep_epoch, save_newest};
use crate::epoch::{EpochImages, Residence};
use crate::initialization::{InitializationConfig, OutputBias, mean_logits};
use crate::metrics::Sums;
use crate::test_elbo::test_elbo;
use crate::{
    Batches, Checkpoint, EpochMetrics, Keep, Metrics, Observer, Position, Run, RunLock, TrainConfig, TrainError,
};

/// Steps between two looks at the loss: each look makes a GPU finish its queue.
const READ_EVERY: usize = 10;

/// What a training run works with.
///
/// # Examples
/// A run on `train` and `test` images of MNIST, watched by nobody:
///
/// ```
/// use burn::tensor::Device;
/// use train::{DataIdentity, Keep, Outcome, Residence, Run, Session, State, fit};
///
/// # let (mnist, root) = (train::data::embedded_mnist_test()?, tempfile::tempdir()?);
/// # let mut config = train::load_config("two", None)?;
/// # (config.model.encoder, config.model.decoder) = (vec![8], vec![8]);
/// # config.training.epochs = 2;
/// # let train = train::Batches::new(mnist.test.take(250)?, config.data.protocol);
/// # let (test, sha256) = (train.clone(), mnist.sha256);
/// let run = Run::named(root.path(), "plane")?;
/// let lock = run.lock()?;
/// let data = DataIdentity { name: "mnist".to_owned(), sha256, shape: [28, 28] };
/// let device = Device::flex();
/// let state = State::fresh(&config, &train, &device);
/// let (residence, keep) = (Residence::Host, Keep::All);
/// let (config, train, test, data, device) = (&config, &train, &test, &data, &device);
/// let session = Session { run: &run, lock: &lock, config, train, test, data, device, residence, keep };
/// let Outcome::Finished(vae, metrics) = fit(&session, state, &mut ())? else { panic!("interrupted") };
/// assert!(metrics.epochs[1].train.elbo > metrics.epochs[0].train.elbo);
/// assert_eq!(vae.encode(test.test(0..5, device)).mean().dims(), [5, 2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Session<'a> {
    /// The run to write.
    pub run: &'a Run,
    /// The right to write it.
    pub lock: &'a RunLock,
    /// The configuration, validated.
    pub config: &'a TrainConfig,
    /// The training images.
    pub train: &'a Batches,
    /// The test images.
    pub test: &'a Batches,
    /// The name and checksum of the data.
    pub data: &'a DataIdentity,
    /// The device, without autodiff.
    pub device: &'a Device,
    /// Where the training images are.
    pub residence: Residence,
    /// Which epochs keep their weights.
    pub keep: Keep,
}

/// A model in training.
///
/// # Examples
/// ```
/// use burn::tensor::Device;
/// use train::data::embedded_mnist_test;
/// use train::{Batches, Protocol, State, load_config};
///
/// let train = Batches::new(embedded_mnist_test()?.test, Protocol::Threshold);
/// let state = State::fresh(&load_config("two", None)?, &train, &Device::flex());
/// // Layers of 784, 400, 400, two heads of 2, 400, 400 and 784 units, each with its biases.
/// let layers = [(784, 400), (400, 400), (400, 2), (400, 2), (2, 400), (400, 400), (400, 784)];
/// assert_eq!(state.parameters(), layers.iter().map(|(inputs, units)| (inputs + 1) * units).sum::<usize>());
/// # Ok::<(), train::TrainError>(())
/// ```
#[allow(missing_debug_implementations, reason = "Burn's optimiser has none")]
pub struct State {
    vae: Vae,
    optimizer: ModuleOptimizer,
    /// What the estimator keeps from earlier steps, if it does.
    estimator: Option<EstimatorState>,
    position: Position,
}

/// How a call of [`fit`] ended.
///
/// # Examples
/// A run is stopped within its first epoch and goes on from there:
///
/// ```
/// use train::{Checkpoint, Outcome, State, fit};
///
/// # struct Impatient;
/// # impl train::Observer for Impatient {
/// #     fn interrupted(&self) -> bool {
/// #         true
/// #     }
/// # }
/// # let residence = train::Residence::Host;
/// # let (mnist, root) = (train::data::embedded_mnist_test()?, tempfile::tempdir()?);
/// # let mut config = train::load_config("two", None)?;
/// # (config.model.encoder, config.model.decoder) = (vec![8], vec![8]);
/// # config.training.epochs = 2;
/// # let train = &train::Batches::new(mnist.test.take(250)?, config.data.protocol);
/// # let (config, test, device) = (&config, train, &burn::tensor::Device::flex());
/// # let data = &train::DataIdentity { name: mnist.name, sha256: mnist.sha256, shape: [28, 28] };
/// # let run = &train::Run::named(root.path(), "plane")?;
/// # let (lock, keep) = (&run.lock()?, train::Keep::Last);
/// # let session = train::Session { run, lock, config, train, test, data, device, residence, keep };
/// let outcome = fit(&session, State::fresh(config, train, device), &mut Impatient)?;
/// assert!(matches!(outcome, Outcome::Interrupted(position) if position.step == 1));
///
/// let checkpoint = Checkpoint::find(run, None)?;
/// match fit(&session, State::resume(&checkpoint, device)?, &mut ())? {
///     Outcome::Finished(_vae, metrics) => assert_eq!(metrics.epochs.len(), 2),
///     Outcome::Interrupted(_) => unreachable!("nobody asked to stop"),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub enum Outcome {
    /// All epochs are done; the model is on the session's device.
    Finished(Box<Vae>, Metrics),
    /// Interrupted and saved.
    Interrupted(Position),
}

impl State {
    /// A model with the first weights of its seed, for the images that it will see.
    pub fn fresh(config: &TrainConfig, train: &Batches, device: &Device) -> Self {
        let InitializationConfig { weights, output_bias } = config.initialization;
        let device = device.clone().autodiff();
        let vae = config.model.init_from(weights, train.pixels(), config.training.seed, &device);
        let vae = vae.with_input(config.training.input);
        let vae = match output_bias {
            OutputBias::Weights => vae,
            OutputBias::TrainMean => vae.with_output_bias(mean_logits(train)),
        };
        let estimator = EstimatorState::first(config.objective.estimator, &vae, config.training.seed);
        Self { vae, optimizer: config.optimizer.init(), estimator, position: Position::default() }
    }

    /// The model, optimiser, state of the estimator and position of a checkpoint.
    ///
    /// # Errors
    /// When the checkpoint is damaged.
    pub fn resume(checkpoint: &Checkpoint, device: &Device) -> Result<Self, TrainError> {
        let vae = checkpoint.model(&device.clone().autodiff())?.with_input(checkpoint.config().training.input);
        let estimator = checkpoint.estimator(&vae)?;
        let optimizer = checkpoint.optimizer(estimator.as_ref())?;
        Ok(Self { vae, optimizer, estimator, position: checkpoint.position() })
    }

    /// The number of weights.
    pub fn parameters(&self) -> usize {
        self.vae.num_params()
    }
}

/// Trains until the configured number of epochs is done or the observer asks to stop.
///
/// # Errors
/// When a term of the loss is not finite, a file cannot be written or the device fails; the last checkpoint stays.
pub fn fit(session: &Session<'_>, state: State, observer: &mut dyn Observer) -> Result<Outcome, TrainError> {
    let Session { run, config, train, test, data, .. } = *session;
    let seed = config.training.seed;
    let device = session.device.clone().autodiff();
    let State { mut vae, mut optimizer, mut estimator, mut position } = state;
    let mut metrics = Metrics::read(&run.output("metrics.jsonl"), position.epochs)?;

    for epoch in position.epochs + 1..=config.training.epochs {
        let started = observer.now() - position.seconds;
        let learning_rate = config.optimizer.learning_rate * config.optimizer.schedule.factor(epoch);
        let images = EpochImages::new(train, (seed, epoch), session.residence, &device);
        let batch_size = config.training.batch_size;
        let batches = train.len().div_ceil(batch_size);
        observer.epoch_started(epoch, batches, position.batches);

        let mut unread = Unread::default();
        let mut interrupted = false;
        for batch in position.batches..batches {
            let places = batch * batch_size..train.len().min((batch + 1) * batch_size);
            let mut noise = Noise::new(seed, Purpose::TrainingLatent, epoch, batch as u64);
            let eps = vae.latent().noise(&mut noise, places.len() * config.objective.particles, &device);
            let images = images.batch(places);
            let (terms, pending) = match &estimator {
                Some(estimator) => {
                    let (terms, pending) = estimator.terms(&vae, images, eps, (&config.objective, position.step));
                    (terms, Some(pending))
                }
                None => (vae.objective_terms(images, eps, position.step, &config.objective), None),
            };
            let gradients = terms.loss().backward();
            estimator = pending
                .map(|pending| pending.learn(&gradients, |network, own| optimizer.step(learning_rate, network, own)));
            let gradients = GradientsParams::from_grads(gradients, &vae);
            vae = optimizer.step(learning_rate, vae, gradients);

            position.step += 1;
            position.batches += 1;
            unread.push(position.step, &terms);
            interrupted = observer.interrupted();
            let last = position.batches == batches;
            if unread.is_due() || interrupted || last {
                let sums = unread.read().map_err(|error| error.explain(session, epoch))?;
                position.sums.add(&sums);
                observer.step_finished(sums.images as usize, position.sums.terms());
            }
            // After its last step an epoch is finished first: a step has one checkpoint.
            if interrupted && !last {
                position.seconds = observer.now() - started;
                let snapshot = Snapshot {
                    vae: &vae,
                    optimizer: &optimizer,
                    estimator: estimator.as_ref(),
                    position,
                    data,
                    config,
                };
                save_newest(run, &snapshot)?;
                return Ok(Outcome::Interrupted(position));
            }
        }

        let trained = observer.now();
        let test = test_elbo(&vae.valid(), test, session.device)
            .map_err(|error| explain_test(error, session, position.step, epoch))?
            .terms();
        let entry = EpochMetrics {
            epoch,
            step: position.step,
            train: position.sums.terms(),
            test,
            seconds: trained - started,
            evaluation_seconds: observer.now() - trained,
        };
        // The line before the checkpoint: a line too many is cut on resume, a missing one could not be made up.
        metrics.epochs.push(entry.clone());
        metrics.write(&run.output("metrics.jsonl"))?;
        position = Position { epochs: epoch, step: position.step, ..Position::default() };
        let snapshot =
            Snapshot { vae: &vae, optimizer: &optimizer, estimator: estimator.as_ref(), position, data, config };
        if session.keep.keeps(epoch) {
            keep_epoch(run, &snapshot)?;
        }
        save_newest(run, &snapshot)?;
        observer.epoch_finished(&entry);
        if interrupted && epoch < config.training.epochs {
            return Ok(Outcome::Interrupted(position));
        }
    }
    Ok(Outcome::Finished(Box::new(vae.valid()), metrics))
}

/// The terms of steps that the host has not looked at yet.
#[derive(Default)]
struct Unread {
    steps: Vec<(u64, TrainingTerms)>,
}

/// What a look at the loss can find.
enum ReadError {
    NotFinite { step: u64, term: &'static str, value: f64 },
    Device(String),
}

impl Unread {
    fn push(&mut self, step: u64, terms: &TrainingTerms) {
        let inner =
            |elbo: &Elbo| Elbo { log_likelihood: elbo.log_likelihood.clone().inner(), kl: elbo.kl.clone().inner() };
        let estimate = terms.estimate.as_ref().map(|estimate| Estimate {
            value: estimate.value.clone().inner(),
            target: estimate.target.clone().inner(),
            bound: estimate.bound,
        });
        let surrogate = terms.surrogate.as_ref().map(inner);
        self.steps.push((step, TrainingTerms { elbo: inner(&terms.elbo), surrogate, estimate }));
    }

    fn is_due(&self) -> bool {
        self.steps.len() >= READ_EVERY
    }

    fn read(&mut self) -> Result<Sums, ReadError> {
        let (steps, terms): (Vec<u64>, Vec<TrainingTerms>) = self.steps.drain(..).unzip();
        let mut total = Sums::default();
        for (step, sums) in steps.into_iter().zip(Sums::of_training(&terms).map_err(ReadError::Device)?) {
            sums.check().map_err(|bad| ReadError::NotFinite { step, term: bad.term, value: bad.value })?;
            total.add(&sums);
        }
        Ok(total)
    }
}

impl ReadError {
    fn explain(self, session: &Session<'_>, epoch: u64) -> TrainError {
        match self {
            Self::Device(message) => TrainError::Device(message),
            Self::NotFinite { step, term, value } => not_finite(session, term.to_owned(), value, step, epoch),
        }
    }
}

/// The weights of the last step may fail only on the test images, after a training loss that was still finite.
fn explain_test(error: TrainError, session: &Session<'_>, step: u64, epoch: u64) -> TrainError {
    match error {
        TrainError::TestNotFinite { term, value } => {
            not_finite(session, format!("{term} of the test images"), value, step, epoch)
        }
        other => other,
    }
}

fn not_finite(session: &Session<'_>, term: String, value: f64, step: u64, epoch: u64) -> TrainError {
    let kept = match Checkpoint::latest(session.run) {
        Ok(Some(checkpoint)) => format!("the checkpoint of step {} is kept", checkpoint.position().step),
        Ok(None) | Err(_) => "there is no earlier checkpoint".to_owned(),
    };
    let learning_rate = session.config.optimizer.learning_rate;
    TrainError::NotFinite { term, value, step, epoch, kept, learning_rate }
}

#[cfg(test)]
mod tests;
