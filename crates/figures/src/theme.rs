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

/// The colour of the component of this index; after ten they come again.
pub(crate) fn component_colour(component: usize) -> &'static str {
    CLASS_COLOURS[component % CLASS_COLOURS.len()]
}

/// A darker shade of a colour `#rrggbb`, for thin lines on an area of that colour.
pub(crate) fn darker(colour: &str) -> String {
    let channel = |start: usize| {
        let text = colour.get(start..start + 2).unwrap_or_default();
        u32::from_str_radix(text, 16).unwrap_or_default() * 6 / 10
    };
    format!("#{:02x}{:02x}{:02x}", channel(1), channel(3), channel(5))
}

/// Units of an em in Inter Regular 3.019, in which [`ADVANCES`] are counted.
const UNITS_PER_EM: f64 = 2816.0;
/// Advance widths of `' '` to `'~'`, as Inter's table `hmtx` has them.
const ADVANCES: [u16; 95] = [
    792, 784, 1136, 1776, 1796, 2288, 1800, 624, 1020, 1020, 1408, 1856, 788, 1296, 776, 1004, 1760, 1308, 1704, 1792,
    1808, 1712, 1756, 1608, 1736, 1756, 776, 788, 1856, 1856, 1856, 1428, 2636, 1904, 1832, 2048, 2024, 1684, 1652,
    2092, 2084, 744, 1528, 1836, 1584, 2504, 2120, 2144, 1788, 2144, 1800, 1796, 1808, 2088, 1904, 2672, 1808, 1872,
    1760, 1020, 1004, 1020, 1320, 1272, 1400, 1588, 1748, 1572, 1748, 1640, 1016, 1716, 1664, 668, 668, 1532, 668,
    2448, 1648, 1680, 1716, 1716, 1048, 1472, 1024, 1636, 1568, 2288, 1520, 1568, 1524, 1020, 920, 1020, 1856,
];

/// The width of a text in pixels without kerning, which seldom makes a text wider.
///
/// Characters beyond ASCII are few; each counts as wide as an em and some more.
pub(crate) fn text_width(text: &str, size: f64) -> f64 {
    let units = |character: char| match character {
        ' '..='~' => ADVANCES[character as usize - ' ' as usize],
        '\u{2212}' => 1856,
        _ => 2872,
    };
    text.chars().map(|character| f64::from(units(character))).sum::<f64>() / UNITS_PER_EM * size
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        canvas::{Canvas, TextStyle},
        raster::parse,
    };

    /// The width with which a text is drawn.
    fn drawn_width(text: &str, size: f64) -> f64 {
        let mut canvas = Canvas::new(600.0, 50.0);
        canvas.text((0.0, 30.0), &TextStyle::new(size), text);
        let tree = parse(&canvas.finish()).unwrap();
        let resvg::usvg::Node::Text(node) = tree.root().children().last().unwrap() else {
            panic!("no text node");
        };
        f64::from(node.bounding_box().width())
    }

    #[test]
    fn each_letter_has_the_advance_of_the_font() {
        for letter in ('!'..='~').chain(['\u{2212}']).map(String::from) {
            let (width, estimate) = (drawn_width(&letter, 100.0), text_width(&letter, 100.0));
            assert!((width - estimate).abs() < 0.01, "{letter}: {width}, not {estimate}");
        }
    }

    #[test]
    fn a_darker_shade_has_three_fifths_of_each_channel() {
        assert_eq!(darker("#3f90da"), "#255682");
        assert_eq!(darker(component_colour(10)), darker(CLASS_COLOURS[0]));
    }

    #[test]
    fn kerning_changes_little() {
        for text in
            ["vae-exponential-200", "MWMW", "\u{2212}170.6", "[1, 2] & {x}", "the two most active of 200 latents"]
        {
            let (width, estimate) = (drawn_width(text, TITLE_SIZE), text_width(text, TITLE_SIZE));
            assert!((0.97 * estimate..estimate + 0.01).contains(&width), "{text}: {width}, not {estimate}");
        }
    }
}
