//! Contour lines of a grid: marching squares with linear interpolation.

use std::collections::{BTreeMap, BTreeSet};

use super::grid::Grid;

/// Values are cut this far below the border, so that a cliff does not pull the line to its top.
const DEPTH: f64 = 8.0;

/// The line between two neighbouring cell centres.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Edge {
    row: usize,
    column: usize,
    /// To the centre above, not to the one on the right.
    upwards: bool,
}

/// Lines around all places with more than `border`, which lies on their left.
///
/// A closed line ends at its first point; others end at the outermost centres of the grid.
pub(super) fn contours(grid: &Grid, border: f64) -> Vec<Vec<(f64, f64)>> {
    let mut next = BTreeMap::new();
    for row in 0..grid.y.count - 1 {
        for column in 0..grid.x.count - 1 {
            for (from, to) in segments(grid, border, (column, row)).into_iter().flatten() {
                next.insert(from, to);
            }
        }
    }
    let ends: BTreeSet<Edge> = next.values().copied().collect();
    let open: Vec<Edge> = next.keys().copied().filter(|edge| !ends.contains(edge)).collect();
    let mut lines: Vec<Vec<Edge>> = open.into_iter().map(|start| follow(&mut next, start)).collect();
    while let Some(&start) = next.keys().next() {
        lines.push(follow(&mut next, start));
    }
    lines.into_iter().map(|line| line.into_iter().map(|edge| crossing(grid, border, edge)).collect()).collect()
}

/// The segments inside the square whose lower left corner is this centre: none, one or two.
fn segments(grid: &Grid, border: f64, (column, row): (usize, usize)) -> [Option<(Edge, Edge)>; 2] {
    // Corners counterclockwise from the lower left; edge k leads from corner k to the next.
    let corners = [(column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1)];
    let values = corners.map(|(column, row)| grid.value(column, row));
    let edge = |k: usize| match k {
        0 => Edge { row, column, upwards: false },
        1 => Edge { row, column: column + 1, upwards: true },
        2 => Edge { row: row + 1, column, upwards: false },
        _ => Edge { row, column, upwards: true },
    };
    let is_inside = values.map(|value| value >= border);
    // With the inside on its left, a line comes in where the corners go from inside to outside.
    let leaves = |k: usize| is_inside[k] && !is_inside[(k + 1) % 4];
    let enters = |k: usize| !is_inside[k] && is_inside[(k + 1) % 4];
    // At a saddle the middle decides which two corners are connected.
    let middle = values.iter().map(|value| value.max(border - DEPTH) - border).sum::<f64>();
    let order = if middle >= 0.0 { [1, 2, 3] } else { [3, 2, 1] };
    let segment = |k: usize| {
        let end = order.iter().map(|turn| (k + turn) % 4).find(|&other| enters(other))?;
        Some((edge(k), edge(end)))
    };
    let mut starts = (0..4).filter(|&k| leaves(k));
    [starts.next().and_then(segment), starts.next().and_then(segment)]
}

/// Takes the line that begins at an edge out of the segments.
fn follow(next: &mut BTreeMap<Edge, Edge>, start: Edge) -> Vec<Edge> {
    let mut line = vec![start];
    let mut at = start;
    while let Some(to) = next.remove(&at) {
        line.push(to);
        at = to;
    }
    line
}

/// Where the values along an edge cross the border.
fn crossing(grid: &Grid, border: f64, edge: Edge) -> (f64, f64) {
    let Edge { row, column, upwards } = edge;
    let to = if upwards { (column, row + 1) } else { (column + 1, row) };
    let (a, b) = (grid.value(column, row), grid.value(to.0, to.1));
    let part = if a.is_finite() && b.is_finite() {
        let above = |value: f64| value.max(border - DEPTH) - border;
        above(a) / (above(a) - above(b))
    } else {
        // Nothing is known between a density and none.
        0.5
    };
    let along = |place: usize, moves: bool| place as f64 + if moves { part } else { 0.0 };
    (grid.x.at(along(column, !upwards)), grid.y.at(along(row, upwards)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::density::region::border;

    /// Coordinates and values of a function on 61 by 41 cells.
    fn sampled(log_density: impl Fn(f64, f64) -> f64) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
        let x: Vec<f64> = (0..61).map(|index| -6.0 + 0.2 * f64::from(index)).collect();
        let y: Vec<f64> = (0..41).map(|index| -6.0 + 0.3 * f64::from(index)).collect();
        let values = y.iter().flat_map(|&y| x.iter().map(move |&x| (x, y))).map(|(x, y)| log_density(x, y));
        let values = values.collect();
        (x, y, values)
    }

    #[test]
    fn the_regions_of_a_gaussian_have_its_radii() {
        let (x, y, values) = sampled(|x, y| -0.5 * (x * x + y * y));
        let grid = Grid::new("", (&x, &y), &values).unwrap();
        for share in [0.5, 0.95] {
            let lines = contours(&grid, border(&values, share).unwrap());
            assert_eq!(lines.len(), 1);
            assert_eq!(lines[0].first(), lines[0].last());
            // P(|u| <= radius) = 1 - exp(-radius^2 / 2) for a standard Gaussian u in the plane.
            let radius = (-2.0 * f64::ln_1p(-share)).sqrt();
            for (x, y) in &lines[0] {
                // A fifth of the smaller side of a cell.
                assert!((x.hypot(*y) - radius).abs() < 0.04, "{share}: {x} {y}, not {radius}");
            }
        }
    }

    #[test]
    fn each_mode_has_its_line() {
        let (x, y, values) =
            sampled(|x, y| ((-2.0 * (x - 3.0).powi(2)).exp() + (-2.0 * (x + 3.0).powi(2)).exp()).ln() - y * y);
        let grid = Grid::new("", (&x, &y), &values).unwrap();
        let lines = contours(&grid, border(&values, 0.95).unwrap());
        assert_eq!(lines.len(), 2);
        assert!(lines.iter().all(|line| line.first() == line.last()));
    }

    #[test]
    fn a_region_that_leaves_the_grid_has_open_lines() {
        let (x, y, values) = sampled(|_, y| -y * y);
        let grid = Grid::new("", (&x, &y), &values).unwrap();
        let lines = contours(&grid, -1.0);
        assert_eq!(lines.len(), 2);
        for line in lines {
            assert_eq!(line.len(), 61);
            assert!(line.iter().all(|(_, y)| (y.abs() - 1.0).abs() < 0.1), "{line:?}");
        }
    }

    #[test]
    fn the_inside_lies_on_the_left_and_saddles_are_told_apart() {
        let steps = [0.0, 1.0];
        let at = |values: &[f64; 4]| {
            let grid = Grid::new("", (&steps, &steps), values).unwrap();
            contours(&grid, 0.0)
        };
        // Upwards between a high left and a low right.
        assert_eq!(at(&[1.0, -1.0, 1.0, -1.0]), [[(0.5, 0.0), (0.5, 1.0)]]);
        // The middle is high: the two low corners are cut off, below on the right first.
        assert_eq!(at(&[3.0, -1.0, -1.0, 3.0]), [[(0.75, 0.0), (1.0, 0.25)], [(0.25, 1.0), (0.0, 0.75)]]);
        assert_eq!(at(&[1.0, -3.0, -3.0, 1.0]), [[(0.25, 0.0), (0.0, 0.25)], [(0.75, 1.0), (1.0, 0.75)]]);
        assert_eq!(at(&[1.0, f64::NEG_INFINITY, 1.0, f64::NEG_INFINITY]), [[(0.5, 0.0), (0.5, 1.0)]]);
    }
}
