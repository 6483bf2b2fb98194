//! One column of each component, weighted by responsibility, against the fitted predictive: the check of a likelihood.

use cavi::{ConjugatePair, Fit, MixtureCavi, Pair};
use figures::{FigureError, HistogramPanel, Histograms, Predictive};

use super::pictures::Shown;

/// Points of a predictive; beyond so many values of a count, one in several is drawn.
const POINTS: f64 = 4000.0;

/// Panels that a page of histograms can hold.
const PANELS: usize = 12;

/// Bins of a histogram, about.
const BINS: f64 = 40.0;

/// The share of the events that is left out at each end of a continuous column, whose tails may be long.
const TAIL: f64 = 0.005;

/// The histograms of a column: of which pair, and which column of the catalogue. Nothing where no event has it.
pub(super) fn histograms(
    name: &str,
    (pair, column): (usize, usize),
    mixture: &MixtureCavi,
    fit: &Fit,
    shown: &Shown<'_>,
) -> Result<Option<String>, FigureError> {
    let values = &shown.catalogue.columns[column].values;
    let mut sorted: Vec<f64> = values.iter().copied().filter(|x| !x.is_nan()).collect();
    sorted.sort_by(f64::total_cmp);
    if sorted.is_empty() {
        return Ok(None);
    }
    let (own, k) = (&mixture.pairs[pair], mixture.components);
    let edges = if is_discrete(own) { whole_bins(&sorted) } else { bins(&sorted) };
    let panel = |component: usize| {
        let mut counts = vec![0.0; edges.len() - 1];
        for (row, x) in values.iter().enumerate().filter(|(_, x)| !x.is_nan()) {
            let bin = edges.partition_point(|edge| edge <= x);
            if (1..edges.len()).contains(&bin) {
                counts[bin - 1] += shown.responsibilities[row * k + component];
            }
        }
        let density = |x: f64| own.log_predictive(&fit.posterior.pairs[pair][component], &[x]).exp();
        HistogramPanel {
            title: format!("{}: {:.0} events", component + 1, fit.counts[component]),
            component,
            edges: edges.clone(),
            counts,
            predictive: if is_discrete(own) { masses(own, &edges, density) } else { curve(&edges, density) },
        }
    };
    Histograms {
        title: format!("{name} by component against the fitted predictive"),
        x_label: name.to_owned(),
        y_label: "density".to_owned(),
        observed_label: "observed, by responsibility".to_owned(),
        predictive_label: law(own).to_owned(),
        panels: (0..k.min(PANELS)).map(panel).collect(),
    }
    .to_svg()
    .map(Some)
}

fn is_discrete(pair: &Pair) -> bool {
    matches!(pair, Pair::Poisson(_) | Pair::Bernoulli(_) | Pair::Categorical(_))
}

/// The law of a new observation.
fn law(pair: &Pair) -> &'static str {
    match pair {
        Pair::Normal(_) => "normal predictive",
        Pair::NormalGamma(_) | Pair::NormalWishart(_) => "Student-t predictive",
        Pair::LogNormal(_) => "log-normal predictive",
        Pair::Poisson(_) => "negative binomial predictive",
        Pair::Exponential(_) => "Lomax predictive",
        Pair::Bernoulli(_) => "Bernoulli predictive",
        Pair::Categorical(_) => "categorical predictive",
    }
}

/// Whole numbers in bins of equal width, edges at halves.
fn whole_bins(sorted: &[f64]) -> Vec<f64> {
    let largest = sorted[sorted.len() - 1];
    let width = (largest / BINS).ceil().max(1.0);
    let bins = (largest / width).floor() as usize + 1;
    (0..=bins).map(|bin| bin as f64 * width - 0.5).collect()
}

/// Bins of equal width over all but the tails.
fn bins(sorted: &[f64]) -> Vec<f64> {
    let quantile = |share: f64| sorted[(share * (sorted.len() - 1) as f64).round() as usize];
    let (low, high) = (quantile(TAIL), quantile(1.0 - TAIL));
    let margin = if high > low { 0.0 } else { high.abs().max(1.0) * 0.5 };
    let (low, high) = (low - margin, high + margin);
    let width = (high - low) / BINS;
    // The last edge lies above the last value.
    (0..=BINS as usize).map(|bin| low + bin as f64 * width * (1.0 + 1e-9)).collect()
}

/// The masses of the whole numbers, at most so many of them.
fn masses(pair: &Pair, edges: &[f64], density: impl Fn(f64) -> f64) -> Predictive {
    let last = edges[edges.len() - 1].floor();
    let stride = (last / POINTS).ceil().max(1.0) as usize;
    let inside = |x: &f64| pair.outside_support(*x).is_none();
    let values = (0..=last as usize).step_by(stride).map(|s| s as f64).filter(inside);
    Predictive::Mass(values.map(|s| (s, density(s))).collect())
}

/// The density within the edges, relative to its mass there, as the bars are.
fn curve(edges: &[f64], density: impl Fn(f64) -> f64) -> Predictive {
    let (low, high) = (edges[0], edges[edges.len() - 1]);
    let step = (high - low) / 400.0;
    let points: Vec<(f64, f64)> =
        (0..400).map(|i| low + (f64::from(i) + 0.5) * step).map(|x| (x, density(x))).collect();
    let mass: f64 = points.iter().map(|(_, density)| density * step).sum();
    let relative = |(x, density): (f64, f64)| (x, if mass > 1e-6 { density / mass } else { density });
    Predictive::Density(points.into_iter().map(relative).collect())
}
