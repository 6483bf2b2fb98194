//! What the plot of a density map and its legend have in common: pictures, contour lines, points.

use crate::{
    FigureError, base64,
    canvas::{Canvas, number},
    png,
    theme::{BACKGROUND, TEXT},
};

/// Stretches a picture of so many columns and rows over a rectangle: left, top, width, height.
pub(super) fn draw_picture(
    canvas: &mut Canvas,
    rectangle: (f64, f64, f64, f64),
    (columns, rows): (usize, usize),
    rgb: &[u8],
) -> Result<(), FigureError> {
    let (left, top, width, height) = rectangle;
    let picture = base64::encode(&png::encode(columns as u32, rows as u32, rgb)?);
    // As a style, since resvg does not know the value as an attribute and would blur the cells.
    canvas.raw(&format!(
        "<image x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\" \
         style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{picture}\"/>",
        number(left),
        number(top),
        number(width),
        number(height)
    ));
    Ok(())
}

/// Draws a contour line that is seen on all colours: dark between white edges.
pub(super) fn draw_line(canvas: &mut Canvas, path: &str, dashes: &str) {
    if path.is_empty() {
        return;
    }
    for (colour, width, opacity) in [(BACKGROUND, 3.2, 0.6), (TEXT, 1.6, 1.0)] {
        canvas.raw(&format!(
            "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\" \
             stroke-opacity=\"{opacity}\" stroke-linejoin=\"round\"{dashes}/>"
        ));
    }
}

/// Radius in pixels of each of so many points: the more points, the smaller.
pub(super) fn point_radius(points: usize) -> f64 {
    (2.8 * (300.0 / points.max(1) as f64).powf(0.25)).clamp(1.8, 3.8)
}

/// The look of so many points in SVG: a dark ring for light cells, some white inside for dark ones.
pub(super) fn point_style(points: usize) -> String {
    let width = number(0.3 * point_radius(points));
    format!(
        "fill=\"{BACKGROUND}\" fill-opacity=\".55\" stroke=\"{TEXT}\" stroke-width=\"{width}\" stroke-opacity=\".7\""
    )
}
