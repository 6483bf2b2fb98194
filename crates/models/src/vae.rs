//! The variational autoencoder of Kingma and Welling (2014) with a Bernoulli decoder.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::{Device, Tensor, TensorData};
use distributions::Bernoulli;
use kernels::Input;
use serde::{Deserialize, Serialize};

use crate::linear::{FirstWeights, LinearFactory, affine};
use crate::{
    Activation, ConfigError, Elbo, LatentConfig, LatentLayer, LatentNoise, LogWeights, Mlp, Posterior, TrainingTerms,
};

/// The shape of a [`Vae`]: `pixels -> encoder.. -> latent -> decoder.. -> pixels`.
///
/// # Examples
/// The model of the preset `notebook`, and the weights and biases of its seven layers.
///
/// ```
/// use burn::module::Module;
/// use burn::tensor::Device;
/// use models::{Activation, LatentConfig, VaeConfig};
///
/// let (activation, latent) = (Activation::LeakyRelu { slope: 0.2 }, LatentConfig::Gaussian { size: 200 });
/// let config = VaeConfig { encoder: vec![400, 400], decoder: vec![400, 400], activation, latent };
/// config.validate()?;
/// let vae = config.init(784, 1, &Device::flex());
/// let (encoder, decoder) = (785 * 400 + 401 * 400 + 2 * 401 * 200, 201 * 400 + 401 * 400 + 401 * 784);
/// assert_eq!(vae.num_params(), encoder + decoder);
/// # Ok::<(), models::ConfigError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VaeConfig {
    /// The units of the encoder's hidden layers, from the image on.
    pub encoder: Vec<usize>,
    /// The units of the decoder's hidden layers, from the latent on.
    pub decoder: Vec<usize>,
    /// The nonlinearity after every hidden layer.
    pub activation: Activation,
    /// The latent variable.
    pub latent: LatentConfig,
}

impl VaeConfig {
    /// Checks that every layer has units.
    ///
    /// # Errors
    /// Names the key that no model can have.
    pub fn validate(&self) -> Result<(), ConfigError> {
        for (layer, sizes) in [("model.encoder", &self.encoder), ("model.decoder", &self.decoder)] {
            if sizes.contains(&0) {
                return Err(ConfigError::EmptyLayer { layer, sizes: sizes.clone() });
            }
        }
        self.latent.validate()?;
        match self.activation {
            Activation::LeakyRelu { slope } if !slope.is_finite() => Err(ConfigError::Slope { slope }),
            Activation::LeakyRelu { .. } | Activation::Relu | Activation::Tanh => Ok(()),
        }
    }

    /// A model for images of `pixels` pixels with the first weights of `seed`: the same on every backend.
    pub fn init(&self, pixels: usize, seed: u64, device: &Device) -> Vae {
        self.init_from(FirstWeights::Uniform, pixels, seed, device)
    }

    /// The same with first weights of a given law.
    pub fn init_from(&self, weights: FirstWeights, pixels: usize, seed: u64, device: &Device) -> Vae {
        let factory = &mut LinearFactory::new(seed, weights, device);
        let latent = self.latent.size();
        let last = |hidden: &[usize], input: usize| hidden.last().copied().unwrap_or(input);
        Vae {
            encoder: Mlp::new(factory, pixels, &self.encoder, self.activation),
            latent: self.latent.init(factory, last(&self.encoder, pixels), self.activation),
            decoder: Mlp::new(factory, latent, &self.decoder, self.activation),
            output: factory.linear(last(&self.decoder, latent), pixels),
            config: self.latent,
        }
    }
}

/// A variational autoencoder: `q(z | x)` and `p(z)` of a [`LatentConfig`], `p(x | z)` independent Bernoulli pixels.
///
/// # Examples
/// Steps of Adam from the first weights of a [`VaeConfig`]: at the same noise the loss falls
/// (`config`, `images` and `eps` as on the [front page](crate), on a device with autodiff).
///
/// ```
/// # use burn::tensor::{Device, Tensor};
/// # use distributions::{Noise, Purpose};
/// # use models::{Activation, LatentConfig, VaeConfig};
/// use burn::optim::GradientsParams;
/// use kernels::Adam;
/// use models::Vae;
///
/// # let device = Device::flex().autodiff();
/// # let latent = LatentConfig::Gaussian { size: 2 };
/// # let config = VaeConfig { encoder: vec![8], decoder: vec![8], activation: Activation::Tanh, latent };
/// # let images = Tensor::<2>::from_floats([[1.0, 0.0, 1.0, 0.0]], &device);
/// # let eps = latent.noise(&mut Noise::new(1, Purpose::TrainingLatent, 1, 0), 1, &device);
/// let (mut vae, mut optimizer) = (config.init(4, 1, &device), Adam::new([0.9, 0.999], 1e-8).init());
/// let loss = |vae: &Vae| vae.elbo(images.clone(), eps.clone()).loss();
/// let first = loss(&vae).into_scalar::<f32>();
/// for _ in 0..5 {
///     let gradients = GradientsParams::from_grads(loss(&vae).backward(), &vae);
///     vae = optimizer.step(1e-2, vae, gradients);
/// }
/// assert!(loss(&vae).into_scalar::<f32>() < first);
/// ```
#[derive(Module, Debug)]
pub struct Vae {
    encoder: Mlp,
    pub(crate) latent: LatentLayer,
    decoder: Mlp,
    pub(crate) output: Linear,
    #[module(skip)]
    config: LatentConfig,
}

impl Vae {
    /// The same model with another bias of the decoder's output, `[pixels]`.
    ///
    /// # Panics
    /// When there are not as many biases as pixels.
    #[must_use]
    pub fn with_output_bias(mut self, values: Vec<f32>) -> Self {
        self.output.bias = self.output.bias.map(|bias| {
            bias.map(|old| {
                let [pixels] = old.dims();
                assert_eq!(values.len(), pixels, "one bias a pixel");
                Tensor::from_data(TensorData::new(values, [pixels]), &old.device()).require_grad()
            })
        });
        self
    }

    /// The same model, whose encoder knows this of the images that it will see. It has the same posteriors, but for rounding.
    #[must_use]
    pub fn with_input(mut self, input: Input) -> Self {
        self.encoder = self.encoder.of(input);
        self
    }

    /// The same weights on the device with autodiff, and without gradients of their own: those of codes and of a posterior's
    /// parameters flow through them.
    #[must_use]
    pub fn frozen(&self) -> Self {
        let device = self.output.weight.val().device();
        self.clone().fork(&device.autodiff()).no_grad()
    }

    /// The latent variable.
    pub fn latent(&self) -> LatentConfig {
        self.config
    }

    /// `q(z | x)`, with its prior.
    ///
    /// # Shapes
    /// - `images`: `[batch, pixels]`
    /// - returns: a law over codes `[batch, latent]`
    pub fn encode(&self, images: Tensor<2>) -> Posterior {
        self.latent.forward(self.encoder.forward(images))
    }

    /// Codes `z ~ p(z)` at the noise `eps`, as from [`LatentConfig::noise`], `[count, latent]`.
    ///
    /// # Panics
    /// When the noise is that of another latent.
    pub fn prior_codes(&self, eps: LatentNoise) -> Tensor<2> {
        self.latent.prior(eps.count()).transform(eps)
    }

    /// `E_p[z]`, the same for each of `count` rows, `[count, latent]`.
    pub fn prior_mean(&self, count: usize) -> Tensor<2> {
        self.latent.prior(count).mean()
    }

    /// `p(x | z)`.
    ///
    /// # Shapes
    /// - `codes`: `[batch, latent]`
    /// - returns: Bernoulli variables over `[batch, pixels]`
    pub fn decode(&self, codes: Tensor<2>) -> Bernoulli<2> {
        Bernoulli::from_logits(affine(&self.output, self.decoder.forward(codes)))
    }

    /// The one-sample ELBO of each image at the noise `eps` (Kingma and Welling 2014, eq. 10).
    ///
    /// The KL term is the closed form, so that only the likelihood depends on `eps`; two stochastic layers have none, and it is that of
    /// the draw. At test time, too, `z` is sampled and
    /// never put to the mean: the likelihood at the mean is not a bound (trap D1). Discrete codes are hard (trap D19).
    ///
    /// # Shapes
    /// - `images`: `[batch, pixels]`, bound once: the encoder and the likelihood see the same pixels (trap D3)
    /// - `eps`: of `batch` codes, as from [`LatentConfig::noise`]
    /// - returns: terms of `[batch]`, in nats per image, summed over pixels and latents
    ///
    /// # Panics
    /// When the noise is that of another latent.
    pub fn elbo(&self, images: Tensor<2>, eps: LatentNoise) -> Elbo {
        self.elbo_of(&self.encode(images.clone()), images, eps)
    }

    /// The same under a posterior that need not be the encoder's: one row an image.
    ///
    /// # Panics
    /// When the noise is that of another latent.
    pub fn elbo_of(&self, posterior: &Posterior, images: Tensor<2>, eps: LatentNoise) -> Elbo {
        // q(z | x), p(z), z = g(eps)
        let (z, kl) = posterior.transform_with_kl(eps);
        Elbo { log_likelihood: self.log_likelihood(z, images), kl }
    }

    /// `log p(x | z)`, `[batch]`, in nats, differentiable in the codes.
    ///
    /// # Shapes
    /// - `codes`: `[batch, latent]`; `images`: `[batch, pixels]`
    pub fn log_likelihood(&self, codes: Tensor<2>, images: Tensor<2>) -> Tensor<1> {
        log_likelihood(&self.decode(codes), images)
    }

    /// What a training step maximises and reports.
    ///
    /// A latent that can be reparameterised maximises its ELBO. A discrete one has no gradient through its hard codes:
    /// it maximises a surrogate at relaxed codes, whose temperature depends on the step, and reports the ELBO at hard
    /// codes from the same noise beside it (traps D19, D25).
    ///
    /// # Shapes
    /// - as [`elbo`](Self::elbo); `step` counts from 0
    ///
    /// # Panics
    /// When the noise is that of another latent.
    pub fn training_terms(&self, images: Tensor<2>, eps: LatentNoise, step: u64) -> TrainingTerms {
        let posterior = self.encode(images.clone());
        let Some(relaxed) = self.latent.relax(&posterior, eps.clone(), step) else {
            return TrainingTerms { elbo: self.elbo_of(&posterior, images, eps), surrogate: None, estimate: None };
        };
        let (hard, kl) = posterior.transform_with_kl(eps);
        // Nothing is differentiated at the hard codes: they need no graph.
        let hard = self.valid().decode(hard.without_autodiff());
        let elbo = Elbo { log_likelihood: log_likelihood(&hard, images.clone().without_autodiff()), kl: kl.clone() };
        let surrogate =
            Elbo { log_likelihood: log_likelihood(&self.decode(relaxed.code), images), kl: relaxed.kl.unwrap_or(kl) };
        TrainingTerms { elbo, surrogate: Some(surrogate), estimate: None }
    }

    /// The terms of the importance weights `log w = log p(x | z) + log p(z) - log q(z | x)` of one image at several draws
    /// (Burda et al. 2016, eq. 8). Discrete codes are hard, with their mass functions (trap D19).
    ///
    /// # Shapes
    /// - `image`: `[1, pixels]`
    /// - `posterior`: the posterior of that image, over `[1, latent]`
    /// - `eps`: of `particles` codes, as from [`LatentConfig::noise`]
    /// - returns: terms of `[particles]`
    ///
    /// # Panics
    /// When the noise is that of another latent.
    pub fn log_weights(&self, image: Tensor<2>, posterior: &Posterior, eps: LatentNoise) -> LogWeights {
        let particles = eps.count();
        let (z, log_ratio) = posterior.repeat(particles).transform_with_ratio(eps);
        let pixels = image.dims()[1];
        LogWeights { log_likelihood: log_likelihood(&self.decode(z), image.expand([particles, pixels])), log_ratio }
    }
}

/// `log p(x | z)`, `[batch]`, in nats: the log-density of [`Bernoulli`], fused with its gradient.
pub(crate) fn log_likelihood(pixels: &Bernoulli<2>, images: Tensor<2>) -> Tensor<1> {
    kernels::bernoulli_log_prob(pixels.logits(), images)
}

#[cfg(test)]
mod tests {
    use distributions::{Noise, Purpose};

    use super::*;

    fn config() -> VaeConfig {
        VaeConfig {
            encoder: vec![7, 5],
            decoder: vec![6],
            activation: Activation::LeakyRelu { slope: 0.2 },
            latent: LatentConfig::Gaussian { size: 3 },
        }
    }

    fn images(batch: usize, device: &Device) -> Tensor<2> {
        let uniform = Noise::new(11, Purpose::Test, 0, 0).uniform([batch, 12], device);
        uniform.lower_elem(0.3).float()
    }

    fn eps(batch: usize, device: &Device) -> Tensor<2> {
        Noise::new(11, Purpose::Test, 0, 1).normal([batch, 3], device)
    }

    fn free(eps: &Tensor<2>) -> LatentNoise {
        LatentNoise::Free(eps.clone())
    }

    fn values(tensor: Tensor<1>) -> Vec<f32> {
        tensor.into_data().try_to_vec().unwrap()
    }

    /// D4: sums over pixels and latents, means over the batch only: doubling the batch changes nothing.
    #[test]
    fn d4_loss_of_a_batch_of_two_copies_is_the_loss_of_one() {
        let device = Device::flex();
        let vae = config().init(12, 1, &device);
        let (one, eps) = (images(1, &device), eps(1, &device));
        let single = vae.elbo(one.clone(), free(&eps)).loss().into_scalar::<f32>();
        let double = vae.elbo(one.repeat_dim(0, 2), free(&eps.repeat_dim(0, 2))).loss().into_scalar::<f32>();
        assert!((single - double).abs() <= 1e-6 * single.abs(), "{single} and {double}");
    }

    /// Sums of the rows that are set instead of a product of matrices: other bits, the same posterior.
    #[test]
    fn an_encoder_that_knows_of_sparse_pixels_has_the_same_posteriors() {
        let device = Device::flex().autodiff();
        let vae = config().init(784, 1, &device);
        let images = Noise::new(1, Purpose::Test, 0, 0).uniform([5, 784], &device).lower_elem(0.15).float();
        let [dense, sparse] = [Input::Dense, Input::Sparse].map(|input| {
            let vae = vae.clone().with_input(input);
            let mean = vae.encode(images.clone()).mean();
            let gradients = mean.clone().sum().backward();
            let weights = vae.encoder.first_weights().grad(&gradients).unwrap();
            [mean.inner(), weights].map(|tensor| tensor.try_into_vec_as::<f32>().unwrap())
        });
        assert_ne!(dense, sparse);
        let pairs = dense.iter().flatten().zip(sparse.iter().flatten());
        assert!(pairs.clone().all(|(a, b)| (a - b).abs() < 1e-5), "{:?}", pairs.collect::<Vec<_>>());
    }

    /// D3: the encoder and the likelihood see one image. The bound, put together by hand from its three factors, is the
    /// model's own on average over the noise (the two differ by the KL term, sampled here).
    #[test]
    fn d3_elbo_is_the_mean_of_the_log_weights() {
        let device = Device::flex();
        let vae = config().init(12, 1, &device);
        let image = images(1, &device);
        let n = 100_000;
        let noise = Noise::new(2, Purpose::Test, 0, 0).normal([n, 3], &device);
        let q = vae.encode(image.clone());
        let weights = vae.log_weights(image.clone(), &q, free(&noise));
        let sampled = values(weights.log_likelihood.clone() + weights.log_ratio);
        let elbo = vae.elbo(image.repeat_dim(0, n), free(&noise));
        assert_eq!(values(weights.log_likelihood)[..9], values(elbo.log_likelihood.clone())[..9]);
        let closed = values(elbo.value());
        // The two estimates differ by log q - log p - KL: compare the mean of the differences with its standard error.
        let differences: Vec<f64> = sampled.iter().zip(&closed).map(|(a, b)| f64::from(a - b)).collect();
        let mean = differences.iter().sum::<f64>() / n as f64;
        let variance = differences.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / n as f64;
        assert!(mean.abs() < 5.5 * (variance / n as f64).sqrt(), "{mean}");
    }

    /// D1: the bound depends on the noise: no call puts `z` to the mean.
    #[test]
    fn d1_the_likelihood_is_taken_at_a_sampled_code() {
        let device = Device::flex();
        let vae = config().init(12, 1, &device);
        let image = images(1, &device);
        let at = |eps: Tensor<2>| vae.elbo(image.clone(), free(&eps)).log_likelihood.into_scalar::<f32>();
        assert_ne!(at(eps(1, &device)), at(eps(1, &device).zeros_like()));
    }

    /// With a smooth nonlinearity: at the kink of a leaky ReLU a difference is not a derivative.
    #[test]
    fn gradients_agree_with_finite_differences() {
        let device = Device::flex().autodiff();
        let vae = VaeConfig { activation: Activation::Tanh, ..config() }.init(12, 1, &device);
        let (x, eps) = (images(4, &device), eps(4, &device));
        let gradients = vae.elbo(x.clone(), free(&eps)).loss().backward();
        let LatentLayer::Gaussian(latent) = &vae.latent else { panic!("not Gaussian") };
        let weight = latent.log_variance.bias.as_ref().unwrap();
        let gradient = values(weight.val().grad(&gradients).unwrap());
        let loss = |shift: f32, entry: usize| {
            let mut moved = vae.clone();
            let mut bias = values(weight.val().inner());
            bias[entry] += shift;
            let LatentLayer::Gaussian(latent) = &mut moved.latent else { panic!("not Gaussian") };
            latent.log_variance.bias =
                Some(burn::module::Param::from_data(burn::tensor::TensorData::new(bias, [3]), &device));
            f64::from(moved.elbo(x.clone(), free(&eps)).loss().into_scalar::<f32>())
        };
        for (entry, &gradient) in gradient.iter().enumerate() {
            let h = 0.02;
            let difference = (loss(h, entry) - loss(-h, entry)) / (2.0 * f64::from(h));
            assert!(
                (f64::from(gradient) - difference).abs() < 2e-3 * difference.abs().max(0.1),
                "entry {entry}: {gradient} by autodiff, {difference} by differences"
            );
        }
    }

    /// D39: one seed gives one set of weights and ids, whatever was built before.
    #[test]
    fn d39_a_seed_decides_weights_and_parameter_ids() {
        let device = Device::flex();
        let bytes = |seed| config().init(12, seed, &device).into_record().into_bytes().unwrap().to_vec();
        assert_eq!(bytes(1), bytes(1));
        assert_ne!(bytes(1), bytes(2));
    }

    #[test]
    fn first_weights_lie_in_the_default_range_of_linear_layers() {
        let vae = config().init(12, 1, &Device::flex());
        let LatentLayer::Gaussian(latent) = &vae.latent else { panic!("not Gaussian") };
        let weights = latent.loc.weight.val().into_data().try_to_vec::<f32>().unwrap();
        let bound = 1.0 / 5.0_f32.sqrt();
        assert!(weights.iter().all(|w| w.abs() < bound) && weights.iter().any(|w| w.abs() > 0.8 * bound));
    }

    #[test]
    fn models_that_cannot_be_are_refused_with_their_key() {
        let mut bad = config();
        bad.encoder = vec![4, 0];
        assert!(bad.validate().unwrap_err().to_string().contains("`model.encoder` has a layer of 0 units: [4, 0]"));
        let mut bad = config();
        bad.latent = LatentConfig::Gaussian { size: 0 };
        assert_eq!(bad.validate().unwrap_err().to_string(), "`model.latent.size` is 0; it must be at least 1");
        let mut bad = config();
        bad.activation = Activation::LeakyRelu { slope: f64::NAN };
        assert!(bad.validate().unwrap_err().to_string().contains("NaN"));
        assert_eq!(config().validate(), Ok(()));
    }
}
