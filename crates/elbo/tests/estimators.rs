//! `elbo estimators`: what it prints and writes, and what it refuses.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::*;

#[test]
fn every_estimator_of_the_toy_is_measured_against_its_exact_answer() {
    let bench = Bench::new();
    let output = bench.elbo("estimators toy --draws 20000 --particles 2 --run a --json").ok();
    assert_eq!(output.stdout.as_bytes(), bench.read("outputs/a/estimators.json"));
    assert!(output.stderr.contains("iwae-path-derivative is biased for more than one particle"), "{}", output.stderr);
    let json = output.json();
    let entries = json["estimators"].as_array().unwrap();
    let names: Vec<&str> = entries.iter().step_by(2).map(|entry| entry["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "total-derivative",
            "path-derivative",
            "score-function",
            "score-function-moving-average",
            "score-function-leave-one-out",
            "score-function-learned",
            "self-tuning",
            "iwae-total-derivative",
            "iwae-path-derivative",
            "dreg",
            "vimco"
        ]
    );
    for (i, entry) in entries.iter().enumerate() {
        assert_eq!(entry["parameter"], ["loc", "scale"][i % 2]);
        let number = |key: &str| entry[key].as_f64().unwrap_or_else(|| panic!("{key} in {entry}"));
        assert!(number("ns_per_draw") > 0.0 && number("snr") > 0.0 && number("variance") >= 0.0);
        let interval = &entry["bias_interval"];
        assert!(interval[0].as_f64().unwrap() <= number("bias") && number("bias") <= interval[1].as_f64().unwrap());
        assert_eq!(entry["variance_exact"].is_null(), entry["name"] == "vimco");
    }
    for figure in ["variance", "constant", "bias", "snr"] {
        png_size(&bench.read(&format!("outputs/a/{figure}.png")));
        assert!(String::from_utf8(bench.read(&format!("outputs/a/{figure}.svg"))).unwrap().contains("<svg"));
    }
    // Draws have a seed; only the time differs.
    let again = bench.elbo("estimators toy --draws 20000 --particles 2 --run a --force --json").ok().json();
    assert_eq!(again["estimators"][0]["mean"], json["estimators"][0]["mean"]);
    let table = bench.elbo("estimators toy --draws 1000").ok().stdout;
    assert!(table.contains("self-tuning") && !table.contains("dreg"), "{table}");
    assert!(bench.path("outputs/estimators-1/variance.png").exists());
}

/// A q that is too narrow for the integrals: the estimates stay, the biases of the bound are left out.
#[test]
fn what_has_no_exact_answer_is_said() {
    let bench = Bench::new();
    let output = bench.elbo("estimators toy --draws 1000 --particles 3 --q-scale 1e-5 --run a --json").ok();
    assert!(output.stderr.contains("q and p are too far apart for the exact gradient of the bound"));
    assert!(output.json()["estimators"][14]["bias"].is_null());
    assert!(!bench.path("outputs/a/bias.png").exists());
    // One particle: nothing is biased, and VIMCO has no others to compare with.
    let output = bench.elbo("estimators toy --draws 1000 --particles 1 --json").ok();
    assert!(output.stderr.contains("vimco needs two"));
    assert_eq!(output.json()["estimators"].as_array().unwrap().len(), 20);
}

#[test]
fn a_toy_that_cannot_be_measured_is_refused_with_its_value() {
    let bench = Bench::new();
    bench.elbo("estimators toy --draws 1000 --run taken").ok();
    for (line, parts) in [
        ("--particles 0", &["--particles is 0; a bound has 1 to 1000 particles"][..]),
        ("--particles 1001", &["--particles is 1001; a bound has 1 to 1000 particles"]),
        ("--q-scale 0", &["the scale of q (--q-scale) is 0; it must be positive"]),
        ("--q-scale -1", &["the scale of q (--q-scale) is -1; it must be positive"]),
        ("--p-scale nan", &["the scale of p (--p-scale) is NaN; it must be positive"]),
        ("--q-mean inf", &["the mean of q (--q-mean) is inf; give a number between -1e6 and 1e6"]),
        ("--log-constant nan", &["the constant in log p (--log-constant) is NaN"]),
        ("--draws 999", &["--draws is 999; an interval needs at least 1000 estimates, so ask for 1000 or more"]),
        ("--draws 100000001", &["--draws is 100000001; it must be at most 100,000,000"]),
        ("--draws 1000 --run taken", &["run taken exists already; choose another --run, or replace it with --force"]),
    ] {
        bench.refuses(&format!("estimators toy {line}"), parts);
    }
}
