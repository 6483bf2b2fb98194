//! Stochastic variational inference: a step on a few events at a time (Hoffman, Blei, Wang and Paisley, 2013).

use distributions::{Noise, Purpose};

use crate::error::require;
use crate::{CaviError, Design, MixtureCavi, Statistics};

/// The schedule of the steps.
///
/// # Examples
/// A fit by it is shown at [`Method`](crate::Method).
///
/// ```
/// use cavi::Svi;
///
/// let svi = Svi { batch_size: 512, ..Svi::default() };
/// svi.validate()?;
/// // The squares of steps that shrink as t^-1/2 have no finite sum.
/// let error = Svi { forgetting: 0.5, ..svi }.validate().unwrap_err();
/// assert!(error.to_string().starts_with("--forgetting is 0.5; it must be above 0.5 and at most 1"));
/// # Ok::<(), cavi::CaviError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Svi {
    /// Events a step.
    pub batch_size: usize,
    /// `delay` of the step size: larger weakens the first steps.
    pub delay: f64,
    /// `forgetting` of the step size: in (0.5, 1], larger forgets the first steps later.
    pub forgetting: f64,
}

impl Default for Svi {
    fn default() -> Self {
        Self { batch_size: 4096, delay: 1.0, forgetting: 0.7 }
    }
}

impl Svi {
    /// Whether the schedule can be.
    ///
    /// # Errors
    /// Names what is out of its range.
    pub fn validate(&self) -> Result<(), CaviError> {
        require(self.batch_size > 0, "--batch-size", 0.0, "at least 1")?;
        require(self.delay.is_finite() && self.delay >= 0.0, "--delay", self.delay, "at least 0 and finite")?;
        let decays = self.forgetting > 0.5 && self.forgetting <= 1.0;
        require(
            decays,
            "--forgetting",
            self.forgetting,
            "above 0.5 and at most 1: the steps must shrink, but not too fast",
        )
    }

    /// The number of steps that show as many events as there are.
    pub(crate) fn steps(&self, observations: usize) -> usize {
        observations.div_ceil(self.batch_size)
    }

    /// One pass: as many events as there are, drawn with replacement, in steps. `epoch` counts from 0.
    ///
    /// The natural parameters of a conjugate posterior are those of the prior plus the statistics, so that the step on natural
    /// parameters is one on statistics: `s <- (1 - rho_t) s + rho_t N/B s_batch`, `rho_t = (t + delay)^-forgetting` (eq. 26
    /// and section 2.4 of the paper).
    pub(crate) fn pass(
        &self,
        mixture: &MixtureCavi,
        design: &Design,
        mut statistics: Statistics,
        (seed, epoch): (u64, usize),
    ) -> Result<Statistics, CaviError> {
        let observations = design.observations();
        let batch_size = self.batch_size.min(observations);
        let steps = self.steps(observations);
        for step in epoch * steps..(epoch + 1) * steps {
            let mut noise = Noise::new(seed, Purpose::Minibatch, step as u64, 0);
            let rows: Vec<usize> = (0..batch_size).map(|_| noise.index(observations)).collect();
            let posterior = mixture.update(design, &statistics);
            let rate = (step as f64 + 1.0 + self.delay).powf(-self.forgetting);
            let scale = rate * observations as f64 / batch_size as f64;
            let batch = mixture.minibatch(&posterior, design, &rows, scale)?;
            statistics.scale(1.0 - rate);
            statistics.add(&batch);
        }
        Ok(statistics)
    }
}
