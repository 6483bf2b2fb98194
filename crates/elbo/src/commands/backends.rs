//! `elbo backends`: what is compiled in, what is present.

use crate::backend::availability;
use crate::cli::Common;
use crate::console::Console;

pub(crate) fn run(common: &Common) -> anyhow::Result<()> {
    let rows = availability();
    let mut text = format!("{:8} {:9} {:8} {}\n", "backend", "compiled", "present", "device");
    let yes = |yes: bool| if yes { "yes" } else { "no" };
    for row in &rows {
        let auto = if row.auto { "  <- auto" } else { "" };
        let line = format!("{:8} {:9} {:8} {}{auto}", row.name, yes(row.compiled), yes(row.present), row.description);
        text.push_str(line.trim_end());
        text.push('\n');
    }
    Console::new(common).result(&rows, &text)
}
