//! The predictive density of the first pair of a fit on a grid, as a table and a picture.

use std::path::PathBuf;

use anyhow::ensure;
use cavi::{Catalogue, ConjugatePair, Events, Formula, MixtureCavi, Moments, PairPosterior, Posterior};
use figures::{Curves, DensityCentre, DensityMap, Series, svg_to_png};
use train::{TrainError, write_atomic, write_atomic_with};

use super::fitted::Fitted;
use super::pictures::{aspect, axis_label};
use super::predict::has_density;

/// How far the grid goes beyond the events, as a share of their range.
const MARGIN: f64 = 0.15;

/// New events that are drawn over the density.
const DRAWN: usize = 2000;

/// Components whose centre is drawn.
const CENTRES: usize = 40;

/// Log densities at the points of a grid of one or two axes.
pub(super) struct Grid {
    names: Vec<String>,
    formulas: Option<Vec<(String, Formula)>>,
    /// The coordinates of each axis.
    axes: Vec<Vec<f64>>,
    /// Row by row from the lowest second axis on, in nats.
    log_density: Vec<f64>,
}

impl Grid {
    /// Fails where the first pair has no density on a line or in a plane.
    pub(super) fn check(fitted: &Fitted) -> anyhow::Result<()> {
        if let Some((columns, pair)) = fitted.first_pair() {
            ensure!(
                columns.len() <= 2 && has_density(pair),
                "--grid needs a first pair with a density on a line or in a plane, but this fit begins with {} ({}); fit again with another --pair first",
                columns.join(", "),
                if has_density(pair) { "more than two columns" } else { "masses, not densities" }
            );
        }
        Ok(())
    }

    /// The first pair alone: the columns of the others are left out of the prediction.
    pub(super) fn new(
        names: &[String],
        formulas: Option<Vec<(String, Formula)>>,
        points: usize,
        moments: &[Moments],
        mixture: &MixtureCavi,
        posterior: &Posterior,
    ) -> Self {
        let axis = |moments: &Moments| {
            let (mut low, mut high) = (moments.smallest, moments.largest);
            if !(low.is_finite() && high.is_finite()) {
                (low, high) = (-1.0, 1.0);
            }
            let margin = if high > low { MARGIN * (high - low) } else { high.abs().max(1.0) };
            // A positive column stays positive.
            low = if low > 0.0 { (low - margin).max(low * 1e-3) } else { low - margin };
            let step = (high + margin - low) / (points - 1) as f64;
            (0..points).map(|i| low + i as f64 * step).collect::<Vec<f64>>()
        };
        let axes: Vec<Vec<f64>> = moments[..names.len()].iter().map(axis).collect();
        let mut x = vec![f64::NAN; moments.len()];
        let mut log_density = Vec::new();
        let density = |x: &[f64]| {
            let outside = mixture.pairs[0].outside_support(x[0]).is_some();
            if outside { f64::NEG_INFINITY } else { mixture.predict(posterior, x).0 }
        };
        match axes.as_slice() {
            [line] => {
                for &value in line {
                    x[0] = value;
                    log_density.push(density(&x));
                }
            }
            [columns, rows] => {
                for &row in rows {
                    for &column in columns {
                        (x[0], x[1]) = (column, row);
                        log_density.push(density(&x));
                    }
                }
            }
            _ => {}
        }
        Self { names: names.to_vec(), formulas, axes, log_density }
    }

    /// Writes the table, and a picture as SVG and PNG.
    pub(super) fn write(
        &self,
        [table, svg_file, png_file]: &[PathBuf; 3],
        run: &str,
        posterior: &Posterior,
        events: &dyn Events,
    ) -> anyhow::Result<()> {
        write_atomic_with(table, |text| {
            writeln!(text, "{},log_density", self.names.join(","))?;
            for (index, log_density) in self.log_density.iter().enumerate() {
                let columns = self.axes[0].len();
                write!(text, "{}", self.axes[0][index % columns])?;
                if let Some(rows) = self.axes.get(1) {
                    write!(text, ",{}", rows[index / columns])?;
                }
                writeln!(text, ",{log_density:?}")?;
            }
            Ok(())
        })
        .map_err(TrainError::from)?;
        let svg = match self.axes.as_slice() {
            [line] => self.curve(line, run)?,
            _ => self.map(run, posterior, events)?,
        };
        write_atomic(png_file, &svg_to_png(&svg, 2.0)?).map_err(TrainError::from)?;
        write_atomic(svg_file, svg.as_bytes()).map_err(TrainError::from)?;
        Ok(())
    }

    fn curve(&self, line: &[f64], run: &str) -> anyhow::Result<String> {
        let points = line.iter().zip(&self.log_density).map(|(&x, log)| (x, log.exp())).collect();
        let curve = Curves {
            title: format!("Predictive density of run {run}"),
            x_label: self.names[0].clone(),
            y_label: "density".to_owned(),
            series: vec![Series { label: "predictive".to_owned(), points, marks: Vec::new() }],
        };
        Ok(curve.to_svg()?)
    }

    fn map(&self, run: &str, posterior: &Posterior, events: &dyn Events) -> anyhow::Result<String> {
        let (shown, stride) = Catalogue::thinned(events, DRAWN)?;
        let pair = shown.columns[0].values.iter().zip(&shown.columns[1].values);
        let points = pair.map(|(&x, &y)| (x, y)).filter(|(x, y)| !x.is_nan() && !y.is_nan()).collect();
        let weights = posterior.mixing.mean();
        let mut largest: Vec<usize> = (0..weights.len()).collect();
        largest.sort_by(|&a, &b| weights[b].total_cmp(&weights[a]));
        let centre = |k: usize| {
            let mean = match &posterior.pairs[0][k] {
                PairPosterior::Normal(q) => &q.mean,
                PairPosterior::NormalGamma(q) => &q.mean,
                PairPosterior::NormalWishart(q) => &q.mean,
                PairPosterior::Gamma(_) | PairPosterior::Beta(_) | PairPosterior::Dirichlet(_) => return None,
            };
            Some(DensityCentre { x: mean[0], y: mean[1], label: (k + 1).to_string() })
        };
        let map = DensityMap {
            title: format!("Predictive density of run {run}"),
            notes: if stride > 1 { vec![format!("one new event in {stride} is drawn")] } else { Vec::new() },
            x_label: axis_label(self.formulas.as_deref(), &self.names[0]),
            y_label: axis_label(self.formulas.as_deref(), &self.names[1]),
            aspect: Some(aspect(self.formulas.as_deref(), &self.names[1], &self.axes[1])),
            x: self.axes[0].clone(),
            y: self.axes[1].clone(),
            log_density: self.log_density.clone(),
            points,
            points_label: "new events".to_owned(),
            centres: largest.into_iter().take(CENTRES).filter_map(centre).collect(),
            centres_label: "epicentres".to_owned(),
            ..DensityMap::default()
        };
        Ok(map.to_svg()?)
    }
}
