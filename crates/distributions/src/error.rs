//! What can be wrong with the parameters of a distribution.

use thiserror::Error;

/// A parameter that no distribution can have.
#[derive(Debug, Error, Clone, PartialEq)]
#[non_exhaustive]
pub enum DistributionError {
    /// A scale that is zero, negative, infinite or not a number.
    #[error(
        "the scale of a Gaussian must be positive and finite, but one entry is {value}; use `Gaussian::from_log_scale` to learn it unconstrained"
    )]
    Scale {
        /// The first offending entry.
        value: f32,
    },
    /// A location that is infinite or not a number.
    #[error("the loc of a Gaussian must be finite, but one entry is {value}")]
    Loc {
        /// The first offending entry.
        value: f32,
    },
    /// Two parameters whose shapes differ.
    #[error("the parameters must share one shape, but they are {left:?} and {right:?}")]
    Shape {
        /// The shape of the first parameter.
        left: Vec<usize>,
        /// The shape of the second parameter.
        right: Vec<usize>,
    },
    /// The device could not hand the parameters over to be checked.
    #[error("the parameters could not be read from their device: {0}")]
    Device(String),
}
