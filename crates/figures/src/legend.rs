//! Legends to the right of a plot.

use crate::{
    canvas::{Canvas, TextStyle, number},
    frame::Frame,
    theme::{HALF_CAPITAL, TICK_SIZE, text_width},
};

/// Free space between the plot and its legend.
const GAP: f64 = 18.0;
/// Width of a mark with the space behind it.
const MARK_WIDTH: f64 = 28.0;
/// Distance of two baselines.
const LINE_HEIGHT: f64 = 22.0;

/// What stands before each label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Line,
    Dot,
    Area,
}

/// One line of a legend.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub label: &'a str,
    pub colour: &'a str,
    /// The `stroke-dasharray` of a line, empty for a solid one.
    pub dashes: &'a str,
}

/// Width and height that a legend takes beside the plot, in pixels.
pub(crate) fn size(entries: &[Entry]) -> (f64, f64) {
    let labels = entries.iter().map(|entry| text_width(entry.label, TICK_SIZE));
    let width = GAP + MARK_WIDTH + labels.fold(0.0, f64::max);
    (width, entries.len() as f64 * LINE_HEIGHT)
}

/// Draws a legend from the top right corner of the plot downwards.
pub(crate) fn draw(canvas: &mut Canvas, frame: &Frame, mark: Mark, entries: &[Entry]) {
    for (place, entry) in entries.iter().enumerate() {
        draw_at(canvas, frame, place, mark, entry);
    }
}

/// Draws the line of a legend that stands at this place, counted from the top.
pub(crate) fn draw_at(canvas: &mut Canvas, frame: &Frame, place: usize, mark: Mark, entry: &Entry) {
    let left = frame.left + frame.width + GAP;
    let y = frame.top + (place as f64 + 0.5) * LINE_HEIGHT;
    let (x, middle, colour) = (number(left), number(y), entry.colour);
    match mark {
        Mark::Line => canvas
            .raw(&format!("<path d=\"M{x} {middle}h20\" stroke=\"{colour}\" stroke-width=\"2.5\"{}/>", entry.dashes)),
        Mark::Dot => {
            canvas.raw(&format!("<circle cx=\"{}\" cy=\"{middle}\" r=\"5\" fill=\"{colour}\"/>", number(left + 10.0)))
        }
        Mark::Area => canvas.raw(&format!(
            "<rect x=\"{x}\" y=\"{}\" width=\"20\" height=\"12\" fill=\"{colour}\" fill-opacity=\".5\"/>",
            number(y - 6.0)
        )),
    }
    let at = (left + MARK_WIDTH, y + HALF_CAPITAL * TICK_SIZE);
    canvas.text(at, &TextStyle::new(TICK_SIZE), entry.label);
}
