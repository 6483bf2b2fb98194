//! Lines of a map.

use crate::{
    canvas::Canvas,
    frame::Frame,
    theme::{BACKGROUND, component_colour, darker},
};

use super::is_finite;

/// Pixels beyond which a line is not followed: far outside of the plot, and safe in `f32`.
const FAR: f64 = 1e5;

/// What a line around a component stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineKind {
    Mean,
    Events,
    Outline,
}

impl LineKind {
    /// Its attributes in SVG.
    pub(super) fn style(self) -> &'static str {
        match self {
            Self::Mean => "stroke-width=\"1.6\"",
            Self::Events => "stroke-width=\"1.8\" stroke-dasharray=\"6 3\"",
            Self::Outline => "stroke-width=\"1.8\" stroke-dasharray=\"2 3\"",
        }
    }
}

/// Draws a line on white, in a dark shade of the colour of its component.
pub(super) fn draw_line(canvas: &mut Canvas, frame: &Frame, component: usize, points: &[(f64, f64)], kind: LineKind) {
    let mut path = String::new();
    for piece in points.split(|point| !is_finite(point.0) || !is_finite(point.1)) {
        for (index, &point) in piece.iter().enumerate() {
            let (x, y) = pixel(frame, point);
            path.push_str(&format!("{}{x:.1} {y:.1}", if index == 0 { 'M' } else { 'L' }));
        }
    }
    canvas.raw(&format!(
        "<path d=\"{path}\" fill=\"none\" stroke=\"{BACKGROUND}\" stroke-width=\"3.4\" stroke-opacity=\".7\"/>"
    ));
    let (colour, style) = (darker(component_colour(component)), kind.style());
    canvas.raw(&format!("<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" {style}/>"));
}

/// Pixel of a point, no further away than is safe to write.
pub(super) fn pixel(frame: &Frame, (x, y): (f64, f64)) -> (f64, f64) {
    let (x, y) = frame.at(x, y);
    (x.clamp(-FAR, FAR), y.clamp(-FAR, FAR))
}
