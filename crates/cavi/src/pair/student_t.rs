//! The Student-t distribution: what a normal of unknown precision predicts.

use std::f64::consts::PI;

use crate::special::ln_gamma;

/// `log t_dof(x; loc, precision)` in `dimension` dimensions, from the squared distance `(x - loc)' precision (x - loc)` and
/// the log-determinant of the precision (Bishop, 2006, eq. B.68):
/// `ln G((dof + D)/2) - ln G(dof/2) + ln|precision|/2 - D/2 ln(dof pi) - (dof + D)/2 ln(1 + distance / dof)`.
pub(super) fn log_student_t(dimension: usize, dof: f64, square_distance: f64, log_determinant: f64) -> f64 {
    let d = dimension as f64;
    ln_gamma(0.5 * (dof + d)) - ln_gamma(0.5 * dof) + 0.5 * log_determinant
        - 0.5 * d * (dof * PI).ln()
        - 0.5 * (dof + d) * (square_distance / dof).ln_1p()
}
