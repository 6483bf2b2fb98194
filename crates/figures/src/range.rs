//! Ranges of values that an axis shows.

/// Values beyond this have distances that may overflow.
pub(crate) const LARGEST: f64 = 1e300;
/// Values below this have distances that may underflow; an axis takes them for zero.
pub(crate) const SMALLEST: f64 = 1e-290;
/// Least width of a range relative to its values: neighbouring ticks of a narrower one would round
/// to the same float.
pub(crate) const NARROWEST: f64 = 1e-9;

/// Smallest and largest value; `None` without values.
pub(crate) fn extent(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    let join = |(low, high): (f64, f64), value: f64| (low.min(value), high.max(value));
    let mut values = values.into_iter();
    let first = values.next()?;
    Some(values.fold((first, first), join))
}

/// Range of `values` and of those `starts` that do not at least double it.
///
/// A start is the first value of a curve, which may lie far from all that follow.
pub(crate) fn readable_range(values: &[f64], starts: &[f64]) -> Option<(f64, f64)> {
    let Some((low, high)) = extent(values.iter().copied()).filter(|(low, high)| low < high) else {
        // A range of width zero is doubled by any start.
        return extent(values.iter().chain(starts).copied());
    };
    let span = |start: f64| high.max(start) - low.min(start);
    let near = starts.iter().copied().filter(|&start| span(start) < 2.0 * (high - low));
    extent(values.iter().copied().chain(near))
}

/// The range from `low` to `high`, widened by 4 % a side so that no point lies on the frame.
///
/// A single value gets a range around it, since a range of width zero cannot be drawn.
pub(crate) fn padded(low: f64, high: f64) -> (f64, f64) {
    let span = high - low;
    let magnitude = low.abs().max(high.abs());
    if magnitude < SMALLEST {
        (low - 1.0, high + 1.0)
    } else if span <= magnitude * NARROWEST {
        (low - 0.05 * magnitude, high + 0.05 * magnitude)
    } else {
        (low - 0.04 * span, high + 0.04 * span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_value_gets_a_range_around_it() {
        assert_eq!(padded(0.0, 0.0), (-1.0, 1.0));
        assert_eq!(padded(-100.0, -100.0), (-105.0, -95.0));
        assert_eq!(padded(0.0, 100.0), (-4.0, 104.0));
    }

    #[test]
    fn a_start_is_kept_unless_it_doubles_the_range() {
        let values = [-100.0, -96.0, -90.0, -84.0];
        // The range of the values is 16 wide, so that a start below -116 would double it.
        assert_eq!(readable_range(&values, &[-170.0]), Some((-100.0, -84.0)));
        assert_eq!(readable_range(&values, &[-116.0]), Some((-100.0, -84.0)));
        assert_eq!(readable_range(&values, &[-115.0]), Some((-115.0, -84.0)));
        assert_eq!(readable_range(&values, &[-170.0, -101.0]), Some((-101.0, -84.0)));
        assert_eq!(readable_range(&values, &[1e6]), Some((-100.0, -84.0)));
    }

    #[test]
    fn a_range_of_no_width_keeps_every_start() {
        assert_eq!(readable_range(&[3.0; 9], &[1.0]), Some((1.0, 3.0)));
        assert_eq!(readable_range(&[], &[1.0, 2.0]), Some((1.0, 2.0)));
        assert_eq!(readable_range(&[], &[]), None);
    }
}
