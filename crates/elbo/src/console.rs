//! What the binary says: results on stdout, everything else on stderr.

use std::io::{IsTerminal, Write};

use serde::Serialize;

use crate::cli::Common;

/// Where the words go, as `--json` and `--quiet` ask.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Console {
    json: bool,
    quiet: bool,
}

impl Console {
    pub(crate) fn new(common: &Common) -> Self {
        Self { json: common.json, quiet: common.quiet }
    }

    /// Prints a result: the object with `--json`, the text without.
    pub(crate) fn result(self, object: &impl Serialize, text: &str) -> anyhow::Result<()> {
        let out = if self.json { serde_json::to_string_pretty(object)? } else { text.trim_end().to_owned() };
        // A reader that has closed the pipe has what it wanted.
        let _ = writeln!(std::io::stdout().lock(), "{out}");
        Ok(())
    }

    /// Says something by the way, unless `--quiet`.
    pub(crate) fn note(self, text: &str) {
        if !self.quiet {
            say(text);
        }
    }

    /// Says something that the user must not miss.
    pub(crate) fn warn(self, text: &str) {
        say(&format!("warning: {text}"));
    }

    /// Whether moving bars make sense.
    pub(crate) fn has_bars(self) -> bool {
        !self.quiet && std::io::stderr().is_terminal()
    }
}

/// A run does not stop because nobody listens any more.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
