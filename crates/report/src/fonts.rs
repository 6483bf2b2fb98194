//! The fonts of the report, all compiled in: no machine has others.

use typst::foundations::Bytes;
use typst::text::Font;

/// The sans serif of figures, as everywhere in this project.
const INTER: &[u8] = include_bytes!("../../../assets/fonts/Inter-Regular.otf");

/// Libertinus, New Computer Modern (with mathematics), DejaVu Sans Mono and Inter.
pub fn all() -> Vec<Font> {
    typst_assets::fonts().chain([INTER]).flat_map(|data| Font::iter(Bytes::new(data))).collect()
}

/// New Computer Modern Math as an OpenType file: few browsers have a font with a table of mathematics.
pub fn mathematics() -> &'static [u8] {
    let is_wanted = |data: &&'static [u8]| {
        let font = Font::iter(Bytes::new(*data)).next();
        font.is_some_and(|font| {
            font.info().family == "New Computer Modern Math" && font.info().variant.weight.to_number() == 400
        })
    };
    typst_assets::fonts().find(is_wanted).unwrap_or_default()
}
