//! Grids of grey images as PNG.

use image::{Rgb, RgbImage};

use crate::{FigureError, png, raster::checked_size};

/// How grey values become colours.
///
/// # Examples
/// ```
/// use figures::{GridConfig, Tone};
///
/// // Two pixels and nothing around them: the grey values 0 and 1.
/// let colours = |tone| {
///     let config = GridConfig::new(1, 2, 1).with_margin(0).with_scale(1).with_tone(tone);
///     let picture = image::load_from_memory(&config.init(vec![vec![0.0, 1.0]])?.to_png()?)?;
///     Ok::<_, Box<dyn std::error::Error>>(picture.to_rgb8().into_raw())
/// };
/// assert_eq!(colours(Tone::WhiteOnBlack)?, [0, 0, 0, 255, 255, 255]);
/// // As on a page: the larger value is the darker one.
/// assert_eq!(colours(Tone::InkOnPaper)?, [242, 240, 235, 22, 27, 45]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// Dark ink on light paper: 0 is the paper, 1 the ink. Blends with a page.
    #[default]
    InkOnPaper,
    /// White on black, as MNIST is stored, on a light background.
    WhiteOnBlack,
}

impl Tone {
    /// Colours of the background, of grey value 0 and of grey value 1.
    const fn colours(self) -> [[u8; 3]; 3] {
        match self {
            Self::InkOnPaper => [[255, 255, 255], [242, 240, 235], [22, 27, 45]],
            Self::WhiteOnBlack => [[255, 255, 255], [0, 0, 0], [255, 255, 255]],
        }
    }
}

/// The layout of an [`ImageGrid`]; lengths are in pixels of the images, before `scale`.
///
/// # Examples
/// ```
/// use figures::GridConfig;
///
/// // Digits of 28 x 28 pixels, ten in a row; reconstructions below their originals.
/// let config = GridConfig::new(10, 28, 28).with_row_group(2);
/// let grid = config.init(vec![vec![0.0; 28 * 28]; 40])?;
/// assert_eq!((grid.columns(), grid.rows()), (10, 4));
/// // Ten images, nine gaps of 2 and a margin of 6 on each side, each pixel a square of 2 x 2.
/// assert_eq!(grid.width(), 2 * (10 * 28 + 9 * 2 + 2 * 6));
/// // Of the three gaps between the rows, the one between the two groups is 10 high.
/// assert_eq!(grid.height(), 2 * (4 * 28 + 2 + 10 + 2 + 2 * 6));
/// # Ok::<(), figures::FigureError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GridConfig {
    /// Images in a row.
    pub columns: usize,
    /// Width of an image.
    pub cell_width: usize,
    /// Height of an image.
    pub cell_height: usize,
    /// Rows that belong together, such as 2 for originals above reconstructions; default 1.
    pub row_group: usize,
    /// Gap between cells; default 2.
    pub padding: usize,
    /// Gap between groups of rows, where `row_group` is above 1: at least `padding`, default 10.
    pub group_gap: usize,
    /// Space around the grid; default 6.
    pub margin: usize,
    /// Side of the square that each pixel becomes; default 2.
    pub scale: usize,
    /// Colours; default ink on paper.
    pub tone: Tone,
}

impl GridConfig {
    /// A grid with `columns` images in a row, each of `cell_width` x `cell_height` pixels.
    pub fn new(columns: usize, cell_width: usize, cell_height: usize) -> Self {
        Self {
            columns,
            cell_width,
            cell_height,
            row_group: 1,
            padding: 2,
            group_gap: 10,
            margin: 6,
            scale: 2,
            tone: Tone::default(),
        }
    }

    /// Sets the number of rows that belong together.
    pub fn with_row_group(self, row_group: usize) -> Self {
        Self { row_group, ..self }
    }

    /// Sets the gap between cells, in pixels of the images.
    pub fn with_padding(self, padding: usize) -> Self {
        Self { padding, ..self }
    }

    /// Sets the space around the grid, in pixels of the images.
    pub fn with_margin(self, margin: usize) -> Self {
        Self { margin, ..self }
    }

    /// Sets the side of the square that each pixel becomes.
    pub fn with_scale(self, scale: usize) -> Self {
        Self { scale, ..self }
    }

    /// Sets the colours.
    pub fn with_tone(self, tone: Tone) -> Self {
        Self { tone, ..self }
    }

    /// Puts images into the grid, row by row; the last row may be short.
    ///
    /// # Shapes
    /// - `cells`: one `[cell_height * cell_width]` row-major image a cell, grey values in `[0, 1]`.
    ///
    /// # Errors
    /// [`FigureError::Zero`] and [`FigureError::NoCells`] for an empty layout,
    /// [`FigureError::CellSize`] and [`FigureError::Pixel`] for an image that does not fit, and
    /// [`FigureError::TooLarge`] for a picture of more than 10^8 pixels.
    pub fn init(&self, cells: Vec<Vec<f32>>) -> Result<ImageGrid, FigureError> {
        self.validate()?;
        if cells.is_empty() {
            return Err(FigureError::NoCells);
        }
        let expected = self.cell_width.saturating_mul(self.cell_height);
        for (cell, pixels) in cells.iter().enumerate() {
            let found = pixels.len();
            if found != expected {
                return Err(FigureError::CellSize { cell, expected, found });
            }
            let is_grey = |value: &f32| (0.0..=1.0).contains(value);
            if let Some(pixel) = pixels.iter().position(|value| !is_grey(value)) {
                let value = pixels[pixel];
                return Err(FigureError::Pixel { cell, pixel, value });
            }
        }
        let grid = ImageGrid { config: self.clone(), cells };
        checked_size(grid.width() as u64, grid.height() as u64)?;
        Ok(grid)
    }

    fn validate(&self) -> Result<(), FigureError> {
        let counts = [
            ("columns", self.columns),
            ("cell_width", self.cell_width),
            ("cell_height", self.cell_height),
            ("row_group", self.row_group),
            ("scale", self.scale),
        ];
        match counts.into_iter().find(|(_, count)| *count == 0) {
            Some((name, _)) => Err(FigureError::Zero { name }),
            None => Ok(()),
        }
    }
}

/// Grey images side by side.
///
/// # Examples
/// ```
/// use figures::GridConfig;
///
/// // Three images in two columns: the last cell stays empty.
/// let images = vec![vec![0.0, 0.5, 0.5, 1.0]; 3];
/// let grid = GridConfig::new(2, 2, 2).init(images)?;
/// assert_eq!(grid.rows(), 2);
/// let picture = image::load_from_memory(&grid.to_png()?)?;
/// assert_eq!((picture.width() as usize, picture.height() as usize), (grid.width(), grid.height()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ImageGrid {
    config: GridConfig,
    cells: Vec<Vec<f32>>,
}

impl ImageGrid {
    /// Number of images in a full row.
    pub fn columns(&self) -> usize {
        self.config.columns
    }

    /// Number of rows, the last one perhaps short.
    pub fn rows(&self) -> usize {
        self.cells.len().div_ceil(self.config.columns)
    }

    /// Width of the picture in pixels.
    pub fn width(&self) -> usize {
        let right = self.left(self.columns() - 1).saturating_add(self.config.cell_width);
        right.saturating_add(self.config.margin).saturating_mul(self.config.scale)
    }

    /// Height of the picture in pixels.
    pub fn height(&self) -> usize {
        let bottom = self.top(self.rows() - 1).saturating_add(self.config.cell_height);
        bottom.saturating_add(self.config.margin).saturating_mul(self.config.scale)
    }

    /// Draws the grid as an opaque RGB PNG; missing cells of the last row show the background.
    ///
    /// # Errors
    /// [`FigureError::Encode`] if the PNG encoder fails.
    pub fn to_png(&self) -> Result<Vec<u8>, FigureError> {
        let [background, low, high] = self.config.tone.colours();
        let (width, height) = checked_size(self.width() as u64, self.height() as u64)?;
        let mut picture = RgbImage::from_pixel(width, height, Rgb(background));
        for (index, cell) in self.cells.iter().enumerate() {
            let left = self.left(index % self.columns());
            let top = self.top(index / self.columns());
            for (pixel, value) in cell.iter().enumerate() {
                let x = left + pixel % self.config.cell_width;
                let y = top + pixel / self.config.cell_width;
                self.fill_square(&mut picture, (x, y), Rgb(mix(low, high, *value)));
            }
        }
        png::encode(width, height, &picture)
    }

    /// Centre of a column in the picture, in pixels from the left.
    pub(crate) fn column_centre(&self, column: usize) -> f64 {
        (self.left(column) as f64 + self.config.cell_width as f64 / 2.0) * self.config.scale as f64
    }

    /// Centre of a row in the picture, in pixels from the top.
    pub(crate) fn row_centre(&self, row: usize) -> f64 {
        (self.top(row) as f64 + self.config.cell_height as f64 / 2.0) * self.config.scale as f64
    }

    // Sizes saturate, so that an absurd layout is too large instead of wrapping to a small one.
    fn left(&self, column: usize) -> usize {
        let pitch = self.config.cell_width.saturating_add(self.config.padding);
        column.saturating_mul(pitch).saturating_add(self.config.margin)
    }

    fn top(&self, row: usize) -> usize {
        let pitch = self.config.cell_height.saturating_add(self.config.padding);
        let grouped = self.config.row_group > 1;
        let breaks = if grouped { row / self.config.row_group } else { 0 };
        let widened = self.config.group_gap.saturating_sub(self.config.padding);
        row.saturating_mul(pitch).saturating_add(breaks.saturating_mul(widened)).saturating_add(self.config.margin)
    }

    fn fill_square(&self, picture: &mut RgbImage, at: (usize, usize), colour: Rgb<u8>) {
        let scale = self.config.scale;
        for y in at.1 * scale..(at.1 + 1) * scale {
            for x in at.0 * scale..(at.0 + 1) * scale {
                picture.put_pixel(x as u32, y as u32, colour);
            }
        }
    }
}

/// `low + value * (high - low)` in each channel, `value` in `[0, 1]`.
fn mix(low: [u8; 3], high: [u8; 3], value: f32) -> [u8; 3] {
    let channel = |low: u8, high: u8| {
        let (low, high) = (f32::from(low), f32::from(high));
        (low + value * (high - low)).round() as u8
    };
    std::array::from_fn(|index| channel(low[index], high[index]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::png::tests::decode;

    const PAPER: [u8; 3] = [242, 240, 235];
    const INK: [u8; 3] = [22, 27, 45];
    const BACKGROUND: [u8; 3] = [255, 255, 255];

    fn picture(grid: &ImageGrid) -> RgbImage {
        decode(&grid.to_png().unwrap())
    }

    fn colour(picture: &RgbImage, x: u32, y: u32) -> [u8; 3] {
        picture.get_pixel(x, y).0
    }

    /// Three cells of 2 x 1 pixels in two columns; margin 6, padding 2, scale 2.
    fn three_cells() -> ImageGrid {
        let cells = vec![vec![0.0, 1.0], vec![1.0, 0.0], vec![1.0, 0.5]];
        GridConfig::new(2, 2, 1).init(cells).unwrap()
    }

    #[test]
    fn the_picture_has_the_size_that_the_layout_gives() {
        let grid = three_cells();
        // (6 + 2 + 2 + 2 + 6) * 2 by (6 + 1 + 2 + 1 + 6) * 2.
        assert_eq!((grid.width(), grid.height()), (36, 32));
        let drawn = picture(&grid);
        assert_eq!((drawn.width(), drawn.height()), (36, 32));
    }

    #[test]
    fn pixels_lie_where_they_belong() {
        let drawn = picture(&three_cells());
        assert_eq!(colour(&drawn, 0, 0), BACKGROUND);
        assert_eq!(colour(&drawn, 11, 12), BACKGROUND);
        // Each pixel is a square of two by two.
        for (x, y) in [(12, 12), (13, 12), (12, 13), (13, 13)] {
            assert_eq!(colour(&drawn, x, y), PAPER);
        }
        assert_eq!(colour(&drawn, 14, 12), INK);
        // The padding between the two columns, then the second cell.
        assert_eq!(colour(&drawn, 16, 12), BACKGROUND);
        assert_eq!(colour(&drawn, 20, 12), INK);
        assert_eq!(colour(&drawn, 22, 12), PAPER);
        // The third cell: half way between paper and ink is (132, 133.5, 140).
        assert_eq!(colour(&drawn, 14, 18), [132, 134, 140]);
        // The fourth cell is missing.
        assert_eq!(colour(&drawn, 20, 18), BACKGROUND);
    }

    #[test]
    fn white_on_black_keeps_grey_values() {
        let config = GridConfig::new(1, 3, 1).with_margin(0).with_scale(1);
        let grid = config.with_tone(Tone::WhiteOnBlack).init(vec![vec![0.0, 0.2, 1.0]]);
        let drawn = picture(&grid.unwrap());
        assert_eq!((drawn.width(), drawn.height()), (3, 1));
        assert_eq!(colour(&drawn, 0, 0), [0; 3]);
        assert_eq!(colour(&drawn, 1, 0), [51; 3]);
        assert_eq!(colour(&drawn, 2, 0), [255; 3]);
    }

    #[test]
    fn groups_of_rows_stand_apart() {
        let config = GridConfig::new(1, 1, 1).with_row_group(2).with_scale(1);
        let grid = config.init(vec![vec![1.0]; 4]).unwrap();
        let drawn = picture(&grid);
        let ink: Vec<u32> = (0..drawn.height()).filter(|&y| colour(&drawn, 6, y) == INK).collect();
        // Margin 6, padding 2 inside a pair, gap 10 between pairs.
        assert_eq!(ink, [6, 9, 20, 23]);
        assert_eq!(grid.height(), 30);
    }

    #[test]
    fn the_same_cells_give_the_same_bytes() {
        assert_eq!(three_cells().to_png(), three_cells().to_png());
    }

    #[test]
    fn empty_layouts_are_refused() {
        let error = GridConfig::new(2, 1, 1).init(vec![]).unwrap_err();
        assert_eq!(error, FigureError::NoCells);
        let error = GridConfig::new(0, 1, 1).init(vec![vec![0.0]]).unwrap_err();
        assert_eq!(error.to_string(), "`columns` of the image grid is 0; give at least 1");
        for config in [
            GridConfig::new(1, 0, 1),
            GridConfig::new(1, 1, 0),
            GridConfig::new(1, 1, 1).with_row_group(0),
            GridConfig::new(1, 1, 1).with_scale(0),
        ] {
            let error = config.init(vec![vec![]]).unwrap_err();
            assert!(matches!(error, FigureError::Zero { .. }), "{error}");
        }
    }

    #[test]
    fn images_that_do_not_fit_are_refused_with_their_index() {
        let config = GridConfig::new(2, 2, 1);
        let error = config.init(vec![vec![0.0; 2], vec![0.0; 3]]).unwrap_err();
        assert_eq!(error.to_string(), "image 1 has 3 pixels, a cell has 2; give one value a pixel, row by row");
        for value in [f32::NAN, f32::INFINITY, -0.1, 1.1, 255.0] {
            let error = config.init(vec![vec![0.0; 2], vec![0.5, value]]).unwrap_err();
            let start = format!("pixel 1 of image 1 is {value};");
            assert!(error.to_string().starts_with(&start), "{error}");
        }
    }

    #[test]
    fn absurd_sizes_are_refused_before_memory_is_taken() {
        for config in [
            GridConfig::new(1, 1, 1).with_scale(usize::MAX),
            GridConfig::new(usize::MAX, 1, 1),
            GridConfig::new(1, 1, 1).with_margin(1 << 40),
        ] {
            let error = config.init(vec![vec![0.0]]).unwrap_err();
            assert!(matches!(error, FigureError::TooLarge { .. }), "{error}");
        }
    }
}
