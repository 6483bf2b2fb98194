//! Events on disk: a table is parsed once, and its numbers are read back in blocks.

use std::fmt;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::sync::Mutex;

use super::{Events, Lines, RowReader};
use crate::CaviError;

/// Rows of `f64` in a file (or anything else that can be written, read and sought), little-endian, row by row.
///
/// # Examples
/// ```
/// use cavi::{Events, StoredEvents, Table};
///
/// let text = "x,strength\n0.1,3\n0.2,2\n0.3,4\n";
/// let mut table = Table::new(text.as_bytes(), "events.csv", &["strength", "x"])?;
/// let stored = StoredEvents::write(&mut table, tempfile::tempfile()?)?;
/// assert_eq!((stored.len(), stored.columns()), (3, vec!["strength", "x"]));
/// // Two rows from the second on, to the bit.
/// let mut rows = [0.0; 4];
/// stored.read(1, &mut rows)?;
/// assert_eq!(rows, [2.0, 0.2, 4.0, 0.3]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct StoredEvents<S> {
    file: String,
    names: Vec<String>,
    lines: Lines,
    storage: Mutex<S>,
}

impl<S: Read + Write + Seek> StoredEvents<S> {
    /// Copies the rows of a table to an empty storage.
    ///
    /// # Errors
    /// Those of the table, when there is no row, or when the storage cannot be written.
    pub fn write(table: &mut dyn RowReader, storage: S) -> Result<Self, CaviError> {
        let names = table.names().to_vec();
        let mut lines = Lines::default();
        let mut row = vec![0.0; names.len()];
        let mut out = BufWriter::with_capacity(1 << 20, storage);
        while let Some(line) = table.next_row(&mut row)? {
            for value in &row {
                out.write_all(&value.to_le_bytes()).map_err(storage_failed)?;
            }
            lines.push(line);
        }
        if lines.rows() == 0 {
            return Err(CaviError::Empty { file: table.file().to_owned() });
        }
        let storage = out.into_inner().map_err(|error| storage_failed(error.into_error()))?;
        Ok(Self { file: table.file().to_owned(), names, lines, storage: Mutex::new(storage) })
    }
}

#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
fn storage_failed(error: std::io::Error) -> CaviError {
    CaviError::Storage(error.to_string())
}

impl<S: Read + Seek + Send> Events for StoredEvents<S> {
    fn file(&self) -> &str {
        &self.file
    }

    fn columns(&self) -> Vec<&str> {
        self.names.iter().map(String::as_str).collect()
    }

    fn len(&self) -> usize {
        self.lines.rows()
    }

    fn line(&self, row: usize) -> u64 {
        self.lines.of(row)
    }

    fn read(&self, start: usize, rows: &mut [f64]) -> Result<(), CaviError> {
        let mut bytes = vec![0; rows.len() * 8];
        let mut storage = self.storage.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let offset = (start * self.names.len() * 8) as u64;
        storage.seek(SeekFrom::Start(offset)).map_err(storage_failed)?;
        storage.read_exact(&mut bytes).map_err(storage_failed)?;
        for (value, bytes) in rows.iter_mut().zip(bytes.as_chunks::<8>().0) {
            *value = f64::from_le_bytes(*bytes);
        }
        Ok(())
    }
}

impl<S> fmt::Debug for StoredEvents<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredEvents").field("file", &self.file).field("rows", &self.lines.rows()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::{Catalogue, Table};

    #[test]
    fn stored_events_come_back_to_the_bit() {
        let text = "a,b\n1,0.1\n\n-3e300,\n5,7\n";
        let mut table = Table::new(text.as_bytes(), "events.csv", &["b", "a"]).unwrap();
        let stored = StoredEvents::write(&mut table, Cursor::new(Vec::new())).unwrap();
        let catalogue = Catalogue::read(text.as_bytes(), "events.csv", &["b", "a"]).unwrap();
        let mut rows = [[0.0; 4]; 2];
        stored.read(1, &mut rows[0]).unwrap();
        catalogue.read(1, &mut rows[1]).unwrap();
        assert_eq!(rows[0].map(f64::to_bits), rows[1].map(f64::to_bits));
        assert_eq!((stored.len(), stored.line(1), stored.columns()), (3, 4, vec!["b", "a"]));
    }
}
