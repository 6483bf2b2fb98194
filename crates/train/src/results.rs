//! What is known of finished runs: how each came about, and its tracked files.

mod literature;
mod own;
mod table;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use self::literature::{Published, published};
pub use self::table::{ResultRow, results, results_of};
use crate::checkpoint::DataIdentity;
use crate::{Run, TrainConfig, TrainError, files};

/// How a run came about: `manifest.json`.
///
/// # Examples
/// That of a run whose small files are tracked in `assets/results/`:
///
/// ```
/// use std::{fs, path::Path};
///
/// use train::{Manifest, load_config};
///
/// let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/results/two");
/// let manifest: Manifest = serde_json::from_slice(&fs::read(folder.join("manifest.json"))?)?;
/// assert_eq!(manifest.command[3..5], ["--preset", "two"]);
/// assert_eq!(manifest.config, load_config("two", None)?);
/// assert_eq!((manifest.data.shape, manifest.parameters), ([28, 28], 951_988));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The run.
    pub run: String,
    /// The command line, word by word.
    pub command: Vec<String>,
    /// The version of this program.
    pub elbo: String,
    /// The version of Burn.
    pub burn: String,
    /// The backend, as `--backend` names it.
    pub backend: String,
    /// The device, in words.
    pub device: String,
    /// Threads.
    pub threads: usize,
    /// Seconds since 1970 at the start of the last training or resumption.
    pub started: u64,
    /// The binarisation protocol.
    pub protocol: String,
    /// The data.
    pub data: DataIdentity,
    /// The number of weights.
    pub parameters: usize,
    /// The resolved configuration.
    pub config: TrainConfig,
}

/// The files of a run that are small enough to be tracked.
const TRACKED: [&str; 4] = ["manifest.json", "metrics.jsonl", "evaluation.json", "samples.png"];

/// Copies the small files of a run to `assets/results/<run>/` and returns that folder.
///
/// # Errors
/// When a file is missing (with the command that makes it), or the run is published and `replace` is not set.
pub fn publish(run: &Run, replace: bool) -> Result<PathBuf, TrainError> {
    let target = run.root().join("assets").join("results").join(run.name());
    if target.exists() && !replace {
        return Err(TrainError::Argument {
            flag: "--publish",
            value: run.name().to_owned(),
            must: format!("a run that is not in {} yet, or come with --force to replace it", target.display()),
        });
    }
    let mut contents = Vec::new();
    for name in TRACKED {
        let path = run.output(name);
        if !path.exists() {
            let must = match name {
                "evaluation.json" => format!("an evaluated run: run `elbo evaluate {}` first", run.name()),
                _ => format!("a finished run: {} is missing", path.display()),
            };
            return Err(TrainError::Argument { flag: "--publish", value: run.name().to_owned(), must });
        }
        contents.push((name, files::read(&path)?));
    }
    files::create_folder(&target)?;
    for (name, bytes) in contents {
        files::write_atomic(&target.join(name), &bytes)?;
    }
    Ok(target)
}
