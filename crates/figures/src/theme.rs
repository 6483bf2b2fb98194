//! The common look of all figures: colours, font, sizes.

/// Families of all text; the first is the font that is compiled in.
pub(crate) const FONT_FAMILY: &str = "Inter, sans-serif";

/// The background of an SVG figure.
pub(crate) const BACKGROUND: &str = "#ffffff";
/// Titles, tick labels and axis labels.
pub(crate) const TEXT: &str = "#24292f";
/// Notes below the title.
pub(crate) const MUTED_TEXT: &str = "#57606a";
/// Grid lines.
pub(crate) const GRID_LINE: &str = "#e4e7eb";
/// The frame of a plot and its tick marks.
pub(crate) const FRAME_LINE: &str = "#8c959f";

/// Text sizes in pixels.
pub(crate) const TITLE_SIZE: f64 = 18.0;
/// See [`TITLE_SIZE`].
pub(crate) const LABEL_SIZE: f64 = 14.0;
/// See [`TITLE_SIZE`].
pub(crate) const TICK_SIZE: f64 = 13.0;
/// From the middle of Inter's capitals and digits to the baseline, in em.
pub(crate) const HALF_CAPITAL: f64 = 0.364;
/// Free space along the edges of a figure, in pixels.
pub(crate) const MARGIN: f64 = 20.0;

/// Ten colours for classes and series.
///
/// Source: M. A. Petroff (2021), "Accessible Color Sequences for Data Visualization",
/// arXiv:2107.02270: ten colours that stay apart under the three common colour vision deficiencies.
pub(crate) const CLASS_COLOURS: [&str; 10] =
    ["#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6", "#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd"];

/// Colours of curves: darker than [`CLASS_COLOURS`], since a line is thin.
///
/// Source: M. Okabe and K. Ito (2008), "Color Universal Design", the palette's dark members.
pub(crate) const LINE_COLOURS: [&str; 5] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#000000"];

/// Estimates the width of a text in pixels, a little on the wide side.
///
/// The steps are upper bounds of the advance widths of Inter Regular 3.019, in em; a figure that
/// leaves this much space cuts no label.
pub(crate) fn text_width(text: &str, size: f64) -> f64 {
    let em = |character: char| match character {
        'i' | 'j' | 'l' | 'I' | '\'' | ' ' | '!' | ',' | '.' | ':' | ';' => 0.29,
        'f' | 't' | 'r' | '|' | '(' | ')' | '[' | ']' | '/' | '{' | '}' | '"' => 0.41,
        '-' | '1' | '_' => 0.47,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 0.96,
        'C' | 'D' | 'G' | 'H' | 'N' | 'O' | 'Q' | 'U' => 0.77,
        character if character.is_ascii() => 0.69,
        '\u{2212}' => 0.67,
        _ => 1.02,
    };
    text.chars().map(em).sum::<f64>() * size
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{canvas::Canvas, raster::parse};

    #[test]
    fn no_text_is_wider_than_its_estimate() {
        for text in ["vae-exponential-200", "MWMW", "\u{2212}170.6", "[1, 2] & {x}", "jumping fox"] {
            let mut canvas = Canvas::new(600.0, 50.0);
            canvas.text((0.0, 30.0), &crate::canvas::TextStyle::new(TITLE_SIZE), text);
            let tree = parse(&canvas.finish()).unwrap();
            let resvg::usvg::Node::Text(node) = tree.root().children().last().unwrap() else {
                panic!("no text node");
            };
            let width = f64::from(node.bounding_box().width());
            let estimate = text_width(text, TITLE_SIZE);
            assert!(width <= estimate, "{text}: {width} > {estimate}");
            assert!(width >= 0.6 * estimate, "{text}: {width} << {estimate}");
        }
    }
}
