//! `elbo reparam`: what it prints and writes, and what it refuses.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::*;

#[test]
fn both_comparisons_leave_a_histogram_and_their_tests() {
    let bench = Bench::new();
    for (line, test, extra) in [
        ("exponential --rate 1 --draws 1000", "kolmogorov-smirnov", "rate"),
        ("categorical --probabilities .1,.2,.5,.2 --temperature .1 --draws 1000", "chi-square", "counts"),
    ] {
        let output = bench.elbo(&format!("reparam {line} --run a --force --json")).ok();
        assert_eq!(output.stdout.as_bytes(), bench.read("outputs/a/reparam.json"));
        let json = output.json();
        assert!(json["draws"] == 1000 && json["test"] == test && !json[extra].is_null(), "{json}");
        // Seed 1 is a seed like any other: far from the tail of either test.
        for key in ["p_value", "exact_p_value"] {
            assert!((1e-4..=1.0).contains(&json[key].as_f64().unwrap()), "{json}");
        }
        assert!(json["statistic"].as_f64().unwrap() > 0.0);
        png_size(&bench.read("outputs/a/histogram.png"));
        let svg = String::from_utf8(bench.read("outputs/a/histogram.svg")).unwrap();
        assert!(svg.contains(">direct</text>") && svg.contains("<svg"), "no legend");
        assert_eq!(output.stdout, bench.elbo(&format!("reparam {line} --run a --force --json")).ok().stdout);
    }
    // Without a name, the first free one.
    bench.elbo("reparam exponential").ok();
    bench.elbo("reparam exponential").ok();
    assert!(bench.path("outputs/reparam-2/histogram.png").exists());
}

/// A wrong sampler would be found out: draws of one rate do not pass for those of another.
#[test]
fn more_draws_still_fit() {
    let bench = Bench::new();
    for line in ["exponential --rate 0.25", "categorical --probabilities 0.01,0.01,0.98 --temperature 3"] {
        let json = bench.elbo(&format!("reparam {line} --draws 500000 --json")).ok().json();
        assert!(json["exact_p_value"].as_f64().unwrap() > 1e-6 && json["p_value"].as_f64().unwrap() > 1e-6, "{json}");
    }
}

#[test]
fn what_cannot_be_drawn_is_refused_with_its_value() {
    let bench = Bench::new();
    bench.elbo("reparam exponential --run taken").ok();
    for (line, parts) in [
        ("exponential --rate 0", &["--rate is 0e0; it must be positive"][..]),
        ("exponential --rate -1e-3", &["--rate is -1e-3; it must be positive"]),
        ("exponential --rate nan", &["--rate is NaN; it must be positive"]),
        ("exponential --rate inf", &["--rate is inf; it must be positive"]),
        ("exponential --draws 0", &["--draws is 0; it must be 1 to 10,000,000"]),
        ("exponential --draws 99999999999", &["--draws is 99999999999; it must be 1 to 10,000,000"]),
        ("exponential --run taken", &["run taken exists already; choose another --run, or replace it with --force"]),
        ("exponential --run ../x", &["`../x` is not a name for a run"]),
        ("categorical --probabilities .5,.6", &["--probabilities sum to 1.1; they must sum to 1"]),
        ("categorical --probabilities 1.5,-.5", &["--probabilities has -0.5 for class 1; each must be positive"]),
        ("categorical --probabilities 0,1", &["--probabilities has 0 for class 0;", "leave a class of 0 out"]),
        ("categorical --probabilities nan,1", &["--probabilities has NaN for class 0"]),
        ("categorical --temperature 0", &["--temperature is 0; it must be positive"]),
        ("categorical --temperature -1", &["--temperature is -1; it must be positive"]),
        ("categorical --temperature inf", &["--temperature is inf; it must be positive"]),
    ] {
        bench.refuses(&format!("reparam {line}"), parts);
    }
}
