//! The places of the ones in a binary matrix of which few are.

use super::vectorized;

/// More ones than this part of all, and the dense product is faster.
const MOST_ONES: f64 = 0.3;

/// Where the ones of a binary matrix are, row by row.
///
/// # Examples
/// ```
/// use kernels::cpu::{Ones, sparse_rows};
///
/// let pixels = [0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0];
/// let ones = Ones::of(&pixels, 4).ok_or("they are few")?;
/// // The product of [2, 4] with [4, 1] picks the third row for the first image, and none for the second.
/// assert_eq!(sparse_rows(&ones, &[0.1, 0.2, 0.3, 0.4], 1, |_, _| ()), [0.3, 0.0]);
/// assert!(Ones::of(&[1.0, 1.0, 1.0, 0.0], 4).is_none());
/// # Ok::<(), &str>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Ones {
    /// Where each row starts in `columns`, and where the last one ends: `[rows + 1]`.
    starts: Vec<u32>,
    /// The columns of the ones of each row, from left to right.
    columns: Vec<u32>,
    /// Of the matrix.
    width: usize,
}

impl Ones {
    /// The ones of `x`, `[rows, width]`; nothing where a value is neither 0 nor 1, or where so many are 1 that the dense
    /// product is faster.
    ///
    /// # Panics
    /// When the rows are not all of that width.
    pub fn of(x: &[f32], width: usize) -> Option<Self> {
        assert!(width > 0 && x.len().is_multiple_of(width), "rows of {width} values");
        let most = (x.len() as f64 * MOST_ONES) as usize;
        let mut starts = Vec::with_capacity(x.len() / width + 1);
        let mut columns = Vec::with_capacity(most);
        let mut words = vec![0_u64; width.div_ceil(64)];
        starts.push(0);
        for row in x.chunks_exact(width) {
            if !vectorized(
                #[inline(always)]
                || pack(row, &mut words),
            ) {
                return None;
            }
            let count: u32 = words.iter().map(|word| word.count_ones()).sum();
            if columns.len() + count as usize > most {
                return None;
            }
            for (first, &word) in (0..).step_by(64).zip(&words) {
                let mut rest = word;
                while rest != 0 {
                    columns.push(first + rest.trailing_zeros());
                    rest &= rest - 1;
                }
            }
            starts.push(columns.len() as u32);
        }
        Some(Self { starts, columns, width })
    }

    /// The ones of the transpose.
    pub fn transposed(&self) -> Self {
        // Counted, then sorted into their places: the rows of each column come in order.
        let mut starts = vec![0_u32; self.width + 1];
        for &column in &self.columns {
            starts[column as usize + 1] += 1;
        }
        for column in 0..self.width {
            starts[column + 1] += starts[column];
        }
        let mut next = starts.clone();
        let mut columns = vec![0; self.columns.len()];
        for (row, bounds) in (0..).zip(self.starts.windows(2)) {
            for &column in &self.columns[bounds[0] as usize..bounds[1] as usize] {
                let place = &mut next[column as usize];
                columns[*place as usize] = row;
                *place += 1;
            }
        }
        Self { starts, columns, width: self.starts.len() - 1 }
    }

    /// How many columns the matrix has.
    pub fn width(&self) -> usize {
        self.width
    }

    /// How many rows the matrix has.
    pub fn rows(&self) -> usize {
        self.starts.len() - 1
    }

    /// The columns of the ones of a row.
    pub(super) fn row(&self, row: usize) -> &[u32] {
        &self.columns[self.starts[row] as usize..self.starts[row + 1] as usize]
    }
}

/// A bit for each value, set where it is 1; and whether all are 0 or 1.
#[inline(always)]
fn pack(row: &[f32], words: &mut [u64]) -> bool {
    let mut binary = true;
    for (word, values) in words.iter_mut().zip(row.chunks(64)) {
        let mut bits = 0_u64;
        if let Ok(values) = <&[f32; 64]>::try_from(values) {
            for (i, value) in values.iter().enumerate() {
                bits |= u64::from(*value == 1.0) << i;
            }
        } else {
            for (i, value) in values.iter().enumerate() {
                bits |= u64::from(*value == 1.0) << i;
            }
        }
        let nonzero: u32 = values.iter().map(|value| u32::from(*value != 0.0)).sum();
        binary &= nonzero == bits.count_ones();
        *word = bits;
    }
    binary
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_few_ones_are_sparse() {
        let mut x = vec![0.0; 200];
        (0..60).for_each(|i| x[i] = 1.0);
        assert_eq!(Ones::of(&x, 100).map(|ones| ones.columns.len()), Some(60));
        x[199] = 1.0;
        assert_eq!(Ones::of(&x, 100), None);
        for other in [0.5, -1.0, 2.0, f32::NAN] {
            (x[199], x[70]) = (0.0, other);
            assert_eq!(Ones::of(&x, 100), None, "{other}");
        }
    }
}
