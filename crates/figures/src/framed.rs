//! Image grids with axes, as SVG.

use crate::{
    FigureError, ImageGrid,
    axis::{Axis, typographic},
    base64,
    frame::{Captions, Frame, TickLines},
    range::extent,
};

/// A label at one column or row of a grid.
///
/// # Examples
/// ```
/// use figures::Tick;
///
/// // The values of five columns: the two ends and the middle one get a label.
/// let ticks = Tick::at_values(&[-1.5, -0.75, 0.0, 0.75, 1.5], 3);
/// let labels: Vec<(usize, &str)> = ticks.iter().map(|tick| (tick.cell, tick.label.as_str())).collect();
/// assert_eq!(labels, [(0, "−1.5"), (2, "0.0"), (4, "1.5")]);
/// // Names have one each.
/// assert_eq!(Tick::each(["prior", "posterior"])[1], Tick { cell: 1, label: "posterior".into() });
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tick {
    /// Index of the column or row, from 0.
    pub cell: usize,
    /// What stands there.
    pub label: String,
}

impl Tick {
    /// A handful of ticks for the value at each column or row: the two ends and evenly between.
    ///
    /// An even number of cells has no middle one, so it gets an even number of ticks. All labels have
    /// the same number of decimals, rounded to half a percent of their range at worst.
    ///
    /// # Shapes
    /// - `values`: one a column or row, first to last; the result has at most `limit` (at least 2).
    pub fn at_values(values: &[f64], limit: usize) -> Vec<Self> {
        let mut count = limit.max(2).min(values.len());
        if values.len().is_multiple_of(2) && !count.is_multiple_of(2) {
            count -= 1;
        }
        let last = values.len().saturating_sub(1);
        let gaps = count.saturating_sub(1).max(1);
        // Rounded down in the first half and mirrored in the second, so that ticks lie symmetrically.
        let cell = |index: usize| {
            if 2 * index <= gaps { index * last / gaps } else { last - (gaps - index) * last / gaps }
        };
        let cells: Vec<usize> = (0..count).map(cell).collect();
        let chosen: Vec<f64> = cells.iter().map(|&cell| values[cell]).collect();
        let ticks = cells.into_iter().zip(equal_labels(&chosen));
        ticks.map(|(cell, label)| Self { cell, label }).collect()
    }

    /// One label for each column or row, such as the row labels of an interpolation.
    pub fn each<L: Into<String>>(labels: impl IntoIterator<Item = L>) -> Vec<Self> {
        let labels = labels.into_iter().map(Into::into).enumerate();
        labels.map(|(cell, label)| Self { cell, label }).collect()
    }
}

/// An [`ImageGrid`] with title, axis labels and ticks; empty texts take no space.
///
/// One SVG unit is one pixel of the grid's PNG, which is embedded.
///
/// # Examples
/// ```
/// use figures::{FramedGrid, GridConfig, Tick};
///
/// let images = vec![vec![0.0; 100], vec![1.0; 100]];
/// let mut figure = FramedGrid {
///     title: "from 0 to 1".into(),
///     x_label: "z".into(),
///     y_label: String::new(),
///     x_ticks: Tick::at_values(&[0.0, 1.0], 2),
///     y_ticks: Vec::new(),
///     grid: GridConfig::new(2, 10, 10).with_margin(0).init(images)?,
/// };
/// assert!(figure.to_svg()?.contains("href=\"data:image/png;base64,"));
/// figure.x_ticks[1].cell = 2;
/// let error = figure.to_svg().unwrap_err().to_string();
/// assert_eq!(error, "a tick `1` stands at column 2, the grid has 2; count from 0");
/// # Ok::<(), figures::FigureError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct FramedGrid {
    /// Stands above the grid.
    pub title: String,
    /// Stands below the grid.
    pub x_label: String,
    /// Stands left of the grid, rotated.
    pub y_label: String,
    /// Ticks of columns, left to right.
    pub x_ticks: Vec<Tick>,
    /// Ticks of rows, top to bottom.
    pub y_ticks: Vec<Tick>,
    /// The images; margin 0 puts the ticks right beside them.
    pub grid: ImageGrid,
}

impl FramedGrid {
    /// Draws the figure as an SVG document.
    ///
    /// # Errors
    /// [`FigureError::TickOutside`] for a tick on a column or row that the grid lacks,
    /// [`FigureError::Encode`] if the PNG encoder fails.
    pub fn to_svg(&self) -> Result<String, FigureError> {
        check("column", &self.x_ticks, self.grid.columns())?;
        check("row", &self.y_ticks, self.grid.rows())?;
        let (width, height) = (self.grid.width() as f64, self.grid.height() as f64);
        let ticks = |ticks: &[Tick], centre: &dyn Fn(usize) -> f64| {
            let ticks = ticks.iter();
            ticks.map(|tick| (centre(tick.cell), tick.label.clone())).collect()
        };
        let x = Axis { low: 0.0, high: width, ticks: ticks(&self.x_ticks, &|cell| self.grid.column_centre(cell)) };
        // Rows count downwards.
        let y = Axis { low: height, high: 0.0, ticks: ticks(&self.y_ticks, &|cell| self.grid.row_centre(cell)) };
        let captions = Captions { title: &self.title, notes: &[], x_label: &self.x_label, y_label: &self.y_label };
        let frame = Frame::new(&captions, (x, y), (width, height));
        let mut canvas = frame.canvas(&captions, TickLines::Marks, (0.0, 0.0));
        canvas.raw(&format!(
            "<image {} image-rendering=\"pixelated\" href=\"data:image/png;base64,{}\"/>",
            frame.rectangle(),
            base64::encode(&self.grid.to_png()?)
        ));
        Ok(canvas.finish())
    }
}

/// Writes values with as few decimals, the same for all, as tell them apart.
fn equal_labels(values: &[f64]) -> Vec<String> {
    let (low, high) = extent(values.iter().copied()).unwrap_or_default();
    let is_enough = |decimals: &i32| {
        let unit = 10f64.powi(-decimals);
        let error = |value: &f64| (value - (value / unit).round() * unit).abs();
        values.iter().all(|value| error(value) <= 0.005 * (high - low))
    };
    let decimals = (0..=6).find(is_enough).unwrap_or(2) as usize;
    let negative_zero = format!("-{:.decimals$}", 0.0);
    let label = |value: &f64| {
        let text = format!("{value:.decimals$}");
        typographic(if text == negative_zero { &text[1..] } else { &text })
    };
    values.iter().map(label).collect()
}

fn check(axis: &'static str, ticks: &[Tick], cells: usize) -> Result<(), FigureError> {
    match ticks.iter().find(|tick| tick.cell >= cells) {
        None => Ok(()),
        Some(tick) => Err(FigureError::TickOutside { axis, label: tick.label.clone(), cell: tick.cell, cells }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{GridConfig, png::tests::decode, svg_to_png};

    /// Two columns, two rows, 10 x 10 pixels each, the last cell dark.
    fn figure() -> FramedGrid {
        let cells = vec![vec![0.0; 100], vec![0.0; 100], vec![0.0; 100], vec![1.0; 100]];
        let config = GridConfig::new(2, 10, 10).with_margin(0).with_padding(0);
        FramedGrid {
            title: "p(x | z) <&> \"q\"".into(),
            x_label: "z₁".into(),
            y_label: "z₂".into(),
            x_ticks: Tick::at_values(&[-1.5, 1.5], 5),
            y_ticks: Tick::each(["first", "second"]),
            grid: config.init(cells).unwrap(),
        }
    }

    #[test]
    fn the_grid_is_drawn_inside_the_frame() {
        let figure = figure();
        let svg = figure.to_svg().unwrap();
        let picture = decode(&svg_to_png(&svg, 1.0).unwrap());
        // The ink of the last cell, 20 by 20 pixels, and no more than some letters beside it.
        let inked: Vec<(u32, u32)> = picture
            .enumerate_pixels()
            .filter(|(_, _, pixel)| pixel.0 == [22, 27, 45])
            .map(|(x, y, _)| (x, y))
            .collect();
        assert_eq!(inked.len(), 400);
        let (first, last) = (inked[0], inked[399]);
        assert_eq!((last.0 - first.0, last.1 - first.1), (19, 19));
    }

    #[test]
    fn labels_are_escaped_and_present() {
        let svg = figure().to_svg().unwrap();
        assert!(svg.contains(">p(x | z) &lt;&amp;&gt; &quot;q&quot;</text>"));
        for label in ["z₁", "z₂", "−1.5", "1.5", "first", "second"] {
            assert!(svg.contains(&format!(">{label}</text>")), "{label}");
        }
    }

    #[test]
    fn a_handful_of_values_is_spread_over_the_cells() {
        let ticks = |count: u32, limit| {
            let values: Vec<f64> = (0..count).map(f64::from).collect();
            Tick::at_values(&values, limit)
        };
        let cells = |count, limit| -> Vec<usize> { ticks(count, limit).iter().map(|tick| tick.cell).collect() };
        assert_eq!(cells(20, 5), [0, 6, 13, 19]);
        assert_eq!(cells(21, 5), [0, 5, 10, 15, 20]);
        assert_eq!(cells(3, 5), [0, 1, 2]);
        assert_eq!(cells(1, 5), [0]);
        assert!(cells(0, 5).is_empty());
        assert_eq!(ticks(20, 5)[3].label, "19");
    }

    #[test]
    fn tick_labels_have_equal_decimals() {
        let labels = |values: &[f64]| -> Vec<String> {
            let ticks = Tick::at_values(values, 5).into_iter();
            ticks.map(|tick| tick.label).collect()
        };
        assert_eq!(labels(&[-1.862, -1e-17, 1.862]), ["−1.86", "0.00", "1.86"]);
        assert_eq!(labels(&[0.0, 0.25, 0.5]), ["0.00", "0.25", "0.50"]);
        assert_eq!(labels(&[-300.0, 301.0]), ["−300", "301"]);
        assert_eq!(labels(&[0.001, 0.002]), ["0.001", "0.002"]);
    }

    #[test]
    fn a_tick_outside_the_grid_is_refused() {
        let mut figure = figure();
        figure.y_ticks = Tick::each(["a", "b", "c"]);
        assert_eq!(
            figure.to_svg().unwrap_err().to_string(),
            "a tick `c` stands at row 2, the grid has 2; count from 0"
        );
    }

    #[test]
    fn the_same_grid_gives_the_same_text() {
        assert_eq!(figure().to_svg(), figure().to_svg());
    }
}
