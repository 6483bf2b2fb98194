//! Whether the posterior has collapsed onto the prior, so that the decoder does without its codes.

use std::fmt;

use models::LatentConfig;
use serde::{Deserialize, Serialize};

/// A divergence below this many nats per image carries no information worth the name: a seventh of a bit.
const LEAST_KL: f64 = 0.1;

/// The share of a Gaussian latent's units of which at least so many must be active.
const LEAST_ACTIVE: f64 = 0.1;

/// How a posterior has collapsed.
///
/// # Examples
/// Of a `vae` that was not trained:
///
/// ```
/// use train::{Collapse, EvaluationConfig, evaluate};
///
/// # use train::{Batches, data::embedded_mnist_test, load_config};
/// # let (config, device) = (load_config("two", None)?, burn::tensor::Device::flex());
/// # let test = Batches::new(embedded_mnist_test()?.test.take(10)?, config.data.protocol);
/// # let vae = config.model.init(test.pixels(), 1, &device);
/// let asked = EvaluationConfig { particles: 10, images: 10, seed: 1 };
/// let collapse = evaluate(&vae, &test, asked, &device, &|_| {})?.collapse;
/// assert!(matches!(collapse, Some(Collapse::Divergence { kl }) if kl < 0.1));
/// let few = Collapse::Units { active: 4, units: 50 };
/// assert!(few.to_string().starts_with("4 of 50 latent units are active: the posterior has collapsed"));
/// # Ok::<(), train::TrainError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "sign", rename_all = "kebab-case")]
pub enum Collapse {
    /// The divergence from the prior is all but 0.
    Divergence {
        /// `KL(q(z | x) || p(z))`, nats per image.
        kl: f64,
    },
    /// Few of the latent's variables are in use.
    Units {
        /// Those that are active.
        active: usize,
        /// All of them.
        units: usize,
    },
}

impl Collapse {
    /// What the divergence and the active variables of a latent say.
    ///
    /// Activity, a variance of the posterior mean above 0.01, means something else on every scale of codes: only of a Gaussian
    /// latent, whose prior has variance 1, is the share of active variables judged. Of others, there must be any.
    pub(super) fn of(latent: LatentConfig, kl: f64, active: usize) -> Option<Self> {
        let units = latent.size() / latent.width();
        let is_few = if latent.is_gaussian() { (active as f64) < LEAST_ACTIVE * units as f64 } else { active == 0 };
        if kl < LEAST_KL {
            return Some(Self::Divergence { kl });
        }
        is_few.then_some(Self::Units { active, units })
    }
}

impl fmt::Display for Collapse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Divergence { kl } => write!(f, "KL(q(z | x) || p(z)) is {kl:.3} nats per image")?,
            Self::Units { active, units } => write!(f, "{active} of {units} latent units are active")?,
        }
        f.write_str(": the posterior has collapsed onto the prior, and the decoder does without most of its code; try --kl-warm-up")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collapse_is_a_vanishing_divergence_or_few_active_units() {
        let gaussian = LatentConfig::Gaussian { size: 50 };
        assert_eq!(Collapse::of(gaussian, 25.0, 5), None);
        assert_eq!(Collapse::of(gaussian, 25.0, 4), Some(Collapse::Units { active: 4, units: 50 }));
        assert_eq!(Collapse::of(gaussian, 0.09, 50), Some(Collapse::Divergence { kl: 0.09 }));
        // A latent plane has one unit or two, and needs no more.
        assert_eq!(Collapse::of(LatentConfig::Gaussian { size: 2 }, 5.0, 1), None);
    }

    /// The scale of activity is that of codes with variance 1: 17 of 200 units of a beta latent were active where it had 20 nats.
    #[test]
    fn few_units_of_another_scale_are_no_collapse_but_none_is() {
        assert_eq!(Collapse::of(LatentConfig::Beta { size: 200 }, 20.0, 1), None);
        let groups = LatentConfig::Dirichlet { groups: 20, classes: 10 };
        assert_eq!(Collapse::of(groups, 20.0, 0), Some(Collapse::Units { active: 0, units: 20 }));
        assert!(Collapse::of(groups, 0.0, 20).unwrap().to_string().starts_with("KL(q(z | x) || p(z)) is 0.000 nats"));
    }
}
