//! Training steps and the importance-weighted evaluation, phase by phase.

use std::time::Instant;

use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::Device;
use distributions::{Noise, Purpose};
use kernels::Input;
use models::{Activation, GradientEstimator, LatentConfig, ObjectiveConfig, Vae};
use train::data::embedded_mnist;
use train::{Batches, EvaluationConfig, TrainConfig, evaluate, load_config};

use crate::bound::Bound;
use crate::peers::{Peers, named};
use crate::report::Row;
use crate::{Args, median, milliseconds};

/// Steps of the first round, which does not count and decides how many the others have.
const FIRST_STEPS: usize = 20;
/// About as long as this, in milliseconds: many times what the threads of the program before go on spinning for.
const ROUND: f64 = 60.0;
/// Steps before them that do not count, here as in the other programs: they find the caches and the threads of another.
const WARM_UP: usize = 3;
/// The phases of a step, in the order of [`Training::round`].
const PHASES: [&str; 5] = ["data", "noise", "forward", "backward", "optimiser"];

/// A model in training, a round at a time.
struct Training {
    config: TrainConfig,
    batches: Batches,
    device: Device,
    model: Option<Vae>,
    optimizer: ModuleOptimizer,
    step: u64,
    /// Steps of a round.
    steps: usize,
}

impl Training {
    fn new(config: TrainConfig, batches: Batches) -> Self {
        let device = Device::flex().autodiff();
        let model = Some(config.model.init(batches.pixels(), 1, &device).with_input(config.training.input));
        let optimizer = config.optimizer.init();
        Self { config, batches, device, model, optimizer, step: 0, steps: FIRST_STEPS }
    }

    /// Milliseconds a step in each phase.
    fn round(&mut self) -> [f64; PHASES.len()] {
        let mut seconds = [0.0; PHASES.len()];
        let mut unused = seconds;
        let batch = self.config.training.batch_size;
        let order = self.batches.order(1, 1);
        for step in 0..WARM_UP + self.steps {
            let Some(vae) = self.model.take() else { return seconds };
            let mut lap = Lap::start(if step < WARM_UP { &mut unused } else { &mut seconds });
            let first = (self.step as usize * batch) % (order.len() - batch);
            let images = self.batches.training(1, 1, &order[first..first + batch], &self.device);
            lap.end(0);
            let mut noise = Noise::new(1, Purpose::TrainingLatent, 1, self.step);
            let objective = &self.config.objective;
            let eps = vae.latent().noise(&mut noise, batch * objective.particles, &self.device);
            lap.end(1);
            let loss = vae.objective_terms(images, eps, self.step, objective).loss();
            lap.end(2);
            let gradients = GradientsParams::from_grads(loss.backward(), &vae);
            lap.end(3);
            self.model = Some(self.optimizer.step(1e-3, vae, gradients));
            lap.end(4);
            self.step += 1;
        }
        seconds.map(|s| s * 1e3 / self.steps as f64)
    }
}

/// A stop watch whose laps go to phases.
struct Lap<'a> {
    seconds: &'a mut [f64; PHASES.len()],
    since: Instant,
}

impl<'a> Lap<'a> {
    fn start(seconds: &'a mut [f64; PHASES.len()]) -> Self {
        Self { seconds, since: Instant::now() }
    }

    fn end(&mut self, phase: usize) {
        let now = Instant::now();
        self.seconds[phase] += (now - self.since).as_secs_f64();
        self.since = now;
    }
}

/// The models that are timed: presets, the small network of Burda et al. (2016) with two batch sizes and under other objectives, and
/// every latent.
fn works() -> anyhow::Result<Vec<(String, TrainConfig)>> {
    let mut works = Vec::new();
    for preset in ["notebook", "pytorch-example", "gumbel"] {
        works.push((preset.to_owned(), load_config(preset, None)?));
    }
    let mut sparse = load_config("notebook", None)?;
    sparse.training.input = Input::Sparse;
    works.push(("notebook, sparse input".to_owned(), sparse));
    for batch in [20, 100] {
        let mut small = load_config("notebook", None)?;
        small.model.encoder = vec![200, 200];
        small.model.decoder = vec![200, 200];
        small.model.activation = Activation::Tanh;
        small.model.latent = LatentConfig::Gaussian { size: 50 };
        small.training.batch_size = batch;
        works.push((format!("small-{batch}"), small));
    }
    // That network under the objectives and estimators of the presets `iwae` and `stl`.
    for (preset, particles, estimator) in [
        ("iwae", 1, GradientEstimator::TotalDerivative),
        ("iwae", 50, GradientEstimator::TotalDerivative),
        ("stl", 1, GradientEstimator::PathDerivative),
        ("dreg", 50, GradientEstimator::Dreg),
    ] {
        let mut config = load_config("iwae", None)?;
        config.objective = ObjectiveConfig { particles, estimator, ..config.objective };
        works.push((format!("{preset}-{particles}"), config));
    }
    // The notebook's network around the other latents.
    for name in LatentConfig::NAMES.into_iter().filter(|name| *name != "gaussian") {
        let mut config = load_config("notebook", None)?;
        if let Some(latent) = LatentConfig::named(name) {
            config.model.latent = latent;
            works.push((format!("notebook with {name}"), config));
        }
    }
    Ok(works)
}

/// One row a model and number of threads.
pub(crate) fn rows(args: &Args, peers: &mut Peers) -> anyhow::Result<Vec<Row>> {
    let data = embedded_mnist()?;
    let mut rows = Vec::new();
    for (name, config) in works()? {
        for threads in [1, 2] {
            let row_name = format!("step {name}, {threads} thread{}", if threads == 1 { "" } else { "s" });
            let named = !args.quick || !(name.contains(" with ") || name.ends_with("-50"));
            if named && args.wants(&row_name) {
                let batches = Batches::new(data.train.take(20_000)?, config.data.protocol);
                rows.push(step_row(args, peers, (&name, row_name), Training::new(config.clone(), batches), threads));
            }
        }
    }
    let name = "L_1000 of 100 images, 2 threads";
    if args.wants(name) {
        let config = load_config("notebook", None)?;
        let test = Batches::new(data.test, config.data.protocol);
        rows.push(evaluation_row(args, peers, name, &config, &test)?);
    }
    Ok(rows)
}

fn step_row(args: &Args, peers: &mut Peers, (work, name): (&str, String), mut ours: Training, threads: usize) -> Row {
    eprintln!("{name} ...");
    kernels::set_threads(threads);
    let batch = ours.config.training.batch_size;
    let has_bound = ours.config.training.input == Input::Dense && ours.config.objective.particles == 1;
    let mut bound = Bound::new(&ours.config.model, ours.batches.pixels(), batch);
    let (mut phases, mut bounds, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    let first: f64 = ours.round().iter().sum();
    ours.steps = ((ROUND / first) as usize).max(FIRST_STEPS);
    for _ in 0..args.rounds {
        phases.push(ours.round());
        bounds.push(bound.milliseconds());
        theirs.extend(peers.ask(work, &[("threads", threads), ("batch", batch), ("steps", ours.steps)]));
    }
    let total = median(phases.iter().map(|round| round.iter().sum()).collect());
    let split = PHASES
        .iter()
        .enumerate()
        .map(|(i, phase)| ((*phase).to_owned(), median(phases.iter().map(|round| round[i]).collect())));
    Row {
        unit: format!("ms, {:.0} images/s", batch as f64 / total * 1e3),
        split: split.collect(),
        // It is that of dense products and of one particle.
        bound: has_bound.then(|| median(bounds)),
        peers: named("PyTorch", theirs).into_iter().collect(),
        ..Row::new(name, total)
    }
}

/// Particles and images of a round of evaluation.
const EVALUATION: [usize; 2] = [1000, 100];

fn evaluation_row(
    args: &Args,
    peers: &mut Peers,
    name: &str,
    config: &TrainConfig,
    test: &Batches,
) -> anyhow::Result<Row> {
    eprintln!("{name} ...");
    kernels::set_threads(2);
    let device = Device::flex();
    let vae = config.model.init(test.pixels(), 1, &device);
    let [particles, images] = EVALUATION;
    let request = EvaluationConfig { particles, images, seed: 1 };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..args.rounds.div_ceil(3) {
        let mut outcome = None;
        ours.push(milliseconds(|| outcome = Some(evaluate(&vae, test, request, &device, &|_| ()))));
        outcome.transpose()?;
        theirs.extend(peers.ask("evaluate", &[("threads", 2), ("particles", particles), ("images", images)]));
    }
    Ok(Row {
        unit: "ms".to_owned(),
        peers: named("PyTorch", theirs).into_iter().collect(),
        ..Row::new(name.to_owned(), median(ours))
    })
}
