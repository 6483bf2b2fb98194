//! What is said where: results on stdout, everything else on stderr, and help that helps.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::*;

const COMMANDS: [&str; 11] = [
    "train vae",
    "evaluate",
    "sandwich",
    "sample",
    "reconstruct",
    "manifold",
    "interpolate",
    "latents",
    "export",
    "results",
    "backends",
];

#[test]
fn the_help_of_every_command_has_an_example() {
    let bench = Bench::new();
    for command in COMMANDS.into_iter().chain(["", "train"]) {
        let help = bench.elbo(&format!("{command} --help")).ok();
        assert!(help.stdout.contains("Example:\n  elbo "), "{command}: {}", help.stdout);
        assert_eq!(help.stderr, "");
    }
    let help = bench.elbo("--help").ok().stdout;
    for command in COMMANDS {
        assert!(help.contains(command.split(' ').next().unwrap()), "no {command} in {help}");
    }
    assert!(bench.elbo("--version").ok().stdout.starts_with("elbo 0."));
    let mut nothing = std::process::Command::new(env!("CARGO_BIN_EXE_elbo"));
    assert_eq!(run(&mut nothing).code, Some(2));
    assert_eq!(bench.tree("").len(), 1);
}

/// Each command of a trained run, with flags that make it quick.
fn lines() -> [String; 11] {
    [
        format!("{TRAIN} --run b"),
        "evaluate a --particles 5".to_owned(),
        "sandwich a --images 2 --chains 2 --temperatures 5 --leapfrog-steps 2 --particles 5".to_owned(),
        "sample a".to_owned(),
        "reconstruct a".to_owned(),
        "manifold a --side 3".to_owned(),
        "interpolate a --from 0 --to 1".to_owned(),
        "latents a".to_owned(),
        "export a --out a.safetensors".to_owned(),
        "results".to_owned(),
        "backends".to_owned(),
    ]
}

#[test]
fn json_prints_one_value_on_stdout_and_nothing_else() {
    let bench = Bench::new();
    bench.elbo(&format!("{TRAIN} --run a")).ok();
    for line in lines() {
        let json = bench.elbo(&format!("{line} --json")).ok().json();
        // A list for the two commands whose result is a table, an object elsewhere.
        let is_table = line == "results" || line == "backends";
        assert!(if is_table { json.is_array() } else { json["run"].is_string() }, "{line}: {json}");
    }
    let trained = bench.elbo(&format!("{TRAIN} --run c --json")).ok().json();
    assert!(trained["run"] == "c" && trained["epochs"] == 2 && trained["step"] == 8, "{trained}");
    assert!(trained["interrupted"] == false && trained["test"]["elbo"].as_f64().unwrap() < 0.0, "{trained}");
    let last: serde_json::Value =
        serde_json::from_slice(bench.read("outputs/c/metrics.jsonl").split(|&b| b == b'\n').nth(1).unwrap()).unwrap();
    assert_eq!((&trained["train"], &trained["test"]), (&last["train"], &last["test"]));
    let sampled = bench.elbo("sample a --out here.png --json").ok().json();
    assert_eq!(sampled["files"], serde_json::json!(["here.png"]));
    let flex = &bench.elbo("backends --json").ok().json()[0];
    assert!(flex["name"] == "flex" && flex["compiled"] == true && flex["present"] == true, "{flex}");
    // A failure prints no JSON: its message is on stderr, its code says which kind.
    bench.elbo("evaluate a --images 0 --json").fails(2, &["--images is 0"]);
}

#[test]
fn quiet_leaves_stderr_empty_and_the_result_on_stdout() {
    let bench = Bench::new();
    bench.elbo(&format!("{TRAIN} --run a")).ok();
    for line in lines().into_iter().chain(["evaluate --particles 5".to_owned(), format!("{TRAIN} --run b --force")]) {
        let output = bench.elbo(&format!("{line} --quiet")).ok();
        assert_eq!(output.stderr, "", "{line}");
        assert!(output.stdout.len() > 3, "{line}");
    }
    // An error is said nevertheless.
    bench.elbo("evaluate nobody --quiet").fails(2, &["there is no run nobody in "]);
}

/// No bars where stderr is no terminal: plain lines, one an epoch.
#[test]
fn progress_is_plain_lines_where_there_is_no_terminal() {
    let bench = Bench::new();
    let trained = bench.elbo(&format!("{TRAIN} --run a --epochs 3")).ok();
    let epochs: Vec<&str> = trained.stderr.lines().filter(|line| line.starts_with("epoch ")).collect();
    assert_eq!(epochs.len(), 3, "{trained:?}");
    assert!(epochs.iter().all(|line| line.contains("test ELBO") && line.contains("images/s")), "{epochs:?}");
    assert!(!trained.stderr.contains(['\r', '\u{1b}']), "{trained:?}");
    assert_eq!(trained.stdout.lines().count(), 1);
    // Auto says which backend it took.
    let auto = bench.elbo("sample a").ok();
    assert!(auto.stderr.starts_with("backend "), "{auto:?}");
}

#[test]
fn a_failed_command_line_leaves_no_folders() {
    let bench = Bench::new();
    bench.refuses(&format!("{TRAIN} --batch-size 0"), &["(--batch-size) is 0"]);
    bench.refuses(&format!("{TRAIN} --root absent --resume"), &["there is no trained run in absent"]);
    assert_eq!(bench.tree("").keys().collect::<Vec<_>>(), ["tiny.toml"]);
}

#[test]
fn a_run_goes_on_when_nobody_listens_any_more() {
    let bench = Bench::new();
    let mut run = bench.start(&format!("{TRAIN} --run a --epochs 20"));
    assert!(run.wait_for("training run a"));
    assert_eq!(run.leave(), Some(0));
    assert_eq!(bench.metrics("a").len(), 20);
}
