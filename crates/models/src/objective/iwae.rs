//! The bound of several particles: its value, its weights, DReG's scale, and VIMCO.

use burn::tensor::{Tensor, activation};

use super::particles::{LogTerms, sum};

/// `log 1/K sum_k w_k`, `[batch]`, in nats; the gradient has the weights `w~_k` (Burda et al. 2016, eq. 14; trap D17).
pub(super) fn log_mean_exp(log_weights: Tensor<2>) -> Tensor<1> {
    let particles = log_weights.dims()[1] as f64;
    let largest = log_weights.clone().detach().max_dim(1);
    let shifted = sum((log_weights - largest.clone()).exp()).log();
    shifted + largest.squeeze_dim(1) - particles.ln()
}

/// `w~_k = w_k / sum_j w_j` of every row, `[batch * K, 1]`, with no gradient. A bound whose path derivative is multiplied by it once
/// more has the doubly reparameterised gradient, `sum_k w~_k^2 d log w_k / dz_k dz_k / dphi` (Tucker et al. 2018, eq. 8), and the decoder keeps
/// its `w~_k`.
pub(super) fn scale(terms: &LogTerms) -> Tensor<2> {
    let weights = activation::softmax(terms.log_weights(1.0).detach(), 1);
    let rows = weights.dims().iter().product();
    weights.reshape([rows, 1])
}

/// VIMCO (Mnih and Rezende 2016, eq. 8 and 10):
///
/// ```text
/// target = L + sum_k stop(L - L_(-k)) log q(z_k | x),  L = log 1/K sum_j w_j,  z stopped
/// ```
/// with `log w_k` in `L_(-k)` replaced by the mean of the other log weights.
///
/// # Shapes
/// - returns: the bound and the target, `[batch]`
pub(super) fn vimco(terms: &LogTerms) -> (Tensor<1>, Tensor<1>) {
    let log_weights = terms.log_weights(1.0);
    let bound = log_mean_exp(log_weights.clone());
    let stopped = log_weights.detach();
    let [batch, k] = stopped.dims();
    let others = (stopped.clone().sum_dim(1).expand([batch, k]) - stopped.clone()).div_scalar(k as f64 - 1.0);
    // Row k of each image holds all log weights, its own replaced.
    let own = Tensor::<2>::eye(k, &stopped.device()).unsqueeze_dim::<3>(0).expand([batch, k, k]);
    let all = stopped.unsqueeze_dim::<3>(1).expand([batch, k, k]);
    let replaced = all.clone() + own * (others.unsqueeze_dim::<3>(2).expand([batch, k, k]) - all);
    let without = log_mean_exp(replaced.reshape([batch * k, k])).reshape([batch, k]);
    let advantage = bound.clone().detach().unsqueeze_dim::<2>(1).expand([batch, k]) - without;
    let target = bound.clone() + sum(advantage * terms.log_q.clone());
    (bound, target)
}
