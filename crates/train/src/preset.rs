//! From a preset, a file and flags to a resolved configuration.

use std::path::Path;

use thiserror::Error;
use toml::{Table, Value};

use crate::config::ValueError;
use crate::suggest::did_you_mean;
use crate::{FileError, TrainConfig, files};

/// The presets that are compiled in: name and text.
pub const PRESETS: [(&str, &str); 10] = [
    ("notebook", include_str!("../../../assets/presets/notebook.toml")),
    ("pytorch-example", include_str!("../../../assets/presets/pytorch-example.toml")),
    ("two", include_str!("../../../assets/presets/two.toml")),
    ("exponential", include_str!("../../../assets/presets/exponential.toml")),
    ("gumbel", include_str!("../../../assets/presets/gumbel.toml")),
    ("gumbel-paper", include_str!("../../../assets/presets/gumbel-paper.toml")),
    ("iwae", include_str!("../../../assets/presets/iwae.toml")),
    ("iwae-paper", include_str!("../../../assets/presets/iwae-paper.toml")),
    ("iwae-2", include_str!("../../../assets/presets/iwae-2.toml")),
    ("stl", include_str!("../../../assets/presets/stl.toml")),
];

/// Every key that a configuration may have.
const KEYS: [&str; 39] = [
    "model.encoder",
    "model.decoder",
    "model.activation.kind",
    "model.activation.slope",
    "model.latent.kind",
    "model.latent.size",
    "model.latent.upper",
    "model.latent.hidden",
    "model.latent.groups",
    "model.latent.classes",
    "model.latent.temperature",
    "model.latent.kl",
    "model.latent.prior",
    "data.protocol",
    "data.order",
    "data.limit_train",
    "data.limit_test",
    "optimizer.kind",
    "optimizer.learning_rate",
    "optimizer.schedule.kind",
    "optimizer.schedule.stages",
    "optimizer.schedule.factor",
    "optimizer.schedule.decimals",
    "optimizer.beta_1",
    "optimizer.beta_2",
    "optimizer.epsilon",
    "optimizer.form",
    "optimizer.momentum",
    "initialization.weights",
    "initialization.output_bias",
    "training.epochs",
    "training.batch_size",
    "training.seed",
    "training.input",
    "objective.kind",
    "objective.particles",
    "objective.kl",
    "objective.estimator",
    "objective.kl_warm_up",
];

/// Tables that are one choice: a file that sets one replaces all of it.
const CHOICES: [&str; 3] = ["model.activation", "model.latent", "optimizer.schedule"];

/// Why a configuration could not be made.
///
/// # Examples
/// ```
/// use train::{ConfigError, resolve_config};
///
/// let error = resolve_config("[optimizer]\nlearning_rat = 1e-3", "mine.toml").unwrap_err();
/// assert!(matches!(&error, ConfigError::Key { key, .. } if key == "optimizer.learning_rat"));
/// assert_eq!(
///     error.to_string(),
///     "mine.toml has the unknown key `optimizer.learning_rat`; did you mean `optimizer.learning_rate`?"
/// );
/// ```
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A preset that does not exist.
    #[error("unknown preset `{name}`; there are {}{suggestion}", PRESETS.map(|(name, _)| name).join(", "))]
    Preset {
        /// The name as given.
        name: String,
        /// The nearest preset, as a question.
        suggestion: String,
    },
    /// A key that does not exist.
    #[error("{origin} has the unknown key `{key}`{suggestion}")]
    Key {
        /// The file.
        origin: String,
        /// The key as given, with its tables.
        key: String,
        /// The nearest key, as a question.
        suggestion: String,
    },
    /// Text that is not TOML, or a value of the wrong type.
    #[error("{origin} is not a valid configuration: {message}")]
    Syntax {
        /// The file.
        origin: String,
        /// What the parser said, with the line.
        message: String,
    },
    /// A file that cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A value out of its range.
    #[error(transparent)]
    Value(#[from] ValueError),
}

/// Resolves a preset, overlaid by the keys of a file where one is given. Values are validated later, after the flags.
///
/// # Errors
/// Names the preset, file or key, and the nearest valid one.
pub fn load_config(preset: &str, file: Option<&Path>) -> Result<TrainConfig, ConfigError> {
    let text = PRESETS.iter().find(|(name, _)| *name == preset).map(|(_, text)| *text).ok_or_else(|| {
        ConfigError::Preset { name: preset.to_owned(), suggestion: did_you_mean(preset, PRESETS.map(|(name, _)| name)) }
    })?;
    let mut table = parse(text, &format!("preset {preset}"))?;
    let mut origin = format!("preset {preset}");
    if let Some(path) = file {
        origin = path.display().to_string();
        let bytes = files::read(path)?;
        let text = String::from_utf8(bytes).map_err(|error| syntax(&origin, &error))?;
        overlay(&mut table, parse(&text, &origin)?, "");
    }
    table.try_into().map_err(|error| syntax(&origin, &error))
}

/// A configuration from the text of a saved one.
///
/// # Errors
/// Names the file and what is wrong with it.
pub fn resolve_config(text: &str, origin: &str) -> Result<TrainConfig, ConfigError> {
    parse(text, origin)?.try_into().map_err(|error| syntax(origin, &error))
}

fn parse(text: &str, origin: &str) -> Result<Table, ConfigError> {
    let table: Table = text.parse().map_err(|error| syntax(origin, &error))?;
    check_keys(&table, "", origin)?;
    Ok(table)
}

fn syntax(origin: &str, error: &dyn std::fmt::Display) -> ConfigError {
    ConfigError::Syntax { origin: origin.to_owned(), message: error.to_string().trim_end().to_owned() }
}

fn check_keys(table: &Table, prefix: &str, origin: &str) -> Result<(), ConfigError> {
    for (key, value) in table {
        let path = format!("{prefix}{key}");
        let inside = format!("{path}.");
        match value {
            Value::Table(table) if KEYS.iter().any(|known| known.starts_with(&inside)) => {
                check_keys(table, &inside, origin)?;
            }
            _ if KEYS.contains(&path.as_str()) => {}
            // A table written as a plain value has the right name and the wrong type: the parser says so better.
            _ if KEYS.iter().any(|known| known.starts_with(&inside)) => {}
            _ => {
                // `learning_rate` without its table is as likely as `optimizer.learning_rat`.
                let leaf = KEYS.iter().find(|known| known.rsplit('.').next() == Some(key.as_str()));
                let suggestion = leaf.map_or_else(
                    || {
                        did_you_mean(
                            &path,
                            KEYS.iter().copied().chain([
                                "model",
                                "data",
                                "optimizer",
                                "initialization",
                                "training",
                                "objective",
                            ]),
                        )
                    },
                    |known| format!("; did you mean `{known}`?"),
                );
                return Err(ConfigError::Key { origin: origin.to_owned(), key: path, suggestion });
            }
        }
    }
    Ok(())
}

fn overlay(base: &mut Table, over: Table, prefix: &str) {
    for (key, value) in over {
        let path = format!("{prefix}{key}");
        match (base.get_mut(&key), value) {
            (Some(Value::Table(base)), Value::Table(over)) if !CHOICES.contains(&path.as_str()) => {
                overlay(base, over, &format!("{path}."));
            }
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_file(text: &str) -> Result<TrainConfig, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.toml");
        std::fs::write(&path, text).unwrap();
        load_config("notebook", Some(&path))
    }

    #[test]
    fn every_preset_is_valid_and_known_by_its_keys() {
        for (name, _) in PRESETS {
            let config = load_config(name, None).unwrap();
            config.validate().unwrap();
            let saved = toml::to_string(&config).unwrap();
            assert_eq!(resolve_config(&saved, "saved").unwrap(), config);
            assert_eq!(
                config.optimizer.epsilon,
                if matches!(name, "iwae" | "iwae-paper" | "iwae-2" | "stl") { 1e-4 } else { 1e-8 }
            );
        }
    }

    #[test]
    fn sticking_the_landing_changes_nothing_but_the_estimator() {
        let [iwae, mut stl] = ["iwae", "stl"].map(|name| load_config(name, None).unwrap());
        assert_eq!(stl.objective.estimator, models::GradientEstimator::PathDerivative);
        stl.objective.estimator = models::GradientEstimator::TotalDerivative;
        assert_eq!(iwae, stl);
    }

    #[test]
    fn a_file_overrides_only_what_it_names() {
        let config = with_file("[training]\nepochs = 3\n[model]\nactivation = { kind = \"relu\" }").unwrap();
        assert_eq!((config.training.epochs, config.training.batch_size), (3, 100));
        assert_eq!(config.model.activation, models::Activation::Relu);
    }

    #[test]
    fn mistakes_are_named_with_the_nearest_valid_word() {
        let message = |text: &str| with_file(text).unwrap_err().to_string();
        assert!(message("[optimizer]\nlearning_rat = 1").ends_with(
            "mine.toml has the unknown key `optimizer.learning_rat`; did you mean `optimizer.learning_rate`?"
        ));
        assert!(message("batch_size = 1").contains("did you mean `training.batch_size`?"));
        assert!(message("[trainng]\nepochs = 1").contains("unknown key `trainng`; did you mean `training`?"));
        assert!(message("[training]\nepochs = \"many\"").contains("invalid type: string \"many\""));
        assert!(message("[training\n").contains("mine.toml is not a valid configuration"));
        assert!(message("[data]\nprotocol = \"gray\"").contains("did you mean `grey`?"));
        assert!(message("[model]\nlatent = { kind = \"gausian\", size = 2 }").contains("gaussian"));
        let message = load_config("notebok", None).unwrap_err().to_string();
        assert_eq!(
            message,
            "unknown preset `notebok`; there are notebook, pytorch-example, two, exponential, gumbel, gumbel-paper, iwae, iwae-paper, iwae-2, stl; did you mean `notebook`?"
        );
    }

    #[test]
    fn values_out_of_range_are_named_with_the_range() {
        let message = |change: fn(&mut TrainConfig)| {
            let mut config = load_config("notebook", None).unwrap();
            change(&mut config);
            config.validate().unwrap_err().to_string()
        };
        assert_eq!(
            message(|c| c.optimizer.learning_rate = -1.0),
            "optimizer.learning_rate (--learning-rate) is -1; it must be positive, such as 0.001"
        );
        assert!(message(|c| c.optimizer.learning_rate = f64::NAN).contains("is NaN"));
        assert!(message(|c| c.optimizer.beta_2 = 1.0).contains("beta_2 is 1"));
        assert!(message(|c| c.training.batch_size = 0).contains("(--batch-size) is 0; it must be at least 1"));
        assert!(message(|c| c.training.epochs = 0).contains("(--epochs) is 0"));
        let config = load_config("notebook", None).unwrap();
        assert!(config.validate_for(99).unwrap_err().to_string().contains("is 100; it must be at most 99"));
    }
}
