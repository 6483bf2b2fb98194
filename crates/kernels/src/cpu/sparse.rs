//! Products with a matrix of zeros and ones, most of them zeros: sums of rows.
//!
//! A picture of binary pixels is such a matrix. Its product with the weights `W` of the first layer is, image by image, the sum
//! of the rows of `W` whose pixel is set, and the gradient of those weights is, pixel by pixel, the sum of the rows of `dz` of
//! the images in which it is set: one kernel for both, which adds an eighth of what the dense product multiplies.

use super::{Ones, for_each, threads, vectorized};

/// A vector register of the widest instructions.
const LANES: usize = 16;
/// Registers that hold the sums of a part of a row. Measured at 1 to 25 for 784 x 400: with fewer the indices cost more than the
/// sums, with more a stripe of the table is too large for the cache.
const WIDEST: usize = 5;

type Lanes = [f32; LANES];

/// `x table` for a matrix `x` of few ones: for each of its rows the sum of the rows of `table` that it names. `finish` sees
/// each row of the result once, as that of [`matmul`](super::matmul) does: the number of its first column, 0, and its values.
///
/// The terms of a sum are added from the first to the last, whatever the number of threads.
///
/// # Shapes
/// - `x`: `[rows, width]`; `table`: `[width, d]`
/// - returns: `[rows, d]`
///
/// # Panics
/// When the sizes differ.
pub fn sparse_rows(x: &Ones, table: &[f32], d: usize, finish: impl Fn(usize, &mut [f32]) + Sync) -> Vec<f32> {
    assert_eq!(table.len(), x.width() * d, "a table of {} rows of {d}", x.width());
    let mut sums = vec![0.0; x.rows() * d];
    if sums.is_empty() {
        return sums;
    }
    let rows = x.rows().div_ceil(threads());
    for_each(sums.chunks_mut(rows * d).zip((0..).step_by(rows)), |(sums, first)| {
        for stripe in stripes(d) {
            let part = Part { x, table, d, first, stripe };
            match stripe.registers {
                0 => part.narrow(sums),
                1 => part.add::<1>(sums),
                2 => part.add::<2>(sums),
                3 => part.add::<3>(sums),
                4 => part.add::<4>(sums),
                _ => part.add::<WIDEST>(sums),
            }
        }
        sums.chunks_exact_mut(d).for_each(|row| finish(0, row));
    });
    sums
}

/// Columns that are summed at once.
#[derive(Debug, Clone, Copy)]
struct Stripe {
    column: usize,
    /// Their number in registers; 0: fewer columns than one holds.
    registers: usize,
}

/// As few stripes as can be, of about the same width. Where `d` is no multiple of a register, the last one overlaps with the one
/// before, and computes the same sums again.
fn stripes(d: usize) -> impl Iterator<Item = Stripe> {
    let (whole, ragged) = (d / LANES, !d.is_multiple_of(LANES));
    // Columns of less than a register have a stripe of none.
    let registers = whole + usize::from(ragged);
    let count = registers.div_ceil(WIDEST).max(if ragged && whole > 0 { 2 } else { 1 });
    let start = move |stripe: usize| registers * stripe / count;
    (0..count).map(move |stripe| {
        let registers = (start(stripe + 1) - start(stripe)).min(whole);
        Stripe { column: (start(stripe) * LANES).min(d - registers * LANES), registers }
    })
}

/// What one thread adds in one go.
#[derive(Clone, Copy)]
struct Part<'a> {
    x: &'a Ones,
    table: &'a [f32],
    d: usize,
    /// The first row of `x`.
    first: usize,
    stripe: Stripe,
}

impl Part<'_> {
    fn add<const REGISTERS: usize>(self, sums: &mut [f32]) {
        vectorized(
            #[inline(always)]
            || {
                let Self { x, table, d, first, stripe: Stripe { column, .. } } = self;
                // Loops, and not `for_each`: that would be a function of its own, compiled for any processor.
                for (row, sums) in sums.chunks_exact_mut(d).enumerate() {
                    let mut sum = [[0.0; LANES]; REGISTERS];
                    for &one in x.row(first + row) {
                        let terms = &table[one as usize * d + column..][..REGISTERS * LANES];
                        for r in 0..REGISTERS {
                            sum[r] = plus(sum[r], &terms[r * LANES..][..LANES]);
                        }
                    }
                    let place = &mut sums[column..][..REGISTERS * LANES];
                    for r in 0..REGISTERS {
                        place[r * LANES..][..LANES].copy_from_slice(&sum[r]);
                    }
                }
            },
        );
    }

    /// Rows of less than a register.
    fn narrow(self, sums: &mut [f32]) {
        for (row, sums) in sums.chunks_exact_mut(self.d).enumerate() {
            for &one in self.x.row(self.first + row) {
                let terms = &self.table[one as usize * self.d..][..self.d];
                sums.iter_mut().zip(terms).for_each(|(sum, term)| *sum += term);
            }
        }
    }
}

#[inline(always)]
fn plus(mut sum: Lanes, terms: &[f32]) -> Lanes {
    for (sum, term) in sum.iter_mut().zip(terms) {
        *sum += term;
    }
    sum
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cpu::set_threads;

    fn values(count: usize, seed: u32) -> Vec<f32> {
        (0..count as u32).map(|i| ((i.wrapping_mul(2_654_435_761) ^ seed) >> 8) as f32 / 8_388_608.0 - 1.0).collect()
    }

    /// `x table`, each sum from its first term to its last.
    fn reference(x: &[f32], table: &[f32], width: usize, d: usize) -> Vec<f32> {
        let sum = |row: &[f32], column: usize| {
            (0..width).filter(|&i| row[i] == 1.0).fold(0.0, |sum, i| sum + table[i * d + column])
        };
        x.chunks_exact(width).flat_map(|row| (0..d).map(move |column| sum(row, column))).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

        /// Of the matrix and of its transpose, for any width: the bits of the plain sums.
        #[test]
        fn sums_are_those_of_the_rows(
            rows in 0_usize..40, width in 1_usize..150, d in 0_usize..300, seed: u32, threads in 1_usize..4,
        ) {
            set_threads(threads);
            let x: Vec<f32> = values(rows * width, seed).iter().map(|v| f32::from(u8::from(*v > 0.7))).collect();
            if let Some(ones) = Ones::of(&x, width) {
                let table = values(width * d, !seed);
                prop_assert_eq!(sparse_rows(&ones, &table, d, |_, _| ()), reference(&x, &table, width, d));
                let transpose: Vec<f32> =
                    (0..width).flat_map(|column| x.iter().skip(column).step_by(width).copied()).collect();
                let table = values(rows * d, !seed);
                let sums = sparse_rows(&ones.transposed(), &table, d, |_, _| ());
                prop_assert_eq!(sums, if rows > 0 { reference(&transpose, &table, rows, d) } else { vec![0.0; width * d] });
            } else {
                prop_assert!(x.iter().sum::<f32>() > (x.len() as f32 * 0.3).floor());
            }
        }
    }
}
