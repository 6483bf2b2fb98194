//! A pair as it is asked for: constants that are left out are taken from the data.

use serde::{Deserialize, Serialize};

use super::Pair;
use super::bernoulli::BernoulliBeta;
use super::categorical::CategoricalDirichlet;
use super::exponential::ExponentialGamma;
use super::log_normal::LogNormal;
use super::normal::NormalFixedPrecision;
use super::normal_gamma::NormalGamma;
use super::normal_wishart::NormalWishart;
use super::poisson::PoissonGamma;
use crate::error::require;
use crate::{CaviError, Moments};

/// Most classes that are counted from the data: a column of larger numbers is no column of classes.
const CLASSES: f64 = 1000.0;

/// The constants of a pair: a closed choice of its kind.
///
/// With `D` columns, `K` components, and `m` and `v` the mean and variance of the data (of its logarithms for the
/// log-normal; `v` averaged over the axes where the prior has one precision), what is left out becomes:
///
/// | constant | default | so that |
/// |---|---|---|
/// | `nu` | `m` | |
/// | `rho` | `1 / v` | a component lies anywhere among the data |
/// | `tau` | `K^(2/D) rho` | K components fill the space of the data |
/// | `kappa` | `K^(-2/D)` | as `rho` |
/// | `beta` (normal-gamma), `covariance` (normal-Wishart) | `v K^(-2/D)` an axis | as `tau` |
/// | `alpha` | 1 | |
/// | `beta` (Poisson), (exponential) | `1 / m`, `m` | the expected rate is the data's |
/// | `degrees_of_freedom` | `D + 2` | the covariance has a mean, just |
/// | `a`, `b`, `concentration` | 1 | uniform |
/// | `classes` | 1 + the largest class of the data | |
///
/// # Examples
/// ```
/// use cavi::{Catalogue, Moments, Pair, PairConfig, PoissonGamma};
///
/// let catalogue = Catalogue::read("strength\n2\n3\n7\n".as_bytes(), "events.csv", &["strength"])?;
/// let moments = Moments::of(&catalogue)?;
/// // A shape of 1 and the data's mean, 4, as the expected rate.
/// let strength = PairConfig::Poisson { alpha: None, beta: None }.init(&moments, 2)?;
/// assert_eq!(strength, Pair::Poisson(PoissonGamma::new(1.0, 0.25)?));
///
/// let error = PairConfig::Poisson { alpha: Some(0.0), beta: None }.init(&moments, 2).unwrap_err();
/// assert_eq!(error.to_string(), "alpha is 0; it must be positive: it is a shape");
/// # Ok::<(), cavi::CaviError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the table above")]
pub enum PairConfig {
    /// [`NormalFixedPrecision`]
    Normal { tau: Option<f64>, nu: Option<Vec<f64>>, rho: Option<f64> },
    /// [`NormalGamma`]
    NormalGamma { nu: Option<Vec<f64>>, kappa: Option<f64>, alpha: Option<f64>, beta: Option<Vec<f64>> },
    /// [`NormalWishart`]; the prior's covariance is given by its diagonal, `W^-1 / (degrees of freedom - D - 1)`
    NormalWishart {
        nu: Option<Vec<f64>>,
        kappa: Option<f64>,
        degrees_of_freedom: Option<f64>,
        covariance: Option<Vec<f64>>,
    },
    /// [`LogNormal`]
    LogNormal { tau: Option<f64>, nu: Option<f64>, rho: Option<f64> },
    /// [`PoissonGamma`]
    Poisson { alpha: Option<f64>, beta: Option<f64> },
    /// [`ExponentialGamma`]
    Exponential { alpha: Option<f64>, beta: Option<f64> },
    /// [`BernoulliBeta`]
    Bernoulli { a: Option<f64>, b: Option<f64> },
    /// [`CategoricalDirichlet`]
    Categorical { concentration: Option<f64>, classes: Option<usize> },
}

impl PairConfig {
    /// The kind, as the command line has it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Normal { .. } => "normal",
            Self::NormalGamma { .. } => "normal-gamma",
            Self::NormalWishart { .. } => "normal-wishart",
            Self::LogNormal { .. } => "log-normal",
            Self::Poisson { .. } => "poisson",
            Self::Exponential { .. } => "exponential",
            Self::Bernoulli { .. } => "bernoulli",
            Self::Categorical { .. } => "categorical",
        }
    }

    /// Whether one pair can be about several columns.
    pub fn takes_several_columns(&self) -> bool {
        match self {
            Self::Normal { .. } | Self::NormalGamma { .. } | Self::NormalWishart { .. } => true,
            Self::LogNormal { .. }
            | Self::Poisson { .. }
            | Self::Exponential { .. }
            | Self::Bernoulli { .. }
            | Self::Categorical { .. } => false,
        }
    }

    /// The pair for columns of these moments, one of so many components of a mixture.
    ///
    /// # Errors
    /// When a constant is out of its range or has another number of axes than there are columns.
    ///
    /// # Panics
    /// Without a column.
    pub fn init(&self, columns: &[Moments], components: usize) -> Result<Pair, CaviError> {
        let first = &columns[0];
        let axes = columns.len();
        if axes > 1 && !self.takes_several_columns() {
            let must = "1 for this kind of pair: give each column a pair of its own";
            return Err(CaviError::Parameter { name: "the number of columns", value: axes.to_string(), must });
        }
        // K^(2/D): how much smaller the variance of a component is than that of the data.
        let shrink = (components as f64).powf(2.0 / axes as f64);
        let means = || columns.iter().map(|column| column.values.mean).collect::<Vec<_>>();
        let variances = || columns.iter().map(|column| positive(column.values.variance) / shrink).collect::<Vec<_>>();
        match self {
            Self::Normal { tau, nu, rho } => {
                let variance = columns.iter().map(|column| column.values.variance).sum::<f64>() / axes as f64;
                let (tau, rho) = precisions(*tau, *rho, variance, shrink)?;
                let pair = NormalFixedPrecision::new(tau, self::axes("nu", nu, means)?, rho)?;
                Ok(Pair::Normal(pair.with_centre(means())))
            }
            Self::NormalGamma { nu, kappa, alpha, beta } => {
                let (nu, beta) = (self::axes("nu", nu, means)?, self::axes("beta", beta, variances)?);
                let pair = NormalGamma::new(nu, kappa.unwrap_or(shrink.recip()), alpha.unwrap_or(1.0), beta)?;
                Ok(Pair::NormalGamma(pair.with_centre(means())))
            }
            Self::NormalWishart { nu, kappa, degrees_of_freedom, covariance } => {
                let dof = degrees_of_freedom.unwrap_or(axes as f64 + 2.0);
                let least = "more than the number of axes and 1: else the covariance has no mean";
                require(dof.is_finite() && dof > axes as f64 + 1.0, "degrees-of-freedom", dof, least)?;
                let covariance = self::axes("covariance", covariance, variances)?;
                for &variance in &covariance {
                    require(variance.is_finite() && variance > 0.0, "covariance", variance, "positive")?;
                }
                let factor = dof - axes as f64 - 1.0;
                let inverse_scale =
                    (0..axes).map(|i| (0..axes).map(|j| if i == j { factor * covariance[i] } else { 0.0 }).collect());
                let nu = self::axes("nu", nu, means)?;
                let pair = NormalWishart::new(nu, kappa.unwrap_or(shrink.recip()), dof, inverse_scale.collect())?;
                Ok(Pair::NormalWishart(pair.with_centre(means())))
            }
            Self::LogNormal { tau, nu, rho } => {
                let logarithms = first.logarithms;
                let (tau, rho) = precisions(*tau, *rho, logarithms.variance, shrink)?;
                let pair = LogNormal::new(tau, nu.unwrap_or(logarithms.mean), rho)?;
                Ok(Pair::LogNormal(pair.with_centre(logarithms.mean)))
            }
            Self::Poisson { alpha, beta } => {
                let beta = beta.unwrap_or(positive(first.values.mean).recip());
                Ok(Pair::Poisson(PoissonGamma::new(alpha.unwrap_or(1.0), beta)?))
            }
            Self::Exponential { alpha, beta } => {
                let beta = beta.unwrap_or(positive(first.values.mean));
                Ok(Pair::Exponential(ExponentialGamma::new(alpha.unwrap_or(1.0), beta)?))
            }
            Self::Bernoulli { a, b } => Ok(Pair::Bernoulli(BernoulliBeta::new(a.unwrap_or(1.0), b.unwrap_or(1.0))?)),
            Self::Categorical { concentration, classes } => {
                // What is no class is refused with its line, later.
                let classes = classes.map_or(first.largest.max(0.0).floor() + 1.0, |classes| classes as f64);
                require((1.0..=CLASSES).contains(&classes), "classes", classes, "between 1 and 1000")?;
                let concentration = vec![concentration.unwrap_or(1.0); classes as usize];
                Ok(Pair::Categorical(CategoricalDirichlet::new(concentration)?))
            }
        }
    }
}

/// `tau` and `rho`; `rho` is checked first, since `tau` follows it.
fn precisions(tau: Option<f64>, rho: Option<f64>, variance: f64, shrink: f64) -> Result<(f64, f64), CaviError> {
    let rho = rho.unwrap_or(positive(variance).recip());
    require(rho.is_finite() && rho > 0.0, "rho", rho, "positive: it is a precision")?;
    Ok((tau.unwrap_or(shrink * rho), rho))
}

/// A scale for data that has none: constant, or all missing.
fn positive(value: f64) -> f64 {
    if value > 0.0 { value } else { 1.0 }
}

/// One number an axis, as given or from the data.
fn axes(
    name: &'static str,
    given: &Option<Vec<f64>>,
    default: impl FnOnce() -> Vec<f64>,
) -> Result<Vec<f64>, CaviError> {
    let default = default();
    match given {
        Some(given) if given.len() != default.len() => {
            let must = "one number a column";
            Err(CaviError::Parameter { name, value: format!("{given:?}"), must })
        }
        Some(given) => Ok(given.clone()),
        None => Ok(default),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MeanVariance;

    fn column(mean: f64, variance: f64) -> Moments {
        let values = MeanVariance { count: 10.0, mean, variance };
        Moments {
            values,
            logarithms: MeanVariance { count: 10.0, mean: 0.5, variance: 2.0 },
            largest: 6.0,
            smallest: 0.0,
        }
    }

    #[test]
    fn constants_default_to_the_data() {
        let plane = [column(1.0, 1.0), column(-2.0, 0.0)];
        let config = PairConfig::Normal { tau: None, nu: None, rho: None };
        let Ok(Pair::Normal(normal)) = config.init(&plane, 4) else { panic!("not a normal") };
        // Variances 1 and 0, so rho = 1 / 0.5 and tau = 4^(2/2) rho.
        assert_eq!((normal.nu(), normal.rho(), normal.tau()), ([1.0, -2.0].as_slice(), 2.0, 8.0));
        let config = PairConfig::Poisson { alpha: None, beta: None };
        let Ok(Pair::Poisson(strength)) = config.init(&[column(4.0, 1.0)], 4) else { panic!("not a Poisson") };
        assert_eq!((strength.alpha(), strength.beta()), (1.0, 0.25));
        let config = PairConfig::Categorical { concentration: None, classes: None };
        let Ok(Pair::Categorical(class)) = config.init(&[column(4.0, 1.0)], 4) else { panic!("not categorical") };
        assert_eq!(class, CategoricalDirichlet::new(vec![1.0; 7]).unwrap());
    }

    #[test]
    fn constants_given_are_taken_as_they_are() {
        let plane = [column(1.0, 1.0), column(-2.0, 4.0)];
        let config = PairConfig::Normal { tau: Some(3.0), nu: Some(vec![-20.0, 181.0]), rho: None };
        let Ok(Pair::Normal(normal)) = config.init(&plane, 2) else { panic!("not a normal") };
        assert_eq!((normal.nu(), normal.tau()), ([-20.0, 181.0].as_slice(), 3.0));
        let covariance = Some(vec![2.0, 3.0]);
        let config =
            PairConfig::NormalWishart { nu: None, kappa: Some(0.5), degrees_of_freedom: Some(5.0), covariance };
        let expected = NormalWishart::new(vec![1.0, -2.0], 0.5, 5.0, vec![vec![4.0, 0.0], vec![0.0, 6.0]]).unwrap();
        assert_eq!(config.init(&plane, 2).unwrap(), Pair::NormalWishart(expected));
    }

    #[test]
    fn constants_that_cannot_be_are_named() {
        let message = |config: PairConfig, columns: &[Moments]| config.init(columns, 2).unwrap_err().to_string();
        let plane = [column(1.0, 1.0), column(-2.0, 4.0)];
        let config = PairConfig::Normal { tau: None, nu: Some(vec![1.0]), rho: None };
        assert_eq!(message(config, &plane), "nu is [1.0]; it must be one number a column");
        let config = PairConfig::Normal { tau: None, nu: None, rho: Some(-1.0) };
        assert_eq!(message(config, &plane), "rho is -1; it must be positive: it is a precision");
        let config = PairConfig::Poisson { alpha: None, beta: None };
        assert!(message(config, &plane).contains("the number of columns is 2"));
        let config =
            PairConfig::NormalWishart { nu: None, kappa: None, degrees_of_freedom: Some(3.0), covariance: None };
        assert!(message(config, &plane).starts_with("degrees-of-freedom is 3"));
        let config = PairConfig::Categorical { concentration: None, classes: Some(0) };
        assert!(message(config, &plane[..1]).starts_with("classes is 0"));
    }
}
