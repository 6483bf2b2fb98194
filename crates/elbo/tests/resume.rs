//! A run that stops, in whatever way, goes on as if it had never stopped: to the byte.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use common::*;

/// 1,000 steps an epoch: long enough to be interrupted within one.
const LONG: &str = "train vae --config tiny.toml --backend flex --limit-train 2000 --limit-test 50 --batch-size 2";

/// D40: the position, the sums and Adam's moments and time belong to the checkpoint.
#[test]
fn d40_epochs_and_then_more_equal_all_of_them_at_once() {
    let bench = Bench::new();
    // Dynamic: each epoch has pixels of its own, so the epoch must be known too.
    let train = format!("{TRAIN} --protocol dynamic");
    bench.elbo(&format!("{train} --run whole --epochs 4")).ok();
    bench.elbo(&format!("{train} --run parts --epochs 2")).ok();
    bench.elbo(&format!("{train} --run two --epochs 2")).ok();
    let resumed = bench.elbo("train vae --run parts --resume --epochs 4 --backend flex").ok();
    assert!(resumed.stderr.contains("resuming run parts after 2 epochs and 0 batches (step 8)"), "{resumed:?}");
    bench.assert_runs_equal("whole", "parts");
    for file in ["samples.png", "reconstructions.png"] {
        assert!(bench.read(&format!("outputs/whole/{file}")) == bench.read(&format!("outputs/parts/{file}")));
    }
    // Two epochs are not four: the comparison can fail.
    assert!(bench.tree(&bench.checkpoint("two")) != bench.tree(&bench.checkpoint("whole")));
}

/// D40, for what an estimator keeps from earlier steps: its averages, and the network of its baseline with its moments.
#[test]
fn d40_the_state_of_an_estimator_belongs_to_the_checkpoint() {
    let bench = Bench::new();
    for estimator in ["self-tuning", "score-function-moving-average", "score-function-learned"] {
        let train = format!("{TRAIN} --estimator {estimator}");
        let (whole, parts) = (format!("whole-{estimator}"), format!("parts-{estimator}"));
        bench.elbo(&format!("{train} --run {whole} --epochs 3 --threads 1")).ok();
        bench.elbo(&format!("{train} --run {parts} --epochs 1 --threads 2")).ok();
        let state = format!("{}/estimator.bpk", bench.checkpoint(&parts));
        let early = bench.read(&state);
        bench.elbo(&format!("train vae --run {parts} --resume --epochs 3 --backend flex --threads 2")).ok();
        bench.assert_runs_equal(&whole, &parts);
        let state = format!("{}/estimator.bpk", bench.checkpoint(&parts));
        assert!(bench.read(&state) != early, "{estimator} has learnt nothing");
        fs::remove_file(bench.path(&state)).unwrap();
        let line = format!("train vae --run {parts} --resume --epochs 4 --backend flex");
        bench.refuses(&line, &["estimator.bpk is missing from its checkpoint; restore it from a copy"]);
    }
    bench.elbo(&format!("{TRAIN} --run plain")).ok();
    assert!(!bench.path(&format!("{}/estimator.bpk", bench.checkpoint("plain"))).exists());
}

#[test]
fn ctrl_c_within_an_epoch_saves_and_says_how_to_go_on() {
    let bench = Bench::new();
    bench.elbo(&format!("{LONG} --run whole")).ok();
    let mut run = bench.start(&format!("{LONG} --run stopped"));
    assert!(run.wait_for("epoch   1/2"));
    run.interrupt();
    let stopped = run.finish();
    assert_eq!(stopped.code, Some(130), "{stopped:?}");
    let state = bench.json(&format!("{}/state.json", bench.checkpoint("stopped")));
    let position = &state["position"];
    let batches = position["batches"].as_u64().unwrap();
    assert!(position["epochs"] == 1 && (1..1000).contains(&batches), "{position}");
    // The running sums of the half-done epoch belong to the checkpoint.
    assert_eq!(position["sums"]["images"], 2 * batches);
    let saved = format!("run stopped saved at step {} (epoch 2 of 2); go on with: elbo ", 1000 + batches);
    let (_, line) = stopped.stdout.trim_end().split_once(&saved).unwrap_or_else(|| panic!("{stopped:?}"));

    // What it says works as it stands.
    bench.elbo(&format!("{line} --backend flex")).ok();
    bench.assert_runs_equal("whole", "stopped");
}

#[test]
fn ctrl_c_in_the_first_epoch_saves_too_and_json_says_so() {
    let bench = Bench::new();
    bench.elbo(&format!("{LONG} --run whole --epochs 1")).ok();
    let mut run = bench.start(&format!("{LONG} --run stopped --epochs 1 --json"));
    assert!(run.wait_for("training run stopped"));
    run.interrupt();
    let stopped = run.finish();
    assert_eq!(stopped.code, Some(130), "{stopped:?}");
    let result = stopped.json();
    assert!(result["interrupted"] == true && result["epochs"] == 0 && result["test"].is_null(), "{result}");
    assert_eq!(bench.json(&format!("{}/state.json", bench.checkpoint("stopped")))["position"]["step"], result["step"]);
    // --epochs may be left out: the run knows its total.
    bench.elbo("train vae --run stopped --resume --backend flex").ok();
    bench.assert_runs_equal("whole", "stopped");
}

/// With one step an epoch every interruption comes after an epoch's last step, where it is finished first.
#[test]
fn ctrl_c_at_the_end_of_an_epoch_finishes_it() {
    let bench = Bench::new();
    let train = "train vae --config tiny.toml --backend flex --limit-train 50 --limit-test 50 --run a --epochs 100000";
    let mut run = bench.start(train);
    assert!(run.wait_for("epoch   3/"));
    run.interrupt();
    assert_eq!(run.finish().code, Some(130));
    let state = bench.json(&format!("{}/state.json", bench.checkpoint("a")));
    let position = &state["position"];
    assert!(position["batches"] == 0 && position["epochs"] == position["step"], "{position}");
    let done = position["epochs"].as_u64().unwrap();
    assert_eq!(bench.metrics("a").len() as u64, done);
    bench.elbo(&format!("train vae --run a --resume --epochs {} --backend flex", done + 1)).ok();
    assert_eq!(bench.metrics("a").len() as u64, done + 1);
}

#[test]
fn what_ctrl_c_says_names_the_flags_that_a_resumption_needs() {
    let bench = Bench::new();
    bench.write_data("data", &data_set());
    let line = "train vae --config tiny.toml --backend flex --data data --batch-size 1 --epochs 40 --keep every:20";
    let mut run = bench.start(&format!("{line} --run a"));
    assert!(run.wait_for("epoch   2/40"));
    run.interrupt();
    let stopped = run.finish();
    assert_eq!(stopped.code, Some(130), "{stopped:?}");
    let (_, command) = stopped.stdout.trim_end().split_once("go on with: elbo ").unwrap();
    assert!(command.ends_with(" --data data --keep every:20"), "{command}");
    bench.elbo(command).ok();
    for epoch in ["epoch-00020", "epoch-00040"] {
        assert!(bench.path(&format!("checkpoints/a/{epoch}")).is_dir());
    }
}

/// Killed while it trains, evaluates or writes: the last complete checkpoint is there and the run goes on from it.
#[test]
fn a_run_that_is_killed_goes_on_from_its_last_complete_checkpoint() {
    let bench = Bench::new();
    let train = format!("{TRAIN} --batch-size 5 --limit-test 50").replacen("--limit-test 50 ", "", 1);
    bench.elbo(&format!("{train} --run whole --epochs 40")).ok();
    let mut kills = 0;
    // Milliseconds after the second epoch that the process reports: an epoch and its checkpoint take some 20.
    for delay in [0, 2, 5, 9, 14, 20, 27] {
        let line = match bench.newest("killed") {
            Some(_) => "train vae --run killed --resume --epochs 40 --backend flex".to_owned(),
            None => format!("{train} --run killed --epochs 40"),
        };
        let mut run = bench.start(&line);
        run.wait_for("epoch ");
        if !run.wait_for("epoch ") {
            run.finish();
            break;
        }
        sleep(Duration::from_millis(delay));
        run.kill();
        kills += 1;
        // Complete or absent: whatever is there can be read.
        bench.elbo("export killed --out killed.safetensors").ok();
    }
    assert!(kills >= 3, "the run was over after {kills} kills");
    // What a kill within a write leaves behind is cleared away.
    bench.write("checkpoints/killed/.writing-step-0000000999/model.bpk", b"half");
    bench.write("outputs/killed/.writing-Ab3", b"half");
    let epochs = bench.json(&format!("{}/state.json", bench.checkpoint("killed")))["position"]["epochs"].clone();
    assert!(epochs.as_u64().unwrap() < 40, "nothing is left to resume: {epochs}");
    bench.elbo("train vae --run killed --resume --epochs 40 --backend flex").ok();
    bench.assert_runs_equal("whole", "killed");
    let strays = bench.tree("").into_keys().filter(|name| name.contains(".writing-")).collect::<Vec<_>>();
    assert!(strays.is_empty(), "{strays:?}");
}

#[test]
fn a_run_that_is_killed_before_its_first_checkpoint_is_trained_again_with_force() {
    let bench = Bench::new();
    let mut run = bench.start(&format!("{LONG} --run a --epochs 1"));
    assert!(run.wait_for("training run a"));
    run.kill();
    assert_eq!(bench.newest("a"), None);
    bench.refuses("train vae --run a --resume", &["run a has no complete checkpoint; train it again with --force"]);
    bench.refuses(&format!("{LONG} --run a"), &["run a exists already (no complete checkpoint)"]);
    let again = bench.elbo(&format!("{TRAIN} --run a --force")).ok();
    assert!(again.stderr.contains("replacing run a (no complete checkpoint)"), "{again:?}");
}

/// The line of an epoch is written before its checkpoint: a kill between the two leaves one too many.
#[test]
fn metrics_lines_after_the_checkpoint_are_cut() {
    let bench = Bench::new();
    bench.elbo(&format!("{TRAIN} --run whole --epochs 4")).ok();
    bench.elbo(&format!("{TRAIN} --run a --epochs 2")).ok();
    let path = "outputs/a/metrics.jsonl";
    let text = String::from_utf8(bench.read(path)).unwrap();
    let stale = text.lines().next().unwrap().replacen("\"epoch\":1", "\"epoch\":3", 1);
    bench.write(path, format!("{text}{stale}\n{}", &stale[..40]).as_bytes());
    bench.elbo("train vae --run a --resume --epochs 4 --backend flex").ok();
    bench.assert_runs_equal("whole", "a");
}

#[test]
fn a_resumption_that_would_change_the_run_is_refused() {
    let bench = Bench::new();
    bench.elbo(&format!("{TRAIN} --run a")).ok();
    for (flags, key) in [
        ("--seed 2", "training.seed is 2, but run a was trained with 1;"),
        ("--learning-rate 0.01", "optimizer.learning_rate is 0.01, but run a was trained with 0.001;"),
        ("--batch-size 10", "training.batch_size is 10, but run a was trained with 50;"),
        ("--latent-size 3", "model.latent.size is 3, but run a was trained with 2;"),
        ("--protocol dynamic", "data.protocol is \"dynamic\", but run a was trained with \"threshold\";"),
        ("--limit-train 100", "data.limit_train is 100, but run a was trained with 200;"),
        ("--limit-test 10", "data.limit_test is 10, but run a was trained with 50;"),
        ("--config tiny.toml", "data.limit_test is not set, but run a was trained with 50;"),
        ("--preset two", "but run a was trained with"),
    ] {
        let rule = "on --resume only --epochs, --threads, --backend and --keep may differ. Leave the flag out, or";
        bench.refuses(&format!("train vae --run a --resume --epochs 3 {flags}"), &[key, rule]);
    }
    // The same again is no change.
    let same = format!("{TRAIN} --run a --resume --epochs 3 --seed 1 --threads 1 --keep all");
    bench.elbo(&same).ok();
    assert!(bench.path("checkpoints/a/epoch-00003").is_dir());
}

#[test]
fn a_finished_run_has_nothing_to_resume() {
    let bench = Bench::new();
    bench.elbo(&format!("{TRAIN} --run a")).ok();
    for flags in ["", "--epochs 2", "--epochs 1"] {
        bench.refuses(
            &format!("train vae --run a --resume {flags}"),
            &["run a has 2 epochs already; --epochs is the total, so ask for more than 2"],
        );
    }
    // Left out, the run is the latest.
    bench.elbo("train vae --resume --epochs 3").ok();
    assert_eq!(bench.metrics("a").len(), 3);
    assert_eq!(fs::read_dir(bench.path("checkpoints/a")).unwrap().count(), 2);
}
