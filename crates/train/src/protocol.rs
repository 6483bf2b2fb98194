//! How grey pixels become the values that a Bernoulli likelihood is about.

use std::fmt;
use std::str::FromStr;

use distributions::{Noise, Purpose};
use serde::{Deserialize, Serialize};

use crate::suggest::did_you_mean;

/// A binarisation protocol. Numbers under different protocols are about different data and are never compared.
///
/// # Examples
/// ```
/// use train::Protocol;
///
/// let protocol: Protocol = "static".parse()?;
/// assert_eq!(protocol, Protocol::Static { seed: 1 });
/// // The name that stands with every number.
/// assert_eq!(protocol.to_string(), "static-seed1");
/// assert!(protocol.is_likelihood() && !Protocol::Grey.is_likelihood());
/// assert!("gray".parse::<Protocol>().unwrap_err().ends_with("did you mean `grey`?"));
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Protocol {
    /// A pixel is 1 where its grey is at least 128: `round(grey / 255)`, the notebook's.
    Threshold,
    /// `Bernoulli(grey / 255)`, drawn anew each epoch; the test images have one fixed draw.
    Dynamic,
    /// `Bernoulli(grey / 255)`, drawn once from this seed.
    Static {
        /// The seed of the draw; 1 where `static` is given alone.
        seed: u64,
    },
    /// `grey / 255` as it is. The cross-entropy is then not the log-likelihood of anything (trap D2).
    Grey,
}

impl Protocol {
    /// Whether the pixels are 0 or 1, so that the model's `log p(x | z)` is a log-likelihood.
    pub fn is_likelihood(self) -> bool {
        !matches!(self, Self::Grey)
    }

    /// The values of training image `index` in `epoch`, written to `out`.
    pub(crate) fn training(self, seed: u64, epoch: u64, index: usize, grey: &[u8], out: &mut [f32]) {
        match self {
            Self::Threshold => threshold(grey, out),
            Self::Grey => scale(grey, out),
            Self::Dynamic => draw(Noise::new(seed, Purpose::Binarisation, epoch, index as u64), grey, out),
            Self::Static { seed } => draw(static_noise(seed, Split::Training, index), grey, out),
        }
    }

    /// The values of test image `index`, the same in every epoch and every run.
    pub(crate) fn test(self, index: usize, grey: &[u8], out: &mut [f32]) {
        match self {
            Self::Threshold => threshold(grey, out),
            Self::Grey => scale(grey, out),
            Self::Dynamic => draw(static_noise(0, Split::Test, index), grey, out),
            Self::Static { seed } => draw(static_noise(seed, Split::Test, index), grey, out),
        }
    }
}

/// Epoch numbers of the fixed draws, out of the way of any epoch of training.
#[repr(u64)]
enum Split {
    Training = u64::MAX - 1,
    Test = u64::MAX,
}

fn static_noise(seed: u64, split: Split, index: usize) -> Noise {
    Noise::new(seed, Purpose::Binarisation, split as u64, index as u64)
}

fn threshold(grey: &[u8], out: &mut [f32]) {
    for (value, &grey) in out.iter_mut().zip(grey) {
        *value = f32::from(u8::from(grey >= 128));
    }
}

fn scale(grey: &[u8], out: &mut [f32]) {
    for (value, &grey) in out.iter_mut().zip(grey) {
        *value = f32::from(grey) / 255.0;
    }
}

/// `Bernoulli(grey / 255)`; black and white pixels are certain and use no noise.
fn draw(mut noise: Noise, grey: &[u8], out: &mut [f32]) {
    for (value, &grey) in out.iter_mut().zip(grey) {
        *value = match grey {
            0 => 0.0,
            255 => 1.0,
            // word / 2^32 < grey / 255, in integers.
            _ => f32::from(u8::from(u64::from(noise.next_word()) * 255 < u64::from(grey) << 32)),
        };
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Threshold => f.write_str("threshold"),
            Self::Dynamic => f.write_str("dynamic"),
            Self::Static { seed } => write!(f, "static-seed{seed}"),
            Self::Grey => f.write_str("grey"),
        }
    }
}

impl FromStr for Protocol {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const NAMES: [&str; 4] = ["threshold", "dynamic", "static", "grey"];
        match text {
            "threshold" => Ok(Self::Threshold),
            "dynamic" => Ok(Self::Dynamic),
            "grey" => Ok(Self::Grey),
            "static" => Ok(Self::Static { seed: 1 }),
            _ => match text.strip_prefix("static-seed").map(str::parse) {
                Some(Ok(seed)) => Ok(Self::Static { seed }),
                Some(Err(_)) => Err(format!("`{text}` has no number after `static-seed`; write `static-seed1`")),
                None => Err(format!(
                    "unknown protocol `{text}`; there are threshold, dynamic, static, static-seed<S>, grey{}",
                    did_you_mean(text, NAMES)
                )),
            },
        }
    }
}

impl TryFrom<String> for Protocol {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Protocol> for String {
    fn from(protocol: Protocol) -> Self {
        protocol.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn training(protocol: Protocol, epoch: u64, index: usize, grey: &[u8]) -> Vec<f32> {
        let mut out = vec![-1.0; grey.len()];
        protocol.training(9, epoch, index, grey, &mut out);
        out
    }

    fn test(protocol: Protocol, index: usize, grey: &[u8]) -> Vec<f32> {
        let mut out = vec![-1.0; grey.len()];
        protocol.test(index, grey, &mut out);
        out
    }

    #[test]
    fn threshold_rounds_as_the_notebook_does() {
        assert_eq!(training(Protocol::Threshold, 1, 0, &[0, 127, 128, 255]), [0.0, 0.0, 1.0, 1.0]);
    }

    /// D2: grey values pass through, and the protocol says that they are no likelihood.
    #[test]
    fn d2_grey_is_labelled_as_not_a_likelihood() {
        assert_eq!(test(Protocol::Grey, 0, &[0, 51, 255]), [0.0, 0.2, 1.0]);
        assert!(!Protocol::Grey.is_likelihood());
        assert!(Protocol::Dynamic.is_likelihood());
    }

    /// D3: dynamic draws change with the epoch, the test draw never does, and certain pixels stay.
    #[test]
    fn d3_dynamic_draws_anew_each_epoch_with_a_fixed_test_draw() {
        let grey: Vec<u8> = (0..=255).collect();
        let first = training(Protocol::Dynamic, 1, 5, &grey);
        assert_eq!(first, training(Protocol::Dynamic, 1, 5, &grey));
        assert_ne!(first, training(Protocol::Dynamic, 2, 5, &grey));
        assert_ne!(first, training(Protocol::Dynamic, 1, 6, &grey));
        assert_eq!((first[0], first[255]), (0.0, 1.0));
        assert!(first.iter().all(|&x| x == 0.0 || x == 1.0));
        assert_eq!(test(Protocol::Dynamic, 5, &grey), test(Protocol::Dynamic, 5, &grey));
    }

    #[test]
    fn static_draws_depend_on_their_own_seed_alone() {
        let grey = [100; 200];
        let protocol = Protocol::Static { seed: 4 };
        assert_eq!(training(protocol, 1, 5, &grey), training(protocol, 7, 5, &grey));
        assert_ne!(training(protocol, 1, 5, &grey), training(Protocol::Static { seed: 5 }, 1, 5, &grey));
        assert_ne!(training(protocol, 1, 5, &grey), test(protocol, 5, &grey));
    }

    /// The share of ones at grey 64 among n draws, within 5.5 standard errors.
    #[test]
    fn draws_have_the_probability_of_their_grey() {
        let n = 200_000;
        let ones = training(Protocol::Dynamic, 1, 0, &vec![64; n]).iter().filter(|&&x| x == 1.0).count();
        let p = 64.0 / 255.0;
        assert!((ones as f64 / n as f64 - p).abs() < 5.5 * (p * (1.0 - p) / n as f64).sqrt());
    }

    #[test]
    fn names_round_trip_and_mistakes_get_the_nearest() {
        for text in ["threshold", "dynamic", "static-seed7", "grey"] {
            assert_eq!(text.parse::<Protocol>().unwrap().to_string(), text);
        }
        assert_eq!("static".parse(), Ok(Protocol::Static { seed: 1 }));
        assert!("treshold".parse::<Protocol>().unwrap_err().ends_with("did you mean `threshold`?"));
        assert!("static-seedx".parse::<Protocol>().unwrap_err().contains("`static-seed1`"));
    }
}
