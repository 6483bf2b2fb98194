//! Whole processes: how soon a picture is there, and how much memory training takes.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

use crate::report::Row;
use crate::{Args, median, milliseconds};

/// A row for the start-up of `elbo sample` and one for the peak memory of `elbo train vae`.
pub(crate) fn rows(args: &Args) -> anyhow::Result<Vec<Row>> {
    let (sample, memory) = ("sample a 10 x 10 grid, whole process", "train vae, peak memory");
    if !args.wants(sample) && !args.wants(memory) {
        return Ok(Vec::new());
    }
    // target/release/examples/bench stands beside target/release/elbo
    let elbo = std::env::current_exe()?.with_file_name("../elbo");
    ensure!(elbo.exists(), "{} is missing; build it first: cargo build --release", elbo.display());
    let root = std::env::temp_dir().join(format!("elbo-bench-{}", std::process::id()));
    let outcome = measure(args, &elbo, &root, [sample, memory]);
    let removed = std::fs::remove_dir_all(&root);
    let rows = outcome?;
    removed.context("the folder of the benchmark's run cannot be removed")?;
    Ok(rows)
}

fn measure(args: &Args, elbo: &Path, root: &Path, [sample, memory]: [&str; 2]) -> anyhow::Result<Vec<Row>> {
    eprintln!("{memory} ...");
    let command = |words: &str| {
        let mut command = Command::new(elbo);
        command.args(words.split(' ')).arg("--root").arg(root).stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let mut training = command("train vae --run bench --epochs 1 --quiet");
    let peak = peak_megabytes(training.spawn().with_context(|| format!("{} cannot be started", elbo.display()))?)?;
    eprintln!("{sample} ...");
    let mut times = Vec::new();
    for _ in 0..args.rounds {
        let mut status = None;
        times.push(milliseconds(|| status = Some(command("sample bench --quiet").status())));
        ensure!(status.transpose()?.is_some_and(|status| status.success()), "`elbo sample` failed");
    }
    Ok(vec![
        Row { unit: "ms".to_owned(), ..Row::new(sample.to_owned(), median(times)) },
        Row { unit: "MB".to_owned(), ..Row::new(memory.to_owned(), peak) },
    ])
}

/// The largest resident set of a child, in megabytes, as the system reports it until the child ends.
fn peak_megabytes(mut child: std::process::Child) -> anyhow::Result<f64> {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = f64::NAN;
    loop {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        if let Some(kilobytes) = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok()) {
            peak = kilobytes / 1e3;
        }
        match child.try_wait()? {
            Some(status) if status.success() => return Ok(peak),
            Some(status) => anyhow::bail!("`elbo train vae` ended with {status}"),
            None => std::thread::sleep(std::time::Duration::from_millis(20)),
        }
    }
}
