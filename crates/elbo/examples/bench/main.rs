//! `just bench`: how long the work takes, beside what bounds it and beside other programs, in one interleaved run.
//!
//! Every number is a median over rounds; in each round everything that will be compared runs once, one after another, so that
//! a busy machine slows all of it alike. What counts is the ratios.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints a table")]

mod bound;
mod mixture;
mod peers;
mod process;
mod report;
mod steps;

use std::path::PathBuf;

use clap::Parser;
use report::{Report, Row};

/// As in the binary: it is a third of a training step.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Times training steps, evaluation, mixtures and start-up.
#[derive(Debug, Parser)]
pub struct Args {
    /// Rounds of the interleaving.
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
    /// Only the rows that the targets name: no 10^7 events, no 100 components.
    #[arg(long)]
    quick: bool,
    /// Only rows whose name holds this.
    #[arg(long)]
    only: Option<String>,
    /// A Python with PyTorch or NumPy and SciPy, to run benches/peers/ beside ours.
    #[arg(long)]
    python: Option<PathBuf>,
    /// Where the JSON goes.
    #[arg(long, default_value = "outputs/bench.json")]
    json: PathBuf,
    /// The committed result: ratios more than 10 % worse than its are named.
    #[arg(long, default_value = "assets/results/bench.json")]
    baseline: PathBuf,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let mut peers = peers::Peers::start(args.python.as_deref());
    let mut rows: Vec<Row> = Vec::new();
    rows.extend(steps::rows(&args, &mut peers)?);
    rows.extend(mixture::rows(&args, &mut peers)?);
    rows.extend(process::rows(&args)?);
    let report = Report { machine: report::machine(), rounds: args.rounds.into(), rows };
    println!("{report}");
    report.compare(&args.baseline)?;
    report.write(&args.json)
}

impl Args {
    /// Whether a row is asked for.
    fn wants(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|part| name.contains(part))
    }
}

/// The median.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Milliseconds that `work` takes.
fn milliseconds(work: impl FnOnce()) -> f64 {
    let started = std::time::Instant::now();
    work();
    started.elapsed().as_secs_f64() * 1e3
}
