//! `elbo reparam`: direct draws against reparameterised ones, one file a distribution.

mod categorical;
mod exponential;
mod output;

use crate::cli::{Common, ReparamCommand};

/// Runs the command that was typed.
pub(crate) fn run(common: &Common, command: &ReparamCommand) -> anyhow::Result<()> {
    match command {
        ReparamCommand::Exponential(args) => exponential::run(common, args),
        ReparamCommand::Categorical(args) => categorical::run(common, args),
    }
}
