//! The figures of `elbo estimators vae`: layer by layer at one epoch, or the encoder's noise along a run.

use figures::{Curves, FigureError, IntervalEstimate, IntervalSet, Intervals, Scale, Series};
use train::gradients::{LayerNoise, Spread};

use super::vae_report::{AtEpoch, Entry};

/// Estimators of one figure, at most: as many as there are colours.
const MOST: usize = 10;

/// Times the variance of the first estimator: beyond, another could not be seen beside it.
const NEAR: f64 = 5.0;

/// A figure and the name of its files.
pub(super) struct Figure {
    pub(super) name: &'static str,
    kind: Kind,
}

enum Kind {
    Curves(Curves),
    Intervals(Intervals),
}

impl Figure {
    pub(super) fn to_svg(&self) -> Result<String, FigureError> {
        match &self.kind {
            Kind::Curves(curves) => curves.to_svg(),
            Kind::Intervals(intervals) => intervals.to_svg(),
        }
    }
}

/// Variances and signal-to-noise ratios, one row a layer.
pub(super) fn layer_figures(run: &str, at: &AtEpoch) -> Vec<Figure> {
    let variance =
        |spread: &Spread| Some(IntervalEstimate { value: spread.variance, interval: spread.variance_interval });
    let signal = |spread: &Spread| {
        let signal = spread.signal_to_noise?;
        Some(IntervalEstimate { value: signal.median, interval: [signal.tenth, signal.ninetieth] })
    };
    let count = at.estimators.len();
    let more =
        (count > MOST).then(|| format!("The first {MOST} of {count} estimators; the others are in estimators.json"));
    let figure = |name, title: &str, note: &str, x_label: &str, of: &dyn Fn(&Spread) -> Option<IntervalEstimate>| {
        let set = |entry: &Entry| IntervalSet {
            label: label(entry),
            estimates: rows(entry).map(|layer| of(&layer.noise)).collect(),
        };
        let names = at.estimators.first().map(|entry| rows(entry).map(|layer| layer.name.clone()).collect());
        Figure {
            name,
            kind: Kind::Intervals(Intervals {
                title: format!("{title}, {run} after {} epochs", at.epochs),
                notes: std::iter::once(note.to_owned()).chain(more.clone()).collect(),
                x_label: x_label.to_owned(),
                rows: names.unwrap_or_default(),
                sets: at.estimators.iter().take(MOST).map(set).collect(),
                scale: Scale::Logarithmic,
                reference: None,
            }),
        }
    };
    vec![
        figure(
            "estimators-variance",
            "Noise of the gradient by layer",
            "At one fixed batch; intervals of 95 %, by the jackknife",
            "variance of the loss's gradient, summed over the weights of a layer",
            &variance,
        ),
        figure(
            "estimators-snr",
            "Signal to noise by layer",
            "Dots are medians over the weights of a layer, lines reach from the 10 % to the 90 % quantile",
            "|mean| / deviation of one draw, at one fixed batch",
            &signal,
        ),
    ]
}

/// The unions first, then the layers from the image to the image.
fn rows(entry: &Entry) -> impl Iterator<Item = &LayerNoise> {
    [&entry.encoder, &entry.decoder].into_iter().chain(&entry.layers)
}

/// The encoder's noise against the epoch: of all estimators, and of those that come near the first beside it, which shows what
/// sticking the landing buys late in training.
pub(super) fn along_figures(run: &str, along: &[AtEpoch]) -> Vec<Figure> {
    let first = along.first().map_or(&[][..], |at| &at.estimators);
    let variance = |at: &AtEpoch, number: usize| at.estimators[number].encoder.noise.variance;
    let series = |value: &dyn Fn(&AtEpoch, usize) -> f64| -> Vec<Series> {
        let series = first.iter().enumerate().map(|(number, entry)| Series {
            label: label(entry),
            points: along.iter().map(|at| (at.epochs as f64, value(at, number))).collect(),
            marks: Vec::new(),
        });
        series.collect()
    };
    let figure = |name, title: String, y_label: String, series| Figure {
        name,
        kind: Kind::Curves(Curves { title, x_label: "epoch".to_owned(), y_label, series }),
    };
    let all = series(&|at, number| variance(at, number).log10());
    let title = format!("Noise of the encoder's gradient along {run}");
    let mut figures =
        vec![figure("estimators-along", title, "log₁₀ of the variance, summed over weights".to_owned(), all)];
    let ratios = series(&|at, number| variance(at, number) / variance(at, 0));
    let is_near = |series: &Series| series.points.iter().all(|(_, ratio)| *ratio < NEAR);
    let near: Vec<Series> = ratios.into_iter().filter(is_near).collect();
    // The first is always near itself.
    if near.len() > 1 {
        let y_label = format!("variance / that of {}", first[0].name);
        let title = format!("Relative noise of the encoder's gradient along {run}");
        figures.push(figure("estimators-along-ratio", title, y_label, near));
    }
    figures
}

fn label(entry: &Entry) -> String {
    match entry.particles {
        1 => entry.name.to_owned(),
        particles => format!("{}, K = {particles}", entry.name),
    }
}
