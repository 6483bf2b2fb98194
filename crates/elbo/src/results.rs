//! What commands share that write results alone: the run that they name, and its objects as text.

use anyhow::ensure;
use serde::Serialize;
use train::{Run, TrainError};

use crate::cli::Common;

/// The run of a name, or the first free one of a prefix. Even with `--force`, a trained model is not theirs to replace.
pub(crate) fn run_of_results(common: &Common, name: Option<&str>, prefix: &str) -> anyhow::Result<Run> {
    let run = match name {
        Some(name) => Run::named(&common.root, name),
        None => Run::first_free(&common.root, prefix),
    };
    let run = run.map_err(TrainError::from)?;
    ensure!(
        !run.checkpoints().exists(),
        "run {} exists already as a trained model ({}); choose another --run",
        run.name(),
        run.describe()
    );
    Ok(run)
}

/// A value as indented JSON with a last line end.
pub(crate) fn json(value: &impl Serialize) -> anyhow::Result<Vec<u8>> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    Ok(text.into_bytes())
}
