//! The figures of a fit: the map, the plate diagram, each column against its predictive.

use cavi::{Assignment, Catalogue, Events as _, Fit, MixtureCavi, Pair, PairPosterior, Role};
use figures::{FigureError, Map, MapCentre, MapComponent, MapEvent, NodeKind, Plate, PlateDiagram, PlateNode};

use super::input::Input;
use super::model::Model;
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

/// Every figure of a fit, as SVG, by name.
pub(super) fn all(
    model: &Model,
    input: &Input,
    mixture: &MixtureCavi,
    fit: &Fit,
    shown: &Shown<'_>,
    run: &str,
) -> Result<Vec<(String, String)>, FigureError> {
    let mut figures = vec![("plates".to_owned(), plates(mixture)?)];
    figures.extend(map(model, input, mixture, fit, shown, run)?.map(|svg| ("map".to_owned(), svg)));
    let mut first = 0;
    for (index, pair) in model.pairs.iter().enumerate() {
        if let [column] = pair.columns.as_slice() {
            let name = match (model.assignment, index) {
                (Some(_), 1) => "strengths".to_owned(),
                (Some(Assignment::LogNormalPoisson), 0) => "distances".to_owned(),
                _ => format!("predictive-{}", column.replace(|c: char| !c.is_ascii_alphanumeric(), "_")),
            };
            let svg = predictive::histograms(column, (index, first), mixture, fit, shown)?;
            figures.extend(svg.map(|svg| (name, svg)));
        }
        first += pair.columns.len();
    }
    Ok(figures)
}

/// The map of the first pair in the plane; nothing without one. An event has the colour of its most probable component, as
/// opaque as that is probable, and the size of the first count or duration.
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
    let stride = shown.catalogue.len().div_ceil(SHOWN);
    let events: Vec<MapEvent> = (0..shown.catalogue.len())
        .step_by(stride)
        .filter_map(|row| {
            let own = &shown.responsibilities[row * k..(row + 1) * k];
            let larger =
                |best: (usize, f64), (component, &r): (usize, &f64)| if r > best.1 { (component, r) } else { best };
            let (component, opacity) = own.iter().enumerate().fold((0, 0.0), larger);
            let (x, y, strength) = (x.values[row], y.values[row], size_column.map_or(1.0, |c| c.values[row]));
            let event = MapEvent { x, y, component, opacity: opacity.clamp(0.0, 1.0), strength };
            (!(x.is_nan() || y.is_nan() || strength.is_nan())).then_some(event)
        })
        .collect();
    if events.is_empty() {
        return Ok(None);
    }
    let components =
        fit.posterior.pairs[plane].iter().zip(&fit.counts).enumerate().map(|(k, (q, count))| MapComponent {
            label: format!("{}: {count:.0} events", k + 1),
            short_label: (k + 1).to_string(),
            centre: centre(&mixture.pairs[plane], q),
            outlines: Vec::new(),
        });
    let drawn = stride * shown.stride;
    let notes = if drawn > 1 { vec![format!("one event in {drawn} is drawn")] } else { Vec::new() };
    let PairArg { columns, .. } = &model.pairs[plane];
    let map = Map {
        title: format!("Events and epicentres of run {run}"),
        notes,
        x_label: axis_label(input, &columns[0]),
        y_label: axis_label(input, &columns[1]),
        strength_label: size_column.map_or_else(String::new, |column| column.name.clone()),
        aspect: Some(aspect(input, &columns[1], &y.values)),
        level: 0.95,
        components: components.collect(),
        events,
    };
    map.to_svg().map(Some)
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
pub(super) fn axis_label(input: &Input, column: &str) -> String {
    let is_kilometres = input.formulas.iter().flatten().any(|(name, formula)| {
        name == column && matches!(formula, cavi::Formula::East { .. } | cavi::Formula::North { .. })
    });
    if is_kilometres { format!("{column} (km from the middle)") } else { column.to_owned() }
}

/// A degree of latitude is `1 / cos(latitude)` degrees of longitude long; other columns share one unit.
fn aspect(input: &Input, column: &str, values: &[f64]) -> f64 {
    let present: Vec<f64> = values.iter().copied().filter(|y| !y.is_nan()).collect();
    let mean = present.iter().sum::<f64>() / present.len().max(1) as f64;
    let is_latitude = column.to_lowercase().starts_with("lat") && axis_label(input, column) == column;
    if is_latitude && mean.abs() < 85.0 { mean.to_radians().cos().recip() } else { 1.0 }
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
