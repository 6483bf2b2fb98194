//! What can be wrong with the parameters of a distribution.

use thiserror::Error;

/// A parameter that no distribution can have.
///
/// # Examples
/// The constructors called `new` check their parameters:
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use distributions::{Categorical, DistributionError, Gaussian};
///
/// let device = Device::flex();
/// let error = Categorical::new(Tensor::<2>::from_floats([[1.0, 3.0]], &device)).unwrap_err().to_string();
/// assert_eq!(error, "probabilities must sum to 1, but one row sums to 4; divide them by their sum");
/// let (loc, scale) = (Tensor::<2>::zeros([4, 2], &device), Tensor::ones([4, 3], &device));
/// match Gaussian::new(loc, scale) {
///     Err(DistributionError::Shape { left, right }) => assert_eq!((left, right), (vec![4, 2], vec![4, 3])),
///     other => panic!("two shapes that differ gave {other:?}"),
/// }
/// ```
#[derive(Debug, Error, Clone, PartialEq)]
#[non_exhaustive]
pub enum DistributionError {
    /// A parameter that must be positive and is not, or is infinite or not a number.
    #[error("the {parameter} must be positive and finite, but one entry is {value}; {mend}")]
    NotPositive {
        /// What the parameter is, such as `rate of an exponential`.
        parameter: &'static str,
        /// The first offending entry.
        value: f64,
        /// What to do instead.
        mend: &'static str,
    },
    /// A parameter that is infinite or not a number.
    #[error(
        "the {parameter} must be finite, but one entry is {value}; look for a division by zero or an overflow before it"
    )]
    NotFinite {
        /// What the parameter is, such as `loc of a Gumbel`.
        parameter: &'static str,
        /// The first offending entry.
        value: f64,
    },
    /// An entry that no probability can be.
    #[error(
        "a probability must be at least 0 and finite, but one entry is {value}; use `from_logits` for weights of any sign"
    )]
    Probability {
        /// The first offending entry.
        value: f64,
    },
    /// Probabilities that do not sum to 1.
    #[error("probabilities must sum to 1, but one row sums to {sum}; divide them by their sum")]
    ProbabilitySum {
        /// The first offending sum.
        sum: f64,
    },
    /// A class that a relaxed distribution cannot leave out.
    #[error("a relaxed one-hot variable needs positive probabilities, but one entry is 0; leave that class out")]
    ImpossibleClass,
    /// A variable without classes.
    #[error("a variable needs at least one class, but the shape of its parameters is {shape:?}")]
    NoClasses {
        /// The shape of the parameters.
        shape: Vec<usize>,
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
