//! `elbo cavi predict`: where new events belong, and how probable they are.

use std::fs;

use anyhow::{Context as _, ensure};
use cavi::{Catalogue, CaviError, ConjugatePair, Mixing, MixtureCavi, Pair, PairPosterior, Posterior};
use serde::{Deserialize, Serialize};
use train::{Run, RunError, TrainError, write_atomic};

use crate::cli::{Common, PredictArgs};
use crate::console::Console;

/// What a prediction needs of `fit.json`.
#[derive(Deserialize)]
struct Fitted {
    components: usize,
    weights: Vec<f64>,
    pairs: Vec<FittedPair>,
}

#[derive(Deserialize)]
struct FittedPair {
    columns: Vec<String>,
    prior: Pair,
    posterior: Vec<PairPosterior>,
}

#[derive(Serialize)]
struct Predicted<'a> {
    run: &'a str,
    events: usize,
    mean_log_density: f64,
    file: std::path::PathBuf,
}

pub(crate) fn run(common: &Common, args: &PredictArgs) -> anyhow::Result<()> {
    let run = Run::named(&common.root, &args.run).map_err(TrainError::from)?;
    let path = run.output("fit.json");
    ensure!(
        path.exists(),
        TrainError::from(RunError::Missing {
            name: run.name().to_owned(),
            root: common.root.clone(),
            known: format!(": {} is not there; fit it with `elbo cavi fit --run {}`", path.display(), run.name()),
        })
    );
    let fitted: Fitted =
        serde_json::from_slice(&fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?)
            .with_context(|| format!("{} is not a fit", path.display()))?;

    let bytes = fs::read(&args.data).with_context(|| format!("{} cannot be read", args.data.display()))?;
    let names: Vec<&str> = fitted.pairs.iter().flat_map(|pair| pair.columns.iter().map(String::as_str)).collect();
    let catalogue = Catalogue::read(bytes.as_slice(), &args.data.display().to_string(), &names)?;
    check_support(&fitted, &catalogue)?;

    let out = args.out.clone().unwrap_or_else(|| run.output("predictions.csv"));
    let is_data = || Some(out.canonicalize().ok()? == args.data.canonicalize().ok()?);
    ensure!(is_data() != Some(true), "--out {} is the file of --data; choose another", out.display());
    let (mixture, posterior) = fitted.into_mixture()?;
    let mut text = "component,log_density".to_owned();
    (1..=mixture.components).for_each(|k| text.push_str(&format!(",r{k}")));
    text.push('\n');
    let mut total = 0.0;
    for row in 0..catalogue.len() {
        let x: Vec<f64> = catalogue.columns.iter().map(|column| column.values[row]).collect();
        let (log_density, responsibilities) = mixture.predict(&posterior, &x);
        let best = (0..mixture.components).max_by(|&a, &b| responsibilities[a].total_cmp(&responsibilities[b]));
        text.push_str(&format!("{},{log_density:?}", best.map_or(0, |k| k + 1)));
        responsibilities.iter().for_each(|r| text.push_str(&format!(",{r:?}")));
        text.push('\n');
        total += log_density;
    }
    write_atomic(&out, text.as_bytes()).map_err(TrainError::from)?;
    let mean_log_density = total / catalogue.len() as f64;
    let summary = format!(
        "{} events under run {}: mean log predictive density {mean_log_density:.4} nats; written to {}",
        catalogue.len(),
        run.name(),
        out.display()
    );
    let predicted = Predicted { run: run.name(), events: catalogue.len(), mean_log_density, file: out };
    Console::new(common).result(&predicted, &summary)
}

fn check_support(fitted: &Fitted, catalogue: &Catalogue) -> Result<(), CaviError> {
    let mut columns = catalogue.columns.iter();
    for pair in &fitted.pairs {
        for column in columns.by_ref().take(pair.prior.columns()) {
            for (&value, &line) in column.values.iter().zip(&catalogue.lines).filter(|(value, _)| !value.is_nan()) {
                if let Some(must) = pair.prior.outside_support(value) {
                    let (file, column) = (catalogue.file.clone(), column.name.clone());
                    return Err(CaviError::Support { file, line, column, value, must });
                }
            }
        }
    }
    Ok(())
}

impl Fitted {
    fn into_mixture(self) -> Result<(MixtureCavi, Posterior), CaviError> {
        let mixing = Mixing::Fixed { weights: self.weights.clone() };
        let (pairs, posteriors) = self.pairs.into_iter().map(|pair| (pair.prior, pair.posterior)).unzip();
        let mixture = MixtureCavi::new(pairs, mixing, self.components)?;
        let mixing = cavi::MixingPosterior::Fixed { weights: self.weights };
        Ok((mixture, Posterior { mixing, pairs: posteriors }))
    }
}
