//! The figures of a fit: the map, the plate diagram, each column against its predictive.

use cavi::{Assignment, Catalogue, Events as _, Fit, Formula, MixtureCavi, Pair, PairPosterior, Role};
use figures::{FigureError, Map, MapCentre, MapComponent, MapEvent, NodeKind, Plate, PlateDiagram, PlateNode};

use super::input::Input;
use super::model::{Model, is_latitude};
use super::predictive;
use crate::cli::PairArg;

/// Events that a map can show.
const SHOWN: usize = 10_000;

/// The events that are shown, with their responsibilities, row by row.
pub(super) struct Shown<'a> {
    pub(super) catalogue: &'a Catalogue,
    /// How many events one stands for.
    pub(super) stride: usize,
    pub(super) responsibilities: &'a [f64],
}

/// A figure by name, as SVG, or why it cannot be drawn.
pub(super) type Drawn = (String, Result<String, FigureError>);

/// Components that a map can tell apart.
const COMPONENTS: usize = 40;

/// Every figure of a fit.
pub(super) fn all(
    model: &Model,
    input: &Input,
    mixture: &MixtureCavi,
    fit: &Fit,
    shown: &Shown<'_>,
    run: &str,
) -> Vec<Drawn> {
    let mut figures: Vec<Drawn> = vec![("plates".to_owned(), plates(mixture))];
    figures.extend(map(model, input, mixture, fit, shown, run).transpose().map(|svg| ("map".to_owned(), svg)));
    let mut first = 0;
    for (index, pair) in model.pairs.iter().enumerate() {
        if let [column] = pair.columns.as_slice() {
            let name = match (model.assignment, index) {
                (Some(_), 1) => "strengths".to_owned(),
                (Some(Assignment::LogNormalPoisson), 0) => "distances".to_owned(),
                _ => format!("predictive-{}", column.replace(|c: char| !c.is_ascii_alphanumeric(), "_")),
            };
            // Two names may differ in what a file name cannot hold.
            let taken = figures.iter().any(|(other, _)| *other == name);
            let name = if taken { format!("{name}-{}", index + 1) } else { name };
            let svg = predictive::histograms(column, (index, first), mixture, fit, shown);
            figures.extend(svg.transpose().map(|svg| (name, svg)));
        }
        first += pair.columns.len();
    }
    figures
}

/// The map of the first pair in the plane; nothing without one. An event has the colour of its most probable component, as
/// opaque as that is probable, and the size of the first count or duration, or their median where it is missing.
fn map(
    model: &Model,
    input: &Input,
    mixture: &MixtureCavi,
    fit: &Fit,
    shown: &Shown<'_>,
    run: &str,
) -> Result<Option<String>, FigureError> {
    let starts = |index: usize| model.pairs[..index].iter().map(|pair| pair.columns.len()).sum::<usize>();
    let Some(plane) = model.pairs.iter().position(|pair| pair.columns.len() == 2) else { return Ok(None) };
    let is_size = |pair: &Pair| matches!(pair, Pair::Poisson(_) | Pair::Exponential(_));
    let size = mixture.pairs.iter().position(is_size);
    let column = |index: usize| &shown.catalogue.columns[index];
    let (x, y) = (column(starts(plane)), column(starts(plane) + 1));
    let size_column = size.map(|index| column(starts(index)));
    let k = mixture.components;
    let median = size_column.and_then(|column| median(&column.values)).unwrap_or(1.0);
    let drawn = largest(&fit.counts);
    let stride = shown.catalogue.len().div_ceil(SHOWN);
    let events: Vec<MapEvent> = (0..shown.catalogue.len())
        .step_by(stride)
        .filter_map(|row| {
            let own = &shown.responsibilities[row * k..(row + 1) * k];
            let larger =
                |best: (usize, f64), (component, &r): (usize, &f64)| if r > best.1 { (component, r) } else { best };
            let (component, opacity) = own.iter().enumerate().fold((0, 0.0), larger);
            let component = drawn.iter().position(|&shown| shown == component)?;
            let strength = size_column.map_or(1.0, |column| column.values[row]);
            let strength = if strength.is_nan() { median } else { strength };
            let event =
                MapEvent { x: x.values[row], y: y.values[row], component, opacity: opacity.clamp(0.0, 1.0), strength };
            (!(event.x.is_nan() || event.y.is_nan())).then_some(event)
        })
        .collect();
    if events.is_empty() {
        return Ok(None);
    }
    let components = drawn.iter().map(|&k| MapComponent {
        label: format!("{}: {:.0} events", k + 1, fit.counts[k]),
        short_label: (k + 1).to_string(),
        centre: centre(&mixture.pairs[plane], &fit.posterior.pairs[plane][k]),
        outlines: Vec::new(),
    });
    let mut notes = Vec::new();
    if drawn.len() < k {
        notes.push(format!("the {} largest of {k} components are drawn", drawn.len()));
    }
    if stride * shown.stride > 1 {
        notes.push(format!("one event in {} is drawn", stride * shown.stride));
    }
    if let Some(column) = size_column.filter(|column| column.values.iter().any(|x| x.is_nan())) {
        notes.push(format!("events without {} have its median size", column.name));
    }
    let PairArg { columns, .. } = &model.pairs[plane];
    let formulas = input.formulas.as_deref();
    let map = Map {
        title: format!("Events and epicentres of run {run}"),
        notes,
        x_label: axis_label(formulas, &columns[0]),
        y_label: axis_label(formulas, &columns[1]),
        strength_label: size_column.map_or_else(String::new, |column| column.name.clone()),
        aspect: Some(aspect(formulas, &columns[1], &y.values)),
        level: 0.95,
        components: components.collect(),
        events,
    };
    map.to_svg().map(Some)
}

/// The components that are drawn, in their order: all, or the largest.
fn largest(counts: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..counts.len()).collect();
    order.sort_by(|&a, &b| counts[b].total_cmp(&counts[a]));
    order.truncate(COMPONENTS);
    order.sort_unstable();
    order
}

fn median(values: &[f64]) -> Option<f64> {
    let mut present: Vec<f64> = values.iter().copied().filter(|x| !x.is_nan()).collect();
    present.sort_by(f64::total_cmp);
    present.get(present.len() / 2).copied()
}

/// The mean of a component with its uncertainty, and the spread of its events: the inverse of the expected precision.
fn centre(pair: &Pair, q: &PairPosterior) -> Option<MapCentre> {
    let (mean, spread, kappa) = match (pair, q) {
        (Pair::Normal(pair), PairPosterior::Normal(q)) => {
            let variance = pair.tau().recip();
            (&q.mean, [[variance, 0.0], [0.0, variance]], q.precision / pair.tau())
        }
        (_, PairPosterior::NormalGamma(q)) => {
            let variance = |axis: usize| q.rate[axis] / q.shape;
            (&q.mean, [[variance(0), 0.0], [0.0, variance(1)]], q.kappa)
        }
        (_, PairPosterior::NormalWishart(q)) => {
            let entry = |i: usize, j: usize| q.inverse_scale[i][j] / q.degrees_of_freedom;
            (&q.mean, [[entry(0, 0), entry(0, 1)], [entry(1, 0), entry(1, 1)]], q.kappa)
        }
        _ => return None,
    };
    let scaled = |factor: f64| spread.map(|row| row.map(|entry| entry * factor));
    Some(MapCentre {
        mean: (mean[0], mean[1]),
        mean_covariance: scaled(kappa.recip()),
        event_covariance: scaled(1.0 + kappa.recip()),
    })
}

/// The unit of a column that was projected.
pub(super) fn axis_label(formulas: Option<&[(String, Formula)]>, column: &str) -> String {
    let is_kilometres = formulas
        .into_iter()
        .flatten()
        .any(|(name, formula)| name == column && matches!(formula, Formula::East { .. } | Formula::North { .. }));
    if is_kilometres { format!("{column} (km from the middle)") } else { column.to_owned() }
}

/// A degree of latitude is `1 / cos(latitude)` degrees of longitude long; other columns share one unit.
pub(super) fn aspect(formulas: Option<&[(String, Formula)]>, column: &str, values: &[f64]) -> f64 {
    let present: Vec<f64> = values.iter().copied().filter(|y| !y.is_nan()).collect();
    let mean = present.iter().sum::<f64>() / present.len().max(1) as f64;
    let is_degrees = is_latitude(column) && axis_label(formulas, column) == column;
    if is_degrees && mean.abs() < 85.0 { mean.to_radians().cos().recip() } else { 1.0 }
}

/// The plate diagram of the model (question 1.1.1).
fn plates(mixture: &MixtureCavi) -> Result<String, FigureError> {
    let model = mixture.plate_model();
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
