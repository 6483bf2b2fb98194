//! SVG to PNG with the font that is compiled in.

use std::sync::Arc;

use resvg::{
    tiny_skia::{Pixmap, PremultipliedColorU8, Transform},
    usvg::{ImageHrefResolver, Indent, Options, Tree, WriteOptions, fontdb::Database},
};

use crate::{FigureError, png};

/// Inter Regular 3.019, see `assets/fonts/`.
const FONT: &[u8] = include_bytes!("../../../assets/fonts/Inter-Regular.otf");
/// The family name that [`FONT`] bears.
const FONT_NAME: &str = "Inter";

/// The largest picture, in pixels: 700 MB while an SVG becomes a PNG.
pub(crate) const MAX_PIXELS: u64 = 100_000_000;

/// Draws an SVG on white as an opaque RGB PNG, `scale` pixels to an SVG unit.
///
/// All text is set in Inter Regular, whichever fonts the machine has, so the bytes depend on `svg`
/// and `scale` alone. Characters that Inter lacks are not drawn. Links to files are not followed.
///
/// # Errors
/// [`FigureError::Svg`] if `svg` is no SVG document, [`FigureError::Scale`] if `scale` is not a
/// positive finite number, [`FigureError::TooLarge`] if the picture has more than 10^8 pixels.
pub fn svg_to_png(svg: &str, scale: f32) -> Result<Vec<u8>, FigureError> {
    if !(scale.is_finite() && scale > 0.0) {
        return Err(FigureError::Scale { scale });
    }
    let tree = parse(svg)?;
    let pixels = |side: f32| (side * scale).ceil().max(1.0) as u64;
    let (width, height) = (pixels(tree.size().width()), pixels(tree.size().height()));
    let (columns, rows) = checked_size(width, height)?;
    let mut pixmap = Pixmap::new(columns, rows).ok_or(FigureError::TooLarge { width, height })?;
    let transform = Transform::from_scale(scale, scale);
    resvg::render(&tree, transform, &mut pixmap.as_mut());
    let rgb: Vec<u8> = pixmap.pixels().iter().flat_map(over_white).collect();
    png::encode(columns, rows, &rgb)
}

/// The same drawing with its text, set in Inter Regular, as outlines: it looks the same wherever it is shown.
///
/// # Errors
/// [`FigureError::Svg`] if `svg` is no SVG document.
pub fn svg_with_outlines(svg: &str) -> Result<String, FigureError> {
    Ok(parse(svg)?.to_string(&WriteOptions { indent: Indent::None, ..WriteOptions::default() }))
}

/// The colour of a pixel in front of white.
fn over_white(pixel: &PremultipliedColorU8) -> [u8; 3] {
    // Colours are premultiplied: a channel is at most alpha, and the sum at most 255.
    [pixel.red(), pixel.green(), pixel.blue()].map(|channel| channel.saturating_add(255 - pixel.alpha()))
}

/// Reads an SVG with the one font, and without access to files.
pub(crate) fn parse(svg: &str) -> Result<Tree, FigureError> {
    let mut fonts = Database::new();
    fonts.load_font_data(FONT.to_vec());
    fonts.set_sans_serif_family(FONT_NAME);
    let options = Options {
        font_family: FONT_NAME.into(),
        fontdb: Arc::new(fonts),
        image_href_resolver: ImageHrefResolver {
            resolve_data: ImageHrefResolver::default_data_resolver(),
            resolve_string: Box::new(|_, _| None),
        },
        ..Options::default()
    };
    Tree::from_str(svg, &options).map_err(|error| FigureError::Svg { reason: error.to_string() })
}

/// Checks that a picture of this size may be drawn.
pub(crate) fn checked_size(width: u64, height: u64) -> Result<(u32, u32), FigureError> {
    let fits = width.checked_mul(height).is_some_and(|n| n <= MAX_PIXELS);
    let sides = u32::try_from(width).ok().zip(u32::try_from(height).ok());
    sides.filter(|_| fits).ok_or(FigureError::TooLarge { width, height })
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;
    use crate::png::tests::decode;

    const SQUARES: &str = "<svg xmlns='http://www.w3.org/2000/svg' width='10' height='6'>\
        <rect width='10' height='6' fill='#ffffff'/><rect width='5' height='6' fill='#204080'/></svg>";

    #[test]
    fn shapes_have_their_size_and_colour() {
        let picture = decode(&svg_to_png(SQUARES, 2.0).unwrap());
        assert_eq!(picture.dimensions(), (20, 12));
        assert_eq!(*picture.get_pixel(3, 3), Rgb([0x20, 0x40, 0x80]));
        assert_eq!(*picture.get_pixel(16, 3), Rgb([255; 3]));
    }

    #[test]
    fn transparent_parts_show_white() {
        let svg = "<svg xmlns='http://www.w3.org/2000/svg' width='10' height='6'>\
            <rect width='5' height='6' fill='#000000' fill-opacity='0.2'/></svg>";
        let picture = decode(&svg_to_png(svg, 1.0).unwrap());
        assert_eq!(*picture.get_pixel(2, 3), Rgb([204; 3]));
        assert_eq!(*picture.get_pixel(7, 3), Rgb([255; 3]));
    }

    #[test]
    fn text_is_drawn_with_the_shipped_font_whatever_family_is_asked_for() {
        let ink = |family: &str| {
            let svg = format!(
                "<svg xmlns='http://www.w3.org/2000/svg' width='80' height='30'>\
                 <text x='2' y='22' font-size='20' font-family='{family}'>ELBO</text></svg>"
            );
            svg_to_png(&svg, 1.0).unwrap()
        };
        let drawn = decode(&ink("Inter"));
        let dark = drawn.pixels().filter(|Rgb(channels)| channels[0] < 128).count();
        assert!((150..800).contains(&dark), "{dark} dark pixels");
        assert_eq!(ink("Inter"), ink("sans-serif"));
        assert_eq!(ink("Inter"), ink("Inter, sans-serif"));
    }

    #[test]
    fn outlines_look_like_the_text() {
        let svg = "<svg xmlns='http://www.w3.org/2000/svg' width='80' height='30'>\
            <text x='2' y='22' font-size='20'>ELBO</text></svg>";
        let outlines = svg_with_outlines(svg).unwrap();
        assert!(!outlines.contains("<text") && outlines.contains("<path"), "{outlines}");
        let ink = |svg: &str| {
            let picture = decode(&svg_to_png(svg, 2.0).unwrap());
            picture.pixels().filter(|Rgb(channels)| channels[0] < 128).count().cast_signed()
        };
        assert!(ink(svg) > 300 && (ink(svg) - ink(&outlines)).abs() < 20);
    }

    #[test]
    fn bad_scales_are_refused() {
        for scale in [0.0, -1.0, f32::NAN, f32::INFINITY] {
            let error = svg_to_png(SQUARES, scale).unwrap_err();
            assert!(matches!(error, FigureError::Scale { .. }), "{error}");
            assert!(error.to_string().contains(&scale.to_string()), "{error}");
        }
    }

    #[test]
    fn a_huge_picture_is_refused_before_it_is_allocated() {
        let error = svg_to_png(SQUARES, 1e6).unwrap_err();
        assert!(matches!(error, FigureError::TooLarge { .. }), "{error}");
    }

    #[test]
    fn a_text_that_is_no_svg_is_refused() {
        let error = svg_to_png("no picture", 1.0).unwrap_err();
        assert!(error.to_string().starts_with("the SVG cannot be read"));
    }
}
