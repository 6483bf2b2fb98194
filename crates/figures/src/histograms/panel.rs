//! One histogram with its predictive.

use crate::{
    FigureError,
    axis::{Axis, TickKind},
    canvas::{Canvas, number},
    frame::Frame,
    range::LARGEST,
    theme::{BACKGROUND, TEXT, component_colour},
};

/// Width of the line of a predictive in pixels.
pub(super) const LINE_WIDTH: f64 = 1.8;
/// Points of a mass that are closer together, in pixels, are not marked each.
const CLOSE: f64 = 5.0;
/// An axis of densities reaches at least this high; below, the steps between ticks would underflow.
const LEAST_DENSITY: f64 = 1e-280;

/// What a component predicts.
///
/// # Examples
/// The texts of the figure are left out here.
///
/// ```
/// use figures::{HistogramPanel, Histograms, Predictive};
///
/// let points = vec![(0.0, 0.7), (1.0, 0.3)];
/// let mut figure = Histograms {
///     # title: String::new(),
///     # x_label: String::new(),
///     # y_label: String::new(),
///     # observed_label: String::new(),
///     # predictive_label: String::new(),
///     panels: vec![HistogramPanel {
///         # title: String::new(),
///         # component: 0,
///         edges: vec![-0.5, 0.5, 1.5],
///         counts: vec![3.0, 1.0],
///         predictive: Predictive::Mass(points.clone()),
///     }],
/// };
/// // A mass has a dot at each of its integers, a density a line and nothing else.
/// assert_eq!(figure.to_svg()?.matches("<circle").count(), 2);
/// figure.panels[0].predictive = Predictive::Density(points);
/// assert_eq!(figure.to_svg()?.matches("<circle").count(), 0);
/// # Ok::<(), figures::FigureError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Predictive {
    /// A probability mass on integers: (value, probability). Each is a dot, as long as dots fit.
    Mass(Vec<(f64, f64)>),
    /// A probability density: (value, density per unit of x), drawn as a line. The bars have area 1, so
    /// where a heavy tail goes on beyond the bins, divide the density by its mass inside of them.
    Density(Vec<(f64, f64)>),
}

impl Predictive {
    fn points(&self) -> &[(f64, f64)] {
        match self {
            Self::Mass(points) | Self::Density(points) => points,
        }
    }
}

/// The histogram of one component.
///
/// # Examples
/// The texts of the figure are left out here.
///
/// ```
/// use figures::{HistogramPanel, Histograms, Predictive};
///
/// let density = |x: f64| (x, (-x).exp());
/// let panel = HistogramPanel {
///     title: "1: 9.5 events".into(),
///     component: 0,
///     // Weighted by responsibility; the last bin is twice as wide.
///     counts: vec![5.5, 2.5, 1.5],
///     edges: vec![0.0, 1.0, 2.0, 4.0],
///     predictive: Predictive::Density((0..=40).map(|i| density(f64::from(i) / 10.0)).collect()),
/// };
/// let mut figure = Histograms {
///     # title: String::new(),
///     # x_label: String::new(),
///     # y_label: String::new(),
///     # observed_label: String::new(),
///     # predictive_label: String::new(),
///     panels: vec![panel],
/// };
/// assert!(figure.to_svg()?.contains(">1: 9.5 events</text>"));
/// figure.panels[0].edges.pop();
/// let error = figure.to_svg().unwrap_err().to_string();
/// assert!(error.starts_with("panel `1: 9.5 events` has 3 counts and 3 edges"));
/// # Ok::<(), figures::FigureError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct HistogramPanel {
    /// Stands above the panel, such as `3: 120 events, λ = 23`.
    pub title: String,
    /// Index of the component, which gives the colour that it has on a [`Map`](crate::Map).
    pub component: usize,
    /// Edges of the bins, rising, one more than counts. Bins of integers begin and end at halves, and
    /// hold the same number of integers each.
    pub edges: Vec<f64>,
    /// Count of each bin; counts weighted by responsibility need not be whole. All zero for a component
    /// without events.
    pub counts: Vec<f64>,
    /// What the component predicts, from left to right; without points only the bars are drawn.
    pub predictive: Predictive,
}

impl HistogramPanel {
    pub(super) fn validate(&self) -> Result<(), FigureError> {
        let (counts, edges) = (self.counts.len(), self.edges.len());
        let rise = self.edges.windows(2).all(|pair| pair[0] < pair[1]);
        if (counts > 0 || edges > 0) && edges != counts + 1 || !rise {
            return Err(FigureError::Bins { panel: self.title.clone(), counts, edges });
        }
        if counts == 0 && self.predictive.points().is_empty() {
            return Err(FigureError::Empty { title: self.title.clone(), what: "counts and no predictive" });
        }
        let check = |name: &str, value: f64, low: f64, needs| {
            let what = || format!("a {name} of panel `{}`", self.title);
            // False for NaN as well.
            if (low..=LARGEST).contains(&value) {
                Ok(())
            } else {
                Err(FigureError::Value { what: what(), value, needs })
            }
        };
        for &edge in &self.edges {
            check("bin edge", edge, -LARGEST, "a finite number")?;
        }
        for &count in &self.counts {
            check("count", count, 0.0, "a finite number from 0 up")?;
        }
        for &(value, density) in self.predictive.points() {
            check("predicted value", value, -LARGEST, "a finite number")?;
            check("predictive density", density, 0.0, "a finite number from 0 up")?;
        }
        Ok(())
    }

    /// All values that the x axis must hold.
    pub(super) fn values(&self) -> impl Iterator<Item = f64> {
        self.edges.iter().copied().chain(self.predictive.points().iter().map(|point| point.0))
    }

    /// The axis of densities, from zero up to some space above the largest.
    pub(super) fn y_axis(&self, pixels: f64) -> Axis {
        let predicted = self.predictive.points().iter().map(|point| point.1);
        let largest = self.densities().into_iter().chain(predicted).fold(0.0, f64::max);
        let high = if largest < LEAST_DENSITY { 1.0 } else { 1.08 * largest };
        Axis::with_round_ticks(0.0, high, (pixels / 27.0).round() as usize, TickKind::Any)
    }

    /// Density of each bin: per unit of x, all areas together 1; zero without counts.
    fn densities(&self) -> Vec<f64> {
        // Relative to the largest count, so that no sum overflows.
        let largest = self.counts.iter().fold(0.0, |a: f64, b| a.max(*b));
        let share = |count: &f64| if largest > 0.0 { count / largest } else { 0.0 };
        let total: f64 = self.counts.iter().map(share).sum();
        let density = |(count, edges): (&f64, &[f64])| {
            let density = share(count) / total / (edges[1] - edges[0]);
            if density <= LARGEST { density } else { 0.0 }
        };
        self.counts.iter().zip(self.edges.windows(2)).map(density).collect()
    }

    /// Draws bars and predictive into a frame.
    pub(super) fn draw(&self, canvas: &mut Canvas, frame: &Frame) {
        let bars: String = self
            .densities()
            .iter()
            .zip(self.edges.windows(2))
            .filter(|(density, _)| **density > 0.0)
            .map(|(&density, edges)| {
                let ((left, top), (right, bottom)) = (frame.at(edges[0], density), frame.at(edges[1], 0.0));
                format!("M{} {}V{}H{}V{}z", number(left), number(bottom), number(top), number(right), number(bottom))
            })
            .collect();
        if !bars.is_empty() {
            let colour = component_colour(self.component);
            canvas.raw(&format!(
                "<path d=\"{bars}\" fill=\"{colour}\" fill-opacity=\".6\" stroke=\"{BACKGROUND}\" stroke-width=\".7\"/>"
            ));
        }
        self.draw_predictive(canvas, frame);
    }

    fn draw_predictive(&self, canvas: &mut Canvas, frame: &Frame) {
        let places: Vec<(f64, f64)> = self.predictive.points().iter().map(|&(x, y)| frame.at(x, y)).collect();
        let are_apart = places.windows(2).all(|pair| pair[1].0 - pair[0].0 >= CLOSE);
        let has_dots = match self.predictive {
            Predictive::Mass(_) => are_apart,
            Predictive::Density(_) => places.len() == 1,
        };
        let point = |(index, &(x, y)): (usize, &(f64, f64))| {
            format!("{}{} {}", if index == 0 { 'M' } else { 'L' }, number(x), number(y))
        };
        let line: String = places.iter().enumerate().map(point).collect();
        if !line.is_empty() {
            // A thin line guides the eye where the points are what is meant.
            let width = if has_dots { 0.9 } else { LINE_WIDTH };
            canvas.raw(&format!(
                "<path d=\"{line}\" fill=\"none\" stroke=\"{TEXT}\" stroke-width=\"{width}\" \
                 stroke-linejoin=\"round\"/>"
            ));
        }
        for &(x, y) in places.iter().filter(|_| has_dots) {
            canvas.raw(&format!("<circle cx=\"{}\" cy=\"{}\" r=\"2.2\" fill=\"{TEXT}\"/>", number(x), number(y)));
        }
    }
}
