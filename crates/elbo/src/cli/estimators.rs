//! The command line of `elbo estimators`, as it is typed.

use clap::{Args, Subcommand};

use super::ModelArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum EstimatorsCommand {
    /// A Gaussian q against a Gaussian p, where every answer is known
    ///
    /// Single-sample gradients of E_q[log p(z) - log q(z)] in the mean (loc) and deviation (scale) of q, on the same noise for every
    /// estimator; with --particles K also those of the bound of K particles. The learnt baseline (NVIL) is a constant here, since there is
    /// no input. Estimators that learn see 2000 draws before they are measured.
    #[command(
        after_help = "Example:\n  elbo estimators toy --q-mean 0.5 --q-scale 0.8 --p-mean 0 --p-scale 1 --draws 1000000 --particles 2"
    )]
    Toy(ToyArgs),
    /// A trained or half-trained VAE: the noise of its gradient, layer by layer
    ///
    /// The variance of the training loss's gradient over draws at one fixed batch of training images (noise), and over mini-batches with one draw
    /// each (mini-batch), which is the mean of the former plus the variance that the images make. Every estimator has the same noise. Intervals are
    /// of 95 %, by the jackknife over 20 groups of draws.
    #[command(
        after_help = "Example:\n  elbo train vae --preset iwae --epochs 30 --keep every:5 --run lab\n  elbo estimators vae lab --along\n  elbo estimators vae lab --particles 8 --estimators iwae-total-derivative,dreg"
    )]
    Vae(VaeNoiseArgs),
    /// The mean of the score of every reparameterised law: zero, unless the support moves
    ///
    /// The score is d log p(z) / d parameter at z ~ p. Its mean is what sticking the landing leaves out and what lets a score function have a
    /// baseline. The uniform law is the counter-example: its ends are its parameters.
    #[command(after_help = "Example:\n  elbo estimators score --draws 100000 --seed 1")]
    Score(ScoreArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ToyArgs {
    /// The mean of q
    // Hyphens, since clap does not take `-1e-3` for a number.
    #[arg(long, value_name = "M", default_value_t = 0.5, allow_hyphen_values = true)]
    pub(crate) q_mean: f64,
    /// The standard deviation of q
    #[arg(long, value_name = "S", default_value_t = 0.8, allow_hyphen_values = true)]
    pub(crate) q_scale: f64,
    /// The mean of p
    #[arg(long, value_name = "U", default_value_t = 0.0, allow_hyphen_values = true)]
    pub(crate) p_mean: f64,
    /// The standard deviation of p
    #[arg(long, value_name = "T", default_value_t = 1.0, allow_hyphen_values = true)]
    pub(crate) p_scale: f64,
    /// A constant added to log p: no mean depends on it, the variance of a score function does
    #[arg(long, value_name = "C", default_value_t = 0.0, allow_hyphen_values = true)]
    pub(crate) log_constant: f64,
    /// Estimates of each estimator
    #[arg(long, value_name = "N", default_value_t = 100_000, allow_negative_numbers = true)]
    pub(crate) draws: usize,
    /// K: adds the estimators of the bound of K particles
    #[arg(long, value_name = "K", allow_negative_numbers = true)]
    pub(crate) particles: Option<usize>,
    /// The name of the run [default: the first free estimators-1, estimators-2, ...]
    #[arg(long, value_name = "NAME")]
    pub(crate) run: Option<String>,
    /// Replace the run of that name
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct VaeNoiseArgs {
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    /// Draws of each estimator at the fixed batch
    #[arg(long, value_name = "N", default_value_t = 1000, allow_negative_numbers = true)]
    pub(crate) draws: usize,
    /// Mini-batches with one draw each; 0 for none
    #[arg(long, value_name = "N", default_value_t = 200, allow_negative_numbers = true)]
    pub(crate) batches: usize,
    /// Images of a batch [default: the batch size of the run]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) images: Option<usize>,
    /// K, the draws an image; from 2 on with the estimators of the bound of K particles [default: as few as each estimator can]
    #[arg(long, value_name = "K", allow_negative_numbers = true)]
    pub(crate) particles: Option<usize>,
    /// The estimators, such as total-derivative,path-derivative [default: all that fit the latent]
    #[arg(long, value_name = "A,B,..", value_delimiter = ',')]
    pub(crate) estimators: Vec<String>,
    /// At every epoch that --keep has kept
    #[arg(long, conflicts_with = "epoch")]
    pub(crate) along: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ScoreArgs {
    /// Draws of each law
    #[arg(long, value_name = "N", default_value_t = 100_000, allow_negative_numbers = true)]
    pub(crate) draws: usize,
    /// The name of the run [default: the first free score-1, score-2, ...]
    #[arg(long, value_name = "NAME")]
    pub(crate) run: Option<String>,
    /// Replace the run of that name
    #[arg(long)]
    pub(crate) force: bool,
}
