//! `elbo sandwich`: `log p(x)` between two bounds.

use train::{OverImages, Sandwich, SandwichConfig, TrainError, sandwich, write_atomic};

use crate::cli::{Common, SandwichArgs};
use crate::context::Context;
use crate::progress::bar;
use crate::results::json;

pub(crate) fn run(common: &Common, args: &SandwichArgs) -> anyhow::Result<()> {
    let context = Context::open(common, &args.model)?;
    let &SandwichArgs { images, chains, temperatures, leapfrog_steps, particles, .. } = args;
    let config = SandwichConfig { images, chains, temperatures, leapfrog_steps, particles, seed: context.seed };
    let bar = bar(context.console, config.steps() as u64, "annealing [{bar:32}] {percent} %  {eta} left");
    let progress = |done: usize| bar.inc(done as u64);
    let result = sandwich(&context.vae, &context.test, config, &context.backend.device, &progress)?;
    bar.finish_and_clear();
    let result =
        Sandwich { run: context.run.name().to_owned(), epochs: context.checkpoint.position().epochs, ..result };
    write_atomic(&context.run.output("sandwich.json"), &json(&result)?).map_err(TrainError::from)?;
    context.console.result(&result, &describe(&result))
}

fn describe(result: &Sandwich) -> String {
    let Sandwich { run, epochs, protocol, images, chains, temperatures, leapfrog_steps, particles, .. } = result;
    let Sandwich { simulated, test, .. } = result;
    let line = |name: &str, OverImages { mean, standard_error }: OverImages| {
        let error = standard_error.map_or_else(|| "-".to_owned(), |error| format!("{error:.3}"));
        format!("  {name:34} {mean:>10.3}  standard error {error}\n")
    };
    let unit =
        if result.is_likelihood { "nats per image" } else { "per image; test images are grey: NOT log-likelihoods" };
    let importance = format!("L_{particles}");
    [
        format!(
            "run {run}, {epochs} epochs, protocol {protocol}: bounds of log p(x), {chains} chains of {temperatures} \
             temperatures, {leapfrog_steps} leapfrog steps each ({unit})\n"
        ),
        format!("{images} images simulated from the model, {:.0} % of steps accepted\n", 100.0 * simulated.acceptance),
        line("upper bound, annealed backwards", simulated.upper),
        line("lower bound, annealed", simulated.lower),
        line(&importance, simulated.importance),
        line("upper - lower", simulated.gap),
        line(&format!("upper - {importance}"), simulated.importance_gap),
        format!("the first {images} test images, {:.0} % of steps accepted\n", 100.0 * test.acceptance),
        line("lower bound, annealed", test.lower),
        line(&importance, test.importance),
        line(&format!("lower - {importance}"), test.difference),
    ]
    .concat()
}
