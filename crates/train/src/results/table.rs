//! Our runs beside the numbers of the literature, seeds of one configuration in one row.

use std::path::Path;

use serde::Serialize;

use super::own::{Own, own_runs};
use super::published;
use crate::TrainError;

/// A row of the table, ours or theirs. A row of several seeds has means.
///
/// # Examples
/// Beside the literature, three published runs that differ by their seeds alone:
///
/// ```
/// use train::results;
///
/// # let root = tempfile::tempdir()?;
/// # for run in ["notebook-seed1", "notebook-seed2", "notebook-seed3"] {
/// #     let target = root.path().join("outputs").join(run);
/// #     std::fs::create_dir_all(&target)?;
/// #     for file in ["manifest.json", "metrics.jsonl", "evaluation.json"] {
/// #         let source = format!("{}/../../assets/results/{run}/{file}", env!("CARGO_MANIFEST_DIR"));
/// #         std::fs::copy(source, target.join(file))?;
/// #     }
/// # }
/// let rows = results(root.path())?;
/// let row = rows.iter().find(|row| row.ours).expect("there are runs");
/// assert_eq!((row.name.as_str(), &row.seeds[..]), ("notebook", &[1, 2, 3][..]));
/// // The means of the three, and what the seeds tell of their error.
/// assert!(row.elbo.is_some_and(|elbo| (elbo + 83.96).abs() < 0.005));
/// assert!(row.nll_standard_error.is_some_and(|error| error < 0.2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ResultRow {
    /// What was trained: a run, what the names of several have in common, or a row of the literature.
    pub name: String,
    /// The protocol.
    pub protocol: String,
    /// Whether the protocol gives log-likelihoods.
    pub is_likelihood: bool,
    /// Whether the row is ours.
    pub ours: bool,
    /// Our runs: alike but for their seeds.
    pub runs: Vec<String>,
    /// The seed of each.
    pub seeds: Vec<u64>,
    /// Epochs trained, where known.
    pub epochs: Option<u64>,
    /// The one-sample ELBO over all test images, or the published one.
    pub elbo: Option<f64>,
    /// Its standard error over seeds; null for one.
    pub elbo_standard_error: Option<f64>,
    /// `-L_K`.
    pub nll: Option<f64>,
    /// Its standard error over seeds; null for one.
    pub nll_standard_error: Option<f64>,
    /// `K`.
    pub particles: Option<usize>,
    /// Images of the NLL.
    pub images: Option<usize>,
    /// Active units.
    pub active_units: Option<f64>,
    /// Seconds of training, a seed.
    pub seconds: Option<f64>,
    /// A paper, or the folder of a run and the names of those that share its row.
    pub source: String,
}

/// Ours and theirs, grouped by protocol: the runs in `assets/results/`, then those of `outputs/` that are not there.
///
/// # Errors
/// When a file of a run exists and cannot be read.
pub fn results(root: &Path) -> Result<Vec<ResultRow>, TrainError> {
    Ok(sorted(group(own_runs(root)?)))
}

/// The rows of some of our runs beside the literature on their protocol.
///
/// # Errors
/// When a run has no results, or two are under different protocols: their numbers are about different data, and never share a
/// column (trap D2).
pub fn results_of(root: &Path, names: &[String]) -> Result<Vec<ResultRow>, TrainError> {
    let mut all = own_runs(root)?;
    let known: Vec<String> = all.iter().map(|own| own.manifest.run.clone()).collect();
    if let Some(missing) = names.iter().find(|name| !known.contains(name)) {
        let must = match crate::nearest(missing, known.iter().map(String::as_str)) {
            Some(nearest) => format!("a run with results; did you mean `{nearest}`?"),
            None => "a run with results: `elbo results` lists them".to_owned(),
        };
        return Err(TrainError::argument("RUN", missing, must));
    }
    all.retain(|own| names.contains(&own.manifest.run));
    if let [first, others @ ..] = all.as_slice()
        && let Some(other) = others.iter().find(|other| other.manifest.protocol != first.manifest.protocol)
    {
        let [a, b] = [first, other].map(|own| (own.manifest.run.clone(), own.manifest.protocol.clone()));
        return Err(TrainError::Protocols { a: a.0, protocol_a: a.1, b: b.0, protocol_b: b.1 });
    }
    let protocol = all.first().map(|own| own.manifest.protocol.clone());
    let mut rows = sorted(group(all));
    rows.retain(|row| Some(&row.protocol) == protocol.as_ref());
    Ok(rows)
}

/// Ours before theirs within a protocol.
fn sorted(mut rows: Vec<ResultRow>) -> Vec<ResultRow> {
    rows.extend(published().into_iter().map(|row| ResultRow {
        is_likelihood: row.protocol != "grey",
        name: row.name,
        protocol: row.protocol,
        ours: false,
        runs: Vec::new(),
        seeds: Vec::new(),
        epochs: row.epochs,
        elbo: row.elbo,
        elbo_standard_error: None,
        nll: row.nll,
        nll_standard_error: None,
        particles: row.particles,
        images: None,
        active_units: row.active_units.map(|units| units as f64),
        seconds: None,
        source: row.source,
    }));
    rows.sort_by(|a, b| a.protocol.cmp(&b.protocol));
    rows
}

/// One row for all runs that differ by their seeds alone.
fn group(runs: Vec<Own>) -> Vec<ResultRow> {
    let mut groups: Vec<Vec<Own>> = Vec::new();
    for own in runs {
        match groups.iter_mut().find(|group| group.iter().all(|other| other.is_alike(&own))) {
            Some(group) => group.push(own),
            None => groups.push(vec![own]),
        }
    }
    groups.iter().map(|group| row(group)).collect()
}

fn row(group: &[Own]) -> ResultRow {
    let first = &group[0];
    let (elbo, elbo_standard_error) = mean(group, |own| own.metrics.epochs.last().map(|entry| entry.test.elbo));
    let (nll, nll_standard_error) = mean(group, |own| own.evaluation.as_ref().map(|e| e.nll));
    let seconds = |own: &Own| {
        let epochs = &own.metrics.epochs;
        (!epochs.is_empty()).then(|| epochs.iter().map(|entry| entry.seconds).sum())
    };
    let runs: Vec<String> = group.iter().map(|own| own.manifest.run.clone()).collect();
    let evaluation = first.evaluation.as_ref();
    ResultRow {
        name: common_name(&runs),
        is_likelihood: first.manifest.config.data.protocol.is_likelihood(),
        protocol: first.manifest.protocol.clone(),
        ours: true,
        seeds: group.iter().map(Own::seed).collect(),
        epochs: first.epochs(),
        elbo,
        elbo_standard_error,
        nll,
        nll_standard_error,
        particles: evaluation.map(|e| e.particles),
        images: evaluation.map(|e| e.images),
        active_units: mean(group, |own| own.evaluation.as_ref().map(|e| e.active_units as f64)).0,
        seconds: mean(group, seconds).0,
        source: std::iter::once(first.folder.display().to_string())
            .chain(runs[1..].to_vec())
            .collect::<Vec<_>>()
            .join(", "),
        runs,
    }
}

/// The mean of what all runs of a group have, and its standard error where there are two or more.
fn mean(group: &[Own], of: impl Fn(&Own) -> Option<f64>) -> (Option<f64>, Option<f64>) {
    let Some(values) = group.iter().map(of).collect::<Option<Vec<f64>>>() else { return (None, None) };
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
    (Some(mean), (values.len() > 1).then(|| (squares / (n - 1.0) / n).sqrt()))
}

/// What the names of runs begin with, without the number at its end: `notebook` of `notebook-seed1` and `notebook-seed2`.
fn common_name(runs: &[String]) -> String {
    let [first, others @ ..] = runs else { return String::new() };
    if others.is_empty() {
        return first.clone();
    }
    let shared = |other: &String| first.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    let length = others.iter().map(shared).min().unwrap_or(0);
    let prefix: String = first.chars().take(length).collect();
    let is_joint = |c: char| c.is_ascii_digit() || !c.is_alphanumeric();
    let name = prefix.trim_end_matches(is_joint);
    let name = name.strip_suffix("seed").unwrap_or(name).trim_end_matches(is_joint);
    if name.is_empty() { first.clone() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::Manifest;
    use super::*;
    use crate::checkpoint::DataIdentity;
    use crate::{EpochMetrics, Metrics, Protocol, Terms, testing};

    /// A run with a test ELBO of minus 100 less its seed.
    fn write(root: &Path, run: &str, protocol: Protocol, seed: u64) {
        let mut config = testing::config(2, protocol);
        config.training.seed = seed;
        let manifest = Manifest {
            run: run.to_owned(),
            command: Vec::new(),
            elbo: String::new(),
            burn: String::new(),
            backend: String::new(),
            device: String::new(),
            threads: 1,
            started: 0,
            protocol: protocol.to_string(),
            data: DataIdentity { name: "tiny".to_owned(), sha256: "0".to_owned(), shape: [3, 4] },
            parameters: 1,
            config,
        };
        let elbo = -100.0 - seed as f64;
        let terms = Terms { elbo, log_likelihood: elbo + 20.0, kl: 20.0, objective: None, bound: None };
        let entry = |epoch| EpochMetrics {
            epoch,
            step: epoch,
            train: terms,
            test: terms,
            seconds: 3.0,
            evaluation_seconds: 1.0,
        };
        let folder = root.join("outputs").join(run);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("manifest.json"), serde_json::to_vec(&manifest).unwrap()).unwrap();
        Metrics { epochs: vec![entry(1), entry(2)] }.write(&folder.join("metrics.jsonl")).unwrap();
    }

    fn ours(rows: Vec<ResultRow>) -> Vec<ResultRow> {
        rows.into_iter().filter(|row| row.ours).collect()
    }

    #[test]
    fn seeds_of_one_configuration_are_one_row_with_mean_and_standard_error() {
        let root = tempfile::tempdir().unwrap();
        for seed in 1..=3 {
            write(root.path(), &format!("plain-seed{seed}"), Protocol::Threshold, seed);
        }
        // The same seed again is no new information, and another protocol is other data.
        write(root.path(), "plain-seed3-again", Protocol::Threshold, 3);
        write(root.path(), "other", Protocol::Dynamic, 4);
        let rows = ours(results(root.path()).unwrap());
        assert_eq!(
            rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(),
            ["other", "plain", "plain-seed3-again"]
        );
        let row = &rows[1];
        assert_eq!((&row.seeds[..], row.runs.len(), row.epochs), (&[1, 2, 3][..], 3, Some(2)));
        assert_eq!((row.elbo, row.seconds, row.nll), (Some(-102.0), Some(6.0), None));
        assert!(row.source.ends_with("plain-seed1, plain-seed2, plain-seed3"), "{}", row.source);
        assert!((row.elbo_standard_error.unwrap() - (1.0_f64 / 3.0).sqrt()).abs() < 1e-12);
        assert_eq!((rows[0].elbo_standard_error, &rows[0].seeds[..]), (None, &[4][..]));
    }

    /// D2: two protocols never share a column.
    #[test]
    fn d2_runs_of_two_protocols_are_refused_in_one_table() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), "a", Protocol::Threshold, 1);
        write(root.path(), "b", Protocol::Dynamic, 1);
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let rows = results_of(root.path(), &names(&["b"])).unwrap();
        assert!(rows.len() > 5 && rows.iter().all(|row| row.protocol == "dynamic"));
        assert_eq!(ours(rows)[0].name, "b");
        let message = |asked: &[&str]| results_of(root.path(), &names(asked)).unwrap_err().to_string();
        let mixed = message(&["b", "a"]);
        assert!(mixed.starts_with("run a is under threshold and run b under dynamic"), "{mixed}");
        assert_eq!(message(&["a", "bb"]), "RUN is bb; it must be a run with results; did you mean `b`?");
    }

    #[test]
    fn several_runs_are_named_by_what_they_share() {
        let name = |names: &[&str]| common_name(&names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
        assert_eq!(name(&["notebook-seed1", "notebook-seed2", "notebook-seed3"]), "notebook");
        assert_eq!(name(&["vae-11", "vae-12"]), "vae");
        assert_eq!(name(&["a", "b"]), "a");
        assert_eq!(name(&["iwae-seed1"]), "iwae-seed1");
        assert_eq!(name(&["seed1", "seed2"]), "seed1");
    }
}
