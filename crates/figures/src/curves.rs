//! Curves such as the ELBO per epoch, as SVG.

use crate::{
    FigureError, Series,
    axis::{Axis, TickKind, short_label},
    frame::{Captions, Frame, TickLines},
    legend::{self, Entry, Mark},
    range::{extent, padded, readable_range},
    series::{Pen, is_drawable, is_inside},
};

/// Size of the plot in pixels.
const PLOT: (f64, f64) = (560.0, 340.0);
/// A series of this many points may begin outside of the y axis.
const LONG_SERIES: usize = 6;
/// Points beyond the y axis that the note names before it only counts.
const NAMED_POINTS: usize = 3;

/// Curves in one plot with a legend; empty texts take no space.
///
/// * A point that is not finite is left out: the curve is broken there, and a note counts such points.
/// * The first point of a series of six or more may lie outside of the y axis, if it would at least
///   double the range of all points that are no first ones. The curve then runs into the edge of the
///   plot, a triangle marks the place, and a note names the value.
///
/// # Examples
/// A first epoch far below the others would flatten their curve: it leaves the axis, and a note names it.
///
/// ```
/// use figures::{Curves, Series};
///
/// let elbo = [-570.6, -99.1, -93.4, -91.0, -89.9, -89.2];
/// let points = (1..).map(f64::from).zip(elbo).collect();
/// let figure = Curves {
///     title: "test set".into(),
///     x_label: "epoch".into(),
///     y_label: "ELBO (nats per image)".into(),
///     series: vec![Series { label: "vae".into(), points, marks: Vec::new() }],
/// };
/// assert!(figure.to_svg()?.contains(">Beyond the axis: vae −570.6 at epoch 1</text>"));
/// # Ok::<(), figures::FigureError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Curves {
    /// Stands above the plot.
    pub title: String,
    /// Stands below the plot.
    pub x_label: String,
    /// Stands left of the plot, rotated; a good place for the unit.
    pub y_label: String,
    /// The curves, in the order of the legend.
    pub series: Vec<Series>,
}

impl Curves {
    /// Draws the figure as an SVG document.
    ///
    /// # Errors
    /// [`FigureError::NoPoints`] if no series has a finite point.
    pub fn to_svg(&self) -> Result<String, FigureError> {
        let points = || self.series.iter().flat_map(|series| series.points.iter().chain(&series.marks)).copied();
        let drawable: Vec<_> = points().filter(is_drawable).collect();
        let Some(y_limits) = self.y_limits() else {
            return Err(FigureError::NoPoints { title: self.title.clone() });
        };
        let notes = self.notes(y_limits, points().count() - drawable.len());
        let captions = Captions { title: &self.title, notes: &notes, x_label: &self.x_label, y_label: &self.y_label };
        let (low, high) = padded(y_limits.0, y_limits.1);
        let y = Axis::with_round_ticks(low, high, 7, TickKind::Any);
        let frame = Frame::new(&captions, (x_axis(&drawable), y), PLOT);

        let entries: Vec<Entry> = (self.series.iter().enumerate()).map(|(index, series)| series.entry(index)).collect();
        let mut canvas = frame.canvas(&captions, TickLines::Grid, legend::size(&entries));
        frame.open_clip(&mut canvas);
        let mut pen = Pen { canvas: &mut canvas, frame: &frame, y_limits };
        for (index, series) in self.series.iter().enumerate() {
            pen.draw(index, series);
        }
        frame.close_clip(&mut canvas);
        frame.draw_border(&mut canvas);
        legend::draw(&mut canvas, &frame, Mark::Line, &entries);
        Ok(canvas.finish())
    }

    /// Range of the y axis before it is widened; `None` without a drawable point.
    fn y_limits(&self) -> Option<(f64, f64)> {
        let (mut values, mut starts) = (Vec::new(), Vec::new());
        for series in &self.series {
            let drawable = series.points.iter().filter(|point| is_drawable(point));
            let mut own: Vec<f64> = drawable.map(|point| point.1).collect();
            if own.len() >= LONG_SERIES {
                starts.push(own.remove(0));
            }
            values.append(&mut own);
            values.extend(series.marks.iter().filter(|mark| is_drawable(mark)).map(|mark| mark.1));
        }
        readable_range(&values, &starts)
    }

    /// What the plot leaves out, in words.
    fn notes(&self, y_limits: (f64, f64), not_finite: usize) -> Vec<String> {
        let mut notes = Vec::new();
        let outside: Vec<String> = self
            .series
            .iter()
            .flat_map(|series| series.points.iter().map(move |point| (&series.label, point)))
            .filter(|(_, point)| is_drawable(point) && !is_inside(point.1, y_limits))
            .map(|(label, (x, y))| {
                let (x, y) = (short_label(*x), short_label(*y));
                format!("{label} {y} at {} {x}", self.x_label)
            })
            .collect();
        if !outside.is_empty() {
            let named = outside.len().min(NAMED_POINTS);
            let more = match outside.len() - named {
                0 => String::new(),
                count => format!("; and {count} more"),
            };
            notes.push(format!("Beyond the axis: {}{more}", outside[..named].join("; ")));
        }
        match not_finite {
            0 => {}
            1 => notes.push("1 point is not finite and is left out".into()),
            count => notes.push(format!("{count} points are not finite and are left out")),
        }
        notes
    }
}

/// Range and ticks of x; integer ticks where all values are integers, such as epochs.
fn x_axis(points: &[(f64, f64)]) -> Axis {
    let values = || points.iter().map(|point| point.0);
    let (low, high) = extent(values()).unwrap_or_default();
    let all_integers = values().all(|x| x == x.round());
    // A single epoch: no tick but its own, not the 5 % of `padded`.
    let (low, high) = if all_integers && low == high { (low - 0.9, high + 0.9) } else { padded(low, high) };
    let kind = if all_integers { TickKind::Integer } else { TickKind::Any };
    Axis::with_round_ticks(low, high, 11, kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{png::tests::decode, raster::parse, svg_to_png};

    fn figure(series: &[(&str, &[(f64, f64)])]) -> Curves {
        let series = series.iter().map(|(label, points)| Series {
            label: (*label).into(),
            points: points.to_vec(),
            marks: Vec::new(),
        });
        Curves {
            title: "vae-1".into(),
            x_label: "epoch".into(),
            y_label: "ELBO (nats per image)".into(),
            series: series.collect(),
        }
    }

    fn rising(count: usize) -> Vec<(f64, f64)> {
        let elbo = |epoch: usize| (epoch as f64, -84.0 - 20.0 / epoch as f64);
        (1..=count).map(elbo).collect()
    }

    #[test]
    fn labels_ticks_and_marks_are_there() {
        let figure = figure(&[("training", &rising(5)), ("a<b&\"c\"", &rising(5))]);
        let svg = figure.to_svg().unwrap();
        parse(&svg).unwrap();
        for text in ["vae-1", "epoch", "ELBO (nats per image)", "training", "1", "5", "−100"] {
            assert!(svg.contains(&format!(">{text}</text>")), "{text}");
        }
        assert!(svg.contains(">a&lt;b&amp;&quot;c&quot;</text>"));
        assert!(!svg.contains(">1.5</text>"), "an epoch that does not exist");
        assert_eq!(svg.matches("<circle").count(), 10);
        assert!(!svg.contains("Beyond the axis"));
        assert_eq!(svg, figure.to_svg().unwrap());
    }

    #[test]
    fn marks_are_dots_inside_the_axes_beside_a_line_without_any() {
        let mut figure = figure(&[("exact", &rising(60))]);
        figure.series[0].marks = vec![(10.0, -70.0), (20.0, f64::NAN)];
        let svg = figure.to_svg().unwrap();
        assert_eq!(svg.matches("<circle").count(), 1);
        assert!(svg.contains(">−70</text>") && svg.contains("1 point is not finite"));
    }

    #[test]
    fn one_point_alone_is_drawn() {
        let svg = figure(&[("training", &[(1.0, -100.0)])]).to_svg().unwrap();
        assert_eq!(svg.matches("<circle").count(), 1);
        assert!(svg.contains(">1</text>") && !svg.contains(">2</text>"));
        let picture = decode(&svg_to_png(&svg, 1.0).unwrap());
        let is_blue = |pixel: &image::Rgb<u8>| pixel.0 == [0x00, 0x72, 0xb2];
        let blue_rows = picture.rows().filter(|row| row.clone().any(is_blue)).count();
        // The line of the legend covers at most three rows, the point some five more.
        assert!((6..=9).contains(&blue_rows), "{blue_rows}");
    }

    #[test]
    fn a_low_first_epoch_leaves_the_axis_and_is_named() {
        let mut points = rising(20);
        points[0].1 = -170.6;
        let svg = figure(&[("training", &points)]).to_svg().unwrap();
        assert!(svg.contains(">Beyond the axis: training −170.6 at epoch 1</text>"));
        assert!(!svg.contains(">−160</text>"));
        assert_eq!(svg.matches("<circle").count(), 19);
        assert_eq!(svg.matches("h12L").count(), 1);
    }

    #[test]
    fn many_points_beyond_the_axis_are_counted() {
        let mut points = rising(60);
        points[0].1 = -1e4;
        let svg = figure(&[("a", &points), ("b", &points), ("c", &points), ("d", &points)]);
        let svg = svg.to_svg().unwrap();
        assert!(svg.contains("b −10000 at epoch 1; c −10000 at epoch 1; and 1 more</text>"));
        assert_eq!(svg.matches("h12L").count(), 4);
        // Sixty points are too many to mark each.
        assert_eq!(svg.matches("<circle").count(), 0);
    }

    #[test]
    fn a_short_series_keeps_its_first_epoch() {
        let mut points = rising(5);
        points[0].1 = -170.6;
        let svg = figure(&[("training", &points)]).to_svg().unwrap();
        assert!(!svg.contains("Beyond the axis"));
        assert!(svg.contains(">−160</text>"));
    }

    #[test]
    fn points_that_are_not_finite_break_the_curve_and_are_counted() {
        let mut points = rising(7);
        points[3].1 = f64::NAN;
        points[4].1 = f64::NEG_INFINITY;
        let svg = figure(&[("training", &points)]).to_svg().unwrap();
        assert!(svg.contains(">2 points are not finite and are left out</text>"));
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
        assert_eq!(svg.matches("<circle").count(), 5);
        let line = svg.lines().find(|line| line.contains("stroke-linejoin")).unwrap();
        assert_eq!(line.matches('M').count(), 2);
    }

    #[test]
    fn a_figure_without_points_is_refused() {
        let empty: &[(f64, f64)] = &[];
        for series in [&[][..], &[("a", empty)], &[("a", &[(1.0, f64::NAN)])]] {
            assert_eq!(
                figure(series).to_svg().unwrap_err().to_string(),
                "the figure `vae-1` has no finite point; give at least one"
            );
        }
    }

    #[test]
    fn extreme_values_still_give_a_picture() {
        for y in [1e300, -1e300, 1e-300, 5e-324, 1e15, 0.0] {
            for points in [[(1.0, 0.0), (2.0, y)], [(-y, 0.0), (y, 1.0)]] {
                let svg = figure(&[("a", &points)]).to_svg().unwrap();
                assert!(!svg.contains("NaN") && !svg.contains(">inf"), "{y}");
                assert!(svg.len() < 10_000, "{y}: {} bytes", svg.len());
                svg_to_png(&svg, 0.5).unwrap();
            }
        }
    }
}
