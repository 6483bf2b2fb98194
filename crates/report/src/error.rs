//! What can keep the report from being built, each with the mend.

use std::io;
use std::path::PathBuf;

/// Why the report was not built.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The program was started elsewhere than in the root of the repository.
    #[error("{} is not here; start the report in the root of the repository", path.display())]
    NotInRepository {
        /// What should be there.
        path: PathBuf,
    },
    /// A file of the report itself cannot be understood.
    #[error("{}: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The program that makes runs is not there.
    #[error("{} is not there; build it with `cargo build --release`, or name it with --elbo", path.display())]
    NoElbo {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A run is named that the table does not have.
    #[error("{run} is not a run of crates/report/runs.toml; add it there with the command that makes it")]
    UnknownRun {
        /// Its name.
        run: String,
    },
    /// A file of a run is asked for that no step of it makes.
    #[error("no step of {run} in crates/report/runs.toml makes {file}; name it there")]
    UnknownFile {
        /// The name of the run.
        run: String,
        /// The file.
        file: String,
    },
    /// A file of a run is neither in outputs/ nor published.
    #[error("outputs/{run}/{file} is missing; run `just report`, or `{command}`")]
    Missing {
        /// The name of the run.
        run: String,
        /// The file.
        file: String,
        /// The command that makes it.
        command: String,
    },
    /// A command that makes a run ended with an error.
    #[error("`{command}` failed ({status}); see its message above")]
    Command {
        /// What was run.
        command: String,
        /// How it ended.
        status: String,
    },
    /// The data of a run are not what a figure needs.
    #[error("{run}: {reason}; make the run again with --force")]
    Data {
        /// The name of the run.
        run: String,
        /// What is wrong with them.
        reason: String,
    },
    /// The text asks for a figure that nobody draws.
    #[error("no figure is called {name}; those that are drawn: {known}")]
    UnknownFigure {
        /// The name that was asked for.
        name: String,
        /// All names.
        known: String,
    },
    /// A figure cannot be drawn.
    #[error(transparent)]
    Figure(#[from] figures::FigureError),
    /// Typst refused the text.
    #[error("the text cannot be set:\n{messages}")]
    Typesetting {
        /// One line a mistake, each with its place.
        messages: String,
    },
    /// A character would be drawn as a box.
    #[error("no font of the report has a character of {texts}; write it otherwise")]
    Glyphs {
        /// The pieces of text.
        texts: String,
    },
    /// An equation names code or a test that is not there.
    #[error("the equations of crates/report/references.toml and the code disagree:\n{mistakes}")]
    References {
        /// One line a mistake.
        mistakes: String,
    },
    /// The two outputs number their equations differently.
    #[error("{equations} equations are named, {pdf} are numbered in the PDF and {html} in the page")]
    Numbering {
        /// Equations of `references.toml`.
        equations: usize,
        /// Numbers in the PDF.
        pdf: usize,
        /// Numbers in the HTML.
        html: usize,
    },
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl ReportError {
    /// Attaches a path to what the system says.
    pub fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        |source| Self::Io { path, source }
    }
}
