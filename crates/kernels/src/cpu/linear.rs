//! A linear layer with its nonlinearity, and the gradient at the value between the two.

use super::math::tanh_f32;
use super::{Matrix, Ones, for_each, matmul, rows_per_part, sparse_rows, vectorized};

/// The nonlinearity after a linear layer: those whose derivative follows from their value.
///
/// # Examples
/// ```
/// use kernels::cpu::{Activation, Matrix, linear};
///
/// // A batch of two numbers through a layer of weight 1 and bias 0, which leaves the nonlinearity alone.
/// let x = Matrix::new(&[-2.0, 3.0], [2, 1]);
/// let through = |activation| linear(x, Matrix::new(&[1.0], [1, 1]), &[0.0], activation);
/// assert_eq!(through(Activation::Identity), [-2.0, 3.0]);
/// assert_eq!(through(Activation::Relu), [0.0, 3.0]);
/// assert_eq!(through(Activation::LeakyRelu { slope: 0.5 }), [-1.0, 3.0]);
/// assert!((through(Activation::Tanh)[1] - 3.0_f32.tanh()).abs() < 1e-6);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Activation {
    /// `z`.
    Identity,
    /// `max(z, 0)`.
    Relu,
    /// `z` above 0 and `slope z` below.
    LeakyRelu {
        /// Positive: the sign of the value must be that of `z`.
        slope: f32,
    },
    /// `tanh(z)`.
    Tanh,
}

/// `activation(x W + b)`, with bias and nonlinearity in the same pass over the product.
///
/// # Shapes
/// - `x`: `[batch, d_input]`; `w`: `[d_input, d_output]`; `b`: `[d_output]`
/// - returns: `[batch, d_output]`
///
/// # Panics
/// When the sizes differ.
pub fn linear(x: Matrix<'_>, w: Matrix<'_>, b: &[f32], activation: Activation) -> Vec<f32> {
    matmul(x, w, |column, row| activate(row, &b[column..column + row.len()], activation))
}

/// [`linear`] of zeros and ones, of which few are ones: sums of rows of `w`.
///
/// # Shapes
/// - `x`: `[batch, d_input]`; `w`: `[d_input, d_output]`; `b`: `[d_output]`
/// - returns: `[batch, d_output]`
///
/// # Panics
/// When the sizes differ.
pub fn sparse_linear(x: &Ones, w: &[f32], b: &[f32], activation: Activation) -> Vec<f32> {
    sparse_rows(x, w, b.len(), |column, row| activate(row, &b[column..column + row.len()], activation))
}

/// `y = activation(y + b)`.
fn activate(y: &mut [f32], b: &[f32], activation: Activation) {
    vectorized(
        #[inline(always)]
        || {
            let each = y.iter_mut().zip(b);
            match activation {
                Activation::Identity => each.for_each(|(y, b)| *y += b),
                Activation::Relu => each.for_each(|(y, b)| *y = (*y + b).max(0.0)),
                Activation::LeakyRelu { slope } => each.for_each(|(y, b)| {
                    let z = *y + b;
                    *y = if z < 0.0 { slope * z } else { z };
                }),
                Activation::Tanh => each.for_each(|(y, b)| *y = tanh_f32(*y + b)),
            }
        },
    );
}

/// From the gradient at the layer's value `y` to that at `z = x W + b`, in place: `dz = activation'(z) dy`. Returns the
/// gradient at the bias, the sum of `dz` over the batch.
///
/// # Shapes
/// - `y`, `dy`: `[batch, d_output]`
/// - returns: `[d_output]`
///
/// # Panics
/// When the sizes differ.
pub fn pre_activation_gradient(y: &[f32], dy: &mut [f32], d_output: usize, activation: Activation) -> Vec<f32> {
    assert_eq!(y.len(), dy.len(), "as many values as gradients");
    let mut db = vec![0.0; d_output];
    if d_output == 0 {
        return db;
    }
    let rows = rows_per_part(dy.len() / d_output, d_output) * d_output;
    if activation != Activation::Identity {
        for_each(dy.chunks_mut(rows).zip(y.chunks(rows)), |(dy, y)| {
            vectorized(
                #[inline(always)]
                || {
                    let each = dy.iter_mut().zip(y);
                    match activation {
                        Activation::Identity => {}
                        Activation::Relu => each.for_each(|(dy, y)| *dy = if *y > 0.0 { *dy } else { 0.0 }),
                        Activation::LeakyRelu { slope } => {
                            each.for_each(|(dy, y)| *dy = if *y < 0.0 { slope * *dy } else { *dy });
                        }
                        Activation::Tanh => each.for_each(|(dy, y)| *dy *= 1.0 - y * y),
                    }
                },
            );
        });
    }
    vectorized(
        #[inline(always)]
        || {
            for row in dy.chunks_exact(d_output) {
                db.iter_mut().zip(row).for_each(|(sum, dz)| *sum += dz);
            }
        },
    );
    db
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn activation() -> impl Strategy<Value = Activation> {
        prop_oneof![
            Just(Activation::Identity),
            Just(Activation::Relu),
            (0.01_f32..1.0).prop_map(|slope| Activation::LeakyRelu { slope }),
            Just(Activation::Tanh),
        ]
    }

    fn exact(z: f64, activation: Activation) -> (f64, f64) {
        match activation {
            Activation::Identity => (z, 1.0),
            Activation::Relu => (z.max(0.0), f64::from(u8::from(z > 0.0))),
            Activation::LeakyRelu { slope } if z < 0.0 => (f64::from(slope) * z, slope.into()),
            Activation::LeakyRelu { .. } => (z, 1.0),
            Activation::Tanh => (z.tanh(), 1.0 - z.tanh().powi(2)),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn value_and_gradients_agree_with_f64(
            activation in activation(), batch in 1_usize..7, z in prop::collection::vec(-6.0_f32..6.0, 40), b in -1.0_f32..1.0,
        ) {
            // x = the identity: the product is w itself
            let columns = z.len() / batch;
            let w = &z[..batch * columns];
            let mut identity = vec![0.0; batch * batch];
            (0..batch).for_each(|i| identity[i * (batch + 1)] = 1.0);
            let shape = [batch, columns];
            let y = linear(Matrix::new(&identity, [batch, batch]), Matrix::new(w, shape), &vec![b; columns], activation);
            let mut dz: Vec<f32> = (0..y.len()).map(|i| i as f32 / 10.0 - 1.0).collect();
            let dy = dz.clone();
            let db = pre_activation_gradient(&y, &mut dz, columns, activation);
            let mut sums = vec![0.0; columns];
            for (i, w) in w.iter().enumerate() {
                let (value, slope) = exact(f64::from(w + b), activation);
                prop_assert!((f64::from(y[i]) - value).abs() <= 1e-6 * value.abs().max(1e-3), "{} {value}", y[i]);
                prop_assert!((f64::from(dz[i]) - slope * f64::from(dy[i])).abs() <= 1e-5, "{} {slope}", dz[i]);
                sums[i % columns] += dz[i];
            }
            prop_assert_eq!(db, sums);
        }
    }
}
