//! Every latent through every command: training, resumption, evaluation, pictures, export.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::*;

const LATENTS: [(&str, &str); 11] = [
    ("gaussian", "--latent gaussian"),
    ("exponential", "--latent exponential --latent-size 3"),
    ("log-normal", "--latent log-normal --latent-size 3"),
    ("kumaraswamy", "--latent kumaraswamy --latent-size 3"),
    ("beta", "--latent beta --latent-size 3"),
    ("gamma", "--latent gamma --latent-size 2"),
    ("dirichlet", "--latent dirichlet --groups 2 --classes 3"),
    ("bernoulli", "--latent bernoulli --latent-size 5 --temperature constant:0.7"),
    ("concrete", "--latent bernoulli --latent-size 5 --temperature constant:0.7 --latent-kl relaxed:0.5"),
    ("categorical", "--latent categorical --groups 3 --classes 4 --temperature exponential:1,0.1,0.5"),
    ("relaxed", "--latent categorical --groups 3 --classes 4 --temperature constant:0.7 --latent-kl relaxed:0.5"),
];

fn is_relaxed(flags: &str) -> bool {
    flags.contains("--temperature")
}

#[test]
fn every_command_works_for_every_latent() {
    let bench = Bench::new();
    for (run, flags) in LATENTS {
        bench.elbo(&format!("{TRAIN} --run {run} {flags}")).ok();
        for picture in ["samples.png", "reconstructions.png"] {
            png_size(&bench.read(&format!("outputs/{run}/{picture}")));
        }
        for (command, picture) in [
            ("sample {} --binary", "samples.png"),
            ("reconstruct {} --images 0,1", "reconstructions.png"),
            ("manifold {} --side 4", "manifold.png"),
            ("interpolate {} --from 0 --to 7 --steps 3", "interpolation.png"),
            ("latents {}", "latents.png"),
        ] {
            bench.elbo(&command.replace("{}", run)).ok();
            png_size(&bench.read(&format!("outputs/{run}/{picture}")));
        }
        bench.elbo(&format!("export {run} --out {run}.safetensors --reference 4")).ok();
        let evaluation = bench.elbo(&format!("evaluate {run} --particles 50 --images 20 --json")).ok().json();
        let [elbo, nll] = ["elbo", "nll"].map(|key| evaluation[key].as_f64().unwrap());
        assert!(nll > 0.0 && nll < -elbo, "{run}: {evaluation}");
    }
}

/// A short training raises the ELBO of every latent. A surrogate stands beside the ELBO in training and is labelled; a latent
/// without one has no such keys, and no test line has (D25).
#[test]
fn d25_every_latent_learns_and_a_surrogate_is_labelled_as_no_bound() {
    let bench = Bench::new();
    for (run, flags) in LATENTS {
        bench.elbo(&format!("{TRAIN} --run {run} {flags}")).ok();
        let has_surrogate = is_relaxed(flags);
        let entries: Vec<serde_json::Value> =
            bench.metrics(run).iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        let [first, .., last] = entries.as_slice() else { panic!("{run}: {entries:?}") };
        for part in ["train", "test"] {
            let elbo = |entry: &serde_json::Value| entry[part]["elbo"].as_f64().unwrap();
            assert!(elbo(last) > elbo(first), "{run}, {part}: {entries:?}");
        }
        for (entry, line) in entries.iter().zip(bench.metrics(run)) {
            assert!(entry["test"].get("objective").is_none() && entry["test"].get("bound").is_none(), "{line}");
            assert_eq!(entry["train"].get("objective").is_some(), has_surrogate, "{line}");
            assert_eq!(
                entry["train"].get("bound").map(|bound| bound == false),
                has_surrogate.then_some(true),
                "{line}"
            );
            if has_surrogate {
                assert_ne!(entry["train"]["objective"], entry["train"]["elbo"]);
            }
        }
    }
}

/// D40: a resumed run has the bytes of an uninterrupted one, whose temperature goes on from the same step.
#[test]
fn d40_every_latent_resumes_to_the_byte() {
    let bench = Bench::new();
    for (run, flags) in LATENTS {
        bench.elbo(&format!("{TRAIN} --run {run} {flags} --epochs 4")).ok();
        bench.elbo(&format!("{TRAIN} --run {run}-again {flags} --epochs 2")).ok();
        bench.elbo(&format!("train vae --run {run}-again --resume --epochs 4 --backend flex")).ok();
        bench.assert_runs_equal(run, &format!("{run}-again"));
    }
    bench.refuses(
        "train vae --run categorical --resume --epochs 9 --temperature constant:1",
        &["model.latent.temperature is \"constant:1\", but run categorical was trained with \"exponential:1,0.1,0.5\""],
    );
}

/// Two stochastic layers have no divergence in closed form and no manifold; all else works, and resumes to the byte.
#[test]
fn every_command_but_the_manifold_works_for_two_stochastic_layers() {
    let bench = Bench::new();
    let latent = "latent = { kind = \"stacked-gaussian\", size = 3, upper = 2, hidden = [8, 6] }";
    let text = format!("[model]\nencoder = [16]\ndecoder = [16]\n{latent}\n[training]\nbatch_size = 50\n");
    bench.write("two.toml", text.as_bytes());
    let train = "train vae --preset iwae-2 --config two.toml --backend flex --limit-train 200 --limit-test 50";
    for (run, flags) in [
        ("iwae", "--particles 3"),
        ("stl", "--objective elbo --estimator path-derivative"),
        ("scored", "--objective elbo --estimator score-function-learned"),
    ] {
        let output = bench.elbo(&format!("{train} {flags} --run {run} --epochs 3")).ok();
        assert!(output.stderr.contains("3 latents below 2"), "{}", output.stderr);
        bench.elbo(&format!("{train} {flags} --run {run}-again --epochs 1")).ok();
        bench.elbo(&format!("train vae --run {run}-again --resume --epochs 3 --backend flex --threads 2")).ok();
        bench.assert_runs_equal(run, &format!("{run}-again"));
        let last: serde_json::Value = serde_json::from_str(bench.metrics(run).last().unwrap()).unwrap();
        assert!(last["train"]["bound"] == true && last["test"]["elbo"].as_f64().unwrap() < 0.0, "{last}");
    }
    for (command, picture) in [
        ("sample iwae", "samples.png"),
        ("reconstruct iwae --images 0,1", "reconstructions.png"),
        ("interpolate iwae --from 0 --to 7 --steps 3", "interpolation.png"),
        ("latents iwae", "latents.png"),
    ] {
        bench.elbo(command).ok();
        png_size(&bench.read(&format!("outputs/iwae/{picture}")));
    }
    bench.elbo("export iwae --out iwae.safetensors --reference 4").ok();
    let evaluation = bench.elbo("evaluate iwae --particles 50 --images 20 --json").ok().json();
    let [elbo, nll, kl] = ["elbo", "nll", "kl"].map(|key| evaluation[key].as_f64().unwrap());
    assert!(nll > 0.0 && nll < -elbo && kl.is_finite(), "{evaluation}");
    assert!(evaluation["upper_active_units"].as_u64().unwrap() <= 2, "{evaluation}");
    // The bound of one particle is the ELBO of the same draws.
    assert!((evaluation["bounds"][0]["nll"].as_f64().unwrap() + elbo).abs() < 1e-4, "{evaluation}");

    bench.refuses(
        "manifold iwae",
        &["the latent is stacked-gaussian; it must be of one stochastic layer for a manifold"],
    );
    for (flags, parts) in [
        (
            "--estimator dreg",
            "--estimator dreg does not go with --latent stacked-gaussian: it is for one stochastic layer",
        ),
        ("--objective elbo --kl analytic", "have no divergence in closed form; use --kl monte-carlo"),
        ("--objective elbo --estimator self-tuning", "it knows the variance of the score of a Gaussian"),
        ("--groups 3", "a latent that is stacked-gaussian has --latent-size instead"),
    ] {
        bench.refuses(&format!("{train} {flags}"), &[parts]);
    }
    bench.refuses("train vae --latent stacked-gaussian", &["unknown latent `stacked-gaussian`; there are gaussian"]);
}

/// A flag that the latent has no part for is refused, whichever latent it is.
#[test]
fn flags_of_another_latent_are_refused() {
    let bench = Bench::new();
    for name in ["gaussian", "exponential", "log-normal", "kumaraswamy", "beta", "gamma"] {
        let is = format!("it must be left out: a latent that is {name} has");
        for (flag, instead) in [
            ("--groups 5", "--latent-size instead"),
            ("--classes 5", "--latent-size instead"),
            ("--temperature constant:1", "no temperature"),
            ("--latent-kl relaxed:1", "one divergence only"),
        ] {
            bench.refuses(&format!("train vae --latent {name} {flag}"), &[&is, instead]);
        }
    }
    bench.refuses("train vae --latent bernoulli --groups 5", &["--groups is 5; it must be left out", "--latent-size"]);
    for (flag, part) in [("--latent-size 5", "--groups and --classes"), ("--temperature constant:1", "no temperature")]
    {
        bench.refuses(&format!("train vae --latent dirichlet {flag}"), &["a latent that is dirichlet has", part]);
    }
    bench.refuses("train vae --latent dirichlet --classes 1", &["`model.latent.classes` is 1; it must be at least 2"]);
    bench.refuses("train vae --latent bernoulli --latent-size 0", &["`model.latent.size` is 0; it must be at least 1"]);
}

/// A file replaces the latent as a whole; keys of another latent are refused.
#[test]
fn a_configuration_names_its_latent() {
    let bench = Bench::new();
    bench.write(
        "cat.toml",
        b"[model]\nlatent = { kind = \"categorical\", groups = 2, classes = 5 }\n[training]\nepochs = 1\n",
    );
    let train = "train vae --config cat.toml --backend flex --limit-train 200 --limit-test 50";
    bench.elbo(&format!("{train} --run a")).ok();
    let config = String::from_utf8(bench.read("outputs/a/config.toml")).unwrap();
    assert!(config.contains("temperature = \"exponential:1,0.00003,0.5\""), "{config}");
    bench.elbo("train vae --config outputs/a/config.toml --run b --backend flex").ok();
    bench.assert_runs_equal("a", "b");
    for latent in [
        "{ kind = \"log-normal\", size = 2 }",
        "{ kind = \"dirichlet\", groups = 1, classes = 4 }",
        "{ kind = \"bernoulli\", size = 4, temperature = \"constant:1\", kl = \"relaxed:0.5\" }",
        // As `discrete` was written when only categorical latents had it.
        "{ kind = \"categorical\", groups = 2, classes = 3, kl = \"categorical\" }",
    ] {
        bench.write("latent.toml", format!("[model]\nlatent = {latent}\n[training]\nepochs = 1\n").as_bytes());
        bench.elbo(&format!("{} --run c --force", train.replace("cat.toml", "latent.toml"))).ok();
    }
    for (latent, parts) in [
        ("{ kind = \"categorical\", groups = 2 }", &["bad.toml is not a valid configuration", "classes"][..]),
        ("{ kind = \"gaussian\", groups = 2, size = 2 }", &["bad.toml is not a valid configuration", "groups"]),
        ("{ kind = \"beta\", size = 2, temperature = \"constant:1\" }", &["unknown field `temperature`"]),
        ("{ kind = \"bernoulli\", size = 2, kl = \"exact\" }", &["unknown divergence `exact`; there are discrete"]),
        ("{ kind = \"dirichlet\", groups = 2, classes = -3 }", &["-3"]),
        ("{ kind = \"categorical\", groups = 2, classes = 3, temperature = \"warm\" }", &["`warm` is no temperature"]),
        (
            "{ kind = \"categorical\", groups = 2, classes = 3, temperatur = \"x\" }",
            &["did you mean `model.latent.temperature`?"],
        ),
    ] {
        bench.write("bad.toml", format!("[model]\nlatent = {latent}\n").as_bytes());
        bench.refuses("train vae --config bad.toml", parts);
    }
}

/// Gradient descent with momentum and a prior that is learnt: saved, resumed to the byte, and exported with the rest.
#[test]
fn a_learned_prior_and_a_momentum_resume_to_the_byte() {
    let bench = Bench::new();
    let text = "[model]\nlatent = { kind = \"categorical\", groups = 2, classes = 3, prior = \"learned\" }\n\
                [optimizer]\nkind = \"sgd\"\nlearning_rate = 1e-3\nmomentum = 0.8\n";
    bench.write("sgd.toml", text.as_bytes());
    let train = "train vae --preset gumbel-paper --config sgd.toml --backend flex --limit-train 200 --limit-test 50";
    bench.elbo(&format!("{train} --run a --epochs 4")).ok();
    bench.elbo(&format!("{train} --run b --epochs 2")).ok();
    bench.elbo("train vae --run b --resume --epochs 4 --backend flex").ok();
    bench.assert_runs_equal("a", "b");
    bench.elbo("export a --out a.safetensors").ok();
    let bytes = bench.read("a.safetensors");
    assert!(String::from_utf8_lossy(&bytes).contains("latent.prior_logits"));
    bench.write("bad.toml", b"[optimizer]\nkind = \"adam\"\nmomentum = 0.5\n");
    bench.refuses(
        "train vae --config bad.toml",
        &["optimizer.momentum is 0.5, which is no key of this optimiser: adam has"],
    );
}
