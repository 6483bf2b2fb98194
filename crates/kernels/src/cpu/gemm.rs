//! Products of matrices, split among the threads by rows or columns of the result.

use std::mem::MaybeUninit;

use super::{for_each, threads};

/// A matrix that is read, its rows one after another; or the transpose of one.
///
/// # Examples
/// ```
/// use kernels::cpu::{Matrix, matmul};
///
/// let values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
/// let x = Matrix::new(&values, [3, 2]);
/// // `x^T x`, `[2, 2]`: a transpose reads the same values in another order, and copies nothing.
/// assert_eq!(matmul(x.transposed(), x, |_, _| ()), [35.0, 44.0, 44.0, 56.0]);
/// // The same plus 1, added to each part of a row while it is in cache.
/// let shifted = matmul(x.transposed(), x, |_, row| row.iter_mut().for_each(|value| *value += 1.0));
/// assert_eq!(shifted, [36.0, 45.0, 45.0, 57.0]);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Matrix<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    /// Between two rows, and between two columns.
    strides: [isize; 2],
}

impl<'a> Matrix<'a> {
    /// The matrix `[rows, columns]`.
    ///
    /// # Panics
    /// When there is another number of values.
    pub fn new(values: &'a [f32], [rows, columns]: [usize; 2]) -> Self {
        assert_eq!(values.len(), rows * columns, "a matrix of {rows} rows and {columns} columns");
        Self { values, rows, columns, strides: [columns as isize, 1] }
    }

    /// Where the entry at `[row, column]` is.
    fn start_at(self, [row, column]: [isize; 2]) -> *const f32 {
        self.values.as_ptr().wrapping_offset(row * self.strides[0] + column * self.strides[1])
    }

    /// The transpose, `[columns, rows]`, of the same values.
    pub fn transposed(self) -> Self {
        let [row, column] = self.strides;
        Self { rows: self.columns, columns: self.rows, strides: [column, row], ..self }
    }
}

/// Fewer multiplications than this are not worth a second thread: some 5 microseconds.
const SHARED_FROM: usize = 1 << 18;
/// Rows or columns come in multiples of this: the widest tile of the microkernels, so that no thread has a ragged tile but
/// the last.
const TILE: usize = 16;
/// Terms of a sum that `gemm` adds without a rounding in between, whatever the size of the rest: longer sums, which it would
/// cut in places that depend on rows and columns, are cut here.
const DEPTH: usize = 512;
/// Blocks up to this area take another path through `gemm`, with another order of the sums: only whole products do.
const SMALL_AREA: usize = 256;

/// `left right`, `[m, n]`, row by row; `finish` sees each part of a row once, right after it is computed and while it is in
/// cache: the number of its first column, and its values.
///
/// A sum is never split, and its terms are always added in the same order: the bits depend neither on the number of threads
/// nor on the split.
///
/// # Panics
/// When the inner sizes differ.
#[allow(unsafe_code)]
pub fn matmul(left: Matrix<'_>, right: Matrix<'_>, finish: impl Fn(usize, &mut [f32]) + Sync) -> Vec<f32> {
    assert_eq!(left.columns, right.rows, "the columns of the left matrix are the rows of the right one");
    let [m, n, k] = [left.rows, right.columns, left.columns];
    let mut product: Vec<f32> = Vec::with_capacity(m * n);
    let place = Place(product.spare_capacity_mut()[..m * n].as_mut_ptr());
    for_each(blocks([m, n, k]), |block| {
        let place = &place;
        // SAFETY: the blocks do not overlap and lie inside `[m, n]`, which `place` has room for, and nothing else uses it until
        // all are done. The strides of `left` and `right` are those of slices as large as their sizes say (checked in
        // `Matrix::new`), and a block takes whole rows of `left` and whole columns of `right`.
        unsafe {
            let start = place.0.add(block.row * n + block.column).cast::<f32>();
            // An empty sum, too, writes its zeros.
            let depth = k.div_ceil(k.div_ceil(DEPTH).max(1)).max(1);
            for from in (0..k.max(1)).step_by(depth) {
                let left_start = [block.row as isize, from as isize];
                let right_start = [from as isize, block.column as isize];
                gemm::gemm(
                    block.rows,
                    block.columns,
                    depth.min(k - from.min(k)),
                    start,
                    1,
                    n as isize,
                    from > 0,
                    left.start_at(left_start),
                    left.strides[1],
                    left.strides[0],
                    right.start_at(right_start),
                    right.strides[1],
                    right.strides[0],
                    1.0,
                    1.0,
                    false,
                    false,
                    false,
                    gemm::Parallelism::None,
                );
            }
            // Every value of the block has been written.
            for row in 0..block.rows {
                finish(block.column, std::slice::from_raw_parts_mut(start.add(row * n), block.columns));
            }
        }
    });
    // SAFETY: the blocks cover `[m, n]`, and each wrote all of its values; a panic in one would not come here.
    unsafe { product.set_len(m * n) };
    product
}

/// Where the product goes.
struct Place(*mut MaybeUninit<f32>);

// SAFETY: the threads write to places that do not overlap.
#[allow(unsafe_code)]
unsafe impl Sync for Place {}

/// A part of the result.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Block {
    row: usize,
    rows: usize,
    column: usize,
    columns: usize,
}

/// One block a thread, split along the longer side; one in all where the work is small.
fn blocks([m, n, k]: [usize; 3]) -> Vec<Block> {
    let whole = Block { row: 0, rows: m, column: 0, columns: n };
    let (long, short) = (m.max(n), m.min(n));
    let least = (SMALL_AREA / short.max(1) + 1).next_multiple_of(TILE);
    let parts = if m * n * k < SHARED_FROM { 1 } else { threads().min(long / least).max(1) };
    // Whole tiles for all; the last part has what is left, too.
    let start = |part: usize| if part == parts { long } else { long / TILE * part / parts * TILE };
    let split = (0..parts).map(|part| (start(part), start(part + 1) - start(part)));
    match m >= n {
        true => split.map(|(row, rows)| Block { row, rows, ..whole }).collect(),
        false => split.map(|(column, columns)| Block { column, columns, ..whole }).collect(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cpu::set_threads;

    fn values(count: usize, seed: u32) -> Vec<f32> {
        (0..count as u32).map(|i| ((i.wrapping_mul(2_654_435_761) ^ seed) >> 8) as f32 / 8_388_608.0 - 1.0).collect()
    }

    fn reference(left: Matrix<'_>, right: Matrix<'_>) -> Vec<f64> {
        let at = |matrix: Matrix<'_>, row: usize, column: usize| {
            f64::from(matrix.values[row * matrix.strides[0] as usize + column * matrix.strides[1] as usize])
        };
        let entry = |row, column| (0..left.columns).map(|k| at(left, row, k) * at(right, k, column)).sum();
        (0..left.rows)
            .flat_map(|row| (0..right.columns).map(move |column| (row, column)))
            .map(|(r, c)| entry(r, c))
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

        /// Against `f64`, in every layout, shared or not; and `finish` sees every value once.
        #[test]
        fn products_agree_with_f64(m in 0_usize..150, n in 0_usize..150, k in 0_usize..150, layout in 0..4, seed: u32) {
            set_threads(3);
            let (a, b) = (values(m * k, seed), values(k * n, !seed));
            let left = if layout & 1 == 0 { Matrix::new(&a, [m, k]) } else { Matrix::new(&a, [k, m]).transposed() };
            let right = if layout & 2 == 0 { Matrix::new(&b, [k, n]) } else { Matrix::new(&b, [n, k]).transposed() };
            let product = matmul(left, right, |column, row| {
                row.iter_mut().enumerate().for_each(|(i, value)| *value += (column + i) as f32);
            });
            for (i, (ours, exact)) in product.iter().zip(reference(left, right)).enumerate() {
                let exact = exact + (i % n) as f64;
                prop_assert!((f64::from(*ours) - exact).abs() <= 1e-6 * (k as f64 + 200.0), "{ours} {exact}");
            }
        }
    }

    /// The shapes of training steps, split among 1 to 5 threads: the same bits.
    #[test]
    fn bits_do_not_depend_on_the_number_of_threads() {
        for [m, n, k] in
            [[100, 400, 784], [784, 400, 100], [20, 200, 784], [784, 200, 20], [50, 784, 200], [1000, 784, 400]]
        {
            let (a, b) = (values(m * k, 1), values(k * n, 2));
            let bits = |threads| {
                set_threads(threads);
                matmul(Matrix::new(&a, [m, k]), Matrix::new(&b, [k, n]), |_, _| ())
                    .iter()
                    .map(|v| v.to_bits())
                    .collect()
            };
            let one: Vec<u32> = bits(1);
            for threads in 2..=9 {
                assert!(bits(threads) == one, "{m} x {n} x {k}, {threads} threads");
            }
        }
    }

    #[test]
    fn blocks_cover_the_result_once() {
        set_threads(4);
        for [m, n] in [[100, 400], [784, 400], [17, 1000], [1000, 1], [3, 3], [0, 5]] {
            let mut seen = vec![0; m * n];
            for block in blocks([m, n, 1_000_000]) {
                for row in block.row..block.row + block.rows {
                    seen[row * n + block.column..][..block.columns].iter_mut().for_each(|count| *count += 1);
                }
            }
            assert!(seen.iter().all(|&count| count == 1), "{m} x {n}");
        }
    }
}
