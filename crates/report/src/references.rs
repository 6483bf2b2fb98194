//! The equations and the code and the tests that they name, which must be there.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::ReportError;

/// The list, from the root of the repository.
const LIST: &str = "crates/report/references.toml";

/// A place in the code: a file and the name of something that is defined there.
pub type Place = (String, String);

/// What an equation, or an entry of the errata, stands on.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// What computes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Place>,
    /// The test that checks it.
    pub test: Place,
}

/// All references: `[equation.KEY]` for numbered equations, `[erratum.KEY]` for the errata.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct References {
    /// By the key of the equation in the text.
    pub equation: BTreeMap<String, Reference>,
    /// By the key of the erratum in the text.
    pub erratum: BTreeMap<String, Reference>,
}

impl References {
    /// Reads the list of a repository.
    ///
    /// # Errors
    /// When it is not there or cannot be understood.
    pub fn read(repository: &Path) -> Result<Self, ReportError> {
        let path = repository.join(LIST);
        let text = fs::read_to_string(&path).map_err(|_| ReportError::NotInRepository { path: path.clone() })?;
        toml::from_str(&text).map_err(|error| ReportError::Unreadable { path, reason: error.to_string() })
    }

    /// Checks that every place exists below `root`.
    ///
    /// # Errors
    /// With one line for each that does not.
    pub fn check(&self, root: &Path) -> Result<(), ReportError> {
        let equations = self.equation.iter().map(|(key, reference)| (key, reference, true));
        let errata = self.erratum.iter().map(|(key, reference)| (key, reference, false));
        let mut mistakes = Vec::new();
        for (key, reference, is_equation) in equations.chain(errata) {
            match &reference.code {
                Some((file, item)) if !defines(root, file, item) => {
                    mistakes.push(format!("  {key}: {file} does not define {item}"));
                }
                None if is_equation => mistakes.push(format!("  {key}: no code is named")),
                Some(_) | None => {}
            }
            let (file, test) = &reference.test;
            if !tests(root, file, test) {
                mistakes.push(format!("  {key}: {file} has no test {test}"));
            }
        }
        if mistakes.is_empty() { Ok(()) } else { Err(ReportError::References { mistakes: mistakes.join("\n") }) }
    }
}

/// Whether a line of the file defines an item, or a variant or field, of this name. `Type::name` needs an `impl` or `enum` of
/// the type, too.
fn defines(root: &Path, file: &str, item: &str) -> bool {
    let Ok(text) = fs::read_to_string(root.join(file)) else { return false };
    item.split("::").all(|name| text.lines().any(|line| is_definition(line, name)))
}

fn is_definition(line: &str, name: &str) -> bool {
    const WORDS: [&str; 8] = ["fn", "struct", "enum", "trait", "const", "type", "macro_rules!", "mod"];
    let line = line.trim_start();
    let words: Vec<&str> = line.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '!')).collect();
    words.windows(2).any(|pair| WORDS.contains(&pair[0]) && pair[1] == name)
        || (line.starts_with("impl") && words.contains(&name))
        || (words[0] == name && (line.ends_with(',') || line.ends_with('{')))
}

/// Whether the file has a function of this name below `#[test]`.
fn tests(root: &Path, file: &str, test: &str) -> bool {
    let Ok(text) = fs::read_to_string(root.join(file)) else { return false };
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let heading = format!("fn {test}(");
    (0..lines.len()).any(|at| {
        lines[at].contains(&heading)
            && lines[..at].iter().rev().take_while(|line| line.starts_with(['#', '/'])).any(|line| *line == "#[test]")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
    }

    #[test]
    fn every_equation_names_code_and_a_test_that_exist() {
        let text = include_str!("../references.toml");
        let references: References = toml::from_str(text).unwrap();
        references.check(&repository()).unwrap();
    }

    #[test]
    fn every_reference_stands_in_the_text_once() {
        let references: References = toml::from_str(include_str!("../references.toml")).unwrap();
        let folder = repository().join("crates/report/text");
        let files = fs::read_dir(folder).unwrap().map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
        let text: String = files.collect();
        for key in references.equation.keys() {
            assert_eq!(text.matches(&format!("#eq(\"{key}\"")).count(), 1, "{key}");
        }
        for key in references.erratum.keys() {
            assert_eq!(text.matches(&format!("erratum(\"{key}\"")).count(), 1, "{key}");
        }
    }

    #[test]
    fn what_is_not_there_is_named() {
        let reference = |item: &str, test: &str| Reference {
            code: Some(("crates/report/src/references.rs".into(), item.into())),
            test: ("crates/report/src/references.rs".into(), test.into()),
        };
        let list = |reference| References {
            equation: BTreeMap::from([("bound".to_owned(), reference)]),
            erratum: BTreeMap::new(),
        };
        let this = "what_is_not_there_is_named";
        list(reference("References::check", this)).check(&repository()).unwrap();
        list(reference("LIST", this)).check(&repository()).unwrap();
        let message = |reference| list(reference).check(&repository()).unwrap_err().to_string();
        assert!(message(reference("References::absent", this)).contains("does not define References::absent"));
        // A function that is no test, and one that is only spoken of.
        assert!(message(reference("LIST", "repository")).contains("has no test repository"));
        assert!(
            message(reference("LIST", "absent")).contains("bound: crates/report/src/references.rs has no test absent")
        );
    }
}
