//! What says whether an evaluation is to be believed: k-hat, collapse, the amortisation gap, the sandwich, the table.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::*;

#[test]
fn an_evaluation_says_whether_its_weights_can_be_trusted() {
    let bench = Bench::trained();
    let output = bench.elbo("evaluate a --particles 100 --images 20").ok();
    assert!(output.stdout.contains("\nk-hat  median ") && output.stdout.contains(" % above 0.7"), "{output:?}");
    let k = &bench.json("outputs/a/evaluation.json")["pareto_k"];
    assert_eq!(k["images"], 20);
    let [median, high, share] = ["median", "quantile_90", "share_above_0_7"].map(|key| k[key].as_f64().unwrap());
    assert!(median <= high && (0.0..=1.0).contains(&share), "{k}");
    let few = bench.elbo("evaluate a --particles 20 --images 2").ok();
    assert!(few.stdout.contains("\nk-hat  needs at least 21 particles\n"), "{few:?}");
    assert!(bench.json("outputs/a/evaluation.json")["pareto_k"].is_null());
}

/// Every number of particles of which each divides the next.
#[test]
fn five_thousand_particles_have_all_the_smaller_bounds() {
    let bench = Bench::trained();
    let json = bench.elbo("evaluate a --particles 5000 --images 2 --json").ok().json();
    let bounds = json["bounds"].as_array().unwrap();
    assert_eq!(bounds.iter().map(|b| b["particles"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 10, 100, 1000, 5000]);
    let nll: Vec<f64> = bounds.iter().map(|b| b["nll"].as_f64().unwrap()).collect();
    assert!(nll.windows(2).all(|pair| pair[1] < pair[0]), "{nll:?}");
}

#[test]
fn a_collapsed_posterior_is_warned_about_in_one_sentence_and_stored() {
    let bench = Bench::trained();
    let healthy = bench.elbo("evaluate a --particles 5 --quiet").ok();
    assert!(!healthy.stderr.contains("collapsed"), "{healthy:?}");
    assert!(bench.json("outputs/a/evaluation.json")["collapse"].is_null());
    // Steps that move nothing leave the posterior of the first weights, which is all but the prior.
    bench.elbo(&format!("{TRAIN} --run idle --learning-rate 1e-12")).ok();
    let output = bench.elbo("evaluate idle --particles 5 --quiet").ok();
    assert_eq!(output.stderr.lines().count(), 1, "{output:?}");
    assert!(output.stderr.starts_with("warning: KL(q(z | x) || p(z)) is 0.0"), "{output:?}");
    assert!(output.stderr.contains("the posterior has collapsed onto the prior"), "{output:?}");
    assert_eq!(bench.json("outputs/idle/evaluation.json")["collapse"]["sign"], "divergence");
}

#[test]
fn the_amortisation_gap_is_measured_where_asked() {
    let bench = Bench::trained();
    let output = bench.elbo("evaluate a --particles 50 --images 10 --refine 20 --refine-images 4").ok();
    assert!(
        output.stdout.contains("\namortisation gap  ") && output.stdout.contains("over 4 images: ELBO -"),
        "{output:?}"
    );
    let gap = &bench.json("outputs/a/evaluation.json")["amortisation"];
    assert!(gap["images"] == 4 && gap["steps"] == 20 && gap["particles"] == 50, "{gap}");
    let number = |key: &str| gap[key].as_f64().unwrap();
    assert!((number("gap") - (number("refined_elbo") - number("amortised_elbo"))).abs() < 1e-9);
    assert!(number("gap_standard_error") > 0.0 && number("refined_nll") < -number("amortised_elbo"), "{gap}");
    // Left out, it leaves no key.
    let plain = bench.elbo("evaluate a --particles 5 --json").ok().json();
    assert!(plain.get("amortisation").is_none(), "{plain}");
    for (line, parts) in [
        ("evaluate a --refine 0", &["--refine is 0; it must be at least 1"][..]),
        ("evaluate a --refine 5 --refine-images 0", &["--refine-images is 0; it must be 1 to 50"]),
        ("evaluate a --refine 5 --refine-images 51", &["--refine-images is 51; it must be 1 to 50"]),
        ("evaluate a --refine 5 --particles 0", &["--particles is 0; it must be at least 1"]),
        ("evaluate a --refine 5 --images 51", &["--images is 51; it must be 1 to 50, or all"]),
        ("evaluate a --refine-images 5", &["required", "--refine <STEPS>"]),
        ("evaluate a --refine -1", &["--refine"]),
        ("evaluate b --refine 5", &["b"]),
    ] {
        bench.refuses(line, parts);
    }
}

#[test]
fn the_sandwich_is_printed_and_stored() {
    let bench = Bench::trained();
    let flags = "--images 3 --chains 4 --temperatures 30 --leapfrog-steps 3 --particles 50";
    let text = bench.elbo(&format!("sandwich a {flags}")).ok();
    assert!(
        text.stdout.starts_with("run a, 2 epochs, protocol threshold: bounds of log p(x), 4 chains of 30"),
        "{text:?}"
    );
    for part in ["3 images simulated from the model", "upper - lower", "L_50", "the first 3 test images"] {
        assert!(text.stdout.contains(part), "{text:?}");
    }
    let json = bench.elbo(&format!("sandwich a {flags} --json")).ok();
    assert_eq!(json.stdout.as_bytes(), bench.read("outputs/a/sandwich.json"));
    let result = json.json();
    let mean = |part: &str, key: &str| result[part][key]["mean"].as_f64().unwrap();
    let gap = mean("simulated", "upper") - mean("simulated", "lower");
    assert!((mean("simulated", "gap") - gap).abs() < 1e-9 && gap.abs() < 3.0, "{result}");
    assert!((mean("test", "lower") - mean("test", "importance")).abs() < 10.0, "{result}");
    for (key, value) in [("chains", 4), ("temperatures", 30), ("leapfrog_steps", 3), ("particles", 50), ("seed", 1)] {
        assert_eq!(result[key], value, "{key}");
    }
    // The same seed, the same bytes; another one, other draws.
    assert_eq!(bench.elbo(&format!("sandwich a {flags} --json --threads 1")).ok().stdout, json.stdout);
    assert_ne!(bench.elbo(&format!("sandwich a {flags} --json --seed 2")).ok().stdout, json.stdout);
}

#[test]
fn a_sandwich_that_cannot_be_is_refused_and_leaves_nothing() {
    let bench = Bench::trained();
    bench.elbo(&format!("{TRAIN} --run classes --latent categorical --groups 2 --classes 3")).ok();
    for (line, parts) in [
        ("sandwich a --images 0", &["--images is 0; it must be 1 to 50"][..]),
        ("sandwich a --images 51", &["--images is 51; it must be 1 to 50"]),
        ("sandwich a --images 5 --chains 0", &["--chains is 0; it must be at least 1"]),
        ("sandwich a --images 5 --chains 99999999", &["--chains is 99999999; it must be at most 10000"]),
        ("sandwich a --images 5 --temperatures 0", &["--temperatures is 0; it must be at least 1"]),
        ("sandwich a --images 5 --leapfrog-steps 0", &["--leapfrog-steps is 0; it must be at least 1"]),
        ("sandwich a --images 5 --particles 0", &["--particles is 0; it must be at least 1"]),
        ("sandwich missing", &["missing"]),
        ("sandwich classes", &["the sandwich of log p(x) needs a Gaussian latent", "categorical", "--latent gaussian"]),
        ("evaluate classes --refine 5", &["the amortisation gap needs a Gaussian latent", "categorical"]),
    ] {
        bench.refuses(line, parts);
    }
}

/// D2: seeds share a row, protocols never a column.
#[test]
fn results_group_seeds_and_refuse_two_protocols_in_one_table() {
    let bench = Bench::new();
    for seed in [1, 2] {
        bench.elbo(&format!("{TRAIN} --run tiny-seed{seed} --seed {seed}")).ok();
        bench.elbo(&format!("evaluate tiny-seed{seed} --particles 5")).ok();
    }
    bench.elbo(&format!("{TRAIN} --run other --protocol dynamic")).ok();
    let text = bench.elbo("results").ok().stdout;
    assert!(text.contains("\n* tiny (seeds 1, 2) ") && text.contains("\n* other "), "{text}");
    let rows = bench.elbo("results tiny-seed2 tiny-seed1 --json").ok().json();
    let rows = rows.as_array().unwrap();
    assert!(rows.len() > 1 && rows.iter().all(|row| row["protocol"] == "threshold"), "{rows:?}");
    let ours: Vec<_> = rows.iter().filter(|row| row["ours"] == true).collect();
    assert_eq!(ours.len(), 1);
    assert_eq!((&ours[0]["seeds"], &ours[0]["particles"]), (&serde_json::json!([1, 2]), &5.into()));
    for key in ["elbo_standard_error", "nll_standard_error", "seconds"] {
        assert!(ours[0][key].as_f64().unwrap() > 0.0, "{key}: {}", ours[0]);
    }
    bench.refuses(
        "results other tiny-seed1",
        &["run other is under dynamic and run tiny-seed1 under threshold", "never share a column"],
    );
    bench.refuses("results othr", &["RUN is othr; it must be a run with results; did you mean `other`?"]);
    bench.refuses("results other --publish other", &["cannot be used with"]);
}
