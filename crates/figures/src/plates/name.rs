//! Names of variables with a subscript and a superscript.

use crate::{
    canvas::{Anchor, Canvas, TextStyle, escape, number},
    theme::{HALF_CAPITAL, text_width},
};

/// Size of a script relative to its name.
const SCRIPT: f64 = 0.66;
/// How far a subscript is lowered and a superscript raised, in em of the name.
const SHIFT: (f64, f64) = (0.22, 0.42);

/// A name such as `x_n^(2)`, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    base: String,
    subscript: String,
    superscript: String,
}

impl Name {
    /// `_` starts the subscript, `^` the superscript, in any order.
    pub(super) fn parse(text: &str) -> Self {
        let mut name = Self { base: String::new(), subscript: String::new(), superscript: String::new() };
        let mut part = &mut name.base;
        for character in text.chars() {
            match character {
                '_' => part = &mut name.subscript,
                '^' => part = &mut name.superscript,
                other => part.push(other),
            }
        }
        name
    }

    /// Width in pixels at this size of the base, rather too wide than too narrow.
    pub(super) fn width(&self, size: f64) -> f64 {
        let script = |text: &str| text_width(text, SCRIPT * size);
        text_width(&self.base, size) + script(&self.subscript).max(script(&self.superscript))
    }

    /// Writes the name with the middle of its capitals at the height of `at`.
    pub(super) fn draw(&self, canvas: &mut Canvas, at: (f64, f64), style: &TextStyle) {
        let anchor = match style.anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let small = SCRIPT * style.size;
        let (down, up) = (SHIFT.0 * style.size, SHIFT.1 * style.size);
        let mut spans = escape(&self.base);
        if !self.subscript.is_empty() {
            spans.push_str(&span(small, (0.0, down), &self.subscript));
        }
        if !self.superscript.is_empty() {
            // Back over the subscript, which is ASCII as a rule, so that its width is exact.
            let (back, from) = match self.subscript.is_empty() {
                true => (0.0, 0.0),
                false => (-text_width(&self.subscript, small), down),
            };
            spans.push_str(&span(small, (back, -up - from), &self.superscript));
        }
        canvas.raw(&format!(
            "<text x=\"{}\" y=\"{}\" font-size=\"{}\" fill=\"{}\" text-anchor=\"{anchor}\">{spans}</text>",
            number(at.0),
            number(at.1 + HALF_CAPITAL * style.size),
            number(style.size),
            style.colour
        ));
    }
}

/// A part of a text at another size, moved by so many pixels.
fn span(size: f64, (dx, dy): (f64, f64), text: &str) -> String {
    let dx = if dx == 0.0 { String::new() } else { format!(" dx=\"{}\"", number(dx)) };
    format!("<tspan font-size=\"{}\"{dx} dy=\"{}\">{}</tspan>", number(size), number(dy), escape(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_taken_apart() {
        let parts = |text| {
            let Name { base, subscript, superscript } = Name::parse(text);
            [base, subscript, superscript]
        };
        assert_eq!(parts("π"), ["π", "", ""]);
        assert_eq!(parts("λ_k"), ["λ", "k", ""]);
        assert_eq!(parts("x_n^(2)"), ["x", "n", "(2)"]);
        assert_eq!(parts("x^(2)_n"), ["x", "n", "(2)"]);
    }

    #[test]
    fn names_are_escaped() {
        let mut canvas = Canvas::new(50.0, 50.0);
        Name::parse("<_&^\"").draw(&mut canvas, (25.0, 25.0), &TextStyle::new(20.0));
        let svg = canvas.finish();
        crate::raster::parse(&svg).unwrap();
        assert!(svg.contains(">&lt;<tspan"), "{svg}");
        assert!(svg.contains(">&amp;</tspan>") && svg.contains(">&quot;</tspan>"), "{svg}");
    }
}
