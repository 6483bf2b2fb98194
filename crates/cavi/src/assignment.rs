//! The two mixtures of assignment 1.1.

use serde::{Deserialize, Serialize};

use crate::{CaviError, Mixing, MixtureCavi, Moments, PairConfig};

/// Which of the two: a closed choice.
///
/// # Examples
/// ```
/// use cavi::{Assignment, Constants};
///
/// let plane = Assignment::NormalPoisson.pairs(Constants::default())?;
/// let radius = Assignment::LogNormalPoisson.pairs(Constants::default())?;
/// assert_eq!(plane.each_ref().map(|pair| pair.kind()), ["normal", "poisson"]);
/// assert_eq!(radius.each_ref().map(|pair| pair.kind()), ["log-normal", "poisson"]);
/// // A position may have several axes, a distance has one.
/// assert!(plane[0].takes_several_columns() && !radius[0].takes_several_columns());
/// # Ok::<(), cavi::CaviError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Assignment {
    /// A position in the plane (or in any dimension) and a strength.
    NormalPoisson,
    /// A distance and a strength.
    LogNormalPoisson,
}

/// The constants of the assignment; what is left out is taken from the data ([`PairConfig`]).
///
/// # Examples
/// ```
/// use cavi::{Assignment, Constants, PairConfig};
///
/// let constants = Constants { tau: Some(4.0), nu: Some(vec![0.0, 10.0]), ..Constants::default() };
/// let [place, strength] = Assignment::NormalPoisson.pairs(constants.clone())?;
/// assert_eq!(place, PairConfig::Normal { tau: Some(4.0), nu: Some(vec![0.0, 10.0]), rho: None });
/// assert_eq!(strength, PairConfig::Poisson { alpha: None, beta: None });
///
/// let error = Assignment::LogNormalPoisson.pairs(constants).unwrap_err();
/// assert_eq!(error.to_string(), "nu is [0.0, 10.0]; it must be one number: a distance has one axis");
/// # Ok::<(), cavi::CaviError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Constants {
    /// The precision of a position, or of the logarithm of a distance.
    pub tau: Option<f64>,
    /// The prior mean of `mu`.
    pub nu: Option<Vec<f64>>,
    /// The prior precision of `mu`.
    pub rho: Option<f64>,
    /// The prior shape of `lambda`.
    pub alpha: Option<f64>,
    /// The prior rate of `lambda`.
    pub beta: Option<f64>,
}

impl Assignment {
    /// The pairs of a position (or distance) and a strength.
    ///
    /// # Errors
    /// When `nu` of a distance is not one number.
    pub fn pairs(self, constants: Constants) -> Result<[PairConfig; 2], CaviError> {
        let Constants { tau, nu, rho, alpha, beta } = constants;
        let place = match (self, nu.as_deref()) {
            (Self::NormalPoisson, _) => PairConfig::Normal { tau, nu, rho },
            (Self::LogNormalPoisson, None) => PairConfig::LogNormal { tau, nu: None, rho },
            (Self::LogNormalPoisson, Some(&[nu])) => PairConfig::LogNormal { tau, nu: Some(nu), rho },
            (Self::LogNormalPoisson, Some(nu)) => {
                let must = "one number: a distance has one axis";
                return Err(CaviError::Parameter { name: "nu", value: format!("{nu:?}"), must });
            }
        };
        Ok([place, PairConfig::Poisson { alpha, beta }])
    }
}

impl MixtureCavi {
    /// The mixture of pairs as they are asked for, each about so many columns of the data.
    ///
    /// # Errors
    /// When there is no component, or a constant is out of its range.
    ///
    /// # Panics
    /// When the moments are fewer than the columns.
    pub fn from_config(
        pairs: &[(PairConfig, usize)],
        mixing: Mixing,
        components: usize,
        moments: &[Moments],
    ) -> Result<Self, CaviError> {
        if components == 0 {
            return Err(CaviError::Parameter { name: "--components", value: "0".to_owned(), must: "at least 1" });
        }
        let mut rest = moments;
        let pairs = pairs.iter().map(|(config, columns)| {
            let (own, after) = rest.split_at(*columns);
            rest = after;
            config.init(own, components)
        });
        Self::new(pairs.collect::<Result<_, _>>()?, mixing, components)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_has_one_axis() {
        let constants = Constants { nu: Some(vec![1.0, 2.0]), ..Constants::default() };
        let message = Assignment::LogNormalPoisson.pairs(constants).unwrap_err().to_string();
        assert_eq!(message, "nu is [1.0, 2.0]; it must be one number: a distance has one axis");
    }
}
