//! The command line of `elbo reparam`, as it is typed.

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum ReparamCommand {
    /// Exponentials: by comparisons of uniforms, against -log(1 - u) / rate
    #[command(after_help = "Example:\n  elbo reparam exponential --rate 1 --draws 1000")]
    Exponential(ExponentialArgs),
    /// Categorical variables: by cumulated probabilities, against the argmax of Gumbel-softmax
    #[command(
        after_help = "Example:\n  elbo reparam categorical --probabilities .1,.2,.5,.2 --temperature .1 --draws 1000"
    )]
    Categorical(CategoricalArgs),
}

/// How many draws, and where the pictures go.
#[derive(Debug, Args)]
pub(crate) struct DrawArgs {
    /// Draws of each sampler
    #[arg(long, value_name = "N", default_value_t = 1000, allow_negative_numbers = true)]
    pub(crate) draws: usize,
    /// The name of the run [default: the first free reparam-1, reparam-2, ...]
    #[arg(long, value_name = "NAME")]
    pub(crate) run: Option<String>,
    /// Replace the run of that name
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ExponentialArgs {
    /// The rate: the mean is 1 / rate
    // Hyphens, since clap does not take `-1e-3` for a number.
    #[arg(long, value_name = "X", default_value_t = 1.0, allow_hyphen_values = true)]
    pub(crate) rate: f64,
    #[command(flatten)]
    pub(crate) draws: DrawArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CategoricalArgs {
    /// The probability of each class
    #[arg(
        long,
        value_name = "P,Q,..",
        value_delimiter = ',',
        default_values_t = [0.1, 0.2, 0.5, 0.2],
        allow_hyphen_values = true
    )]
    pub(crate) probabilities: Vec<f64>,
    /// The temperature of the softmax; the law of its argmax does not depend on it
    #[arg(long, value_name = "T", default_value_t = 0.1, allow_hyphen_values = true)]
    pub(crate) temperature: f64,
    #[command(flatten)]
    pub(crate) draws: DrawArgs,
}
