//! Annealed importance sampling of a block of images, in both directions (Neal, 2001; Grosse, Ghahramani and Adams, 2015).

use burn::tensor::{Tensor, TensorData};
use distributions::{Noise, Purpose};
use models::Vae;

use super::SandwichConfig;
use super::hamiltonian::{Drive, Likelihood, State};
use crate::TrainError;

/// The first step size, at the prior, whose scale is 1.
const FIRST_STEP_SIZE: f32 = 0.3;

/// The share of accepted steps aimed at (Wu et al., 2017).
const ACCEPTANCE: f64 = 0.65;

/// How fast step sizes follow their acceptance: the change of `log step` for each step that is accepted too rarely.
const GAIN: f64 = 0.2;

/// What a pass over the temperatures is for: each has noise of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub(super) enum Pass {
    /// Finds the step sizes of simulated images.
    TuneSimulated = 0,
    /// Their lower bound.
    ForwardSimulated = 1,
    /// Their upper bound.
    Reverse = 2,
    /// Finds the step sizes of test images.
    TuneTest = 3,
    /// Their lower bound.
    ForwardTest = 4,
}

/// Room for the passes in the key of a stream.
const PASS_KEYS: u64 = 8;

/// The step size of each image between two temperatures.
pub(super) type StepSizes = Vec<Vec<f32>>;

/// The chains of a block of images, one image behind the other.
pub(super) struct Block<'a> {
    /// The number of the first image, which keys the noise.
    pub(super) first: usize,
    /// `[images, pixels]`.
    pub(super) images: Tensor<2>,
    /// Whose likelihood it is.
    pub(super) vae: &'a Vae,
    /// How many chains and steps.
    pub(super) config: &'a SandwichConfig,
    /// `beta_0 = 0 < .. < beta_T = 1`.
    pub(super) betas: &'a [f64],
    /// Told the images that made a step.
    pub(super) progress: &'a (dyn Fn(usize) + Sync),
}

impl Block<'_> {
    fn count(&self) -> usize {
        self.images.dims()[0]
    }

    /// Rows `[images, columns]`, one copy a chain.
    fn spread(&self, rows: Tensor<2>) -> Tensor<2> {
        let ([count, columns], chains) = (rows.dims(), self.config.chains);
        rows.reshape([count, 1, columns]).expand([count, chains, columns]).reshape([count * chains, columns])
    }

    fn likelihood(&self) -> Likelihood {
        Likelihood::new(self.vae, self.spread(self.images.clone()))
    }

    /// Standard normals `[chains, latent]` and a uniform a chain: those of each image from a stream of its own.
    fn draw(&self, pass: Pass, temperature: usize) -> (Tensor<2>, Vec<f32>) {
        let (chains, latent) = (self.config.chains, self.vae.latent().size());
        let mut normals = vec![0.0; self.count() * chains * latent];
        let mut uniforms = vec![0.0; self.count() * chains];
        let rows = normals.chunks_exact_mut(chains * latent).zip(uniforms.chunks_exact_mut(chains));
        for (row, (normals, uniforms)) in rows.enumerate() {
            let key = (self.first + row) as u64 * PASS_KEYS + pass as u64;
            let mut noise = Noise::new(self.config.seed, Purpose::Annealing, key, temperature as u64);
            noise.fill_normal(normals);
            noise.fill_uniform(uniforms);
        }
        let shape = [self.count() * chains, latent];
        (Tensor::from_data(TensorData::new(normals, shape), &self.images.device()), uniforms)
    }

    /// A step of all chains at a temperature, with the acceptance of each image.
    fn step(
        &self,
        likelihood: &Likelihood,
        state: State,
        (pass, temperature): (Pass, usize),
        sizes: &[f32],
    ) -> Result<(State, Vec<f64>), TrainError> {
        let (momenta, uniforms) = self.draw(pass, temperature);
        let chains = self.config.chains;
        let step_sizes = sizes.iter().flat_map(|&size| std::iter::repeat_n(size, chains)).collect();
        let drive = Drive { momenta, uniforms, step_sizes, leapfrog_steps: self.config.leapfrog_steps };
        let (state, probabilities) = likelihood.step(state, self.betas[temperature], drive)?;
        (self.progress)(self.count());
        let means = probabilities.chunks_exact(chains).map(|of| of.iter().sum::<f64>() / chains as f64);
        Ok((state, means.collect()))
    }

    /// `T`.
    fn last(&self) -> usize {
        self.betas.len() - 1
    }

    /// Step sizes for every temperature but the first and the last, found by a run that is thrown away: with them fixed, every
    /// step of the runs that count leaves its law exactly as it is.
    pub(super) fn tune(&self, pass: Pass) -> Result<StepSizes, TrainError> {
        let likelihood = self.likelihood();
        let mut state = likelihood.at(self.draw(pass, 0).0);
        let mut sizes = vec![FIRST_STEP_SIZE; self.count()];
        let mut all = Vec::with_capacity(self.last());
        for temperature in 1..self.last() {
            all.push(sizes.clone());
            let acceptance;
            (state, acceptance) = self.step(&likelihood, state, (pass, temperature), &sizes)?;
            for (size, rate) in sizes.iter_mut().zip(acceptance) {
                *size *= (GAIN * (rate - ACCEPTANCE)).exp() as f32;
            }
        }
        Ok(all)
    }

    /// The log-weights of chains from the prior to the posterior, `[images * chains]`, in nats, whose exponentials have the
    /// mean `p(x)`; and the mean acceptance.
    pub(super) fn forward(&self, pass: Pass, sizes: &StepSizes) -> Result<(Vec<f64>, f64), TrainError> {
        let likelihood = self.likelihood();
        let mut state = likelihood.at(self.draw(pass, 0).0);
        let mut weights = Weights::new(self.count() * self.config.chains);
        for temperature in 1..=self.last() {
            // log w = sum_t (beta_t - beta_(t-1)) log p(x | z_(t-1))
            weights.add(self.betas[temperature] - self.betas[temperature - 1], &state)?;
            if temperature < self.last() {
                let acceptance;
                let step = (pass, temperature);
                (state, acceptance) = self.step(&likelihood, state, step, &sizes[temperature - 1])?;
                weights.accepted.extend(acceptance);
            }
        }
        Ok((weights.log, weights.accepted.iter().sum::<f64>() / weights.accepted.len().max(1) as f64))
    }

    /// The same sums along chains from exact draws of the posterior, `[images, latent]`, back to the prior: the means of their
    /// negative exponentials are `1 / p(x)`.
    pub(super) fn reverse(&self, posterior: Tensor<2>, sizes: &StepSizes) -> Result<Vec<f64>, TrainError> {
        let likelihood = self.likelihood();
        let mut state = likelihood.at(self.spread(posterior));
        let mut weights = Weights::new(self.count() * self.config.chains);
        for temperature in (1..=self.last()).rev() {
            weights.add(self.betas[temperature] - self.betas[temperature - 1], &state)?;
            if temperature > 1 {
                let step = (Pass::Reverse, temperature - 1);
                (state, _) = self.step(&likelihood, state, step, &sizes[temperature - 2])?;
            }
        }
        Ok(weights.log)
    }
}

/// Log-weights as they grow, and the acceptance on the way.
struct Weights {
    log: Vec<f64>,
    accepted: Vec<f64>,
}

impl Weights {
    fn new(chains: usize) -> Self {
        Self { log: vec![0.0; chains], accepted: Vec::new() }
    }

    fn add(&mut self, difference: f64, state: &State) -> Result<(), TrainError> {
        for (log, likelihood) in self.log.iter_mut().zip(state.log_likelihoods()?) {
            *log += difference * likelihood;
        }
        Ok(())
    }
}
