//! Estimates with their intervals, a row each and several a row, as SVG.

use crate::{
    FigureError,
    axis::{Axis, TickKind},
    canvas::{Canvas, number},
    frame::{Captions, Frame, TickLines},
    legend::{self, Entry, Mark},
    range::{LARGEST, extent, padded},
    theme::{CLASS_COLOURS, LINE_COLOURS, MUTED_TEXT, TEXT},
};

/// Width of the plot in pixels.
const WIDTH: f64 = 520.0;
/// Height of an estimate, and of the space between two rows.
const LINE: f64 = 9.0;
const GAP: f64 = 12.0;
/// Most sets of estimates of one figure: as many as there are colours.
const MOST_SETS: usize = CLASS_COLOURS.len();

/// How numbers become lengths.
///
/// # Examples
/// The texts of the figure are left out here.
///
/// ```
/// use figures::{IntervalEstimate, IntervalSet, Intervals, Scale};
///
/// let estimate = |value: f64| Some(IntervalEstimate { value, interval: [value / 2.0, 2.0 * value] });
/// let drawn = |scale| {
///     let estimates = vec![estimate(0.0), estimate(3.0)];
///     let figure = Intervals {
///         # title: String::new(),
///         # notes: Vec::new(),
///         # x_label: String::new(),
///         rows: vec!["nothing".into(), "something".into()],
///         sets: vec![IntervalSet { label: "variance".into(), estimates }],
///         scale,
///         reference: None,
///     };
///     figure.to_svg()
/// };
/// // Zero has no logarithm; on a linear axis it has its place.
/// let note = "1 estimate has no place on the axis and is left out";
/// assert!(drawn(Scale::Logarithmic)?.contains(note) && !drawn(Scale::Linear)?.contains(note));
/// # Ok::<(), figures::FigureError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Equal differences are equal lengths.
    Linear,
    /// Equal ratios are equal lengths; numbers that are not positive are left out, and a note counts them.
    Logarithmic,
}

/// A number, and what it may be as well.
///
/// # Examples
/// The texts of the figure are left out here.
///
/// ```
/// use figures::{IntervalEstimate, IntervalSet, Intervals, Scale};
///
/// let estimate = IntervalEstimate { value: 0.5, interval: [0.0, 2.0] };
/// let figure = Intervals {
///     # title: String::new(),
///     # notes: Vec::new(),
///     # x_label: String::new(),
///     rows: vec!["noise".into()],
///     sets: vec![IntervalSet { label: "variance".into(), estimates: vec![Some(estimate)] }],
///     scale: Scale::Logarithmic,
///     reference: None,
/// };
/// // An end that the axis lacks, such as the logarithm of 0, is drawn as far as the plot reaches.
/// let svg = figure.to_svg()?;
/// assert!(svg.matches("<circle").count() == 1 && !svg.contains("left out"));
/// # Ok::<(), figures::FigureError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IntervalEstimate {
    /// The number: a dot.
    pub value: f64,
    /// Its interval: a line.
    pub interval: [f64; 2],
}

/// Estimates of one kind, one a row.
///
/// # Examples
/// The texts of the figure are left out here.
///
/// ```
/// use figures::{IntervalEstimate, IntervalSet, Intervals, Scale};
///
/// let estimate = |value| Some(IntervalEstimate { value, interval: [value - 1.0, value + 1.0] });
/// let mut figure = Intervals {
///     # title: String::new(),
///     # notes: Vec::new(),
///     # x_label: String::new(),
///     rows: vec!["first".into(), "second".into()],
///     sets: vec![
///         IntervalSet { label: "by hand".into(), estimates: vec![estimate(1.0), None] },
///         IntervalSet { label: "by machine".into(), estimates: vec![estimate(1.1), estimate(2.0)] },
///     ],
///     scale: Scale::Linear,
///     reference: None,
/// };
/// // Three dots, and one of each set in the legend.
/// assert_eq!(figure.to_svg()?.matches("<circle").count(), 3 + 2);
/// figure.sets[0].estimates.push(estimate(3.0));
/// let error = figure.to_svg().unwrap_err().to_string();
/// assert_eq!(error, "the set `by hand` names row 2, there are 2; count from 0");
/// # Ok::<(), figures::FigureError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct IntervalSet {
    /// Stands in the legend.
    pub label: String,
    /// One a row, top to bottom; none where there is nothing to draw.
    pub estimates: Vec<Option<IntervalEstimate>>,
}

/// Rows of estimates with intervals; empty texts take no space. With one set there is no legend.
///
/// # Examples
/// ```
/// use figures::{IntervalEstimate, IntervalSet, Intervals, Scale};
///
/// let ratio = |value: f64| Some(IntervalEstimate { value, interval: [value / 1.5, value * 1.5] });
/// let figure = Intervals {
///     title: "Variance of the gradient, over that of the score function".into(),
///     notes: Vec::new(),
///     x_label: "ratio".into(),
///     rows: vec!["reparameterised".into(), "with a baseline".into()],
///     sets: vec![IntervalSet { label: String::new(), estimates: vec![ratio(0.001), ratio(0.3)] }],
///     scale: Scale::Logarithmic,
///     reference: Some(1.0),
/// };
/// let svg = figure.to_svg()?;
/// // The reference is on the axis, although no estimate reaches it.
/// assert!(svg.contains(">with a baseline</text>") && svg.contains(">1</text>"));
/// # Ok::<(), figures::FigureError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Intervals {
    /// Stands above the plot.
    pub title: String,
    /// Lines below the title.
    pub notes: Vec<String>,
    /// Stands below the plot.
    pub x_label: String,
    /// Names of the rows, top to bottom.
    pub rows: Vec<String>,
    /// The estimates; those of one row stand below each other, in the order of the legend.
    pub sets: Vec<IntervalSet>,
    /// How numbers become lengths.
    pub scale: Scale,
    /// A number that a line across all rows marks.
    pub reference: Option<f64>,
}

impl Intervals {
    /// Draws the figure as an SVG document.
    ///
    /// # Errors
    /// [`FigureError::NoPoints`] if no estimate can be drawn, [`FigureError::TooMany`] for more than ten sets, and
    /// [`FigureError::UnknownIndex`] for an estimate of a row without a name.
    pub fn to_svg(&self) -> Result<String, FigureError> {
        self.check()?;
        let estimates = || self.sets.iter().flat_map(|set| &set.estimates).flatten();
        let drawable: Vec<f64> = estimates()
            .filter(|estimate| self.is_drawable(estimate.value))
            .flat_map(|estimate| [estimate.value, estimate.interval[0], estimate.interval[1]])
            .chain(self.reference)
            .filter(|value| self.is_drawable(*value))
            .map(|value| self.length(value))
            .collect();
        if !estimates().any(|estimate| self.is_drawable(estimate.value)) {
            return Err(FigureError::NoPoints { title: self.title.clone() });
        }
        let left_out = estimates().filter(|estimate| !self.is_drawable(estimate.value)).count();
        let (low, high) = extent(drawable).unwrap_or_default();
        let (low, high) = padded(low, high);
        let x = match self.scale {
            Scale::Linear => Axis::with_round_ticks(low, high, 7, TickKind::Any),
            Scale::Logarithmic => Axis::with_logarithmic_ticks(low, high),
        };
        let rows = self.rows.len() as f64;
        let ticks = self.rows.iter().enumerate().map(|(row, label)| (row as f64 + 0.5, label.clone())).collect();
        // Rows count downwards.
        let y = Axis { low: rows, high: 0.0, ticks };
        let notes: Vec<String> = self.notes.iter().cloned().chain(note(left_out)).collect();
        let captions = Captions { title: &self.title, notes: &notes, x_label: &self.x_label, y_label: "" };
        let height = rows * (self.sets.len() as f64 * LINE + GAP);
        let frame = Frame::new(&captions, (x, y), (WIDTH, height));

        let entries: Vec<Entry> = if self.sets.len() > 1 {
            let sets = self.sets.iter().enumerate();
            sets.map(|(index, set)| Entry { label: &set.label, colour: self.colour(index), dashes: "" }).collect()
        } else {
            Vec::new()
        };
        let legend = if entries.is_empty() { (0.0, 0.0) } else { legend::size(&entries) };
        let mut canvas = frame.canvas(&captions, TickLines::Grid, legend);
        if self.sets.len() > 1 {
            draw_bands(&mut canvas, &frame, self.rows.len());
        }
        if let Some(reference) = self.reference.filter(|value| self.is_drawable(*value)) {
            let x = self.length(reference);
            canvas.line(frame.at(x, rows), frame.at(x, 0.0), MUTED_TEXT);
        }
        for index in 0..self.sets.len() {
            self.draw_set(&mut canvas, &frame, index);
        }
        frame.draw_border(&mut canvas);
        legend::draw(&mut canvas, &frame, Mark::Dot, &entries);
        Ok(canvas.finish())
    }

    fn check(&self) -> Result<(), FigureError> {
        if self.sets.len() > MOST_SETS {
            let (what, advice) = ("sets of estimates", "draw figures");
            return Err(FigureError::TooMany { what, found: self.sets.len(), advice, limit: MOST_SETS });
        }
        match self.sets.iter().find(|set| set.estimates.len() > self.rows.len()) {
            None => Ok(()),
            Some(set) => Err(FigureError::UnknownIndex {
                from: format!("the set `{}`", set.label),
                to: "row",
                index: set.estimates.len() - 1,
                count: self.rows.len(),
            }),
        }
    }

    fn is_drawable(&self, value: f64) -> bool {
        // False for NaN as well.
        value.abs() <= LARGEST
            && match self.scale {
                Scale::Linear => true,
                Scale::Logarithmic => value > 0.0,
            }
    }

    fn length(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => value,
            Scale::Logarithmic => value.log10(),
        }
    }

    /// Dark colours as far as they go.
    fn colour(&self, index: usize) -> &'static str {
        if self.sets.len() > LINE_COLOURS.len() { CLASS_COLOURS[index] } else { LINE_COLOURS[index] }
    }

    /// Draws one set: of each row a line over the interval, and a dot.
    fn draw_set(&self, canvas: &mut Canvas, frame: &Frame, index: usize) {
        let colour = self.colour(index);
        let below = (index as f64 - (self.sets.len() as f64 - 1.0) / 2.0) * LINE;
        for (row, estimate) in self.sets[index].estimates.iter().enumerate() {
            let Some(estimate) = estimate.filter(|estimate| self.is_drawable(estimate.value)) else { continue };
            // An end that has no place, such as 0 of a logarithm, is the edge.
            let edge = [frame.left, frame.left + frame.width];
            let at = |value: f64| frame.at(self.length(value), row as f64 + 0.5);
            let ends: Vec<f64> = (estimate.interval.iter().zip(edge))
                .map(|(&end, edge)| if self.is_drawable(end) { at(end).0 } else { edge })
                .collect();
            let (x, y) = at(estimate.value);
            let y = number(y + below);
            canvas.raw(&format!(
                "<path d=\"M{} {y}H{}\" stroke=\"{colour}\" stroke-width=\"2\"/>",
                number(ends[0]),
                number(ends[1])
            ));
            canvas.raw(&format!("<circle cx=\"{}\" cy=\"{y}\" r=\"3\" fill=\"{colour}\"/>", number(x)));
        }
    }
}

/// Shades every other row, to show which estimates belong together.
fn draw_bands(canvas: &mut Canvas, frame: &Frame, rows: usize) {
    let height = frame.height / rows as f64;
    for row in (0..rows).step_by(2) {
        let [x, y] = [frame.left, frame.top + row as f64 * height].map(number);
        let [width, height] = [frame.width, height].map(number);
        canvas.raw(&format!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{TEXT}\" fill-opacity=\".05\"/>"
        ));
    }
}

fn note(left_out: usize) -> Option<String> {
    match left_out {
        0 => None,
        1 => Some("1 estimate has no place on the axis and is left out".to_owned()),
        count => Some(format!("{count} estimates have no place on the axis and are left out")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{png::tests::decode, raster::parse, svg_to_png};

    fn set(label: &str, values: &[f64]) -> IntervalSet {
        let estimate = |&value: &f64| Some(IntervalEstimate { value, interval: [0.5 * value, 2.0 * value] });
        IntervalSet { label: label.to_owned(), estimates: values.iter().map(estimate).collect() }
    }

    fn figure(scale: Scale, sets: &[IntervalSet]) -> Intervals {
        Intervals {
            title: "noise".into(),
            notes: Vec::new(),
            x_label: "variance".into(),
            rows: vec!["a<b".into(), "second".into()],
            sets: sets.to_vec(),
            scale,
            reference: None,
        }
    }

    #[test]
    fn each_estimate_has_a_dot_and_a_line_and_its_row_a_name() {
        let svg = figure(Scale::Logarithmic, &[set("one", &[1.0, 100.0]), set("two", &[1e-3, 5.0])]).to_svg().unwrap();
        parse(&svg).unwrap();
        for text in ["noise", "variance", "a&lt;b", "second", "one", "two", "0.001", "100"] {
            assert!(svg.contains(&format!(">{text}</text>")), "{text}: {svg}");
        }
        // Four estimates, and two dots of the legend.
        assert_eq!(svg.matches("<circle").count(), 6);
        assert_eq!(svg.matches("stroke-width=\"2\"").count(), 4);
        assert!(!svg.contains("left out"));
        // Of two rows the first is shaded, to keep them apart.
        assert_eq!(svg.matches("fill-opacity=\".05\"").count(), 1);
    }

    #[test]
    fn equal_ratios_are_equal_lengths_on_a_logarithmic_axis() {
        let rows = vec!["a".into(), "b".into(), "c".into()];
        let svg = Intervals { rows, ..figure(Scale::Logarithmic, &[set("", &[1.0, 10.0, 100.0])]) }.to_svg().unwrap();
        let places: Vec<f64> =
            svg.split("<circle cx=\"").skip(1).map(|rest| rest.split('"').next().unwrap().parse().unwrap()).collect();
        assert!(places[1] - places[0] > 100.0);
        assert!((places[2] - 2.0 * places[1] + places[0]).abs() < 0.05, "{places:?}");
    }

    #[test]
    fn a_reference_is_on_the_axis_and_one_set_has_no_legend() {
        let mut figure = figure(Scale::Linear, &[set("alone", &[3.0, 4.0])]);
        figure.reference = Some(0.0);
        let svg = figure.to_svg().unwrap();
        assert!(svg.contains(">0</text>") && !svg.contains("alone"), "{svg}");
        let picture = decode(&svg_to_png(&svg, 1.0).unwrap());
        assert!(picture.pixels().any(|pixel| pixel.0 == [0x00, 0x72, 0xb2]));
    }

    #[test]
    fn what_a_logarithm_does_not_have_is_left_out_and_counted() {
        let svg = figure(Scale::Logarithmic, &[set("", &[0.0, 3.0])]).to_svg().unwrap();
        assert!(svg.contains(">1 estimate has no place on the axis and is left out</text>"));
        let none = figure(Scale::Logarithmic, &[set("", &[0.0, f64::NAN])]);
        assert!(matches!(none.to_svg(), Err(FigureError::NoPoints { .. })));
        // The same zero has a place on a linear axis.
        assert!(!figure(Scale::Linear, &[set("", &[0.0, 3.0])]).to_svg().unwrap().contains("left out"));
    }

    #[test]
    fn sets_beyond_the_colours_and_rows_without_a_name_are_refused() {
        let many = vec![set("", &[1.0]); 11];
        figure(Scale::Linear, &many[..10]).to_svg().unwrap();
        let message = figure(Scale::Linear, &many).to_svg().unwrap_err().to_string();
        assert!(message.contains("11 sets of estimates are too many for one figure"), "{message}");
        let long = figure(Scale::Linear, &[set("x", &[1.0, 2.0, 3.0])]).to_svg().unwrap_err().to_string();
        assert!(long.contains("the set `x` names row 2, there are 2"), "{long}");
    }
}
