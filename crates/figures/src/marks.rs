//! Crosses at places of a plot, each with a short label beside it.

use crate::{
    canvas::{Canvas, TextStyle, number},
    frame::Frame,
    labels,
    theme::{BACKGROUND, HALF_CAPITAL, LABEL_SIZE, TEXT, text_width},
};

/// Marks pixels with crosses and writes the labels beside them, on neither marks nor other labels.
pub(crate) fn draw_marks(canvas: &mut Canvas, frame: &Frame, marks: &[((f64, f64), &str)]) {
    let (places, texts): (Vec<(f64, f64)>, Vec<&str>) = marks.iter().copied().unzip();
    for &place in &places {
        draw_cross(canvas, place);
    }
    let style = TextStyle { halo: 4.0, ..TextStyle::new(LABEL_SIZE + 1.0) };
    let widths: Vec<f64> = texts.iter().map(|text| text_width(text, style.size)).collect();
    let bounds = (frame.left, frame.top, frame.left + frame.width, frame.top + frame.height);
    let places = labels::places(&places, &widths, 2.0 * HALF_CAPITAL * style.size, bounds);
    for (text, place) in texts.into_iter().zip(places) {
        canvas.text(place, &style, text);
    }
}

/// Draws one cross around a pixel.
pub(crate) fn draw_cross(canvas: &mut Canvas, (x, y): (f64, f64)) {
    let path = format!("M{} {}h10m-5 -5v10", number(x - 5.0), number(y));
    for (colour, width) in [(BACKGROUND, 5.0), (TEXT, 2.2)] {
        canvas.raw(&format!("<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"/>"));
    }
}
