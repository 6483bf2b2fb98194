//! An earlier fit, as `fit.json` holds it.

use std::fs;

use anyhow::{Context as _, ensure};
use cavi::{CaviError, Formula, Mixing, MixingPosterior, MixtureCavi, Pair, PairPosterior, Posterior};
use serde::Deserialize;
use train::{Run, RunError, TrainError, did_you_mean};

use super::model::Model;
use crate::cli::Common;

/// What a prediction needs of `fit.json`.
#[derive(Deserialize)]
pub(super) struct Fitted {
    #[serde(skip)]
    run: String,
    components: usize,
    mixing: FittedMixing,
    pairs: Vec<FittedPair>,
    pub(super) formulas: Option<Vec<(String, Formula)>>,
}

#[derive(Deserialize)]
struct FittedMixing {
    prior: Mixing,
    posterior: MixingPosterior,
}

#[derive(Deserialize)]
struct FittedPair {
    columns: Vec<String>,
    kind: String,
    prior: Pair,
    posterior: Vec<PairPosterior>,
}

impl Fitted {
    /// The fit of a run.
    pub(super) fn find(common: &Common, name: &str) -> anyhow::Result<Self> {
        let run = Run::named(&common.root, name).map_err(TrainError::from)?;
        let path = run.output("fit.json");
        ensure!(
            !run.output("sweep.json").exists(),
            "run {} is a sweep over numbers of components; name the run of a fit",
            run.name()
        );
        ensure!(path.exists(), TrainError::from(missing(common, run.name())));
        let bytes = fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        let fitted: Self =
            serde_json::from_slice(&bytes).with_context(|| format!("{} is not a fit", path.display()))?;
        let whole = fitted.pairs.iter().all(|pair| pair.posterior.len() == fitted.components);
        ensure!(whole, "{} is not a fit: a pair has not one posterior a component; fit it again", path.display());
        Ok(Self { run: run.name().to_owned(), ..fitted })
    }

    /// The fit that was written last.
    pub(super) fn latest(common: &Common) -> anyhow::Result<Self> {
        let written = |name: &String| {
            let file = common.root.join("outputs").join(name).join("fit.json");
            fs::metadata(file).and_then(|file| file.modified()).ok()
        };
        let newest = all(common).into_iter().max_by_key(written);
        let root = || common.root.display();
        let newest = newest.with_context(|| format!("there is no fit in {}; make one with `elbo cavi fit`", root()))?;
        Self::find(common, &newest)
    }

    /// The name of its run.
    pub(super) fn run(&self) -> &str {
        &self.run
    }

    /// The columns of all pairs, one after another.
    pub(super) fn columns(&self) -> Vec<&str> {
        self.pairs.iter().flat_map(|pair| pair.columns.iter().map(String::as_str)).collect()
    }

    /// The columns of the first pair.
    pub(super) fn first_pair(&self) -> Option<(&[String], &Pair)> {
        self.pairs.first().map(|pair| (pair.columns.as_slice(), &pair.prior))
    }

    /// Fails where another model is about other columns.
    pub(super) fn check_columns(&self, model: &Model) -> anyhow::Result<()> {
        let kinds =
            self.pairs.iter().map(|pair| pair.kind.as_str()).eq(model.pairs.iter().map(|pair| pair.config.kind()));
        ensure!(
            kinds || self.columns() != model.columns(),
            "--match {} is a fit of other kinds of pairs: {}",
            self.run,
            self.pairs.iter().map(|pair| pair.kind.as_str()).collect::<Vec<_>>().join(", ")
        );
        ensure!(
            self.columns() == model.columns(),
            "--match {} is a fit of the columns {}, but this one is about {}",
            self.run,
            self.columns().join(", "),
            model.columns().join(", ")
        );
        Ok(())
    }

    /// Fails where the columns of the other model come about in another way.
    pub(super) fn check_formulas(&self, formulas: Option<&[(String, Formula)]>) -> anyhow::Result<()> {
        let kinds = |formulas: Option<&[(String, Formula)]>| {
            formulas.map(|all| all.iter().map(|(_, formula)| std::mem::discriminant(formula)).collect::<Vec<_>>())
        };
        ensure!(
            kinds(self.formulas.as_deref()) == kinds(formulas),
            "--match {} is a fit in other coordinates; give the same --projection or --antenna",
            self.run
        );
        Ok(())
    }

    pub(super) fn into_mixture(self) -> Result<(MixtureCavi, Posterior), CaviError> {
        let (pairs, posteriors) = self.pairs.into_iter().map(|pair| (pair.prior, pair.posterior)).unzip();
        let mixture = MixtureCavi::new(pairs, self.mixing.prior, self.components)?;
        Ok((mixture, Posterior { mixing: self.mixing.posterior, pairs: posteriors }))
    }
}

/// The names of all fits, sorted.
fn all(common: &Common) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(common.root.join("outputs"))
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.path().join("fit.json").exists())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}

fn missing(common: &Common, name: &str) -> RunError {
    let known = match all(common).as_slice() {
        [] => format!("; it holds no fit at all: fit one with `elbo cavi fit --run {name}`"),
        names => format!(
            "; it holds the fits {}{}, or fit it with `elbo cavi fit --run {name}`",
            names.join(", "),
            did_you_mean(name, names.iter().map(String::as_str))
        ),
    };
    RunError::Missing { name: name.to_owned(), root: common.root.clone(), known }
}
