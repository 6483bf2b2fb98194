//! The results of a command: a run of its own, written as a whole or not at all.

use std::path::Path;

use anyhow::ensure;
use cavi::{CaviError, Design, MixtureCavi, Posterior};
use train::{Claim, FileError, Run, TrainError, write_atomic, write_atomic_with};

use crate::cli::{Common, SearchArgs};
use crate::results::run_of_results;

/// A run whose name is taken, or that is to be replaced.
pub(super) struct Outputs {
    pub(super) run: Run,
    /// None of a run that is to be replaced.
    _claim: Option<Claim>,
}

/// The run that the flags name; nothing is made yet.
pub(super) struct Chosen {
    run: Run,
    named: bool,
    force: bool,
}

impl Chosen {
    pub(super) fn new(common: &Common, args: &SearchArgs, data: &Path) -> anyhow::Result<Self> {
        let run = run_of_results(common, args.run.as_deref(), "cavi")?;
        let name = run.name();
        if run.exists() {
            let outputs = run.outputs();
            let is_empty = std::fs::read_dir(&outputs).is_ok_and(|mut entries| entries.next().is_none());
            let is_ours = ["fit.json", "sweep.json"].iter().any(|file| run.output(file).exists());
            ensure!(
                is_empty || is_ours,
                "{} is no fit and no sweep, and not replaced even with --force; choose another --run",
                outputs.display()
            );
            let what = if is_empty { " (empty: its fit is running, or was killed)" } else { "" };
            ensure!(args.force, "run {name} exists already{what}; choose another --run, or replace it with --force");
        }
        let within = || Some(data.canonicalize().ok()?.starts_with(run.outputs().canonicalize().ok()?));
        ensure!(
            within() != Some(true),
            "--data {} lies in the outputs of run {name}, which would be replaced; choose another --run",
            data.display()
        );
        Ok(Self { run, named: args.run.is_some(), force: args.force })
    }

    /// Takes the name, once everything that can be refused is accepted; without `--run`, the next one if another process
    /// was faster.
    pub(super) fn claim(self, common: &Common) -> anyhow::Result<Outputs> {
        let Self { mut run, named, force } = self;
        if force && run.exists() {
            return Ok(Outputs { run, _claim: None });
        }
        loop {
            if let Some(claim) = run.claim().map_err(TrainError::from)? {
                return Ok(Outputs { run, _claim: Some(claim) });
            }
            ensure!(!named, "run {} has just been taken by another process; choose another --run", run.name());
            run = Run::first_free(&common.root, "cavi").map_err(TrainError::from)?;
        }
    }
}

impl Outputs {
    /// Writes all files, or none: the old ones go only when the new ones are complete.
    pub(super) fn write(
        &self,
        files: &[(String, Vec<u8>)],
        more: impl FnOnce(&Path) -> Result<(), FileError>,
    ) -> anyhow::Result<()> {
        let fill = |folder: &Path| {
            for (name, bytes) in files {
                write_atomic(&folder.join(name), bytes)?;
            }
            more(folder)
        };
        Ok(self.run.replace_outputs(fill).map_err(TrainError::from)?)
    }
}

/// Writes responsibilities as a table with the header `r1..rK`, block by block.
pub(super) fn write_responsibilities(
    path: &Path,
    mixture: &MixtureCavi,
    posterior: &Posterior,
    design: &Design,
) -> Result<(), FileError> {
    let header: Vec<String> = (1..=mixture.components).map(|k| format!("r{k}")).collect();
    write_atomic_with(path, |out| {
        writeln!(out, "{}", header.join(","))?;
        let written = mixture.for_each_responsibilities(posterior, design, |block| {
            for row in block.chunks_exact(mixture.components) {
                for (k, r) in row.iter().enumerate() {
                    write!(out, "{}{r:?}", if k == 0 { "" } else { "," }).map_err(storage)?;
                }
                writeln!(out).map_err(storage)?;
            }
            Ok(())
        });
        written.map_err(|error: CaviError| std::io::Error::other(error))
    })
}

#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
fn storage(error: std::io::Error) -> CaviError {
    CaviError::Storage(error.to_string())
}
