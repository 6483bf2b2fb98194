//! The words of `--pair` and `--mixing`.

use cavi::{Mixing, PairConfig};
use train::did_you_mean;

const KINDS: [&str; 8] =
    ["normal", "normal-gamma", "normal-wishart", "log-normal", "poisson", "exponential", "categorical", "bernoulli"];

/// `COLUMNS=KIND[:NAME=VALUE,..]`, where a value for several axes is `A/B`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PairArg {
    pub(crate) columns: Vec<String>,
    pub(crate) config: PairConfig,
}

impl PairArg {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (columns, rest) = text.split_once('=').ok_or("give COLUMNS=KIND, such as longitude,latitude=normal")?;
        let (kind, prior) = rest.split_once(':').unwrap_or((rest, ""));
        let columns: Vec<String> = columns.split(',').map(|column| column.trim().to_owned()).collect();
        if columns.iter().any(String::is_empty) {
            return Err("a column has no name; give COLUMNS=KIND, such as longitude,latitude=normal".to_owned());
        }
        let mut constants = Constants::parse(prior)?;
        let config = match kind {
            "normal" => {
                PairConfig::Normal { tau: constants.one("tau")?, nu: constants.many("nu"), rho: constants.one("rho")? }
            }
            "normal-gamma" => PairConfig::NormalGamma {
                nu: constants.many("nu"),
                kappa: constants.one("kappa")?,
                alpha: constants.one("alpha")?,
                beta: constants.many("beta"),
            },
            "normal-wishart" => PairConfig::NormalWishart {
                nu: constants.many("nu"),
                kappa: constants.one("kappa")?,
                degrees_of_freedom: constants.one("degrees-of-freedom")?,
                covariance: constants.many("covariance"),
            },
            "log-normal" => PairConfig::LogNormal {
                tau: constants.one("tau")?,
                nu: constants.one("nu")?,
                rho: constants.one("rho")?,
            },
            "poisson" => PairConfig::Poisson { alpha: constants.one("alpha")?, beta: constants.one("beta")? },
            "exponential" => PairConfig::Exponential { alpha: constants.one("alpha")?, beta: constants.one("beta")? },
            "categorical" => PairConfig::Categorical {
                concentration: constants.one("concentration")?,
                classes: constants.count("classes")?,
            },
            "bernoulli" => PairConfig::Bernoulli { a: constants.one("a")?, b: constants.one("b")? },
            _ => {
                let near = did_you_mean(kind, KINDS);
                return Err(format!("there is no pair `{kind}`; there are {}{near}", KINDS.join(", ")));
            }
        };
        constants.finish(kind)?;
        if columns.len() > 1 && !config.takes_several_columns() {
            return Err(format!("{kind} is about one column; give each of {} a --pair", columns.join(", ")));
        }
        Ok(Self { columns, config })
    }
}

/// `NAME=VALUE,..`; each name is taken once, and what is left over is unknown.
struct Constants {
    left: Vec<(String, Vec<f64>)>,
    known: Vec<&'static str>,
}

impl Constants {
    fn parse(text: &str) -> Result<Self, String> {
        let mut left: Vec<(String, Vec<f64>)> = Vec::new();
        for part in text.split(',').filter(|part| !part.trim().is_empty()) {
            let (name, value) = part.split_once('=').ok_or_else(|| format!("`{part}` is not NAME=VALUE"))?;
            let name = name.trim().to_owned();
            let values = value.split('/').map(|number| number.trim().parse::<f64>());
            let values: Result<Vec<f64>, _> = values.collect();
            let values =
                values.map_err(|_| format!("{name} is `{value}`; it must be a number, or A/B for several axes"))?;
            if left.iter().any(|(other, _)| *other == name) {
                return Err(format!("{name} is given twice"));
            }
            left.push((name, values));
        }
        Ok(Self { left, known: Vec::new() })
    }

    fn many(&mut self, name: &'static str) -> Option<Vec<f64>> {
        self.known.push(name);
        let index = self.left.iter().position(|(other, _)| other == name)?;
        Some(self.left.swap_remove(index).1)
    }

    fn one(&mut self, name: &'static str) -> Result<Option<f64>, String> {
        match self.many(name).as_deref() {
            None => Ok(None),
            Some(&[value]) => Ok(Some(value)),
            Some(values) => Err(format!("{name} is {values:?}; it must be one number")),
        }
    }

    fn count(&mut self, name: &'static str) -> Result<Option<usize>, String> {
        match self.one(name)? {
            None => Ok(None),
            Some(value) if value >= 1.0 && value.fract() == 0.0 && value <= 1e6 => Ok(Some(value as usize)),
            Some(value) => Err(format!("{name} is {value}; it must be a whole number of at least 1")),
        }
    }

    fn finish(self, kind: &str) -> Result<(), String> {
        match self.left.first() {
            None => Ok(()),
            Some((name, _)) => {
                let near = did_you_mean(name, self.known.iter().copied());
                Err(format!("{kind} has no `{name}`; it has {}{near}", self.known.join(", ")))
            }
        }
    }
}

/// `fixed`, `dirichlet[:A]` or `stick-breaking[:A]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum MixingArg {
    Fixed,
    Dirichlet(f64),
    StickBreaking(f64),
}

impl MixingArg {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (kind, concentration) = match text.split_once(':') {
            Some((kind, number)) => {
                let parsed = number.parse().ok().filter(|a: &f64| a.is_finite() && *a > 0.0);
                (kind, Some(parsed.ok_or_else(|| format!("the concentration is `{number}`; it must be positive"))?))
            }
            None => (text, None),
        };
        match (kind, concentration) {
            ("fixed", None) => Ok(Self::Fixed),
            ("fixed", Some(_)) => Err("fixed takes no concentration; give the weights with --weights".to_owned()),
            ("dirichlet", a) => Ok(Self::Dirichlet(a.unwrap_or(1.0))),
            ("stick-breaking", a) => Ok(Self::StickBreaking(a.unwrap_or(1.0))),
            _ => {
                let known = ["fixed", "dirichlet", "stick-breaking"];
                Err(format!("there is no `{kind}`; there are {}{}", known.join(", "), did_you_mean(kind, known)))
            }
        }
    }

    /// The weights of so many components.
    pub(crate) fn mixing(self, weights: Option<&[f64]>, components: usize) -> Mixing {
        match (self, weights) {
            (Self::Fixed, Some(weights)) => Mixing::Fixed { weights: weights.to_vec() },
            (Self::Fixed, None) => Mixing::equal(components),
            (Self::Dirichlet(concentration), _) => Mixing::Dirichlet { concentration },
            (Self::StickBreaking(concentration), _) => Mixing::StickBreaking { concentration },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_columns_a_kind_and_constants() {
        let pair = PairArg::parse("longitude, latitude=normal:nu=180/-20,tau=0.5").expect("a pair");
        assert_eq!(pair.columns, ["longitude", "latitude"]);
        assert_eq!(pair.config, PairConfig::Normal { tau: Some(0.5), nu: Some(vec![180.0, -20.0]), rho: None });
        let pair = PairArg::parse("s=poisson").expect("a pair");
        assert_eq!(pair.config, PairConfig::Poisson { alpha: None, beta: None });
        for kind in KINDS {
            assert_eq!(PairArg::parse(&format!("a={kind}")).expect("a pair").config.kind(), kind);
        }
    }

    #[test]
    fn what_is_no_pair_is_told_why() {
        for (text, message) in [
            ("a", "give COLUMNS=KIND, such as longitude,latitude=normal"),
            ("a,=normal", "a column has no name; give COLUMNS=KIND, such as longitude,latitude=normal"),
            ("a=poison", "did you mean `poisson`?"),
            ("a=poisson:alfa=1", "poisson has no `alfa`; it has alpha, beta; did you mean `alpha`?"),
            ("a=poisson:alpha", "`alpha` is not NAME=VALUE"),
            ("a=poisson:alpha=x", "alpha is `x`; it must be a number, or A/B for several axes"),
            ("a=poisson:alpha=1/2", "alpha is [1.0, 2.0]; it must be one number"),
            ("a=poisson:alpha=1,alpha=2", "alpha is given twice"),
            ("a=categorical:classes=1.5", "classes is 1.5; it must be a whole number of at least 1"),
            ("a,b=poisson", "poisson is about one column; give each of a, b a --pair"),
        ] {
            let error = PairArg::parse(text).expect_err(text);
            assert!(error.ends_with(message), "{text}: {error}");
        }
    }

    #[test]
    fn weights_are_fixed_or_have_a_concentration() {
        assert_eq!(MixingArg::parse("dirichlet:0.5"), Ok(MixingArg::Dirichlet(0.5)));
        assert_eq!(MixingArg::parse("stick-breaking"), Ok(MixingArg::StickBreaking(1.0)));
        assert!(MixingArg::parse("dirichlet:0").is_err_and(|e| e.contains("`0`; it must be positive")));
        assert!(MixingArg::parse("fixed:1").is_err_and(|e| e.contains("--weights")));
        assert!(MixingArg::parse("dirchlet").is_err_and(|e| e.contains("did you mean `dirichlet`?")));
    }
}
