//! Everything that decides the numbers of a run: what is validated, trained and saved beside the weights.

use kernels::Input;
use models::{ObjectiveConfig, VaeConfig};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::initialization::InitializationConfig;
use crate::schedule::LearningRateSchedule;
use crate::{OptimizerConfig, Order, Protocol};

/// The resolved configuration of a training run.
///
/// # Examples
/// ```
/// use train::{TrainConfig, load_config, resolve_config};
///
/// let config: TrainConfig = load_config("iwae", None)?;
/// config.validate()?;
/// // What is saved beside the weights reads as the same configuration.
/// let saved = toml::to_string(&config)?;
/// assert_eq!(resolve_config(&saved, "config.toml")?, config);
/// assert!(saved.contains("[objective]\nkind = \"iwae\"") && !saved.contains("[initialization]"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainConfig {
    /// The model.
    pub model: VaeConfig,
    /// The data.
    pub data: DataConfig,
    /// The optimiser.
    pub optimizer: OptimizerConfig,
    /// The first weights; left out where they are the default.
    #[serde(default, skip_serializing_if = "InitializationConfig::is_default")]
    pub initialization: InitializationConfig,
    /// The schedule.
    pub training: TrainingConfig,
    /// What is maximised; left out where it is the ELBO.
    #[serde(default, skip_serializing_if = "ObjectiveConfig::is_default")]
    pub objective: ObjectiveConfig,
}

/// Which values of which images.
///
/// # Examples
/// ```
/// use train::{DataConfig, Order, Protocol};
///
/// let data: DataConfig = toml::from_str("protocol = \"dynamic\"\nlimit_train = 1000")?;
/// assert_eq!((data.protocol, data.limit_train), (Protocol::Dynamic, Some(1000)));
/// // What is the default needs no mention.
/// assert_eq!((data.order, data.limit_test), (Order::Shuffled, None));
/// assert_eq!(toml::to_string(&data)?, "protocol = \"dynamic\"\nlimit_train = 1000\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataConfig {
    /// How grey pixels become values.
    pub protocol: Protocol,
    /// The order of the training images; left out where they are shuffled.
    #[serde(default, skip_serializing_if = "Order::is_shuffled")]
    pub order: Order,
    /// Only the first training images, if set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_train: Option<usize>,
    /// Only the first test images, if set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_test: Option<usize>,
}

/// How long, in which batches, from which seed.
///
/// # Examples
/// ```
/// use kernels::Input;
/// use train::{TrainingConfig, load_config};
///
/// let mut config = load_config("notebook", None)?;
/// assert_eq!(config.training, TrainingConfig { epochs: 15, batch_size: 100, seed: 1, input: Input::Dense });
/// config.training.batch_size = 1000;
/// let message = config.validate_for(500).unwrap_err().to_string();
/// assert!(message.ends_with("is 1000; it must be at most 500, the number of training images"), "{message}");
/// # Ok::<(), train::ConfigError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingConfig {
    /// Epochs in total, also after a resumption.
    pub epochs: u64,
    /// Images a step; the last step of an epoch takes what is left.
    pub batch_size: usize,
    /// The seed of weights, order, binarisation and latent noise.
    pub seed: u64,
    /// What the encoder's first layer knows of the pixels; left out where that is nothing.
    #[serde(default, skip_serializing_if = "is_dense")]
    pub input: Input,
}

fn is_dense(input: &Input) -> bool {
    *input == Input::Dense
}

/// A value that no run can have.
///
/// # Examples
/// ```
/// use train::{ValueError, load_config};
///
/// let mut config = load_config("notebook", None)?;
/// config.optimizer.learning_rate = -1.0;
/// let error = config.validate().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "optimizer.learning_rate (--learning-rate) is -1; it must be positive, such as 0.001"
/// );
/// assert!(matches!(error, ValueError::Range { .. }));
/// # Ok::<(), train::ConfigError>(())
/// ```
#[derive(Debug, Error, Clone, PartialEq)]
#[non_exhaustive]
pub enum ValueError {
    /// A number out of its range.
    #[error("{key} is {value}; it must be {must}")]
    Range {
        /// The key, and the flag that sets it.
        key: &'static str,
        /// The value as given.
        value: String,
        /// What it must be.
        must: String,
    },
    /// A model that cannot be built.
    #[error(transparent)]
    Model(#[from] models::ConfigError),
    /// An objective that cannot be estimated so.
    #[error(transparent)]
    Objective(#[from] models::ObjectiveError),
}

impl TrainConfig {
    /// Checks every value that does not depend on the data.
    ///
    /// # Errors
    /// Names the first key out of its range, the value and the range.
    pub fn validate(&self) -> Result<(), ValueError> {
        let check = |holds: bool, key, value: &dyn ToString, must: &str| {
            if holds { Ok(()) } else { Err(ValueError::Range { key, value: value.to_string(), must: must.to_owned() }) }
        };
        self.model.validate()?;
        self.objective.validate(self.model.latent)?;
        let optimizer = &self.optimizer;
        let rate = optimizer.learning_rate;
        check(
            rate.is_finite() && rate > 0.0,
            "optimizer.learning_rate (--learning-rate)",
            &rate,
            "positive, such as 0.001",
        )?;
        if let LearningRateSchedule::Tripling { stages, factor, .. } = optimizer.schedule {
            check(stages > 0, "optimizer.schedule.stages", &0, "at least 1")?;
            check(factor > 0.0 && factor <= 1.0, "optimizer.schedule.factor", &factor, "above 0 and at most 1")?;
        }
        for (key, beta) in [
            ("optimizer.beta_1", optimizer.beta_1),
            ("optimizer.beta_2", optimizer.beta_2),
            ("optimizer.momentum", optimizer.momentum),
        ] {
            check((0.0..1.0).contains(&beta), key, &beta, "at least 0 and below 1")?;
        }
        let epsilon = optimizer.epsilon;
        check(epsilon.is_finite() && epsilon > 0.0, "optimizer.epsilon", &epsilon, "positive, such as 1e-8")?;
        check(self.training.epochs > 0, "training.epochs (--epochs)", &0, "at least 1")?;
        check(self.training.batch_size > 0, "training.batch_size (--batch-size)", &0, "at least 1")
    }

    /// Checks the batch size against the number of training images.
    ///
    /// # Errors
    /// When a batch would hold more images than there are.
    pub fn validate_for(&self, training_images: usize) -> Result<(), ValueError> {
        let batch = self.training.batch_size;
        if batch > training_images {
            return Err(ValueError::Range {
                key: "training.batch_size (--batch-size)",
                value: batch.to_string(),
                must: format!("at most {training_images}, the number of training images"),
            });
        }
        Ok(())
    }
}
