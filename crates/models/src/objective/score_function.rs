//! The score function on the ELBO, with and without the other particles as a baseline.

use burn::tensor::Tensor;

use super::particles::{LogTerms, mean};

/// ```text
/// target = 1/K sum_k [f_k + stop(f_k - b_k) log q(z_k | x)],  f = log p(x, z) - stop(log q(z | x)),  z stopped
/// ```
/// The first term has the gradient of the decoder and of the prior. Without a baseline `b = 0`; with one, it is the mean of the
/// other particles' `f` (trap D13).
///
/// # Shapes
/// - returns: `[batch]`, the target
pub(super) fn score_function(terms: &LogTerms, kl_weight: f64, leave_one_out: bool) -> Tensor<1> {
    let signal = terms.signal(kl_weight);
    let stopped = signal.clone().detach();
    let [batch, particles] = stopped.dims();
    let advantage = if leave_one_out {
        // f_k - mean of the others = (f_k - mean of all) K / (K - 1).
        let all = stopped.clone().mean_dim(1).expand([batch, particles]);
        (stopped - all).mul_scalar(particles as f64 / (particles as f64 - 1.0))
    } else {
        stopped
    };
    mean(signal + advantage * terms.log_q.clone())
}
