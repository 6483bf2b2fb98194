//! Places of short labels beside marks, so that they cover neither marks nor each other.

/// A rectangle: left, top, right, bottom in pixels.
type Area = (f64, f64, f64, f64);

/// Half the side of a mark with the space around it.
const MARK: f64 = 6.0;

/// Left end and baseline of each label, given its mark and its width; the first mark chooses first.
///
/// # Shapes
/// - `marks`, `widths`: one a label; so is the result.
/// - `bounds`: the plot; a label leaves it only if its mark does.
pub(crate) fn places(marks: &[(f64, f64)], widths: &[f64], height: f64, bounds: Area) -> Vec<(f64, f64)> {
    let around = |&(x, y): &(f64, f64)| (x - MARK, y - MARK, x + MARK, y + MARK);
    let mut taken: Vec<Area> = marks.iter().map(around).collect();
    let mut places = Vec::new();
    for (&(x, y), &width) in marks.iter().zip(widths) {
        let (right, left, middle) = (x + MARK + 1.0, x - MARK - 1.0 - width, x - width / 2.0);
        let (above, below) = (y - 3.0, y + 3.0 + height);
        let candidates = [
            (right, above),
            (right, below),
            (left, above),
            (left, below),
            (right + MARK, y + height / 2.0),
            (left - MARK, y + height / 2.0),
            (middle, y - MARK - 3.0),
            (middle, y + MARK + 3.0 + height),
        ];
        let area = |(left, baseline): (f64, f64)| (left, baseline - height, left + width, baseline);
        let cost = |place: (f64, f64)| {
            let own = area(place);
            let outside = width * height - overlap(own, bounds);
            // In whole square pixels: a rounding error must not decide between equal places.
            (taken.iter().map(|&other| overlap(own, other)).sum::<f64>() + outside).round() as i64
        };
        // The first of the cheapest, so that a lonely label stands to the upper right.
        let best = candidates.into_iter().min_by_key(|&place| cost(place)).unwrap_or((right, above));
        taken.push(area(best));
        places.push(best);
    }
    places
}

/// Area that two rectangles share.
fn overlap(a: Area, b: Area) -> f64 {
    let width = a.2.min(b.2) - a.0.max(b.0);
    let height = a.3.min(b.3) - a.1.max(b.1);
    width.max(0.0) * height.max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLOT: Area = (0.0, 0.0, 200.0, 200.0);

    #[test]
    fn a_lonely_label_stands_to_the_upper_right() {
        assert_eq!(places(&[(100.0, 100.0)], &[9.0], 11.0, PLOT), [(107.0, 97.0)]);
    }

    #[test]
    fn rounding_errors_decide_nothing() {
        for step in 0..200 {
            let (x, y) = (20.0 + 0.7317 * f64::from(step), 30.0 + 0.6113 * f64::from(step));
            assert_eq!(places(&[(x, y)], &[7.77], 10.92, PLOT), [(x + 7.0, y - 3.0)]);
        }
    }

    #[test]
    fn close_marks_have_labels_that_cover_nothing() {
        let marks = [(100.0, 100.0), (104.0, 92.0), (112.0, 98.0), (95.0, 110.0)];
        let places = places(&marks, &[9.0; 4], 11.0, PLOT);
        let areas: Vec<Area> = places.iter().map(|(x, y)| (*x, y - 11.0, x + 9.0, *y)).collect();
        for (index, &area) in areas.iter().enumerate() {
            assert!(areas[..index].iter().all(|&other| overlap(area, other) == 0.0), "{areas:?}");
            assert!(marks.iter().all(|(x, y)| overlap(area, (x - 5.0, y - 5.0, x + 5.0, y + 5.0)) == 0.0), "{areas:?}");
        }
    }

    #[test]
    fn a_label_at_the_edge_stays_inside() {
        let places = places(&[(198.0, 2.0)], &[9.0], 11.0, PLOT);
        assert_eq!(places, [(182.0, 16.0)]);
    }
}
