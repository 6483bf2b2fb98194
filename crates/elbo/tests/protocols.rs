//! Numbers under two protocols are about different data: each carries its own, and no table mixes them.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::collections::BTreeSet;

use common::*;

const WARNING: &str = "warning: ";

/// D2, D3, D4: the protocol is stored with every number, grey pixels are said to be no likelihood, and a table holds one protocol.
#[test]
fn every_number_carries_its_protocol_and_no_table_mixes_two() {
    let bench = Bench::new();
    let protocols = [
        ("threshold", "threshold"),
        ("dynamic", "dynamic"),
        ("static-seed7", "static-seed7"),
        ("static", "static-seed1"),
        ("grey", "grey"),
    ];
    for (flag, stored) in protocols {
        let trained = bench.elbo(&format!("{TRAIN} --run run-{flag} --protocol {flag} --quiet")).ok();
        let evaluated = bench.elbo(&format!("evaluate run-{flag} --particles 5 --quiet")).ok();
        let is_likelihood = stored != "grey";
        for output in [&trained, &evaluated] {
            // Also with --quiet: this must not be missed.
            assert_eq!(output.stderr.contains(WARNING), !is_likelihood, "{output:?}");
            assert_eq!(output.stderr.contains("grey pixels"), !is_likelihood, "{output:?}");
        }
        assert_eq!(evaluated.stdout.contains("NOT log-likelihoods"), !is_likelihood, "{evaluated:?}");
        let manifest = bench.json(&format!("outputs/run-{flag}/manifest.json"));
        let evaluation = bench.json(&format!("outputs/run-{flag}/evaluation.json"));
        assert_eq!((&manifest["protocol"], &evaluation["protocol"]), (&stored.into(), &stored.into()));
        assert_eq!(manifest["config"]["data"]["protocol"], stored);
        assert_eq!(evaluation["is_likelihood"], is_likelihood);
        let curves = String::from_utf8(bench.read(&format!("outputs/run-{flag}/elbo.svg"))).unwrap();
        assert_eq!(curves.contains("not a likelihood"), !is_likelihood);
        assert_eq!(curves.contains("nats per image"), is_likelihood);
        let picture = bench.elbo(&format!("sample run-{flag} --json")).ok();
        assert_eq!(picture.json()["protocol"], stored);
    }

    let text = bench.elbo("results").ok().stdout;
    let mut protocol = "";
    let mut seen = BTreeSet::new();
    for line in text.lines() {
        if let Some(header) = line.strip_prefix("protocol ") {
            protocol = header.split(' ').next().unwrap();
            assert!(seen.insert(protocol), "two tables of {protocol}: {text}");
            assert_eq!(header.contains("NOT log-likelihoods"), protocol == "grey", "{header}");
        }
        for (flag, stored) in protocols {
            let ours = line.starts_with(&format!("* run-{flag} "));
            assert!(!ours || protocol == stored, "run-{flag} under {protocol}: {text}");
        }
    }
    for (flag, stored) in protocols {
        assert!(seen.contains(stored) && text.contains(&format!("\n* run-{flag} ")), "{text}");
    }

    let rows = bench.elbo("results --json").ok().json();
    for row in rows.as_array().unwrap() {
        assert_eq!(row["is_likelihood"], row["protocol"] != "grey", "{row}");
        // The literature on Larochelle's files is under a protocol of its own.
        assert!(row["ours"] == true || !row["protocol"].as_str().unwrap().starts_with("static"), "{row}");
    }
}

/// The draws of a static protocol come from its own seed, not from the run's.
#[test]
fn the_seed_of_a_static_protocol_is_its_own() {
    let bench = Bench::new();
    let test = |run: &str, flags: &str| {
        bench.elbo(&format!("{TRAIN} --run {run} {flags}")).ok();
        bench.metrics(run)
    };
    let seven = test("seven", "--protocol static-seed7");
    assert_ne!(seven, test("eight", "--protocol static-seed8"));
    assert_ne!(seven, test("other", "--protocol static-seed7 --seed 2"));
    let originals = |run: &str| {
        bench.elbo(&format!("export {run} --out {run}.safetensors --reference 4")).ok();
        let bytes = bench.read(&format!("{run}.reference.safetensors"));
        let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        let header: serde_json::Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
        let [from, to] = [0, 1].map(|i| header["images"]["data_offsets"][i].as_u64().unwrap() as usize);
        bytes[8 + length + from..8 + length + to].to_vec()
    };
    assert!(originals("seven") == originals("other"));
    assert!(originals("seven") != originals("eight"));
}
