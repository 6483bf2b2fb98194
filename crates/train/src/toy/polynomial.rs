//! Polynomials of one standard normal variable, and their exact moments.

/// `c_0 + c_1 eps + c_2 eps^2 + ..` with `eps ~ N(0, 1)`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Polynomial(Vec<f64>);

impl Polynomial {
    pub(super) fn new(coefficients: &[f64]) -> Self {
        Self(coefficients.to_vec())
    }

    pub(super) fn times(&self, other: &Self) -> Self {
        let mut product = vec![0.0; self.0.len() + other.0.len() - 1];
        for (i, a) in self.0.iter().enumerate() {
            for (j, b) in other.0.iter().enumerate() {
                product[i + j] += a * b;
            }
        }
        Self(product)
    }

    /// `self - factor * other`.
    pub(super) fn minus(&self, factor: f64, other: &Self) -> Self {
        let at = |p: &Self, power: usize| p.0.get(power).copied().unwrap_or(0.0);
        let powers = 0..self.0.len().max(other.0.len());
        Self(powers.map(|power| at(self, power) - factor * at(other, power)).collect())
    }

    /// `E[eps^k]` is 0 for odd `k`, and `(k - 1)!! = 1 * 3 * .. * (k - 1)` for even ones.
    pub(super) fn mean(&self) -> f64 {
        let even = self.0.iter().step_by(2).enumerate();
        even.map(|(half, c)| c * (0..half).map(|i| (2 * i + 1) as f64).product::<f64>()).sum()
    }

    /// The polynomial less its mean.
    pub(super) fn centred(&self) -> Self {
        self.minus(self.mean(), &Self::new(&[1.0]))
    }

    pub(super) fn variance(&self) -> f64 {
        self.covariance(self)
    }

    pub(super) fn covariance(&self, other: &Self) -> f64 {
        self.centred().times(&other.centred()).mean()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_a_standard_normal() {
        let power = |k: usize| {
            let mut coefficients = vec![0.0; k + 1];
            coefficients[k] = 1.0;
            Polynomial(coefficients)
        };
        assert_eq!([1, 2, 3, 4, 6, 8].map(|k| power(k).mean()), [0.0, 1.0, 0.0, 3.0, 15.0, 105.0]);
        assert_eq!([1, 2, 3].map(|k| power(k).variance()), [1.0, 2.0, 15.0]);
        assert_eq!(power(1).covariance(&power(3)), 3.0);
    }
}
