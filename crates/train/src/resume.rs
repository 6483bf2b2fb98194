//! What a resumption may change: the number of epochs, and nothing else that decides a number.

use toml::{Table, Value};

use crate::{TrainConfig, TrainError};

/// The only key of a configuration that may differ between a run and its resumption.
const FREE: &str = "training.epochs";

/// Checks that a resumption asks for the run as it was trained.
///
/// # Errors
/// Names the first key that differs, with both values.
pub fn check_resumption(run: &str, trained: &TrainConfig, asked: &TrainConfig) -> Result<(), TrainError> {
    let (trained, asked) = (flatten(trained), flatten(asked));
    let keys = trained.iter().chain(&asked).map(|(key, _)| key);
    for key in keys.filter(|key| *key != FREE) {
        let value = |entries: &[(String, String)]| {
            entries
                .iter()
                .find(|(known, _)| known == key)
                .map_or_else(|| "not set".to_owned(), |(_, value)| value.clone())
        };
        let (trained, asked) = (value(&trained), value(&asked));
        if trained != asked {
            return Err(TrainError::Differs { run: run.to_owned(), key: key.clone(), asked, trained });
        }
    }
    Ok(())
}

/// `("training.seed", "1")` and so on, one entry a key.
fn flatten(config: &TrainConfig) -> Vec<(String, String)> {
    fn walk(table: &Table, prefix: &str, out: &mut Vec<(String, String)>) {
        for (key, value) in table {
            match value {
                Value::Table(table) => walk(table, &format!("{prefix}{key}."), out),
                value => out.push((format!("{prefix}{key}"), value.to_string())),
            }
        }
    }
    let mut entries = Vec::new();
    if let Ok(table) = Table::try_from(config) {
        walk(&table, "", &mut entries);
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load_config;

    #[test]
    fn only_the_number_of_epochs_may_differ() {
        let trained = load_config("notebook", None).unwrap();
        let mut asked = trained.clone();
        asked.training.epochs = 30;
        check_resumption("a", &trained, &asked).unwrap();
        asked.optimizer.learning_rate = 0.01;
        let message = check_resumption("a", &trained, &asked).unwrap_err().to_string();
        assert!(
            message.starts_with("optimizer.learning_rate is 0.01, but run a was trained with 0.001; on --resume only")
        );
        let mut asked = trained.clone();
        asked.data.limit_train = Some(100);
        let message = check_resumption("a", &trained, &asked).unwrap_err().to_string();
        assert!(message.starts_with("data.limit_train is 100, but run a was trained with not set"), "{message}");
        let two = load_config("two", None).unwrap();
        assert!(check_resumption("a", &trained, &two).unwrap_err().to_string().contains("model.latent.size is 2"));
    }
}
