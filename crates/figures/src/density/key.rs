//! The legend of a density map: lines, marks and the colour bar.

use crate::{
    FigureError,
    axis::{Axis, TickKind},
    canvas::{Canvas, TextStyle, number},
    frame::Frame,
    marks::draw_cross,
    theme::{FRAME_LINE, HALF_CAPITAL, MUTED_TEXT, TICK_SIZE, text_width},
};

use super::{
    DensityMap, Grid, REGIONS, Scale,
    colour::LEVELS,
    draw::{draw_line, draw_picture, point_radius, point_style},
};

/// Free space between the plot and its legend.
const GAP: f64 = 18.0;
/// Width of a mark with the space behind it.
const MARK_WIDTH: f64 = 36.0;
/// Distance of two baselines.
const LINE_HEIGHT: f64 = 22.0;
/// Free space above the heading of the colour bar, where lines stand above it.
const GROUP_GAP: f64 = 12.0;
/// Least height and width of the colour bar.
const BAR: (f64, f64) = (120.0, 18.0);
/// From the bar to its tick labels.
const TICK_GAP: f64 = 9.0;
/// Height of the point below the bar that stands for lower densities.
const POINT: f64 = 15.0;
/// What stands above the bar.
const HEADING: &str = "log density (nats)";
/// What stands beside the point below the bar.
const LOWER: &str = "lower";

/// What stands before a label.
#[derive(Debug, Clone, PartialEq)]
enum Mark {
    /// A contour line with these dashes on a cell of this colour.
    Line(&'static str, String),
    /// One of so many points.
    Point(usize),
    Centre,
}

/// Lines from the top downwards, and the colour bar below them.
#[derive(Debug)]
pub(super) struct Key {
    lines: Vec<(Mark, String)>,
    bar: Axis,
    /// From the top of the bar to its end.
    bar_height: f64,
    /// Whether some cells lie below the scale.
    has_lower: bool,
}

impl Key {
    /// The legend beside a plot of this height; `borders` are those of [`REGIONS`].
    pub(super) fn new(map: &DensityMap, grid: &Grid, scale: &Scale, borders: [Option<f64>; 2], height: f64) -> Self {
        let region = |(border, (share, dashes)): (Option<f64>, (f64, &'static str))| {
            Some((Mark::Line(dashes, scale.hex(border?)), format!("{} % of the mass", 100.0 * share)))
        };
        let mut lines: Vec<(Mark, String)> = borders.into_iter().zip(REGIONS).filter_map(region).collect();
        if !map.points.is_empty() && !map.points_label.is_empty() {
            lines.push((Mark::Point(map.points.len()), map.points_label.clone()));
        }
        if !map.centres.is_empty() && !map.centres_label.is_empty() {
            lines.push((Mark::Centre, map.centres_label.clone()));
        }
        let has_lower = grid.values.iter().any(|value| *value < scale.low());
        let point = if has_lower { POINT } else { 0.0 };
        let bar_height = (height - bar_top(lines.len()) - point).max(BAR.0);
        let count = (bar_height / 20.0).min(8.0) as usize;
        let bar = Axis::with_round_ticks(scale.low(), scale.max, count, TickKind::Any);
        Self { lines, bar, bar_height, has_lower }
    }

    /// Width and height that the legend takes beside the plot, in pixels.
    pub(super) fn size(&self) -> (f64, f64) {
        let lines = self.lines.iter().map(|(_, label)| MARK_WIDTH + text_width(label, TICK_SIZE));
        let ticks = self.bar.ticks.iter().map(|(_, label)| label.as_str()).chain([LOWER]);
        let ticks = ticks.map(|label| BAR.1 + TICK_GAP + text_width(label, TICK_SIZE));
        let width = lines.chain(ticks).fold(text_width(HEADING, TICK_SIZE), f64::max);
        let point = if self.has_lower { POINT } else { 0.0 };
        (GAP + width, bar_top(self.lines.len()) + self.bar_height + point)
    }

    /// Draws the legend from the top right corner of the plot downwards.
    pub(super) fn draw(&self, canvas: &mut Canvas, frame: &Frame, scale: &Scale) -> Result<(), FigureError> {
        let left = frame.left + frame.width + GAP;
        for (index, (mark, label)) in self.lines.iter().enumerate() {
            let middle = frame.top + (index as f64 + 0.5) * LINE_HEIGHT;
            mark.draw(canvas, (left, middle));
            canvas.text((left + MARK_WIDTH, middle + HALF_CAPITAL * TICK_SIZE), &TextStyle::new(TICK_SIZE), label);
        }
        self.draw_bar(canvas, (left, frame.top + bar_top(self.lines.len())), scale)
    }

    fn draw_bar(&self, canvas: &mut Canvas, (left, top): (f64, f64), scale: &Scale) -> Result<(), FigureError> {
        let style = TextStyle::new(TICK_SIZE);
        canvas.text((left, top - 10.0), &style, HEADING);
        let colour = |level: usize| scale.colour(scale.max - scale.span * level as f64 / (LEVELS - 1) as f64);
        let rgb: Vec<u8> = (0..LEVELS).flat_map(colour).collect();
        draw_picture(canvas, (left, top, BAR.1, self.bar_height), (1, LEVELS), &rgb)?;
        let (x, y, width, height) = (number(left), number(top), number(BAR.1), number(self.bar_height));
        let border = format!("stroke=\"{FRAME_LINE}\"");
        if self.has_lower {
            let (bottom, half) = (number(top + self.bar_height), number(BAR.1 / 2.0));
            let fill = scale.hex(f64::NEG_INFINITY);
            canvas.raw(&format!(
                "<path d=\"M{x} {bottom}l{half} {}l{half} -{}z\" fill=\"{fill}\" {border}/>",
                POINT, POINT
            ));
            let at = (left + BAR.1 + TICK_GAP, top + self.bar_height + POINT - 2.0 + HALF_CAPITAL * TICK_SIZE);
            canvas.text(at, &TextStyle { colour: MUTED_TEXT, ..style }, LOWER);
        }
        canvas.raw(&format!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"none\" {border} \
             shape-rendering=\"crispEdges\"/>"
        ));
        for (value, label) in &self.bar.ticks {
            let y = top + self.bar_height * (1.0 - self.bar.fraction(*value));
            let right = left + BAR.1;
            canvas.line((right, y), (right + 4.0, y), FRAME_LINE);
            canvas.text((right + TICK_GAP, y + HALF_CAPITAL * TICK_SIZE), &style, label);
        }
        Ok(())
    }
}

impl Mark {
    /// Draws the mark to the right of a pixel and around its height.
    fn draw(&self, canvas: &mut Canvas, (left, y): (f64, f64)) {
        let middle = left + 13.0;
        match self {
            Self::Line(dashes, colour) => {
                let (x, top) = (number(left), number(y - 7.0));
                canvas.raw(&format!("<rect x=\"{x}\" y=\"{top}\" width=\"26\" height=\"14\" fill=\"{colour}\"/>"));
                draw_line(canvas, &format!("M{x} {}h26", number(y)), dashes);
            }
            Self::Point(count) => {
                let (x, y, style, radius) = (number(middle), number(y), point_style(*count), point_radius(*count));
                canvas.raw(&format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius:.1}\" {style}/>"));
            }
            Self::Centre => draw_cross(canvas, (middle, y)),
        }
    }
}

/// From the top of the legend to the colour bar below so many lines and the heading.
fn bar_top(lines: usize) -> f64 {
    lines as f64 * LINE_HEIGHT + if lines > 0 { GROUP_GAP } else { 0.0 } + LINE_HEIGHT
}
