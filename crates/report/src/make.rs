//! Making the runs that are missing, by the binary `elbo`.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::error::ReportError;
use crate::runs::Runs;

/// Runs every missing step and says which to `progress`.
///
/// # Errors
/// When `elbo` is not there, or a command of it fails.
pub fn missing_runs(runs: &Runs, elbo: &Path, mut progress: impl FnMut(&str)) -> Result<(), ReportError> {
    let missing: Vec<_> = runs.all().iter().flat_map(|run| runs.missing_steps(run)).collect();
    if !missing.is_empty() && !elbo.is_file() {
        return Err(ReportError::NoElbo { path: elbo.into() });
    }
    let root = runs.root_of_new_runs();
    let outputs = root.join("outputs");
    fs::create_dir_all(&outputs).map_err(ReportError::io(&outputs))?;
    for (index, step) in missing.iter().enumerate() {
        let command = runs.command(step).replace("OUTPUTS", &outputs.to_string_lossy());
        progress(&format!("run {} of {}: elbo {command}", index + 1, missing.len()));
        let failed = |status: String| ReportError::Command { command: format!("elbo {command}"), status };
        let status = Command::new(elbo)
            .args(command.split_whitespace())
            .arg("--quiet")
            .arg("--root")
            .arg(root)
            .stdout(Stdio::null())
            .status();
        let status = status.map_err(|error| failed(error.to_string()))?;
        if !status.success() {
            return Err(failed(status.to_string()));
        }
    }
    Ok(())
}
