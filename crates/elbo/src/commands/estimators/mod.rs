//! `elbo estimators`: bias, variance and time of gradient estimators.

mod toy;
mod toy_figures;

use crate::cli::{Common, EstimatorsCommand};

/// Runs the command that was typed.
pub(crate) fn run(common: &Common, command: &EstimatorsCommand) -> anyhow::Result<()> {
    match command {
        EstimatorsCommand::Toy(args) => toy::run(common, args),
    }
}
