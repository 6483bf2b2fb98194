//! Heat maps of a log density in the plane, as SVG.

mod colour;
mod contour;
mod draw;
mod grid;
mod key;
mod region;
mod scale;

use crate::{
    FigureError,
    axis::{Axis, TickKind},
    canvas::Canvas,
    frame::{Captions, Frame, TickLines},
    marks::draw_marks,
    range::{LARGEST, NARROWEST},
};
use draw::{draw_line, draw_picture, point_radius, point_style};
use grid::Grid;
use key::Key;
use scale::Scale;

/// Size of the plot in pixels where the two axes need not share a unit.
const PLOT: (f64, f64) = (600.0, 460.0);
/// Longer side of the plot in pixels where they do.
const LONG_SIDE: f64 = 600.0;
/// Least width and height, for a grid along a line; it then lies in the middle of the plot.
const LEAST: (f64, f64) = (240.0, 72.0);
/// Most points of one map, as of [`Map`](crate::Map).
const MAX_POINTS: usize = 10_000;
/// Most centres of one map, as of [`Map`](crate::Map).
const MAX_CENTRES: usize = 40;
/// Shares of the mass inside of the contour lines, and how the lines are dashed.
const REGIONS: [(f64, &str); 2] = [(0.5, ""), (0.95, " stroke-dasharray=\"7 4\"")];

/// A marked place of a density map, such as the mean of a component.
///
/// # Examples
/// ```
/// use figures::{DensityCentre, DensityMap};
///
/// let centre = |x, label: &str| DensityCentre { x, y: 0.0, label: label.into() };
/// let map = DensityMap {
///     x: vec![-1.0, 0.0, 1.0],
///     y: vec![-1.0, 0.0, 1.0],
///     log_density: vec![0.0; 9],
///     centres: vec![centre(0.5, "near"), centre(7.0, "far")],
///     ..DensityMap::default()
/// };
/// // The grid alone decides what is shown; what lies beyond it is named.
/// let svg = map.to_svg()?;
/// assert!(svg.contains(">near</text>") && !svg.contains(">far</text>"));
/// assert!(svg.contains(">Outside of the map: centre far</text>"));
/// # Ok::<(), figures::FigureError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct DensityCentre {
    /// First coordinate.
    pub x: f64,
    /// Second coordinate.
    pub y: f64,
    /// A number or a word that stands beside the mark; empty for none.
    pub label: String,
}

/// A log density on a regular grid, with lines around the regions of 50 % and 95 % of its mass.
///
/// Light is dense. The mass is that of the grid: a region is the fewest cells that hold its share of it,
/// and a constant that is missing from the log density does not matter. The axes hold the grid and
/// nothing else; a note counts points and names centres beyond it.
///
/// # Examples
/// ```
/// use figures::DensityMap;
///
/// let steps: Vec<f64> = (-20..=20).map(|i| f64::from(i) / 5.0).collect();
/// let gaussian = |y: &f64| steps.iter().map(move |x| -0.5 * (x * x + y * y)).collect::<Vec<_>>();
/// let map = DensityMap {
///     title: "N(0, I)".into(),
///     log_density: steps.iter().flat_map(gaussian).collect(),
///     x: steps.clone(),
///     y: steps.clone(),
///     ..DensityMap::default()
/// };
/// let svg = map.to_svg()?;
/// assert!(svg.contains(">95 % of the mass</text>"));
/// // The largest value is 0, and the darkest colour stands 12 nats below it: as far as `SPAN` says.
/// assert!(svg.contains(">−12</text>") && DensityMap::SPAN == 12.0);
/// # Ok::<(), figures::FigureError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct DensityMap {
    /// Stands above the plot.
    pub title: String,
    /// Lines below the title, such as how many of all points are drawn.
    pub notes: Vec<String>,
    /// Stands below the plot.
    pub x_label: String,
    /// Stands left of the plot, rotated.
    pub y_label: String,
    /// Length of one unit of y in units of x: 1 for equal units; `None` if the two have nothing to do
    /// with each other.
    pub aspect: Option<f64>,
    /// Centres of the columns, rising in equal steps, at least two.
    pub x: Vec<f64>,
    /// Centres of the rows, rising in equal steps, at least two.
    pub y: Vec<f64>,
    /// One value a cell in nats, row by row from the lowest y, at most 10^6; -inf for no density.
    pub log_density: Vec<f64>,
    /// Nats from the largest value down to the darkest colour, which all lower ones share.
    pub span: f64,
    /// Points (x, y) over the density, at most 10,000: draw a sample of more.
    pub points: Vec<(f64, f64)>,
    /// What the points are, for the legend; empty for no such line.
    pub points_label: String,
    /// Marked places, at most 40.
    pub centres: Vec<DensityCentre>,
    /// What the centres are, for the legend; empty for no such line.
    pub centres_label: String,
}

impl Default for DensityMap {
    /// No cells and no texts, equal units on both axes, [`DensityMap::SPAN`].
    fn default() -> Self {
        Self {
            title: String::new(),
            notes: vec![],
            x_label: String::new(),
            y_label: String::new(),
            aspect: Some(1.0),
            x: vec![],
            y: vec![],
            log_density: vec![],
            span: Self::SPAN,
            points: vec![],
            points_label: String::new(),
            centres: vec![],
            centres_label: String::new(),
        }
    }
}

impl DensityMap {
    /// Default of [`DensityMap::span`] in nats: a Gaussian falls this far in 4.9 standard deviations.
    pub const SPAN: f64 = 12.0;

    /// Draws the figure as an SVG document; its cells are an embedded PNG.
    ///
    /// # Errors
    /// [`FigureError::Empty`] without cells, [`FigureError::GridValues`] unless there is one value a
    /// cell, [`FigureError::GridCoordinate`] for coordinates that do not rise in equal steps,
    /// [`FigureError::NoPoints`] if all values are -inf, [`FigureError::TooMany`] for more than 10^6
    /// cells, 10,000 points or 40 centres, [`FigureError::Value`] for a number that is not finite or out
    /// of its range, and [`FigureError::Encode`] if the PNG encoder fails.
    pub fn to_svg(&self) -> Result<String, FigureError> {
        let grid = Grid::new(&self.title, (&self.x, &self.y), &self.log_density)?;
        self.validate(grid.max)?;
        let scale = Scale { max: grid.max, span: self.span };
        let (x, y, size) = self.axes(&grid);
        let notes = self.all_notes(&grid);
        let captions = Captions { title: &self.title, notes: &notes, x_label: &self.x_label, y_label: &self.y_label };
        let frame = Frame::new(&captions, (x, y), size);
        let borders = REGIONS.map(|(share, _)| region::border(grid.values, share));
        let key = Key::new(self, &grid, &scale, borders, size.1);
        let mut canvas = frame.canvas(&captions, TickLines::Marks, key.size());
        frame.open_clip(&mut canvas);
        draw_cells(&mut canvas, &frame, &grid, &scale)?;
        self.draw_points(&mut canvas, &frame, &grid);
        for (border, (_, dashes)) in borders.into_iter().zip(REGIONS) {
            let lines = border.map(|border| contour::contours(&grid, border)).unwrap_or_default();
            draw_line(&mut canvas, &path(&frame, &lines), dashes);
        }
        let centres = self.centres.iter().filter(|centre| holds(&grid, (centre.x, centre.y)));
        let marks = centres.map(|centre| (frame.at(centre.x, centre.y), centre.label.as_str()));
        draw_marks(&mut canvas, &frame, &marks.collect::<Vec<_>>());
        frame.close_clip(&mut canvas);
        frame.draw_border(&mut canvas);
        key.draw(&mut canvas, &frame, &scale)?;
        Ok(canvas.finish())
    }

    /// Checks all but the grid, of which `max` is the largest value.
    fn validate(&self, max: f64) -> Result<(), FigureError> {
        let check_count = |what, found: usize, limit, advice| {
            if found <= limit { Ok(()) } else { Err(FigureError::TooMany { what, found, limit, advice }) }
        };
        check_count("points", self.points.len(), MAX_POINTS, "draw a sample")?;
        check_count("centres", self.centres.len(), MAX_CENTRES, "mark the largest components, in a figure")?;
        let check = |fits: bool, what: &dyn Fn() -> String, value, needs| {
            if fits { Ok(()) } else { Err(FigureError::Value { what: what(), value, needs }) }
        };
        let aspect = self.aspect.unwrap_or(1.0);
        check((1e-3..=1e3).contains(&aspect), &|| "the aspect of a map".into(), aspect, "a number in 0.001..1000")?;
        let is_span = (1e-3..=1e6).contains(&self.span);
        check(is_span, &|| "the span of a density map".into(), self.span, "nats in 0.001..1000000, such as 12")?;
        // Otherwise rounding errors would reach the colours.
        let is_exact = self.span > max.abs() * NARROWEST;
        let needs = "one nearer to 0, since a constant may be subtracted from all";
        check(is_exact, &|| "the largest log density".into(), max, needs)?;
        let points = self.points.iter().enumerate().map(|(index, &point)| (format!("point {index}"), point));
        let centre = |centre: &DensityCentre| (format!("centre `{}`", centre.label), (centre.x, centre.y));
        for (name, (x, y)) in points.chain(self.centres.iter().map(centre)) {
            for (axis, value) in [("x", x), ("y", y)] {
                let what = || format!("the {axis} of {name}");
                check(value.abs() <= LARGEST, &what, value, "a finite number, or leave it out")?;
            }
        }
        Ok(())
    }

    /// Both axes and the size of the plot: the edges of the grid, and more only around a narrow one.
    fn axes(&self, grid: &Grid) -> (Axis, Axis, (f64, f64)) {
        let (x, y) = (grid.x.edges(), grid.y.edges());
        // A grid that takes fewer pixels than the plot has blank space around it.
        let axis = |(low, high): (f64, f64), (pixels, shown): (f64, f64)| {
            let more = (pixels / shown - 1.0) * (high - low) / 2.0;
            let with_ticks = |count| Axis::with_round_ticks(low - more, high + more, count, TickKind::Any);
            let count = (pixels / 75.0).round() as usize;
            // Round steps may leave one or two ticks, which tell little of a scale.
            let is_enough = |axis: &Axis| axis.ticks.len() >= 3;
            (count..=2 * count + 2).map(with_ticks).find(is_enough).unwrap_or_else(|| with_ticks(2 * count + 2))
        };
        let (shown, size) = match self.aspect {
            None => (PLOT, PLOT),
            Some(aspect) => {
                // Beyond these ratios no cell is seen, and the other side would vanish.
                let ratio = ((y.1 - y.0) / (x.1 - x.0) * aspect).clamp(1e-6, 1e6);
                let shown = if ratio < 1.0 { (LONG_SIDE, LONG_SIDE * ratio) } else { (LONG_SIDE / ratio, LONG_SIDE) };
                // Whole pixels keep the edges of the picture crisp.
                (shown, (shown.0.max(LEAST.0).round(), shown.1.max(LEAST.1).round()))
            }
        };
        (axis(x, (size.0, shown.0)), axis(y, (size.1, shown.1)), size)
    }

    /// The notes, and one for what lies beyond the grid.
    fn all_notes(&self, grid: &Grid) -> Vec<String> {
        let mut notes = self.notes.clone();
        let mut outside: Vec<String> = Vec::new();
        match self.points.iter().filter(|point| !holds(grid, **point)).count() {
            0 => {}
            1 => outside.push("1 point".into()),
            count => outside.push(format!("{count} points")),
        }
        let is_outside = |centre: &&DensityCentre| !holds(grid, (centre.x, centre.y));
        let centres: Vec<&str> = self.centres.iter().filter(is_outside).map(|own| own.label.as_str()).collect();
        match centres[..] {
            [] => {}
            [first] => outside.push(format!("centre {first}")),
            [first, ..] => outside.push(format!("centre {first} and {} more", centres.len() - 1)),
        }
        if !outside.is_empty() {
            notes.push(format!("Outside of the map: {}", outside.join("; ")));
        }
        notes
    }

    fn draw_points(&self, canvas: &mut Canvas, frame: &Frame, grid: &Grid) {
        let radius = point_radius(self.points.len());
        canvas.raw(&format!("<g {}>", point_style(self.points.len())));
        for &point in self.points.iter().filter(|point| holds(grid, **point)) {
            let (x, y) = frame.at(point.0, point.1);
            canvas.raw(&format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\"/>"));
        }
        canvas.raw("</g>");
    }
}

/// Draws one pixel a cell, without seams and without blur.
fn draw_cells(canvas: &mut Canvas, frame: &Frame, grid: &Grid, scale: &Scale) -> Result<(), FigureError> {
    let (columns, rows) = (grid.x.count, grid.y.count);
    let from_the_top = (0..rows).rev().flat_map(|row| (0..columns).map(move |column| (column, row)));
    let rgb: Vec<u8> = from_the_top.flat_map(|(column, row)| scale.colour(grid.value(column, row))).collect();
    let ((x_low, x_high), (y_low, y_high)) = (grid.x.edges(), grid.y.edges());
    let ((left, top), (right, bottom)) = (frame.at(x_low, y_high), frame.at(x_high, y_low));
    draw_picture(canvas, (left, top, right - left, bottom - top), (columns, rows), &rgb)
}

/// Lines in SVG's notation.
fn path(frame: &Frame, lines: &[Vec<(f64, f64)>]) -> String {
    let mut path = String::new();
    for line in lines {
        for (index, &(x, y)) in line.iter().enumerate() {
            let (x, y) = frame.at(x, y);
            path.push_str(&format!("{}{x:.1} {y:.1}", if index == 0 { 'M' } else { 'L' }));
        }
    }
    path
}

/// Whether a point lies on the grid.
fn holds(grid: &Grid, (x, y): (f64, f64)) -> bool {
    let is_between = |(low, high): (f64, f64), value| (low..=high).contains(&value);
    is_between(grid.x.edges(), x) && is_between(grid.y.edges(), y)
}

#[cfg(test)]
mod tests;
