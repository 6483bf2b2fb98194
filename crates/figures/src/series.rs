//! One curve of a plot.

use crate::{
    canvas::{Canvas, number},
    frame::Frame,
    legend::Entry,
    range::LARGEST,
    theme::LINE_COLOURS,
};

/// A series of more points is drawn without marking each.
const MARKED_POINTS: usize = 40;
/// Dashes of the first, second, .. round of colours.
const DASHES: [&str; 3] = ["", " stroke-dasharray=\"7 4\"", " stroke-dasharray=\"2 3\""];
/// Height of the triangle that stands for a point beyond the plot, in pixels.
const TRIANGLE: f64 = 10.0;

/// One curve.
///
/// # Examples
/// A law as a curve, with measurements beside it, one of which failed:
///
/// ```
/// use figures::{Curves, Series};
///
/// let series = Series {
///     label: "variance".into(),
///     points: (0..=50).map(|i| f64::from(i) / 10.0).map(|t| (t, t * t)).collect(),
///     marks: vec![(1.0, 1.2), (2.0, 3.9), (3.0, f64::NAN)],
/// };
/// let text = String::new;
/// let svg = Curves { title: text(), x_label: text(), y_label: text(), series: vec![series] }.to_svg()?;
/// // The curve is long enough to have no dots of its own: those of two measurements are all.
/// assert_eq!(svg.matches("<circle").count(), 2);
/// assert!(svg.contains("1 point is not finite and is left out"));
/// # Ok::<(), figures::FigureError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Stands in the legend.
    pub label: String,
    /// Points in the order in which they are joined, such as (epoch, nats per image).
    pub points: Vec<(f64, f64)>,
    /// Dots in the same colour that no line joins, such as measurements beside an exact curve; mostly none.
    pub marks: Vec<(f64, f64)>,
}

impl Series {
    /// The line of the legend for the curve of this index.
    pub(crate) fn entry(&self, index: usize) -> Entry<'_> {
        Entry {
            label: &self.label,
            colour: LINE_COLOURS[index % LINE_COLOURS.len()],
            dashes: DASHES[index / LINE_COLOURS.len() % DASHES.len()],
        }
    }

    /// Whether neither neighbour of a point can be drawn, so that no line reaches it.
    fn is_alone(&self, index: usize) -> bool {
        let drawable = |index: Option<usize>| {
            let point = index.and_then(|index| self.points.get(index));
            point.is_some_and(is_drawable)
        };
        !drawable(index.checked_sub(1)) && !drawable(Some(index + 1))
    }
}

/// Whether both coordinates are numbers that fit into a plot.
pub(crate) fn is_drawable(point: &(f64, f64)) -> bool {
    // False for NaN as well.
    point.0.abs() <= LARGEST && point.1.abs() <= LARGEST
}

/// Whether a value lies within limits.
pub(crate) fn is_inside(y: f64, (low, high): (f64, f64)) -> bool {
    (low..=high).contains(&y)
}

/// Draws curves into a frame; values outside of `y_limits` become triangles at the edge.
pub(crate) struct Pen<'a> {
    pub canvas: &'a mut Canvas,
    pub frame: &'a Frame,
    pub y_limits: (f64, f64),
}

impl Pen<'_> {
    /// Draws the series of this index: its line, then its points.
    pub(crate) fn draw(&mut self, index: usize, series: &Series) {
        let entry = series.entry(index);
        self.draw_line(series, &entry);
        let mark_all = series.points.len() <= MARKED_POINTS;
        for (position, point) in series.points.iter().enumerate() {
            if !is_drawable(point) {
                continue;
            }
            if !is_inside(point.1, self.y_limits) {
                self.draw_triangle(*point, index, entry.colour);
            } else if mark_all || series.is_alone(position) {
                self.draw_dot(*point, 3.0, entry.colour);
            }
        }
        for mark in series.marks.iter().filter(|mark| is_drawable(mark)) {
            self.draw_dot(*mark, 4.0, entry.colour);
        }
    }

    fn draw_dot(&mut self, point: (f64, f64), radius: f64, colour: &str) {
        let (x, y) = self.frame.at(point.0, point.1);
        self.canvas.raw(&format!(
            "<circle cx=\"{}\" cy=\"{}\" r=\"{radius}\" fill=\"{colour}\"/>",
            number(x),
            number(y)
        ));
    }

    fn draw_line(&mut self, series: &Series, entry: &Entry) {
        let mut line = String::new();
        for piece in series.points.split(|point| !is_drawable(point)) {
            for (index, point) in piece.iter().enumerate() {
                let (x, y) = self.frame.at(point.0, point.1);
                let command = if index == 0 { 'M' } else { 'L' };
                line.push_str(&format!("{command}{} {}", number(x), number(y)));
            }
        }
        self.canvas.raw(&format!(
            "<path d=\"{line}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\" \
             stroke-linejoin=\"round\"{}/>",
            entry.colour, entry.dashes
        ));
    }

    /// Puts a triangle at the edge that a point lies beyond, further inside for later series.
    fn draw_triangle(&mut self, point: (f64, f64), index: usize, colour: &str) {
        let x = self.frame.at(point.0, point.1).0;
        let distance = 3.0 + (index % 8) as f64 * (TRIANGLE + 2.0);
        let (tip, base) = if point.1 < self.y_limits.0 {
            let tip = self.frame.top + self.frame.height - distance;
            (tip, tip - TRIANGLE)
        } else {
            let tip = self.frame.top + distance;
            (tip, tip + TRIANGLE)
        };
        self.canvas.raw(&format!(
            "<path d=\"M{} {}h12L{} {}z\" fill=\"{colour}\"/>",
            number(x - 6.0),
            number(base),
            number(x),
            number(tip)
        ));
    }
}
