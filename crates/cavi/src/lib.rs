//! Conjugate mixtures fitted by coordinate ascent variational inference (CAVI) on Burn tensors.
//!
//! A mixture is any number of conjugate pairs that share one assignment: `Z_n ~ Categorical(pi)`, and for each pair `p`,
//! `x_np | Z_n = k ~ p(x | theta_kp)` with a conjugate prior on `theta_kp`. Every pair is an exponential family, so one
//! sweep is two matrix products over the events, whatever the pairs are ([`ConjugatePair`]). The ELBO keeps every
//! constant: for one component it is the exact log evidence.
//!
//! Values go in, values come out: [`MixtureCavi::update`] maps statistics to a posterior, [`MixtureCavi::expectation`] a
//! posterior to statistics. The matrix of responsibilities is never held unless asked for.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may panic"))]

mod assignment;
mod catalogue;
mod design;
mod error;
mod fit;
mod init;
mod mixing;
mod mixture;
mod pair;
mod plates;
mod simulate;
mod special;

pub use assignment::{Assignment, Constants};
pub use catalogue::{Catalogue, Column};
pub use design::{Design, Precision};
pub use error::CaviError;
pub use fit::{Fit, FitConfig, Restart, fit};
pub use init::Init;
pub use mixing::{Mixing, MixingPosterior};
pub use mixture::{Expectation, MixtureCavi, Posterior, Statistics};
pub use pair::{
    BetaPosterior, ConjugatePair, DirichletPosterior, GammaPosterior, NormalPosterior, Pair, PairPosterior,
    bernoulli::BernoulliBeta, categorical::CategoricalDirichlet, exponential::ExponentialGamma, log_normal::LogNormal,
    normal::NormalFixedPrecision, poisson::PoissonGamma,
};
pub use plates::{PlateModel, Role};
pub use simulate::{Simulation, Truth};
pub use special::{digamma, ln_gamma};
