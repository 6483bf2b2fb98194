//! The score function with the mean of the other draws as each draw's baseline (Mnih and Rezende 2016, section 2.3).

use crate::toy::Toy;

/// ```text
/// g = 1/n sum_i score_i * (f_i - mean of f_j over j != i),  f = log w
///   = 1/(n - 1) sum_i score_i * (f_i - mean of all f)
/// ```
/// With the mean of all draws and a factor of `1/n` it would be too small by `1 - 1/n` (trap D13).
pub(in crate::toy) fn leave_one_out(toy: &Toy, eps: &[f64]) -> [f64; 2] {
    let n = eps.len() as f64;
    let mean = eps.iter().map(|&eps| toy.log_weight(eps)).sum::<f64>() / n;
    let mut gradient = [0.0; 2];
    for &eps in eps {
        let signal = (toy.log_weight(eps) - mean) / (n - 1.0);
        for (sum, score) in gradient.iter_mut().zip(toy.score(eps)) {
            *sum += score * signal;
        }
    }
    gradient
}
