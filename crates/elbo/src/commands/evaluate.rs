//! `elbo evaluate`: test ELBO, NLL and active units, and whether to believe them.

use train::{
    AmortisationGap, Evaluation, EvaluationConfig, RefinementConfig, TrainError, amortisation_gap, evaluate,
    write_atomic,
};

use crate::cli::{Common, EvaluateArgs, ImageCount};
use crate::context::Context;
use crate::progress::bar;

/// Images of the NLL where nothing is asked, if the test set has as many.
const DEFAULT_IMAGES: usize = 1000;

/// Images of the amortisation gap where nothing is asked, if the test set has as many.
const DEFAULT_REFINED: usize = 100;

pub(crate) fn run(common: &Common, args: &EvaluateArgs) -> anyhow::Result<()> {
    let context = Context::open(common, &args.model)?;
    let images = match args.images {
        None => context.test.len().min(DEFAULT_IMAGES),
        Some(ImageCount::All) => context.test.len(),
        Some(ImageCount::First(count)) => count,
    };
    let config = EvaluationConfig { particles: args.particles, images, seed: context.seed };
    // Both refuse what they cannot do before either has done anything.
    config.check(&context.test)?;
    let amortisation = args.refine.map(|steps| refine(&context, args, steps)).transpose()?;
    let bar = bar(context.console, images as u64, "evaluating [{bar:32}] {pos}/{len}  {rate}  {eta} left");
    let progress = |done: usize| bar.inc(done as u64);
    let result = evaluate(&context.vae, &context.test, config, &context.backend.device, &progress)?;
    bar.finish_and_clear();
    let (run, epochs) = (context.run.name().to_owned(), context.checkpoint.position().epochs);
    let evaluation = Evaluation { run, epochs, amortisation, ..result };
    if let Some(collapse) = evaluation.collapse {
        context.console.warn(&collapse.to_string());
    }

    let mut json = serde_json::to_string_pretty(&evaluation)?;
    json.push('\n');
    write_atomic(&context.run.output("evaluation.json"), json.as_bytes()).map_err(TrainError::from)?;
    context.console.result(&evaluation, &describe(&evaluation))
}

fn refine(context: &Context, args: &EvaluateArgs, steps: usize) -> Result<AmortisationGap, TrainError> {
    let images = args.refine_images.unwrap_or_else(|| context.test.len().min(DEFAULT_REFINED));
    let config = RefinementConfig { steps, images, particles: args.particles, seed: context.seed };
    let length = steps.saturating_mul(images) as u64;
    let bar = bar(context.console, length, "refining [{bar:32}] {percent} %  {eta} left");
    let gap =
        amortisation_gap(&context.vae, &context.test, config, &context.backend.device, &|done| bar.inc(done as u64))?;
    bar.finish_and_clear();
    Ok(gap)
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
    let pareto = match &evaluation.pareto_k {
        Some(k) => format!(
            "median {:.2}, nine of ten images below {:.2}, {:.1} % above 0.7, where L_K converges slowly",
            k.median,
            k.quantile_90,
            100.0 * k.share_above_0_7
        ),
        None if *particles < Evaluation::LEAST_PARETO_PARTICLES => {
            format!("needs at least {} particles", Evaluation::LEAST_PARETO_PARTICLES)
        }
        None => "the largest weights of each image are all equal".to_owned(),
    };
    let mut text = format!(
        "run {run}, {epochs} epochs, protocol {protocol}: the first {images} test images, {particles} particles ({unit})\n\
         ELBO  {elbo:.3} = {log_likelihood:.3} - {kl:.3}\n\
         NLL   {nll:.3}  standard error {} over images, {} over draws\n\
         -L_K  {}\n\
         k-hat  {pareto}\n\
         active units  {active_units}{upper}",
        error(evaluation.nll_standard_error),
        error(evaluation.nll_monte_carlo_standard_error),
        bounds.join(", "),
    );
    if let Some(gap) = &evaluation.amortisation {
        text.push_str(&format!(
            "\namortisation gap   {:.3}  standard error {} over {} images: ELBO {:.3}, after {} steps for each image {:.3}\n\
             approximation gap  {:.3}  to L_{} = {:.3} under the refined posteriors",
            gap.gap,
            error(gap.gap_standard_error),
            gap.images,
            gap.amortised_elbo,
            gap.steps,
            gap.refined_elbo,
            gap.approximation_gap,
            gap.particles,
            -gap.refined_nll,
        ));
    }
    text
}
