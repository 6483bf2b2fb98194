//! `elbo results`: our runs beside the published numbers, one table a protocol.

use serde::Serialize;
use train::{ResultRow, Run, TrainError, publish, results, results_of};

use crate::cli::{Common, ResultsArgs};
use crate::console::Console;

#[derive(Serialize)]
struct PublishedRun<'a> {
    run: &'a str,
    folder: std::path::PathBuf,
}

pub(crate) fn run(common: &Common, args: &ResultsArgs) -> anyhow::Result<()> {
    let console = Console::new(common);
    if let Some(name) = &args.publish {
        let run = Run::find(&common.root, Some(name)).map_err(TrainError::from)?;
        let folder = publish(&run, args.force)?;
        let text = folder.display().to_string();
        return console.result(&PublishedRun { run: run.name(), folder }, &text);
    }
    let rows = match args.runs.as_slice() {
        [] => results(&common.root)?,
        runs => results_of(&common.root, runs)?,
    };
    console.result(&rows, &table(&rows))
}

fn table(rows: &[ResultRow]) -> String {
    let mut text = String::new();
    for group in rows.chunk_by(|a, b| a.protocol == b.protocol) {
        let note = match (group[0].is_likelihood, group[0].protocol.as_str()) {
            (false, _) => "per image; NOT log-likelihoods",
            (true, "unstated") => "nats per image; the sources do not say how greys became pixels",
            (true, _) => "nats per image",
        };
        text.push_str(&format!("protocol {} ({note})\n", group[0].protocol));
        text.push_str(&format!(
            "  {:48} {:>6} {:>15} {:>14} {:>12} {:>7} {:>8}  {}\n",
            "", "epochs", "ELBO", "NLL", "K x images", "active", "seconds", "source"
        ));
        for row in group {
            text.push_str(&line(row));
        }
        text.push('\n');
    }
    text.push_str(
        "* ours; several seeds of one configuration are one row: mean +- standard error over them, seconds of training a seed. \
         Numbers under different protocols are about different data.",
    );
    text
}

fn line(row: &ResultRow) -> String {
    let number = |value: Option<f64>, error: Option<f64>| match (value, error) {
        (Some(value), Some(error)) => format!("{value:.2} +- {error:.2}"),
        (Some(value), None) => format!("{value:.2}"),
        (None, _) => "-".to_owned(),
    };
    let whole = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.0}"));
    let draws = match (row.particles, row.images) {
        (Some(particles), Some(images)) => format!("{particles} x {images}"),
        (Some(particles), None) => particles.to_string(),
        (None, _) => "-".to_owned(),
    };
    let name = match row.seeds.as_slice() {
        [] | [_] => row.name.clone(),
        seeds => {
            let seeds: Vec<String> = seeds.iter().map(u64::to_string).collect();
            format!("{} (seeds {})", row.name, seeds.join(", "))
        }
    };
    format!(
        "{} {:48} {:>6} {:>15} {:>14} {:>12} {:>7} {:>8}  {}\n",
        if row.ours { "*" } else { " " },
        name,
        row.epochs.map_or_else(|| "-".to_owned(), |epochs| epochs.to_string()),
        number(row.elbo, row.elbo_standard_error),
        number(row.nll, row.nll_standard_error),
        draws,
        whole(row.active_units),
        whole(row.seconds),
        row.source,
    )
}
