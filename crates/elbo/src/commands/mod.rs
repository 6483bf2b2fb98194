//! One file a command: flags in, result out.

mod backends;
mod cavi;
mod estimators;
mod evaluate;
mod export;
mod interpolate;
mod latent_choice;
mod latents;
mod manifold;
mod picture;
mod reconstruct;
mod reparam;
mod results;
mod sample;
mod sandwich;
mod train_vae;

use std::process::ExitCode;

use crate::cli::{Cli, Command, TrainCommand};

/// Runs the command that was typed.
pub(crate) fn run(Cli { common, command }: Cli) -> anyhow::Result<ExitCode> {
    if let Some(threads) = common.threads {
        kernels::set_threads(threads as usize);
    }
    match command {
        Command::Train(TrainCommand::Vae(args)) => return train_vae::run(&common, &args),
        Command::Evaluate(args) => evaluate::run(&common, &args)?,
        Command::Sandwich(args) => sandwich::run(&common, &args)?,
        Command::Sample(args) => sample::run(&common, &args)?,
        Command::Reconstruct(args) => reconstruct::run(&common, &args)?,
        Command::Manifold(args) => manifold::run(&common, &args)?,
        Command::Interpolate(args) => interpolate::run(&common, &args)?,
        Command::Latents(args) => latents::run(&common, &args)?,
        Command::Export(args) => export::run(&common, &args)?,
        Command::Cavi(command) => return cavi::run(&common, &command),
        Command::Reparam(command) => reparam::run(&common, &command)?,
        Command::Estimators(command) => estimators::run(&common, &command)?,
        Command::Results(args) => results::run(&common, &args)?,
        Command::Backends => backends::run(&common)?,
    }
    Ok(ExitCode::SUCCESS)
}
