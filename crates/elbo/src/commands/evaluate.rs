//! `elbo evaluate`: test ELBO, NLL and active units.

use train::{Evaluation, EvaluationConfig, TrainError, evaluate, write_atomic};

use crate::cli::{Common, EvaluateArgs, ImageCount};
use crate::context::Context;
use crate::progress::bar;

/// Images of the NLL where nothing is asked, if the test set has as many.
const DEFAULT_IMAGES: usize = 1000;

pub(crate) fn run(common: &Common, args: &EvaluateArgs) -> anyhow::Result<()> {
    let context = Context::open(common, &args.model)?;
    let images = match args.images {
        None => context.test.len().min(DEFAULT_IMAGES),
        Some(ImageCount::All) => context.test.len(),
        Some(ImageCount::First(count)) => count,
    };
    let config = EvaluationConfig { particles: args.particles, images, seed: context.seed };
    let bar = bar(context.console, images as u64, "evaluating [{bar:32}] {pos}/{len}  {rate}  {eta} left");
    let progress = |done: usize| bar.inc(done as u64);
    let result = evaluate(&context.vae, &context.test, config, &context.backend.device, &progress)?;
    bar.finish_and_clear();
    let evaluation =
        Evaluation { run: context.run.name().to_owned(), epochs: context.checkpoint.position().epochs, ..result };

    let mut json = serde_json::to_string_pretty(&evaluation)?;
    json.push('\n');
    write_atomic(&context.run.output("evaluation.json"), json.as_bytes()).map_err(TrainError::from)?;
    context.console.result(&evaluation, &describe(&evaluation))
}

fn describe(evaluation: &Evaluation) -> String {
    let Evaluation { run, epochs, protocol, images, particles, elbo, log_likelihood, kl, nll, active_units, .. } =
        evaluation;
    let bounds: Vec<String> =
        evaluation.bounds.iter().map(|bound| format!("K = {}: {:.3}", bound.particles, bound.nll)).collect();
    let error = |error: Option<f64>| error.map_or_else(|| "-".to_owned(), |error| format!("{error:.3}"));
    let unit = if evaluation.is_likelihood { "nats per image" } else { "per image; NOT log-likelihoods: grey pixels" };
    let upper =
        evaluation.upper_active_units.map_or_else(String::new, |units| format!(", and {units} of the upper layer"));
    format!(
        "run {run}, {epochs} epochs, protocol {protocol}: the first {images} test images, {particles} particles ({unit})\n\
         ELBO  {elbo:.3} = {log_likelihood:.3} - {kl:.3}\n\
         NLL   {nll:.3}  standard error {} over images, {} over draws\n\
         -L_K  {}\n\
         active units  {active_units}{upper}",
        error(evaluation.nll_standard_error),
        error(evaluation.nll_monte_carlo_standard_error),
        bounds.join(", "),
    )
}
