//! `elbo`, the workbench for variational inference: flags in, exit code out.
#![allow(clippy::print_stderr, reason = "the binary talks to people on stderr")]

mod backend;
mod cli;
mod commands;
mod console;
mod context;
mod exit;
mod interrupt;
mod progress;
mod results;

use std::process::ExitCode;

use clap::Parser;

/// Measured: a third off a training step, which allocates afresh for every operation.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    pin_default_device();
    let cli = cli::Cli::parse();
    match commands::run(cli) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {}", sentence(&error));
            exit::code_of(&error)
        }
    }
}

/// The error and its causes, without those whose text is in the error already.
fn sentence(error: &anyhow::Error) -> String {
    error.chain().fold(String::new(), |text, cause| match cause.to_string() {
        first if text.is_empty() => first,
        known if text.contains(&known) => text,
        cause => format!("{text}: {cause}"),
    })
}

/// Makes Burn's process-wide default device the CPU, which is always there.
///
/// Burn loads the state of an optimiser to its default device before it moves it to that of the weights, and the
/// default is the first backend *compiled in*: with `wgpu` built in, a machine without a GPU would panic on resume.
#[expect(unsafe_code, reason = "the first line of main: no other thread can read the environment yet")]
fn pin_default_device() {
    // SAFETY: the process has one thread.
    unsafe { std::env::set_var("BURN_DEVICE", "flex") };
}
