//! A table as text: a header, and rows of numbers, one after another.

use std::io::{BufRead, BufReader, Read};

use csv::{ByteRecord, Reader, ReaderBuilder, Trim};

use super::plain::Plain;
use super::{RowReader, check_unique};
use crate::CaviError;

/// Reads some columns of a table with a header, separated by commas, semicolons, tabs or bars; where it is not commas, a number
/// may have a decimal comma. An empty field is missing; `NA`, `NaN`, `inf` and other text are errors with their line.
///
/// # Examples
/// ```
/// use cavi::{RowReader, Table};
///
/// // Semicolons, and so decimal commas.
/// let text = "x;place;y\n1,5;here;-2\n;there;0,25\n";
/// let mut table = Table::new(text.as_bytes(), "events.csv", &["y", "x"])?;
/// let mut row = [0.0; 2];
/// assert_eq!(table.next_row(&mut row)?, Some(2));
/// assert_eq!(row, [-2.0, 1.5]);
/// assert_eq!(table.next_row(&mut row)?, Some(3));
/// assert!(row[0] == 0.25 && row[1].is_nan());
/// assert_eq!(table.next_row(&mut row)?, None);
/// # Ok::<(), cavi::CaviError>(())
/// ```
pub struct Table<R> {
    file: String,
    names: Vec<String>,
    positions: Vec<usize>,
    decimal_comma: bool,
    reader: Reader<Plain<BufReader<R>>>,
    record: ByteRecord,
}

impl<R: Read> Table<R> {
    /// Finds the named columns in the header.
    ///
    /// # Errors
    /// When a column is not there (with the nearest name), twice there or asked for twice, or the header cannot be read.
    pub fn new(input: R, file: &str, names: &[&str]) -> Result<Self, CaviError> {
        let mut input = BufReader::with_capacity(1 << 16, input);
        let start = input.fill_buf().map_err(|error| unreadable(file, &error))?;
        let encoding = match start {
            [0x1f, 0x8b, ..] => Some("it is compressed with gzip; decompress it first"),
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("it is text in UTF-16; save it in UTF-8"),
            _ => None,
        };
        if let Some(message) = encoding {
            return Err(CaviError::Table { file: file.to_owned(), message: message.to_owned() });
        }
        let header = start.split(|&byte| matches!(byte, b'\n' | b'\r')).find(|line| !line.trim_ascii().is_empty());
        let delimiter = delimiter(header.unwrap_or_default());
        let mut reader = ReaderBuilder::new().delimiter(delimiter).trim(Trim::All).from_reader(Plain::new(input));
        let header = reader.byte_headers().map_err(|error| unreadable(file, &error))?;
        let header: Vec<String> = header.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
        if header.iter().all(String::is_empty) {
            return Err(CaviError::Empty { file: file.to_owned() });
        }
        let positions = names.iter().map(|name| position(file, name, &header)).collect::<Result<Vec<_>, _>>()?;
        check_unique(names)?;
        let names = names.iter().map(|&name| name.to_owned()).collect();
        let decimal_comma = delimiter != b',';
        Ok(Self { file: file.to_owned(), names, positions, decimal_comma, reader, record: ByteRecord::new() })
    }
}

impl<R: Read> RowReader for Table<R> {
    fn file(&self) -> &str {
        &self.file
    }

    fn names(&self) -> &[String] {
        &self.names
    }

    fn next_row(&mut self, row: &mut [f64]) -> Result<Option<u64>, CaviError> {
        if !self.reader.read_byte_record(&mut self.record).map_err(|error| unreadable(&self.file, &error))? {
            return Ok(None);
        }
        // Every row ends a line, and some fields hold lines of their own.
        let inner = self.record.as_slice().iter().filter(|&&byte| byte == b'\n').count() as u64;
        let line = self.reader.position().line().saturating_sub(1 + inner);
        for ((value, &position), name) in row.iter_mut().zip(&self.positions).zip(&self.names) {
            let field = self.record.get(position).unwrap_or_default();
            *value = number(field, self.decimal_comma).ok_or_else(|| CaviError::Field {
                file: self.file.clone(),
                line,
                column: name.clone(),
                value: String::from_utf8_lossy(field).into_owned(),
            })?;
        }
        Ok(Some(line))
    }
}

fn unreadable(file: &str, error: &dyn std::fmt::Display) -> CaviError {
    CaviError::Table { file: file.to_owned(), message: error.to_string() }
}

/// NaN for an empty field, nothing for what is not a finite number.
fn number(field: &[u8], decimal_comma: bool) -> Option<f64> {
    if field.is_empty() {
        return Some(f64::NAN);
    }
    let text = std::str::from_utf8(field).ok()?;
    let value = match text.parse() {
        Ok(value) => Some(value),
        Err(_) if decimal_comma && !text.contains('.') => text.replacen(',', ".", 1).parse().ok(),
        Err(_) => None,
    };
    value.filter(|value: &f64| value.is_finite())
}

/// The separator that the header has most of.
fn delimiter(header: &[u8]) -> u8 {
    let count = |separator: u8| header.iter().filter(|&&byte| byte == separator).count();
    [b',', b';', b'\t', b'|'].into_iter().rev().max_by_key(|&separator| count(separator)).unwrap_or(b',')
}

fn position(file: &str, column: &str, header: &[String]) -> Result<usize, CaviError> {
    let mut found = header.iter().enumerate().filter(|(_, known)| *known == column).map(|(index, _)| index);
    match (found.next(), found.next()) {
        (Some(index), None) => Ok(index),
        (Some(_), Some(_)) => {
            Err(CaviError::Table { file: file.to_owned(), message: format!("its header has `{column}` twice") })
        }
        (None, _) => Err(CaviError::Column {
            file: file.to_owned(),
            column: column.to_owned(),
            known: header.join(", "),
            suggestion: suggestion(column, header),
        }),
    }
}

/// The nearest name, as a question.
pub(super) fn suggestion(column: &str, header: &[String]) -> String {
    let near = header.iter().map(|known| (strsim::jaro_winkler(column, known), known));
    let near = near.filter(|(similarity, _)| *similarity > 0.75).max_by(|a, b| a.0.total_cmp(&b.0));
    near.map_or_else(String::new, |(_, near)| format!("; did you mean `{near}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &[u8], names: &[&str]) -> Result<Vec<(u64, Vec<f64>)>, CaviError> {
        let mut table = Table::new(text, "events.csv", names)?;
        let mut row = vec![0.0; names.len()];
        let mut rows = Vec::new();
        while let Some(line) = table.next_row(&mut row)? {
            rows.push((line, row.clone()));
        }
        Ok(rows)
    }

    #[test]
    fn columns_are_found_by_name_whatever_separates_them() {
        for text in [
            "a,b\n1,2\n3,4\n",
            "a;b\n1;2\n3;4",
            "a,b\r1,2\r3,4",
            "\u{feff}a\tb\r\n1\t2\r\n3\t4\r\n",
            "a | b\n1 | 2\n3 | 4\n",
            "\"a\", b\n 1, 2\n\"3\" ,4\n",
        ] {
            let expected = vec![(2, vec![2.0, 1.0]), (3, vec![4.0, 3.0])];
            assert_eq!(rows(text.as_bytes(), &["b", "a"]).unwrap(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_decimal_comma_is_read_where_it_separates_nothing() {
        assert_eq!(rows(b"a;b\n1,5;-2,25e1\n0.5;3", &["a", "b"]).unwrap()[0].1, [1.5, -22.5]);
        assert!(rows(b"a;b\n1,5,2;3\n", &["a", "b"]).is_err());
        assert!(rows(b"a;b\n1.500,2;3\n", &["a", "b"]).is_err());
    }

    #[test]
    fn lines_are_those_of_an_editor() {
        let text = b"a,place\r\n1,here\r\n\r\n2,\"two\r\nlines\"\r\n3,\xe9t\xe9";
        let lines: Vec<u64> = rows(text, &["a"]).unwrap().into_iter().map(|(line, _)| line).collect();
        assert_eq!(lines, [2, 4, 6]);
    }

    #[test]
    fn mistakes_are_named_with_line_and_column() {
        let message = |text: &str, names: &[&str]| rows(text.as_bytes(), names).unwrap_err().to_string();
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
        assert!(message("\n", &["a"]).contains("no observation below its header"));
        assert!(message("a,b\n1,2\n3\n", &["a"]).contains("line: 3"), "{}", message("a,b\n1,2\n3\n", &["a"]));
        assert!(rows(b"\x1f\x8b\x08", &["a"]).unwrap_err().to_string().contains("compressed with gzip"));
        assert!(rows(b"\xff\xfea\0", &["a"]).unwrap_err().to_string().contains("UTF-16"));
        assert!(message("a,a\n1,2\n", &["a"]).contains("its header has `a` twice"));
        assert_eq!(message("a,b\n1,2\n", &["a", "a"]), "column `a` is asked for twice; name each column once");
    }
}
