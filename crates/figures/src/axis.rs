//! Axes: a range of values with ticks on it.

/// Which values may bear a tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TickKind {
    Any,
    Integer,
}

/// A range of values; `low` lies left or at the bottom, and may be the larger one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Axis {
    pub low: f64,
    pub high: f64,
    /// Value and label of each tick.
    pub ticks: Vec<(f64, String)>,
}

impl Axis {
    /// An axis from `low` to `high` with about `count` ticks at round values.
    ///
    /// `low < high` holds, both far enough from the largest float that their distance is finite.
    pub(crate) fn with_round_ticks(low: f64, high: f64, count: usize, kind: TickKind) -> Self {
        let step = round_step((high - low) / count as f64);
        let step = match kind {
            TickKind::Any => step,
            TickKind::Integer => step.max(1.0).round(),
        };
        let format = TickFormat::new(low.abs().max(high.abs()), step);
        let first = (low / step).ceil();
        let last = (high / step).floor();
        let ticks = (0..=(last - first).max(0.0) as usize)
            .map(|index| (first + index as f64) * step)
            .map(|value| (value, format.label(value)))
            .collect();
        Self { low, high, ticks }
    }

    /// An axis of logarithms to the base ten, whose ticks bear the numbers themselves: powers of ten, or 1, 2 and 5 times
    /// such where few of those fit, or any round numbers where none do.
    ///
    /// `low < high` holds, as for [`with_round_ticks`](Self::with_round_ticks).
    pub(crate) fn with_logarithmic_ticks(low: f64, high: f64) -> Self {
        if high - low < 1.0 {
            let linear = Self::with_round_ticks(10f64.powf(low), 10f64.powf(high), 6, TickKind::Any);
            let ticks = linear.ticks.into_iter().map(|(value, label)| (value.log10(), label)).collect();
            return Self { low, high, ticks };
        }
        let factors: &[f64] = if high - low > 2.5 { &[1.0] } else { &[1.0, 2.0, 5.0] };
        // Every so many powers, so that labels do not meet.
        let step = ((high - low) / 9.0).ceil().max(1.0) as i32;
        let powers = (low.floor() as i32..=high.ceil() as i32).filter(|power| power.rem_euclid(step) == 0);
        let ticks = powers
            .flat_map(|power| factors.iter().map(move |factor| (f64::from(power) + factor.log10(), *factor, power)))
            .filter(|(at, ..)| (low..=high).contains(at))
            .map(|(at, factor, power)| (at, logarithmic_label(factor, power)))
            .collect();
        Self { low, high, ticks }
    }

    /// Where a value lies between `low` (0) and `high` (1).
    pub(crate) fn fraction(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }
}

/// The smallest of 1, 2, 5 times a power of ten that is not below `step`.
fn round_step(step: f64) -> f64 {
    let power = 10f64.powf(step.log10().floor());
    // A rounding error of the division must not lift an exact step to the next one.
    let fits = |factor: &&f64| **factor * power >= step * (1.0 - 1e-9);
    [1.0, 2.0, 5.0].iter().find(fits).unwrap_or(&10.0) * power
}

/// Values from here up are written with an exponent.
const LARGE: f64 = 1e6;
/// Values below this are written with an exponent.
const SMALL: f64 = 1e-3;

/// How all labels of one axis are written.
struct TickFormat {
    exponent: i32,
    decimals: usize,
}

impl TickFormat {
    /// The format for values up to `magnitude` that differ by `step`.
    fn new(magnitude: f64, step: f64) -> Self {
        // The logarithm of an exact power of ten may come out a little low.
        let power = |value: f64| (value.log10() + 1e-9).floor() as i32;
        let plain = (SMALL..LARGE).contains(&magnitude);
        let exponent = if plain { 0 } else { power(magnitude) };
        let decimals = (exponent - power(step)).max(0) as usize;
        Self { exponent, decimals }
    }

    fn label(&self, value: f64) -> String {
        let (exponent, decimals) = (self.exponent, self.decimals);
        // `-0.0` equals zero, and its minus sign would be written.
        let value = if value == 0.0 { 0.0 } else { value };
        let text = match exponent {
            0 => format!("{value:.decimals$}"),
            _ if value == 0.0 => "0".into(),
            _ => format!("{:.decimals$}e{exponent}", value / 10f64.powi(exponent)),
        };
        typographic(&text)
    }
}

/// Writes a factor times a power of ten as short as it is clear.
fn logarithmic_label(factor: f64, power: i32) -> String {
    let text = match power {
        0..=5 => format!("{}", factor * 10f64.powi(power)),
        -3..=-1 => format!("{:.*}", power.unsigned_abs() as usize, factor * 10f64.powi(power)),
        _ => format!("{factor}e{power}"),
    };
    typographic(&text)
}

/// Writes a value of the data with up to two decimals, for notes.
pub(crate) fn short_label(value: f64) -> String {
    if value != 0.0 && !(SMALL..LARGE).contains(&value.abs()) {
        return typographic(&format!("{value:.2e}"));
    }
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    typographic(if text == "-0" { "0" } else { text })
}

/// Puts a minus sign where a hyphen stands.
pub(crate) fn typographic(text: &str) -> String {
    text.replace('-', "\u{2212}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, label)| label.as_str()).collect()
    }

    #[test]
    fn ticks_are_round() {
        let axis = Axis::with_round_ticks(-111.0, -83.0, 6, TickKind::Any);
        assert_eq!(labels(&axis), ["−110", "−105", "−100", "−95", "−90", "−85"]);
        let axis = Axis::with_round_ticks(-0.25, 0.31, 5, TickKind::Any);
        assert_eq!(labels(&axis), ["−0.2", "0.0", "0.2"]);
        let axis = Axis::with_round_ticks(0.0, 1.0, 10, TickKind::Any);
        assert_eq!(axis.ticks.len(), 11);
        assert_eq!(axis.ticks[3].1, "0.3");
    }

    #[test]
    fn integer_ticks_have_no_decimals() {
        let axis = Axis::with_round_ticks(0.9, 3.1, 10, TickKind::Integer);
        assert_eq!(labels(&axis), ["1", "2", "3"]);
        let axis = Axis::with_round_ticks(0.0, 103.0, 10, TickKind::Integer);
        assert_eq!(labels(&axis), ["0", "20", "40", "60", "80", "100"]);
    }

    #[test]
    fn extreme_ranges_have_few_ticks_with_different_labels() {
        for (low, high) in [(-1e300, 1e300), (0.0, 3e-200), (1e9, 1e9 + 10.0), (-4e7, -1e5), (7.0, 7.0 + 1e-6)] {
            let axis = Axis::with_round_ticks(low, high, 6, TickKind::Any);
            assert!((2..=9).contains(&axis.ticks.len()), "{axis:?}");
            let mut unique = labels(&axis);
            unique.dedup();
            assert_eq!(unique.len(), axis.ticks.len(), "{axis:?}");
            assert!(unique.iter().all(|label| label.len() < 20), "{axis:?}");
        }
    }

    #[test]
    fn the_labels_of_an_axis_share_one_exponent() {
        let axis = Axis::with_round_ticks(-1e6, 2.1e7, 5, TickKind::Any);
        assert_eq!(labels(&axis), ["0", "0.5e7", "1.0e7", "1.5e7", "2.0e7"]);
        let axis = Axis::with_round_ticks(0.0, 2.1e-5, 5, TickKind::Any);
        assert_eq!(labels(&axis), ["0", "0.5e−5", "1.0e−5", "1.5e−5", "2.0e−5"]);
    }

    #[test]
    fn logarithmic_ticks_bear_the_numbers() {
        let labels = |low: f64, high: f64| {
            let axis = Axis::with_logarithmic_ticks(low, high);
            axis.ticks.into_iter().map(|(_, label)| label).collect::<Vec<_>>()
        };
        assert_eq!(labels(-4.5, 1.2), ["1e−4", "0.001", "0.01", "0.1", "1", "10"]);
        assert_eq!(labels(-0.2, 1.1), ["1", "2", "5", "10"]);
        assert_eq!(labels(-20.0, 10.0), ["1e−20", "1e−16", "1e−12", "1e−8", "1e−4", "1", "10000", "1e8"]);
        assert_eq!(labels(3.0_f64.log10(), 5.0_f64.log10()), ["3.0", "3.5", "4.0", "4.5", "5.0"]);
        let axis = Axis::with_logarithmic_ticks(-0.2, 1.1);
        assert!((axis.ticks[1].0 - 2.0_f64.log10()).abs() < 1e-15);
    }

    #[test]
    fn fractions_run_from_low_to_high_in_either_direction() {
        let axis = |low, high| Axis { low, high, ticks: vec![] };
        assert_eq!(axis(2.0, 6.0).fraction(3.0), 0.25);
        assert_eq!(axis(6.0, 2.0).fraction(3.0), 0.75);
    }

    #[test]
    fn short_labels_drop_empty_decimals() {
        assert_eq!(short_label(-170.604), "−170.6");
        assert_eq!(short_label(3.0), "3");
        assert_eq!(short_label(-0.001), "0");
        assert_eq!(short_label(0.0), "0");
        assert_eq!(short_label(-2.5e7), "−2.50e7");
    }
}
