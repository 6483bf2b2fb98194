//! A writer of SVG documents.

use crate::theme::{BACKGROUND, FONT_FAMILY, TEXT};

/// Where the given point lies in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// The looks of one text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TextStyle {
    pub size: f64,
    pub colour: &'static str,
    pub anchor: Anchor,
    /// Degrees, clockwise around the given point.
    pub rotation: f64,
    /// White behind the letters, for text on points.
    pub halo: f64,
}

impl TextStyle {
    /// Text of this size in pixels, which starts at the given point.
    pub(crate) fn new(size: f64) -> Self {
        Self { size, colour: TEXT, anchor: Anchor::Start, rotation: 0.0, halo: 0.0 }
    }

    pub(crate) fn anchored(self, anchor: Anchor) -> Self {
        Self { anchor, ..self }
    }
}

/// An SVG document in the making; coordinates are pixels from the top left.
#[derive(Debug)]
pub(crate) struct Canvas {
    text: String,
}

impl Canvas {
    /// A document of this size with the background painted.
    pub(crate) fn new(width: f64, height: f64) -> Self {
        let (w, h) = (number(width), number(height));
        let mut canvas = Self { text: String::new() };
        canvas.raw(&format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" \
             viewBox=\"0 0 {w} {h}\" font-family=\"{FONT_FAMILY}\">"
        ));
        canvas.raw(&format!("<rect width=\"{w}\" height=\"{h}\" fill=\"{BACKGROUND}\"/>"));
        canvas
    }

    /// Adds a line of SVG as it is.
    pub(crate) fn raw(&mut self, svg: &str) {
        self.text.push_str(svg);
        self.text.push('\n');
    }

    /// Adds a straight line of one pixel.
    pub(crate) fn line(&mut self, from: (f64, f64), to: (f64, f64), colour: &str) {
        self.raw(&format!(
            "<path d=\"M{} {}L{} {}\" stroke=\"{colour}\" shape-rendering=\"crispEdges\"/>",
            number(from.0),
            number(from.1),
            number(to.0),
            number(to.1)
        ));
    }

    /// Adds a text whose baseline passes through `at`; the text is escaped here.
    pub(crate) fn text(&mut self, at: (f64, f64), style: &TextStyle, text: &str) {
        let (x, y) = (number(at.0), number(at.1));
        let anchor = match style.anchor {
            Anchor::Start => String::new(),
            Anchor::Middle => " text-anchor=\"middle\"".into(),
            Anchor::End => " text-anchor=\"end\"".into(),
        };
        let rotation = if style.rotation == 0.0 {
            String::new()
        } else {
            format!(" transform=\"rotate({} {x} {y})\"", number(style.rotation))
        };
        let halo = if style.halo == 0.0 {
            String::new()
        } else {
            let width = number(style.halo);
            format!(
                " stroke=\"{BACKGROUND}\" stroke-width=\"{width}\" stroke-linejoin=\"round\" \
                 paint-order=\"stroke\""
            )
        };
        self.raw(&format!(
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{}\" fill=\"{}\"{anchor}{rotation}{halo}>{}</text>",
            number(style.size),
            style.colour,
            escape(text)
        ));
    }

    /// The whole document.
    pub(crate) fn finish(mut self) -> String {
        self.raw("</svg>");
        self.text
    }
}

/// Writes a coordinate with at most two decimals.
pub(crate) fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.into() }
}

/// Escapes a text for XML; characters that XML forbids become U+FFFD.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\t' | '\n' | '\r' => escaped.push(' '),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            character if character.is_control() => escaped.push('\u{fffd}'),
            character => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::parse;

    #[test]
    fn numbers_are_short() {
        assert_eq!(number(3.0), "3");
        assert_eq!(number(-0.001), "0");
        assert_eq!(number(100.0), "100");
        assert_eq!(number(-1.255), "-1.25");
    }

    #[test]
    fn hostile_labels_are_escaped_and_still_parse() {
        let label = "a<b & \"c\" 'd' </svg>\u{0}\u{7}\u{ffff}\n";
        let escaped = escape(label);
        assert_eq!(escaped, "a&lt;b &amp; &quot;c&quot; &#39;d&#39; &lt;/svg&gt;\u{fffd}\u{fffd}\u{fffd} ");
        let mut canvas = Canvas::new(300.0, 40.0);
        canvas.text((0.0, 20.0), &TextStyle::new(12.0), label);
        let tree = parse(&canvas.finish()).unwrap();
        assert_eq!(tree.size().width(), 300.0);
    }
}
