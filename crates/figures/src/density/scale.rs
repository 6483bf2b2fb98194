//! The colours of log densities.

use super::colour::colour;

/// Maps log densities to colours, from the largest down to so many nats below.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    pub max: f64,
    pub span: f64,
}

impl Scale {
    /// The log density below which the colour stays the same.
    pub(super) fn low(&self) -> f64 {
        self.max - self.span
    }

    /// The colour of a log density; -inf has the darkest.
    pub(super) fn colour(&self, log_density: f64) -> [u8; 3] {
        colour((1.0 - (self.max - log_density) / self.span).clamp(0.0, 1.0))
    }

    /// The same as `#rrggbb`.
    pub(super) fn hex(&self, log_density: f64) -> String {
        let [red, green, blue] = self.colour(log_density);
        format!("#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn densities_below_the_span_share_a_colour() {
        let scale = Scale { max: -2.0, span: 12.0 };
        assert_eq!(scale.hex(-2.0), "#fde725");
        assert_eq!(scale.hex(-14.0), "#440154");
        assert_eq!(scale.colour(-1e300), scale.colour(scale.low()));
        assert_eq!(scale.colour(f64::NEG_INFINITY), scale.colour(scale.low()));
        assert_ne!(scale.colour(-13.9), scale.colour(-14.0));
    }
}
