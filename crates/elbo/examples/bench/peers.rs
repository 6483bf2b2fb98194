//! Other programs, asked for one round at a time.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::median;

/// `benches/peers/server.py` in a Python that may have PyTorch or NumPy; nothing where there is no such Python.
pub(crate) struct Peers(Option<Server>);

struct Server {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Peers {
    pub(crate) fn start(python: Option<&Path>) -> Self {
        let Some(python) = python else { return Self(None) };
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../benches/peers/server.py");
        let child = Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let server = child.map(|mut child| {
            let (requests, answers) = (child.stdin.take(), child.stdout.take());
            requests.zip(answers).map(|(requests, answers)| Server {
                child,
                requests,
                answers: BufReader::new(answers),
            })
        });
        match server {
            Ok(server) => Self(server),
            Err(error) => {
                eprintln!("{} cannot be started ({error}): no other programs", python.display());
                Self(None)
            }
        }
    }

    /// Milliseconds a unit of `work`; nothing where the package is missing or the server ended.
    pub(crate) fn ask(&mut self, work: &str, numbers: &[(&str, usize)]) -> Option<f64> {
        let server = self.0.as_mut()?;
        let mut request = json!({ "work": work });
        numbers.iter().for_each(|(name, number)| request[*name] = json!(number));
        let mut line = String::new();
        writeln!(server.requests, "{request}").and_then(|()| server.requests.flush()).ok()?;
        server.answers.read_line(&mut line).ok()?;
        let answer: Value = serde_json::from_str(&line).ok()?;
        answer["milliseconds"].as_f64()
    }
}

/// The median of another program's times, where it has any.
pub(crate) fn named(name: &str, times: Vec<f64>) -> Option<(String, f64)> {
    (!times.is_empty()).then(|| (name.to_owned(), median(times)))
}

impl Drop for Peers {
    fn drop(&mut self) {
        if let Some(server) = &mut self.0 {
            // It has no state: nothing is lost whether or not this succeeds.
            let _ = server.child.kill();
            let _ = server.child.wait();
        }
    }
}
