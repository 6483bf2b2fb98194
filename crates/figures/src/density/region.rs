//! Highest-density regions of a grid.

/// Nats between the last value inside and the border, where the next value is far below or -inf.
const STEP: f64 = 0.5;

/// The log density at the border of the smallest region that holds this share of the mass.
///
/// The mass of a cell is its density, since all cells have the same area. `None` if the region is the
/// whole grid, such as for equal densities.
pub(super) fn border(log_density: &[f64], share: f64) -> Option<f64> {
    let mut values: Vec<f64> = log_density.to_vec();
    values.sort_by(|a, b| b.total_cmp(a));
    let max = *values.first()?;
    // Relative to the largest, so that no density overflows.
    let total: f64 = values.iter().map(|value| (value - max).exp()).sum();
    let mut mass = 0.0;
    let last = values.iter().position(|value| {
        mass += (value - max).exp();
        mass >= share * total
    })?;
    let inside = values[last];
    let outside = values[last..].iter().copied().find(|value| *value < inside)?;
    Some((inside + outside.max(inside - 2.0 * STEP)) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fewest_cells_with_the_mass_lie_above_the_border() {
        // Masses 1, 5, 3 and 1 of 10, and one of nothing.
        let values = [1.0, 5.0, 3.0, 1.0, 0.0].map(f64::ln);
        let inside = |share| values.iter().filter(|value| **value > border(&values, share).unwrap()).count();
        assert_eq!(inside(0.4), 1);
        assert_eq!(inside(0.79), 2);
        // Equal cells are inside together.
        assert_eq!(inside(0.85), 4);
    }

    #[test]
    fn a_region_of_the_whole_grid_has_no_border() {
        assert_eq!(border(&[-3.0; 9], 0.5), None);
        assert_eq!(border(&[], 0.5), None);
    }

    #[test]
    fn any_constant_may_be_missing_from_the_log_density() {
        let values: Vec<f64> = (0..100).map(|index| -0.01 * f64::from(index * index)).collect();
        let shifted: Vec<f64> = values.iter().map(|value| value - 5000.0).collect();
        let (plain, low) = (border(&values, 0.95).unwrap(), border(&shifted, 0.95).unwrap());
        assert!((plain - 5000.0 - low).abs() < 1e-9, "{plain} {low}");
    }
}
