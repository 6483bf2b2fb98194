//! What can be wrong with the configuration of a model.

use thiserror::Error;

/// A model that cannot be built.
///
/// # Examples
/// ```
/// use models::{Activation, ConfigError, LatentConfig, VaeConfig};
///
/// let latent = LatentConfig::Dirichlet { groups: 10, classes: 1 };
/// let config = VaeConfig { encoder: vec![400], decoder: vec![400], activation: Activation::Relu, latent };
/// let Err(error) = config.validate() else { panic!("a simplex of one corner is a point") };
/// assert_eq!(error, ConfigError::TooFew { key: "model.latent.classes", value: 1, least: 2 });
/// assert_eq!(error.to_string(), "`model.latent.classes` is 1; it must be at least 2");
/// ```
#[derive(Debug, Error, Clone, PartialEq)]
#[non_exhaustive]
pub enum ConfigError {
    /// A layer without units.
    #[error("`{layer}` has a layer of 0 units: {sizes:?}; give every layer at least one unit, or leave it out")]
    EmptyLayer {
        /// The key of the list of layers.
        layer: &'static str,
        /// The sizes as given.
        sizes: Vec<usize>,
    },
    /// A latent space or an image without dimensions.
    #[error("`{key}` is 0; it must be at least 1")]
    Zero {
        /// The key that is zero.
        key: &'static str,
    },
    /// Less of something than makes a variable.
    #[error("`{key}` is {value}; it must be at least {least}")]
    TooFew {
        /// The key.
        key: &'static str,
        /// The value as given.
        value: usize,
        /// The least that will do.
        least: usize,
    },
    /// More numbers in a code than any model needs.
    #[error("a code of `model.latent` has {value} numbers; it must have at most {most}")]
    TooMany {
        /// The numbers of a code.
        value: usize,
        /// The most that are allowed.
        most: usize,
    },
    /// A slope that is not a number or infinite.
    #[error("the slope of a leaky ReLU is {slope}; it must be finite (the notebook's is 0.2)")]
    Slope {
        /// The slope as given.
        slope: f64,
    },
}
