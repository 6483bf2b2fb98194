//! Where events come from: rows of numbers, read block by block.

mod catalogue;
mod derived;
mod lines;
mod moments;
#[cfg(feature = "parquet")]
mod parquet;
mod plain;
mod stored;
mod table;

pub use catalogue::{Catalogue, Column};
pub use derived::{Derived, Formula, mean_longitude};
pub use lines::Lines;
pub use moments::{MeanVariance, Moments};
#[cfg(feature = "parquet")]
pub use parquet::ParquetTable;
pub use stored::StoredEvents;
pub use table::Table;

use crate::CaviError;

/// Rows of a block.
pub(crate) const BLOCK: usize = 1 << 16;

/// A table that is read once, row by row.
///
/// # Examples
/// Rows that stand in no file: [`Catalogue::collect`] and [`StoredEvents::write`] take any reader.
///
/// ```
/// use cavi::{Catalogue, CaviError, RowReader};
///
/// struct Squares([String; 1], u64);
///
/// impl RowReader for Squares {
///     fn file(&self) -> &str {
///         "squares"
///     }
///
///     fn names(&self) -> &[String] {
///         &self.0
///     }
///
///     fn next_row(&mut self, row: &mut [f64]) -> Result<Option<u64>, CaviError> {
///         self.1 += 1;
///         row[0] = (self.1 * self.1) as f64;
///         Ok((self.1 <= 3).then_some(self.1))
///     }
/// }
///
/// let catalogue = Catalogue::collect(&mut Squares(["square".to_owned()], 0))?;
/// assert_eq!(catalogue.columns[0].values, [1.0, 4.0, 9.0]);
/// # Ok::<(), cavi::CaviError>(())
/// ```
pub trait RowReader {
    /// What the table is called in messages.
    fn file(&self) -> &str;

    /// The names of the columns, in the order asked for.
    fn names(&self) -> &[String];

    /// Writes the next row, and returns its line, from 1; nothing after the last.
    ///
    /// # Shapes
    /// - `row`: `[columns]`; NaN is missing
    ///
    /// # Errors
    /// When a field is not a finite number, or the table is broken.
    fn next_row(&mut self, row: &mut [f64]) -> Result<Option<u64>, CaviError>;
}

/// Fails on a column that is asked for twice.
fn check_unique(names: &[&str]) -> Result<(), CaviError> {
    match names.iter().enumerate().find(|(index, name)| names[..*index].contains(name)) {
        Some((_, name)) => Err(CaviError::ColumnTwice { column: (*name).to_owned() }),
        None => Ok(()),
    }
}

/// A table of numbers that can be read from any row on: in memory, on disk, or computed from another one.
///
/// A missing entry is NaN.
///
/// # Examples
/// ```
/// use cavi::{Catalogue, CaviError, Events};
///
/// fn last(events: &dyn Events) -> Result<(u64, Vec<f64>), CaviError> {
///     let mut row = vec![0.0; events.columns().len()];
///     events.read(events.len() - 1, &mut row)?;
///     Ok((events.line(events.len() - 1), row))
/// }
///
/// let catalogue = Catalogue::read("x,y\n1,2\n\n3,4\n".as_bytes(), "events.csv", &["y", "x"])?;
/// assert_eq!(last(&catalogue)?, (4, vec![4.0, 3.0]));
/// # Ok::<(), cavi::CaviError>(())
/// ```
#[allow(clippy::len_without_is_empty, reason = "there is at least one event")]
pub trait Events: Send + Sync {
    /// What the table is called in messages.
    fn file(&self) -> &str;

    /// The names of the columns.
    fn columns(&self) -> Vec<&str>;

    /// The number of events, at least 1.
    fn len(&self) -> usize;

    /// The line of an event in its file, from 1.
    fn line(&self, row: usize) -> u64;

    /// Writes the events from `start` on.
    ///
    /// # Shapes
    /// - `rows`: `[events, columns]`, row by row; its length says how many
    ///
    /// # Errors
    /// When they cannot be read back.
    ///
    /// # Panics
    /// When there are not so many.
    fn read(&self, start: usize, rows: &mut [f64]) -> Result<(), CaviError>;
}

/// What is done with a block: its first row, and its rows.
type Each<'a> = dyn FnMut(usize, &[f64]) -> Result<(), CaviError> + 'a;

/// Shows the events to `each` in blocks, in order.
pub(crate) fn for_each_block(events: &dyn Events, each: &mut Each<'_>) -> Result<(), CaviError> {
    let width = events.columns().len();
    let mut rows = vec![0.0; BLOCK.min(events.len()) * width];
    for start in (0..events.len()).step_by(BLOCK) {
        let rows = &mut rows[..BLOCK.min(events.len() - start) * width];
        events.read(start, rows)?;
        each(start, rows)?;
    }
    Ok(())
}
