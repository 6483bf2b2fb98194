//! What Typst sees: the text, the runs as files below `/runs/`, figures below `/figures/`, and the fonts.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Feature, Library, LibraryExt, World};

use crate::error::ReportError;
use crate::references::References;
use crate::runs::{Runs, Step};
use crate::{drawn, fonts};

/// The folder of the text, from the root of the repository.
pub const TEXT: &str = "crates/report/text";

/// The environment in which the report is set; it depends on files of the repository and of the runs, and on nothing else.
pub struct Report {
    runs: Runs,
    references: String,
    text: PathBuf,
    main: FileId,
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    /// A file is read once, so that both outputs are of the same bytes.
    read: Mutex<HashMap<FileId, FileResult<Bytes>>>,
}

impl Report {
    /// A report of these runs, whose text begins with `main` in the folder `text`.
    ///
    /// # Errors
    /// When `main` is no path inside of the folder.
    pub fn new(runs: Runs, references: &References, text: PathBuf, main: &str) -> Result<Self, ReportError> {
        let unreadable = |reason: String| ReportError::Unreadable { path: text.join(main), reason };
        let path = VirtualPath::new(main).map_err(|error| unreadable(error.to_string()))?;
        let references = serde_json::to_string(references).map_err(|error| unreadable(error.to_string()))?;
        let fonts = fonts::all();
        Ok(Self {
            runs,
            references,
            text,
            main: FileId::new(RootedPath::new(VirtualRoot::Project, path)),
            library: LazyHash::new(Library::builder().with_features([Feature::Html].into_iter().collect()).build()),
            book: LazyHash::new(FontBook::from_fonts(&fonts)),
            fonts,
            read: Mutex::default(),
        })
    }

    fn read(&self, path: &str) -> FileResult<Bytes> {
        let other = |error: ReportError| FileError::Other(Some(error.to_string().into()));
        let segments: Vec<&str> = path.split('/').collect();
        match segments[..] {
            ["runs.json"] => Ok(Bytes::from_string(self.runs_as_json())),
            ["references.json"] => Ok(Bytes::from_string(self.references.clone())),
            ["published.toml"] => self.file_at(&self.runs.repository().join("assets/published.toml")),
            ["data", table] => self.file_at(&self.runs.repository().join("assets/earthquakes").join(table)),
            ["runs", run, file] => {
                let bytes = self.file_at(&self.runs.path(run, file).map_err(other)?)?;
                if file.ends_with(".svg") { outlined(&bytes) } else { Ok(bytes) }
            }
            ["figures", name] => {
                let svg = drawn::draw(name.trim_end_matches(".svg"), &self.runs).map_err(other)?;
                outlined(svg.as_bytes())
            }
            _ => self.file_at(&self.text.join(path)),
        }
    }

    fn file_at(&self, path: &Path) -> FileResult<Bytes> {
        fs::read(path).map(Bytes::new).map_err(|error| FileError::from_io(error, path))
    }

    /// What captions say of each run: the commands of each file, and whether the run is a short one.
    fn runs_as_json(&self) -> String {
        let mut all = serde_json::Map::new();
        for run in self.runs.all() {
            let command = |step: &Step| format!("elbo {}", step.command.replace("OUTPUTS", "outputs"));
            let mut commands = serde_json::Map::new();
            for (index, step) in run.steps.iter().enumerate() {
                // What a later step needs, the first has made.
                let needed: Vec<String> = run.steps[..index.min(1)].iter().chain([step]).map(command).collect();
                commands.extend(step.makes.iter().map(|file| (file.clone(), needed.clone().into())));
            }
            let entry = serde_json::json!({ "commands": commands, "short": self.runs.is_short(run) });
            all.insert(run.name.clone(), entry);
        }
        serde_json::Value::Object(all).to_string()
    }
}

/// The same picture with its letters as outlines: a browser has no Inter.
fn outlined(svg: &[u8]) -> FileResult<Bytes> {
    let svg = std::str::from_utf8(svg).map_err(|_| FileError::InvalidUtf8)?;
    let outlined = figures::svg_with_outlines(svg).map_err(|error| FileError::Other(Some(error.to_string().into())))?;
    Ok(Bytes::from_string(outlined))
}

impl World for Report {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        let text = String::from_utf8(self.file(id)?.to_vec()).map_err(|_| FileError::InvalidUtf8)?;
        Ok(Source::new(id, text))
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        // A thread that panicked while it read has left nothing half-done behind.
        let mut read = self.read.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        read.entry(id).or_insert_with(|| self.read(id.vpath().get_without_slash())).clone()
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.get(index).cloned()
    }

    /// No date: the same runs give the same bytes on each day.
    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        None
    }
}
