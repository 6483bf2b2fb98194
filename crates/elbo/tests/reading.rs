//! The commands that read a run: what they write, where, and what they refuse.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::*;

#[test]
fn training_leaves_metrics_a_manifest_and_pictures() {
    let bench = Bench::trained();
    let names: Vec<String> = bench.tree("outputs/a").into_keys().collect();
    let expected = ["config.toml", "elbo.svg", "manifest.json", "metrics.jsonl", "reconstructions.png", "samples.png"];
    assert_eq!(names, expected);
    png_size(&bench.read("outputs/a/samples.png"));
    png_size(&bench.read("outputs/a/reconstructions.png"));
    let svg = String::from_utf8(bench.read("outputs/a/elbo.svg")).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("nats per image") && svg.contains("epoch"), "{svg}");

    let text = String::from_utf8(bench.read("outputs/a/metrics.jsonl")).unwrap();
    for (number, line) in text.lines().enumerate() {
        let entry: serde_json::Value = serde_json::from_str(line).unwrap();
        let keys: Vec<&String> = entry.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["epoch", "evaluation_seconds", "seconds", "step", "test", "train"]);
        assert!(entry["epoch"] == number + 1 && entry["step"] == 4 * (number + 1), "{line}");
        for split in ["train", "test"] {
            let [elbo, likelihood, kl] =
                ["elbo", "log_likelihood", "kl"].map(|key| entry[split][key].as_f64().unwrap());
            assert!((elbo - (likelihood - kl)).abs() < 1e-9 && kl > 0.0 && likelihood < 0.0, "{line}");
        }
    }
    // The saved configuration trains the same run again.
    bench.elbo("train vae --config outputs/a/config.toml --run again --backend flex").ok();
    bench.assert_runs_equal("a", "again");
}

#[test]
fn every_picture_is_a_png_among_the_outputs_or_where_asked() {
    let bench = Bench::trained();
    for (line, stem, has_svg) in [
        ("sample a", "samples", false),
        ("sample a --binary --rows 2 --columns 3", "samples", false),
        ("reconstruct a --images 3,1,4", "reconstructions", false),
        ("reconstruct a --binary", "reconstructions", false),
        ("manifold a --side 5", "manifold", true),
        ("interpolate a --from 0 --to 7 --steps 5", "interpolation", true),
        ("latents a", "latents", true),
    ] {
        let outputs = bench.elbo(line).ok();
        let written = bench.elbo(&format!("{line} --out here.png")).ok();
        assert!(written.stdout.starts_with("here.png\n"), "{written:?}");
        let png = bench.read("here.png");
        png_size(&png);
        assert!(outputs.stdout.contains(&format!("outputs/a/{stem}.png\n")), "{outputs:?}");
        assert!(png == bench.read(&format!("outputs/a/{stem}.png")), "{line}");
        assert_eq!(bench.path("here.svg").exists(), has_svg, "{line}");
        if has_svg {
            let svg = String::from_utf8(bench.read("here.svg")).unwrap();
            assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
            std::fs::remove_file(bench.path("here.svg")).unwrap();
        }
    }
}

#[test]
fn a_grid_has_the_rows_and_columns_asked_for() {
    let bench = Bench::trained();
    let size = |line: &str| {
        bench.elbo(&format!("{line} --out a.png")).ok();
        png_size(&bench.read("a.png"))
    };
    let [one, wide, tall] =
        ["1 --columns 1", "1 --columns 4", "4 --columns 1"].map(|n| size(&format!("sample a --rows {n}")));
    assert_eq!(one[0], one[1]);
    assert_eq!(wide, [tall[1], tall[0]]);
    assert!(wide[1] == one[1] && wide[0] > 3 * one[0], "{one:?} {wide:?}");
    // A pair is an original above its reconstruction; ten pairs a row.
    let [pair, ten, eleven] = ["0", "0,1,2,3,4,5,6,7,8,9", "0,1,2,3,4,5,6,7,8,9,0"]
        .map(|images| size(&format!("reconstruct a --images {images}")));
    assert!(pair[1] > pair[0] && ten[1] == pair[1] && ten[0] > 7 * pair[0], "{pair:?} {ten:?}");
    assert!(eleven[0] == ten[0] && eleven[1] > ten[1], "{eleven:?}");
}

#[test]
fn what_cannot_be_drawn_is_refused_with_the_range() {
    let bench = Bench::trained();
    for (line, parts) in [
        ("reconstruct a --images 0,50", &["--images asks for test image 50, but there are 50: the last is 49"][..]),
        ("interpolate a --from 50 --to 0", &["--from asks for test image 50, but there are 50: the last is 49"]),
        ("interpolate a --from 0 --to 1000", &["--to asks for test image 1000, but there are 50: the last is 49"]),
        ("interpolate a --from 0 --to 1 --steps 1", &["--steps is 1; it must be 2 to 100"]),
        ("interpolate a --from 0", &["required", "--to <J>"]),
        ("manifold a --side 61", &["--side is 61; it must be 1 to 60"]),
        ("manifold a --side 0", &["--side is 0; it must be 1 to 60"]),
        ("sample a --rows 0", &["--rows is 0; it must be at least 1"]),
        ("sample a --columns 0", &["--columns is 0; it must be at least 1"]),
        ("sample a --rows 1001", &["--rows is 1001; it must be at most 10,000 images together with --columns"]),
        ("sample a --rows 9999999999", &["--rows is 9999999999; it must be at most 10,000"]),
        ("evaluate a --particles 0", &["--particles is 0; it must be at least 1"]),
        ("evaluate a --images 0", &["--images is 0; it must be 1 to 50, or all"]),
        ("evaluate a --images 51", &["--images is 51; it must be 1 to 50, or all"]),
        ("export a --out a.safetensors --reference 51", &["--reference is 51; it must be 1 to 50"]),
        ("export a --out a.pt", &["--out a.pt does not end in .safetensors"]),
        ("export a", &["required", "--out <F.safetensors>"]),
    ] {
        bench.refuses(line, parts);
    }
    for command in ["sample a", "reconstruct a", "manifold a", "interpolate a --from 0 --to 1", "latents a"] {
        bench.refuses(
            &format!("{command} --out picture.jpg"),
            &["--out picture.jpg does not end in .png; pictures are written as PNG"],
        );
        bench.refuses(
            &format!("{command} --out no/such/folder.png"),
            &["no/such/folder.png cannot be written: No such"],
        );
    }
    bench.elbo(&format!("{TRAIN} --run line --latent-size 1")).ok();
    for command in ["manifold line", "latents line"] {
        bench.refuses(command, &["the number of latents is 1; it must be at least 2 for a picture of the plane"]);
    }
    bench.elbo("interpolate line --from 0 --to 1").ok();
}

#[test]
fn an_evaluation_is_printed_and_stored() {
    let bench = Bench::trained();
    let text = bench.elbo("evaluate a --particles 20 --images 10").ok().stdout;
    assert!(text.starts_with("run a, 2 epochs, protocol threshold: the first 10 test images, 20 particles"), "{text}");
    let json = bench.elbo("evaluate a --particles 20 --images 10 --json").ok();
    assert_eq!(json.json(), bench.json("outputs/a/evaluation.json"));
    assert_eq!(json.stdout.as_bytes(), bench.read("outputs/a/evaluation.json"));
    let evaluation = json.json();
    let keys: Vec<&str> = evaluation.as_object().unwrap().keys().map(String::as_str).collect();
    for key in [
        "run",
        "protocol",
        "images",
        "particles",
        "elbo",
        "log_likelihood",
        "kl",
        "nll",
        "nll_standard_error",
        "nll_monte_carlo_standard_error",
        "active_units",
    ] {
        assert!(keys.contains(&key), "no {key} in {keys:?}");
    }
    let number = |key: &str| evaluation[key].as_f64().unwrap();
    assert!((number("elbo") - (number("log_likelihood") - number("kl"))).abs() < 1e-9);
    // The bound of many particles is the tighter one.
    assert!(-number("nll") > number("elbo"));
    // All of a small test set, where nothing else is asked.
    assert_eq!(bench.elbo("evaluate a --particles 5 --json").ok().json()["images"], 50);
    let all = bench.elbo("evaluate a --particles 1 --images all --json").ok().json();
    assert!(all["images"] == 50 && all["nll_monte_carlo_standard_error"].is_null(), "{all}");
    let one = bench.elbo("evaluate a --images 1 --particles 5 --json").ok().json();
    assert!(one["nll_standard_error"].is_null(), "{one}");
}

#[test]
fn exported_weights_have_their_documented_names_and_layouts() {
    let bench = Bench::trained();
    bench.elbo("export a --out a.safetensors --reference 4").ok();
    let header = |file: &str| -> serde_json::Value {
        let bytes = bench.read(file);
        let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        serde_json::from_slice(&bytes[8..8 + length]).unwrap()
    };
    let weights = header("a.safetensors");
    for (name, shape) in [
        ("encoder.layers.0.weight", vec![16, 784]),
        ("encoder.layers.0.bias", vec![16]),
        ("latent.loc.weight", vec![2, 16]),
        ("latent.log_variance.weight", vec![2, 16]),
        ("decoder.layers.0.weight", vec![16, 2]),
        ("output.weight", vec![784, 16]),
        ("output.bias", vec![784]),
    ] {
        assert_eq!(weights[name]["shape"], serde_json::json!(shape), "{name} in {weights}");
        assert_eq!(weights[name]["dtype"], "F32");
    }
    let about: serde_json::Value = serde_json::from_str(weights["__metadata__"]["elbo"].as_str().unwrap()).unwrap();
    assert!(about["run"] == "a" && about["epochs"] == 2 && about["config"]["model"]["latent"]["size"] == 2, "{about}");
    let reference = header("a.reference.safetensors");
    assert_eq!(reference["images"]["shape"], serde_json::json!([4, 784]));
    assert_eq!(reference["kl"]["shape"], serde_json::json!([4]));
}

#[test]
fn a_run_is_published_once_it_is_evaluated() {
    let bench = Bench::trained();
    bench.refuses("results --publish a", &["--publish is a; it must be an evaluated run: run `elbo evaluate a` first"]);
    bench.elbo("evaluate a --particles 5").ok();
    bench.elbo("results --publish a").ok();
    let published: Vec<String> = bench.tree("assets/results/a").into_keys().collect();
    assert_eq!(published, ["evaluation.json", "manifest.json", "metrics.jsonl", "samples.png"]);
    bench.refuses("results --publish a", &["--publish is a; it must be a run that is not in ", "or come with --force"]);
    bench.elbo("results --publish a --force").ok();
    bench.refuses("results --force", &["required", "--publish <RUN>"]);
    // Published and present, a run is still one row.
    let rows = bench.elbo("results --json").ok().json();
    let ours: Vec<_> = rows.as_array().unwrap().iter().filter(|row| row["ours"] == true).cloned().collect();
    assert_eq!(ours.len(), 1);
    assert!(ours[0]["name"] == "a" && ours[0]["source"].as_str().unwrap().ends_with("assets/results/a"), "{ours:?}");
}
