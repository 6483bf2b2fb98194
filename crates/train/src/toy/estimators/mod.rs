//! One file an estimator: the formula, and the code below it.

mod dreg;
mod iwae_path_derivative;
mod iwae_total_derivative;
mod learned;
mod leave_one_out;
mod moving_average;
mod path_derivative;
mod score_function;
mod self_tuning;
mod total_derivative;
mod vimco;
mod weights;

pub(super) use dreg::dreg;
pub(super) use iwae_path_derivative::iwae_path_derivative;
pub(super) use iwae_total_derivative::iwae_total_derivative;
pub(super) use learned::LearnedBaseline;
pub(super) use leave_one_out::leave_one_out;
pub(super) use moving_average::MovingAverage;
pub(super) use path_derivative::path_derivative;
pub(super) use score_function::score_function;
pub(super) use self_tuning::SelfTuning;
pub(super) use total_derivative::total_derivative;
pub(super) use vimco::vimco;
