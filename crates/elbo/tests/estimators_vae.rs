//! `elbo estimators vae`: what it measures of a tiny run, what it writes, and what it refuses.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::*;
use serde_json::Value;

/// As few draws as there can be intervals of.
const FEW: &str = "--backend flex --draws 40 --batches 40";

#[track_caller]
fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or_else(|| panic!("{key} in {value}"))
}

fn names(json: &Value) -> Vec<&str> {
    json["estimators"].as_array().unwrap().iter().map(|entry| entry["name"].as_str().unwrap()).collect()
}

#[test]
fn the_noise_of_every_layer_is_measured_by_every_estimator_that_fits() {
    let bench = Bench::with_earlier_run();
    let output = bench.elbo(&format!("estimators vae {FEW} --json")).ok();
    assert!(output.stderr.contains("run earlier") && output.stderr.contains("not all have the same number"));
    assert_eq!(output.stdout.as_bytes(), bench.read("outputs/earlier/estimators.json"));
    let json = output.json();
    assert_eq!((&json["epochs"], &json["images"], &json["groups"]), (&2.into(), &50.into(), &20.into()));
    let all = [
        "total-derivative",
        "total-derivative-monte-carlo",
        "path-derivative",
        "score-function",
        "score-function-leave-one-out",
    ];
    assert_eq!(names(&json), all);
    for entry in json["estimators"].as_array().unwrap() {
        assert_eq!(entry["biased"], false);
        let layers = entry["layers"].as_array().unwrap();
        assert_eq!(layers.len(), 10);
        assert_eq!(layers[0]["name"], "encoder.layers.0.weight");
        for layer in layers.iter().chain([&entry["all"], &entry["encoder"], &entry["decoder"]]) {
            for spread in [&layer["noise"], &layer["mini_batch"]] {
                let interval = &spread["variance_interval"];
                let variance = number(spread, "variance");
                assert!(interval[0].as_f64().unwrap() < variance && variance < interval[1].as_f64().unwrap());
                let signal = &spread["signal_to_noise"];
                assert!(number(signal, "tenth") <= number(signal, "median"));
                assert!(number(signal, "median") <= number(signal, "ninetieth"));
            }
        }
        // 784 pixels, of which those at the border are never lit.
        assert_eq!(layers[0]["parameters"], 784 * 16);
        assert!(number(&layers[0]["noise"], "silent") > 1000.0);
    }
    // The decoder has one gradient, whatever the encoder's (trap D10).
    let decoder = |i: usize| number(&json["estimators"][i]["decoder"]["noise"], "variance");
    assert!((decoder(1) / decoder(2) - 1.0).abs() < 1e-4);
    for name in ["estimators-variance", "estimators-snr"] {
        png_size(&bench.read(&format!("outputs/earlier/{name}.png")));
        let svg = String::from_utf8(bench.read(&format!("outputs/earlier/{name}.svg"))).unwrap();
        assert!(svg.contains(">latent.log_variance.weight</text>") && svg.contains(">path-derivative</text>"));
    }
    // The same bytes again, on another number of threads.
    let again = bench.elbo(&format!("estimators vae earlier {FEW} --json --threads 1")).ok();
    assert_eq!(again.stdout, output.stdout);
    let other = bench.elbo(&format!("estimators vae earlier {FEW} --json --seed 2")).ok();
    assert_ne!(other.json()["estimators"][0]["all"], json["estimators"][0]["all"]);
    let table = bench.elbo(&format!("estimators vae earlier {FEW}")).ok().stdout;
    for part in ["path-derivative", "encoder: noise", "latent.loc.bias", "estimators-snr.svg"] {
        assert!(table.contains(part), "{part}: {table}");
    }
}

#[test]
fn several_particles_bring_the_estimators_of_their_bound() {
    let bench = Bench::with_earlier_run();
    let line = "estimators vae earlier --backend flex --draws 40 --batches 0 --particles 3 --images 20 --json";
    let output = bench.elbo(line).ok();
    assert!(output.stderr.contains("biased, so that its noise is not all that is wrong with it: iwae-path-derivative"));
    let json = output.json();
    assert_eq!(names(&json)[5..], ["iwae-total-derivative", "iwae-path-derivative", "dreg", "vimco"]);
    assert_eq!(json["estimators"][6]["biased"], true);
    assert_eq!(json["images"], 20);
    assert!(json["estimators"][0]["all"]["mini_batch"].is_null());
    let line = format!("estimators vae earlier {FEW} --estimators dreg,path-derivative --json");
    let json = bench.elbo(&line).ok().json();
    assert_eq!(names(&json), ["dreg", "path-derivative"]);
    assert_eq!((&json["estimators"][0]["particles"], &json["estimators"][1]["particles"]), (&2.into(), &1.into()));
}

#[test]
fn a_discrete_latent_has_estimators_of_its_own() {
    let bench = Bench::new();
    bench.elbo(&format!("{TRAIN} --run hard --latent categorical --groups 2 --classes 3")).ok();
    let output = bench.elbo(&format!("estimators vae hard {FEW} --json")).ok();
    assert!(output.stderr.contains("total-derivative, straight-through"));
    let names_of = ["total-derivative", "straight-through", "score-function", "score-function-leave-one-out"];
    assert_eq!(names(&output.json()), names_of);
    bench.refuses(
        &format!("estimators vae hard {FEW} --estimators path-derivative"),
        &["--estimator path-derivative does not go with --latent categorical: no path leads through a hard code"],
    );
}

#[test]
fn along_a_run_the_noise_is_measured_at_every_kept_epoch() {
    let bench = Bench::with_earlier_run();
    bench.elbo(&format!("{TRAIN} --run kept --epochs 3 --keep all")).ok();
    let output = bench.elbo(&format!("estimators vae kept {FEW} --along --json")).ok();
    assert_eq!(output.stdout.as_bytes(), bench.read("outputs/kept/estimators-along.json"));
    let json = output.json();
    let along = json["along"].as_array().unwrap();
    assert_eq!(along.iter().map(|at| at["epochs"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 2, 3]);
    // Each epoch is what it is alone, on the same images and noise.
    let alone = bench.elbo(&format!("estimators vae kept {FEW} --epoch 2 --json")).ok().json();
    assert_eq!(alone["epochs"], 2);
    assert_eq!(alone["estimators"], along[1]["estimators"]);
    assert_ne!(along[0]["estimators"], along[1]["estimators"]);
    png_size(&bench.read("outputs/kept/estimators-along.png"));
    // Beside the first stand those that come near it, and no score function.
    let near = String::from_utf8(bench.read("outputs/kept/estimators-along-ratio.svg")).unwrap();
    assert!(near.contains(">path-derivative</text>") && !near.contains(">score-function</text>"));
    let table = bench.elbo(&format!("estimators vae kept {FEW} --along")).ok().stdout;
    assert!(table.contains("encoder: noise after epochs") && table.contains("path-derivative"), "{table}");

    for (run, kept) in [("earlier", "0 epochs"), ("one", "1 epoch;")] {
        if run == "one" {
            bench.elbo(&format!("{TRAIN} --run one --epochs 1 --keep all")).ok();
        }
        let what = format!("run {run} has kept the weights of {kept}");
        let parts = [what.as_str(), "--along needs at least 2: train with --keep all, or --keep every:5"];
        bench.refuses(&format!("estimators vae {run} {FEW} --along"), &parts);
    }
}

#[test]
fn a_measurement_that_cannot_be_made_is_refused_with_its_value() {
    let bench = Bench::with_earlier_run();
    let groups = "it must be at least 40: an interval compares 20 groups of at least 2";
    for (line, parts) in [
        ("absent", &["there is no run absent", "it holds earlier"][..]),
        ("earlier --draws 39", &["--draws is 39; ", groups]),
        ("earlier --draws 0", &["--draws is 0; ", groups]),
        ("earlier --batches 5", &["--batches is 5; ", groups, ", or 0 for none"]),
        ("earlier --images 0", &["--images is 0; it must be 1 to 200"]),
        ("earlier --images 201", &["--images is 201; it must be 1 to 200"]),
        ("earlier --particles 0", &["objective.particles (--particles) is 0; it must be 1 to 10000"]),
        ("earlier --particles 0 --estimators dreg", &["(--particles) is 0; it must be 1 to 10000"]),
        ("earlier --particles 1 --estimators vimco", &["--estimator vimco does not go with --particles 1"]),
        ("earlier --estimators straight-through", &["does not go with --latent gaussian: its codes are not discrete"]),
        ("earlier --estimators dregg", &["--estimators is `dregg`; it must be one of ", "did you mean `dreg`?"]),
        ("earlier --epoch 7", &["run earlier", "of epoch 7; train with --keep all"]),
        ("earlier --along --epoch 1", &["--along", "cannot be used with", "--epoch"]),
        ("earlier --draws x", &["invalid value 'x' for '--draws <N>'"]),
    ] {
        bench.refuses(&format!("estimators vae --backend flex {line}"), parts);
    }
    bench.write_data("other", &data_set());
    bench.refuses("estimators vae earlier --backend flex --data other", &["was trained on mnist", "sha256"]);
}
