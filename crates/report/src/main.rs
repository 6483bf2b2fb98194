//! `report`: the answers to the assignment, as a PDF and as one page, with numbers that come from runs.
#![allow(clippy::print_stderr, reason = "the binary talks to people on stderr")]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may panic"))]

mod diagnostics;
mod drawn;
mod error;
mod fonts;
mod html;
mod make;
mod pdf;
mod references;
mod runs;
#[cfg(test)]
mod tests;
mod world;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;

use error::ReportError;
use references::References;
use runs::Runs;
use world::{Report, TEXT};

/// The answers to the assignment as outputs/report/elbo.pdf and elbo.html.
///
/// Numbers and pictures come from the runs in outputs/, else from the published ones in assets/results/; what is in
/// neither is run first, by `elbo`.
#[derive(Debug, Parser)]
#[command(name = "report", after_help = "Example:\n  just report --quick")]
struct Cli {
    /// Make the runs that take minutes on little data, marked as short, and keep them apart from full ones
    #[arg(long)]
    quick: bool,

    /// Make no run: what is missing is an error that names its command
    #[arg(long)]
    no_runs: bool,

    /// Where outputs/ lies
    #[arg(long, value_name = "DIR", default_value = ".")]
    root: PathBuf,

    /// The binary that makes runs [default: `elbo` beside this one]
    #[arg(long, value_name = "FILE")]
    elbo: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<(), ReportError> {
    let repository = Path::new(".");
    let references = References::read(repository)?;
    references.check(repository)?;
    let runs = Runs::read(repository, &cli.root, cli.quick)?;
    if !cli.no_runs {
        make::missing_runs(&runs, &elbo(cli), |message| eprintln!("{message}"))?;
    }

    let report = Report::new(runs, &references, repository.join(TEXT), "main.typ")?;
    eprintln!("setting the PDF");
    let pdf = pdf::build(&report)?;
    eprintln!("setting the page");
    let page = html::build(&report)?;
    let equations = references.equation.len();
    if pdf.equations != equations || page.equations != equations {
        return Err(ReportError::Numbering { equations, pdf: pdf.equations, html: page.equations });
    }

    let folder = cli.root.join("outputs/report");
    fs::create_dir_all(&folder).map_err(ReportError::io(&folder))?;
    write(&folder.join("elbo.pdf"), &pdf.bytes)?;
    write(&folder.join("elbo.html"), page.text.as_bytes())?;
    eprintln!("{}: elbo.pdf ({} pages) and elbo.html, {equations} equations", folder.display(), pdf.pages);
    Ok(())
}

/// The binary `elbo`, which cargo puts beside this one.
fn elbo(cli: &Cli) -> PathBuf {
    let beside = || env::current_exe().map(|path| path.with_file_name("elbo")).unwrap_or_else(|_| "elbo".into());
    cli.elbo.clone().unwrap_or_else(beside)
}

/// Writes a file whole or not at all.
fn write(path: &Path, bytes: &[u8]) -> Result<(), ReportError> {
    let aside = path.with_extension("part");
    fs::write(&aside, bytes).map_err(ReportError::io(&aside))?;
    fs::rename(&aside, path).map_err(ReportError::io(path))
}
