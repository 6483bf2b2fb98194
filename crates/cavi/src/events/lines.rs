//! The line of each row, in little memory: rows follow each other line by line, but for a few gaps.

/// The lines of the rows of a table, from 1.
///
/// # Examples
/// ```
/// use cavi::Lines;
///
/// // Below a header, with two empty lines after the third row.
/// let mut lines: Lines = [2, 3, 4, 7].into_iter().collect();
/// lines.push(8);
/// assert_eq!(lines.rows(), 5);
/// assert_eq!([0, 3, 4].map(|row| lines.of(row)), [2, 7, 8]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lines {
    rows: usize,
    /// Where a run of consecutive lines begins: its first row and line.
    runs: Vec<(usize, u64)>,
}

impl Lines {
    /// Adds the line of the next row.
    pub fn push(&mut self, line: u64) {
        let expected = self.runs.last().map(|&(row, first)| first + (self.rows - row) as u64);
        if expected != Some(line) {
            self.runs.push((self.rows, line));
        }
        self.rows += 1;
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The line of a row.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn of(&self, row: usize) -> u64 {
        assert!(row < self.rows, "row {row} of {}", self.rows);
        let (first, line) = self.runs[self.runs.partition_point(|&(first, _)| first <= row) - 1];
        line + (row - first) as u64
    }
}

impl FromIterator<u64> for Lines {
    fn from_iter<I: IntoIterator<Item = u64>>(lines: I) -> Self {
        let mut all = Self::default();
        lines.into_iter().for_each(|line| all.push(line));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_back_whatever_the_gaps() {
        let given = [2, 3, 4, 7, 8, 20, 22, 23];
        let lines: Lines = given.into_iter().collect();
        assert_eq!((0..given.len()).map(|row| lines.of(row)).collect::<Vec<_>>(), given);
        assert_eq!((lines.rows(), lines.runs.len()), (8, 4));
    }
}
