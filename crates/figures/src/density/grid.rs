//! The regular grid of a density map.

use crate::{
    FigureError,
    range::{LARGEST, NARROWEST, SMALLEST},
};

/// Most cells of one map: far more than pixels of the plot, and some 2 MB of SVG.
const MAX_CELLS: usize = 1_000_000;
/// Steps may differ by this part of a step, for coordinates that were computed in `f32`.
const TOLERANCE: f64 = 0.01;

/// Coordinates in equal steps: the centres of columns or rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Steps {
    first: f64,
    step: f64,
    pub(super) count: usize,
}

impl Steps {
    fn new(axis: &'static str, coordinates: &[f64]) -> Result<Self, FigureError> {
        if let Some(index) = irregular(coordinates) {
            return Err(FigureError::GridCoordinate { axis, index, value: coordinates[index] });
        }
        let (first, gaps) = (coordinates[0], (coordinates.len() - 1) as f64);
        Ok(Self { first, step: (coordinates[coordinates.len() - 1] - first) / gaps, count: coordinates.len() })
    }

    /// The coordinate at a place counted in cells, 0 for the centre of the first.
    pub(super) fn at(&self, place: f64) -> f64 {
        self.first + place * self.step
    }

    /// The outer edges of the first and the last cell.
    pub(super) fn edges(&self) -> (f64, f64) {
        (self.at(-0.5), self.at(self.count as f64 - 0.5))
    }
}

/// Log densities on a grid, at least one of them finite.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grid<'a> {
    pub x: Steps,
    pub y: Steps,
    /// Row by row from the lowest y.
    pub values: &'a [f64],
    /// The largest value.
    pub max: f64,
}

impl<'a> Grid<'a> {
    /// Checks the coordinates and the values, of which there is one a cell.
    pub(super) fn new(title: &str, (x, y): (&[f64], &[f64]), values: &'a [f64]) -> Result<Self, FigureError> {
        let (columns, rows) = (x.len(), y.len());
        if columns == 0 || rows == 0 || values.is_empty() {
            return Err(FigureError::Empty { title: title.into(), what: "cells" });
        }
        if columns.checked_mul(rows) != Some(values.len()) {
            return Err(FigureError::GridValues { columns, rows, values: values.len() });
        }
        if values.len() > MAX_CELLS {
            let advice = "draw a coarser grid";
            return Err(FigureError::TooMany { what: "cells", found: values.len(), limit: MAX_CELLS, advice });
        }
        let is_allowed = |value: f64| value == f64::NEG_INFINITY || value.abs() <= LARGEST;
        if let Some(cell) = values.iter().position(|&value| !is_allowed(value)) {
            let what = format!("the log density of cell {cell}");
            return Err(FigureError::Value { what, value: values[cell], needs: "a finite number, or -inf" });
        }
        let max = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if max == f64::NEG_INFINITY {
            return Err(FigureError::NoPoints { title: title.into() });
        }
        Ok(Self { x: Steps::new("x", x)?, y: Steps::new("y", y)?, values, max })
    }

    /// The value of a cell.
    pub(super) fn value(&self, column: usize, row: usize) -> f64 {
        self.values[row * self.x.count + column]
    }
}

/// Index of the first coordinate that breaks the steps; `None` for a regular grid.
fn irregular(coordinates: &[f64]) -> Option<usize> {
    if let Some(index) = coordinates.iter().position(|value| value.is_nan() || value.abs() > LARGEST) {
        return Some(index);
    }
    let &[first, second, ..] = coordinates else { return Some(0) };
    let step = second - first;
    let last = coordinates[coordinates.len() - 1];
    // Ticks on a narrower range could not be told apart.
    if step <= 0.0 || last - first <= (NARROWEST * first.abs().max(last.abs())).max(SMALLEST) {
        return Some(1);
    }
    let differs = |pair: &[f64]| (pair[1] - pair[0] - step).abs() > TOLERANCE * step;
    coordinates.windows(2).position(differs).map(|index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_reach_half_a_step_beyond_their_centres() {
        let steps = Steps::new("x", &[1.0, 1.5, 2.0]).unwrap();
        assert_eq!(steps.edges(), (0.75, 2.25));
        assert_eq!(steps.at(1.0), 1.5);
    }

    #[test]
    fn the_first_coordinate_that_does_not_fit_is_named() {
        for (coordinates, index) in [
            (&[0.0, 1.0, 2.0, 4.0][..], Some(3)),
            (&[0.0, -1.0], Some(1)),
            (&[5.0], Some(0)),
            (&[0.0, f64::NAN, 2.0], Some(1)),
            (&[1e9, 1e9 + 1e-6], Some(1)),
            (&[0.0, 0.1, 0.2, 0.30000000000000004], None),
        ] {
            assert_eq!(irregular(coordinates), index, "{coordinates:?}");
        }
        let single: Vec<f64> = (0..200).map(|index| f64::from(100.0 + 0.04 * index as f32)).collect();
        assert_eq!(irregular(&single), None);
    }
}
