//! One seed, one result: whatever the threads, and how often it is run.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::*;

/// 1,200 test images are three blocks of the evaluation, so that two threads have something to share.
const TRAIN: &str = "train vae --config tiny.toml --backend flex --limit-train 200 --limit-test 1200";

#[test]
fn one_seed_gives_one_sequence_of_bytes_for_any_number_of_threads() {
    let bench = Bench::new();
    let runs = [("a", 1), ("b", 1), ("c", 2), ("d", 2)];
    for (run, threads) in runs {
        bench.elbo(&format!("{TRAIN} --run {run} --seed 5 --threads {threads} --keep all")).ok();
    }
    for (run, threads) in runs {
        assert_eq!(bench.json(&format!("outputs/{run}/manifest.json"))["threads"], threads);
        bench.assert_runs_equal("a", run);
        // Kept epochs as well, and the pictures.
        assert_same(&bench.tree("checkpoints/a"), &bench.tree(&format!("checkpoints/{run}")));
        for file in ["samples.png", "reconstructions.png", "config.toml"] {
            assert!(bench.read(&format!("outputs/a/{file}")) == bench.read(&format!("outputs/{run}/{file}")), "{file}");
        }
    }
    bench.elbo(&format!("{TRAIN} --run e --seed 6")).ok();
    assert_ne!(bench.metrics("a"), bench.metrics("e"));
}

#[test]
fn an_evaluation_does_not_depend_on_the_threads_but_on_the_seed() {
    let bench = Bench::new();
    bench.elbo(&format!("{TRAIN} --run a")).ok();
    let evaluate = |flags: &str| {
        bench.elbo(&format!("evaluate a --backend flex --images 30 --particles 150 --json {flags}")).ok().stdout
    };
    let first = evaluate("--threads 1");
    assert_eq!(first, evaluate("--threads 2"));
    assert_eq!(first, evaluate("--threads 1 --seed 1"));
    assert_ne!(first, evaluate("--threads 1 --seed 2"));
}

#[test]
fn pictures_and_exports_are_the_same_each_time() {
    let bench = Bench::new();
    bench.elbo(&format!("{TRAIN} --run a")).ok();
    for (line, file) in [
        ("sample a --binary", "outputs/a/samples.png"),
        ("reconstruct a --binary", "outputs/a/reconstructions.png"),
        ("latents a", "outputs/a/latents.svg"),
        ("export a --out a.safetensors", "a.safetensors"),
    ] {
        bench.elbo(&format!("{line} --backend flex --threads 1")).ok();
        let first = bench.read(file);
        bench.elbo(&format!("{line} --backend flex --threads 2")).ok();
        assert!(bench.read(file) == first, "{line}");
    }
    let first = bench.read("outputs/a/samples.png");
    bench.elbo("sample a --backend flex --binary --seed 2").ok();
    assert!(bench.read("outputs/a/samples.png") != first);
}
