//! The Cholesky factor of a small matrix: its log-determinant, and distances that it measures.
//!
//! nalgebra has this too; but its features reach into crates that Burn is built from, and would rebuild all of it.

/// A lower triangle `L` with `A = L L'`, row by row.
#[derive(Debug, Clone)]
pub(super) struct Cholesky(Vec<Vec<f64>>);

impl Cholesky {
    /// Factors a symmetric matrix; nothing where it is not positive definite.
    pub(super) fn new(matrix: &[Vec<f64>]) -> Option<Self> {
        let mut lower: Vec<Vec<f64>> = Vec::with_capacity(matrix.len());
        for (i, row) in matrix.iter().enumerate() {
            let mut own: Vec<f64> = Vec::with_capacity(i + 1);
            for (j, &entry) in row[..=i].iter().enumerate() {
                let above = if j < i { &lower[j] } else { &own };
                let rest = entry - own.iter().zip(&above[..j]).map(|(a, b)| a * b).sum::<f64>();
                let value = if j < i { rest / lower[j][j] } else { rest.sqrt() };
                if !value.is_finite() || (j == i && value <= 0.0) {
                    return None;
                }
                own.push(value);
            }
            lower.push(own);
        }
        Some(Self(lower))
    }

    /// The factor of a sum of squares. One whose entries have overflowed has a factor of NaN: what is computed with it is not a
    /// number, and a fit says so.
    pub(super) fn of_scatter(matrix: &[Vec<f64>]) -> Self {
        Self::new(matrix).unwrap_or_else(|| Self((1..=matrix.len()).map(|length| vec![f64::NAN; length]).collect()))
    }

    /// `ln |A|`.
    pub(super) fn log_determinant(&self) -> f64 {
        2.0 * self.0.iter().enumerate().map(|(i, row)| row[i].ln()).sum::<f64>()
    }

    /// `x' A^-1 x`.
    pub(super) fn inverse_form(&self, x: &[f64]) -> f64 {
        self.forward(x).iter().map(|y| y * y).sum()
    }

    /// `A^-1`, by columns.
    pub(super) fn inverse(&self) -> Vec<Vec<f64>> {
        let n = self.0.len();
        let unit = |i: usize| (0..n).map(|j| f64::from(u8::from(i == j))).collect::<Vec<_>>();
        let whitened: Vec<Vec<f64>> = (0..n).map(|i| self.forward(&unit(i))).collect();
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum();
        whitened.iter().map(|a| whitened.iter().map(|b| dot(a, b)).collect()).collect()
    }

    /// `L^-1 x`.
    fn forward(&self, x: &[f64]) -> Vec<f64> {
        let mut y: Vec<f64> = Vec::with_capacity(x.len());
        for (row, x) in self.0.iter().zip(x) {
            let known: f64 = row.iter().zip(&y).map(|(l, y)| l * y).sum();
            y.push((x - known) / row[y.len()]);
        }
        y
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_knows_the_inverse_and_the_determinant() {
        let matrix = vec![vec![4.0, 2.0, 0.6], vec![2.0, 5.0, 1.0], vec![0.6, 1.0, 3.0]];
        let factor = Cholesky::new(&matrix).unwrap();
        let inverse = factor.inverse();
        for (i, row) in matrix.iter().enumerate() {
            // The inverse is as symmetric as the matrix.
            for (j, column) in inverse.iter().enumerate() {
                let entry: f64 = row.iter().zip(column).map(|(a, b)| a * b).sum();
                assert!((entry - f64::from(u8::from(i == j))).abs() < 1e-14, "{i} {j}: {entry}");
            }
        }
        // By the rule of Sarrus.
        assert!((factor.log_determinant() - f64::ln(60.0 + 1.2 + 1.2 - 1.8 - 4.0 - 12.0)).abs() < 1e-14);
        let x = [1.0, -2.0, 0.5];
        let form: f64 =
            (0..3).flat_map(|i| (0..3).map(move |j| (i, j))).map(|(i, j)| x[i] * inverse[i][j] * x[j]).sum();
        assert!((factor.inverse_form(&x) - form).abs() < 1e-14);
    }

    #[test]
    fn a_matrix_that_is_not_positive_definite_has_none() {
        assert!(Cholesky::new(&[vec![1.0, 2.0], vec![2.0, 1.0]]).is_none());
        assert!(Cholesky::new(&[vec![0.0]]).is_none());
        assert!(Cholesky::new(&[vec![f64::NAN]]).is_none());
    }
}
