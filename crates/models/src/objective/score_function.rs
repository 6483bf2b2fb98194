//! The score function on the ELBO, with a baseline or without.

use burn::tensor::Tensor;

use super::particles::{LogTerms, mean};

/// What is taken off the signal: anything that does not depend on the draw that it is taken off.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "one at a time, and never in a collection")]
pub(super) enum Baseline {
    /// Nothing.
    Zero,
    /// The mean over the other particles.
    LeaveOneOut,
    /// Numbers that broadcast to `[batch, K]`.
    Given(Tensor<2>),
}

/// ```text
/// target = 1/K sum_k [f_k + stop(f_k - b_k) log q(z_k | x)],  f = log p(x, z) - stop(log q(z | x)),  z stopped
/// ```
/// The first term has the gradient of the decoder and of the prior. The baseline `b_k` holds nothing of draw `k` (trap D13).
///
/// # Shapes
/// - returns: `[batch]`, the target
pub(super) fn score_function(terms: &LogTerms, kl_weight: f64, baseline: Baseline) -> Tensor<1> {
    let signal = terms.signal(kl_weight);
    let stopped = signal.clone().detach();
    let [batch, particles] = stopped.dims();
    let advantage = match baseline {
        Baseline::Zero => stopped,
        Baseline::LeaveOneOut => {
            // f_k - mean of the others = (f_k - mean of all) K / (K - 1).
            let all = stopped.clone().mean_dim(1).expand([batch, particles]);
            (stopped - all).mul_scalar(particles as f64 / (particles as f64 - 1.0))
        }
        Baseline::Given(baseline) => stopped - baseline.detach(),
    };
    mean(signal + advantage * terms.log_q.clone())
}
