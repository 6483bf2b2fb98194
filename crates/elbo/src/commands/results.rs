//! `elbo results`: our runs beside the published numbers, one table a protocol.

use serde::Serialize;
use train::{ResultRow, Run, TrainError, publish, results};

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
    let rows = results(&common.root)?;
    console.result(&rows, &table(&rows))
}

fn table(rows: &[ResultRow]) -> String {
    let mut text = String::new();
    for group in rows.chunk_by(|a, b| a.protocol == b.protocol) {
        let note = if group[0].is_likelihood { "nats per image" } else { "per image; NOT log-likelihoods" };
        text.push_str(&format!("protocol {} ({note})\n", group[0].protocol));
        text.push_str(&format!(
            "  {:36} {:>6} {:>9} {:>8} {:>6} {:>7}  {}\n",
            "", "epochs", "ELBO", "NLL", "K", "active", "source"
        ));
        for row in group {
            let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"));
            let count = |value: Option<usize>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
            text.push_str(&format!(
                "{} {:36} {:>6} {:>9} {:>8} {:>6} {:>7}  {}\n",
                if row.ours { "*" } else { " " },
                row.name,
                row.epochs.map_or_else(|| "-".to_owned(), |epochs| epochs.to_string()),
                number(row.elbo),
                number(row.nll),
                count(row.particles),
                count(row.active_units),
                row.source,
            ));
        }
        text.push('\n');
    }
    text.push_str("* ours. Numbers under different protocols are about different data.");
    text
}
