//! One step of Hamiltonian Monte Carlo for many chains at once, at one temperature (Neal, 2011).

use burn::tensor::{Tensor, TensorData};
use models::Vae;

use crate::TrainError;

/// `log p(x | z)` and its gradient in the codes, for one image a chain.
#[derive(Debug)]
pub(super) struct Likelihood {
    /// Whose weights want no gradient.
    frozen: Vae,
    /// `[chains, pixels]`, on the device with autodiff.
    images: Tensor<2>,
}

/// Where the chains are, with what the next step needs of it.
#[derive(Debug, Clone)]
pub(super) struct State {
    /// Codes, `[chains, latent]`.
    codes: Tensor<2>,
    /// `log p(x | z)`, `[chains]`, in nats.
    log_likelihood: Tensor<1>,
    /// Its gradient in the codes.
    gradient: Tensor<2>,
}

/// What drives one step.
#[derive(Debug)]
pub(super) struct Drive {
    /// First momenta, standard normal, `[chains, latent]`.
    pub(super) momenta: Tensor<2>,
    /// A uniform in (0, 1) a chain, which decides on acceptance.
    pub(super) uniforms: Vec<f32>,
    /// The step size of each chain.
    pub(super) step_sizes: Vec<f32>,
    /// Leapfrog steps.
    pub(super) leapfrog_steps: usize,
}

impl State {
    /// `log p(x | z)` of each chain, on the host.
    ///
    /// # Errors
    /// When the device fails.
    pub(super) fn log_likelihoods(&self) -> Result<Vec<f64>, TrainError> {
        read(self.log_likelihood.clone())
    }

    /// `beta d log p(x | z) / dz - z`, the gradient of `log p(z) + beta log p(x | z)` under the standard Gaussian prior.
    fn force(&self, beta: f64) -> Tensor<2> {
        self.gradient.clone() * beta - self.codes.clone()
    }

    /// `-H(z, v) = log p(z) + beta log p(x | z) - |v|^2 / 2`, up to a constant, `[chains]`.
    fn negative_energy(&self, momenta: Tensor<2>, beta: f64) -> Tensor<1> {
        let squares = self.codes.clone().powi_scalar(2) + momenta.powi_scalar(2);
        self.log_likelihood.clone() * beta - squares.sum_dim(1).squeeze_dim::<1>(1).mul_scalar(0.5)
    }

    /// These chains where a proposal is not accepted, and its where it is.
    fn accept(self, proposal: Self, accepted: &[bool]) -> Self {
        let [chains, latent] = self.codes.dims();
        let device = self.codes.device();
        let mask = Tensor::<1, burn::tensor::Bool>::from_data(TensorData::new(accepted.to_vec(), [chains]), &device);
        let wide = mask.clone().reshape([chains, 1]).expand([chains, latent]);
        Self {
            codes: self.codes.mask_where(wide.clone(), proposal.codes),
            log_likelihood: self.log_likelihood.mask_where(mask, proposal.log_likelihood),
            gradient: self.gradient.mask_where(wide, proposal.gradient),
        }
    }
}

impl Likelihood {
    /// The likelihood of images `[chains, pixels]` under a model.
    pub(super) fn new(vae: &Vae, images: Tensor<2>) -> Self {
        Self { frozen: vae.frozen(), images: Tensor::from_inner(images) }
    }

    /// Puts the chains to codes `[chains, latent]`.
    pub(super) fn at(&self, codes: Tensor<2>) -> State {
        let leaf = Tensor::from_inner(codes).require_grad();
        let log_likelihood = self.frozen.log_likelihood(leaf.clone(), self.images.clone());
        let gradients = log_likelihood.clone().sum().backward();
        // No gradient reaches a leaf that the decoder leaves out.
        let gradient = leaf.grad(&gradients).unwrap_or_else(|| leaf.clone().inner().zeros_like());
        State { codes: leaf.inner(), log_likelihood: log_likelihood.inner(), gradient }
    }

    /// One step, which leaves `p(z) p(x | z)^beta` as it is: leapfrog, then acceptance. It is its own reversal. Returns the
    /// chains and the probability with which each was accepted.
    ///
    /// # Errors
    /// When the device fails.
    pub(super) fn step(&self, state: State, beta: f64, drive: Drive) -> Result<(State, Vec<f64>), TrainError> {
        let Drive { momenta, uniforms, step_sizes, leapfrog_steps } = drive;
        let chains = step_sizes.len();
        let step = Tensor::<2>::from_data(TensorData::new(step_sizes, [chains, 1]), &momenta.device());
        let half = step.clone().mul_scalar(0.5);
        let mut moved = state.clone();
        let mut v = momenta.clone() + moved.force(beta) * half.clone();
        for number in 1..=leapfrog_steps {
            moved = self.at(moved.codes + v.clone() * step.clone());
            let stride = if number == leapfrog_steps { half.clone() } else { step.clone() };
            v = v + moved.force(beta) * stride;
        }
        // min(1, exp(H(z, v) - H(z', v'))); a step that ran away is not a number, and is not accepted.
        let gains = read(moved.negative_energy(v, beta) - state.negative_energy(momenta, beta))?;
        let probabilities: Vec<f64> =
            gains.iter().map(|gain| if gain.is_nan() { 0.0 } else { gain.exp().min(1.0) }).collect();
        let accepted: Vec<bool> = probabilities.iter().zip(uniforms).map(|(p, u)| f64::from(u) < *p).collect();
        Ok((state.accept(moved, &accepted), probabilities))
    }
}

fn read(values: Tensor<1>) -> Result<Vec<f64>, TrainError> {
    let values = values.try_into_vec_as::<f32>().map_err(|error| TrainError::Device(error.to_string()))?;
    Ok(values.into_iter().map(f64::from).collect())
}
