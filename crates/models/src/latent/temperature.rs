//! The temperature of a relaxed latent as a function of the training step.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A temperature schedule: `constant:T`, or `exponential:START,RATE,FLOOR[,EVERY]`.
///
/// It depends on the step alone, never on the number of steps to come: a resumed run anneals as if it had not stopped.
///
/// # Examples
/// The schedule of Jang et al., which changes every 500 steps.
///
/// ```
/// use models::Temperature;
///
/// let schedule: Temperature = "exponential:1,0.0001,0.5,500".parse()?;
/// assert_eq!([0, 499].map(|step| schedule.at(step)), [1.0, 1.0]);
/// assert!((schedule.at(500) - (-0.05_f64).exp()).abs() < 1e-12);
/// assert_eq!(schedule.at(1_000_000), 0.5);
/// assert_eq!(schedule.to_string(), "exponential:1,0.0001,0.5,500");
/// # Ok::<(), models::TemperatureError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Temperature {
    /// The same at every step.
    Constant(f64),
    /// `max(floor, start exp(-rate t))` at step `t` (Jang et al. 2017, section 4.1).
    Exponential {
        /// The temperature of the first step.
        start: f64,
        /// The decay a step.
        rate: f64,
        /// The lowest temperature.
        floor: f64,
        /// Steps from one change to the next, 1 unless said otherwise.
        every: u64,
    },
}

/// A temperature schedule that cannot be used.
///
/// # Examples
/// ```
/// use models::{Temperature, TemperatureError};
///
/// let error = |text: &str| text.parse::<Temperature>().err();
/// assert!(matches!(error("0.5"), Some(TemperatureError::Form { text }) if text == "0.5"));
/// assert_eq!(
///     error("constant:0").map(|error| error.to_string()).as_deref(),
///     Some("the value of the temperature `constant:0` is 0; it must be positive")
/// );
/// ```
#[derive(Debug, Error, Clone, PartialEq)]
#[non_exhaustive]
pub enum TemperatureError {
    /// A text that names no schedule.
    #[error("`{text}` is no temperature; write constant:T, such as constant:0.5, or exponential:START,RATE,FLOOR")]
    Form {
        /// The text as given.
        text: String,
    },
    /// A number out of its range.
    #[error("the {part} of the temperature `{text}` is {value}; it must be {must}")]
    Range {
        /// The text as given.
        text: String,
        /// Which number.
        part: &'static str,
        /// The number.
        value: f64,
        /// What it must be.
        must: &'static str,
    },
}

impl Temperature {
    /// The temperature of a training step, counted from 0.
    pub fn at(self, step: u64) -> f64 {
        match self {
            Self::Constant(temperature) => temperature,
            Self::Exponential { start, rate, floor, every } => {
                let changed = step / every * every;
                // max(floor, start exp(-rate t))
                floor.max(start * (-rate * changed as f64).exp())
            }
        }
    }

    fn validate(self, text: &str) -> Result<Self, TemperatureError> {
        let check = |part, value: f64, holds: bool, must| match holds {
            true => Ok(()),
            false => Err(TemperatureError::Range { text: text.to_owned(), part, value, must }),
        };
        let positive = |value: f64| value.is_finite() && value > 0.0;
        match self {
            Self::Constant(value) => check("value", value, positive(value), "positive")?,
            Self::Exponential { start, rate, floor, every } => {
                check("start", start, positive(start), "positive")?;
                check("rate", rate, rate.is_finite() && rate >= 0.0, "at least 0")?;
                check("floor", floor, positive(floor), "positive: a relaxed variable has no temperature of 0")?;
                check("interval", every as f64, every > 0, "at least 1 step")?;
            }
        }
        Ok(self)
    }
}

impl FromStr for Temperature {
    type Err = TemperatureError;

    fn from_str(text: &str) -> Result<Self, TemperatureError> {
        let form = || TemperatureError::Form { text: text.to_owned() };
        let (kind, numbers) = text.split_once(':').ok_or_else(form)?;
        let numbers: Vec<&str> = numbers.split(',').map(str::trim).collect();
        let number = |text: &str| text.parse::<f64>().map_err(|_| form());
        let schedule = match (kind, numbers.as_slice()) {
            ("constant", [value]) => Self::Constant(number(value)?),
            ("exponential", [start, rate, floor]) => {
                Self::Exponential { start: number(start)?, rate: number(rate)?, floor: number(floor)?, every: 1 }
            }
            ("exponential", [start, rate, floor, every]) => {
                let every = every.parse().map_err(|_| form())?;
                Self::Exponential { start: number(start)?, rate: number(rate)?, floor: number(floor)?, every }
            }
            _ => return Err(form()),
        };
        schedule.validate(text)
    }
}

impl fmt::Display for Temperature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant(value) => write!(f, "constant:{value}"),
            Self::Exponential { start, rate, floor, every: 1 } => write!(f, "exponential:{start},{rate},{floor}"),
            Self::Exponential { start, rate, floor, every } => write!(f, "exponential:{start},{rate},{floor},{every}"),
        }
    }
}

impl TryFrom<String> for Temperature {
    type Error = TemperatureError;

    fn try_from(text: String) -> Result<Self, TemperatureError> {
        text.parse()
    }
}

impl From<Temperature> for String {
    fn from(temperature: Temperature) -> Self {
        temperature.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schedule_of_jang_falls_from_one_to_a_half() {
        let schedule: Temperature = "exponential:1,3e-5,0.5".parse().unwrap();
        assert_eq!(schedule.at(0), 1.0);
        assert!((schedule.at(10_000) - (-0.3_f64).exp()).abs() < 1e-15);
        assert_eq!(schedule.at(u64::MAX), 0.5);
        assert_eq!("constant:0.7".parse::<Temperature>().unwrap().at(12), 0.7);
    }

    #[test]
    fn a_schedule_with_an_interval_is_a_staircase() {
        let schedule: Temperature = "exponential:1,1e-4,0.5,500".parse().unwrap();
        assert_eq!(schedule.at(499), 1.0);
        assert_eq!(schedule.at(500), schedule.at(999));
        assert!((schedule.at(500) - (-0.05_f64).exp()).abs() < 1e-15);
    }

    #[test]
    fn texts_round_trip() {
        for text in ["constant:0.5", "exponential:1,0.00003,0.5", "exponential:2,0,0.1,1000"] {
            assert_eq!(text.parse::<Temperature>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn bad_temperatures_come_back_in_the_error() {
        let message = |text: &str| text.parse::<Temperature>().unwrap_err().to_string();
        for text in
            ["0.5", "constant:", "constant:a", "constant:1,2", "linear:1", "exponential:1,2", "exponential:1,2,3,-4"]
        {
            assert!(message(text).starts_with(&format!("`{text}` is no temperature; write constant:T")), "{text}");
        }
        assert_eq!(message("constant:0"), "the value of the temperature `constant:0` is 0; it must be positive");
        assert!(message("constant:-1").contains("is -1; it must be positive"));
        assert!(message("constant:nan").contains("is NaN; it must be positive"));
        assert!(message("constant:inf").contains("is inf; it must be positive"));
        assert!(message("exponential:1,-1,0.5").contains("the rate of"));
        assert!(message("exponential:1,1,0").contains("the floor of"));
        assert!(message("exponential:0,1,1").contains("the start of"));
        assert!(message("exponential:1,1,1,0").contains("at least 1 step"));
    }
}
