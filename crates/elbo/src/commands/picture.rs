//! Where a picture goes, and what is said about it.

use std::path::{Path, PathBuf};

use anyhow::ensure;
use serde::Serialize;
use train::{Picture, TrainError, write_atomic};

use crate::context::Context;

#[derive(Serialize)]
struct Written<'a> {
    run: &'a str,
    epochs: u64,
    protocol: String,
    files: Vec<PathBuf>,
}

/// Checks `--out` before anything is computed.
pub(crate) fn target(context: &Context, out: Option<&Path>, default: &str) -> anyhow::Result<PathBuf> {
    let Some(out) = out else { return Ok(context.run.output(default)) };
    let is_png = out.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("png"));
    ensure!(is_png, "--out {} does not end in .png; pictures are written as PNG", out.display());
    Ok(out.to_owned())
}

/// Writes a PNG and reports it.
pub(crate) fn write_png(context: &Context, path: PathBuf, png: &[u8]) -> anyhow::Result<()> {
    write(&path, png)?;
    report(context, vec![path])
}

/// Writes a figure as PNG, with the SVG beside it, and reports both.
pub(crate) fn write_figure(context: &Context, path: PathBuf, picture: &Picture) -> anyhow::Result<()> {
    let svg = path.with_extension("svg");
    write(&path, &picture.png)?;
    write(&svg, picture.svg.as_bytes())?;
    report(context, vec![path, svg])
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), TrainError> {
    Ok(write_atomic(path, bytes)?)
}

fn report(context: &Context, files: Vec<PathBuf>) -> anyhow::Result<()> {
    let text = files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join("\n");
    let written = Written {
        run: context.run.name(),
        epochs: context.checkpoint.position().epochs,
        protocol: context.test.protocol().to_string(),
        files,
    };
    context.console.result(&written, &text)
}
