//! The command line of `elbo cavi`, as it is typed.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::BackendArgs;
use super::mixture::{MixingArg, PairArg};

#[derive(Debug, Subcommand)]
pub(crate) enum CaviCommand {
    /// Fit a mixture of epicentres to a catalogue of events
    #[command(
        after_help = "Examples:\n  elbo cavi fit --data assets/earthquakes/fiji-since-1964.csv --components 5 \\\n      --position longitude,latitude --strength stations\n  elbo cavi fit --data assets/earthquakes/usgs-week-2018-02-07.csv --components 12 \\\n      --pair longitude,latitude=normal-wishart --pair significance=poisson \\\n      --mixing stick-breaking:1 --projection unwrap"
    )]
    Fit(Box<FitArgs>),
    /// Fit 1 to Kmax components and compare their ELBO
    #[command(
        after_help = "Example:\n  elbo cavi sweep --data assets/earthquakes/fiji-since-1964.csv --max-components 10 \\\n      --position longitude,latitude --strength stations"
    )]
    Sweep(Box<SweepArgs>),
    /// Draw a catalogue from the model, with the truth beside it
    #[command(after_help = "Example:\n  elbo cavi simulate --events 1000 --components 3 --nu 0,0 --out events.csv")]
    Simulate(Box<SimulateArgs>),
    /// Assign new events to the components of a fit, with their log predictive densities
    #[command(after_help = "Example:\n  elbo cavi predict cavi-1 --data new.csv --out predictions.csv")]
    Predict(PredictArgs),
}

/// Which of the assignment's two mixtures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ModelName {
    /// A normal position and a Poisson strength (alternative 1)
    NormalPoisson,
    /// A log-normal distance and a Poisson strength (alternative 2)
    LogNormalPoisson,
}

/// How longitudes and latitudes in degrees become coordinates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProjectionName {
    /// As they stand
    Degrees,
    /// Degrees, with longitudes moved by whole turns to within 180 of their mean direction
    Unwrap,
    /// Kilometres east and north of the middle of the events
    Kilometres,
}

/// The data, and the model's constants.
#[derive(Debug, Args)]
pub(crate) struct MixtureArgs {
    /// A table with a header; an empty field is missing
    #[arg(long, value_name = "F.csv")]
    pub(crate) data: PathBuf,
    /// Read the events in blocks from a temporary file [default: for tables above 256 MiB]
    #[arg(long)]
    pub(crate) stream: bool,
    #[command(flatten)]
    pub(crate) assignment: AssignmentArgs,
    /// A pair of columns and likelihood: COLUMNS=normal, normal-gamma, normal-wishart, log-normal, poisson, exponential,
    /// categorical or bernoulli, with constants such as :alpha=1,beta=0.1 or :nu=0/0; repeat it for more pairs
    #[arg(long = "pair", value_name = "COLUMNS=KIND[:PRIOR]", value_parser = PairArg::parse, conflicts_with_all = ["model", "strength", "tau", "nu", "rho", "alpha", "beta"])]
    pub(crate) pairs: Vec<PairArg>,
    /// The weights: fixed, dirichlet:A or stick-breaking:A; without :A it is 1
    #[arg(long, value_name = "HOW", default_value = "fixed", value_parser = MixingArg::parse)]
    pub(crate) mixing: MixingArg,
    /// pi, the fixed weights [default: 1/K each]
    #[arg(long, value_name = "P,Q,..", value_delimiter = ',', allow_hyphen_values = true)]
    pub(crate) weights: Option<Vec<f64>>,
    /// What becomes of columns named longitude.. and latitude.. [default: degrees, unless they cross the date line]
    #[arg(long, value_enum, value_name = "HOW")]
    pub(crate) projection: Option<ProjectionName>,
    /// Add a column distance_km: the great-circle distance of an event from a place, in degrees
    #[arg(long, value_name = "LON,LAT", value_parser = place, allow_hyphen_values = true, conflicts_with = "projection")]
    pub(crate) antenna: Option<[f64; 2]>,
}

/// The assignment's two mixtures.
#[derive(Debug, Args)]
pub(crate) struct AssignmentArgs {
    /// The mixture
    #[arg(long, value_enum, default_value_t = ModelName::NormalPoisson)]
    pub(crate) model: ModelName,
    /// The columns of the position, or the one of the distance; with --antenna, longitude and latitude
    #[arg(long, value_name = "A,B", value_delimiter = ',', required_unless_present_any = ["pairs", "antenna"])]
    pub(crate) position: Vec<String>,
    /// The column of the strength, a count
    #[arg(long, value_name = "S", required_unless_present = "pairs")]
    pub(crate) strength: Option<String>,
    /// The precision of a position [default: K^(2/D) rho]
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub(crate) tau: Option<f64>,
    /// The prior mean of mu [default: the mean of the data]
    #[arg(long, value_name = "A,B", value_delimiter = ',', allow_hyphen_values = true)]
    pub(crate) nu: Option<Vec<f64>>,
    /// The prior precision of mu [default: 1 / mean variance of an axis]
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub(crate) rho: Option<f64>,
    /// The prior shape of lambda [default: 1]
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub(crate) alpha: Option<f64>,
    /// The prior rate of lambda [default: 1 / mean strength]
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub(crate) beta: Option<f64>,
}

fn place(text: &str) -> Result<[f64; 2], String> {
    let numbers: Vec<f64> = text.split(',').map_while(|part| part.trim().parse().ok()).collect();
    match numbers[..] {
        [longitude, latitude]
            if longitude.abs() <= 360.0 && latitude.abs() <= 90.0 && text.matches(',').count() == 1 =>
        {
            Ok([longitude, latitude])
        }
        _ => {
            Err("give a longitude between -360 and 360 and a latitude between -90 and 90, such as 178.4,-18.1"
                .to_owned())
        }
    }
}

/// How to look for the best fit, and where to write it.
#[derive(Debug, Args)]
pub(crate) struct SearchArgs {
    /// The start: kmeans++, random, or (for one fit) a file of N rows with the header r1..rK
    #[arg(long, value_name = "HOW", default_value = "kmeans++")]
    pub(crate) init: String,
    /// Independent starts, of which the best is kept [default: 10, or 1 with a file]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) restarts: Option<usize>,
    /// Sweeps at most (with --svi: passes)
    #[arg(long, value_name = "M", default_value_t = 1000, allow_negative_numbers = true)]
    pub(crate) max_sweeps: usize,
    /// Converged when the ELBO rises by less than this many nats an event [default: 1e-8, or 1e-4 with --svi]
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub(crate) tolerance: Option<f64>,
    /// Stochastic variational inference: steps on a few events at a time
    #[arg(long)]
    pub(crate) svi: bool,
    /// Events a step of --svi
    #[arg(long, value_name = "B", default_value_t = 4096, requires = "svi", allow_negative_numbers = true)]
    pub(crate) batch_size: usize,
    /// The delay of the step size (t + delay)^-forgetting of --svi
    #[arg(long, value_name = "X", default_value_t = 1.0, requires = "svi", allow_negative_numbers = true)]
    pub(crate) delay: f64,
    /// The forgetting rate of the step size, in (0.5, 1]
    #[arg(long, value_name = "X", default_value_t = 0.7, requires = "svi", allow_negative_numbers = true)]
    pub(crate) forgetting: f64,
    /// The name of the run [default: the first free cavi-1, cavi-2, ...]
    #[arg(long, value_name = "NAME")]
    pub(crate) run: Option<String>,
    /// Replace the run of that name
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) backend: BackendArgs,
}

#[derive(Debug, Args)]
pub(crate) struct FitArgs {
    /// K, the number of epicentres
    #[arg(long, value_name = "K", allow_negative_numbers = true)]
    pub(crate) components: usize,
    #[command(flatten)]
    pub(crate) mixture: MixtureArgs,
    #[command(flatten)]
    pub(crate) search: SearchArgs,
    /// Write responsibilities.csv also for more than 100,000 events
    #[arg(long)]
    pub(crate) responsibilities: bool,
    /// Number the components as in this earlier fit of the same columns, by the events they share
    #[arg(long = "match", value_name = "RUN")]
    pub(crate) matched: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct SweepArgs {
    /// Fit 1 to this many components
    #[arg(long, value_name = "K", default_value_t = 10, allow_negative_numbers = true)]
    pub(crate) max_components: usize,
    #[command(flatten)]
    pub(crate) mixture: MixtureArgs,
    #[command(flatten)]
    pub(crate) search: SearchArgs,
}

#[derive(Debug, Args)]
pub(crate) struct SimulateArgs {
    /// N, the number of events
    #[arg(long, value_name = "N", default_value_t = 1000, allow_negative_numbers = true)]
    pub(crate) events: usize,
    /// K, the number of epicentres
    #[arg(long, value_name = "K", default_value_t = 3, allow_negative_numbers = true)]
    pub(crate) components: usize,
    /// The mixture
    #[arg(long, value_enum, default_value_t = ModelName::NormalPoisson)]
    pub(crate) model: ModelName,
    /// pi, the weights [default: 1/K each]
    #[arg(long, value_name = "P,Q,..", value_delimiter = ',', allow_hyphen_values = true)]
    pub(crate) weights: Option<Vec<f64>>,
    /// The precision of a position
    #[arg(long, value_name = "X", default_value_t = 1.0, allow_negative_numbers = true)]
    pub(crate) tau: f64,
    /// The prior mean of mu; its length is the dimension [default: 0,0, or 0 for distances]
    #[arg(long, value_name = "A,B", value_delimiter = ',', allow_hyphen_values = true)]
    pub(crate) nu: Option<Vec<f64>>,
    /// The prior precision of mu
    #[arg(long, value_name = "X", default_value_t = 0.05, allow_negative_numbers = true)]
    pub(crate) rho: f64,
    /// The prior shape of lambda
    #[arg(long, value_name = "X", default_value_t = 2.0, allow_negative_numbers = true)]
    pub(crate) alpha: f64,
    /// The prior rate of lambda
    #[arg(long, value_name = "X", default_value_t = 0.1, allow_negative_numbers = true)]
    pub(crate) beta: f64,
    /// The table to write; the truth goes to F.truth.json beside it
    #[arg(long, value_name = "F.csv")]
    pub(crate) out: PathBuf,
    /// Replace the files that are there
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct PredictArgs {
    /// The run of a fit [default: the latest]
    #[arg(value_name = "RUN")]
    pub(crate) run: Option<String>,
    /// New events, with the columns of the fit; an empty field is left out of the prediction
    #[arg(long, value_name = "F.csv")]
    pub(crate) data: PathBuf,
    /// The table to write [default: predictions.csv among the run's outputs]
    #[arg(long, value_name = "F.csv")]
    pub(crate) out: Option<PathBuf>,
    /// Replace the files of --out that are there
    #[arg(long)]
    pub(crate) force: bool,
    /// Also write the predictive density of the first pair on a grid of so many points an axis, as density.csv and a
    /// picture beside the table
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(2..=1000))]
    pub(crate) grid: Option<u16>,
}
