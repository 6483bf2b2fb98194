//! The metrics of a run: one JSON object a line, one line an epoch.

use std::path::Path;

use burn::tensor::{Tensor, TensorData, Transaction};
use models::{Elbo, TrainingTerms};
use serde::{Deserialize, Serialize};

use crate::{FileError, files};

/// The terms of the one-sample ELBO, in nats per image, averaged over the true number of images.
///
/// # Examples
/// What relaxed codes make of an objective stands beside the ELBO, and is labelled:
///
/// ```
/// use train::Terms;
///
/// let line = r#"{"elbo": -199, "log_likelihood": -196, "kl": 3, "objective": -195.4, "bound": false}"#;
/// let terms: Terms = serde_json::from_str(line)?;
/// assert_eq!(terms.elbo, terms.log_likelihood - terms.kl);
/// assert_eq!((terms.objective, terms.bound), (Some(-195.4), Some(false)));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Terms {
    /// `log_likelihood - kl`.
    pub elbo: f64,
    /// The mean of `log p(x | z)`.
    pub log_likelihood: f64,
    /// The mean of `KL(q(z | x) || p(z))`.
    pub kl: f64,
    /// The mean of what was maximised, where that is not the ELBO with its closed divergence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objective: Option<f64>,
    /// Whether the objective is a bound of `log p(x)`; stands beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound: Option<bool>,
}

/// One line of `metrics.jsonl`.
///
/// # Examples
/// The first line of a published run, `two`, to two decimals:
///
/// ```
/// use train::EpochMetrics;
///
/// let line = r#"{"epoch": 1, "step": 600,
///     "train": {"elbo": -175.50, "log_likelihood": -171.11, "kl": 4.39},
///     "test": {"elbo": -160.36, "log_likelihood": -155.40, "kl": 4.96},
///     "seconds": 2.99, "evaluation_seconds": 0.11}"#;
/// let metrics: EpochMetrics = serde_json::from_str(line)?;
/// // Weights got better while the training images went by; the test images met the last ones.
/// assert!(metrics.test.elbo > metrics.train.elbo);
/// assert_eq!(metrics.train.objective, None);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpochMetrics {
    /// The epoch, from 1.
    pub epoch: u64,
    /// Steps since the start of the run.
    pub step: u64,
    /// Averages over the training images as the epoch went by.
    pub train: Terms,
    /// Averages over the test images at the end of the epoch.
    pub test: Terms,
    /// Seconds of training.
    pub seconds: f64,
    /// Seconds of evaluation.
    pub evaluation_seconds: f64,
}

/// Sums of the ELBO's terms over images, in `f64` (trap D38), divided by the true count (trap D5).
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sums {
    pub(crate) images: u64,
    pub(crate) log_likelihood: f64,
    pub(crate) kl: f64,
    /// Of what was maximised, where that is not the ELBO.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) objective: Option<f64>,
    /// Whether all of that was a bound; left out where it was not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) bound: bool,
}

/// A term of the ELBO that is not a finite number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct NotFinite {
    pub(crate) term: &'static str,
    pub(crate) value: f64,
}

impl Sums {
    /// The sums of one batch, read back from its device.
    ///
    /// # Errors
    /// What the device said.
    pub(crate) fn of(elbo: Elbo) -> Result<Self, String> {
        Ok(Self::of_training(&[TrainingTerms { elbo, surrogate: None, estimate: None }])?.remove(0))
    }

    /// The sums of training steps, each with what it maximised where that is not the ELBO. All of them are one read: their device
    /// waits for the host once.
    ///
    /// # Errors
    /// What the device said.
    pub(crate) fn of_training(steps: &[TrainingTerms]) -> Result<Vec<Self>, String> {
        fn terms(step: &TrainingTerms) -> Vec<&Tensor<1>> {
            let objective = match (&step.estimate, &step.surrogate) {
                (Some(estimate), _) => vec![&estimate.value],
                (None, Some(surrogate)) => vec![&surrogate.log_likelihood, &surrogate.kl],
                (None, None) => vec![],
            };
            [vec![&step.elbo.log_likelihood, &step.elbo.kl], objective].concat()
        }
        let mut sums = read(steps.iter().flat_map(terms))?.into_iter();
        let mut next = || sums.next().unwrap_or_default();
        let of_step = |step: &TrainingTerms| {
            let ((images, log_likelihood), (_, kl)) = (next(), next());
            let (objective, bound) = match (&step.estimate, &step.surrogate) {
                (Some(estimate), _) => (Some(next().1), estimate.bound),
                (None, Some(_)) => (Some(next().1 - next().1), false),
                (None, None) => (None, false),
            };
            Self { images, log_likelihood, kl, objective, bound }
        };
        Ok(steps.iter().map(of_step).collect())
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.bound = other.bound && (self.bound || self.images == 0);
        self.images += other.images;
        self.log_likelihood += other.log_likelihood;
        self.kl += other.kl;
        if let Some(objective) = other.objective {
            self.objective = Some(self.objective.unwrap_or(0.0) + objective);
        }
    }

    pub(crate) fn check(&self) -> Result<(), NotFinite> {
        for (term, sum) in
            [("log_likelihood", self.log_likelihood), ("kl", self.kl), ("objective", self.objective.unwrap_or(0.0))]
        {
            if !sum.is_finite() {
                return Err(NotFinite { term, value: sum });
            }
        }
        Ok(())
    }

    /// Averages over the images summed; all 0 before the first.
    pub(crate) fn terms(&self) -> Terms {
        let mean = |sum: f64| if self.images == 0 { 0.0 } else { sum / self.images as f64 };
        let (log_likelihood, kl) = (mean(self.log_likelihood), mean(self.kl));
        let objective = self.objective.map(mean);
        Terms { elbo: log_likelihood - kl, log_likelihood, kl, objective, bound: objective.map(|_| self.bound) }
    }
}

/// How many values each term has, and their sum, from one read of the device.
fn read<'a>(terms: impl IntoIterator<Item = &'a Tensor<1>>) -> Result<Vec<(u64, f64)>, String> {
    let transaction = terms.into_iter().fold(Transaction::default(), |all, term| all.register(term.clone()));
    let data = transaction.try_execute().map_err(|error| error.to_string())?;
    let sum = |term: TensorData| {
        let values = term.convert::<f32>().try_to_vec::<f32>().map_err(|error| error.to_string())?;
        Ok((values.len() as u64, values.iter().map(|&x| f64::from(x)).sum()))
    };
    data.into_iter().map(sum).collect()
}

/// The lines of `metrics.jsonl`.
///
/// # Examples
/// Three epochs are written, and two of them read:
///
/// ```
/// use train::Metrics;
///
/// # use train::{EpochMetrics, Terms};
/// # let terms = Terms { elbo: -84.1, log_likelihood: -58.0, kl: 26.1, objective: None, bound: None };
/// # let epoch = |epoch| EpochMetrics {
/// #     epoch,
/// #     step: 600 * epoch,
/// #     train: terms,
/// #     test: terms,
/// #     seconds: 3.0,
/// #     evaluation_seconds: 0.1,
/// # };
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("metrics.jsonl");
/// Metrics { epochs: vec![epoch(1), epoch(2), epoch(3)] }.write(&path)?;
/// // A run that goes on from its second epoch forgets the third.
/// assert_eq!(Metrics::read(&path, 2)?.epochs, [epoch(1), epoch(2)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Metrics {
    /// One entry an epoch, in order.
    pub epochs: Vec<EpochMetrics>,
}

impl Metrics {
    /// Reads the lines of the first `epochs` epochs; later lines, and a last one that is cut short, are left out.
    ///
    /// # Errors
    /// When the file exists and cannot be read, or a line before the cut is damaged.
    pub fn read(path: &Path, epochs: u64) -> Result<Self, FileError> {
        if !path.exists() {
            return Ok(Self::default());
        }
        let text = String::from_utf8_lossy(&files::read(path)?).into_owned();
        let lines: Vec<&str> = text.lines().collect();
        let mut metrics = Self::default();
        for (number, line) in lines.iter().enumerate() {
            match serde_json::from_str::<EpochMetrics>(line) {
                Ok(entry) if entry.epoch <= epochs => metrics.epochs.push(entry),
                Ok(_) => {}
                Err(_) if number + 1 == lines.len() => {}
                Err(error) => {
                    let message = format!("line {} is damaged: {error}", number + 1);
                    return Err(FileError {
                        path: path.to_owned(),
                        action: "read",
                        source: std::io::Error::other(message),
                    });
                }
            }
        }
        Ok(metrics)
    }

    /// Writes all lines, atomically.
    ///
    /// # Errors
    /// Names the file; the earlier lines survive.
    pub fn write(&self, path: &Path) -> Result<(), FileError> {
        let mut text = String::new();
        for entry in &self.epochs {
            let line = serde_json::to_string(entry).map_err(|error| FileError {
                path: path.to_owned(),
                action: "written",
                source: error.into(),
            })?;
            text.push_str(&line);
            text.push('\n');
        }
        files::write_atomic(path, text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(epoch: u64) -> EpochMetrics {
        let terms = Terms { elbo: -84.1, log_likelihood: -58.0, kl: 26.1, objective: None, bound: None };
        EpochMetrics { epoch, step: 600 * epoch, train: terms, test: terms, seconds: 1.0, evaluation_seconds: 0.1 }
    }

    /// D5: the divisor is the number of images seen, also with a smaller last batch.
    #[test]
    fn d5_averages_divide_by_the_true_number_of_images() {
        let mut sums = Sums::default();
        sums.add(&Sums { images: 100, log_likelihood: -100.0, kl: 50.0, ..Sums::default() });
        sums.add(&Sums { images: 50, log_likelihood: -200.0, kl: 25.0, ..Sums::default() });
        let terms = sums.terms();
        assert_eq!((terms.log_likelihood, terms.kl, terms.elbo), (-2.0, 0.5, -2.5));
    }

    /// D38: ten thousand terms of 100 nats keep their last digits, which an `f32` sum would lose.
    #[test]
    fn d38_sums_over_images_are_double_precision() {
        let (mut sums, mut single) = (Sums::default(), 0.0_f32);
        for _ in 0..10_000 {
            sums.add(&Sums { images: 1, log_likelihood: f64::from(-100.1_f32), ..Sums::default() });
            single += -100.1_f32;
        }
        let exact = f64::from(-100.1_f32);
        assert!((sums.terms().log_likelihood - exact).abs() < 1e-9);
        assert!((f64::from(single) / 1e4 - exact).abs() > 1e-4);
    }

    #[test]
    fn reading_cuts_later_epochs_and_a_broken_last_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.jsonl");
        assert_eq!(Metrics::read(&path, 9).unwrap(), Metrics::default());
        let metrics = Metrics { epochs: vec![entry(1), entry(2), entry(3)] };
        metrics.write(&path).unwrap();
        assert_eq!(Metrics::read(&path, 9).unwrap(), metrics);
        assert_eq!(Metrics::read(&path, 2).unwrap().epochs, [entry(1), entry(2)]);
        let mut text = std::fs::read_to_string(&path).unwrap();
        text.truncate(text.len() - 20);
        std::fs::write(&path, &text).unwrap();
        assert_eq!(Metrics::read(&path, 9).unwrap().epochs, [entry(1), entry(2)]);
        std::fs::write(&path, text.replacen("epoch", "apoch", 1)).unwrap();
        assert!(Metrics::read(&path, 9).unwrap_err().to_string().contains("line 1 is damaged"));
    }
}
