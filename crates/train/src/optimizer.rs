//! The settings of the optimiser: Adam, or gradient descent with momentum.

use burn::optim::momentum::MomentumConfig;
use burn::optim::{ModuleOptimizer, SgdConfig};
use kernels::{Adam, AdamForm};
use serde::{Deserialize, Serialize};

use crate::schedule::LearningRateSchedule;

/// Which optimiser.
///
/// # Examples
/// ```
/// use train::{OptimizerKind, load_config};
///
/// let adam = load_config("notebook", None)?.optimizer;
/// assert_eq!((adam.kind, adam.beta_1), (OptimizerKind::Adam, 0.9));
/// let descent = load_config("gumbel-paper", None)?.optimizer;
/// assert_eq!((descent.kind, descent.momentum), (OptimizerKind::Sgd, 0.9));
/// # Ok::<(), train::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OptimizerKind {
    /// Adam (Kingma and Ba, 2015).
    #[default]
    Adam,
    /// Stochastic gradient descent with momentum.
    Sgd,
}

/// The settings of an optimiser: those of Adam default to PyTorch's, where Burn's epsilon would be 1e-5.
///
/// A file names the keys of its optimiser only: `kind = "sgd"` with `momentum`, or Adam's, which need no `kind`.
///
/// # Examples
/// ```
/// use train::OptimizerConfig;
///
/// let adam: OptimizerConfig = toml::from_str("learning_rate = 1e-3")?;
/// assert_eq!((adam.beta_1, adam.beta_2, adam.epsilon), (0.9, 0.999, 1e-8));
/// let error = toml::from_str::<OptimizerConfig>("learning_rate = 1e-3\nmomentum = 0.9").unwrap_err();
/// assert!(error.to_string().contains("optimizer.momentum is 0.9, which is no key of this optimiser"));
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Keys", into = "Keys")]
pub struct OptimizerConfig {
    /// Which optimiser.
    pub kind: OptimizerKind,
    /// The step size.
    pub learning_rate: f64,
    /// How it falls with the epochs.
    pub schedule: LearningRateSchedule,
    /// Adam's decay of the first moment.
    pub beta_1: f32,
    /// Adam's decay of the second moment.
    pub beta_2: f32,
    /// Added by Adam to the root of the second moment.
    pub epsilon: f32,
    /// Which Adam.
    pub form: AdamForm,
    /// The momentum of gradient descent: `v = momentum v + gradient`, as PyTorch has it.
    pub momentum: f32,
}

const BETA_1: f32 = 0.9;
const BETA_2: f32 = 0.999;
const EPSILON: f32 = 1e-8;
const MOMENTUM: f32 = 0.9;

/// What stands in a file. Adam's keys have no `kind`, as in the files of the first runs.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<OptimizerKind>,
    learning_rate: f64,
    #[serde(default, skip_serializing_if = "LearningRateSchedule::is_constant")]
    schedule: LearningRateSchedule,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    beta_1: Option<f32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    beta_2: Option<f32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    epsilon: Option<f32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    form: Option<AdamForm>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    momentum: Option<f32>,
}

impl TryFrom<Keys> for OptimizerConfig {
    type Error = String;

    fn try_from(keys: Keys) -> Result<Self, String> {
        let kind = keys.kind.unwrap_or_default();
        let adams = [("beta_1", keys.beta_1), ("beta_2", keys.beta_2), ("epsilon", keys.epsilon)];
        let (others, own) = match kind {
            OptimizerKind::Adam => (vec![("momentum", keys.momentum)], "adam has beta_1, beta_2, epsilon and form"),
            OptimizerKind::Sgd => (adams.to_vec(), "sgd has momentum"),
        };
        if kind == OptimizerKind::Sgd && keys.form.is_some() {
            return Err(format!("optimizer.form is no key of this optimiser: {own}"));
        }
        if let Some((key, Some(value))) = others.into_iter().find(|(_, value)| value.is_some()) {
            return Err(format!("optimizer.{key} is {value}, which is no key of this optimiser: {own}"));
        }
        Ok(Self {
            kind,
            learning_rate: keys.learning_rate,
            schedule: keys.schedule,
            beta_1: keys.beta_1.unwrap_or(BETA_1),
            beta_2: keys.beta_2.unwrap_or(BETA_2),
            epsilon: keys.epsilon.unwrap_or(EPSILON),
            form: keys.form.unwrap_or_default(),
            momentum: keys.momentum.unwrap_or(MOMENTUM),
        })
    }
}

impl From<OptimizerConfig> for Keys {
    fn from(config: OptimizerConfig) -> Self {
        let OptimizerConfig { kind, learning_rate, schedule, beta_1, beta_2, epsilon, form, momentum } = config;
        let is_adam = kind == OptimizerKind::Adam;
        Self {
            kind: (!is_adam).then_some(kind),
            learning_rate,
            schedule,
            beta_1: is_adam.then_some(beta_1),
            beta_2: is_adam.then_some(beta_2),
            epsilon: is_adam.then_some(epsilon),
            form: (is_adam && form != AdamForm::Published).then_some(form),
            momentum: (!is_adam).then_some(momentum),
        }
    }
}

impl OptimizerConfig {
    /// The optimiser, before its first step.
    pub fn init(&self) -> ModuleOptimizer {
        match self.kind {
            OptimizerKind::Adam => {
                Adam { form: self.form, ..Adam::new([self.beta_1, self.beta_2], self.epsilon) }.init()
            }
            OptimizerKind::Sgd => {
                let momentum = MomentumConfig::new().with_momentum(f64::from(self.momentum)).with_dampening(0.0);
                SgdConfig::new().with_momentum(Some(momentum)).init()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<OptimizerConfig, toml::de::Error> {
        toml::from_str(text)
    }

    /// The keys of Adam are those of the first runs, in their order.
    #[test]
    fn each_optimiser_writes_its_own_keys() {
        let adam = parse("learning_rate = 1e-3").unwrap();
        let text = toml::to_string(&adam).unwrap();
        let keys: Vec<&str> = text.lines().filter_map(|line| line.split(" =").next()).collect();
        assert_eq!(keys, ["learning_rate", "beta_1", "beta_2", "epsilon"]);
        assert_eq!(parse(&text).unwrap(), adam);
        let sgd = parse("kind = \"sgd\"\nlearning_rate = 1e-3").unwrap();
        let text = toml::to_string(&sgd).unwrap();
        let keys: Vec<&str> = text.lines().filter_map(|line| line.split(" =").next()).collect();
        assert_eq!(keys, ["kind", "learning_rate", "momentum"]);
        assert_eq!((parse(&text).unwrap(), sgd.momentum), (sgd, 0.9));
    }

    #[test]
    fn the_form_of_adam_is_written_where_it_is_not_the_published_one() {
        let burda = parse("learning_rate = 1e-3\nbeta_1 = 0.99\nform = \"burda\"").unwrap();
        assert_eq!(burda.form, AdamForm::Burda);
        assert_eq!(parse(&toml::to_string(&burda).unwrap()).unwrap(), burda);
        let message = parse("kind = \"sgd\"\nlearning_rate = 1.0\nform = \"burda\"").unwrap_err().to_string();
        assert!(message.contains("optimizer.form is no key of this optimiser: sgd has momentum"), "{message}");
    }

    #[test]
    fn keys_of_the_other_optimiser_are_refused() {
        let message = |text: &str| parse(text).unwrap_err().to_string();
        assert!(
            message("learning_rate = 1.0\nmomentum = 0.5").contains("optimizer.momentum is 0.5, which is no key of")
        );
        assert!(message("kind = \"sgd\"\nlearning_rate = 1.0\nbeta_1 = 0.5").contains("optimizer.beta_1 is 0.5"));
    }
}
