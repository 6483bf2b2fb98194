//! Running mean and variance of a stream of numbers, with the error of the variance.

/// Sums of powers about a fixed origin near the mean, so that nothing cancels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moments {
    origin: f64,
    count: f64,
    sums: [f64; 4],
}

impl Moments {
    pub(super) fn about(origin: f64) -> Self {
        Self { origin, count: 0.0, sums: [0.0; 4] }
    }

    pub(super) fn add(&mut self, value: f64) {
        let difference = value - self.origin;
        let square = difference * difference;
        self.count += 1.0;
        for (sum, power) in self.sums.iter_mut().zip([difference, square, square * difference, square * square]) {
            *sum += power;
        }
    }

    pub(super) fn mean(&self) -> f64 {
        self.origin + self.sums[0] / self.count
    }

    /// Unbiased.
    pub(super) fn variance(&self) -> f64 {
        let mean = self.sums[0] / self.count;
        ((self.sums[1] - self.count * mean * mean) / (self.count - 1.0)).max(0.0)
    }

    /// `sqrt((m_4 - m_2^2) / n)`, from the fourth central moment of the sample.
    pub(super) fn variance_error(&self) -> f64 {
        let [first, second, third, fourth] = self.sums.map(|sum| sum / self.count);
        let central = fourth - 4.0 * first * third + 6.0 * first * first * second - 3.0 * first.powi(4);
        let variance = second - first * first;
        ((central - variance * variance).max(0.0) / self.count).sqrt()
    }
}
