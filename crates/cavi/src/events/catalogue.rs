//! A catalogue of events in memory: named columns of numbers.

use std::io::Read;

use super::{Events, Lines, RowReader, Table};
use crate::CaviError;

/// One column of numbers; a missing entry is NaN, which no field of the text can spell.
///
/// # Examples
/// A catalogue can be made by hand, without a table to read.
///
/// ```
/// use cavi::{Catalogue, Column, Moments};
///
/// let columns = vec![Column { name: "strength".to_owned(), values: vec![1.0, f64::NAN, 3.0] }];
/// let catalogue = Catalogue { file: "by hand".to_owned(), columns, lines: (1..4).collect() };
/// // What is missing counts for nothing.
/// let values = Moments::of(&catalogue)?[0].values;
/// assert_eq!((values.count, values.mean), (2.0, 2.0));
/// # Ok::<(), cavi::CaviError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The name in the header.
    pub name: String,
    /// One number an event, NaN where the field is empty.
    pub values: Vec<f64>,
}

/// Some columns of a table, and the lines that its rows stood on.
///
/// # Examples
/// ```
/// use cavi::{Catalogue, Events};
///
/// let table = "x,place,strength\n0.1,here,3\n\n,there,2\n";
/// let catalogue = Catalogue::read(table.as_bytes(), "events.csv", &["strength", "x"])?;
/// assert_eq!(catalogue.columns[0].values, [3.0, 2.0]);
/// // An empty field is missing, and an empty line is no event.
/// assert!(catalogue.columns[1].values[1].is_nan());
/// assert_eq!(catalogue.line(1), 4);
/// # Ok::<(), cavi::CaviError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Catalogue {
    /// What the table is called in messages.
    pub file: String,
    /// The columns, in the order asked for.
    pub columns: Vec<Column>,
    /// The line of each row, from 1.
    pub lines: Lines,
}

impl Catalogue {
    /// Reads the named columns of a [`Table`].
    ///
    /// # Errors
    /// Those of the table, and when there is no row.
    pub fn read(input: impl Read, file: &str, names: &[&str]) -> Result<Self, CaviError> {
        Self::collect(&mut Table::new(input, file, names)?)
    }

    /// Reads all rows of a table.
    ///
    /// # Errors
    /// Those of the table, and when there is no row.
    pub fn collect(table: &mut dyn RowReader) -> Result<Self, CaviError> {
        let mut columns: Vec<Column> =
            table.names().iter().map(|name| Column { name: name.clone(), values: Vec::new() }).collect();
        let mut lines = Lines::default();
        let mut row = vec![0.0; columns.len()];
        while let Some(line) = table.next_row(&mut row)? {
            columns.iter_mut().zip(&row).for_each(|(column, &value)| column.values.push(value));
            lines.push(line);
        }
        let file = table.file().to_owned();
        if lines.rows() == 0 {
            return Err(CaviError::Empty { file });
        }
        Ok(Self { file, columns, lines })
    }

    /// Every so many-th event, so that at most `limit` are left, and how many one of them stands for.
    ///
    /// # Errors
    /// When the events cannot be read back.
    pub fn thinned(events: &dyn Events, limit: usize) -> Result<(Self, usize), CaviError> {
        let stride = events.len().div_ceil(limit.max(1));
        let names = events.columns();
        let mut columns: Vec<Column> =
            names.iter().map(|&name| Column { name: name.to_owned(), values: Vec::new() }).collect();
        let mut lines = Lines::default();
        super::for_each_block(events, &mut |start, rows| {
            for (row, values) in (start..).zip(rows.chunks_exact(names.len())).filter(|(row, _)| row % stride == 0) {
                columns.iter_mut().zip(values).for_each(|(column, &value)| column.values.push(value));
                lines.push(events.line(row));
            }
            Ok(())
        })?;
        Ok((Self { file: events.file().to_owned(), columns, lines }, stride))
    }
}

impl Events for Catalogue {
    fn file(&self) -> &str {
        &self.file
    }

    fn columns(&self) -> Vec<&str> {
        self.columns.iter().map(|column| column.name.as_str()).collect()
    }

    fn len(&self) -> usize {
        self.lines.rows()
    }

    fn line(&self, row: usize) -> u64 {
        self.lines.of(row)
    }

    fn read(&self, start: usize, rows: &mut [f64]) -> Result<(), CaviError> {
        for (row, values) in (start..).zip(rows.chunks_exact_mut(self.columns.len())) {
            values.iter_mut().zip(&self.columns).for_each(|(value, column)| *value = column.values[row]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_field_is_missing() {
        let catalogue = Catalogue::read("a,b\n1,\n,4\n".as_bytes(), "events.csv", &["a", "b"]).unwrap();
        assert!(catalogue.columns[0].values[1].is_nan() && catalogue.columns[1].values[0].is_nan());
        assert_eq!((0..2).map(|row| catalogue.line(row)).collect::<Vec<_>>(), [2, 3]);
    }

    #[test]
    fn a_header_alone_is_empty() {
        let message = Catalogue::read("a,b\n".as_bytes(), "events.csv", &["a"]).unwrap_err().to_string();
        assert!(message.contains("no observation below its header"), "{message}");
    }

    #[test]
    fn a_thinned_catalogue_keeps_every_so_many_th() {
        let text: String = std::iter::once("a\n".to_owned()).chain((0..10).map(|n| format!("{n}\n"))).collect();
        let catalogue = Catalogue::read(text.as_bytes(), "events.csv", &["a"]).unwrap();
        let (thin, stride) = Catalogue::thinned(&catalogue, 4).unwrap();
        assert_eq!((thin.columns[0].values.as_slice(), stride), ([0.0, 3.0, 6.0, 9.0].as_slice(), 3));
        assert_eq!(thin.line(3), 11);
        assert_eq!(Catalogue::thinned(&catalogue, 10).unwrap(), (catalogue, 1));
    }
}
