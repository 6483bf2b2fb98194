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

/// The objective is saved with the run, stands beside the ELBO, and may not change on resumption.
#[test]
fn a_vae_trains_by_every_estimator_that_fits() {
    let bench = Bench::new();
    for (run, flags, bound) in [
        ("stl", "--estimator path-derivative", true),
        ("tuned", "--estimator self-tuning", true),
        ("nvil", "--estimator score-function-learned --latent bernoulli --latent-size 3", true),
        ("iwae", "--objective iwae --particles 3", true),
        ("dreg", "--objective iwae --particles 3 --estimator dreg", true),
        ("warm", "--kl-warm-up 100", false),
        ("hard", "--latent categorical --groups 2 --classes 3 --objective iwae --particles 2 --estimator vimco", true),
    ] {
        let output = bench.elbo(&format!("{TRAIN} --run {run} {flags}")).ok();
        assert!(output.stderr.contains("maximising "), "{}", output.stderr);
        let entry: serde_json::Value = serde_json::from_str(bench.metrics(run).last().unwrap()).unwrap();
        assert_eq!(entry["train"]["bound"], bound, "{entry}");
        assert!(entry["train"]["objective"].as_f64().unwrap() < 0.0 && entry["test"].get("objective").is_none());
        bench.elbo(&format!("{TRAIN} --run {run} {flags} --resume --epochs 3")).ok();
        bench.elbo(&format!("evaluate {run} --particles 20 --images 10")).ok();
    }
    bench.refuses(
        &format!("{TRAIN} --run stl --resume --epochs 4 --estimator path-derivative --particles 2"),
        &["objective.particles is 2, but run stl was trained with 1"],
    );
    let biased = bench.elbo(&format!("{TRAIN} --objective iwae --particles 2 --estimator path-derivative")).ok();
    assert!(biased.stderr.contains("warning: path-derivative is biased for the bound of more than one particle"));
    // That preset's bound of one particle is the ELBO, and is named so for an estimator of the ELBO.
    let tuned = "--preset iwae --objective elbo --estimator self-tuning";
    bench.elbo(&format!("train vae {tuned} --limit-train 100 --limit-test 50 --epochs 1 --backend flex")).ok();
    bench.write("objective.toml", b"[objective]\nkind = \"iwae\"\nparticles = 2\nestimator = \"dreg\"\n");
    bench.elbo("train vae --preset two --config objective.toml --limit-train 200 --limit-test 50 --epochs 1").ok();
}

#[test]
fn an_estimator_that_does_not_fit_is_refused_with_the_reason() {
    let bench = Bench::new();
    for (line, parts) in [
        ("--particles 0", &["objective.particles (--particles) is 0; it must be 1 to 10000"][..]),
        (
            "--estimator path-derivative --kl analytic",
            &["--estimator path-derivative does not go with --kl analytic: "],
        ),
        ("--estimator dreg", &["--estimator dreg does not go with --objective elbo: ", "use --objective iwae"]),
        ("--estimator path-derivative --latent categorical", &["does not go with --latent categorical: no path leads"]),
        (
            "--preset iwae --estimator self-tuning",
            &["--estimator self-tuning does not go with --objective iwae: ", "use --objective elbo"],
        ),
        (
            "--estimator self-tuning --kl analytic",
            &["--estimator self-tuning does not go with --kl analytic: ", "use --kl monte-carlo"],
        ),
        ("--estimator self-tuning --latent gamma", &["does not go with --latent gamma: it knows the variance"]),
        (
            "--estimator score-function-learned --objective iwae",
            &["does not go with --objective iwae: use --estimator vimco"],
        ),
        ("--estimator straight-through", &["does not go with --latent gaussian: its codes are not discrete"]),
        ("--estimator reinforce", &["unknown estimator `reinforce`; there are total-derivative, path-derivative"]),
        ("--objective vae", &["unknown objective `vae`; there are elbo, iwae"]),
        ("--kl exact", &["unknown divergence `exact`; there are analytic, monte-carlo"]),
    ] {
        bench.refuses(&format!("train vae {line}"), parts);
    }
    bench.write("bad.toml", b"[objective]\nestimater = \"dreg\"\n");
    bench.refuses(
        "train vae --config bad.toml",
        &["bad.toml has the unknown key `objective.estimater`; did you mean `objective.estimator`?"],
    );
}

/// D42: the figure of question 1.3.5, and its numbers.
#[test]
fn d42_the_mean_of_the_score_is_drawn_with_its_counter_example() {
    let bench = Bench::new();
    let output = bench.elbo("estimators score --draws 20000 --run a --json").ok();
    assert_eq!(output.stdout.as_bytes(), bench.read("outputs/a/score.json"));
    let json = output.json();
    let scores = json["scores"].as_array().unwrap();
    assert_eq!(scores.len(), 24);
    for score in scores {
        let (low, high) = (score["interval"][0].as_f64().unwrap(), score["interval"][1].as_f64().unwrap());
        let is_uniform = score["distribution"] == "uniform";
        // Five standard errors of 22 means leave out a true zero once in 80,000 seeds.
        assert_eq!(low <= 0.0 && 0.0 <= high, !is_uniform, "{score}");
        assert_eq!(score["exact"] == 0.0, !is_uniform);
    }
    png_size(&bench.read("outputs/a/score.png"));
    let svg = String::from_utf8(bench.read("outputs/a/score.svg")).unwrap();
    assert!(svg.contains(">uniform: high</text>") && svg.contains(">relaxed-one-hot: first logit of three</text>"));
    let table = bench.elbo("estimators score --draws 2000").ok().stdout;
    assert!(table.contains("kumaraswamy") && bench.path("outputs/score-1/score.png").exists(), "{table}");
    bench.refuses("estimators score --draws 1", &["--draws is 1; it must be 2 to 10,000,000"]);
    bench.refuses("estimators score --run a", &["run a exists already; choose another --run"]);
}
