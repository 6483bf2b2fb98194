//! A table in a Parquet file: rows of numbers, one after another.

use parquet::file::reader::{ChunkReader, FileReader, SerializedFileReader};
use parquet::record::Field;
use parquet::record::reader::RowIter;
use parquet::schema::types::Type;

use super::table::suggestion;
use super::{RowReader, check_unique};
use crate::CaviError;

/// Reads some columns of a Parquet file: whole numbers, floating point numbers and truth values (0 or 1). Null and NaN are
/// missing; infinities and everything else are errors with their row, from 1.
///
/// # Examples
/// A file of one column, with the lines that write it hidden:
///
/// ```
/// # use std::sync::Arc;
/// # use parquet::{data_type::Int32Type, file::writer::SerializedFileWriter, schema::parser::parse_message_type};
/// use cavi::{Catalogue, Events, ParquetTable};
///
/// # let mut file = tempfile::tempfile()?;
/// # let schema = Arc::new(parse_message_type("message events { required int32 strength; }")?);
/// # let mut writer = SerializedFileWriter::new(&mut file, schema, Arc::default())?;
/// # let mut group = writer.next_row_group()?;
/// # let mut column = group.next_column()?.ok_or("a column")?;
/// # column.typed::<Int32Type>().write_batch(&[3, 4, 5], None, None)?;
/// # column.close()?;
/// # group.close()?;
/// # writer.close()?;
/// let mut table = ParquetTable::new(file, "events.parquet", &["strength"])?;
/// let catalogue = Catalogue::collect(&mut table)?;
/// assert_eq!(catalogue.columns[0].values, [3.0, 4.0, 5.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ParquetTable {
    file: String,
    names: Vec<String>,
    rows: RowIter<'static>,
    row: u64,
}

impl ParquetTable {
    /// Finds the named columns in the schema.
    ///
    /// # Errors
    /// When the input is no Parquet file, or a column is not there or asked for twice.
    pub fn new<R: ChunkReader + 'static>(input: R, file: &str, names: &[&str]) -> Result<Self, CaviError> {
        let failed = |error: parquet::errors::ParquetError| unreadable(file, &error);
        check_unique(names)?;
        let reader = SerializedFileReader::new(input).map_err(failed)?;
        let schema = reader.metadata().file_metadata().schema().clone();
        let known: Vec<String> = schema.get_fields().iter().map(|field| field.name().to_owned()).collect();
        let fields = names.iter().map(|&name| {
            let found = schema.get_fields().iter().find(|field| field.name() == name).cloned();
            found.ok_or_else(|| CaviError::Column {
                file: file.to_owned(),
                column: name.to_owned(),
                known: known.join(", "),
                suggestion: suggestion(name, &known),
            })
        });
        let fields = fields.collect::<Result<Vec<_>, _>>()?;
        let projection = Type::group_type_builder(schema.name()).with_fields(fields).build().map_err(failed)?;
        let rows = RowIter::from_file_into(Box::new(reader)).project(Some(projection)).map_err(failed)?;
        Ok(Self { file: file.to_owned(), names: names.iter().map(|&name| name.to_owned()).collect(), rows, row: 0 })
    }
}

impl RowReader for ParquetTable {
    fn file(&self) -> &str {
        &self.file
    }

    fn names(&self) -> &[String] {
        &self.names
    }

    fn next_row(&mut self, row: &mut [f64]) -> Result<Option<u64>, CaviError> {
        let Some(record) = self.rows.next() else { return Ok(None) };
        let record = record.map_err(|error| unreadable(&self.file, &error))?;
        self.row += 1;
        for (name, field) in record.get_column_iter() {
            let index = self.names.iter().position(|known| known == name);
            let value = number(field).ok_or_else(|| CaviError::Field {
                file: self.file.clone(),
                line: self.row,
                column: name.clone(),
                value: field.to_string(),
            })?;
            if let Some(index) = index {
                row[index] = value;
            }
        }
        Ok(Some(self.row))
    }
}

fn unreadable(file: &str, error: &parquet::errors::ParquetError) -> CaviError {
    CaviError::Table { file: file.to_owned(), message: error.to_string() }
}

/// NaN for what is missing, nothing for what is not a finite number.
fn number(field: &Field) -> Option<f64> {
    match field {
        Field::Null => Some(f64::NAN),
        Field::Bool(value) => Some(f64::from(u8::from(*value))),
        Field::Byte(value) => Some(f64::from(*value)),
        Field::Short(value) => Some(f64::from(*value)),
        Field::Int(value) => Some(f64::from(*value)),
        Field::Long(value) => Some(*value as f64),
        Field::UByte(value) => Some(f64::from(*value)),
        Field::UShort(value) => Some(f64::from(*value)),
        Field::UInt(value) => Some(f64::from(*value)),
        Field::ULong(value) => Some(*value as f64),
        Field::Float(value) => Some(f64::from(*value)),
        Field::Double(value) => Some(*value),
        _ => None,
    }
    .filter(|value| !value.is_infinite())
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{Seek, SeekFrom};
    use std::sync::Arc;

    use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int32Type};
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;

    use super::*;
    use crate::{Catalogue, Events};

    /// Three rows: `x` is 1.5, missing, NaN; `s` is 3, 4, 5; `place` is text.
    fn file() -> File {
        let message = "message events { optional double x; required int32 s; required binary place (utf8); }";
        let schema = Arc::new(parse_message_type(message).unwrap());
        let mut file = tempfile::tempfile().unwrap();
        let mut writer = SerializedFileWriter::new(&mut file, schema, Arc::default()).unwrap();
        let mut group = writer.next_row_group().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<DoubleType>().write_batch(&[1.5, f64::NAN], Some(&[1, 0, 1]), None).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<Int32Type>().write_batch(&[3, 4, 5], None, None).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        let places = ["a", "b", "c"].map(ByteArray::from);
        column.typed::<ByteArrayType>().write_batch(&places, None, None).unwrap();
        column.close().unwrap();
        group.close().unwrap();
        writer.close().unwrap();
        file.seek(SeekFrom::Start(0)).unwrap();
        file
    }

    fn read(names: &[&str]) -> Result<Catalogue, CaviError> {
        Catalogue::collect(&mut ParquetTable::new(file(), "events.parquet", names)?)
    }

    #[test]
    fn columns_are_read_by_name_with_their_types() {
        let catalogue = read(&["s", "x"]).unwrap();
        assert_eq!(catalogue.columns[0].values, [3.0, 4.0, 5.0]);
        assert_eq!(catalogue.columns[1].values[0], 1.5);
        assert!(catalogue.columns[1].values[1..].iter().all(|x| x.is_nan()));
        assert_eq!((catalogue.len(), catalogue.line(2)), (3, 3));
    }

    #[test]
    fn mistakes_are_named() {
        let message = |names: &[&str]| read(names).unwrap_err().to_string();
        assert!(message(&["plase"]).ends_with("it has x, s, place; did you mean `place`?"));
        assert!(message(&["place"]).starts_with("events.parquet, line 1, column `place`: `\"a\"` is not a number"));
        assert!(message(&["s", "s"]).contains("asked for twice"));
        let empty =
            ParquetTable::new(tempfile::tempfile().unwrap(), "events.parquet", &["s"]).err().unwrap().to_string();
        assert!(empty.starts_with("events.parquet cannot be read as a table: "), "{empty}");
    }
}
