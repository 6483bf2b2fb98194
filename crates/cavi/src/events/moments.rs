//! Means and variances of the columns, in one pass over the events.

use super::{Events, for_each_block};
use crate::CaviError;

/// What the defaults of a prior are taken from: one column, without what is missing.
///
/// # Examples
/// ```
/// use cavi::{Catalogue, Moments};
///
/// let table = "distance\n0\n1\n100\n";
/// let catalogue = Catalogue::read(table.as_bytes(), "events.csv", &["distance"])?;
/// let distance = Moments::of(&catalogue)?[0];
/// assert_eq!((distance.smallest, distance.largest), (0.0, 100.0));
/// // Of 0 there is no logarithm: of the other two, the mean is that of 10.
/// assert_eq!((distance.values.count, distance.logarithms.count), (3.0, 2.0));
/// assert!((distance.logarithms.mean - 10.0_f64.ln()).abs() < 1e-12);
/// # Ok::<(), cavi::CaviError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Moments {
    /// Of the numbers.
    pub values: MeanVariance,
    /// Of the logarithms of the positive numbers.
    pub logarithms: MeanVariance,
    /// The largest number.
    pub largest: f64,
    /// The smallest number.
    pub smallest: f64,
}

/// A mean and a variance (divided by the count).
///
/// # Examples
/// ```
/// use cavi::{Catalogue, MeanVariance, Moments};
///
/// let catalogue = Catalogue::read("x\n1\n3\n5\n7\n".as_bytes(), "events.csv", &["x"])?;
/// let MeanVariance { count, mean, variance } = Moments::of(&catalogue)?[0].values;
/// // The sum of squares about the mean, 9 + 1 + 1 + 9, is divided by 4 and not by 3.
/// assert_eq!((count, mean, variance), (4.0, 4.0, 5.0));
/// # Ok::<(), cavi::CaviError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct MeanVariance {
    /// How many numbers.
    pub count: f64,
    /// Their mean, 0 without any.
    pub mean: f64,
    /// Their variance, 0 without any.
    pub variance: f64,
}

impl Moments {
    /// The moments of each column.
    ///
    /// # Errors
    /// When the events cannot be read back.
    pub fn of(events: &dyn Events) -> Result<Vec<Self>, CaviError> {
        let width = events.columns().len();
        let empty = Self { largest: f64::NEG_INFINITY, smallest: f64::INFINITY, ..Self::default() };
        let mut all = vec![empty; width];
        for_each_block(events, &mut |_, rows| {
            for (index, moments) in all.iter_mut().enumerate() {
                let column = rows.iter().skip(index).step_by(width).copied().filter(|x| !x.is_nan());
                moments.values = moments.values.with(MeanVariance::of(column.clone()));
                let logarithms = column.clone().filter(|x| *x > 0.0).map(f64::ln);
                moments.logarithms = moments.logarithms.with(MeanVariance::of(logarithms));
                moments.largest = column.clone().fold(moments.largest, f64::max);
                moments.smallest = column.fold(moments.smallest, f64::min);
            }
            Ok(())
        })?;
        Ok(all)
    }
}

impl MeanVariance {
    fn of(values: impl Iterator<Item = f64> + Clone) -> Self {
        let count = values.clone().count().max(1) as f64;
        let mean = values.clone().sum::<f64>() / count;
        let variance = values.clone().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
        Self { count: values.count() as f64, mean, variance }
    }

    /// Both samples together (Chan, Golub and LeVeque, 1983).
    fn with(self, other: Self) -> Self {
        if self.count == 0.0 || other.count == 0.0 {
            return if self.count == 0.0 { other } else { self };
        }
        let count = self.count + other.count;
        let share = other.count / count;
        let step = other.mean - self.mean;
        // M2 = M2_a + M2_b + (mean_b - mean_a)^2 n_a n_b / n
        let variance = (1.0 - share) * self.variance + share * other.variance + share * (1.0 - share) * step * step;
        Self { count, mean: self.mean + share * step, variance }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Catalogue, Column};

    #[test]
    fn moments_of_blocks_are_those_of_the_whole() {
        let n = 3 * super::super::BLOCK / 2;
        let values: Vec<f64> = (0..n).map(|i| 1e6 + ((i * 7919) % 1000) as f64).collect();
        let mean = values.iter().sum::<f64>() / n as f64;
        let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n as f64;
        let columns = vec![Column { name: "a".to_owned(), values }];
        let catalogue = Catalogue { file: "test".to_owned(), columns, lines: (2..n as u64 + 2).collect() };
        let [moments] = Moments::of(&catalogue).unwrap()[..] else { panic!("one column") };
        assert!((moments.values.mean - mean).abs() < 1e-9 && (moments.values.variance / variance - 1.0).abs() < 1e-9);
        assert_eq!((moments.values.count, moments.smallest, moments.largest), (n as f64, 1e6, 1_000_999.0));
        assert!((moments.logarithms.mean - 1e6_f64.ln()).abs() < 1e-3);
    }

    #[test]
    fn what_is_missing_counts_for_nothing() {
        let values = vec![1.0, f64::NAN, 3.0, -5.0];
        let columns = vec![Column { name: "a".to_owned(), values }];
        let catalogue = Catalogue { file: "test".to_owned(), columns, lines: (2..6).collect() };
        let moments = Moments::of(&catalogue).unwrap()[0];
        assert_eq!((moments.values.count, moments.logarithms.count), (3.0, 2.0));
        assert_eq!(moments.logarithms.mean, 0.5 * 3.0_f64.ln());
    }
}
