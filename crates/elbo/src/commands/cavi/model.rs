//! From flags to the mixture that is asked for, before any data is seen.

use anyhow::ensure;
use cavi::{Assignment, CaviError, Constants, Formula, MixtureCavi, Moments, PairConfig};

use crate::cli::{MixingArg, MixtureArgs, ModelName, PairArg, ProjectionName};

/// The column that `--antenna` adds.
pub(super) const DISTANCE: &str = "distance_km";

/// Pairs with their columns, and the weights.
pub(super) struct Model {
    /// Which of the assignment's two, if either.
    pub(super) assignment: Option<Assignment>,
    pub(super) pairs: Vec<PairArg>,
    mixing: MixingArg,
    weights: Option<Vec<f64>>,
}

impl Model {
    pub(super) fn new(args: &MixtureArgs) -> anyhow::Result<Self> {
        ensure!(
            args.weights.is_none() || args.mixing == MixingArg::Fixed,
            "--weights are fixed, but --mixing gives the weights a prior: leave one of the two out"
        );
        let (assignment, pairs) = if args.pairs.is_empty() {
            let assignment = assignment(args.assignment.model);
            (Some(assignment), assignment_pairs(assignment, args)?)
        } else {
            ensure!(
                args.assignment.position.is_empty() || args.antenna.is_some(),
                "--position belongs to --model or --antenna; with --pair, give the columns there"
            );
            (None, args.pairs.clone())
        };
        Ok(Self { assignment, pairs, mixing: args.mixing, weights: args.weights.clone() })
    }

    /// The columns of all pairs, one after another.
    pub(super) fn columns(&self) -> Vec<&str> {
        self.pairs.iter().flat_map(|pair| pair.columns.iter().map(String::as_str)).collect()
    }

    /// The mixture of so many components, refused where there are fewer events.
    pub(super) fn mixture(
        &self,
        components: usize,
        moments: &[Moments],
        observations: usize,
    ) -> Result<MixtureCavi, CaviError> {
        if components > observations {
            return Err(CaviError::Components { components, observations });
        }
        let configs: Vec<(PairConfig, usize)> =
            self.pairs.iter().map(|pair| (pair.config.clone(), pair.columns.len())).collect();
        // Equal weights of no component are refused as what they are.
        let mixing = self.mixing.mixing(self.weights.as_deref(), components.max(1));
        MixtureCavi::from_config(&configs, mixing, components, moments)
    }
}

pub(super) fn assignment(model: ModelName) -> Assignment {
    match model {
        ModelName::NormalPoisson => Assignment::NormalPoisson,
        ModelName::LogNormalPoisson => Assignment::LogNormalPoisson,
    }
}

fn assignment_pairs(assignment: Assignment, args: &MixtureArgs) -> anyhow::Result<Vec<PairArg>> {
    let own = &args.assignment;
    let place = match assignment {
        Assignment::NormalPoisson => {
            ensure!(
                args.antenna.is_none(),
                "--antenna gives a distance: take --model log-normal-poisson, or a --pair about {DISTANCE}"
            );
            own.position.clone()
        }
        Assignment::LogNormalPoisson if args.antenna.is_some() => vec![DISTANCE.to_owned()],
        Assignment::LogNormalPoisson => {
            ensure!(
                own.position.len() == 1,
                "--model log-normal-poisson takes one distance, but --position names {} columns: {}; name one, or give --antenna LON,LAT",
                own.position.len(),
                own.position.join(", ")
            );
            own.position.clone()
        }
    };
    let (tau, nu, rho, alpha, beta) = (own.tau, own.nu.clone(), own.rho, own.alpha, own.beta);
    let [place_config, strength_config] = assignment.pairs(Constants { tau, nu, rho, alpha, beta })?;
    let strength = own.strength.clone().into_iter().collect();
    Ok(vec![PairArg { columns: place, config: place_config }, PairArg { columns: strength, config: strength_config }])
}

/// Whether a column is named as a longitude.
pub(super) fn is_longitude(column: &str) -> bool {
    let column = column.to_lowercase();
    column.starts_with("lon") || column.starts_with("lng")
}

/// Whether a column is named as a latitude.
pub(super) fn is_latitude(column: &str) -> bool {
    column.to_lowercase().starts_with("lat")
}

/// How the columns of a model come about from those of the table.
pub(super) struct Columns {
    /// The columns to be read.
    pub(super) source: Vec<String>,
    /// The two that are longitude and latitude, where the model has them.
    pub(super) place: Option<[String; 2]>,
    pub(super) antenna: Option<[f64; 2]>,
    pub(super) projection: Option<ProjectionName>,
}

impl Columns {
    pub(super) fn new(model: &Model, args: &MixtureArgs) -> anyhow::Result<Self> {
        let mut source: Vec<String> = Vec::new();
        let mut place = None;
        if args.antenna.is_some() {
            let pair = match args.assignment.position.as_slice() {
                [] => ["longitude".to_owned(), "latitude".to_owned()],
                [longitude, latitude] => [longitude.clone(), latitude.clone()],
                other => anyhow::bail!(
                    "--antenna needs the columns of longitude and latitude, but --position names {}: {}",
                    other.len(),
                    other.join(", ")
                ),
            };
            ensure!(
                model.columns().contains(&DISTANCE),
                "--antenna adds the column {DISTANCE}, but no --pair is about it"
            );
            source.extend(pair.clone());
            place = Some(pair);
        }
        for column in model.columns() {
            if column != DISTANCE || args.antenna.is_none() {
                source.push(column.to_owned());
            }
        }
        let mut seen = Vec::new();
        for column in model.columns() {
            ensure!(!seen.contains(&column), "column {column} is in two pairs; name each column once");
            seen.push(column);
        }
        source = source.into_iter().fold(Vec::new(), |mut unique, column| {
            if !unique.contains(&column) {
                unique.push(column);
            }
            unique
        });
        if args.antenna.is_none() {
            let named = |is: fn(&str) -> bool| {
                let mut found = source.iter().filter(|column| is(column));
                found.next().cloned().filter(|_| found.next().is_none())
            };
            place = named(is_longitude).zip(named(is_latitude)).map(|(longitude, latitude)| [longitude, latitude]);
            ensure!(
                place.is_some() || args.projection.is_none(),
                "--projection needs a column that begins with lon or lng and one that begins with lat, but there are {}",
                source.join(", ")
            );
        }
        Ok(Self { source, place, antenna: args.antenna, projection: args.projection })
    }

    /// One formula a column of the model, where any is more than a copy; `middle` is asked only then.
    pub(super) fn formulas(
        &self,
        model: &Model,
        middle: impl FnOnce(&[String; 2]) -> Result<[f64; 2], CaviError>,
    ) -> Result<Option<Vec<(String, Formula)>>, CaviError> {
        let Some(place) = &self.place else { return Ok(None) };
        let [longitude, latitude] = place.clone();
        let copy = |column: &str| Formula::Copy { column: column.to_owned() };
        let formula: Box<dyn Fn(&str) -> Formula> = match (self.antenna, self.projection) {
            (Some(antenna), _) => Box::new(move |column| match column {
                DISTANCE => Formula::Distance { longitude: longitude.clone(), latitude: latitude.clone(), antenna },
                other => copy(other),
            }),
            (None, None | Some(ProjectionName::Degrees)) => return Ok(None),
            (None, Some(ProjectionName::Unwrap)) => {
                let [centre, _] = middle(place)?;
                Box::new(move |column| match column {
                    own if own == longitude => Formula::Unwrap { longitude: longitude.clone(), centre },
                    other => copy(other),
                })
            }
            (None, Some(ProjectionName::Kilometres)) => {
                let centre = middle(place)?;
                Box::new(move |column| match column {
                    own if own == longitude => Formula::East { longitude: longitude.clone(), centre },
                    own if own == latitude => Formula::North { latitude: latitude.clone(), centre },
                    other => copy(other),
                })
            }
        };
        Ok(Some(model.columns().into_iter().map(|column| (column.to_owned(), formula(column))).collect()))
    }
}
