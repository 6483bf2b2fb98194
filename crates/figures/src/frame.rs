//! The frame of a plot: captions, ticks and the mapping from values to pixels.

use crate::{
    axis::Axis,
    canvas::{Anchor, Canvas, TextStyle, number},
    theme::{FRAME_LINE, GRID_LINE, HALF_CAPITAL, LABEL_SIZE, MARGIN, MUTED_TEXT, TICK_SIZE, TITLE_SIZE, text_width},
};

/// Free space between a tick label and the plot.
pub(crate) const TICK_GAP: f64 = 9.0;

/// The texts around a plot; empty ones take no space.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Captions<'a> {
    pub title: &'a str,
    /// Lines below the title, for what a reader must know about the plot.
    pub notes: &'a [String],
    pub x_label: &'a str,
    pub y_label: &'a str,
}

/// What leads the eye from a tick into the plot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TickLines {
    /// Lines across the whole plot.
    Grid,
    /// Short marks outside of it.
    Marks,
}

/// The rectangle of a plot with its two axes; lengths are pixels.
#[derive(Debug)]
pub(crate) struct Frame {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
    x: Axis,
    y: Axis,
}

impl Frame {
    /// Places a plot of the given size so that the captions and tick labels fit around it.
    pub(crate) fn new(captions: &Captions, axes: (Axis, Axis), size: (f64, f64)) -> Self {
        let (x, y) = axes;
        let line = |text: &str, height: f64| if text.is_empty() { 0.0 } else { height };
        let tick_widths = y.ticks.iter().map(|(_, label)| text_width(label, TICK_SIZE));
        // Whole pixels, so that an embedded picture stays crisp.
        Self {
            left: (MARGIN + line(captions.y_label, 1.8 * LABEL_SIZE) + tick_widths.fold(0.0, f64::max) + TICK_GAP)
                .ceil(),
            top: (MARGIN
                + line(captions.title, 1.6 * TITLE_SIZE)
                + captions.notes.len() as f64 * 1.5 * TICK_SIZE
                + line(captions.notes.first().map_or("", String::as_str), 4.0))
            .ceil(),
            width: size.0,
            height: size.1,
            x,
            y,
        }
    }

    /// A plot with its top left corner at `at`; the caller leaves room for its ticks.
    pub(crate) fn placed(axes: (Axis, Axis), at: (f64, f64), size: (f64, f64)) -> Self {
        let (x, y) = axes;
        Self { left: at.0, top: at.1, width: size.0, height: size.1, x, y }
    }

    /// Pixel of a point.
    pub(crate) fn at(&self, x: f64, y: f64) -> (f64, f64) {
        (self.left + self.width * self.x.fraction(x), self.top + self.height * (1.0 - self.y.fraction(y)))
    }

    /// A canvas with captions and ticks drawn, and room for a `legend` (width, height) beside the plot.
    pub(crate) fn canvas(&self, captions: &Captions, lines: TickLines, legend: (f64, f64)) -> Canvas {
        let plot_right = self.left + self.width;
        // A tick label in the corner reaches half its width beyond the plot.
        let overhang = self
            .x
            .ticks
            .last()
            .map_or(0.0, |(value, label)| self.at(*value, 0.0).0 + text_width(label, TICK_SIZE) / 2.0 - plot_right);
        let label_half = text_width(captions.x_label, LABEL_SIZE) / 2.0;
        let centred = self.left + self.width / 2.0 + label_half;
        let title = self.left + text_width(captions.title, TITLE_SIZE);
        let notes = captions.notes.iter().map(|note| self.left + text_width(note, TICK_SIZE));
        let width = [plot_right + overhang, plot_right + legend.0, centred, title];
        let width = notes.chain(width).fold(0.0, f64::max) + MARGIN;
        let mut height = self.top + self.height + TICK_GAP + MARGIN;
        height += if self.x.ticks.is_empty() { 0.0 } else { TICK_SIZE };
        height += if captions.x_label.is_empty() { 0.0 } else { 1.9 * LABEL_SIZE };
        // A y label longer than the plot is high needs the height itself.
        height = height.max(text_width(captions.y_label, LABEL_SIZE) + 2.0 * MARGIN).max(self.top + legend.1 + MARGIN);

        let mut canvas = Canvas::new(width.ceil(), height.ceil());
        self.draw_captions(&mut canvas, captions, height);
        self.draw_ticks(&mut canvas, lines);
        canvas
    }

    /// Cuts what is drawn from here on at the border of the plot, until [`Frame::close_clip`].
    pub(crate) fn open_clip(&self, canvas: &mut Canvas) {
        // A nested SVG does so without an id that could clash in a page.
        let view = [self.left, self.top, self.width, self.height].map(number);
        canvas.raw(&format!("<svg {} viewBox=\"{}\">", self.rectangle(), view.join(" ")));
    }

    /// Ends [`Frame::open_clip`].
    pub(crate) fn close_clip(&self, canvas: &mut Canvas) {
        canvas.raw("</svg>");
    }

    /// Draws the border of the plot, on top of what it holds.
    pub(crate) fn draw_border(&self, canvas: &mut Canvas) {
        canvas.raw(&format!(
            "<rect {} fill=\"none\" stroke=\"{FRAME_LINE}\" shape-rendering=\"crispEdges\"/>",
            self.rectangle()
        ));
    }

    /// The attributes `x`, `y`, `width` and `height` of the plot.
    pub(crate) fn rectangle(&self) -> String {
        format!(
            "x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"",
            number(self.left),
            number(self.top),
            number(self.width),
            number(self.height)
        )
    }

    fn draw_captions(&self, canvas: &mut Canvas, captions: &Captions, height: f64) {
        let mut baseline = MARGIN;
        if !captions.title.is_empty() {
            let at = (self.left, baseline + 0.8 * TITLE_SIZE);
            canvas.text(at, &TextStyle::new(TITLE_SIZE), captions.title);
            baseline += 1.6 * TITLE_SIZE;
        }
        for note in captions.notes {
            let style = TextStyle { colour: MUTED_TEXT, ..TextStyle::new(TICK_SIZE) };
            canvas.text((self.left, baseline + 0.8 * TICK_SIZE), &style, note);
            baseline += 1.5 * TICK_SIZE;
        }
        let label = TextStyle::new(LABEL_SIZE).anchored(Anchor::Middle);
        if !captions.x_label.is_empty() {
            let below = TICK_GAP + TICK_SIZE + 1.6 * LABEL_SIZE;
            let at = (self.left + self.width / 2.0, self.top + self.height + below);
            canvas.text(at, &label, captions.x_label);
        }
        if !captions.y_label.is_empty() {
            let style = TextStyle { rotation: -90.0, ..label };
            let half = text_width(captions.y_label, LABEL_SIZE) / 2.0;
            let lowest = (height - MARGIN - half).max(MARGIN + half);
            let middle = (self.top + self.height / 2.0).max(MARGIN + half).min(lowest);
            canvas.text((MARGIN + 0.8 * LABEL_SIZE, middle), &style, captions.y_label);
        }
    }

    /// Draws the ticks of both axes with their labels.
    pub(crate) fn draw_ticks(&self, canvas: &mut Canvas, lines: TickLines) {
        let (right, bottom) = (self.left + self.width, self.top + self.height);
        for (value, label) in &self.x.ticks {
            let x = self.at(*value, 0.0).0;
            match lines {
                TickLines::Grid => canvas.line((x, self.top), (x, bottom), GRID_LINE),
                TickLines::Marks => canvas.line((x, bottom), (x, bottom + 4.0), FRAME_LINE),
            }
            let style = TextStyle::new(TICK_SIZE).anchored(Anchor::Middle);
            canvas.text((x, bottom + TICK_GAP + 0.8 * TICK_SIZE), &style, label);
        }
        for (value, label) in &self.y.ticks {
            let y = self.at(0.0, *value).1;
            match lines {
                TickLines::Grid => canvas.line((self.left, y), (right, y), GRID_LINE),
                TickLines::Marks => canvas.line((self.left - 4.0, y), (self.left, y), FRAME_LINE),
            }
            let style = TextStyle::new(TICK_SIZE).anchored(Anchor::End);
            let at = (self.left - TICK_GAP, y + HALF_CAPITAL * TICK_SIZE);
            canvas.text(at, &style, label);
        }
    }
}
