//! The report as one page that opens from disk: style, fonts and figures are inside.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use typst::World;
use typst_html::{HtmlDocument, HtmlOptions, html};

use crate::error::ReportError;
use crate::{diagnostics, fonts};

/// The style sheet.
const STYLE: &str = include_str!("style.css");

/// What every number of an equation bears in the page.
const NUMBER: &str = "class=\"equation-number\"";

/// A page and how many equations are numbered in it.
pub struct Page {
    /// The file.
    pub text: String,
    /// Numbered equations.
    pub equations: usize,
}

/// Sets the report as a page.
///
/// # Errors
/// When Typst refuses the text.
pub fn build(world: &dyn World) -> Result<Page, ReportError> {
    let document: HtmlDocument = diagnostics::unwrap(world, typst::compile(world))?;
    let text = html(&document, &HtmlOptions { pretty: false }).map_err(|errors| diagnostics::error(world, &errors))?;
    let equations = text.matches(NUMBER).count();
    let font = STANDARD.encode(fonts::mathematics());
    let face =
        format!("@font-face{{font-family:\"Report Math\";src:url(data:font/otf;base64,{font}) format(\"opentype\")}}");
    let style = format!("<style>{STYLE}{face}</style></head>");
    Ok(Page { text: text.replacen("</head>", &style, 1), equations })
}
