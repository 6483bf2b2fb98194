//! The result: a table, JSON, and a comparison with the committed one.

use std::fmt;
use std::path::Path;

use anyhow::Context;
use serde::{Deserialize, Serialize};

/// How much worse than the committed ratio is worth a line.
const WORSE: f64 = 1.1;

/// One thing measured.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Row {
    /// What it is.
    pub(crate) name: String,
    /// The median.
    pub(crate) ours: f64,
    /// Its unit.
    pub(crate) unit: String,
    /// The lower bound measured beside it.
    pub(crate) bound: Option<f64>,
    /// Other programs, and their medians.
    pub(crate) peers: Vec<(String, f64)>,
    /// The medians of the phases.
    pub(crate) split: Vec<(String, f64)>,
}

impl Row {
    pub(crate) fn new(name: String, ours: f64) -> Self {
        Self { name, ours, unit: String::new(), bound: None, peers: Vec::new(), split: Vec::new() }
    }

    /// The ratios, each with its name: what a change of machine leaves alone.
    fn ratios(&self) -> Vec<(String, f64)> {
        let bound = self.bound.map(|bound| ("the lower bound".to_owned(), self.ours / bound));
        let peers = self.peers.iter().map(|(name, time)| (name.clone(), self.ours / time));
        bound.into_iter().chain(peers).collect()
    }
}

/// All rows of a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Report {
    /// The processor.
    pub(crate) machine: String,
    /// Rounds of the interleaving.
    pub(crate) rounds: usize,
    /// The rows.
    pub(crate) rows: Vec<Row>,
}

impl Report {
    /// Names every ratio that is more than 10 % worse than the committed one.
    pub(crate) fn compare(&self, baseline: &Path) -> anyhow::Result<()> {
        let Ok(text) = std::fs::read_to_string(baseline) else { return Ok(()) };
        let earlier: Self = serde_json::from_str(&text).with_context(|| format!("{}", baseline.display()))?;
        for row in &self.rows {
            let before = earlier.rows.iter().find(|other| other.name == row.name).map(Row::ratios).unwrap_or_default();
            for (to, ratio) in row.ratios() {
                if let Some((_, was)) = before.iter().find(|(name, was)| *name == to && ratio > WORSE * was) {
                    println!("WORSE: {}: {ratio:.2} of {to}, was {was:.2}", row.name);
                }
            }
        }
        Ok(())
    }

    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).with_context(|| format!("{}", folder.display()))?;
        }
        let text = serde_json::to_string_pretty(self)?;
        train::write_atomic(path, text.as_bytes()).with_context(|| format!("{}", path.display()))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}; medians of {} interleaved rounds", self.machine, self.rounds)?;
        writeln!(f, "| work | ours | lower bound | ratio | other program | ratio | phases |")?;
        writeln!(f, "|---|---|---|---|---|---|---|")?;
        for row in &self.rows {
            let digits = |value: f64| if value < 10.0 { format!("{value:.2}") } else { format!("{value:.0}") };
            let ratio = |other: f64| format!("{:.2}", row.ours / other);
            let bound = row.bound.map_or_else(|| " | ".to_owned(), |b| format!("{} | {}", digits(b), ratio(b)));
            let peers = |show: &dyn Fn(&(String, f64)) -> String| {
                row.peers.iter().map(show).collect::<Vec<String>>().join(", ")
            };
            let names = peers(&|(name, time)| format!("{name} {}", digits(*time)));
            let ratios = peers(&|(_, time)| ratio(*time));
            let split: Vec<String> = row.split.iter().map(|(name, time)| format!("{name} {time:.2}")).collect();
            writeln!(
                f,
                "| {} | {} {} | {bound} | {names} | {ratios} | {} |",
                row.name,
                digits(row.ours),
                row.unit,
                split.join(", ")
            )?;
        }
        Ok(())
    }
}

/// The processor, as the system names it.
pub(crate) fn machine() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("model name"));
    let name = line.map_or("unknown processor", |line| line.trim_start_matches([' ', '\t', ':']));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let wide = if text.contains("avx512f") { ", AVX-512" } else { "" };
    format!("{name}, {cores} cores{wide}")
}
