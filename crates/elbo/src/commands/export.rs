//! `elbo export`: weights for other frameworks.

use std::path::PathBuf;

use anyhow::ensure;
use serde::Serialize;
use train::{TrainError, export, export_reference, write_atomic};

use crate::cli::{Common, ExportArgs};
use crate::context::Context;

#[derive(Serialize)]
struct Exported<'a> {
    run: &'a str,
    epochs: u64,
    files: Vec<PathBuf>,
}

pub(crate) fn run(common: &Common, args: &ExportArgs) -> anyhow::Result<()> {
    let is_safetensors = args.out.extension().is_some_and(|extension| extension == "safetensors");
    ensure!(is_safetensors, "--out {} does not end in .safetensors", args.out.display());
    let context = Context::open(common, &args.model)?;
    let mut contents = vec![(args.out.clone(), export(&context.vae, &context.checkpoint, context.run.name())?)];
    if let Some(count) = args.reference {
        let Context { vae, checkpoint, run, test, backend, .. } = &context;
        let reference = export_reference(vae, checkpoint, run.name(), test, count, &backend.device)?;
        contents.push((args.out.with_extension("reference.safetensors"), reference));
    }
    for (path, bytes) in &contents {
        write_atomic(path, bytes).map_err(TrainError::from)?;
    }
    let files: Vec<PathBuf> = contents.into_iter().map(|(path, _)| path).collect();
    let text = files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join("\n");
    let exported = Exported { run: context.run.name(), epochs: context.checkpoint.position().epochs, files };
    context.console.result(&exported, &text)
}
