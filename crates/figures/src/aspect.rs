//! Axes on which one unit of x and one of y have a given ratio of lengths.

use crate::{
    axis::{Axis, TickKind},
    range::{NARROWEST, SMALLEST},
};

/// Longer side of the plot in pixels.
pub(crate) const LONG_SIDE: f64 = 600.0;
/// Least length of the shorter side in pixels, for data along a line.
const SHORT_SIDE: f64 = 300.0;

/// Both axes and the size of the plot in pixels, around values from low to high.
///
/// One unit of y takes `aspect` times as many pixels as one unit of x.
pub(crate) fn axes_with_aspect(x: (f64, f64), y: (f64, f64), aspect: f64) -> (Axis, Axis, (f64, f64)) {
    // In units of x from here on.
    let y = (y.0 * aspect, y.1 * aspect);
    let magnitude = [x.0, x.1, y.0, y.1].iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    let mut span = (x.1 - x.0).max(y.1 - y.0) * 1.08;
    if span <= magnitude * NARROWEST || magnitude < SMALLEST {
        span = if magnitude < SMALLEST { 2.0 } else { magnitude * 0.1 };
    }
    let per_pixel = span / LONG_SIDE;
    let axis = |(low, high): (f64, f64), unit: f64| {
        let pixels = ((high - low) * 1.08 / per_pixel).clamp(SHORT_SIDE, LONG_SIDE);
        let (centre, half) = (low + (high - low) / 2.0, pixels * per_pixel / 2.0);
        let count = (pixels / 75.0).round() as usize;
        let axis = Axis::with_round_ticks((centre - half) / unit, (centre + half) / unit, count, TickKind::Any);
        (axis, pixels)
    };
    let ((x, width), (y, height)) = (axis(x, 1.0), axis(y, aspect));
    (x, y, (width, height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_of_y_is_longer_by_the_aspect() {
        for aspect in [0.2, 1.0, 1.06, 3.0] {
            let (x, y, (width, height)) = axes_with_aspect((165.0, 188.0), (-38.0, -10.0), aspect);
            let ratio = height / (y.high - y.low) / (width / (x.high - x.low));
            assert!((ratio - aspect).abs() < 1e-9, "{aspect}: {ratio}");
            assert!(x.low < 165.0 && x.high > 188.0 && y.low < -38.0 && y.high > -10.0);
        }
    }
}
