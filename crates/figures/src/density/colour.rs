//! A sequential colour map, light for much.

/// Equally spaced stops of the colour map `viridis`, from the lowest value to the highest.
///
/// Source: S. van der Walt and N. Smith (2015), "A better default colormap for Matplotlib", SciPy 2015
/// (CC0): equal steps look equal, also in grey and with the common colour vision deficiencies. Every
/// 17th of its 256 colours.
const STOPS: [[u8; 3]; 16] = [
    [0x44, 0x01, 0x54],
    [0x48, 0x1a, 0x6c],
    [0x47, 0x2f, 0x7d],
    [0x41, 0x44, 0x87],
    [0x39, 0x56, 0x8c],
    [0x31, 0x68, 0x8e],
    [0x2a, 0x78, 0x8e],
    [0x23, 0x88, 0x8e],
    [0x1f, 0x98, 0x8b],
    [0x22, 0xa8, 0x84],
    [0x35, 0xb7, 0x79],
    [0x54, 0xc5, 0x68],
    [0x7a, 0xd1, 0x51],
    [0xa5, 0xdb, 0x36],
    [0xd2, 0xe2, 0x1b],
    [0xfd, 0xe7, 0x25],
];
/// Colours that the map tells apart, few enough that a picture of them stays small.
pub(super) const LEVELS: usize = 256;

/// The colour of a share of the scale in 0..1, rounded to one of [`LEVELS`].
pub(super) fn colour(share: f64) -> [u8; 3] {
    let share = (share * (LEVELS - 1) as f64).round() / (LEVELS - 1) as f64;
    let place = share * (STOPS.len() - 1) as f64;
    let before = (place as usize).min(STOPS.len() - 2);
    let part = place - before as f64;
    let blend = |channel: usize| {
        let (from, to) = (f64::from(STOPS[before][channel]), f64::from(STOPS[before + 1][channel]));
        (from + part * (to - from)).round() as u8
    };
    [blend(0), blend(1), blend(2)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_the_scale_have_the_ends_of_the_table() {
        assert_eq!(colour(0.0), STOPS[0]);
        assert_eq!(colour(0.2), STOPS[3]);
        assert_eq!(colour(1.0), STOPS[15]);
    }

    #[test]
    fn more_is_lighter_everywhere() {
        // Luma of BT.709; rounding to whole channels may hold it for a step.
        let luma = |level: usize| {
            let [red, green, blue] = colour(level as f64 / (LEVELS - 1) as f64).map(f64::from);
            0.2126 * red + 0.7152 * green + 0.0722 * blue
        };
        for level in 2..LEVELS {
            assert!(luma(level) > luma(level - 2), "{level}");
        }
    }
}
