//! Adam as a Burn optimiser that reads and writes each tensor once a step.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::optim::{AdamState, AdaptiveMomentumState, LearningRate, ModuleOptimizer, Optimizer};
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::flex::{contiguous, into_values, is_f32, tensor, values};
use crate::cpu::{self, AdamStep};

/// Which of the two Adams that are about.
///
/// # Examples
/// ```
/// use burn::optim::Optimizer;
/// use burn::tensor::{Device, Tensor};
/// use kernels::{Adam, AdamForm};
///
/// // How far the first step goes at a gradient of 0.001 and a learning rate of 1.
/// let first_step = |form| {
///     let [start, gradient] = [0.0, 1e-3].map(|x| Tensor::<1>::from_floats([x], &Device::flex()));
///     let (next, _) = Adam { form, ..Adam::new([0.9, 0.999], 1e-8) }.step(1.0, start, gradient, None);
///     next.abs().into_scalar::<f32>()
/// };
/// // As published, the size of the gradient drops out; beside a second moment of 1, it does not.
/// assert!((first_step(AdamForm::Published) - 1.0).abs() < 1e-3);
/// assert!(first_step(AdamForm::Burda) < 1e-3);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AdamForm {
    /// Kingma and Ba (2015), algorithm 1.
    #[default]
    Published,
    /// As in the program of Burda et al. (2016): the second moment starts at 1, and epsilon is added to its root before the correction of
    /// the bias ("epsilon hat", section 2 of Kingma and Ba).
    Burda,
}

/// Adam (Kingma and Ba 2015), with the state, the records and, to rounding, the numbers of Burn's own.
///
/// # Examples
/// ```
/// use burn::module::Param;
/// use burn::nn::Linear;
/// use burn::optim::GradientsParams;
/// use burn::tensor::{Device, Tensor};
/// use kernels::Adam;
///
/// let one = Tensor::<2>::ones([1, 1], &Device::flex().autodiff());
/// let mut layer = Linear { weight: Param::from_tensor(one.zeros_like()), bias: None };
/// let mut optimizer = Adam::new([0.9, 0.999], 1e-8).init();
/// for _ in 0..200 {
///     let loss = (layer.forward(one.clone()) - 3.0).square();
///     layer = optimizer.step(0.1, layer.clone(), GradientsParams::from_grads(loss.backward(), &layer));
/// }
/// // (w - 3)^2 is least at 3.
/// assert!((layer.weight.val().into_scalar::<f32>() - 3.0).abs() < 0.01);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adam {
    /// The decay of the first moment.
    pub beta_1: f32,
    /// The decay of the second moment.
    pub beta_2: f32,
    /// Added to the root of the second moment.
    pub epsilon: f32,
    /// Which form of it.
    pub form: AdamForm,
}

impl Adam {
    /// As published.
    pub fn new([beta_1, beta_2]: [f32; 2], epsilon: f32) -> Self {
        Self { beta_1, beta_2, epsilon, form: AdamForm::Published }
    }

    /// The optimiser of a module.
    pub fn init(self) -> ModuleOptimizer {
        ModuleOptimizer::from(self)
    }
}

impl Optimizer for Adam {
    type State<const D: usize> = AdamState<D>;

    fn step<const D: usize>(
        &self,
        learning_rate: LearningRate,
        parameters: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        let (time, first, second) = match state.map(|state| state.momentum) {
            Some(state) => (state.time + 1, state.moment_1, state.moment_2),
            None => {
                let second = match self.form {
                    AdamForm::Published => parameters.zeros_like(),
                    AdamForm::Burda => parameters.ones_like(),
                };
                (1, parameters.zeros_like(), second)
            }
        };
        let step = AdamStep::new(learning_rate, [self.beta_1, self.beta_2], self.epsilon, time);
        let step = match self.form {
            AdamForm::Published => step,
            AdamForm::Burda => AdamStep { epsilon: self.epsilon, ..step },
        };
        let [parameters, first, second, gradient] = [parameters, first, second, gradient].map(Tensor::into_dispatch);
        let (parameters, first, second) = Dispatch::adam(parameters, first, second, gradient, step);
        let moment = Tensor::from_dispatch;
        let momentum = AdaptiveMomentumState::new(time, moment(first), moment(second));
        (Tensor::from_dispatch(parameters), Some(AdamState::new(momentum)))
    }

    fn to_device<const D: usize>(mut state: Self::State<D>, device: &Device) -> Self::State<D> {
        state.momentum = state.momentum.to_device(device);
        state
    }
}

/// One step on one tensor.
#[backend_extension(
    Flex,
    NdArray: cfg(feature = "ndarray"),
    Cube: cfg(any(feature = "wgpu", feature = "cuda")),
    Autodiff
)]
pub(crate) trait AdamOps: Backend {
    /// The parameters and both moments after a step.
    fn adam(
        parameters: FloatTensor<Self>,
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        step: AdamStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        composed::adam::<Self>(parameters, first, second, gradient, step)
    }
}

/// The step in ordinary operations.
mod composed {
    use super::*;

    pub(super) fn adam<B: Backend>(
        parameters: FloatTensor<B>,
        first: FloatTensor<B>,
        second: FloatTensor<B>,
        gradient: FloatTensor<B>,
        AdamStep { beta_1, beta_2, rate, epsilon }: AdamStep,
    ) -> (FloatTensor<B>, FloatTensor<B>, FloatTensor<B>) {
        let average = |old, new, beta: f32| {
            B::float_add(B::float_mul_scalar(old, beta.into()), B::float_mul_scalar(new, (1.0 - beta).into()))
        };
        let first = average(first, gradient.clone(), beta_1);
        let second = average(second, B::float_mul(gradient.clone(), gradient), beta_2);
        let root = B::float_add_scalar(B::float_sqrt(second.clone()), epsilon.into());
        let change = B::float_mul_scalar(B::float_div(first.clone(), root), rate.into());
        (B::float_sub(parameters, change), first, second)
    }
}

#[cfg(feature = "ndarray")]
impl AdamOps for burn::backend::NdArray {}

#[cfg(any(feature = "wgpu", feature = "cuda"))]
impl AdamOps for burn::backend::Cube {}

/// An optimiser works on tensors without a graph; this is for completeness of the dispatch.
impl<B: AdamOps, C: burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy> AdamOps for Autodiff<B, C> {}

impl AdamOps for Flex {
    fn adam(
        parameters: FloatTensor<Self>,
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        step: AdamStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        if !is_f32([&parameters, &first, &second, &gradient]) {
            return composed::adam::<Self>(parameters, first, second, gradient, step);
        }
        let shape = parameters.shape();
        let gradient = contiguous(gradient);
        // Whoever trains owns all three alone: their memory is written in place.
        let [mut parameters, mut first, mut second] = [parameters, first, second].map(into_values);
        cpu::adam(step, &mut parameters, [&mut first, &mut second], values(&gradient));
        let [parameters, first, second] = [parameters, first, second].map(|values| tensor(values, shape.clone()));
        (parameters, first, second)
    }
}
