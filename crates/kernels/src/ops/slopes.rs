//! The backward pass of functions of single entries: their derivatives are computed with their values.

use burn::backend::Backend;
use burn::backend::TensorMetadata;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops};
use burn::backend::tensor::FloatTensor;
use burn::tensor::Shape;

/// Each parent's gradient is its derivative times what comes from above: entry by entry, or row by row where the function was summed
/// over rows.
#[derive(Debug)]
pub(super) struct Slopes;

impl<B: Backend, const N: usize> Backward<B, N> for Slopes {
    /// The derivative in each parent, `[batch, size]`.
    type State = [FloatTensor<B>; N];

    fn backward(self, ops: Ops<Self::State, N>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let upstream = gradients.consume::<B>(&ops.node);
        let upstream = match upstream.shape().num_dims() {
            1 => {
                let [batch] = upstream.shape().dims();
                B::float_reshape(upstream, Shape::new([batch, 1]))
            }
            _ => upstream,
        };
        for (parent, slope) in ops.parents.into_iter().zip(ops.state) {
            if let Some(node) = parent {
                gradients.register::<B>(node.id, B::float_mul(slope, upstream.clone()));
            }
        }
    }
}

/// An operation on tensors that have a graph, from its value and slopes on the tensors within.
macro_rules! with_slopes {
    ($strategy:ty, [$($parent:ident),+], $value_and_slopes:expr) => {{
        let prepared = Slopes.prepare::<$strategy>([$($parent.node()),+]).compute_bound().stateful();
        $(let $parent = $parent.into_primitive();)+
        let (value, slopes) = $value_and_slopes;
        match prepared {
            OpsKind::Tracked(prepared) => prepared.finish(slopes, value),
            OpsKind::UnTracked(prepared) => prepared.finish(value),
        }
    }};
}

pub(super) use with_slopes;
