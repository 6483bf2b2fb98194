//! Exit codes: 0 done, 1 failed while running, 2 cannot be done, 130 interrupted and saved.

use std::process::ExitCode;

use cavi::CaviError;
use train::{Failure, FileError, TrainError};

/// After Ctrl-C, once everything is saved.
pub(crate) const INTERRUPTED: u8 = 130;

/// 1 for what failed while running, 2 for what cannot be done as asked.
pub(crate) fn code_of(error: &anyhow::Error) -> ExitCode {
    let running = error.chain().any(|cause| {
        cause.downcast_ref::<TrainError>().is_some_and(|error| error.failure() == Failure::Running)
            || matches!(
                cause.downcast_ref(),
                Some(CaviError::Device(_) | CaviError::NotFinite { .. } | CaviError::Storage(_))
            )
            || cause.downcast_ref::<FileError>().is_some_and(FileError::is_exhausted)
    });
    ExitCode::from(if running { 1 } else { 2 })
}
