//! Ctrl-C: the first asks to save and stop, the second ends the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;

use crate::exit::INTERRUPTED;

/// Sets the flag on the first Ctrl-C; files that are there are complete in any case.
pub(crate) fn handle_interrupts(interrupted: &Arc<AtomicBool>) -> anyhow::Result<()> {
    let flag = Arc::clone(interrupted);
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(INTERRUPTED));
        }
    })
    .context("Ctrl-C cannot be handled here")
}
