//! How the learning rate falls with the epochs.

use serde::{Deserialize, Serialize};

/// A learning rate as a function of the epoch alone, so that a resumed run follows it.
///
/// # Examples
/// That of Burda et al. (2016), rounded as in their program:
///
/// ```
/// use train::LearningRateSchedule;
///
/// let schedule =
///     LearningRateSchedule::Tripling { stages: 8, factor: 10_f64.powf(-1.0 / 7.0), decimals: Some(2) };
/// // Stages of 1, 3, 9, .. epochs begin with the epochs 1, 2, 5, ..
/// assert_eq!([1, 2, 5, 14, 41].map(|epoch| schedule.factor(epoch)), [1.0, 0.72, 0.52, 0.37, 0.27]);
/// assert_eq!([1093, 1094, 3280].map(|epoch| schedule.factor(epoch)), [0.14, 0.1, 0.1]);
/// assert!(LearningRateSchedule::default().is_constant());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum LearningRateSchedule {
    /// The same in every epoch.
    #[default]
    Constant,
    /// Stage `i`, from 0, lasts `3^i` epochs at `factor^i` of the first rate; the last stage goes on. Burda et al. (2016), section 5.1, have 8
    /// stages, 3280 epochs, and a factor of `10^(-1/7) = 0.7197`.
    Tripling {
        /// The number of stages.
        stages: u32,
        /// What each stage takes of the rate before it.
        factor: f64,
        /// The decimals to which `factor^i` is rounded, if it is: 2 in the authors' program.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        decimals: Option<u8>,
    },
}

impl LearningRateSchedule {
    /// Whether this is the default, which needs no mention in a file.
    pub fn is_constant(&self) -> bool {
        *self == Self::Constant
    }

    /// What the first learning rate is multiplied by in an epoch, counted from 1.
    pub fn factor(&self, epoch: u64) -> f64 {
        match *self {
            Self::Constant => 1.0,
            Self::Tripling { stages, factor, decimals } => {
                // Stage i ends with epoch 1 + 3 + ... + 3^i = (3^(i+1) - 1) / 2.
                let stage = (0..stages.saturating_sub(1)).find(|&i| epoch <= stage_end(i));
                let share = factor.powi(stage.unwrap_or(stages.saturating_sub(1)) as i32);
                let unit = decimals.map(|decimals| 10_f64.powi(i32::from(decimals)));
                unit.map_or(share, |unit| (share * unit).round() / unit)
            }
        }
    }
}

/// The last epoch of a stage of three times the length of the one before it.
fn stage_end(stage: u32) -> u64 {
    3_u64.checked_pow(stage + 1).map_or(u64::MAX, |power| (power - 1) / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_those_of_burda() {
        let schedule = LearningRateSchedule::Tripling { stages: 8, factor: 10_f64.powf(-1.0 / 7.0), decimals: None };
        let mut lengths = vec![0_u64; 8];
        for epoch in 1..=3280 {
            let stage = (-7.0 * schedule.factor(epoch).log10()).round();
            lengths[stage as usize] += 1;
        }
        assert_eq!(lengths, [1, 3, 9, 27, 81, 243, 729, 2187]);
        assert!((schedule.factor(3280) - 0.1).abs() < 1e-12);
        assert_eq!(schedule.factor(1_000_000).to_bits(), schedule.factor(3280).to_bits());
    }

    /// `1e-4 round(10^(1 - i / 7), 1)`, as the authors' program has it.
    #[test]
    fn rounded_rates_are_those_of_the_program() {
        let schedule = LearningRateSchedule::Tripling { stages: 8, factor: 10_f64.powf(-1.0 / 7.0), decimals: Some(2) };
        let rates = [1, 2, 5, 14, 41, 122, 365, 1094].map(|epoch| schedule.factor(epoch));
        assert_eq!(rates, [1.0, 0.72, 0.52, 0.37, 0.27, 0.19, 0.14, 0.1]);
    }

    #[test]
    fn many_stages_do_not_overflow() {
        let schedule = LearningRateSchedule::Tripling { stages: 200, factor: 0.9, decimals: None };
        assert!(schedule.factor(u64::MAX) > 0.0);
        assert_eq!(LearningRateSchedule::Tripling { stages: 0, factor: 0.5, decimals: None }.factor(9), 1.0);
    }
}
