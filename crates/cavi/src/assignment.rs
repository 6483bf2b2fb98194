//! The two mixtures of assignment 1.1, with defaults taken from the data.

use serde::{Deserialize, Serialize};

use crate::{Catalogue, CaviError, Column, LogNormal, Mixing, MixtureCavi, NormalFixedPrecision, Pair, PoissonGamma};

/// Which of the two: a closed choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Assignment {
    /// A position in the plane (or in any dimension) and a strength.
    NormalPoisson,
    /// A distance and a strength.
    LogNormalPoisson,
}

/// The constants of the model; what is left out is taken from the data.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Constants {
    /// `pi`; default `1/K` each.
    pub weights: Option<Vec<f64>>,
    /// The precision of a position, or of the logarithm of a distance; default `K^(2/D) rho`.
    pub tau: Option<f64>,
    /// The prior mean of `mu`; default the mean of the data.
    pub nu: Option<Vec<f64>>,
    /// The prior precision of `mu`; default one over the mean variance of an axis.
    pub rho: Option<f64>,
    /// The prior shape of `lambda`; default 1.
    pub alpha: Option<f64>,
    /// The prior rate of `lambda`; default one over the mean strength.
    pub beta: Option<f64>,
}

impl Assignment {
    /// The mixture of `components` epicentres for a catalogue whose last column is the strength and whose other columns
    /// are the position, or the one distance.
    ///
    /// # Errors
    /// When a constant is out of its range, `nu` has another number of axes, or a default cannot be had from the data.
    pub fn mixture(
        self,
        components: usize,
        constants: &Constants,
        catalogue: &Catalogue,
    ) -> Result<MixtureCavi, CaviError> {
        if components == 0 {
            return Err(CaviError::Parameter { name: "--components", value: "0".to_owned(), must: "at least 1" });
        }
        let (strength, position) =
            catalogue.columns.split_last().ok_or(CaviError::Empty { file: catalogue.file.clone() })?;
        let axes: Vec<Moments> = position
            .iter()
            .map(|column| match self {
                Self::NormalPoisson => Moments::of(column.values.iter().copied()),
                // Distances that are not positive are refused by the design, with their line.
                Self::LogNormalPoisson => Moments::of(column.values.iter().map(|x| x.ln()).filter(|x| x.is_finite())),
            })
            .collect();
        let dimension = axes.len() as f64;
        let centre: Vec<f64> = axes.iter().map(|axis| axis.mean).collect();
        let variance = axes.iter().map(|axis| axis.variance).sum::<f64>() / dimension;
        let nu = constants.nu.clone().unwrap_or_else(|| centre.clone());
        if nu.len() != axes.len() {
            let must = "one number a column of --position";
            return Err(CaviError::Parameter { name: "nu", value: format!("{nu:?}"), must });
        }
        let rho = constants.rho.unwrap_or(if variance > 0.0 { variance.recip() } else { 1.0 });
        let tau = constants.tau.unwrap_or_else(|| (components as f64).powf(2.0 / dimension) * rho);
        let pair = match self {
            Self::NormalPoisson => Pair::Normal(NormalFixedPrecision::new(tau, nu, rho)?.with_centre(centre)),
            Self::LogNormalPoisson => Pair::LogNormal(LogNormal::new(tau, nu[0], rho)?.with_centre(centre[0])),
        };
        let strengths = Self::strengths(strength);
        let beta = constants.beta.unwrap_or(if strengths > 0.0 { strengths.recip() } else { 1.0 });
        let strength = Pair::Poisson(PoissonGamma::new(constants.alpha.unwrap_or(1.0), beta)?);
        let mixing = match &constants.weights {
            Some(weights) => Mixing::Fixed { weights: weights.clone() },
            None => Mixing::equal(components),
        };
        MixtureCavi::new(vec![pair, strength], mixing, components)
    }

    fn strengths(strength: &Column) -> f64 {
        Moments::of(strength.values.iter().copied()).mean
    }
}

/// Mean and variance of what is not missing.
struct Moments {
    mean: f64,
    variance: f64,
}

impl Moments {
    fn of(values: impl Iterator<Item = f64> + Clone) -> Self {
        let present = values.filter(|x| !x.is_nan());
        let n = present.clone().count().max(1) as f64;
        let mean = present.clone().sum::<f64>() / n;
        let variance = present.map(|x| (x - mean).powi(2)).sum::<f64>() / n;
        Self { mean, variance }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue() -> Catalogue {
        let column = |name: &str, values: &[f64]| Column { name: name.to_owned(), values: values.to_vec() };
        Catalogue {
            file: "test".to_owned(),
            columns: vec![column("x", &[0.0, 2.0]), column("y", &[1.0, f64::NAN]), column("s", &[3.0, 5.0])],
            lines: vec![2, 3],
        }
    }

    #[test]
    fn constants_default_to_the_data() {
        let mixture = Assignment::NormalPoisson.mixture(4, &Constants::default(), &catalogue()).unwrap();
        let Pair::Normal(position) = &mixture.pairs[0] else { panic!("not a normal") };
        // Variances 1 and 0, so rho = 1 / 0.5 and tau = 4^(2/2) rho.
        assert_eq!((position.nu(), position.rho(), position.tau()), ([1.0, 1.0].as_slice(), 2.0, 8.0));
        let Pair::Poisson(strength) = &mixture.pairs[1] else { panic!("not a Poisson") };
        assert_eq!((strength.alpha(), strength.beta()), (1.0, 0.25));
        assert_eq!(mixture.mixing, Mixing::equal(4));
    }

    #[test]
    fn constants_given_are_taken_as_they_are() {
        let constants = Constants { nu: Some(vec![-20.0, 181.0]), tau: Some(3.0), ..Constants::default() };
        let mixture = Assignment::NormalPoisson.mixture(2, &constants, &catalogue()).unwrap();
        let Pair::Normal(position) = &mixture.pairs[0] else { panic!("not a normal") };
        assert_eq!((position.nu(), position.tau()), ([-20.0, 181.0].as_slice(), 3.0));
        let constants = Constants { nu: Some(vec![1.0]), ..Constants::default() };
        let message = Assignment::NormalPoisson.mixture(2, &constants, &catalogue()).unwrap_err().to_string();
        assert_eq!(message, "nu is [1.0]; it must be one number a column of --position");
    }
}
