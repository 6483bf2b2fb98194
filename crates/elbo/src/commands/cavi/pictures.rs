//! The figures of a fit: the map, the plate diagram, the strengths against their predictive.

use cavi::{Assignment, ConjugatePair, Fit, MixtureCavi, Pair, PairPosterior, Role};
use figures::{
    FigureError, HistogramPanel, Histograms, Map, MapCentre, MapComponent, MapEvent, NodeKind, Plate, PlateDiagram,
    PlateNode, Predictive,
};

use super::input::Input;
use crate::cli::MixtureArgs;

/// Events that a map can show.
const SHOWN: usize = 10_000;

/// Points of a predictive; beyond so many strengths, one in several is drawn.
const POINTS: f64 = 4000.0;

/// Panels that a page of histograms can hold.
const PANELS: usize = 12;

/// The map of a fit in the plane; nothing for another number of axes. An event has the colour of its most probable
/// component, as opaque as that is probable.
pub(super) fn map(
    input: &Input,
    mixture: &MixtureCavi,
    fit: &Fit,
    responsibilities: &[f64],
    args: &MixtureArgs,
    run: &str,
) -> Result<Option<String>, FigureError> {
    let [x, y, strength] = input.catalogue.columns.as_slice() else { return Ok(None) };
    let Pair::Normal(pair) = &mixture.pairs[0] else { return Ok(None) };
    let k = mixture.components;
    let stride = input.catalogue.len().div_ceil(SHOWN);
    let events: Vec<MapEvent> = (0..input.catalogue.len())
        .step_by(stride)
        .filter(|&row| ![x, y, strength].iter().any(|column| column.values[row].is_nan()))
        .map(|row| {
            let own = &responsibilities[row * k..(row + 1) * k];
            let (component, opacity) = own
                .iter()
                .copied()
                .enumerate()
                .fold((0, 0.0), |best, (component, r)| if r > best.1 { (component, r) } else { best });
            let (x, y, strength) = (x.values[row], y.values[row], strength.values[row]);
            MapEvent { x, y, component, opacity: opacity.clamp(0.0, 1.0), strength }
        })
        .collect();
    if events.is_empty() {
        return Ok(None);
    }
    let diagonal = |variance: f64| [[variance, 0.0], [0.0, variance]];
    let components = fit.posterior.pairs[0].iter().zip(&fit.counts).enumerate().map(|(k, (q, count))| MapComponent {
        label: format!("{}: {count:.0} events", k + 1),
        short_label: (k + 1).to_string(),
        centre: match q {
            PairPosterior::Normal(q) => Some(MapCentre {
                mean: (q.mean[0], q.mean[1]),
                mean_covariance: diagonal(q.precision.recip()),
                event_covariance: diagonal(pair.tau().recip() + q.precision.recip()),
            }),
            PairPosterior::Gamma(_) | PairPosterior::Beta(_) | PairPosterior::Dirichlet(_) => None,
        },
        outlines: Vec::new(),
    });
    let notes = if stride > 1 { vec![format!("one event in {stride} is drawn")] } else { Vec::new() };
    let map = Map {
        title: format!("Events and epicentres of run {run}"),
        notes,
        x_label: args.position[0].clone(),
        y_label: args.position[1].clone(),
        strength_label: args.strength.clone(),
        aspect: Some(aspect(&args.position[1], &y.values)),
        level: 0.95,
        components: components.collect(),
        events,
    };
    map.to_svg().map(Some)
}

/// A degree of latitude is `1 / cos(latitude)` degrees of longitude long; other columns share one unit.
fn aspect(column: &str, values: &[f64]) -> f64 {
    let present: Vec<f64> = values.iter().copied().filter(|y| !y.is_nan()).collect();
    let mean = present.iter().sum::<f64>() / present.len().max(1) as f64;
    if column.to_lowercase().starts_with("lat") && mean.abs() < 85.0 { mean.to_radians().cos().recip() } else { 1.0 }
}

/// The plate diagram of the model (question 1.1.1).
pub(super) fn plates(assignment: Assignment, mixture: &MixtureCavi) -> Result<String, FigureError> {
    let model = mixture.plate_model(&assignment.letters());
    let node = |(name, role): (String, Role)| PlateNode {
        name,
        kind: match role {
            Role::Observed => NodeKind::Observed,
            Role::Latent => NodeKind::Latent,
            Role::Constant => NodeKind::Constant,
        },
    };
    PlateDiagram {
        title: String::new(),
        nodes: model.nodes.into_iter().map(node).collect(),
        edges: model.edges,
        plates: model.plates.into_iter().map(|(label, members)| Plate { label, members }).collect(),
    }
    .to_svg()
}

/// The strengths of each component, weighted by responsibility, against the fitted predictive: the check of the Poisson
/// assumption.
pub(super) fn strengths(
    input: &Input,
    mixture: &MixtureCavi,
    fit: &Fit,
    responsibilities: &[f64],
    args: &MixtureArgs,
) -> Result<Option<String>, FigureError> {
    let Some(strength) = input.catalogue.columns.last() else { return Ok(None) };
    let (Some(pair), Some(posterior)) = (mixture.pairs.last(), fit.posterior.pairs.last()) else { return Ok(None) };
    let k = mixture.components;
    let largest = strength.values.iter().copied().filter(|s| !s.is_nan()).fold(0.0, f64::max);
    // Whole numbers in bins of equal width, edges at halves.
    let width = (largest / 40.0).ceil().max(1.0);
    let bins = (largest / width).floor() as usize + 1;
    let edges: Vec<f64> = (0..=bins).map(|bin| bin as f64 * width - 0.5).collect();
    let stride = (largest / POINTS).ceil().max(1.0) as usize;
    let panel = |component: usize| {
        let mut counts = vec![0.0; bins];
        for (row, &s) in strength.values.iter().enumerate().filter(|(_, s)| !s.is_nan()) {
            counts[(s / width) as usize] += responsibilities[row * k + component];
        }
        let q = &posterior[component];
        let masses =
            (0..=largest as usize).step_by(stride).map(|s| (s as f64, pair.log_predictive(q, &[s as f64]).exp()));
        HistogramPanel {
            title: format!("{}: {:.0} events", component + 1, fit.counts[component]),
            component,
            edges: edges.clone(),
            counts,
            predictive: Predictive::Mass(masses.collect()),
        }
    };
    Histograms {
        title: "Strengths by component against the fitted predictive".to_owned(),
        x_label: args.strength.clone(),
        y_label: "density".to_owned(),
        observed_label: "observed, by responsibility".to_owned(),
        predictive_label: "negative binomial predictive".to_owned(),
        panels: (0..k.min(PANELS)).map(panel).collect(),
    }
    .to_svg()
    .map(Some)
}
