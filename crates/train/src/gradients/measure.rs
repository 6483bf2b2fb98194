//! Many draws of the gradient by every estimator, on the same noise: at a fixed batch, and over mini-batches.

use std::ops::Range;

use burn::optim::ModuleOptimizer;
use burn::tensor::{Device, Tensor};
use distributions::{Noise, Purpose};
use kernels::Adam;
use models::{EstimatorState, ObjectiveConfig, Vae};
use serde::Serialize;

use super::layers::{Layer, Side, gradient, layers};
use super::moments::{LEAST_DRAWS, Moments, Sums, group_of};
use super::{Spread, VaeEstimator};
use crate::epoch::{EpochImages, Residence};
use crate::{Batches, TrainError};

/// The streams of [`Purpose::Estimators`] that belong to this laboratory: far from those of the toy, which count from 0.
const FIXED_BATCH: u64 = 1 << 32;
const MINI_BATCHES: u64 = FIXED_BATCH + 1;
const WARMING_UP: u64 = FIXED_BATCH + 2;

/// Draws at the fixed batch from which an estimator that keeps a state learns before any counts, as training would have taught it.
const WARM_UP: usize = 500;

/// Of a baseline that is learnt.
const LEARNING_RATE: f64 = 1e-3;

/// What to measure.
///
/// # Examples
/// Of a `vae` on an autodiff `device`, at a batch of 20 `images`:
///
/// ```
/// use train::gradients::{GradientMeasurement, VaeEstimator, measure_gradients};
///
/// # use train::{Batches, data::embedded_mnist_test, load_config};
/// # let (mut config, device) = (load_config("two", None)?, burn::tensor::Device::flex().autodiff());
/// # (config.model.encoder, config.model.decoder) = (vec![8], vec![8]);
/// # let images = Batches::new(embedded_mnist_test()?.test.take(20)?, config.data.protocol);
/// # let vae = config.model.init(images.pixels(), 1, &device);
/// let estimators = VaeEstimator::chosen(&["total-derivative".to_owned()], vae.latent(), None)?;
/// let (images, estimators, device) = (&images, &estimators[..], &device);
/// let (draws, batches, batch_size, seed) = (40, 0, 20, 1);
/// let measurement = GradientMeasurement { images, estimators, draws, batches, batch_size, seed, device };
/// measurement.validate()?;
/// let mut done = 0;
/// measure_gradients(&vae, 0, &measurement, &mut || done += 1)?;
/// assert_eq!((measurement.steps(), done), (40, 40));
/// let message = GradientMeasurement { draws: 39, ..measurement }.validate().unwrap_err().to_string();
/// assert!(message.ends_with("at least 40: an interval compares 20 groups of at least 2"));
/// # Ok::<(), train::TrainError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct GradientMeasurement<'a> {
    /// The training images.
    pub images: &'a Batches,
    /// The estimators; each has the same noise.
    pub estimators: &'a [VaeEstimator],
    /// Draws at the fixed batch.
    pub draws: usize,
    /// Mini-batches, each with one draw; 0 for none.
    pub batches: usize,
    /// Images of a batch.
    pub batch_size: usize,
    /// Of the noise, and of the order and binarisation of the images.
    pub seed: u64,
    /// A device with autodiff, where the model is.
    pub device: &'a Device,
}

/// What an estimator showed.
///
/// # Examples
/// Of a `measurement` of two estimators, `total-derivative` and `path-derivative`:
///
/// ```
/// use train::gradients::measure_gradients;
///
/// # use train::{Batches, data::embedded_mnist_test, load_config};
/// # let (mut config, device) = (load_config("two", None)?, burn::tensor::Device::flex().autodiff());
/// # (config.model.encoder, config.model.decoder) = (vec![8], vec![8]);
/// # let images = Batches::new(embedded_mnist_test()?.test.take(20)?, config.data.protocol);
/// # let vae = config.model.init(images.pixels(), 1, &device);
/// # let names = ["total-derivative", "path-derivative"].map(str::to_owned);
/// # let estimators = &train::gradients::VaeEstimator::chosen(&names, vae.latent(), None)?;
/// # let (images, device) = (&images, &device);
/// # let (draws, batches, batch_size, seed) = (40, 0, 20, 1);
/// # use train::gradients::GradientMeasurement;
/// # let measurement =
/// #     GradientMeasurement { images, estimators, draws, batches, batch_size, seed, device };
/// let [total, path] = &measure_gradients(&vae, 0, &measurement, &mut || {})?[..] else { panic!("two") };
/// assert_eq!((total.estimator.name, path.estimator.name), ("total-derivative", "path-derivative"));
/// assert_eq!(path.encoder.parameters + path.decoder.parameters, path.all.parameters);
/// // They differ in the encoder alone: the decoder's gradient is the same at the same noise.
/// let relative = |a: f64, b: f64| (a / b - 1.0).abs();
/// assert!(relative(total.decoder.noise.variance, path.decoder.noise.variance) < 1e-3);
/// assert!(relative(total.encoder.noise.variance, path.encoder.noise.variance) > 0.01);
/// # Ok::<(), train::TrainError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct EstimatorNoise {
    /// The estimator.
    pub estimator: VaeEstimator,
    /// All weights together.
    pub all: LayerNoise,
    /// Those of `q(z | x)`.
    pub encoder: LayerNoise,
    /// Those of `p(x, z)`.
    pub decoder: LayerNoise,
    /// Tensor by tensor, in the order of a checkpoint.
    pub layers: Vec<LayerNoise>,
}

/// The noise of the gradient in a set of weights.
///
/// # Examples
/// Of a `measurement` of a `vae` with 8 hidden units:
///
/// ```
/// use train::gradients::{LayerNoise, measure_gradients};
///
/// # use train::{Batches, data::embedded_mnist_test, load_config};
/// # let (mut config, device) = (load_config("two", None)?, burn::tensor::Device::flex().autodiff());
/// # (config.model.encoder, config.model.decoder) = (vec![8], vec![8]);
/// # let images = Batches::new(embedded_mnist_test()?.test.take(20)?, config.data.protocol);
/// # let vae = config.model.init(images.pixels(), 1, &device);
/// # let names = ["total-derivative", "path-derivative"].map(str::to_owned);
/// # let estimators = &train::gradients::VaeEstimator::chosen(&names, vae.latent(), None)?;
/// # let (images, device) = (&images, &device);
/// # let (draws, batches, batch_size, seed) = (40, 0, 20, 1);
/// # use train::gradients::GradientMeasurement;
/// # let measurement =
/// #     GradientMeasurement { images, estimators, draws, batches, batch_size, seed, device };
/// let layers: &Vec<LayerNoise> = &measure_gradients(&vae, 0, &measurement, &mut || {})?[0].layers;
/// // The weights of 784 pixels in 8 hidden units.
/// assert_eq!((layers[0].name.as_str(), layers[0].parameters), ("encoder.layers.0.weight", 784 * 8));
/// let names: Vec<&str> = layers.iter().map(|layer| layer.name.as_str()).collect();
/// assert!(names.contains(&"latent.loc.bias") && names.ends_with(&["output.weight", "output.bias"]));
/// // Mini-batches were not asked for.
/// assert_eq!(layers[0].mini_batch, None);
/// # Ok::<(), train::TrainError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerNoise {
    /// Of the tensor, as in a checkpoint; or `all`, `encoder` or `decoder`.
    pub name: String,
    /// The number of weights.
    pub parameters: usize,
    /// Over draws at the fixed batch.
    pub noise: Spread,
    /// Over mini-batches and draws together.
    pub mini_batch: Option<Spread>,
}

impl GradientMeasurement<'_> {
    /// Steps of work, each a draw of one estimator.
    pub fn steps(&self) -> usize {
        self.estimators.len() * (self.draws + self.batches)
    }

    /// Checks the counts.
    ///
    /// # Errors
    /// When there are too few draws for an interval, or more images in a batch than there are.
    pub fn validate(&self) -> Result<(), TrainError> {
        let argument = |flag, value: usize, must: String| TrainError::Argument { flag, value: value.to_string(), must };
        let groups = format!("at least {LEAST_DRAWS}: an interval compares 20 groups of at least 2");
        if self.draws < LEAST_DRAWS {
            return Err(argument("--draws", self.draws, groups));
        }
        if self.batches > 0 && self.batches < LEAST_DRAWS {
            return Err(argument("--batches", self.batches, format!("{groups}, or 0 for none")));
        }
        if !(1..=self.images.len()).contains(&self.batch_size) {
            return Err(argument("--images", self.batch_size, format!("1 to {}", self.images.len())));
        }
        Ok(())
    }

    /// The first mini-batch of the first epoch.
    fn fixed_batch(&self) -> Tensor<2> {
        EpochImages::new(self.images, (self.seed, 1), Residence::Host, self.device).batch(0..self.batch_size)
    }

    /// Calls `each` with mini-batches of whole size, epoch after epoch.
    fn for_each_batch(
        &self,
        mut each: impl FnMut(usize, Tensor<2>) -> Result<(), TrainError>,
    ) -> Result<(), TrainError> {
        let per_epoch = self.images.len() / self.batch_size;
        for (epoch, start) in (1..).zip((0..self.batches).step_by(per_epoch)) {
            let images = EpochImages::new(self.images, (self.seed, epoch), Residence::Host, self.device);
            for number in start..self.batches.min(start + per_epoch) {
                let places: Range<usize> = (number - start) * self.batch_size..(number - start + 1) * self.batch_size;
                each(number, images.batch(places))?;
            }
        }
        Ok(())
    }
}

/// Draws the gradient of a model by every estimator. `step` is that of its weights, on which a temperature may depend; `progress` is
/// called after every draw.
///
/// # Errors
/// When the counts are [not valid](GradientMeasurement::validate), a gradient is not finite or the device fails.
///
/// # Panics
/// When an estimator does not fit the latent.
pub fn measure_gradients(
    vae: &Vae,
    step: u64,
    measurement: &GradientMeasurement<'_>,
    progress: &mut dyn FnMut(),
) -> Result<Vec<EstimatorNoise>, TrainError> {
    measurement.validate()?;
    let layers = layers(vae);
    let fixed = measurement.fixed_batch();
    let mut measured = Vec::with_capacity(measurement.estimators.len());
    for estimator in measurement.estimators {
        let mut own = Draws::new(vae, step, &estimator.objective, measurement);
        let mut noise = Accumulator::new(estimator.name, &layers, measurement.draws);
        for number in 0..WARM_UP * usize::from(own.state.is_some()) {
            own.gradient(fixed.clone(), WARMING_UP, number)?;
        }
        for number in 0..measurement.draws {
            noise.add(&own.gradient(fixed.clone(), FIXED_BATCH, number)?)?;
            progress();
        }
        let noise = noise.finish();
        let mini_batch = if measurement.batches == 0 {
            None
        } else {
            let mut accumulator = Accumulator::new(estimator.name, &layers, measurement.batches);
            // A state that knows the fixed batch goes on from there.
            measurement.for_each_batch(|number, images| {
                accumulator.add(&own.gradient(images, MINI_BATCHES, number)?)?;
                progress();
                Ok(())
            })?;
            Some(accumulator.finish())
        };
        measured.push(summary(estimator, &layers, &noise, mini_batch.as_deref()));
    }
    Ok(measured)
}

/// Draws of one estimator, with what it keeps from one to the next.
struct Draws<'a> {
    vae: &'a Vae,
    step: u64,
    objective: &'a ObjectiveConfig,
    measurement: &'a GradientMeasurement<'a>,
    state: Option<EstimatorState>,
    /// Of a baseline that is learnt; the model stands still.
    optimizer: ModuleOptimizer,
}

impl<'a> Draws<'a> {
    fn new(vae: &'a Vae, step: u64, objective: &'a ObjectiveConfig, measurement: &'a GradientMeasurement<'a>) -> Self {
        let state = EstimatorState::first(objective.estimator, vae, measurement.seed);
        let optimizer = Adam::new([0.9, 0.999], 1e-8).init();
        Self { vae, step, objective, measurement, state, optimizer }
    }

    fn gradient(&mut self, images: Tensor<2>, stream: u64, number: usize) -> Result<Vec<Vec<f32>>, TrainError> {
        let GradientMeasurement { seed, device, batch_size, .. } = *self.measurement;
        let mut noise = Noise::new(seed, Purpose::Estimators, stream, number as u64);
        let eps = self.vae.latent().noise(&mut noise, batch_size * self.objective.particles, device);
        let Some(state) = &self.state else {
            let terms = self.vae.objective_terms(images, eps, self.step, self.objective);
            return gradient(self.vae, terms.loss().backward());
        };
        let (terms, pending) = state.terms(self.vae, images, eps, (self.objective, self.step));
        let gradients = terms.loss().backward();
        let descend = |network, own| self.optimizer.step(LEARNING_RATE, network, own);
        self.state = Some(pending.learn(&gradients, descend));
        gradient(self.vae, gradients)
    }
}

/// The moments of all tensors.
struct Accumulator<'a> {
    estimator: &'static str,
    layers: &'a [Layer],
    moments: Vec<Moments>,
    done: usize,
    draws: usize,
}

impl<'a> Accumulator<'a> {
    fn new(estimator: &'static str, layers: &'a [Layer], draws: usize) -> Self {
        Self {
            estimator,
            layers,
            moments: layers.iter().map(|layer| Moments::new(layer.size)).collect(),
            done: 0,
            draws,
        }
    }

    fn add(&mut self, gradient: &[Vec<f32>]) -> Result<(), TrainError> {
        kernels::for_each(self.moments.iter_mut().zip(gradient), |(moments, values)| moments.add(values));
        self.done += 1;
        let is_last = group_of(self.done, self.draws) > group_of(self.done - 1, self.draws);
        if is_last {
            for (moments, layer) in self.moments.iter_mut().zip(self.layers) {
                if !moments.close() {
                    let (estimator, layer) = (self.estimator, layer.name.clone());
                    return Err(TrainError::GradientNotFinite { estimator, layer, draw: self.done });
                }
            }
        }
        Ok(())
    }

    fn finish(self) -> Vec<Sums> {
        self.moments.into_iter().map(Moments::finish).collect()
    }
}

/// From sums tensor by tensor to what is known of each, and of their unions.
fn summary(estimator: &VaeEstimator, layers: &[Layer], noise: &[Sums], mini_batch: Option<&[Sums]>) -> EstimatorNoise {
    let union = |name: &str, holds: &dyn Fn(&Layer) -> bool| {
        let sum = |all: &[Sums]| {
            let mut sums = Sums::default();
            all.iter().zip(layers).filter(|(_, layer)| holds(layer)).for_each(|(own, _)| sums.add(own));
            sums
        };
        let noise = sum(noise);
        LayerNoise {
            name: name.to_owned(),
            parameters: noise.parameters,
            noise: Spread::of(noise),
            mini_batch: mini_batch.map(|all| Spread::of(sum(all))),
        }
    };
    EstimatorNoise {
        estimator: estimator.clone(),
        all: union("all", &|_| true),
        encoder: union("encoder", &|layer| layer.side == Side::Encoder),
        decoder: union("decoder", &|layer| layer.side == Side::Decoder),
        layers: layers.iter().map(|one| union(&one.name, &|layer| layer.name == one.name)).collect(),
    }
}
