//! Which component of one fit is which of another: the assignment of largest overlap (Hungarian method).

use pathfinding::kuhn_munkres::kuhn_munkres;
use pathfinding::matrix::Matrix;

/// Parts that a share of the overlap is counted in: the method wants whole numbers.
const PARTS: f64 = 1e12;

/// `sum_n r_nk r'_nj` of two fits of the same events: how many events component `k` of the one and `j` of the other share.
///
/// # Shapes
/// - `r`, `other`: row by row, one row an event
/// - returns: `[components, other_components]`
pub fn overlap(r: &[f64], components: usize, other: &[f64], other_components: usize) -> Vec<Vec<f64>> {
    let mut shared = vec![vec![0.0; other_components]; components];
    for (r, other) in r.chunks_exact(components).zip(other.chunks_exact(other_components)) {
        for (row, r) in shared.iter_mut().zip(r) {
            row.iter_mut().zip(other).for_each(|(entry, other)| *entry += r * other);
        }
    }
    shared
}

/// The order that puts the components of the second fit in the places of those of the first: `order[k]` is the component that
/// shares most with component `k`, each used once, so that the sum of what is shared is the largest (Kuhn, 1955; Munkres,
/// 1957). Components of the second that are left over follow in their own order (trap D35).
///
/// # Panics
/// When the rows of the overlap differ in length.
pub fn matching(overlap: &[Vec<f64>]) -> Vec<usize> {
    let columns = overlap.first().map_or(0, Vec::len);
    let total: f64 = overlap.iter().flatten().sum();
    let scale = if total > 0.0 { PARTS / total } else { 0.0 };
    // Columns of nothing, so that each row finds one.
    let padded = overlap.iter().map(|row| {
        assert_eq!(row.len(), columns, "the rows of an overlap have one length");
        let shares = row.iter().map(|share| (share * scale).round() as i64);
        shares.chain(std::iter::repeat_n(0, overlap.len().saturating_sub(columns))).collect::<Vec<_>>()
    });
    let chosen = match Matrix::from_rows(padded) {
        Ok(weights) if weights.rows > 0 => kuhn_munkres(&weights).1,
        _ => Vec::new(),
    };
    let mut order: Vec<usize> = chosen.into_iter().filter(|&column| column < columns).collect();
    let left: Vec<usize> = (0..columns).filter(|column| !order.contains(column)).collect();
    order.extend(left);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_sum_wins_over_the_largest_entry() {
        assert_eq!(matching(&[vec![10.0, 9.0], vec![9.0, 0.0]]), [1, 0]);
        assert_eq!(matching(&[vec![0.0, 0.0, 5.0], vec![1.0, 0.0, 4.0]]), [2, 0, 1]);
        assert_eq!(matching(&[vec![1.0, 0.0], vec![3.0, 0.0], vec![0.0, 2.0]]), [0, 1]);
        assert_eq!(matching(&[]), Vec::<usize>::new());
        assert_eq!(matching(&[vec![0.0; 2], vec![0.0; 2]]).len(), 2);
        assert_eq!(overlap(&[1.0, 0.0, 0.25, 0.75], 2, &[0.5, 0.5, 0.0, 1.0], 2), [[0.5, 0.75], [0.0, 0.75]]);
    }

    #[test]
    fn a_shuffled_identity_is_found_again() {
        let order = [3, 0, 4, 1, 2];
        let row = |k: usize| (0..5).map(|j| if order[k] == j { 100.0 } else { 1.0 }).collect();
        assert_eq!(matching(&(0..5).map(row).collect::<Vec<Vec<f64>>>()), order);
    }
}
