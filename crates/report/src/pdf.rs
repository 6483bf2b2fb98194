//! The report as a PDF.

use typst::World;
use typst::foundations::{Label, Selector, Smart};
use typst::introspection::Introspector;
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
/// When Typst refuses the text.
pub fn build(world: &dyn World) -> Result<Pdf, ReportError> {
    let document: PagedDocument = diagnostics::unwrap(world, typst::compile(world))?;
    let options = PdfOptions { ident: Smart::Custom("elbo-report".into()), timestamp: None, ..PdfOptions::default() };
    let bytes = pdf(&document, &options).map_err(|errors| diagnostics::error(world, &errors))?;
    Ok(Pdf { bytes, pages: document.pages().len(), equations: numbers(&document) })
}

/// How many numbers of equations stand in the document.
fn numbers(document: &PagedDocument) -> usize {
    Label::new(PicoStr::intern("equation-number"))
        .map_or(0, |label| document.introspector().query(&Selector::Label(label)).len())
}
