//! Histograms with a fitted predictive over each, one panel a component, as SVG.

mod panel;

use crate::{
    FigureError,
    axis::{Axis, TickKind},
    canvas::{Anchor, Canvas, TextStyle, number},
    frame::{Frame, TICK_GAP, TickLines},
    range::extent,
    theme::{FRAME_LINE, HALF_CAPITAL, LABEL_SIZE, MARGIN, TEXT, TICK_SIZE, TITLE_SIZE, text_width},
};
pub use panel::{HistogramPanel, Predictive};

/// Most panels of one figure.
const MAX_PANELS: usize = 12;
/// Height of the title of a panel.
const PANEL_TITLE: f64 = 24.0;
/// Free space between two panels.
const GAP: f64 = 20.0;
/// Width of a mark of the legend, and the space behind its label.
const MARK: (f64, f64) = (26.0, 24.0);

/// Small histograms that share the x axis, each with the predictive of its component.
///
/// Each panel has its own y axis, since the height of a probability mass depends on its width. What is
/// drawn is the density: the count of a bin, over the width of the bin and the counts of all bins.
///
/// # Examples
/// ```
/// use figures::{HistogramPanel, Histograms, Predictive};
///
/// let panel = |component, counts: [f64; 3]| HistogramPanel {
///     title: format!("component {component}"),
///     component,
///     edges: vec![-0.5, 0.5, 1.5, 2.5],
///     counts: counts.to_vec(),
///     predictive: Predictive::Mass(vec![(0.0, 0.5), (1.0, 0.3), (2.0, 0.2)]),
/// };
/// let mut figure = Histograms {
///     title: "Strengths".into(),
///     x_label: "stations".into(),
///     y_label: "probability".into(),
///     observed_label: "observed".into(),
///     predictive_label: "predicted".into(),
///     panels: vec![panel(0, [50.0, 30.0, 20.0]), panel(1, [0.5, 0.3, 0.2])],
/// };
/// // Each of three integers has a dot in either panel; all counts will do, since densities are drawn.
/// assert_eq!(figure.to_svg()?.matches("<circle").count(), 6);
/// figure.panels = vec![panel(0, [1.0; 3]); 13];
/// let error = figure.to_svg().unwrap_err().to_string();
/// assert!(error.starts_with("13 panels are too many for one figure"));
/// # Ok::<(), figures::FigureError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Histograms {
    /// Stands above all panels.
    pub title: String,
    /// Stands below all panels, such as `stations`.
    pub x_label: String,
    /// Stands left of all panels, such as `probability`.
    pub y_label: String,
    /// What the bars are, such as `observed, weighted by responsibility`.
    pub observed_label: String,
    /// What the points or the line are, such as `fitted Poisson-gamma predictive`.
    pub predictive_label: String,
    /// The panels, row by row, at most 12.
    pub panels: Vec<HistogramPanel>,
}

impl Histograms {
    /// Draws the figure as an SVG document.
    ///
    /// # Errors
    /// [`FigureError::Empty`] without panels or if a panel has neither counts nor a predictive,
    /// [`FigureError::TooMany`] for more than 12 panels, [`FigureError::Bins`] if edges do not match
    /// counts or do not rise, [`FigureError::Value`] for a count or density that is negative, or for
    /// any number that is not finite.
    pub fn to_svg(&self) -> Result<String, FigureError> {
        match self.panels.len() {
            0 => return Err(FigureError::Empty { title: self.title.clone(), what: "panels" }),
            found if found > MAX_PANELS => {
                let advice = "draw the largest components in figures";
                return Err(FigureError::TooMany { what: "panels", found, limit: MAX_PANELS, advice });
            }
            _ => self.panels.iter().try_for_each(HistogramPanel::validate)?,
        }
        let grid = Grid::new(self);
        let mut canvas = Canvas::new(grid.width.ceil(), grid.height.ceil());
        self.draw_captions(&mut canvas, &grid);
        for (index, panel) in self.panels.iter().enumerate() {
            let at = grid.corner(index);
            canvas.text((at.0, at.1 - 8.0), &TextStyle::new(LABEL_SIZE), &panel.title);
            let frame = Frame::placed((grid.x.clone(), panel.y_axis(grid.panel.1)), at, grid.panel);
            frame.draw_ticks(&mut canvas, TickLines::Grid);
            panel.draw(&mut canvas, &frame);
            frame.draw_border(&mut canvas);
        }
        Ok(canvas.finish())
    }

    /// Draws the title, the legend below it and the labels of the axes.
    fn draw_captions(&self, canvas: &mut Canvas, grid: &Grid) {
        if !self.title.is_empty() {
            canvas.text((grid.left, MARGIN + 0.8 * TITLE_SIZE), &TextStyle::new(TITLE_SIZE), &self.title);
        }
        let middle = grid.legend_middle;
        let mut left = grid.left;
        for (is_line, label) in [(false, &self.observed_label), (true, &self.predictive_label)] {
            if label.is_empty() {
                continue;
            }
            let (x, y) = (number(left), number(middle));
            canvas.raw(&match is_line {
                false => format!(
                    "<rect x=\"{x}\" y=\"{}\" width=\"18\" height=\"11\" fill=\"{FRAME_LINE}\" fill-opacity=\".6\"/>",
                    number(middle - 5.5)
                ),
                true => format!("<path d=\"M{x} {y}h18\" stroke=\"{TEXT}\" stroke-width=\"{}\"/>", panel::LINE_WIDTH),
            });
            let at = (left + MARK.0, middle + HALF_CAPITAL * TICK_SIZE);
            canvas.text(at, &TextStyle::new(TICK_SIZE), label);
            left += legend_width(label);
        }
        let label = TextStyle::new(LABEL_SIZE).anchored(Anchor::Middle);
        let (centre_x, centre_y) = grid.centre();
        if !self.x_label.is_empty() {
            let half = text_width(&self.x_label, LABEL_SIZE) / 2.0;
            canvas.text((centre_x.max(MARGIN + half), grid.bottom + 1.6 * LABEL_SIZE), &label, &self.x_label);
        }
        if !self.y_label.is_empty() {
            let style = TextStyle { rotation: -90.0, ..label };
            let half = text_width(&self.y_label, LABEL_SIZE) / 2.0;
            let middle = centre_y.min(grid.height - MARGIN - half).max(MARGIN + half);
            canvas.text((MARGIN + 0.8 * LABEL_SIZE, middle), &style, &self.y_label);
        }
    }
}

/// Where everything lies, in pixels.
struct Grid {
    /// The axis that all panels share.
    x: Axis,
    columns: usize,
    rows: usize,
    /// Width and height of a panel.
    panel: (f64, f64),
    /// From one panel to the next.
    step: (f64, f64),
    /// Left and top end of the first panel.
    left: f64,
    top: f64,
    legend_middle: f64,
    /// Below the tick labels of the last row.
    bottom: f64,
    width: f64,
    height: f64,
}

impl Grid {
    fn new(figure: &Histograms) -> Self {
        let count = figure.panels.len();
        let (columns, panel): (usize, (f64, f64)) = match count {
            0 | 1 => (1, (520.0, 300.0)),
            2 => (2, (330.0, 210.0)),
            3 => (3, (260.0, 180.0)),
            4 => (2, (330.0, 210.0)),
            5 | 6 | 9 => (3, (260.0, 170.0)),
            _ => (4, (215.0, 150.0)),
        };
        let rows = count.div_ceil(columns);
        let values = || figure.panels.iter().flat_map(HistogramPanel::values);
        let (low, high) = extent(values()).unwrap_or_default();
        let (low, high) = if low < high { (low, high) } else { (low - 0.5, high + 0.5) };
        let x = shared_axis((low, high), panel.0);

        let line = |text: &str, height: f64| if text.is_empty() { 0.0 } else { height };
        let ticks = figure.panels.iter().flat_map(|own| own.y_axis(panel.1).ticks);
        let tick_width = ticks.map(|(_, label)| text_width(&label, TICK_SIZE)).fold(0.0, f64::max) + TICK_GAP;
        let heading = MARGIN + line(&figure.title, 1.6 * TITLE_SIZE);
        let has_legend = !(figure.observed_label.is_empty() && figure.predictive_label.is_empty());
        let step = (panel.0 + tick_width + GAP, panel.1 + PANEL_TITLE + TICK_GAP + TICK_SIZE + GAP);
        let left = (MARGIN + line(&figure.y_label, 1.8 * LABEL_SIZE) + tick_width).ceil();
        let top = (heading + if has_legend { 26.0 } else { 0.0 } + line(&figure.panels[0].title, PANEL_TITLE)).ceil();
        let right = left + (columns - 1) as f64 * step.0 + panel.0;
        let legend = legend_width(&figure.observed_label) + legend_width(&figure.predictive_label) - MARK.1;
        // A title of the last column may be wider than its panel.
        let titles = figure
            .panels
            .iter()
            .enumerate()
            .map(|(index, own)| left + (index % columns) as f64 * step.0 + text_width(&own.title, LABEL_SIZE));
        let x_label = text_width(&figure.x_label, LABEL_SIZE);
        let x_label_end = ((left + right + x_label) / 2.0).max(MARGIN + x_label);
        let others = [right + 10.0, left + legend, left + text_width(&figure.title, TITLE_SIZE), x_label_end];
        let width = titles.chain(others).fold(0.0, f64::max) + MARGIN;
        let bottom = top + (rows - 1) as f64 * step.1 + panel.1 + TICK_GAP + TICK_SIZE;
        let height = bottom + line(&figure.x_label, 1.9 * LABEL_SIZE) + MARGIN;
        // A y label longer than all panels are high needs the height itself.
        let height = height.max(text_width(&figure.y_label, LABEL_SIZE) + 2.0 * MARGIN);
        Self { x, columns, rows, panel, step, left, top, legend_middle: heading + 9.0, bottom, width, height }
    }

    /// Top left corner of a panel.
    fn corner(&self, index: usize) -> (f64, f64) {
        let (row, column) = (index / self.columns, index % self.columns);
        (self.left + column as f64 * self.step.0, self.top + row as f64 * self.step.1)
    }

    /// The middle of all panels.
    fn centre(&self) -> (f64, f64) {
        let half = |first: f64, count: usize, step: f64, size: f64| first + ((count - 1) as f64 * step + size) / 2.0;
        (half(self.left, self.columns, self.step.0, self.panel.0), half(self.top, self.rows, self.step.1, self.panel.1))
    }
}

/// An axis with as many ticks as have space for their labels on this width.
fn shared_axis((low, high): (f64, f64), width: f64) -> Axis {
    let axis = |count| Axis::with_round_ticks(low, high, count, TickKind::Any);
    let has_space = |axis: &Axis| {
        let widest = axis.ticks.iter().map(|(_, label)| text_width(label, TICK_SIZE)).fold(0.0, f64::max);
        (widest + 10.0) * axis.ticks.len() as f64 <= width
    };
    (2..=10).rev().map(axis).find(has_space).unwrap_or_else(|| axis(1))
}

fn legend_width(label: &str) -> f64 {
    if label.is_empty() { 0.0 } else { MARK.0 + text_width(label, TICK_SIZE) + MARK.1 }
}

#[cfg(test)]
mod tests;
