//! Ellipses that hold a given probability of a two-dimensional Gaussian.

use std::f64::consts::TAU;

/// Corners of the polygon that is drawn; its area is 0.13 % below that of the ellipse.
const CORNERS: usize = 72;
/// Relative asymmetry and negative eigenvalues up to this are rounding errors.
const TOLERANCE: f64 = 1e-9;

/// The ellipse `mean + L (cos t, sin t)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ellipse {
    mean: (f64, f64),
    /// L, lower triangular: its entries (1, 1), (2, 1) and (2, 2).
    factor: (f64, f64, f64),
}

impl Ellipse {
    /// The ellipse with this probability inside; `None` if the matrix is no covariance.
    pub(super) fn new(mean: (f64, f64), covariance: [[f64; 2]; 2], level: f64) -> Option<Self> {
        let [[xx, xy], [yx, yy]] = covariance;
        let all_finite = [xx, xy, yx, yy].iter().all(|entry| entry.is_finite());
        if !all_finite || xx < 0.0 || yy < 0.0 || (xy - yx).abs() > TOLERANCE * (xy.abs() + yx.abs()) {
            return None;
        }
        // In standard deviations, so that no product overflows.
        let (x, y) = (xx.sqrt(), yy.sqrt());
        let correlation = if xy == 0.0 { 0.0 } else { xy / x / y };
        // An infinite one belongs to a variance of zero.
        if correlation.abs() > 1.0 + TOLERANCE {
            return None;
        }
        // P(|u| <= radius) = 1 - exp(-radius^2 / 2) for a standard Gaussian u in the plane.
        let radius = (-2.0 * (-level).ln_1p()).sqrt();
        let rest = (1.0 - correlation * correlation).max(0.0).sqrt();
        Some(Self { mean, factor: (radius * x, radius * y * correlation, radius * y * rest) })
    }

    /// A closed polygon: its last point is its first.
    pub(super) fn points(&self) -> Vec<(f64, f64)> {
        let point = |corner: usize| {
            let (sine, cosine) = (TAU * (corner % CORNERS) as f64 / CORNERS as f64).sin_cos();
            let (xx, yx, yy) = self.factor;
            (self.mean.0 + xx * cosine, self.mean.1 + yx * cosine + yy * sine)
        };
        (0..=CORNERS).map(point).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_point_has_the_mahalanobis_distance_of_the_level() {
        let covariance = [[4.0, -1.5], [-1.5, 1.0]];
        let ellipse = Ellipse::new((10.0, -3.0), covariance, 0.95).unwrap();
        let determinant = 4.0 * 1.0 - 1.5 * 1.5;
        for (x, y) in ellipse.points() {
            let (x, y) = (x - 10.0, y + 3.0);
            let distance = (x * x + 2.0 * 1.5 * x * y + 4.0 * y * y) / determinant;
            // The 95 % quantile of chi-squared with two degrees of freedom.
            assert!((distance - 5.991464547107979).abs() < 1e-9, "{distance}");
        }
    }

    #[test]
    fn a_flat_covariance_gives_a_line_or_a_point() {
        let line = Ellipse::new((0.0, 0.0), [[1.0, 2.0], [2.0, 4.0]], 0.5).unwrap();
        assert!(line.points().iter().all(|(x, y)| (y - 2.0 * x).abs() < 1e-9));
        let point = Ellipse::new((1.0, 2.0), [[0.0; 2]; 2], 0.5).unwrap();
        assert!(point.points().iter().all(|&point| point == (1.0, 2.0)));
    }

    #[test]
    fn what_is_no_covariance_is_refused() {
        let nan = f64::NAN;
        for matrix in [
            [[1.0, 0.5], [0.4, 1.0]],
            [[-1.0, 0.0], [0.0, 1.0]],
            [[1.0, 2.0], [2.0, 1.0]],
            [[nan, 0.0], [0.0, 1.0]],
            [[1.0, nan], [nan, 1.0]],
            [[0.0, 1.0], [1.0, 0.0]],
            [[f64::INFINITY, 0.0], [0.0, 1.0]],
        ] {
            assert_eq!(Ellipse::new((0.0, 0.0), matrix, 0.9), None, "{matrix:?}");
        }
    }
}
