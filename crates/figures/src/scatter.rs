//! Scatter plots of classed points, as SVG.

use crate::{
    FigureError,
    aspect::axes_with_aspect,
    axis::Axis,
    canvas::{Anchor, Canvas, TextStyle},
    frame::{Captions, Frame, TickLines},
    legend::{self, Entry, Mark},
    range::{LARGEST, extent},
    theme::{CLASS_COLOURS, LABEL_SIZE},
};

/// Points that are drawn class by class before the next lot, so that no class covers the others.
const LOT: usize = 500;

/// A point with its class.
///
/// # Examples
/// ```
/// use figures::{Scatter, ScatterPoint};
///
/// let mut figure = Scatter {
///     title: String::new(),
///     x_label: String::new(),
///     y_label: String::new(),
///     class_labels: vec!["0".into(), "1".into()],
///     points: vec![ScatterPoint { x: -0.3, y: 1.2, class: 0 }, ScatterPoint { x: 0.8, y: -0.4, class: 7 }],
/// };
/// let error = figure.to_svg().unwrap_err().to_string();
/// assert_eq!(error, "scatter point 1 is of class 7, there are 2 class labels; add one");
/// figure.points[1].class = 1;
/// assert!(figure.to_svg().is_ok());
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScatterPoint {
    /// First coordinate.
    pub x: f64,
    /// Second coordinate.
    pub y: f64,
    /// Index of the class in [`Scatter::class_labels`].
    pub class: u8,
}

/// Points coloured by class, such as latent codes by digit; both axes have the same unit length.
///
/// The label of each class also stands at the median of its points, for readers who see few colours.
///
/// # Examples
/// ```
/// use figures::{Scatter, ScatterPoint};
///
/// let points = [(-1.2, 0.3, 0), (-0.9, 0.1, 0), (1.1, -0.4, 1)];
/// let figure = Scatter {
///     title: "Latent codes".into(),
///     x_label: "z₁".into(),
///     y_label: "z₂".into(),
///     class_labels: vec!["zero".into(), "one".into(), "two".into()],
///     points: points.map(|(x, y, class)| ScatterPoint { x, y, class }).to_vec(),
/// };
/// let svg = figure.to_svg()?;
/// // A label stands in the legend, and at the median of its points where there are any.
/// let count = |label| svg.matches(&format!(">{label}</text>")).count();
/// assert_eq!(["zero", "one", "two"].map(count), [2, 2, 1]);
/// # Ok::<(), figures::FigureError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Scatter {
    /// Stands above the plot.
    pub title: String,
    /// Stands below the plot.
    pub x_label: String,
    /// Stands left of the plot, rotated.
    pub y_label: String,
    /// Labels of classes 0, 1, .., at most 10; the legend shows all.
    pub class_labels: Vec<String>,
    /// The points, in the order in which they are drawn (in lots of 500).
    pub points: Vec<ScatterPoint>,
}

impl Scatter {
    /// Draws the figure as an SVG document of about 15 bytes a point.
    ///
    /// # Errors
    /// [`FigureError::NoPoints`] without points, [`FigureError::PointNotFinite`] for a point that is
    /// not finite (or above 1e300), [`FigureError::UnknownClass`] for one without a label, and
    /// [`FigureError::TooManyClasses`] for more than 10 labels.
    pub fn to_svg(&self) -> Result<String, FigureError> {
        self.validate()?;
        let (x, y, size) = self.axes();
        let captions = Captions { title: &self.title, notes: &[], x_label: &self.x_label, y_label: &self.y_label };
        let frame = Frame::new(&captions, (x, y), size);
        let entries: Vec<Entry> = self
            .class_labels
            .iter()
            .zip(CLASS_COLOURS)
            .map(|(label, colour)| Entry { label, colour, dashes: "" })
            .collect();
        let mut canvas = frame.canvas(&captions, TickLines::Grid, legend::size(&entries));
        canvas.raw("<g fill=\"none\" stroke-width=\"3.6\" stroke-linecap=\"round\" stroke-opacity=\"0.65\">");
        for lot in self.points.chunks(LOT) {
            draw_lot(&mut canvas, &frame, lot);
        }
        canvas.raw("</g>");
        frame.draw_border(&mut canvas);
        self.draw_class_labels(&mut canvas, &frame);
        legend::draw(&mut canvas, &frame, Mark::Dot, &entries);
        Ok(canvas.finish())
    }

    fn validate(&self) -> Result<(), FigureError> {
        let (labels, limit) = (self.class_labels.len(), CLASS_COLOURS.len());
        if labels > limit {
            return Err(FigureError::TooManyClasses { found: labels, limit });
        }
        if self.points.is_empty() {
            return Err(FigureError::NoPoints { title: self.title.clone() });
        }
        for (index, &ScatterPoint { x, y, class }) in self.points.iter().enumerate() {
            // Written so that NaN is refused.
            if !(x.abs() <= LARGEST && y.abs() <= LARGEST) {
                return Err(FigureError::PointNotFinite { index, x, y });
            }
            if usize::from(class) >= labels {
                return Err(FigureError::UnknownClass { index, class, labels });
            }
        }
        Ok(())
    }

    /// Both axes and the size of the plot: the same number of pixels for one unit of x and of y.
    fn axes(&self) -> (Axis, Axis, (f64, f64)) {
        let range = |value: fn(&ScatterPoint) -> f64| extent(self.points.iter().map(value)).unwrap_or_default();
        let (x, y) = (range(|point| point.x), range(|point| point.y));
        axes_with_aspect(x, y, 1.0)
    }

    /// Writes each label at the median of its class.
    fn draw_class_labels(&self, canvas: &mut Canvas, frame: &Frame) {
        for (class, label) in self.class_labels.iter().enumerate() {
            let members = || self.points.iter().filter(|p| usize::from(p.class) == class);
            let x = median(members().map(|point| point.x).collect());
            let y = median(members().map(|point| point.y).collect());
            let (Some(x), Some(y)) = (x, y) else { continue };
            let (x, y) = frame.at(x, y);
            let style = TextStyle { halo: 4.0, ..TextStyle::new(LABEL_SIZE + 2.0) };
            canvas.text((x, y + 6.0), &style.anchored(Anchor::Middle), label);
        }
    }
}

/// Draws points as one path a class: a dot is a line of almost no length with round ends.
fn draw_lot(canvas: &mut Canvas, frame: &Frame, points: &[ScatterPoint]) {
    for (class, colour) in CLASS_COLOURS.iter().enumerate() {
        let dots: String = points
            .iter()
            .filter(|point| usize::from(point.class) == class)
            .map(|point| {
                let (x, y) = frame.at(point.x, point.y);
                format!("M{x:.1} {y:.1}h.01")
            })
            .collect();
        if !dots.is_empty() {
            canvas.raw(&format!("<path stroke=\"{colour}\" d=\"{dots}\"/>"));
        }
    }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{aspect::LONG_SIDE, png::tests::decode, raster::parse, svg_to_png};

    fn figure(points: &[(f64, f64, u8)]) -> Scatter {
        let points = points.iter().map(|&(x, y, class)| ScatterPoint { x, y, class });
        Scatter {
            title: "codes <of> \"a & b\"".into(),
            x_label: "z₁".into(),
            y_label: "z₂".into(),
            class_labels: (0..10).map(|digit| format!("digit {digit}")).collect(),
            points: points.collect(),
        }
    }

    /// Points on a spiral, 1,000 of each class.
    fn many() -> Scatter {
        let point = |index: u32| {
            let turn = f64::from(index) * 0.01;
            (turn * turn.cos(), turn * turn.sin(), (index % 10) as u8)
        };
        figure(&(0..10_000).map(point).collect::<Vec<_>>())
    }

    #[test]
    fn every_point_is_drawn_in_few_bytes() {
        let svg = many().to_svg().unwrap();
        assert_eq!(svg.matches("h.01").count(), 10_000);
        assert!(svg.len() < 200_000, "{} bytes", svg.len());
        assert_eq!(svg, many().to_svg().unwrap());
    }

    #[test]
    fn labels_are_escaped_and_stand_in_the_legend_and_at_their_points() {
        let svg = many().to_svg().unwrap();
        parse(&svg).unwrap();
        assert!(svg.contains(">codes &lt;of&gt; &quot;a &amp; b&quot;</text>"));
        assert_eq!(svg.matches(">digit 7</text>").count(), 2);
        let lonely = figure(&[(0.0, 0.0, 7)]).to_svg().unwrap();
        assert_eq!(lonely.matches(">digit 7</text>").count(), 2);
        assert_eq!(lonely.matches(">digit 3</text>").count(), 1);
    }

    #[test]
    fn a_dot_lies_at_its_point_in_the_colour_of_its_class() {
        // Two points of class 0 on the left, whose label lies at (0, 2), away from (0, 0).
        let mut figure = figure(&[(0.0, 0.0, 0), (0.0, 2.0, 0), (4.0, 2.0, 2)]);
        figure.x_label.clear();
        let svg = figure.to_svg().unwrap();
        let picture = decode(&svg_to_png(&svg, 1.0).unwrap());
        let path = svg.lines().find(|line| line.contains("<path stroke=\"#3f90da\""));
        let dot = path.unwrap().split('M').nth(1).unwrap();
        let at: Vec<f64> = dot.split([' ', 'h']).take(2).map(|n| n.parse().unwrap()).collect();
        // 65 % of the class colour on white.
        let [red, _, blue] = picture.get_pixel(at[0] as u32, at[1] as u32).0;
        let blended = |channel: u8| 0.65 * f64::from(channel) + 0.35 * 255.0;
        assert!((f64::from(red) - blended(0x3f)).abs() < 20.0, "{red}");
        assert!((f64::from(blue) - blended(0xda)).abs() < 20.0, "{blue}");
    }

    #[test]
    fn one_unit_has_the_same_length_on_both_axes() {
        let cloud = figure(&[(0.0, 0.0, 0), (4.0, 2.0, 0)]);
        let (x, y, (width, height)) = cloud.axes();
        assert_eq!(width, LONG_SIDE);
        assert!((height - LONG_SIDE / 2.0).abs() < 1e-9);
        assert!((x.high - x.low - 4.0 * 1.08).abs() < 1e-9);
        assert!((y.high - y.low - 2.0 * 1.08).abs() < 1e-9);
    }

    #[test]
    fn degenerate_clouds_are_drawn_with_equal_units() {
        for points in [
            [(0.0, 0.0, 0), (0.0, 0.0, 1)],
            [(5.0, -3.0, 0), (5.0, -3.0, 1)],
            [(0.0, 0.0, 0), (1e-9, 1e9, 1)],
            [(-1e300, 0.0, 0), (1e300, 0.0, 1)],
            [(0.0, 0.0, 0), (5e-324, 0.0, 1)],
        ] {
            let figure = figure(&points);
            let (x, y, (width, height)) = figure.axes();
            let ratio = (width / (x.high - x.low)) / (height / (y.high - y.low));
            assert!((ratio - 1.0).abs() < 1e-6, "{points:?}: {ratio}");
            let svg = figure.to_svg().unwrap();
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{points:?}");
        }
    }

    #[test]
    fn points_that_cannot_be_drawn_are_refused() {
        let message = |figure: Scatter| figure.to_svg().unwrap_err().to_string();
        assert_eq!(
            message(figure(&[(0.0, 0.0, 0), (1.0, f64::NAN, 0)])),
            "scatter point 1 is (1, NaN); leave out points that are not finite"
        );
        assert_eq!(
            message(figure(&[(0.0, 0.0, 10)])),
            "scatter point 0 is of class 10, there are 10 class labels; add one"
        );
        assert!(message(figure(&[])).ends_with("has no finite point; give at least one"));
        let mut crowded = figure(&[(0.0, 0.0, 0)]);
        crowded.class_labels.push("ten".into());
        assert!(message(crowded).starts_with("11 classes are too many"));
    }
}
