//! What can be wrong with the data of a figure.

use thiserror::Error;

/// An error of this crate; each variant holds the value that cannot be drawn.
///
/// # Examples
/// Data are checked before anything is drawn; the message says what to mend, and the variant holds the value.
///
/// ```
/// use figures::{FigureError, GridConfig};
///
/// // One image of two pixels, with grey values as the bytes of a file have them.
/// let error = GridConfig::new(1, 2, 1).init(vec![vec![0.0, 255.0]]).unwrap_err();
/// assert_eq!(error.to_string(), "pixel 1 of image 0 is 255; scale grey values to 0..1");
/// assert_eq!(error, FigureError::Pixel { cell: 0, pixel: 1, value: 255.0 });
/// ```
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum FigureError {
    /// A grid without images.
    #[error("the image grid has no cells; give at least one image")]
    NoCells,
    /// A size, count or factor of zero.
    #[error("`{name}` of the image grid is 0; give at least 1")]
    Zero {
        /// The field of [`GridConfig`](crate::GridConfig).
        name: &'static str,
    },
    /// An image whose number of pixels is not that of its cell.
    #[error("image {cell} has {found} pixels, a cell has {expected}; give one value a pixel, row by row")]
    CellSize {
        /// Index of the image.
        cell: usize,
        /// Pixels of a cell.
        expected: usize,
        /// Pixels of the image.
        found: usize,
    },
    /// A pixel that is not a number in `[0, 1]`.
    #[error("pixel {pixel} of image {cell} is {value}; scale grey values to 0..1")]
    Pixel {
        /// Index of the image.
        cell: usize,
        /// Index of the pixel in its image.
        pixel: usize,
        /// The value.
        value: f32,
    },
    /// A picture of more than 10^8 pixels.
    #[error("a picture of {width} x {height} pixels is too large; lower the scale or draw less")]
    TooLarge {
        /// Width in pixels, `u64::MAX` when beyond counting.
        width: u64,
        /// Height in pixels, `u64::MAX` when beyond counting.
        height: u64,
    },
    /// A tick on a column or row that the grid does not have.
    #[error("a tick `{label}` stands at {axis} {cell}, the grid has {cells}; count from 0")]
    TickOutside {
        /// `column` or `row`.
        axis: &'static str,
        /// Text of the tick.
        label: String,
        /// Index of the tick's column or row.
        cell: usize,
        /// Columns or rows of the grid.
        cells: usize,
    },
    /// A figure with no point that can be drawn.
    #[error("the figure `{title}` has no finite point; give at least one")]
    NoPoints {
        /// Title of the figure.
        title: String,
    },
    /// A scatter point that is not finite.
    #[error("scatter point {index} is ({x}, {y}); leave out points that are not finite")]
    PointNotFinite {
        /// Index of the point.
        index: usize,
        /// Its x.
        x: f64,
        /// Its y.
        y: f64,
    },
    /// A scatter point of a class without a label.
    #[error("scatter point {index} is of class {class}, there are {labels} class labels; add one")]
    UnknownClass {
        /// Index of the point.
        index: usize,
        /// Its class.
        class: u8,
        /// Number of class labels.
        labels: usize,
    },
    /// More classes than colours that can be told apart.
    #[error("{found} classes are too many to tell apart; draw at most {limit} in one figure")]
    TooManyClasses {
        /// Number of class labels.
        found: usize,
        /// Number of colours.
        limit: usize,
    },
    /// A number that a figure cannot use.
    #[error("{what} is {value}; give {needs}")]
    Value {
        /// What the number is of, such as `the strength of event 3`.
        what: String,
        /// The number.
        value: f64,
        /// Which numbers are allowed.
        needs: &'static str,
    },
    /// A reference to something that the figure does not hold.
    #[error("{from} names {to} {index}, there are {count}; count from 0")]
    UnknownIndex {
        /// What refers, such as `event 3`.
        from: String,
        /// What kind of thing it refers to, such as `component`.
        to: &'static str,
        /// The index.
        index: usize,
        /// How many such things there are.
        count: usize,
    },
    /// More of something than one figure can show.
    #[error("{found} {what} are too many for one figure; {advice} of at most {limit}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many were given.
        found: usize,
        /// How many one figure shows.
        limit: usize,
        /// What to draw instead.
        advice: &'static str,
    },
    /// A matrix that is no covariance.
    #[error(
        "the {matrix} of component `{component}` is {covariance:?}; \
         give a symmetric matrix without negative eigenvalues"
    )]
    Covariance {
        /// Label of the component.
        component: String,
        /// Name of the matrix.
        matrix: &'static str,
        /// The matrix, row by row.
        covariance: [[f64; 2]; 2],
    },
    /// A histogram whose bins do not match its counts.
    #[error("panel `{panel}` has {counts} counts and {edges} edges; give one edge more than counts, in rising order")]
    Bins {
        /// Title of the panel.
        panel: String,
        /// Number of counts.
        counts: usize,
        /// Number of edges.
        edges: usize,
    },
    /// A density grid without one value a cell.
    #[error("a density grid of {columns} columns and {rows} rows has {values} values; give one a cell, row by row")]
    GridValues {
        /// Number of x coordinates.
        columns: usize,
        /// Number of y coordinates.
        rows: usize,
        /// Number of values.
        values: usize,
    },
    /// Coordinates of a density grid that are not regular.
    #[error(
        "{axis} coordinate {index} of the density grid is {value}; give at least two, finite and rising in equal steps"
    )]
    GridCoordinate {
        /// `x` or `y`.
        axis: &'static str,
        /// Index of the first coordinate that does not fit.
        index: usize,
        /// The coordinate.
        value: f64,
    },
    /// A diagram or a set of panels without content.
    #[error("the figure `{title}` has no {what}; give at least one")]
    Empty {
        /// Title of the figure.
        title: String,
        /// What is missing.
        what: &'static str,
    },
    /// A node of a graphical model that depends on itself.
    #[error(
        "the edges from node `{node}` lead back to it; turn one of them round, since a graphical model has no cycles"
    )]
    Cycle {
        /// Name of a node on the cycle.
        node: String,
    },
    /// A scale that is no positive number.
    #[error("an SVG cannot be scaled by {scale}; give a positive number, 1 for its own size")]
    Scale {
        /// The scale.
        scale: f32,
    },
    /// A text that is no SVG.
    #[error("the SVG cannot be read ({reason}); give a whole SVG document")]
    Svg {
        /// What the parser said.
        reason: String,
    },
    /// A picture that could not be written as PNG.
    #[error("a PNG of {width} x {height} pixels could not be encoded ({reason}); report this bug")]
    Encode {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// What the encoder said.
        reason: String,
    },
}
