//! The report as a PDF.

use typst::World;
use typst::foundations::{Label, Selector, Smart};
use typst::introspection::Introspector;
use typst::layout::{Frame, FrameItem};
use typst::utils::PicoStr;
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, pdf};

use crate::diagnostics;
use crate::error::ReportError;

/// A PDF and how many equations are numbered in it.
pub struct Pdf {
    /// The file.
    pub bytes: Vec<u8>,
    /// Its pages.
    pub pages: usize,
    /// Numbered equations.
    pub equations: usize,
}

/// Sets the report in pages. It bears no date, so that the same runs give the same bytes.
///
/// # Errors
/// When Typst refuses the text, or no font has one of its characters.
pub fn build(world: &dyn World) -> Result<Pdf, ReportError> {
    let document: PagedDocument = diagnostics::unwrap(world, typst::compile(world))?;
    let mut lacking = Vec::new();
    document.pages().iter().for_each(|page| without_glyph(&page.frame, &mut lacking));
    if !lacking.is_empty() {
        return Err(ReportError::Glyphs { texts: lacking.join(", ") });
    }
    let options = PdfOptions { ident: Smart::Custom("elbo-report".into()), timestamp: None, ..PdfOptions::default() };
    let bytes = pdf(&document, &options).map_err(|errors| diagnostics::error(world, &errors))?;
    Ok(Pdf { bytes, pages: document.pages().len(), equations: numbers(&document) })
}

/// How many numbers of equations stand in the document.
fn numbers(document: &PagedDocument) -> usize {
    Label::new(PicoStr::intern("equation-number"))
        .map_or(0, |label| document.introspector().query(&Selector::Label(label)).len())
}

/// Collects the texts with a character that no font has: it would be drawn as a box.
fn without_glyph(frame: &Frame, texts: &mut Vec<String>) {
    for (_, item) in frame.items() {
        match item {
            FrameItem::Group(group) => without_glyph(&group.frame, texts),
            FrameItem::Text(text) if text.glyphs.iter().any(|glyph| glyph.id == 0) => {
                texts.push(format!("`{}`", text.text));
            }
            FrameItem::Text(_)
            | FrameItem::Shape(..)
            | FrameItem::Image(..)
            | FrameItem::Link(..)
            | FrameItem::Tag(_) => {}
        }
    }
}
