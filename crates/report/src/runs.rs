//! The runs that the report is made of: which commands make them, and where their files lie.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::ReportError;

/// The table, from the root of the repository.
const TABLE: &str = "crates/report/runs.toml";

/// One command of `elbo` and the files that it leaves in the folder of its run.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What follows `elbo`; `OUTPUTS` stands for the folder of all runs.
    pub command: String,
    /// What `--quick` runs instead: the same on less data. Left out, the command is quick enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quick: Option<String>,
    /// The files that the report shows or reads numbers from.
    pub makes: Vec<String>,
}

/// A run: steps, of which the first makes what the others need.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Its name, a folder of `outputs/`.
    pub name: String,
    /// Its commands, in order.
    pub steps: Vec<Step>,
    /// Files that are published elsewhere than in `assets/results/<run>/`, from the root of the repository.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub published: BTreeMap<String, PathBuf>,
}

/// Which runs there are, and the folders in which their files are looked for, in this order.
#[derive(Debug)]
pub struct Runs {
    table: Vec<Run>,
    /// The root of the repository.
    repository: PathBuf,
    /// Full runs: `outputs/` under `--root`.
    outputs: PathBuf,
    /// Published runs.
    published: PathBuf,
    /// Short runs, in a folder of their own so that none is ever taken for a full one.
    short: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    run: Vec<Run>,
}

impl Runs {
    /// Reads the table of a repository; `root` holds the runs of its `outputs/`.
    ///
    /// # Errors
    /// When it is not there or cannot be understood.
    pub fn read(repository: &Path, root: &Path, quick: bool) -> Result<Self, ReportError> {
        let path = repository.join(TABLE);
        let text = fs::read_to_string(&path).map_err(|_| ReportError::NotInRepository { path: path.clone() })?;
        let unreadable = |reason: String| ReportError::Unreadable { path: path.clone(), reason };
        let table: Table = toml::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
        if let Some(run) = table.run.iter().find(|run| run.steps.is_empty()) {
            return Err(unreadable(format!("{} has no step", run.name)));
        }
        Ok(Self {
            table: table.run,
            repository: repository.into(),
            outputs: root.join("outputs"),
            published: repository.join("assets/results"),
            short: quick.then(|| root.join("outputs/report/quick/outputs")),
        })
    }

    /// The root of the repository.
    pub fn repository(&self) -> &Path {
        &self.repository
    }

    /// All runs, in the order of the table.
    pub fn all(&self) -> &[Run] {
        &self.table
    }

    /// Where new runs go: the folder that holds `outputs/`.
    pub fn root_of_new_runs(&self) -> &Path {
        let outputs = self.short.as_deref().unwrap_or(&self.outputs);
        outputs.parent().unwrap_or(Path::new("."))
    }

    /// The command of a step, short where `--quick` asks for it.
    pub fn command<'a>(&self, step: &'a Step) -> &'a str {
        step.quick.as_deref().filter(|_| self.short.is_some()).unwrap_or(&step.command)
    }

    /// The steps of a run that must be done: from the first one whose files are missing, or from the very first where the
    /// folder of new runs has nothing for the others to begin with.
    pub fn missing_steps<'a>(&self, run: &'a Run) -> &'a [Step] {
        let is_there = |step: &Step| step.makes.iter().all(|file| self.find(run, file).is_some());
        match run.steps.iter().position(|step| !is_there(step)) {
            None => &[],
            Some(missing) => {
                let folder = self.root_of_new_runs().join("outputs").join(&run.name);
                let has_begun =
                    run.steps[0].makes.iter().all(|file| folder.join(file).exists()) && !run.steps[0].makes.is_empty();
                &run.steps[if has_begun { missing } else { 0 }..]
            }
        }
    }

    /// The path of a file of a run.
    ///
    /// # Errors
    /// When the table does not know it, or when it is missing: with the command that makes it.
    pub fn path(&self, name: &str, file: &str) -> Result<PathBuf, ReportError> {
        let run = (self.table.iter().find(|run| run.name == name))
            .ok_or_else(|| ReportError::UnknownRun { run: name.into() })?;
        let step = (run.steps.iter().find(|step| step.makes.iter().any(|made| made == file)))
            .ok_or_else(|| ReportError::UnknownFile { run: name.into(), file: file.into() })?;
        let command = || format!("elbo {}", self.command(step).replace("OUTPUTS", "outputs"));
        self.find(run, file).ok_or_else(|| ReportError::Missing {
            run: name.into(),
            file: file.into(),
            command: command(),
        })
    }

    /// The first folder that has a file of a run.
    fn find(&self, run: &Run, file: &str) -> Option<PathBuf> {
        let folders = [Some(&self.outputs), Some(&self.published), self.short.as_ref()];
        let mut paths: Vec<PathBuf> = folders.into_iter().flatten().map(|f| f.join(&run.name).join(file)).collect();
        if let Some(path) = run.published.get(file) {
            paths.insert(2, self.repository.join(path));
        }
        paths.into_iter().find(|path| path.is_file())
    }

    /// Whether the numbers of a run are those of a short one.
    pub fn is_short(&self, run: &Run) -> bool {
        let first = &run.steps[0];
        let path = first.makes.first().and_then(|file| self.find(run, file));
        first.quick.is_some() && self.short.as_ref().zip(path).is_some_and(|(short, path)| path.starts_with(short))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(root: &Path, quick: bool) -> Runs {
        let step = |command: &str, makes: &str| Step {
            command: command.into(),
            quick: Some(format!("{command} --epochs 1")),
            makes: vec![makes.into()],
        };
        let steps = vec![step("train vae --run a", "metrics.jsonl"), step("evaluate a", "evaluation.json")];
        let published = BTreeMap::new();
        Runs {
            table: vec![Run { name: "a".into(), steps, published }],
            repository: root.into(),
            outputs: root.join("outputs"),
            published: root.join("published"),
            short: quick.then(|| root.join("short/outputs")),
        }
    }

    fn write(path: PathBuf) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x").unwrap();
    }

    #[test]
    fn a_missing_file_names_the_command_that_makes_it() {
        let root = tempfile::tempdir().unwrap();
        let error = runs(root.path(), false).path("a", "evaluation.json").unwrap_err().to_string();
        assert_eq!(error, "outputs/a/evaluation.json is missing; run `just report`, or `elbo evaluate a`");
        let error = runs(root.path(), true).path("a", "evaluation.json").unwrap_err().to_string();
        assert!(error.ends_with("`elbo evaluate a --epochs 1`"), "{error}");
        assert!(runs(root.path(), false).path("b", "x").unwrap_err().to_string().starts_with("b is not a run"));
        assert!(runs(root.path(), false).path("a", "x").unwrap_err().to_string().contains("makes x; name it there"));
    }

    #[test]
    fn full_runs_come_before_published_ones_and_short_ones_last() {
        let root = tempfile::tempdir().unwrap();
        let runs = runs(root.path(), true);
        let run = &runs.all()[0];
        for (folder, is_short) in [("short/outputs", true), ("published", false), ("outputs", false)] {
            write(root.path().join(folder).join("a/metrics.jsonl"));
            assert!(runs.path("a", "metrics.jsonl").unwrap().starts_with(root.path().join(folder)));
            assert_eq!(runs.is_short(run), is_short);
        }
    }

    #[test]
    fn a_run_begins_anew_unless_its_first_step_lies_where_new_runs_go() {
        let root = tempfile::tempdir().unwrap();
        let runs = runs(root.path(), false);
        let run = &runs.all()[0];
        assert_eq!(runs.missing_steps(run).len(), 2);
        write(root.path().join("published/a/metrics.jsonl"));
        assert_eq!(runs.missing_steps(run).len(), 2);
        write(root.path().join("outputs/a/metrics.jsonl"));
        assert_eq!(runs.missing_steps(run), &run.steps[1..]);
        write(root.path().join("outputs/a/evaluation.json"));
        assert!(runs.missing_steps(run).is_empty());
    }

    #[test]
    fn the_table_can_be_read_and_no_name_stands_twice() {
        let text = include_str!("../runs.toml");
        let table: Table = toml::from_str(text).unwrap();
        let mut names: Vec<&str> = table.run.iter().map(|run| run.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), table.run.len());
    }
}
