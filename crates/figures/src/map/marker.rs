//! Markers of equal area.

use std::f64::consts::PI;

use crate::theme::CLASS_COLOURS;

/// The shape of a component's events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marker {
    Circle,
    Square,
    Diamond,
    Triangle,
}

impl Marker {
    /// In the order in which the rounds of colours take them.
    pub(super) const ALL: [Self; 4] = [Self::Circle, Self::Square, Self::Diamond, Self::Triangle];

    /// The marker of the component of this index: a new one after each round of colours.
    pub(super) fn of(component: usize) -> Self {
        Self::ALL[component / CLASS_COLOURS.len() % Self::ALL.len()]
    }

    /// An SVG element with the area of a circle of this radius, centred at a pixel.
    pub(super) fn element(self, (x, y): (f64, f64), radius: f64, style: &str) -> String {
        match self {
            Self::Circle => format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\" {style}/>"),
            Self::Square => {
                let side = radius * PI.sqrt();
                let (left, top) = (x - side / 2.0, y - side / 2.0);
                format!("<path d=\"M{left:.1} {top:.1}h{side:.1}v{side:.1}h-{side:.1}z\" {style}/>")
            }
            Self::Diamond => {
                let half = radius * (PI / 2.0).sqrt();
                let left = x - half;
                let path = format!("M{left:.1} {y:.1}l{half:.1} -{half:.1}l{half:.1} {half:.1}l-{half:.1} {half:.1}z");
                format!("<path d=\"{path}\" {style}/>")
            }
            Self::Triangle => {
                // Equilateral: the area is side^2 * sqrt(3) / 4, and the centroid a third up.
                let side = radius * (4.0 * PI / 3f64.sqrt()).sqrt();
                let height = side * 3f64.sqrt() / 2.0;
                let (left, bottom, half) = (x - side / 2.0, y + height / 3.0, side / 2.0);
                format!("<path d=\"M{left:.1} {bottom:.1}l{half:.1} -{height:.1}l{half:.1} {height:.1}z\" {style}/>")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{canvas::Canvas, png::tests::decode, svg_to_png};

    #[test]
    fn all_markers_have_the_same_area() {
        for marker in Marker::ALL {
            let mut canvas = Canvas::new(100.0, 100.0);
            canvas.raw(&marker.element((50.0, 50.0), 20.0, "fill=\"#000\""));
            let picture = decode(&svg_to_png(&canvas.finish(), 1.0).unwrap());
            let area: f64 = picture.pixels().map(|pixel| 1.0 - f64::from(pixel.0[0]) / 255.0).sum();
            // Coordinates are rounded to a tenth of a pixel, on an outline of some 130 pixels.
            assert!((area - PI * 400.0).abs() < 12.0, "{marker:?}: {area}");
        }
    }

    #[test]
    fn each_round_of_colours_has_its_marker() {
        let markers = [0, 9, 10, 29, 39].map(Marker::of);
        assert_eq!(markers, [Marker::Circle, Marker::Circle, Marker::Square, Marker::Diamond, Marker::Triangle]);
    }
}
