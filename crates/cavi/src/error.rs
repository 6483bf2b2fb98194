//! Why a mixture cannot be fitted.

use thiserror::Error;

/// Any failure of this crate.
///
/// # Examples
/// A caller may match on the kind of failure; the text names what was given and what to do.
///
/// ```
/// use cavi::{Catalogue, CaviError};
///
/// let table = "place,strength\nhere,3\nthere,many\n";
/// let read = |column| Catalogue::read(table.as_bytes(), "events.csv", &[column]).unwrap_err();
/// assert_eq!(
///     read("strenght").to_string(),
///     "events.csv has no column `strenght`; it has place, strength; did you mean `strength`?"
/// );
/// assert!(matches!(read("strength"), CaviError::Field { line: 3, value, .. } if value == "many"));
/// ```
#[derive(Debug, Error, Clone, PartialEq)]
#[non_exhaustive]
pub enum CaviError {
    /// A hyper-parameter out of its range.
    #[error("{name} is {value}; it must be {must}")]
    Parameter {
        /// The name, as the field and the command line have it.
        name: &'static str,
        /// The value.
        value: String,
        /// What it must be.
        must: &'static str,
    },
    /// Weights that are not a distribution.
    #[error("the weights {weights:?} sum to {sum}; give {components} numbers that are not negative and sum to 1")]
    Weights {
        /// The weights.
        weights: Vec<f64>,
        /// Their sum.
        sum: f64,
        /// The number of components.
        components: usize,
    },
    /// A number of components that no fit can have.
    #[error(
        "{components} components were asked for, but there are {observations} observations; ask for 1 to {observations}"
    )]
    Components {
        /// The number asked for.
        components: usize,
        /// The number of observations.
        observations: usize,
    },
    /// A catalogue without a row.
    #[error("{file} has no observation below its header; give a file with at least one")]
    Empty {
        /// The file.
        file: String,
    },
    /// A column that is not there.
    #[error("{file} has no column `{column}`; it has {known}{suggestion}")]
    Column {
        /// The file.
        file: String,
        /// The column asked for.
        column: String,
        /// The columns that are there.
        known: String,
        /// The nearest, as a question.
        suggestion: String,
    },
    /// A column that is asked for twice.
    #[error("column `{column}` is asked for twice; name each column once")]
    ColumnTwice {
        /// The column.
        column: String,
    },
    /// A field that is not a number.
    #[error(
        "{file}, line {line}, column `{column}`: `{value}` is not a number; leave the field empty if it is missing"
    )]
    Field {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
        /// The column.
        column: String,
        /// The text.
        value: String,
    },
    /// A number that the likelihood of its column cannot produce.
    #[error("{file}, line {line}, column `{column}`: {value} is not {must}")]
    Support {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
        /// The column.
        column: String,
        /// The number.
        value: f64,
        /// What the likelihood is about.
        must: &'static str,
    },
    /// A file that is not a table.
    #[error("{file} cannot be read as a table: {message}")]
    Table {
        /// The file.
        file: String,
        /// What the parser said.
        message: String,
    },
    /// Responsibilities of another shape.
    #[error(
        "{file} holds {rows} x {columns} responsibilities, but {observations} x {components} are needed (one row an observation, one column a component)"
    )]
    InitShape {
        /// The file.
        file: String,
        /// Its rows.
        rows: usize,
        /// Its columns.
        columns: usize,
        /// The observations.
        observations: usize,
        /// The components.
        components: usize,
    },
    /// A row of responsibilities that is not a distribution.
    #[error("{file}, row {row}: the responsibilities are negative or sum to {sum}, not 1")]
    InitRow {
        /// The file.
        file: String,
        /// The row, from 1.
        row: usize,
        /// Its sum.
        sum: f64,
    },
    /// The temporary file of a table that is read in blocks.
    #[error("the temporary file of the events failed: {0}; is the disk full?")]
    Storage(String),
    /// The device failed.
    #[error("the device failed: {0}; try --backend flex")]
    Device(String),
    /// The bound is not a number.
    #[error(
        "the ELBO became {elbo} at sweep {sweep}; the data or a hyper-parameter is too extreme: rescale the columns"
    )]
    NotFinite {
        /// The bound.
        elbo: f64,
        /// The sweep, from 1.
        sweep: usize,
    },
}

/// Fails unless `holds`, naming the parameter.
pub(crate) fn require(holds: bool, name: &'static str, value: f64, must: &'static str) -> Result<(), CaviError> {
    if holds { Ok(()) } else { Err(CaviError::Parameter { name, value: value.to_string(), must }) }
}
