//! `elbo estimators`: bias, variance and time of gradient estimators.

mod score;
mod toy;
mod toy_figures;
mod vae;
mod vae_figures;
mod vae_report;

use crate::cli::{Common, EstimatorsCommand};

/// Runs the command that was typed.
pub(crate) fn run(common: &Common, command: &EstimatorsCommand) -> anyhow::Result<()> {
    match command {
        EstimatorsCommand::Toy(args) => toy::run(common, args),
        EstimatorsCommand::Vae(args) => vae::run(common, args),
        EstimatorsCommand::Score(args) => score::run(common, args),
    }
}
