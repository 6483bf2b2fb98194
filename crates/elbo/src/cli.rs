//! The command line, as it is typed.

mod cavi;
mod estimators;
mod mixture;
mod reparam;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use models::{Bound, GradientEstimator, KlEstimate, LatentConfig, SurrogateKl, Temperature};
use train::{Keep, Protocol};

pub(crate) use self::cavi::{
    CaviCommand, FitArgs, MixtureArgs, ModelName, PredictArgs, ProjectionName, SearchArgs, SimulateArgs, SweepArgs,
};
pub(crate) use self::estimators::{EstimatorsCommand, ScoreArgs, ToyArgs, VaeNoiseArgs};
pub(crate) use self::mixture::{MixingArg, PairArg};
pub(crate) use self::reparam::{CategoricalArgs, DrawArgs, ExponentialArgs, ReparamCommand};
use crate::backend::BackendName;

/// A workbench for variational inference: VAEs on MNIST, on Burn.
#[derive(Debug, Parser)]
#[command(
    name = "elbo",
    version,
    arg_required_else_help = true,
    after_help = "Example:\n  elbo train vae                  train the notebook VAE on MNIST\n  elbo evaluate                   its test ELBO and negative log-likelihood\n  elbo sample --out digits.png    digits from the prior\n\nExit codes: 0 done; 1 failed while running; 2 cannot be done as asked; 130 interrupted, after saving."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags that every command has.
#[derive(Debug, Clone, Args)]
pub(crate) struct Common {
    /// Where checkpoints/ and outputs/ lie
    #[arg(long, global = true, value_name = "DIR", default_value = ".")]
    pub(crate) root: PathBuf,
    /// The seed of everything random in this command
    #[arg(long, global = true, value_name = "S", allow_negative_numbers = true)]
    pub(crate) seed: Option<u64>,
    /// Print the result as JSON on stdout, and nothing else there
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// No progress and no notes on stderr
    #[arg(long, global = true)]
    pub(crate) quiet: bool,
    /// Threads; no number depends on them [default: all cores]
    #[arg(long, global = true, value_name = "T", allow_negative_numbers = true, value_parser = clap::value_parser!(u64).range(1..=1024))]
    pub(crate) threads: Option<u64>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Train a model
    #[command(subcommand, after_help = "Example:\n  elbo train vae --preset notebook")]
    Train(TrainCommand),
    /// Test ELBO, NLL = -L_K and active units of a run
    #[command(after_help = "Example:\n  elbo evaluate vae-1 --particles 1000 --images 1000")]
    Evaluate(EvaluateArgs),
    /// log p(x) between a lower and an upper bound, by annealed importance sampling
    #[command(after_help = "Example:\n  elbo sandwich vae-1 --images 20 --chains 16 --temperatures 300")]
    Sandwich(SandwichArgs),
    /// Digits from the prior, as a PNG grid
    #[command(after_help = "Example:\n  elbo sample vae-1 --rows 10 --columns 10 --out digits.png")]
    Sample(SampleArgs),
    /// Test images above their reconstructions, as a PNG grid
    #[command(after_help = "Example:\n  elbo reconstruct vae-1 --images 0,1,2,3")]
    Reconstruct(ReconstructArgs),
    /// Decoded means over a grid of the latent plane
    #[command(after_help = "Example:\n  elbo train vae --preset two --run plane && elbo manifold plane")]
    Manifold(ManifoldArgs),
    /// The line between two test images in the latent space
    #[command(after_help = "Example:\n  elbo interpolate vae-1 --from 0 --to 7")]
    Interpolate(InterpolateArgs),
    /// The test images in the latent plane, coloured by digit
    #[command(after_help = "Example:\n  elbo latents vae-1")]
    Latents(LatentsArgs),
    /// Weights as safetensors, in PyTorch's layout
    #[command(after_help = "Example:\n  elbo export vae-1 --out vae.safetensors --reference 16")]
    Export(ExportArgs),
    /// Direct draws against reparameterised ones
    #[command(subcommand)]
    Reparam(ReparamCommand),
    /// Gradient estimators of the ELBO: bias, variance and time
    #[command(subcommand)]
    Estimators(EstimatorsCommand),
    /// Conjugate mixtures by coordinate ascent
    #[command(subcommand)]
    Cavi(CaviCommand),
    /// Our runs beside the published numbers
    #[command(after_help = "Example:\n  elbo results\n  elbo results vae-1 vae-2\n  elbo results --publish vae-1")]
    Results(ResultsArgs),
    /// What is compiled in, and what is present
    #[command(after_help = "Example:\n  elbo backends --json")]
    Backends,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TrainCommand {
    /// A variational autoencoder on images
    #[command(
        after_help = "Example:\n  elbo train vae --preset notebook --epochs 15 --run mine\n  elbo train vae --run mine --resume --epochs 30"
    )]
    Vae(Box<TrainArgs>),
}

/// Which backend computes.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct BackendArgs {
    /// The backend; auto takes a GPU if one is compiled in and present
    #[arg(long, value_enum, default_value_t = BackendName::Auto)]
    pub(crate) backend: BackendName,
    /// Let wgpu run on a software renderer: slow, for tests
    #[arg(long)]
    pub(crate) allow_software: bool,
}

#[derive(Debug, Args)]
pub(crate) struct TrainArgs {
    /// The preset: notebook, pytorch-example, two, exponential, gumbel, gumbel-paper, iwae, iwae-paper, iwae-2 or stl [default: notebook]
    #[arg(long, value_name = "NAME")]
    pub(crate) preset: Option<String>,
    /// A TOML file whose keys override the preset's
    #[arg(long, value_name = "F.toml")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) backend: BackendArgs,
    /// The name of the run [default: the first free vae-1, vae-2, ...]
    #[arg(long, value_name = "NAME")]
    pub(crate) run: Option<String>,
    /// Replace the run of that name
    #[arg(long, conflicts_with = "resume")]
    pub(crate) force: bool,
    /// Go on where the run (default: the latest) was interrupted
    #[arg(long)]
    pub(crate) resume: bool,
    /// The latent variable: gaussian, exponential, log-normal, kumaraswamy, beta, gamma, dirichlet, bernoulli or categorical
    #[arg(long, value_name = "NAME", value_parser = parse_latent)]
    pub(crate) latent: Option<LatentConfig>,
    /// Latent dimensions, of a latent without groups
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) latent_size: Option<usize>,
    /// Variables of a categorical or dirichlet latent
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) groups: Option<usize>,
    /// Classes of each
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) classes: Option<usize>,
    /// The temperature of a bernoulli or categorical latent in training: constant:T or exponential:START,RATE,FLOOR
    #[arg(long, value_name = "WHICH", allow_hyphen_values = true)]
    pub(crate) temperature: Option<Temperature>,
    /// The divergence a bernoulli or categorical latent is trained with: discrete, or relaxed:T with the prior's temperature
    #[arg(long, value_name = "WHICH")]
    pub(crate) latent_kl: Option<SurrogateKl>,
    /// What is maximised: elbo, or iwae, the bound of several particles
    #[arg(long, value_name = "NAME")]
    pub(crate) objective: Option<Bound>,
    /// K, the draws an image; the ELBO is averaged over them
    #[arg(long, value_name = "K", allow_negative_numbers = true)]
    pub(crate) particles: Option<usize>,
    /// The divergence in the ELBO: analytic or monte-carlo [default: the estimator's own]
    #[arg(long, value_name = "WHICH")]
    pub(crate) kl: Option<KlEstimate>,
    /// The gradient: total-derivative, path-derivative, self-tuning, score-function, score-function-moving-average, score-function-learned, score-function-leave-one-out, dreg, vimco or straight-through
    #[arg(long, value_name = "NAME")]
    pub(crate) estimator: Option<GradientEstimator>,
    /// Steps in which the weight of the divergence rises from 0 to 1
    #[arg(long, value_name = "STEPS", allow_negative_numbers = true)]
    pub(crate) kl_warm_up: Option<u64>,
    /// Epochs in total, also with --resume
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) epochs: Option<u64>,
    /// Images a step
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) batch_size: Option<usize>,
    /// The first layer adds the rows of pixels that are set: faster on binary images, with results that differ by rounding; grey pixels have the usual product
    #[arg(long)]
    pub(crate) sparse_input: bool,
    /// Adam's step size
    // Hyphens, since clap does not take `-1e-3` for a number.
    #[arg(long, value_name = "X", allow_hyphen_values = true)]
    pub(crate) learning_rate: Option<f64>,
    /// How greys become pixels: threshold, dynamic, static, static-seed7 (or any seed), grey
    #[arg(long, value_name = "NAME")]
    pub(crate) protocol: Option<Protocol>,
    /// Only the first N training images
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) limit_train: Option<usize>,
    /// Only the first N test images
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) limit_test: Option<usize>,
    /// A folder with four IDX files instead of the built-in MNIST
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Which epochs keep their weights: last, all, every:N
    #[arg(long, value_name = "WHICH", default_value = "last")]
    pub(crate) keep: Keep,
}

fn parse_latent(text: &str) -> Result<LatentConfig, String> {
    let names = LatentConfig::NAMES;
    LatentConfig::named(text).ok_or_else(|| {
        format!("unknown latent `{text}`; there are {}{}", names.join(", "), train::did_you_mean(text, names))
    })
}

/// Which trained model to read.
#[derive(Debug, Args)]
pub(crate) struct ModelArgs {
    /// The run [default: the latest]
    #[arg(value_name = "RUN")]
    pub(crate) run: Option<String>,
    /// The weights of an epoch that --keep has kept [default: the newest]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) epoch: Option<u64>,
    /// The folder of IDX files that the run was trained on, if not MNIST
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) backend: BackendArgs,
}

#[derive(Debug, Args)]
pub(crate) struct EvaluateArgs {
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    /// K, the particles an image
    #[arg(long, value_name = "K", default_value_t = 1000, allow_negative_numbers = true)]
    pub(crate) particles: usize,
    /// The first N test images, or all [default: 1000, or all if there are fewer]
    #[arg(long, value_name = "N|all", value_parser = parse_images, allow_negative_numbers = true)]
    pub(crate) images: Option<ImageCount>,
    /// Measure the amortisation gap: refine each image's posterior by so many steps of Adam
    #[arg(long, value_name = "STEPS", allow_negative_numbers = true)]
    pub(crate) refine: Option<usize>,
    /// The first N test images, of which the gap is measured [default: 100, or all if there are fewer]
    #[arg(long, value_name = "N", requires = "refine", allow_negative_numbers = true)]
    pub(crate) refine_images: Option<usize>,
}

#[derive(Debug, Args)]
pub(crate) struct SandwichArgs {
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    /// Images simulated from the model, and the first images of the test set
    #[arg(long, value_name = "N", default_value_t = 50, allow_negative_numbers = true)]
    pub(crate) images: usize,
    /// Chains an image
    #[arg(long, value_name = "M", default_value_t = 16, allow_negative_numbers = true)]
    pub(crate) chains: usize,
    /// Temperatures from the prior to the posterior
    #[arg(long, value_name = "T", default_value_t = 500, allow_negative_numbers = true)]
    pub(crate) temperatures: usize,
    /// Leapfrog steps at each temperature
    #[arg(long, value_name = "L", default_value_t = 10, allow_negative_numbers = true)]
    pub(crate) leapfrog_steps: usize,
    /// K of the bound -L_K that stands beside them
    #[arg(long, value_name = "K", default_value_t = 1000, allow_negative_numbers = true)]
    pub(crate) particles: usize,
}

/// A number of images, or all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ImageCount {
    First(usize),
    All,
}

fn parse_images(text: &str) -> Result<ImageCount, String> {
    match text {
        "all" => Ok(ImageCount::All),
        _ => text.parse().map(ImageCount::First).map_err(|_| format!("`{text}` is neither a number nor `all`")),
    }
}

#[derive(Debug, Args)]
pub(crate) struct SampleArgs {
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    /// Rows of the grid
    #[arg(long, value_name = "R", default_value_t = 10, allow_negative_numbers = true)]
    pub(crate) rows: usize,
    /// Columns of the grid
    #[arg(long, value_name = "C", default_value_t = 10, allow_negative_numbers = true)]
    pub(crate) columns: usize,
    /// Bernoulli samples instead of grey means
    #[arg(long)]
    pub(crate) binary: bool,
    /// The PNG to write [default: samples.png among the run's outputs]
    #[arg(long, value_name = "F.png")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ReconstructArgs {
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    /// Test images by number, from 0 [default: 0 to 19]
    #[arg(long, value_name = "I,J,..", value_delimiter = ',', allow_hyphen_values = true)]
    pub(crate) images: Vec<usize>,
    /// Bernoulli samples instead of grey means
    #[arg(long)]
    pub(crate) binary: bool,
    /// The PNG to write [default: reconstructions.png among the run's outputs]
    #[arg(long, value_name = "F.png")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ManifoldArgs {
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    /// Images on a side; for a categorical, dirichlet or bernoulli latent, rows at most
    #[arg(long, value_name = "N", default_value_t = 20, allow_negative_numbers = true)]
    pub(crate) side: usize,
    /// The PNG to write, with the SVG beside it [default: manifold.png among the run's outputs]
    #[arg(long, value_name = "F.png")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct InterpolateArgs {
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    /// The test image to start from
    #[arg(long, value_name = "I", allow_negative_numbers = true)]
    pub(crate) from: usize,
    /// The test image to end at
    #[arg(long, value_name = "J", allow_negative_numbers = true)]
    pub(crate) to: usize,
    /// Decoded images along the line
    #[arg(long, value_name = "N", default_value_t = 11, allow_negative_numbers = true)]
    pub(crate) steps: usize,
    /// The PNG to write, with the SVG beside it [default: interpolation.png among the run's outputs]
    #[arg(long, value_name = "F.png")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct LatentsArgs {
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    /// The PNG to write, with the SVG beside it [default: latents.png among the run's outputs]
    #[arg(long, value_name = "F.png")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    /// The safetensors file to write
    #[arg(long, value_name = "F.safetensors")]
    pub(crate) out: PathBuf,
    /// Also write F.reference.safetensors: N test images, noise, and the terms of the ELBO that the weights must give
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) reference: Option<usize>,
}

#[derive(Debug, Args)]
pub(crate) struct ResultsArgs {
    /// Only these runs, which must be under one protocol, beside its published numbers [default: all of both]
    #[arg(value_name = "RUN", conflicts_with = "publish")]
    pub(crate) runs: Vec<String>,
    /// Copy a run's small files to assets/results/
    #[arg(long, value_name = "RUN")]
    pub(crate) publish: Option<String>,
    /// Replace what is published of that run
    #[arg(long, requires = "publish")]
    pub(crate) force: bool,
}
