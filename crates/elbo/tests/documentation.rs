//! Every public type of the libraries shows itself in use.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};

const LIBRARIES: [&str; 6] = ["distributions", "kernels", "models", "train", "figures", "cavi"];

/// The Rust files below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let below = |path: PathBuf| if path.is_dir() { sources(&path) } else { vec![path] };
    entries.flat_map(below).filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

/// The names of public types, and whether the comment above each holds an example that is compiled and run.
fn types(text: &str) -> Vec<(String, bool)> {
    let lines: Vec<&str> = text.lines().collect();
    let declared = |line: &str| {
        let rest = ["pub struct ", "pub enum ", "pub trait "].iter().find_map(|start| line.strip_prefix(start))?;
        Some(rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default().to_owned())
    };
    let has_example = |place: usize| {
        let above = lines[..place].iter().rev().take_while(|line| !line.is_empty() && !line.starts_with('}')).count();
        // Every other fence opens a block.
        let mut fences = lines[place - above..place].iter().filter_map(|line| line.strip_prefix("/// ```")).step_by(2);
        fences.any(|language| matches!(language, "" | "rust"))
    };
    (0..lines.len()).filter_map(|place| Some((declared(lines[place])?, has_example(place)))).collect()
}

#[test]
fn every_public_type_has_a_runnable_example() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = 0;
    let mut without = Vec::new();
    for path in LIBRARIES.iter().flat_map(|library| sources(&crates.join(library).join("src"))) {
        for (name, has_example) in types(&fs::read_to_string(&path).unwrap()) {
            found += 1;
            if !has_example {
                without.push(format!("{name} in {}", path.display()));
            }
        }
    }
    assert!(found > 200, "only {found} types were found: the search is at fault");
    assert!(without.is_empty(), "types without an example:\n{}", without.join("\n"));
}

#[test]
fn an_example_of_another_type_or_one_that_does_not_run_does_not_count() {
    let text = "/// ```\n/// ```\npub struct Shown;\n\n/// A.\n#[derive(Debug)]\npub enum Bare<const D: usize> {\n    A,\n}\n\n\
        /// ```no_run\n/// ```\npub trait Idle: Sized {\n}\n";
    let expected = [("Shown", true), ("Bare", false), ("Idle", false)];
    assert_eq!(types(text), expected.map(|(name, shown)| (name.to_owned(), shown)));
}
