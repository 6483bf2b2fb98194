//! Conjugate mixtures fitted by coordinate ascent variational inference (CAVI) on Burn tensors.
//!
//! A mixture is any number of conjugate pairs that share one assignment: `Z_n ~ Categorical(pi)`, and for each pair `p`,
//! `x_np | Z_n = k ~ p(x | theta_kp)` with a conjugate prior on `theta_kp`. Every pair is an exponential family, so one
//! sweep is two matrix products over the events, whatever the pairs are ([`ConjugatePair`]). The ELBO keeps every
//! constant: for one component it is the exact log evidence.
//!
//! Values go in, values come out: [`MixtureCavi::update`] maps statistics to a posterior, [`MixtureCavi::expectation`] a
//! posterior to statistics. The matrix of responsibilities is never held unless asked for.
//!
//! | formula | where |
//! |---|---|
//! | `t(x)`, `log h(x)`, `E_q[eta(theta)]` | [`ConjugatePair`], one type a likelihood |
//! | `pi`: constant, Dirichlet or stick-breaking | [`Mixing`] |
//! | `r_nk ~ exp(E log pi_k + t(x_n) . E eta_k)` | [`MixtureCavi::expectation`], [`MixtureCavi::responsibilities`] |
//! | `q(theta_k)` from `sum_n r_nk t(x_n)` | [`MixtureCavi::update`] |
//! | sweeps of the two, from several starts, with the ELBO after each | [`fit`](fit()) |
//! | `s <- (1 - rho_t) s + rho_t N/B s_batch` | [`Svi`] |
//! | `log p(x \| data)`, and whose `x` it is | [`MixtureCavi::predict`] |
//! | the graphical model | [`PlateModel`] |
//! | draws with a known truth | [`Simulation`] |
//!
//! Events come from a [`Catalogue`] in memory or are read block by block ([`Events`]), and meet the pairs in a [`Design`].
//!
//! ```
//! use std::sync::Arc;
//!
//! use burn::tensor::Device;
//! use cavi::{Catalogue, Design, FitConfig, Memory, Mixing, MixtureCavi, Moments, PairConfig, Precision, fit};
//!
//! let table = "x,y,strength\n0.1,0.2,3\n0.0,0.1,2\n5.0,4.9,40\n5.1,5.2,37\n";
//! let events = Arc::new(Catalogue::read(table.as_bytes(), "events.csv", &["x", "y", "strength"])?);
//! let place = PairConfig::Normal { tau: None, nu: None, rho: None };
//! let strength = PairConfig::Poisson { alpha: None, beta: None };
//! let moments = Moments::of(events.as_ref())?;
//! let mixture = MixtureCavi::from_config(&[(place, 2), (strength, 1)], Mixing::equal(2), 2, &moments)?;
//! let design = Design::new(&mixture.pairs, events, &Device::flex(), Precision::Double, Memory::Held)?;
//! let fit = fit(&mixture, &design, &FitConfig::default(), &mut |_start, _sweep, _elbo| true)?;
//! assert!(fit.counts.iter().all(|count| (count - 2.0).abs() < 0.01));
//! # Ok::<(), cavi::CaviError>(())
//! ```
//!
//! `examples/fit_mixture.rs` puts a fit beside the truth.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may panic"))]

mod assignment;
mod design;
mod error;
mod events;
mod fit;
mod init;
mod matching;
mod mixing;
mod mixture;
mod pair;
mod plates;
mod simulate;
mod special;
mod svi;

pub use assignment::{Assignment, Constants};
pub use design::{Design, Memory, Precision, check_support};
pub use error::CaviError;
#[cfg(feature = "parquet")]
pub use events::ParquetTable;
pub use events::{
    Catalogue, Column, Derived, Events, Formula, Lines, MeanVariance, Moments, RowReader, StoredEvents, Table,
    mean_longitude,
};
pub use fit::{Fit, FitConfig, Method, Restart, fit};
pub use init::Init;
pub use matching::{matching, overlap};
pub use mixing::{Mixing, MixingPosterior};
pub use mixture::{Expectation, MixtureCavi, Posterior, Statistics};
pub use pair::{
    BetaPosterior, ConjugatePair, DirichletPosterior, GammaPosterior, NormalPosterior, Pair, PairPosterior,
    bernoulli::BernoulliBeta,
    categorical::CategoricalDirichlet,
    config::PairConfig,
    exponential::ExponentialGamma,
    log_normal::LogNormal,
    normal::NormalFixedPrecision,
    normal_gamma::{NormalGamma, NormalGammaPosterior},
    normal_wishart::{NormalWishart, NormalWishartPosterior},
    poisson::PoissonGamma,
};
pub use plates::{PlateModel, Role};
pub use simulate::{Draw, Simulation, Truth};
pub use special::{digamma, ln_gamma};
pub use svi::Svi;
