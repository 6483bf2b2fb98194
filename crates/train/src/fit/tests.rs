//! The loop on small data: resumption to the byte, interruption, divergence.

use std::collections::BTreeMap;
use std::fs;

use super::*;
use crate::{Protocol, Terms, testing};

/// Counts steps, and asks to stop after some of them.
#[derive(Default)]
struct Script {
    stop_after: Option<usize>,
    steps: std::cell::Cell<usize>,
    epochs: Vec<u64>,
    /// How often the host looked at the loss.
    looks: usize,
}

impl Observer for Script {
    fn now(&self) -> f64 {
        0.0
    }

    fn interrupted(&self) -> bool {
        // Asked once a step.
        self.steps.set(self.steps.get() + 1);
        self.stop_after == Some(self.steps.get())
    }

    fn epoch_started(&mut self, _epoch: u64, _steps: usize, _done: usize) {}

    fn step_finished(&mut self, _images: usize, _running: Terms) {
        self.looks += 1;
    }

    fn epoch_finished(&mut self, metrics: &EpochMetrics) {
        self.epochs.push(metrics.epoch);
    }
}

struct Bench {
    root: tempfile::TempDir,
    protocol: Protocol,
    learning_rate: f64,
    latent: models::LatentConfig,
    objective: models::ObjectiveConfig,
    batch_size: usize,
    residence: Residence,
    input: kernels::Input,
    images: fn(usize, Protocol) -> Batches,
}

impl Bench {
    fn new(protocol: Protocol) -> Self {
        Self {
            root: tempfile::tempdir().unwrap(),
            protocol,
            learning_rate: 0.01,
            latent: models::LatentConfig::Gaussian { size: 2 },
            objective: models::ObjectiveConfig::default(),
            // 70 images: the last batch has 6
            batch_size: 16,
            residence: Residence::Host,
            input: kernels::Input::Dense,
            images: testing::batches,
        }
    }

    fn run(&self, name: &str) -> Run {
        Run::named(self.root.path(), name).unwrap()
    }

    /// Trains `name` to `epochs`, from its newest checkpoint if it has one.
    fn train(&self, name: &str, epochs: u64, stop_after: Option<usize>, keep: Keep) -> Result<Outcome, TrainError> {
        self.train_with(name, epochs, &mut Script { stop_after, ..Script::default() }, keep)
    }

    fn train_with(&self, name: &str, epochs: u64, script: &mut Script, keep: Keep) -> Result<Outcome, TrainError> {
        let mut config = testing::config(epochs, self.protocol);
        config.optimizer.learning_rate = self.learning_rate;
        config.model.latent = self.latent;
        config.objective = self.objective.clone();
        config.training.batch_size = self.batch_size;
        config.training.input = self.input;
        config.validate().unwrap();
        let run = self.run(name);
        let lock = run.lock().unwrap();
        let device = Device::flex();
        let (train, test) = ((self.images)(70, self.protocol), (self.images)(30, self.protocol));
        let state = match Checkpoint::latest(&run).unwrap() {
            Some(checkpoint) => State::resume(&checkpoint, &device)?,
            None => State::fresh(&config, &train, &device),
        };
        let data = DataIdentity { name: "tiny".to_owned(), sha256: "0".to_owned(), shape: [3, 4] };
        let session = Session {
            run: &run,
            lock: &lock,
            config: &config,
            train: &train,
            test: &test,
            data: &data,
            device: &device,
            residence: self.residence,
            keep,
        };
        fit(&session, state, script)
    }

    /// The files of the newest checkpoint and the metrics.
    fn bytes(&self, name: &str) -> BTreeMap<String, Vec<u8>> {
        let run = self.run(name);
        let folder = Checkpoint::newest_folder(&run).unwrap();
        let mut files: BTreeMap<_, _> = fs::read_dir(&folder)
            .unwrap()
            .flatten()
            .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
            .collect();
        files.insert("metrics".to_owned(), fs::read(run.output("metrics.jsonl")).unwrap());
        files
    }
}

/// D40: 2 epochs, then 2 more from the checkpoint, equal 4 epochs: weights, moments, time, metrics, byte for byte. The
/// protocol is the one that draws new pixels each epoch.
#[test]
fn d40_resumption_equals_an_uninterrupted_run_to_the_byte() {
    let bench = Bench::new(Protocol::Dynamic);
    bench.train("whole", 4, None, Keep::Last).unwrap();
    bench.train("halves", 2, None, Keep::Last).unwrap();
    assert!(bench.bytes("whole")["model.bpk"] != bench.bytes("halves")["model.bpk"]);
    bench.train("halves", 4, None, Keep::Last).unwrap();
    assert!(bench.bytes("whole") == bench.bytes("halves"));
}

/// A look makes a GPU finish its queue: there is one in ten steps, and one at the end of an epoch.
#[test]
fn the_host_looks_at_the_loss_once_in_ten_steps() {
    let bench = Bench { batch_size: 3, ..Bench::new(Protocol::Threshold) };
    let mut script = Script::default();
    bench.train_with("looks", 2, &mut script, Keep::Last).unwrap();
    // 24 steps an epoch: after 10, 20 and 24
    assert_eq!((script.steps.get(), script.looks), (48, 6));
}

/// With the images of an epoch on the device no step uploads pixels, and the bytes are those of a run that gathers them.
#[test]
fn where_the_images_are_changes_nothing() {
    let host = Bench::new(Protocol::Dynamic);
    host.train("run", 2, None, Keep::Last).unwrap();
    let device = Bench { residence: Residence::Device, ..Bench::new(Protocol::Dynamic) };
    device.train("run", 2, None, Keep::Last).unwrap();
    assert!(host.bytes("run") == device.bytes("run"));
}

/// The products differ by rounding, and here not even by that: sums of twelve pixels have one order. What they are is part of a run.
#[test]
fn sparse_inputs_change_a_run_by_rounding_and_resume_to_the_byte() {
    let dense = Bench { images: testing::dark_batches, ..Bench::new(Protocol::Dynamic) };
    let Outcome::Finished(_, expected) = dense.train("run", 3, None, Keep::Last).unwrap() else { panic!("stopped") };
    let sparse =
        Bench { input: kernels::Input::Sparse, images: testing::dark_batches, ..Bench::new(Protocol::Dynamic) };
    let Outcome::Finished(_, metrics) = sparse.train("run", 3, None, Keep::Last).unwrap() else { panic!("stopped") };
    for (ours, theirs) in metrics.epochs.iter().zip(&expected.epochs) {
        assert!((ours.train.elbo - theirs.train.elbo).abs() < 1e-5 && (ours.test.elbo - theirs.test.elbo).abs() < 1e-5);
    }
    sparse.train("halves", 3, Some(7), Keep::Last).unwrap();
    let knows = |state: State| format!("{:?}", state.vae).contains("Sparse");
    let checkpoint = Checkpoint::latest(&sparse.run("halves")).unwrap().unwrap();
    assert!(knows(State::resume(&checkpoint, &Device::flex()).unwrap()));
    let images = testing::dark_batches(70, Protocol::Dynamic);
    assert!(knows(State::fresh(checkpoint.config(), &images, &Device::flex())));
    sparse.train("halves", 3, None, Keep::Last).unwrap();
    assert!(sparse.bytes("halves") == sparse.bytes("run"));
    let state = String::from_utf8(sparse.bytes("run").remove("state.json").unwrap()).unwrap();
    assert!(state.contains("\"input\":\"sparse\"") || state.contains("\"input\": \"sparse\""), "{state}");
}

/// D40: interrupted anywhere in an epoch, also on its last step, and resumed: the same bytes.
#[test]
fn d40_interruption_within_an_epoch_changes_nothing() {
    let bench = Bench::new(Protocol::Threshold);
    bench.train("whole", 2, None, Keep::Last).unwrap();
    for stop in [1, 3, 5, 6, 9] {
        let name = format!("stopped-{stop}");
        let outcome = bench.train(&name, 2, Some(stop), Keep::Last).unwrap();
        assert!(matches!(outcome, Outcome::Interrupted(position) if position.step == stop as u64));
        assert!(matches!(bench.train(&name, 2, None, Keep::Last).unwrap(), Outcome::Finished(..)));
        assert!(bench.bytes("whole") == bench.bytes(&name), "interrupted after step {stop}");
    }
    assert!(matches!(bench.train("stopped-10", 2, Some(10), Keep::Last).unwrap(), Outcome::Finished(..)));
    assert!(bench.bytes("whole") == bench.bytes("stopped-10"));
}

/// D40, for every objective and estimator: interrupted within an epoch and resumed, the same bytes; the objective stands beside the ELBO
/// and is labelled.
#[test]
fn d40_every_estimator_trains_and_resumes_to_the_byte() {
    use models::{Bound, GradientEstimator as E, LatentConfig, ObjectiveConfig};
    let gaussian = LatentConfig::Gaussian { size: 2 };
    let discrete = LatentConfig::Bernoulli {
        size: 3,
        temperature: "constant:0.7".parse().unwrap(),
        kl: models::SurrogateKl::Discrete,
    };
    for (latent, kind, particles, estimator, kl_warm_up) in [
        (gaussian, Bound::Elbo, 1, E::TotalDerivative, 7),
        (gaussian, Bound::Elbo, 3, E::TotalDerivative, 0),
        (gaussian, Bound::Elbo, 1, E::PathDerivative, 0),
        (gaussian, Bound::Elbo, 1, E::ScoreFunction, 7),
        (gaussian, Bound::Elbo, 2, E::ScoreFunctionLeaveOneOut, 0),
        (gaussian, Bound::Iwae, 3, E::TotalDerivative, 0),
        (gaussian, Bound::Iwae, 3, E::PathDerivative, 0),
        (gaussian, Bound::Iwae, 3, E::Dreg, 0),
        (gaussian, Bound::Iwae, 2, E::Vimco, 0),
        (gaussian, Bound::Elbo, 1, E::SelfTuning, 7),
        (gaussian, Bound::Elbo, 2, E::SelfTuning, 0),
        (gaussian, Bound::Elbo, 1, E::ScoreFunctionMovingAverage, 0),
        (gaussian, Bound::Elbo, 2, E::ScoreFunctionLearned, 0),
        (discrete, Bound::Elbo, 1, E::ScoreFunction, 0),
        (discrete, Bound::Elbo, 1, E::ScoreFunctionMovingAverage, 0),
        (discrete, Bound::Elbo, 1, E::ScoreFunctionLearned, 7),
        (discrete, Bound::Elbo, 2, E::ScoreFunctionLeaveOneOut, 0),
        (discrete, Bound::Iwae, 2, E::Vimco, 0),
        (discrete, Bound::Elbo, 1, E::StraightThrough, 7),
    ] {
        let mut bench = Bench::new(Protocol::Threshold);
        bench.latent = latent;
        bench.objective = ObjectiveConfig { kind, particles, kl: None, estimator, kl_warm_up };
        let what = format!("{} {:?}", latent.name(), bench.objective);
        let Outcome::Finished(_, metrics) = bench.train("whole", 2, None, Keep::Last).unwrap() else {
            panic!("{what}")
        };
        bench.train("halves", 2, Some(3), Keep::Last).unwrap();
        bench.train("halves", 2, None, Keep::Last).unwrap();
        assert!(bench.bytes("whole") == bench.bytes("halves"), "{what}");
        for entry in &metrics.epochs {
            // 7 steps of warm-up end in the second epoch of 5.
            let is_bound = kl_warm_up == 0;
            assert_eq!(entry.train.bound, Some(is_bound), "{what}");
            assert!(entry.train.objective.unwrap().is_finite() && entry.test.objective.is_none(), "{what}");
        }
    }
}

#[test]
fn two_runs_of_one_seed_write_the_same_bytes() {
    let bench = Bench::new(Protocol::Threshold);
    bench.train("a", 2, None, Keep::Last).unwrap();
    bench.train("b", 2, None, Keep::Last).unwrap();
    assert!(bench.bytes("a") == bench.bytes("b"));
}

/// D5: every image counts once an epoch, also those of the small last batch. With a step size of nothing the weights
/// stay, and the average can be put together by hand from the same noise.
#[test]
fn d5_an_epoch_averages_over_all_images() {
    let mut bench = Bench::new(Protocol::Threshold);
    bench.learning_rate = 1e-30;
    let Outcome::Finished(_, metrics) = bench.train("a", 1, None, Keep::Last).unwrap() else { panic!("not finished") };
    let device = Device::flex();
    let (config, train) = (testing::config(1, Protocol::Threshold), testing::batches(70, Protocol::Threshold));
    let vae = config.model.init(12, 5, &device);
    let mut total = 0.0;
    for (batch, indices) in train.order(5, 1).chunks(16).enumerate() {
        let eps = Noise::new(5, Purpose::TrainingLatent, 1, batch as u64).normal([indices.len(), 2], &device);
        let elbo = vae.elbo(train.training(5, 1, indices, &device), models::LatentNoise::Free(eps)).value();
        total += elbo.try_into_vec_as::<f32>().unwrap().iter().map(|&x| f64::from(x)).sum::<f64>();
    }
    assert!((metrics.epochs[0].train.elbo - total / 70.0).abs() < 1e-6);
}

#[test]
fn kept_epochs_hold_weights_without_the_optimiser() {
    let bench = Bench::new(Protocol::Threshold);
    bench.train("a", 4, None, Keep::Every(2)).unwrap();
    let run = bench.run("a");
    assert_eq!(Checkpoint::kept_epochs(&run), [2, 4]);
    let kept = Checkpoint::find(&run, Some(2)).unwrap();
    assert_eq!(kept.position().epochs, 2);
    assert!(!kept.folder().join("optimizer.bpk").exists());
    kept.model(&Device::flex()).unwrap();
    let message = Checkpoint::find(&run, Some(3)).unwrap_err().to_string();
    assert!(
        message.ends_with("no complete checkpoint of epoch 3; train with --keep all to keep every epoch"),
        "{message}"
    );
}

/// A loss that becomes NaN stops the run, names step and term, and leaves the earlier checkpoint.
#[test]
fn a_loss_that_is_not_finite_stops_the_run_and_keeps_the_last_checkpoint() {
    let mut bench = Bench::new(Protocol::Threshold);
    bench.train("a", 1, None, Keep::Last).unwrap();
    let before = bench.bytes("a");
    bench.learning_rate = 1e30;
    let error = bench.train("a", 2, None, Keep::Last).unwrap_err();
    let message = error.to_string();
    // Step 6 still computes with the old weights; step 7 is the first that sees the new ones.
    assert!(
        message.contains("at step 7 (epoch 2): training stopped, and the checkpoint of step 5 is kept"),
        "{message}"
    );
    assert!(message.starts_with("log_likelihood became") || message.starts_with("kl became"), "{message}");
    assert_eq!(error.failure(), crate::Failure::Running);
    assert!(bench.bytes("a") == before);
}

/// The first weights already have a bound below `12 ln 2` nats; training must raise it.
#[test]
fn training_raises_the_elbo() {
    let bench = Bench::new(Protocol::Threshold);
    let Outcome::Finished(_, metrics) = bench.train("a", 30, None, Keep::Last).unwrap() else { panic!("not finished") };
    let (first, last) = (&metrics.epochs[0], &metrics.epochs[29]);
    assert!(last.train.elbo > first.train.elbo + 0.5, "{} to {}", first.train.elbo, last.train.elbo);
    assert!((last.test.elbo - (last.test.log_likelihood - last.test.kl)).abs() < 1e-12);
}
