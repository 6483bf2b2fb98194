//! A catalogue of observations: named columns of numbers, from text with a header.

use std::io::Read;

use csv::{ReaderBuilder, Trim};

use crate::CaviError;

/// One column of numbers; a missing entry is NaN, which no field of the text can spell.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The name in the header.
    pub name: String,
    /// One number an observation, NaN where the field is empty.
    pub values: Vec<f64>,
}

/// Some columns of a table, and the lines that its rows stood on.
#[derive(Debug, Clone, PartialEq)]
pub struct Catalogue {
    /// What the table is called in messages.
    pub file: String,
    /// The columns, in the order asked for.
    pub columns: Vec<Column>,
    /// The line of each row, from 1.
    pub lines: Vec<u64>,
}

impl Catalogue {
    /// Reads the named columns of a table with a header, separated by commas, semicolons or tabs. An empty field is
    /// missing; `NA`, `NaN`, `inf` and other text are errors with their line.
    ///
    /// # Errors
    /// When a column is not there (with the nearest name), a field is not a finite number, or there is no row.
    pub fn read(mut input: impl Read, file: &str, names: &[&str]) -> Result<Self, CaviError> {
        let table =
            |error: &dyn std::fmt::Display| CaviError::Table { file: file.to_owned(), message: error.to_string() };
        let mut text = String::new();
        input.read_to_string(&mut text).map_err(|error| table(&error))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let header = text.lines().find(|line| !line.trim().is_empty());
        let header = header.ok_or_else(|| CaviError::Empty { file: file.to_owned() })?;
        let mut reader = ReaderBuilder::new().delimiter(delimiter(header)).trim(Trim::All).from_reader(text.as_bytes());
        let header = reader.headers().map_err(|error| table(&error))?.clone();
        let positions = names
            .iter()
            .map(|&name| header.iter().position(|known| known == name).ok_or_else(|| unknown(file, name, &header)))
            .collect::<Result<Vec<_>, _>>()?;

        let mut columns: Vec<Column> =
            names.iter().map(|&name| Column { name: name.to_owned(), values: Vec::new() }).collect();
        let mut lines = Vec::new();
        let mut cursor = Cursor { text: text.as_bytes(), byte: 0, line: 1 };
        for record in reader.records() {
            let record = record.map_err(|error| table(&error))?;
            let line = cursor.line_at(record.position().map_or(0, csv::Position::byte));
            for (column, &position) in columns.iter_mut().zip(&positions) {
                let field = record.get(position).unwrap_or_default();
                column.values.push(number(field).ok_or_else(|| CaviError::Field {
                    file: file.to_owned(),
                    line,
                    column: column.name.clone(),
                    value: field.to_owned(),
                })?);
            }
            lines.push(line);
        }
        if lines.is_empty() {
            return Err(CaviError::Empty { file: file.to_owned() });
        }
        Ok(Self { file: file.to_owned(), columns, lines })
    }

    /// The number of observations.
    #[allow(clippy::len_without_is_empty, reason = "a catalogue has at least one row")]
    pub fn len(&self) -> usize {
        self.lines.len()
    }
}

/// Counts lines up to a byte: the parser's own count misses one where lines end with a carriage return.
struct Cursor<'a> {
    text: &'a [u8],
    byte: usize,
    line: u64,
}

impl Cursor<'_> {
    fn line_at(&mut self, byte: u64) -> u64 {
        let mut end = (byte as usize).clamp(self.byte, self.text.len());
        // A record may be said to begin at the end of the line before.
        while self.text.get(end).is_some_and(|byte| matches!(byte, b'\r' | b'\n')) {
            end += 1;
        }
        self.line += self.text[self.byte..end].iter().filter(|&&byte| byte == b'\n').count() as u64;
        self.byte = end;
        self.line
    }
}

/// NaN for an empty field, nothing for what is not a finite number.
fn number(field: &str) -> Option<f64> {
    if field.is_empty() {
        return Some(f64::NAN);
    }
    field.parse().ok().filter(|value: &f64| value.is_finite())
}

/// The separator that the header has most of.
fn delimiter(header: &str) -> u8 {
    let count = |separator: u8| header.bytes().filter(|&byte| byte == separator).count();
    [b',', b';', b'\t'].into_iter().rev().max_by_key(|&separator| count(separator)).unwrap_or(b',')
}

fn unknown(file: &str, column: &str, header: &csv::StringRecord) -> CaviError {
    let suggestion = header
        .iter()
        .map(|known| (strsim::jaro_winkler(column, known), known))
        .filter(|(similarity, _)| *similarity > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map_or_else(String::new, |(_, near)| format!("; did you mean `{near}`?"));
    CaviError::Column {
        file: file.to_owned(),
        column: column.to_owned(),
        known: header.iter().collect::<Vec<_>>().join(", "),
        suggestion,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, names: &[&str]) -> Result<Catalogue, CaviError> {
        Catalogue::read(text.as_bytes(), "events.csv", names)
    }

    #[test]
    fn columns_are_found_by_name_whatever_separates_them() {
        for text in
            ["a,b\n1,2\n3,4\n", "a;b\n1;2\n3;4", "\u{feff}a\tb\r\n1\t2\r\n3\t4\r\n", "\"a\", b\n 1, 2\n\"3\" ,4\n"]
        {
            let catalogue = read(text, &["b", "a"]).unwrap();
            assert_eq!(catalogue.columns[0].values, [2.0, 4.0], "{text:?}");
            assert_eq!((catalogue.lines.as_slice(), catalogue.len()), ([2, 3].as_slice(), 2));
        }
    }

    #[test]
    fn an_empty_field_is_missing() {
        let catalogue = read("a,b\n1,\n,4\n", &["a", "b"]).unwrap();
        assert!(catalogue.columns[0].values[1].is_nan() && catalogue.columns[1].values[0].is_nan());
    }

    #[test]
    fn mistakes_are_named_with_line_and_column() {
        let message = |text: &str, names: &[&str]| read(text, names).unwrap_err().to_string();
        assert_eq!(
            message("longitude,latitude\n1,2\n", &["longitde"]),
            "events.csv has no column `longitde`; it has longitude, latitude; did you mean `longitude`?"
        );
        for word in ["NA", "NaN", "inf", "-Infinity", "two"] {
            assert_eq!(
                message(&format!("a,b\n1,2\n3,{word}\n"), &["a", "b"]),
                format!(
                    "events.csv, line 3, column `b`: `{word}` is not a number; leave the field empty if it is missing"
                )
            );
        }
        assert!(message("a,b\n", &["a"]).contains("no observation below its header"));
        assert!(message("\n", &["a"]).contains("no observation below its header"));
        assert!(message("a,b\n1,2\n3\n", &["a"]).contains("line: 3"));
    }
}
