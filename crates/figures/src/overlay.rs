//! Histograms over each other in one plot, with the exact law, as SVG.

use crate::{
    FigureError, Predictive,
    axis::{Axis, TickKind},
    canvas::{Canvas, number},
    frame::{Captions, Frame, TickLines},
    legend::{self, Entry, Mark},
    range::LARGEST,
    theme::{BACKGROUND, TEXT, component_colour},
};

/// Size of the plot in pixels.
const PLOT: (f64, f64) = (560.0, 340.0);
/// Most samples of one figure: more areas over each other cannot be told apart.
const MAX_SAMPLES: usize = 3;
/// An axis of densities reaches at least this high; below, the steps between ticks would underflow.
const LEAST_DENSITY: f64 = 1e-280;

/// The counts of one sample.
///
/// # Examples
/// The texts of the figure are left out here.
///
/// ```
/// use figures::{CountedSample, OverlaidHistograms, Predictive};
///
/// let mut figure = OverlaidHistograms {
///     # title: String::new(),
///     # notes: Vec::new(),
///     # x_label: String::new(),
///     # y_label: String::new(),
///     # exact_label: String::new(),
///     edges: vec![10.0, 11.0, 12.0],
///     samples: vec![CountedSample { label: "draws".into(), counts: vec![6.0, 4.0], beyond: 0.0 }],
///     exact: Predictive::Density(vec![(10.0, 0.1), (12.0, 0.1)]),
/// };
/// // All draws lie in the bins: the highest density is 6 of 10, and has a tick.
/// assert!(figure.to_svg()?.contains(">0.6</text>"));
/// // As many again lie beyond them, which halves it.
/// figure.samples[0].beyond = 10.0;
/// let svg = figure.to_svg()?;
/// assert!(!svg.contains(">0.6</text>") && svg.contains(">0.30</text>"));
/// # Ok::<(), figures::FigureError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct CountedSample {
    /// Stands in the legend.
    pub label: String,
    /// Count of each bin.
    pub counts: Vec<f64>,
    /// Draws beyond the bins, so that the densities of samples with different tails can be compared.
    pub beyond: f64,
}

/// Samples in the same bins, drawn over each other; empty texts take no space.
///
/// What is drawn is the density: the count of a bin over its width and over the size of the sample.
///
/// # Examples
/// Two samplers of one law, and the law:
///
/// ```
/// use figures::{CountedSample, OverlaidHistograms, Predictive};
///
/// let sample = |label: &str, counts| CountedSample { label: label.into(), counts, beyond: 0.0 };
/// let figure = OverlaidHistograms {
///     title: "Bernoulli(0.6)".into(),
///     notes: vec!["100 draws each".into()],
///     x_label: "value".into(),
///     y_label: "probability".into(),
///     edges: vec![-0.5, 0.5, 1.5],
///     samples: vec![sample("direct", vec![42.0, 58.0]), sample("by Gumbels", vec![37.0, 63.0])],
///     exact_label: "exact".into(),
///     exact: Predictive::Mass(vec![(0.0, 0.4), (1.0, 0.6)]),
/// };
/// let svg = figure.to_svg()?;
/// assert!(["direct", "by Gumbels", "exact"].iter().all(|label| svg.contains(&format!(">{label}</text>"))));
/// // A mass has a dot at each integer, and one in the legend.
/// assert_eq!(svg.matches("<circle").count(), 3);
/// # Ok::<(), figures::FigureError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct OverlaidHistograms {
    /// Stands above the plot.
    pub title: String,
    /// Lines below the title.
    pub notes: Vec<String>,
    /// Stands below the plot.
    pub x_label: String,
    /// Stands left of the plot.
    pub y_label: String,
    /// Edges of the bins, rising, one more than counts.
    pub edges: Vec<f64>,
    /// The samples, at most 3, in the order of the legend.
    pub samples: Vec<CountedSample>,
    /// What the exact law is called.
    pub exact_label: String,
    /// The exact law; a mass on integers puts the ticks on integers.
    pub exact: Predictive,
}

impl OverlaidHistograms {
    /// Draws the figure as an SVG document.
    ///
    /// # Errors
    /// [`FigureError::Empty`] without samples, [`FigureError::TooMany`] for more than 3, [`FigureError::Bins`] if edges do
    /// not match counts or do not rise, [`FigureError::Value`] for a count or density that is negative or not finite.
    pub fn to_svg(&self) -> Result<String, FigureError> {
        self.validate()?;
        let (exact, kind) = match &self.exact {
            Predictive::Mass(points) => (points, TickKind::Integer),
            Predictive::Density(points) => (points, TickKind::Any),
        };
        let x = Axis::with_round_ticks(self.edges[0], self.edges[self.edges.len() - 1], 10, kind);
        let densities = self.samples.iter().flat_map(|sample| self.densities(sample));
        let highest = densities.chain(exact.iter().map(|point| point.1)).fold(0.0, f64::max);
        let high = if highest < LEAST_DENSITY { 1.0 } else { 1.08 * highest };
        let y = Axis::with_round_ticks(0.0, high, 8, TickKind::Any);

        let captions =
            Captions { title: &self.title, notes: &self.notes, x_label: &self.x_label, y_label: &self.y_label };
        let frame = Frame::new(&captions, (x, y), PLOT);
        let entries = self.entries();
        let plain: Vec<Entry> = entries.iter().map(|(_, entry)| *entry).collect();
        let mut canvas = frame.canvas(&captions, TickLines::Grid, legend::size(&plain));
        frame.open_clip(&mut canvas);
        for (index, sample) in self.samples.iter().enumerate() {
            self.draw_bars(&mut canvas, &frame, sample, component_colour(index));
        }
        self.draw_exact(&mut canvas, &frame);
        frame.close_clip(&mut canvas);
        frame.draw_border(&mut canvas);
        for (place, (mark, entry)) in entries.iter().enumerate() {
            legend::draw_at(&mut canvas, &frame, place, *mark, entry);
        }
        Ok(canvas.finish())
    }

    fn validate(&self) -> Result<(), FigureError> {
        match self.samples.len() {
            0 => return Err(FigureError::Empty { title: self.title.clone(), what: "samples" }),
            found if found > MAX_SAMPLES => {
                let advice = "draw several figures";
                return Err(FigureError::TooMany { what: "samples", found, limit: MAX_SAMPLES, advice });
            }
            _ => {}
        }
        let check = |what: String, value: f64, low: f64, needs| match (low..=LARGEST).contains(&value) {
            true => Ok(()),
            false => Err(FigureError::Value { what, value, needs }),
        };
        let rise = self.edges.windows(2).all(|pair| pair[0] < pair[1]);
        for sample in &self.samples {
            let (counts, edges) = (sample.counts.len(), self.edges.len());
            if counts == 0 || edges != counts + 1 || !rise {
                return Err(FigureError::Bins { panel: sample.label.clone(), counts, edges });
            }
            for &count in sample.counts.iter().chain([&sample.beyond]) {
                check(format!("a count of `{}`", sample.label), count, 0.0, "a finite number from 0 up")?;
            }
        }
        for &edge in &self.edges {
            check("a bin edge".to_owned(), edge, -LARGEST, "a finite number")?;
        }
        let (Predictive::Mass(points) | Predictive::Density(points)) = &self.exact;
        for &(x, density) in points {
            check(format!("a value of `{}`", self.exact_label), x, -LARGEST, "a finite number")?;
            check(format!("a density of `{}`", self.exact_label), density, 0.0, "a finite number from 0 up")?;
        }
        Ok(())
    }

    /// Density of each bin of a sample; zero without draws.
    fn densities(&self, sample: &CountedSample) -> Vec<f64> {
        let total = sample.counts.iter().sum::<f64>() + sample.beyond;
        let widths = self.edges.windows(2).map(|edges| edges[1] - edges[0]);
        let density = |(count, width): (&f64, f64)| if total > 0.0 { count / total / width } else { 0.0 };
        sample.counts.iter().zip(widths).map(density).collect()
    }

    fn entries(&self) -> Vec<(Mark, Entry<'_>)> {
        let samples = self.samples.iter().enumerate();
        let mut entries: Vec<(Mark, Entry)> = samples
            .map(|(index, sample)| {
                (Mark::Area, Entry { label: &sample.label, colour: component_colour(index), dashes: "" })
            })
            .collect();
        if !self.exact_label.is_empty() {
            let mark = match self.exact {
                Predictive::Mass(_) => Mark::Dot,
                Predictive::Density(_) => Mark::Line,
            };
            entries.push((mark, Entry { label: &self.exact_label, colour: TEXT, dashes: "" }));
        }
        entries
    }

    fn draw_bars(&self, canvas: &mut Canvas, frame: &Frame, sample: &CountedSample, colour: &str) {
        let bars: String = self
            .densities(sample)
            .iter()
            .zip(self.edges.windows(2))
            .filter(|(density, _)| **density > 0.0)
            .map(|(&density, edges)| {
                let ((left, top), (right, bottom)) = (frame.at(edges[0], density), frame.at(edges[1], 0.0));
                format!("M{} {}V{}H{}V{}z", number(left), number(bottom), number(top), number(right), number(bottom))
            })
            .collect();
        if !bars.is_empty() {
            canvas.raw(&format!(
                "<path d=\"{bars}\" fill=\"{colour}\" fill-opacity=\".5\" stroke=\"{BACKGROUND}\" stroke-width=\".5\"/>"
            ));
        }
    }

    fn draw_exact(&self, canvas: &mut Canvas, frame: &Frame) {
        match &self.exact {
            Predictive::Mass(points) => {
                for &(x, mass) in points {
                    let (x, y) = frame.at(x, mass);
                    canvas.raw(&format!("<circle cx=\"{}\" cy=\"{}\" r=\"4\" fill=\"{TEXT}\"/>", number(x), number(y)));
                }
            }
            Predictive::Density(points) => {
                let mut line = String::new();
                for (index, &(x, density)) in points.iter().enumerate() {
                    let (x, y) = frame.at(x, density);
                    line.push_str(&format!("{}{} {}", if index == 0 { 'M' } else { 'L' }, number(x), number(y)));
                }
                canvas.raw(&format!("<path d=\"{line}\" fill=\"none\" stroke=\"{TEXT}\" stroke-width=\"1.8\"/>"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{png::tests::decode, raster::parse, svg_to_png};

    fn sample(label: &str, counts: &[f64]) -> CountedSample {
        CountedSample { label: label.into(), counts: counts.to_vec(), beyond: 0.0 }
    }

    fn figure(samples: Vec<CountedSample>) -> OverlaidHistograms {
        OverlaidHistograms {
            title: "Exp(1) <&>".into(),
            notes: vec!["p = 0.5".into()],
            x_label: "z".into(),
            y_label: "density".into(),
            edges: vec![0.0, 1.0, 3.0],
            samples,
            exact_label: "exact".into(),
            exact: Predictive::Density(vec![(0.0, 1.0), (1.0, 0.37), (3.0, 0.05)]),
        }
    }

    #[test]
    fn both_samples_and_the_law_are_drawn_and_named() {
        let svg = figure(vec![sample("direct", &[6.0, 4.0]), sample("re<p>", &[5.0, 5.0])]).to_svg().unwrap();
        parse(&svg).unwrap();
        for text in ["Exp(1) &lt;&amp;&gt;", "p = 0.5", "z", "density", "direct", "re&lt;p&gt;", "exact"] {
            assert!(svg.contains(&format!(">{text}</text>")), "{text}");
        }
        assert_eq!(svg.matches("fill-opacity=\".5\"").count(), 4, "two samples and their marks");
        let picture = decode(&svg_to_png(&svg, 1.0).unwrap());
        assert!(picture.width() > 560);
    }

    /// Half of the draws in a bin of width 2 are a quarter a unit; draws beyond the bins count in the whole.
    #[test]
    fn densities_are_shares_per_unit() {
        let mut own = sample("a", &[2.0, 2.0]);
        let figure = figure(vec![own.clone()]);
        assert_eq!(figure.densities(&own), [0.5, 0.25]);
        own.beyond = 4.0;
        assert_eq!(figure.densities(&own), [0.25, 0.125]);
        assert_eq!(figure.densities(&sample("a", &[0.0, 0.0])), [0.0, 0.0]);
    }

    #[test]
    fn a_mass_is_dots_over_integers() {
        let figure = OverlaidHistograms {
            edges: vec![-0.5, 0.5, 1.5],
            exact: Predictive::Mass(vec![(0.0, 0.4), (1.0, 0.6)]),
            ..figure(vec![sample("a", &[4.0, 6.0])])
        };
        let svg = figure.to_svg().unwrap();
        assert_eq!(svg.matches("<circle").count(), 3, "two dots and the mark");
        assert!(svg.contains(">0</text>") && svg.contains(">1</text>"));
    }

    #[test]
    fn what_cannot_be_drawn_is_refused() {
        let message = |figure: OverlaidHistograms| figure.to_svg().unwrap_err().to_string();
        assert!(message(figure(vec![])).contains("has no samples"));
        assert!(message(figure(vec![sample("a", &[1.0])])).contains("`a` has 1 counts and 3 edges"));
        assert!(message(figure(vec![sample("a", &[1.0, -1.0])])).contains("a count of `a` is -1"));
        assert!(message(figure(vec![sample("a", &[1.0, 1.0]); 4])).contains("4 samples are too many"));
        let mut bad = figure(vec![sample("a", &[1.0, 1.0])]);
        bad.exact = Predictive::Density(vec![(0.0, f64::NAN)]);
        assert!(message(bad).contains("a density of `exact` is NaN"));
    }
}
