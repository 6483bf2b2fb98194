//! The mean of the score: zero where the support of a law does not move with its parameters, and only there (trap D42).
//!
//! With `z ~ p(z; a)`, and where the integral and the derivative can be exchanged,
//!
//! ```text
//! E[d log p(z; a) / da] = integral of p dlog p / da = d/da (integral of p) = d/da 1 = 0
//! ```
//! They cannot where the range of the integral depends on `a`: for a uniform variable the score in `high` is `-1 / (high - low)` at every draw.
//! The score function and sticking the landing rest on the zero.

mod laws;

use burn::tensor::{Device, Tensor};
use distributions::{Noise, Purpose};

use crate::TrainError;
use laws::{LAWS, Law};

/// Draws made at a time: the noise is keyed by the block.
const BLOCK: usize = 10_000;

/// The first stream of [`Purpose::Estimators`] that belongs here: far from those of the other laboratories.
const FIRST_STREAM: u64 = 1 << 33;

/// The mean of the score in one parameter of one law.
///
/// # Examples
/// ```
/// use burn::tensor::Device;
/// use train::score::{MeanScore, mean_scores};
///
/// let scores: Vec<MeanScore> = mean_scores(1000, 3, &Device::flex())?;
/// let of = |distribution, parameter| {
///     scores.iter().find(|score| (score.distribution, score.parameter) == (distribution, parameter))
/// };
/// let still = of("gaussian", "loc").expect("a law that is measured");
/// assert!(still.exact == 0.0 && still.mean.abs() < 4.0 * still.standard_error);
/// // The support of a uniform variable on [0.5, 2.5] moves with its upper end: -1 / (high - low).
/// let moves = of("uniform", "high").expect("a law that is measured");
/// assert_eq!((moves.exact, moves.standard_error), (-0.5, 0.0));
/// # Ok::<(), train::TrainError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanScore {
    /// The law.
    pub distribution: &'static str,
    /// The parameter that the score is of, such as `log scale`.
    pub parameter: &'static str,
    /// Its value.
    pub value: f64,
    /// `E[d log p / d parameter]`.
    pub exact: f64,
    /// Over the draws.
    pub mean: f64,
    /// Of the mean.
    pub standard_error: f64,
}

/// Draws the score in each parameter of each law with a reparameterisation `draws` times.
///
/// # Errors
/// When there are fewer than two draws, or the device fails.
pub fn mean_scores(draws: usize, seed: u64, device: &Device) -> Result<Vec<MeanScore>, TrainError> {
    if draws < 2 {
        let must = "at least 2: a standard error compares them".to_owned();
        return Err(TrainError::Argument { flag: "--draws", value: draws.to_string(), must });
    }
    let device = device.clone().autodiff();
    (0..).zip(LAWS).map(|(number, law)| mean_score(law, draws, (seed, FIRST_STREAM + number), &device)).collect()
}

fn mean_score(law: &Law, draws: usize, (seed, stream): (u64, u64), device: &Device) -> Result<MeanScore, TrainError> {
    let mut all = Vec::with_capacity(draws);
    for (block, start) in (0..).zip((0..draws).step_by(BLOCK)) {
        let count = BLOCK.min(draws - start);
        // One batch entry a draw, so that the gradient of the sum has them apart.
        let parameter = Tensor::<2>::full([count, 1], law.value, device).require_grad();
        let mut noise = Noise::new(seed, Purpose::Estimators, stream, block);
        let gradients = (law.log_prob)(parameter.clone(), &mut noise).sum().backward();
        let Some(scores) = parameter.grad(&gradients) else { continue };
        let scores = scores.try_into_vec_as::<f32>().map_err(|error| TrainError::Device(error.to_string()))?;
        all.extend(scores.into_iter().map(f64::from));
    }
    let n = all.len() as f64;
    let mean = all.iter().sum::<f64>() / n;
    let squares: f64 = all.iter().map(|score| (score - mean).powi(2)).sum();
    let Law { distribution, parameter, value, exact, .. } = *law;
    let standard_error = (squares / (n - 1.0) / n).sqrt();
    Ok(MeanScore { distribution, parameter, value, exact, mean, standard_error })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// D42: within 5.5 standard errors of zero for every law whose support stays where it is (a false alarm of 4e-8 each), and of its own
    /// number at every draw for a uniform variable.
    #[test]
    fn d42_the_mean_score_is_zero_unless_the_support_moves() {
        let scores = mean_scores(20_000, 3, &Device::flex()).unwrap();
        let (uniform, others): (Vec<MeanScore>, Vec<MeanScore>) =
            scores.into_iter().partition(|score| score.distribution == "uniform");
        assert_eq!((uniform.len(), others.len()), (2, 22));
        for score in others {
            assert_eq!(score.exact, 0.0);
            assert!(score.standard_error > 1e-4, "{score:?}: a constant");
            assert!(score.mean.abs() < 5.5 * score.standard_error, "{score:?}");
        }
        for score in uniform {
            assert!((score.mean - score.exact).abs() < 1e-6 && score.exact.abs() == 0.5, "{score:?}");
            assert!(score.standard_error < 1e-6, "{score:?}");
        }
    }

    #[test]
    fn a_mean_of_one_draw_is_refused() {
        let message = mean_scores(1, 3, &Device::flex()).unwrap_err().to_string();
        assert_eq!(message, "--draws is 1; it must be at least 2: a standard error compares them");
    }
}
