//! Typst's mistakes and warnings as lines with a place.

use typst::diag::{SourceDiagnostic, SourceResult, Warned};
use typst::{World, WorldExt};

use crate::error::ReportError;

/// The document, if there is neither a mistake nor a warning: a glyph that no font has is a warning.
///
/// # Errors
/// With all messages.
pub fn unwrap<T>(world: &dyn World, result: Warned<SourceResult<T>>) -> Result<T, ReportError> {
    let document = result.output.map_err(|errors| error(world, &errors))?;
    let warnings: Vec<_> = result.warnings.into_iter().filter(|warning| !is_of_html_itself(warning)).collect();
    if warnings.is_empty() { Ok(document) } else { Err(error(world, &warnings)) }
}

/// The notes that HTML export is young and that a page has no pages, which say nothing of the text.
fn is_of_html_itself(warning: &SourceDiagnostic) -> bool {
    ["html export is under active development", "page set rule was ignored during HTML export"]
        .iter()
        .any(|note| warning.message.contains(note))
}

/// All messages as one error.
pub fn error(world: &dyn World, diagnostics: &[SourceDiagnostic]) -> ReportError {
    let lines: Vec<String> = diagnostics.iter().map(|diagnostic| line(world, diagnostic)).collect();
    ReportError::Typesetting { messages: lines.join("\n") }
}

fn line(world: &dyn World, diagnostic: &SourceDiagnostic) -> String {
    let place = diagnostic.span.id().map(|id| {
        let name = id.vpath().get_without_slash().to_owned();
        let range = world.range(diagnostic.span).zip(world.source(id).ok());
        let number = range.and_then(|(range, source)| source.lines().byte_to_line(range.start));
        number.map_or_else(|| name.clone(), |number| format!("{name}:{}", number + 1))
    });
    let hints: String = diagnostic.hints.iter().map(|hint| format!(" ({})", hint.v)).collect();
    format!("  {}: {}{hints}", place.unwrap_or_else(|| "text".into()), diagnostic.message)
}
