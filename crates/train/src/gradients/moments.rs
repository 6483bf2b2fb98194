//! Running means and squares of the gradient in each weight of a tensor, over groups of draws.

/// Groups of draws, each of which is left out in turn.
pub const GROUPS: usize = 20;

/// Draws below which a group has no variance.
pub const LEAST_DRAWS: usize = 2 * GROUPS;

/// The group of a draw: groups are as equal as they can be.
pub(super) fn group_of(draw: usize, draws: usize) -> usize {
    (draw as u128 * GROUPS as u128 / draws as u128) as usize
}

/// Of one tensor. Within a group, Welford's recursion in `f32`: it subtracts a mean that is at hand and so loses nothing to cancellation,
/// and its error is some 1e-7 of the mean and of the square, far below that of the draws. What outlives a group is summed in `f64`.
///
/// A weight takes 96 bytes, however many the draws.
#[derive(Debug)]
pub(super) struct Moments {
    /// Draws of the open group.
    count: usize,
    /// Of the open group, one a weight.
    mean: Vec<f32>,
    /// Sums of squared deviations in the open group, one a weight.
    squares: Vec<f32>,
    /// The same of all closed groups together.
    within: Vec<f64>,
    groups: Vec<Group>,
}

/// A closed group.
#[derive(Debug)]
struct Group {
    count: usize,
    mean: Vec<f32>,
    /// The sum of squared deviations, over draws and weights.
    within: f64,
}

impl Moments {
    pub(super) fn new(size: usize) -> Self {
        Self {
            count: 0,
            mean: vec![0.0; size],
            squares: vec![0.0; size],
            within: vec![0.0; size],
            groups: Vec::with_capacity(GROUPS),
        }
    }

    /// One draw: `mean += (g - mean) / n`, `squares += (g - old mean) (g - new mean)`.
    pub(super) fn add(&mut self, gradient: &[f32]) {
        self.count += 1;
        let share = 1.0 / self.count as f32;
        for ((mean, squares), value) in self.mean.iter_mut().zip(&mut self.squares).zip(gradient) {
            let difference = value - *mean;
            *mean += difference * share;
            *squares += difference * (value - *mean);
        }
    }

    /// Closes the group. Returns whether all in it is finite.
    pub(super) fn close(&mut self) -> bool {
        let size = self.mean.len();
        let mut total = 0.0;
        for (within, squares) in self.within.iter_mut().zip(&mut self.squares) {
            let own = f64::from(std::mem::take(squares));
            *within += own;
            total += own;
        }
        let mean = std::mem::replace(&mut self.mean, vec![0.0; size]);
        let is_finite = total.is_finite() && mean.iter().all(|mean| mean.is_finite());
        self.groups.push(Group { count: std::mem::take(&mut self.count), mean, within: total });
        is_finite
    }

    /// The sums over the weights, from all closed groups.
    pub(super) fn finish(self) -> Sums {
        let draws: usize = self.groups.iter().map(|group| group.count).sum();
        let mut sums = Sums { parameters: self.within.len(), draws, ..Sums::default() };
        sums.groups = self
            .groups
            .iter()
            .map(|group| GroupSums { count: group.count, within: group.within, ..GroupSums::default() })
            .collect();
        for (weight, within) in self.within.iter().enumerate() {
            let means = || self.groups.iter().map(|group| (group.count as f64, f64::from(group.mean[weight])));
            let mean = means().map(|(count, mean)| count * mean).sum::<f64>() / draws as f64;
            let mut squares = *within;
            for ((count, group_mean), group) in means().zip(&mut sums.groups) {
                let deviation = group_mean - mean;
                squares += count * deviation * deviation;
                group.deviation += deviation * deviation;
                group.shift += mean * deviation;
            }
            sums.squares += squares;
            sums.mean_square += mean * mean;
            let variance = squares / (draws as f64 - 1.0);
            if mean != 0.0 || variance != 0.0 {
                sums.signal_to_noise.push((mean.abs() / variance.sqrt()) as f32);
            }
        }
        sums
    }
}

/// What is known of a set of weights; two sets add up.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Sums {
    pub(super) parameters: usize,
    pub(super) draws: usize,
    /// `sum_w sum_d (g_dw - mean_w)^2`.
    pub(super) squares: f64,
    /// `sum_w mean_w^2`.
    pub(super) mean_square: f64,
    pub(super) groups: Vec<GroupSums>,
    /// `|mean| / deviation` of each weight whose gradient is not always zero.
    pub(super) signal_to_noise: Vec<f32>,
}

/// What a group of draws contributes, and so what is left without it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct GroupSums {
    pub(super) count: usize,
    /// `sum_w sum_(d in g) (g_dw - mean_gw)^2`.
    pub(super) within: f64,
    /// `sum_w (mean_gw - mean_w)^2`.
    pub(super) deviation: f64,
    /// `sum_w mean_w (mean_gw - mean_w)`.
    pub(super) shift: f64,
}

impl Sums {
    /// Adds the weights of another set, measured on the same draws.
    pub(super) fn add(&mut self, other: &Self) {
        self.draws = other.draws;
        self.parameters += other.parameters;
        self.squares += other.squares;
        self.mean_square += other.mean_square;
        self.groups.resize(other.groups.len(), GroupSums::default());
        for (own, other) in self.groups.iter_mut().zip(&other.groups) {
            own.count = other.count;
            own.within += other.within;
            own.deviation += other.deviation;
            own.shift += other.shift;
        }
        self.signal_to_noise.extend(&other.signal_to_noise);
    }
}
