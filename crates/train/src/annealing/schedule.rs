//! The temperatures between the prior and the posterior.

/// How much finer the ends are than the middle (Wu et al., 2017, appendix: 4).
const STEEPNESS: f64 = 4.0;

/// Inverse temperatures `beta_0 = 0 < .. < beta_T = 1` along a logistic curve: finest at both ends, where the laws change
/// most (Grosse, Ghahramani and Adams, 2015, section 5).
pub(super) fn inverse_temperatures(count: usize) -> Vec<f64> {
    // beta_t = [s(x_t) - s(x_0)] / [s(x_T) - s(x_0)], s(x) = 1 / (1 + exp(-x)), x_t from -4 to 4
    let logistic = |t: usize| 1.0 / (1.0 + (-STEEPNESS * (2.0 * t as f64 / count as f64 - 1.0)).exp());
    let (first, last) = (logistic(0), logistic(count));
    (0..=count).map(|t| (logistic(t) - first) / (last - first)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temperatures_rise_from_the_prior_to_the_posterior() {
        assert_eq!(inverse_temperatures(1), [0.0, 1.0]);
        let betas = inverse_temperatures(100);
        assert!(betas.len() == 101 && betas[0] == 0.0 && betas[100] == 1.0);
        assert!(betas.windows(2).all(|pair| pair[0] < pair[1]));
        assert!((betas[50] - 0.5).abs() < 1e-12 && betas[1] < 0.005 && betas[51] - betas[50] > 0.015);
    }
}
