//! What cannot be done as typed: one sentence with the nearest valid word or the range, exit code 2, and nothing changes.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test may panic, and says what it skips")]

mod common;

use common::*;

#[test]
fn an_unknown_word_is_answered_with_the_nearest_valid_one() {
    let bench = Bench::with_earlier_run();
    for (line, parts) in [
        (
            "train vae --preset notebok",
            &[
                "unknown preset `notebok`; there are notebook, pytorch-example, two, exponential, gumbel, gumbel-paper, iwae, iwae-paper, iwae-2, stl; did you mean `notebook`?",
            ][..],
        ),
        (
            "train vae --protocol treshold",
            &["unknown protocol `treshold`; there are threshold, dynamic, static", "did you mean `threshold`?"],
        ),
        ("train vae --protocol static-seedx", &["`static-seedx` has no number after `static-seed`"]),
        ("train vae --latent gausian", &["unknown latent `gausian`", "did you mean `gaussian`?"]),
        ("train vae --latent exponental", &["bernoulli, categorical; did you mean `exponential`?"]),
        ("train vae --temperature 0.5", &["`0.5` is no temperature; write constant:T"]),
        ("train vae --latent-kl exact", &["unknown divergence `exact`; there are discrete, and relaxed:T"]),
        ("train vae --backend wgp", &["invalid value 'wgp' for '--backend", "a similar value exists: 'wgpu'"]),
        ("train vae --keep nonsense", &["`nonsense` is not one of last, all, every:N (N at least 1)"]),
        ("train vae --keep every:0", &["`every:0` is not one of last, all, every:N (N at least 1)"]),
        ("train vae --batch-sise 2", &["unexpected argument '--batch-sise'", "'--batch-size'"]),
        ("evalute", &["unrecognized subcommand 'evalute'", "'evaluate'"]),
        ("train vaee", &["unrecognized subcommand 'vaee'", "'vae'"]),
        ("evaluate --images some", &["`some` is neither a number nor `all`"]),
    ] {
        bench.refuses(line, parts);
    }
}

#[test]
fn an_unknown_key_of_a_configuration_is_answered_with_the_nearest_valid_one() {
    let bench = Bench::with_earlier_run();
    for (text, parts) in [
        (
            "[optimizer]\nlearning_rat = 1.0",
            &["bad.toml has the unknown key `optimizer.learning_rat`; did you mean `optimizer.learning_rate`?"][..],
        ),
        ("epochs = 3", &["bad.toml has the unknown key `epochs`; did you mean `training.epochs`?"]),
        ("[trainng]\nepochs = 3", &["unknown key `trainng`; did you mean `training`?"]),
        ("[training]\nepochs = \"many\"", &["bad.toml is not a valid configuration: ", "\"many\""]),
        ("[training]\nepochs = -3", &["bad.toml is not a valid configuration: ", "-3"]),
        ("[training\n", &["bad.toml is not a valid configuration: ", "line 1"]),
        ("[data]\nprotocol = \"gray\"", &["unknown protocol `gray`", "did you mean `grey`?"]),
        ("[model]\nlatent = { kind = \"gausian\", size = 2 }", &["bad.toml", "gaussian"]),
        ("[optimizer]\nbeta_1 = 1.0", &["optimizer.beta_1 is 1; it must be at least 0 and below 1"]),
        ("[model]\nencoder = [16, 0]", &["model.encoder", "0"]),
    ] {
        bench.write("bad.toml", text.as_bytes());
        bench.refuses("train vae --config bad.toml", parts);
    }
    bench.refuses("train vae --config absent.toml", &["absent.toml cannot be read: No such file"]);
    bench.write("bad.toml", b"\xff\xfe");
    bench.refuses("train vae --config bad.toml", &["bad.toml is not a valid configuration: "]);
}

#[test]
fn a_value_out_of_range_is_answered_with_the_range() {
    let bench = Bench::with_earlier_run();
    let rate = "optimizer.learning_rate (--learning-rate) is";
    let batch = "training.batch_size (--batch-size) is";
    for (flags, parts) in [
        ("--learning-rate -1", &[rate, "is -1; it must be positive, such as 0.001"][..]),
        ("--learning-rate -1e-3", &[rate, "is -0.001; it must be positive"]),
        ("--learning-rate 0", &[rate, "is 0; it must be positive"]),
        ("--learning-rate nan", &[rate, "is NaN; it must be positive"]),
        ("--learning-rate inf", &[rate, "is inf; it must be positive"]),
        ("--batch-size 0", &[batch, "is 0; it must be at least 1"]),
        ("--batch-size 201", &[batch, "is 201; it must be at most 200, the number of training images"]),
        ("--epochs 0", &["training.epochs (--epochs) is 0; it must be at least 1"]),
        ("--latent-size 0", &["model.latent.size", "is 0; it must be at least 1"]),
        ("--latent categorical --groups 0", &["`model.latent.groups` is 0; it must be at least 1"]),
        ("--latent categorical --classes 1", &["`model.latent.classes` is 1; it must be at least 2"]),
        ("--latent categorical --groups 9999999999 --classes 9999999999", &["it must have at most 1000000"]),
        ("--latent categorical --temperature constant:0", &["`constant:0` is 0; it must be positive"]),
        ("--latent categorical --temperature constant:nan", &["`constant:nan` is NaN; it must be positive"]),
        (
            "--latent categorical --temperature exponential:1,-1,0.5",
            &["the rate of the temperature", "is -1; it must be"],
        ),
        ("--latent categorical --latent-kl relaxed:-1", &["the prior temperature of `relaxed:-1` is -1"]),
        (
            "--latent categorical --latent-size 5",
            &["--latent-size is 5; it must be left out: a latent that is categorical has --groups"],
        ),
        ("--groups 5", &["--groups is 5; it must be left out: a latent that is gaussian has --latent-size instead"]),
        ("--latent exponential --temperature constant:1", &["--temperature is constant:1; it must be left out"]),
        ("--threads 0", &["invalid value '0' for '--threads <T>'", "1..=1024"]),
    ] {
        bench.refuses(&format!("{TRAIN} --run new {flags}"), parts);
    }
}

/// A leading minus is a value, not a flag that nobody knows.
#[test]
fn a_negative_number_is_refused_as_a_number() {
    let bench = Bench::with_earlier_run();
    for (command, flags) in [
        (
            "train vae",
            &[
                "--epochs",
                "--batch-size",
                "--latent-size",
                "--groups",
                "--classes",
                "--limit-train",
                "--limit-test",
                "--seed",
                "--threads",
            ][..],
        ),
        ("evaluate", &["--images", "--particles", "--epoch"]),
        ("sample", &["--rows", "--columns", "--seed"]),
        ("reconstruct", &["--images"]),
        ("manifold", &["--side"]),
        ("interpolate", &["--from", "--to", "--steps"]),
        ("export --out a.safetensors", &["--reference"]),
    ] {
        for flag in flags {
            bench.refuses(&format!("{command} {flag} -1"), &[&format!("for '{flag}"), "-1"]);
        }
    }
}

#[test]
fn a_run_cannot_have_a_name_that_leaves_its_folder() {
    let bench = Bench::with_earlier_run();
    for name in ["a/b", "..", "../x", "/tmp/x", ".hidden", "ein-läufer"] {
        let message = format!("`{name}` is not a name for a run: use letters, digits, `.`, `_` and `-`");
        bench.refuses(&format!("{TRAIN} --run {name}"), &[&message]);
        bench.refuses(&format!("evaluate {name}"), &[&message]);
        bench.refuses(&format!("results --publish {name}"), &[&message]);
    }
}

#[test]
fn a_run_that_is_not_there_is_answered_with_those_that_are() {
    let bench = Bench::with_earlier_run();
    for line in ["evaluate earlir", "sample earlir", "train vae --resume --run earlir", "results --publish earlir"] {
        bench.refuses(line, &["there is no run earlir in ", "; it holds earlier; did you mean `earlier`?"]);
    }
    let empty = Bench::new();
    for line in ["evaluate", "sample", "latents", "train vae --resume"] {
        empty.refuses(
            line,
            &["there is no trained run in ", "; train one with `elbo train vae`, or name another --root"],
        );
    }
    empty.refuses("evaluate x", &["there is no run x in ", "; it holds none at all"]);
}

#[test]
fn a_backend_that_is_not_compiled_in_is_refused_with_the_feature_to_build() {
    let bench = Bench::with_earlier_run();
    for (name, compiled) in
        [("ndarray", cfg!(feature = "ndarray")), ("wgpu", cfg!(feature = "wgpu")), ("cuda", cfg!(feature = "cuda"))]
    {
        if compiled {
            eprintln!("{name} is compiled in: nothing to refuse");
            continue;
        }
        let message = format!(
            "--backend {name} is not compiled into this elbo; build it in: `cargo run --release --features {name} -- ..`, or use --backend flex"
        );
        bench.refuses(
            &format!("train vae --config tiny.toml --limit-train 200 --limit-test 50 --backend {name}"),
            &[&message],
        );
        bench.refuses(&format!("evaluate --backend {name}"), &[&message]);
    }
}

/// With a GPU there is nothing to refuse; with Mesa's renderer, or with none at all, there is.
#[cfg(feature = "wgpu")]
#[test]
fn a_software_renderer_or_no_device_is_refused() {
    let bench = Bench::with_earlier_run();
    let rows = bench.elbo("backends --json").ok().json();
    let wgpu = rows.as_array().unwrap().iter().find(|row| row["name"] == "wgpu").unwrap().clone();
    let found = wgpu["description"].as_str().unwrap();
    let train = "train vae --config tiny.toml --limit-train 200 --limit-test 50 --run new --backend wgpu";
    if let Some(renderer) = found.strip_suffix(": software, needs --allow-software") {
        assert_eq!(wgpu["auto"], false);
        let message = format!("--backend wgpu found only the software renderer {renderer}, which is far slower");
        bench.refuses(train, &[&message, "use that, or add --allow-software for a test"]);
        bench.elbo(&format!("{train} --allow-software")).ok();
        // Auto never takes it, and says what it takes instead.
        let auto = bench.elbo("sample earlier").ok();
        assert!(auto.stderr.contains("backend flex: CPU, pure Rust"), "{auto:?}");
        // A run of one backend goes on with another.
        bench.elbo("train vae --run new --resume --epochs 3 --backend flex").ok();
    } else if wgpu["present"] == false {
        bench.refuses(train, &["--backend wgpu has no device here: ", "; use --backend flex, or install the driver"]);
    } else {
        eprintln!("a GPU is present ({found}): nothing to refuse");
    }
}

#[test]
fn a_cuda_build_without_a_driver_says_so() {
    if !cfg!(feature = "cuda") {
        eprintln!("cuda is not compiled in");
        return;
    }
    let bench = Bench::with_earlier_run();
    let rows = bench.elbo("backends --json").ok().json();
    if rows.as_array().unwrap().iter().any(|row| row["name"] == "cuda" && row["present"] == false) {
        bench.refuses("evaluate --backend cuda", &["--backend cuda has no device here: ", "use --backend flex"]);
    }
}

#[test]
fn a_root_that_cannot_hold_runs_is_refused() {
    let bench = Bench::with_earlier_run();
    bench.refuses(
        &format!("{TRAIN} --run new --root tiny.toml/below"),
        &["tiny.toml/below/checkpoints/new cannot be created: Not a directory"],
    );
    bench.refuses("evaluate --root tiny.toml/below", &["there is no trained run in tiny.toml/below; train one with"]);
    // A file where one of the two folders should be: the other one is not left behind either.
    bench.write("odd/outputs", b"");
    let before = bench.tree("");
    bench.elbo(&format!("{TRAIN} --run new --root odd")).fails(2, &["odd/outputs/new cannot be created: "]);
    let mut after = bench.tree("");
    after.remove("odd/checkpoints/");
    assert_same(&before, &after);
}

#[cfg(unix)]
#[test]
fn a_read_only_root_is_refused() {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;

    let bench = Bench::with_earlier_run();
    let id = Command::new("id").arg("-u").output().unwrap();
    // Permissions do not bind root, unless it gives up the capabilities that say so.
    let is_root = id.stdout == b"0\n";
    let bound = ["--bounding-set=-dac_override,-dac_read_search", "--"];
    let is_bound = |status: std::io::Result<std::process::ExitStatus>| status.is_ok_and(|status| status.success());
    if is_root && !is_bound(Command::new("setpriv").args(bound).arg("true").status()) {
        eprintln!("permissions do not bind root here: nothing to refuse");
        return;
    }
    let start = |line: &str| match is_root {
        true => bench.through("setpriv", &[bound[0], bound[1], env!("CARGO_BIN_EXE_elbo")], line),
        false => bench.command(line),
    };
    let folders = ["", "checkpoints", "checkpoints/earlier", "outputs", "outputs/earlier"];
    let lock = |mode: u32| {
        for folder in folders {
            fs::set_permissions(bench.path(folder), fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    let before = bench.tree("");
    lock(0o555);
    let new = run(&mut start(&format!("{TRAIN} --run new")));
    let evaluation = run(&mut start("evaluate earlier --particles 5"));
    let picture = run(&mut start("sample earlier"));
    let forced = run(&mut start(&format!("{TRAIN} --run earlier --force --seed 3")));
    lock(0o755);
    new.fails(2, &["checkpoints/new cannot be created: Permission denied"]);
    evaluation.fails(2, &["outputs/earlier/evaluation.json cannot be written: Permission denied"]);
    picture.fails(2, &["outputs/earlier/samples.png cannot be written: Permission denied"]);
    forced.fails(2, &["earlier/", "cannot be removed: Permission denied"]);
    assert_same(&before, &bench.tree(""));
}
