//! Pixels to PNG bytes.

use image::{
    ExtendedColorType, ImageEncoder,
    codecs::png::{CompressionType, FilterType, PngEncoder},
};

use crate::FigureError;

/// Writes an opaque picture as PNG, small rather than fast.
///
/// # Shapes
/// - `rgb`: `[height * width * 3]`, row by row from the top.
pub(crate) fn encode(width: u32, height: u32, rgb: &[u8]) -> Result<Vec<u8>, FigureError> {
    let mut bytes = Vec::new();
    PngEncoder::new_with_quality(&mut bytes, CompressionType::Best, FilterType::Adaptive)
        .write_image(rgb, width, height, ExtendedColorType::Rgb8)
        .map_err(|error| FigureError::Encode { width, height, reason: error.to_string() })?;
    Ok(bytes)
}

#[cfg(test)]
pub(crate) mod tests {
    use image::{DynamicImage, ImageFormat, RgbImage};

    use super::*;

    /// Reads a PNG that holds RGB and nothing else.
    pub(crate) fn decode(png: &[u8]) -> RgbImage {
        match image::load_from_memory_with_format(png, ImageFormat::Png).unwrap() {
            DynamicImage::ImageRgb8(picture) => picture,
            other => panic!("{:?} instead of RGB", other.color()),
        }
    }

    #[test]
    fn pixels_survive_a_round_trip() {
        let rgb: Vec<u8> = (0..7 * 5 * 3).map(|value| (value * 37) as u8).collect();
        let picture = decode(&encode(7, 5, &rgb).unwrap());
        assert_eq!(picture.dimensions(), (7, 5));
        assert_eq!(picture.into_raw(), rgb);
    }
}
