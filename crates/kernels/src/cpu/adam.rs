//! A step of Adam in one pass over parameters, moments and gradient.

use super::{SHARED_FROM, for_each, threads, vectorized};

/// The numbers of one step (Kingma and Ba 2015, algorithm 1), as `f32` like the tensors.
///
/// # Examples
/// ```
/// use kernels::cpu::{AdamStep, adam};
///
/// let (mut parameters, mut first, mut second) = ([1.0_f32, 1.0], [0.0; 2], [0.0; 2]);
/// let step = AdamStep::new(0.1, [0.9, 0.999], 1e-8, 1);
/// adam(step, &mut parameters, [&mut first, &mut second], &[0.01, -100.0]);
/// // The first step is as long as the learning rate, whatever the size of the gradient.
/// assert!((parameters[0] - 0.9).abs() < 1e-5 && (parameters[1] - 1.1).abs() < 1e-5);
/// // The moments are (1 - beta_1) g and (1 - beta_2) g^2, ready for step 2.
/// assert!((first[1] - -10.0).abs() < 1e-5 && (second[1] - 10.0).abs() < 1e-3);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamStep {
    /// The decay of the first moment.
    pub beta_1: f32,
    /// The decay of the second moment.
    pub beta_2: f32,
    /// The step size, with the bias correction of both moments: `learning_rate sqrt(1 - beta_2^t) / (1 - beta_1^t)`.
    pub rate: f32,
    /// What is added to the root of the second moment, with its bias correction: `epsilon sqrt(1 - beta_2^t)`.
    pub epsilon: f32,
}

impl AdamStep {
    /// Step number `time`, which counts from 1.
    pub fn new(learning_rate: f64, [beta_1, beta_2]: [f32; 2], epsilon: f32, time: usize) -> Self {
        let time = i32::try_from(time).unwrap_or(i32::MAX);
        // theta <- theta - lr m^ / (sqrt(v^) + eps), m^ = m / (1 - beta_1^t), v^ = v / (1 - beta_2^t),
        // with both sides of the fraction times sqrt(1 - beta_2^t)
        let root = (1.0 - f64::from(beta_2).powi(time)).sqrt();
        let rate = learning_rate * root / (1.0 - f64::from(beta_1).powi(time));
        Self { beta_1, beta_2, rate: rate as f32, epsilon: (f64::from(epsilon) * root) as f32 }
    }
}

/// One step, in place: `m <- beta_1 m + (1 - beta_1) g`, `v <- beta_2 v + (1 - beta_2) g^2`,
/// `theta <- theta - rate m / (sqrt(v) + epsilon)`.
///
/// # Panics
/// When the sizes differ.
pub fn adam(step: AdamStep, parameters: &mut [f32], moments: [&mut [f32]; 2], gradient: &[f32]) {
    let [first, second] = moments;
    let count = parameters.len();
    assert!(first.len() == count && second.len() == count && gradient.len() == count, "as many of each as parameters");
    let part = if count < SHARED_FROM { count } else { count.div_ceil(threads()).next_multiple_of(16) }.max(1);
    let moments = first.chunks_mut(part).zip(second.chunks_mut(part));
    for_each(parameters.chunks_mut(part).zip(gradient.chunks(part)).zip(moments), |((p, g), (m, v))| {
        let AdamStep { beta_1, beta_2, rate, epsilon } = step;
        vectorized(
            #[inline(always)]
            || {
                for (((p, g), m), v) in p.iter_mut().zip(g).zip(m).zip(v) {
                    *m = beta_1 * *m + (1.0 - beta_1) * g;
                    *v = beta_2 * *v + (1.0 - beta_2) * (g * g);
                    *p -= rate * *m / (v.sqrt() + epsilon);
                }
            },
        );
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against the algorithm as published, in `f64`.
    #[test]
    fn a_thousand_steps_agree_with_f64() {
        let n = 50_000;
        let start = |i: usize| (i as f64 / n as f64 - 0.5) * 2.0;
        let mut p: Vec<f32> = (0..n).map(|i| start(i) as f32).collect();
        let (mut m, mut v) = (vec![0.0; n], vec![0.0; n]);
        let watched = [0, 1, n / 3, n - 1];
        let mut exact = watched.map(|i| (start(i), 0.0_f64, 0.0_f64));
        let gradient = |i: usize, t: usize| ((i * 31 + t * 17) % 101) as f64 / 50.0 - 1.0 + (i % 3) as f64 / 4.0;
        for t in 1..=200 {
            let g: Vec<f32> = (0..n).map(|i| gradient(i, t) as f32).collect();
            adam(AdamStep::new(1e-3, [0.9, 0.999], 1e-8, t), &mut p, [&mut m, &mut v], &g);
            for (&i, (p, m, v)) in watched.iter().zip(&mut exact) {
                let g = gradient(i, t);
                *m = 0.9 * *m + 0.1 * g;
                *v = 0.999 * *v + 0.001 * g * g;
                let (m, v) = (*m / (1.0 - 0.9_f64.powi(t as i32)), *v / (1.0 - 0.999_f64.powi(t as i32)));
                *p -= 1e-3 * m / (v.sqrt() + 1e-8);
            }
        }
        for (&i, (exact, ..)) in watched.iter().zip(&exact) {
            assert!((f64::from(p[i]) - exact).abs() < 2e-6, "{i}: {} {exact}", p[i]);
        }
    }
}
