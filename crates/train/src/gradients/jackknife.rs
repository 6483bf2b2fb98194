//! The jackknife: how far a number can be trusted, from what it becomes without each group of the data.

/// The quantile of an interval of 95 % with 19 degrees of freedom, as 20 groups have them (Student's t).
const QUANTILE: f64 = 2.093_024_054_408_263;

/// An interval that holds the truth in 95 % of cases, to first order: `value -+ t sqrt((G - 1) / G sum_g (v_g - mean v)^2)`, with `v_g` the
/// number without group `g` (Efron and Tibshirani 1993, eq. 11.5).
pub(super) fn interval(value: f64, without: &[f64]) -> [f64; 2] {
    let half = QUANTILE * standard_error(without);
    [value - half, value + half]
}

/// `sqrt((G - 1) / G sum_g (v_g - mean v)^2)`.
pub(super) fn standard_error(without: &[f64]) -> f64 {
    let groups = without.len() as f64;
    let mean = without.iter().sum::<f64>() / groups;
    let squares: f64 = without.iter().map(|value| (value - mean).powi(2)).sum();
    ((groups - 1.0) / groups * squares).sqrt()
}
