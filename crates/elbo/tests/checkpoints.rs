//! Checkpoints that are damaged, foreign, in the way or not writable: named, refused, and nothing earlier is lost.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::fs;

use common::*;

/// `[the file, what its absence stops]`
const FILES: [&str; 4] = ["model.bpk", "optimizer.bpk", "state.json", "checksums.sha256"];

const RESUME: &str = "train vae --run a --resume --epochs 3";

fn trained() -> (Bench, String) {
    let bench = Bench::new();
    bench.elbo(&format!("{TRAIN} --run a")).ok();
    let checkpoint = bench.checkpoint("a");
    (bench, checkpoint)
}

#[test]
fn a_fresh_checkpoint_passes_sha256sum() {
    let (bench, checkpoint) = trained();
    let checked = std::process::Command::new("sha256sum")
        .args(["--check", "--strict", "checksums.sha256"])
        .current_dir(bench.path(&checkpoint))
        .output()
        .unwrap();
    assert!(checked.status.success(), "{checked:?}");
    assert_eq!(String::from_utf8(checked.stdout).unwrap().lines().count(), 3);
}

#[test]
fn a_flipped_byte_is_found_wherever_it_is() {
    let (bench, checkpoint) = trained();
    for file in FILES {
        let path = format!("{checkpoint}/{file}");
        let whole = bench.read(&path);
        for at in [0, whole.len() / 2, whole.len() - 2] {
            let mut flipped = whole.clone();
            flipped[at] ^= 0x10;
            bench.write(&path, &flipped);
            // A flipped checksum is that of one of the three files, which then is the one not to be trusted.
            let parts: &[&str] = match file {
                "checksums.sha256" => &["is damaged: its sha256 is not the one in checksums.sha256; restore the file"],
                _ => &[&format!(
                    "{file} is damaged: its sha256 is not the one in checksums.sha256; restore the file from a copy, or train again with --force"
                )],
            };
            bench.refuses(RESUME, parts);
            if file == "model.bpk" || file == "state.json" {
                for line in ["evaluate a", "sample a", "export a --out a.safetensors"] {
                    bench.refuses(line, parts);
                }
            }
        }
        bench.write(&path, &whole);
    }
    bench.elbo(RESUME).ok();
}

#[test]
fn a_missing_file_is_named() {
    let (bench, checkpoint) = trained();
    for file in FILES {
        let path = format!("{checkpoint}/{file}");
        let whole = bench.read(&path);
        fs::remove_file(bench.path(&path)).unwrap();
        let message =
            format!("{file} is missing from its checkpoint; restore it from a copy, or train again with --force");
        bench.refuses(RESUME, &[&message]);
        if file != "optimizer.bpk" {
            bench.refuses("evaluate a", &[&message]);
        }
        bench.write(&path, &whole);
    }
    fs::remove_dir_all(bench.path(&checkpoint)).unwrap();
    let none = ["run a has no complete checkpoint; train it again with --force"];
    bench.refuses(RESUME, &none);
    bench.refuses("evaluate a", &none);
    bench.refuses(&format!("{TRAIN} --run a"), &["run a exists already (no complete checkpoint)"]);
    bench.elbo(&format!("{TRAIN} --run a --force")).ok();
}

/// The checksums are right in every case: only the tensors can tell.
#[test]
fn a_checkpoint_of_another_architecture_is_refused() {
    let (bench, checkpoint) = trained();
    let before = bench.tree(&checkpoint);
    bench.write("wide.toml", b"[model]\nencoder = [24]\ndecoder = [16]\nlatent = { kind = \"gaussian\", size = 2 }");
    bench
        .write("deep.toml", b"[model]\nencoder = [16, 16]\ndecoder = [16]\nlatent = { kind = \"gaussian\", size = 2 }");
    let train = "train vae --backend flex --limit-train 200 --limit-test 50 --epochs 1";
    bench.elbo(&format!("{train} --config wide.toml --run wide")).ok();
    bench.elbo(&format!("{train} --config deep.toml --run deep")).ok();
    bench.elbo(&format!("{TRAIN} --run latents --latent-size 3")).ok();
    for other in ["wide", "deep", "latents"] {
        let folder = bench.checkpoint(other);
        bench.write(&format!("{checkpoint}/model.bpk"), &bench.read(&format!("{folder}/model.bpk")));
        bench.sign(&checkpoint);
        let message = "model.bpk does not hold the weights of the model that state.json beside it describes: ";
        bench.refuses("evaluate a", &[message]);
        bench.refuses("export a --out a.safetensors", &[message]);
        bench.refuses(RESUME, &[message]);
        // The weights are right, Adam's moments are not.
        for (name, bytes) in &before {
            bench.write(&format!("{checkpoint}/{name}"), bytes);
        }
        bench.write(&format!("{checkpoint}/optimizer.bpk"), &bench.read(&format!("{folder}/optimizer.bpk")));
        bench.sign(&checkpoint);
        bench.refuses(RESUME, &["optimizer.bpk does not hold Adam's moments of the weights in model.bpk beside it"]);
        for (name, bytes) in &before {
            bench.write(&format!("{checkpoint}/{name}"), bytes);
        }
    }
    bench.elbo(RESUME).ok();
}

#[test]
fn a_checkpoint_of_a_newer_format_is_refused() {
    let (bench, checkpoint) = trained();
    let path = format!("{checkpoint}/state.json");
    let state = String::from_utf8(bench.read(&path)).unwrap();
    // Another format may have other fields and other files: its number is read before anything is checked.
    bench.write(&path, state.replacen("\"format\": 1,", "\"format\": 2, \"new\": {},", 1).as_bytes());
    for line in ["evaluate a", "sample a", RESUME] {
        bench.refuses(
            line,
            &["state.json has checkpoint format 2, but this elbo reads 1: it was written by a newer elbo; use that one"],
        );
    }
    // The same with checksums that fit, and with a state that is not one.
    bench.sign(&checkpoint);
    bench.refuses("evaluate a", &["has checkpoint format 2, but this elbo reads 1"]);
    for (text, part) in [
        (state.replacen("\"format\": 1,", "", 1), "it has no valid `format`"),
        (state.replacen("\"epochs\": 2,", "", 1), "missing field `epochs`"),
        (state.replacen("\"epochs\": 2,", "\"epochs\": -2,", 1), "invalid value"),
        ("no JSON".to_owned(), "expected"),
    ] {
        bench.write(&path, text.as_bytes());
        bench.sign(&checkpoint);
        bench.refuses("evaluate a", &["state.json is not the state of a checkpoint: ", part]);
    }
}

#[test]
fn a_run_is_only_replaced_with_force_which_says_what_is_lost() {
    let (bench, _) = trained();
    for flags in ["", "--seed 3", "--preset two"] {
        bench.refuses(
            &format!("{TRAIN} --run a {flags}"),
            &["run a exists already (2 epochs, 8 steps); choose another --run, continue it with --resume, or replace it with --force"],
        );
    }
    // A request that is refused for another reason replaces nothing.
    bench.refuses(&format!("{TRAIN} --run a --force --batch-size 0"), &["(--batch-size) is 0"]);
    bench.refuses(&format!("{TRAIN} --run a --force --resume"), &["'--force'", "cannot be used with '--resume'"]);
    bench.elbo("evaluate a --particles 5").ok();
    let first = bench.read("outputs/a/samples.png");

    let replaced = bench.elbo(&format!("{TRAIN} --run a --force --seed 3 --epochs 1")).ok();
    assert!(replaced.stderr.contains("replacing run a (2 epochs, 8 steps)"), "{replaced:?}");
    assert_eq!(bench.metrics("a").len(), 1);
    assert_ne!(bench.read("outputs/a/samples.png"), first);
    // The evaluation was of the weights that are gone.
    assert!(!bench.path("outputs/a/evaluation.json").exists());
    assert_eq!(bench.checkpoint("a"), "checkpoints/a/step-0000000004");
    assert_eq!(fs::read_dir(bench.path("checkpoints/a")).unwrap().count(), 2);
    // A damaged run is replaced as well, and said to be one.
    bench.write("checkpoints/a/step-0000000004/state.json", b"{");
    let damaged = bench.elbo(&format!("{TRAIN} --run a --force")).ok();
    assert!(damaged.stderr.contains("replacing run a (a checkpoint that cannot be read)"), "{damaged:?}");
    // A new run has nothing to replace.
    let new = bench.elbo(&format!("{TRAIN} --run b --force")).ok();
    assert!(!new.stderr.contains("replacing"), "{new:?}");
}

#[test]
fn a_run_without_a_name_gets_the_first_free_one_and_says_it() {
    let bench = Bench::new();
    for number in 1..=2 {
        let trained = bench.elbo(TRAIN).ok();
        assert!(trained.stdout.starts_with(&format!("run vae-{number}: test ELBO -")), "{trained:?}");
    }
    bench.elbo(&format!("{TRAIN} --run z")).ok();
    bench.elbo("train vae --run vae-1 --resume --epochs 3").ok();
    // The latest is the one with the newest checkpoint, whatever its name.
    let evaluation = bench.elbo("evaluate --particles 5 --json").ok();
    assert_eq!(evaluation.json()["run"], "vae-1");
    assert!(evaluation.stderr.contains("run vae-1"), "{evaluation:?}");
}

#[test]
fn kept_epochs_hold_weights_and_can_be_read() {
    let bench = Bench::new();
    for (keep, kept) in [("all", &[1, 2, 3, 4][..]), ("every:2", &[2, 4]), ("last", &[])] {
        let name = keep.replace(':', "-");
        bench.elbo(&format!("{TRAIN} --run {name} --epochs 4 --keep {keep}")).ok();
        let folder = format!("checkpoints/{name}");
        let mut expected: Vec<String> = kept.iter().map(|epoch| format!("epoch-{epoch:05}")).collect();
        expected.extend(["lock".to_owned(), "step-0000000016".to_owned()]);
        let mut names: Vec<String> = fs::read_dir(bench.path(&folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, expected);
        for epoch in kept {
            let tree = bench.tree(&format!("{folder}/epoch-{epoch:05}"));
            assert_eq!(tree.keys().collect::<Vec<_>>(), ["checksums.sha256", "model.bpk", "state.json"]);
        }
        let last = format!("evaluate {name} --epoch 4 --particles 5 --json");
        assert_eq!(bench.elbo(&last).ok().json()["epochs"], 4);
    }
    bench.elbo(&format!("{TRAIN} --run one --epochs 1")).ok();
    // The weights of epoch 1 are those of a run of one epoch.
    let [kept, one] = ["evaluate all --epoch 1", "evaluate one"]
        .map(|line| bench.elbo(&format!("{line} --particles 5 --json")).ok().json());
    assert_eq!((&kept["epochs"], &kept["nll"]), (&one["epochs"], &one["nll"]));
    bench.elbo("sample all --epoch 3 --out epoch.png").ok();
    let absent = "has no complete checkpoint of epoch 3; train with --keep all to keep every epoch";
    bench.refuses("evaluate every-2 --epoch 3", &["run every-2 ", absent]);
    bench.refuses("evaluate last --epoch 3", &["run last ", absent]);
    // A kept epoch is checked like any checkpoint.
    let path = "checkpoints/all/epoch-00001/model.bpk";
    let mut bytes = bench.read(path);
    bytes[1000] ^= 1;
    bench.write(path, &bytes);
    bench.refuses("evaluate all --epoch 1", &["epoch-00001/model.bpk is damaged"]);
}

/// A limit on the size of files stands for a full disk: the write fails half-way.
#[cfg(unix)]
#[test]
fn a_full_disk_stops_the_run_and_loses_nothing() {
    let (bench, _) = trained();
    bench.elbo(&format!("{TRAIN} --run whole --epochs 3")).ok();
    let binary = env!("CARGO_BIN_EXE_elbo");
    // 51,200 bytes: room for every text, not for the 106,000 bytes of weights.
    let limited = "trap '' XFSZ; ulimit -f 50; exec \"$0\" \"$@\"";
    let full = |line: &str| run(&mut bench.through("bash", &["-c", limited, binary], line));

    let before = bench.tree("");
    full(&format!("{TRAIN} --run new")).fails(1, &["checkpoints/new/", "model.bpk cannot be written: File too large"]);
    full("sample a").fails(1, &["outputs/a/samples.png cannot be written: File too large"]);
    full("export a --out a.safetensors").fails(1, &["a.safetensors cannot be written: File too large"]);
    // Half a run is taken back, a picture stays as it was, and no temporary file is left.
    assert_same(&before, &bench.tree(""));

    let checkpoints = bench.tree("checkpoints");
    full("train vae --run a --resume --epochs 3 --backend flex").fails(1, &["cannot be written: File too large"]);
    assert_same(&checkpoints, &bench.tree("checkpoints"));
    assert!(bench.tree("outputs").keys().all(|name| !name.contains(".writing-")));
    // With room again, the run goes on as if nothing had happened.
    bench.elbo("train vae --run a --resume --epochs 3 --backend flex").ok();
    bench.assert_runs_equal("a", "whole");
}

#[test]
fn a_loss_that_is_not_a_number_stops_the_run_and_names_step_and_term() {
    let bench = Bench::with_earlier_run();
    let before = bench.tree("");
    let failed = bench.elbo(&format!("{TRAIN} --run new --learning-rate 1e30")).fails(
        1,
        &["at step 2 (epoch 1): training stopped, and there is no earlier checkpoint. Lower --learning-rate (it is 1"],
    );
    assert!(["log_likelihood became ", "kl became "].iter().any(|term| failed.stderr.contains(term)), "{failed:?}");
    assert_same(&before, &bench.tree(""));

    // One step an epoch: the first leaves large weights that still give a number, and a later one does not.
    let train = format!("{TRAIN} --limit-test 20 --run large --learning-rate 2");
    let train = train.replace("--limit-test 50 ", "").replace("--limit-train 200", "--limit-train 50");
    bench.elbo(&format!("{train} --epochs 1")).ok();
    let failed = bench.elbo("train vae --run large --resume --epochs 60 --backend flex").fails(1, &["became "]);
    let step: u64 = bench.checkpoint("large").rsplit('-').next().unwrap().parse().unwrap();
    assert!(step >= 1);
    let message = format!(
        "at step {0} (epoch {0}): training stopped, and the checkpoint of step {step} is kept. Lower --learning-rate (it is 2)",
        step + 1
    );
    assert!(failed.stderr.contains(&message), "{failed:?}");
    bench.elbo("sample large").ok();
    assert_eq!(bench.metrics("large").len() as u64, step);
}

#[test]
fn a_run_has_one_writer_at_a_time() {
    let bench = Bench::new();
    let mut first = bench.start(&format!("{TRAIN} --run a --epochs 100000"));
    assert!(first.wait_for("epoch   2/"));
    let busy = ["run a is being trained by another process; wait for it, or choose another --run"];
    bench.elbo("train vae --run a --resume --epochs 100001").fails(2, &busy);
    bench.elbo(&format!("{TRAIN} --run a --force")).fails(2, &busy);
    // Reading is free, and so is another run.
    bench.elbo("sample a").ok();
    bench.elbo(&format!("{TRAIN} --run b")).ok();
    for _ in 0..20 {
        // The newest checkpoint may be replaced while it is read. The images come after the weights: refusing them
        // makes many reads cheap.
        bench.elbo("export a --out a.safetensors --data tiny.toml").fails(2, &["tiny.toml is a file, not a folder"]);
    }
    first.interrupt();
    assert_eq!(first.finish().code, Some(130));
    bench.elbo(&format!("{TRAIN} --run a --force")).ok();
}
