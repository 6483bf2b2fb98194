//! Mixtures of epicentres from the command line: simulated, fitted, compared and predicted.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::fs;

use common::*;
use serde_json::Value;

const FIJI: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets/earthquakes/fiji-since-1964.csv");

/// Three epicentres, well apart, and the constants that they are drawn with.
const SIMULATE: &str = "cavi simulate --events 300 --components 3 --tau 4 --nu 0,0 --rho 0.01 --alpha 2 --beta 0.1";
const TRUE_CONSTANTS: &str = "--tau 4 --nu 0,0 --rho 0.01 --alpha 2 --beta 0.1";
const COLUMNS: &str = "--position x1,x2 --strength strength";

/// A root that holds a simulated catalogue, `events.csv`.
fn with_events() -> Bench {
    let bench = Bench::new();
    bench.elbo(&format!("{SIMULATE} --out events.csv")).ok();
    bench
}

/// A root that holds a real catalogue, `fiji.csv`.
fn with_fiji() -> Bench {
    let bench = Bench::new();
    bench.write("fiji.csv", &fs::read(FIJI).unwrap());
    bench
}

/// The fit of the simulated catalogue with its true constants.
fn fit(rest: &str) -> String {
    format!("cavi fit --data events.csv --components 3 {COLUMNS} {TRUE_CONSTANTS} {rest}")
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

/// A table: its header, and its rows of numbers.
fn table(bench: &Bench, file: &str) -> (String, Vec<Vec<f64>>) {
    let text = String::from_utf8(bench.read(file)).unwrap();
    let mut lines = text.lines();
    let header = lines.next().unwrap().to_owned();
    (header, lines.map(|line| line.split(',').map(|field| field.parse().unwrap()).collect()).collect())
}

fn largest(row: &[f64]) -> usize {
    (0..row.len()).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap()
}

#[track_caller]
fn assert_close(value: f64, expected: f64, tolerance: f64) {
    assert!((value - expected).abs() <= tolerance * expected.abs(), "{value} is not {expected}");
}

#[track_caller]
fn assert_rises(sweeps: &[f64]) {
    for pair in sweeps.windows(2) {
        assert!(pair[1] - pair[0] >= -1e-10 * pair[0].abs(), "{pair:?}");
    }
}

#[track_caller]
fn assert_picture(bench: &Bench, file: &str) {
    let bytes = bench.read(file);
    if file.ends_with(".png") {
        let [width, height] = png_size(&bytes);
        assert!(width > 100 && height > 100, "{file}: {width} x {height}");
    } else {
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.starts_with("<svg") || text.starts_with("<?xml"), "{file}");
        assert!(text.trim_end().ends_with("</svg>") && !text.contains("NaN"), "{file}");
    }
}

/// The names of the files among the outputs of a run.
fn outputs(bench: &Bench, run: &str) -> Vec<String> {
    bench.tree(&format!("outputs/{run}")).into_keys().collect()
}

/// `fit.json` without the field that measures time.
fn timeless(mut fit: Value) -> Value {
    for time in ["seconds", "sweep_seconds"] {
        assert!(fit.as_object_mut().unwrap().remove(time).unwrap().as_f64().unwrap() >= 0.0);
    }
    fit
}

#[test]
fn a_simulation_writes_a_table_and_the_truth_and_its_seed_is_all_that_they_depend_on() {
    let bench = Bench::new();
    let report = bench.elbo(&format!("{SIMULATE} --out a.csv --json")).ok().json();
    assert_eq!(report["events"], 300);
    assert_eq!(report["components"], 3);
    assert_eq!(report["seed"], 1);
    assert_eq!(report["files"], serde_json::json!(["a.csv", "a.truth.json"]));
    let (header, rows) = table(&bench, "a.csv");
    assert_eq!((header.as_str(), rows.len()), ("x1,x2,strength", 300));
    assert!(rows.iter().all(|row| row.len() == 3 && row[2] >= 0.0 && row[2].fract() == 0.0));
    let truth = bench.json("a.truth.json");
    assert_eq!(truth["mu"].as_array().unwrap().len(), 3);
    assert!(numbers(&truth["lambda"]).iter().all(|lambda| *lambda > 0.0));
    assert!(numbers(&truth["labels"]).iter().all(|label| [0.0, 1.0, 2.0].contains(label)));
    assert_eq!(truth["labels"].as_array().unwrap().len(), 300);

    bench.elbo(&format!("{SIMULATE} --out b.csv --seed 1 --threads 1")).ok();
    bench.elbo(&format!("{SIMULATE} --out c.csv --seed 2")).ok();
    for file in ["csv", "truth.json"] {
        let [a, b, c] = ["a", "b", "c"].map(|name| bench.read(&format!("{name}.{file}")));
        assert_eq!(a, b);
        assert_ne!(a, c);
    }
}

#[test]
fn a_simulation_takes_a_leading_minus_and_any_number_of_axes() {
    let bench = Bench::new();
    bench.elbo("cavi simulate --events 50 --nu -20,181 --rho 100 --out plane.csv").ok();
    let (_, rows) = table(&bench, "plane.csv");
    assert!(rows.iter().all(|row| (row[0] + 20.0).abs() < 10.0 && (row[1] - 181.0).abs() < 10.0));
    bench.elbo("cavi simulate --events 50 --nu -1,-2,-3 --out space.csv").ok();
    assert_eq!(table(&bench, "space.csv").0, "x1,x2,x3,strength");
    bench.elbo("cavi simulate --events 50 --model log-normal-poisson --nu -1 --out line.csv").ok();
    let (header, rows) = table(&bench, "line.csv");
    assert_eq!(header, "distance,strength");
    assert!(rows.iter().all(|row| row[0] > 0.0));
}

#[test]
fn a_simulation_replaces_files_only_when_told_to() {
    let bench = with_events();
    let refusal = "exists already; choose another --out, or replace it with --force";
    let line = format!("{SIMULATE} --seed 2 --out events.csv");
    bench.refuses(&line, &["events.csv ", refusal]);
    // Either file is kept, not only the table.
    fs::remove_file(bench.path("events.csv")).unwrap();
    bench.refuses(&line, &["events.truth.json ", refusal]);
    let before = bench.read("events.truth.json");
    bench.elbo(&format!("{line} --force")).ok();
    assert_ne!(before, bench.read("events.truth.json"));
    assert_eq!(table(&bench, "events.csv").1.len(), 300);
}

#[test]
fn a_simulation_out_of_range_is_refused() {
    let bench = Bench::new();
    for (flags, parts) in [
        ("--events 0", &["--events is 0; it must be at least 1"][..]),
        ("--events -1", &["invalid value '-1' for '--events <N>'"]),
        ("--components 0", &["--components is 0; it must be between 1 and 1000000"]),
        ("--components 2 --weights 0.5,0.6", &["the weights [0.5, 0.6] sum to 1.1; give 2 numbers"]),
        ("--components 2 --weights -0.5,1.5", &["the weights [-0.5, 1.5] sum to 1; give 2 numbers"]),
        ("--weights 0.5,0.5", &["--weights gives 2 numbers, but --components is 3"]),
        ("--tau 0", &["tau is 0; it must be positive: it is a precision"]),
        ("--tau inf", &["tau is inf; it must be positive"]),
        ("--rho -1", &["rho is -1; it must be positive: it is a precision"]),
        ("--alpha 0", &["alpha is 0; it must be positive: it is a shape"]),
        ("--beta 0", &["beta is 0; it must be positive: it is a rate"]),
        ("--beta nan", &["beta is NaN; it must be positive"]),
        ("--nu inf,0", &["nu is inf; it must be finite"]),
        (
            "--model log-normal-poisson --nu 1,2",
            &["the length of nu is 2; it must be one number: a distance has one axis"],
        ),
        ("--model log-normal-poison", &["invalid value 'log-normal-poison'", "'log-normal-poisson'"]),
    ] {
        bench.refuses(&format!("cavi simulate --out events.csv {flags}"), parts);
    }
    bench.refuses(
        "cavi simulate --out absent/events.csv",
        &["absent/events.csv cannot be written: No such file or directory (os error 2)\n"],
    );
}

#[test]
fn a_fit_reports_all_that_it_did() {
    let bench = with_events();
    let output = bench.elbo(&fit("--run a --json")).ok();
    let fit = bench.json("outputs/a/fit.json");
    assert_eq!(output.json(), fit);
    for key in [
        "model",
        "components",
        "observations",
        "converged",
        "symmetric",
        "elbo",
        "sweeps",
        "weights",
        "counts",
        "pairs",
        "prior",
        "seed",
        "restarts",
        "seconds",
    ] {
        assert!(!fit[key].is_null(), "{key}");
    }
    assert_eq!((&fit["model"], &fit["components"]), (&"normal-poisson".into(), &3.into()));
    assert_eq!((&fit["observations"], &fit["seed"]), (&300.into(), &1.into()));
    assert_eq!((&fit["converged"], &fit["symmetric"]), (&true.into(), &false.into()));
    assert_eq!(numbers(&fit["weights"]), [1.0 / 3.0; 3]);
    let prior = &fit["prior"];
    assert_eq!([&prior["tau"], &prior["rho"]].map(|x| x.as_f64().unwrap()), [4.0, 0.01]);
    assert_eq!([&prior["alpha"], &prior["beta"]].map(|x| x.as_f64().unwrap()), [2.0, 0.1]);
    assert_eq!(numbers(&prior["nu"]), [0.0, 0.0]);
    assert_eq!(numbers(&prior["weights"]), [1.0 / 3.0; 3]);
    assert_eq!(fit["data"]["file"], "events.csv");
    let sum = std::process::Command::new("sha256sum").arg(bench.path("events.csv")).output().unwrap().stdout;
    assert_eq!(fit["data"]["sha256"].as_str().unwrap().as_bytes(), &sum[..64]);

    let sweeps = numbers(&fit["sweeps"]);
    assert_rises(&sweeps);
    assert_eq!(sweeps.last().copied(), fit["elbo"].as_f64());
    let restarts = fit["restarts"].as_array().unwrap();
    let elbos: Vec<f64> = restarts.iter().map(|start| start["elbo"].as_f64().unwrap()).collect();
    assert_eq!(elbos.len(), 10);
    assert_eq!(elbos.iter().copied().reduce(f64::max), fit["elbo"].as_f64(), "the best start is kept");
    let seeds: Vec<u64> = restarts.iter().map(|start| start["seed"].as_u64().unwrap()).collect();
    assert_eq!(seeds, (1..=10).collect::<Vec<_>>());

    // The posterior stands there twice: by name, and by pair as a prediction reads it.
    let counts = numbers(&fit["counts"]);
    assert!(counts.is_sorted_by(|a, b| a >= b), "the largest component comes first: {counts:?}");
    for (k, count) in counts.into_iter().enumerate() {
        assert_eq!(fit["mu"]["mean"][k], fit["pairs"][0]["posterior"][k]["mean"]);
        assert_close(fit["mu"]["precision"][k].as_f64().unwrap(), 0.01 + 4.0 * count, 1e-6);
        assert_eq!(fit["lambda"]["shape"][k], fit["pairs"][1]["posterior"][k]["shape"]);
        assert_close(fit["lambda"]["rate"][k].as_f64().unwrap(), 0.1 + count, 1e-6);
    }
}

#[test]
fn a_fit_finds_the_truth_of_a_simulation() {
    let bench = with_events();
    let fit = bench.elbo(&fit("--run a --json")).ok().json();
    let truth = bench.json("events.truth.json");
    let (header, rows) = table(&bench, "outputs/a/responsibilities.csv");
    assert_eq!((header.as_str(), rows.len()), ("r1,r2,r3", 300));
    let labels = numbers(&truth["labels"]);
    for k in 0..3 {
        let mean = numbers(&fit["mu"]["mean"][k]);
        let from = |mu: &Value| numbers(mu).iter().zip(&mean).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
        let mu = truth["mu"].as_array().unwrap();
        let own = (0..3).min_by(|&a, &b| from(&mu[a]).total_cmp(&from(&mu[b]))).unwrap();
        // Six standard deviations of the mean of some 100 events.
        assert!(from(&mu[own]).sqrt() < 0.3, "{mean:?} of {mu:?}");
        let lambda = fit["lambda"]["shape"][k].as_f64().unwrap() / fit["lambda"]["rate"][k].as_f64().unwrap();
        let expected = truth["lambda"][own].as_f64().unwrap();
        assert!((lambda - expected).abs() < 0.6 * expected.sqrt(), "{lambda} of {expected}");
        let members = rows.iter().zip(&labels).filter(|(row, _)| largest(row) == k);
        assert!(members.into_iter().all(|(_, label)| *label == own as f64));
    }
    for row in rows {
        assert!(
            row.iter().all(|r| (0.0..=1.0).contains(r)) && (row.iter().sum::<f64>() - 1.0).abs() < 1e-12,
            "{row:?}"
        );
    }
}

#[test]
fn a_fit_is_drawn_with_a_map_where_there_is_a_plane() {
    let bench = with_events();
    bench.elbo(&fit("--run plane")).ok();
    let plane = [
        "elbo.svg",
        "fit.json",
        "map.png",
        "map.svg",
        "plates.png",
        "plates.svg",
        "responsibilities.csv",
        "strengths.png",
        "strengths.svg",
    ];
    assert_eq!(outputs(&bench, "plane"), plane);
    bench.elbo("cavi simulate --model log-normal-poisson --events 100 --tau 25 --out line.csv").ok();
    let line = "cavi fit --data line.csv --model log-normal-poisson --position distance --strength strength";
    let report = bench.elbo(&format!("{line} --components 3 --run line --json")).ok().json();
    assert_eq!(report["model"], "log-normal-poisson");
    assert_eq!(report["mu"]["mean"][0].as_array().unwrap().len(), 1);
    assert_rises(&numbers(&report["sweeps"]));
    let without_map = plane.into_iter().filter(|name| !name.starts_with("map."));
    let line: Vec<&str> = ["distances.png", "distances.svg"].into_iter().chain(without_map).collect();
    assert_eq!(outputs(&bench, "line"), line);
    for run in ["plane", "line"] {
        for file in outputs(&bench, run).iter().filter(|name| name.ends_with("g")) {
            assert_picture(&bench, &format!("outputs/{run}/{file}"));
        }
    }
}

#[test]
fn a_seed_gives_the_same_fit_again() {
    let bench = with_events();
    for init in ["kmeans++", "random"] {
        let line = fit(&format!("--init {init} --restarts 2 --seed 5"));
        let [a, b, c] = [("a", ""), ("b", "--threads 1"), ("c", "--seed 6")].map(|(run, flags)| {
            let line = if run == "c" { line.replace("--seed 5", flags) } else { format!("{line} {flags}") };
            bench.elbo(&format!("{line} --run {run} --force")).ok();
            timeless(bench.json(&format!("outputs/{run}/fit.json")))
        });
        assert_eq!(a, b);
        assert_ne!(a["restarts"], c["restarts"]);
        assert_same(
            &bench.tree("outputs/a").into_iter().filter(|(name, _)| name.ends_with(".csv")).collect(),
            &bench.tree("outputs/b").into_iter().filter(|(name, _)| name.ends_with(".csv")).collect(),
        );
    }
}

#[test]
fn a_fit_continues_from_responsibilities() {
    let bench = with_events();
    let first = bench.elbo(&fit("--run first --json")).ok().json();
    // The smallest first: an order that no fit would choose by itself.
    let (_, rows) = table(&bench, "outputs/first/responsibilities.csv");
    let mut text = "r1,r2,r3\n".to_owned();
    rows.iter().for_each(|row| text.push_str(&format!("{:?},{:?},{:?}\n", row[2], row[1], row[0])));
    bench.write("reversed.csv", text.as_bytes());
    for (file, order) in [("outputs/first/responsibilities.csv", [0, 1, 2]), ("reversed.csv", [2, 1, 0])] {
        let line = fit(&format!("--init {file} --run second --force --json"));
        let second = bench.elbo(&line).ok().json();
        let [before, after] = [&first, &second].map(|fit| fit["elbo"].as_f64().unwrap());
        assert!((before - after).abs() < 1e-6, "{before} and {after}");
        assert!(second["sweeps"].as_array().unwrap().len() <= 2, "{second}");
        assert_eq!(second["restarts"].as_array().unwrap().len(), 1);
        for (k, &own) in order.iter().enumerate() {
            for (a, b) in numbers(&second["mu"]["mean"][k]).iter().zip(numbers(&first["mu"]["mean"][own])) {
                assert!((a - b).abs() < 1e-6, "the order of {file} is kept");
            }
        }
        bench.refuses(
            &fit(&format!("--init {file} --restarts 3")),
            &[&format!("--init {file} is one start: leave --restarts out")],
        );
    }
}

#[test]
fn equal_responsibilities_are_called_what_they_are() {
    let bench = with_events();
    bench.write("equal.csv", format!("r1,r2\n{}", "0.5,0.5\n".repeat(300)).as_bytes());
    let line = format!("cavi fit --data events.csv --components 2 {COLUMNS}");
    let output = bench.elbo(&format!("{line} --init equal.csv --run equal --json")).ok();
    assert!(output.stderr.contains("all components are the same: the symmetric fixed point"), "{output:?}");
    assert!(output.stderr.contains("Start from --init kmeans++ or random"), "{output:?}");
    assert_eq!(output.json()["symmetric"], true);
    let output = bench.elbo(&format!("{line} --run apart --json")).ok();
    assert!(!output.stderr.contains("symmetric"), "{output:?}");
    assert_eq!(output.json()["symmetric"], false);
    // One component is like itself.
    let output = bench.elbo(&format!("cavi fit --data events.csv --components 1 {COLUMNS} --json")).ok();
    assert_eq!(output.json()["symmetric"], false);
}

#[test]
fn a_real_catalogue_is_fitted_by_both_models() {
    let bench = with_fiji();
    for (run, flags) in
        [("plane", "--position longitude,latitude"), ("line", "--model log-normal-poisson --position depth_km")]
    {
        let line = format!("cavi fit --data fiji.csv --components 3 --strength stations {flags} --run {run}");
        let report = bench.elbo(&format!("{line} --json")).ok().json();
        assert_eq!((&report["observations"], &report["converged"]), (&1000.into(), &true.into()));
        assert_rises(&numbers(&report["sweeps"]));
        assert_close(numbers(&report["counts"]).iter().sum(), 1000.0, 1e-12);
        assert_eq!(table(&bench, &format!("outputs/{run}/responsibilities.csv")).1.len(), 1000);
    }
}

/// What `scripts/golden_cavi_fit.py` prints for one model.
struct Golden {
    flags: &'static str,
    elbo: [f64; 3],
    mean: &'static [f64],
    precision: f64,
    shape: f64,
    rate: f64,
}

#[test]
fn twenty_sweeps_meet_numpy() {
    let bench = with_fiji();
    let mut init = "r1,r2,r3\n".to_owned();
    for n in 0..1000_u32 {
        let mass = [0, 1, 2].map(|k| 1.0 + f64::from((31 * n + 17 * k * k + n * n * k) % 23));
        let sum: f64 = mass.iter().sum();
        init.push_str(&format!("{:?},{:?},{:?}\n", mass[0] / sum, mass[1] / sum, mass[2] / sum));
    }
    bench.write("init.csv", init.as_bytes());
    for golden in [
        Golden {
            flags: "--position longitude,latitude --tau 0.1 --nu 180,-20 --rho 0.03",
            elbo: [-15961.327901155122, -11734.826685837617, -11650.277034283808],
            mean: &[180.2857959666311, -20.649616945116023],
            precision: 52.739456700449324,
            shape: 9838.966650074424,
            rate: 527.1245670044932,
        },
        Golden {
            flags: "--model log-normal-poisson --position depth_km --tau 4 --nu 5.5 --rho 1",
            elbo: [-15991.322640841356, -11681.557187034907, -11668.832208647185],
            mean: &[5.558182187783255],
            precision: 2114.63538561564,
            shape: 9872.637882234158,
            rate: 528.43884640391,
        },
    ] {
        let line = "cavi fit --data fiji.csv --components 3 --strength stations --weights 0.5,0.3,0.2 --alpha 1";
        let search = "--beta 0.03 --init init.csv --max-sweeps 20 --tolerance 0 --run golden --force --json";
        let report = bench.elbo(&format!("{line} {} {search}", golden.flags)).ok().json();
        let sweeps = numbers(&report["sweeps"]);
        assert_eq!(sweeps.len(), 20);
        assert_rises(&sweeps);
        for (sweep, expected) in [1, 5, 20].into_iter().zip(golden.elbo) {
            assert_close(sweeps[sweep - 1], expected, 1e-8);
        }
        let mean = numbers(&report["mu"]["mean"][0]);
        assert_eq!(mean.len(), golden.mean.len());
        mean.iter().zip(golden.mean).for_each(|(value, expected)| assert_close(*value, *expected, 1e-8));
        for (value, expected) in [
            (&report["mu"]["precision"][0], golden.precision),
            (&report["lambda"]["shape"][0], golden.shape),
            (&report["lambda"]["rate"][0], golden.rate),
        ] {
            assert_close(value.as_f64().unwrap(), expected, 1e-8);
        }
    }
}

#[test]
fn a_fit_stopped_early_says_so() {
    let bench = with_events();
    let output = bench.elbo(&fit("--init random --restarts 1 --max-sweeps 1 --run short")).ok();
    assert!(output.stdout.contains("not converged: raise --max-sweeps"), "{output:?}");
    let report = bench.json("outputs/short/fit.json");
    assert_eq!((&report["converged"], report["sweeps"].as_array().unwrap().len()), (&false.into(), 1));
}

#[test]
fn a_sweep_picks_the_true_number_of_components() {
    let bench = with_events();
    let line = format!("cavi sweep --data events.csv {COLUMNS} {TRUE_CONSTANTS} --max-components 5");
    let output = bench.elbo(&format!("{line} --run s")).ok();
    assert!(output.stdout.contains("highest at K = 3"), "{output:?}");
    assert_eq!(outputs(&bench, "s"), ["sweep.json", "sweep.svg"]);
    assert_picture(&bench, "outputs/s/sweep.svg");
    let sweep = bench.json("outputs/s/sweep.json");
    assert_eq!(bench.elbo(&format!("{line} --run s --force --json")).ok().json(), sweep);
    assert_eq!((&sweep["run"], &sweep["observations"]), (&"s".into(), &300.into()));
    let fits = sweep["fits"].as_array().unwrap();
    assert_eq!(fits.len(), 5);
    for (k, fit) in (1..).zip(fits) {
        assert_eq!((&fit["components"], &fit["converged"]), (&k.into(), &true.into()));
        assert_eq!(fit["counts"].as_array().unwrap().len(), k);
        let empty = fit["empty"].as_u64().unwrap();
        let factorial = |n: u64| (1..=n).product::<u64>() as f64;
        let labellings = (factorial(k as u64) / factorial(empty)).ln();
        let elbo = fit["elbo"].as_f64().unwrap();
        assert_close(fit["elbo_with_labellings"].as_f64().unwrap(), elbo + labellings, 1e-12);
    }
    let elbos: Vec<f64> = fits.iter().map(|fit| fit["elbo"].as_f64().unwrap()).collect();
    assert_eq!(largest(&elbos), 2, "{elbos:?}");

    bench.refuses(
        &format!("{line} --run s"),
        &["run s exists already; choose another --run, or replace it with --force"],
    );
    bench.refuses(
        &format!("{line} --weights 0.5,0.5"),
        &["--weights belong to one number of components: leave them out of a sweep"],
    );
    bench.write("init.csv", b"r1\n1\n");
    bench.refuses(&format!("{line} --init init.csv"), &["--init init.csv belongs to one number of components"]);
    let line = format!("cavi sweep --data events.csv {COLUMNS}");
    bench.refuses(&format!("{line} --max-components 0"), &["--max-components is 0; it must be at least 1"]);
    bench.refuses(&format!("{line} --max-components 301"), &["301 components", "ask for 1 to 300"]);
}

#[test]
fn a_prediction_agrees_with_the_fit_on_its_own_data() {
    let bench = with_events();
    bench.elbo(&fit("--run a")).ok();
    let report = bench.elbo("cavi predict a --data events.csv --json").ok().json();
    let (header, rows) = table(&bench, "outputs/a/predictions.csv");
    assert_eq!((header.as_str(), rows.len()), ("component,log_density,r1,r2,r3", 300));
    let (_, responsibilities) = table(&bench, "outputs/a/responsibilities.csv");
    for (row, r) in rows.iter().zip(&responsibilities) {
        assert_eq!(row[0], (largest(r) + 1) as f64);
        assert_eq!(largest(&row[2..]), largest(r));
        assert!((row[2..].iter().sum::<f64>() - 1.0).abs() < 1e-12 && row[1].is_finite(), "{row:?}");
    }
    assert_eq!((&report["run"], &report["events"]), (&"a".into(), &300.into()));
    let mean = rows.iter().map(|row| row[1]).sum::<f64>() / 300.0;
    assert_close(report["mean_log_density"].as_f64().unwrap(), mean, 1e-12);
}

#[test]
fn a_prediction_leaves_out_what_is_missing() {
    let bench = with_events();
    let weights = "--weights 0.2,0.3,0.5";
    bench.elbo(&fit(&format!("--run a {weights}"))).ok();
    let whole = table(&bench, "events.csv").1[0].clone();
    // Columns in another order, one that nobody asked for, and two tables in one: with and without a field.
    let text =
        format!("note;strength;x2;x1\na;{2};{1};{0}\nb;;{1};{0}\nc;{2};;{0}\nd;;;\n", whole[0], whole[1], whole[2]);
    bench.write("new.csv", text.as_bytes());
    bench.elbo("cavi predict a --data new.csv --out mine.csv").ok();
    assert!(!outputs(&bench, "a").contains(&"predictions.csv".to_owned()));
    let (_, rows) = table(&bench, "mine.csv");
    assert_eq!(rows.len(), 4);
    assert_eq!(rows[0][0], rows[1][0], "the position alone tells");
    assert!(rows[0][1] < rows[1][1], "a mass on the strengths is below 1");
    // Half a position is none: the strength alone.
    assert!(rows[0][1] < rows[2][1] && rows[2][1] < 0.0);
    // Nothing known: the weights, and a density of 1 on nothing.
    assert!(rows[3][1].abs() < 1e-12, "{:?}", rows[3]);
    rows[3][2..].iter().zip([0.2, 0.3, 0.5]).for_each(|(r, weight)| assert_close(*r, weight, 1e-12));

    bench.refuses("cavi predict a --data new.csv --out mine.csv", &["mine.csv exists already; choose another --out"]);
    let report = bench.elbo("cavi predict a --data new.csv --out mine.csv --force --json").ok().json();
    assert_eq!(report["file"], "mine.csv");
}

#[test]
fn a_prediction_that_cannot_be_made_is_refused() {
    let bench = with_events();
    bench.elbo(&fit("--run a")).ok();
    bench.refuses(
        "cavi predict b --data events.csv",
        &["there is no run b in ", "it holds the fits a", "fit it with `elbo cavi fit --run b`"],
    );
    bench.refuses("cavi predict ../a --data events.csv", &["`../a` is not a name for a run"]);
    bench.refuses("cavi predict a --data absent.csv", &["absent.csv cannot be read: No such file"]);
    bench.refuses(
        "cavi predict a --data events.csv --out events.csv",
        &["events.csv is the file of --data; choose another --out"],
    );
    for (text, message) in [
        (
            "x1,x2,strenght\n1,2,3\n",
            "new.csv has no column `strength`; it has x1, x2, strenght; did you mean `strenght`?",
        ),
        ("x1,x2,strength\n1,2,3\n1,two,3\n", "new.csv, line 3, column `x2`: `two` is not a number"),
        ("x1,x2,strength\n1,2,-3\n", "new.csv, line 2, column `strength`: -3 is not a count"),
        ("x1,x2,strength\n", "new.csv has no observation below its header"),
        ("", "new.csv has no "),
    ] {
        bench.write("new.csv", text.as_bytes());
        bench.refuses("cavi predict a --data new.csv", &[message]);
    }
    bench.write("outputs/a/fit.json", b"{");
    bench.refuses("cavi predict a --data events.csv", &["outputs/a/fit.json is not a fit: "]);
}

#[test]
fn a_catalogue_that_cannot_be_read_is_refused_with_its_line() {
    let bench = Bench::new();
    bench.refuses(
        &format!("cavi fit --data absent.csv --components 1 {COLUMNS}"),
        &["absent.csv cannot be read: No such"],
    );
    let line = format!("cavi fit --data bad.csv --components 1 {COLUMNS}");
    let missing = "is not a number; leave the field empty if it is missing";
    for (text, parts) in [
        ("", &["bad.csv has no "][..]),
        ("x1,x2,strength\n", &["bad.csv has no observation below its header; give a file with at least one"]),
        (
            "x1,x2,strenth\n1,2,3\n",
            &["bad.csv has no column `strength`; it has x1, x2, strenth; did you mean `strenth`?"],
        ),
        ("x1,y,strength\n1,2,3\n", &["bad.csv has no column `x2`; it has x1, y, strength"]),
        ("x1,x2,strength\n1,2,3\n\n1,two,3\n", &["bad.csv, line 4, column `x2`: `two`", missing]),
        ("x1,x2,strength\n1,2,3\n1,2,NA\n", &["bad.csv, line 3, column `strength`: `NA`", missing]),
        ("x1,x2,strength\nNaN,2,3\n", &["bad.csv, line 2, column `x1`: `NaN`", missing]),
        ("x1,x2,strength\ninf,2,3\n", &["bad.csv, line 2, column `x1`: `inf`", missing]),
        ("x1,x2,strength\n1,2,3\n1,2,-4\n", &["bad.csv, line 3, column `strength`: -4 is not a count (0, 1, 2, ..)"]),
        ("x1,x2,strength\n1,2,2.5\n", &["bad.csv, line 2, column `strength`: 2.5 is not a count"]),
        ("x1,x2,strength\n1,2,3\n1,2\n", &["bad.csv cannot be read as a table: "]),
    ] {
        bench.write("bad.csv", text.as_bytes());
        bench.refuses(&line, parts);
        bench.refuses(&line.replace("cavi fit", "cavi sweep").replace("--components", "--max-components"), parts);
    }
    // Text in another encoding is no matter in a column that is not asked for.
    #[cfg(not(feature = "parquet"))]
    {
        bench.write("bad.parquet", b"PAR1");
        bench.refuses(&line.replace("csv", "parquet"), &["bad.parquet is a Parquet file", "--features parquet"]);
    }
    #[cfg(feature = "parquet")]
    {
        bench.write("bad.parquet", b"PAR1");
        bench.refuses(&line.replace("csv", "parquet"), &["bad.parquet cannot be read as a table: "]);
    }
    bench.write("bad.csv", b"x1,x2,strength\n\xff,2,3\n");
    bench.refuses(&line, &["bad.csv, line 2, column `x1`: "]);
    bench.write("good.csv", b"x1,x2,strength,place\n1,2,3,Caf\xe9\n");
    bench.elbo(&line.replace("bad", "good")).ok();
    fs::remove_dir_all(bench.path("outputs")).unwrap();

    let line = "cavi fit --data far.csv --model log-normal-poisson --position km --strength s --components 1";
    for distance in ["0", "-2.5"] {
        bench.write("far.csv", format!("km,s\n10,3\n{distance},4\n").as_bytes());
        bench.refuses(line, &[&format!("far.csv, line 3, column `km`: {distance} is not a positive number")]);
    }
}

#[test]
fn a_fit_out_of_range_is_refused() {
    let bench = with_events();
    for (flags, parts) in [
        ("--components 0", &["--components is 0; it must be at least 1"][..]),
        ("--components -1", &["invalid value '-1' for '--components <K>'"]),
        ("--components 301", &["301 components were asked for, but there are 300 observations; ask for 1 to 300"]),
        ("--components 2 --weights 0.5,0.6", &["the weights [0.5, 0.6] sum to 1.1; give 2 numbers"]),
        ("--components 2 --weights 0.5,0.25,0.25", &["the weights [0.5, 0.25, 0.25] sum to 1; give 2 numbers"]),
        ("--components 2 --weights -0.5,1.5", &["the weights [-0.5, 1.5] sum to 1; give 2 numbers"]),
        ("--components 2 --weights nan,1", &["the weights [NaN, 1.0] sum to NaN; give 2 numbers"]),
        ("--components 2 --tau 0", &["tau is 0; it must be positive: it is a precision"]),
        ("--components 2 --tau -1", &["tau is -1; it must be positive: it is a precision"]),
        ("--components 2 --rho 0", &["rho is 0; it must be positive: it is a precision"]),
        ("--components 2 --rho -1", &["rho is -1; it must be positive: it is a precision"]),
        ("--components 2 --alpha 0", &["alpha is 0; it must be positive: it is a shape"]),
        ("--components 2 --alpha -2", &["alpha is -2; it must be positive: it is a shape"]),
        ("--components 2 --beta 0", &["beta is 0; it must be positive: it is a rate"]),
        ("--components 2 --beta nan", &["beta is NaN; it must be positive: it is a rate"]),
        ("--components 2 --nu 1", &["nu is [1.0]; it must be one number a column"]),
        ("--components 2 --nu nan,1", &["nu is NaN; it must be finite"]),
        ("--components 2 --restarts 0", &["--restarts is 0; it must be at least 1"]),
        ("--components 2 --max-sweeps 0", &["--max-sweeps is 0; it must be at least 1"]),
        ("--components 2 --tolerance -1", &["--tolerance is -1; it must not be negative"]),
        ("--components 2 --init kmens++", &["unknown --init `kmens++`", "did you mean `kmeans++`?"]),
        (
            "--components 2 --model log-normal-poisson",
            &["--model log-normal-poisson takes one distance, but --position names 2 columns: x1, x2"],
        ),
        ("--components 2 --run ../a", &["`../a` is not a name for a run"]),
    ] {
        bench.refuses(&format!("cavi fit --data events.csv {COLUMNS} {flags}"), parts);
    }
}

#[test]
fn a_start_that_does_not_fit_is_refused() {
    let bench = Bench::new();
    bench.write("events.csv", b"x1,x2,strength\n0,0,1\n1,1,2\n9,9,30\n");
    let line = format!("cavi fit --data events.csv --components 2 {COLUMNS} --init r.csv");
    bench.refuses(&line, &["r.csv cannot be read: No such file"]);
    for (text, parts) in [
        ("", &["r.csv holds 0 x 0 responsibilities, but 3 x 2 are needed"][..]),
        ("r1,r2\n", &["r.csv has no observation below its header"]),
        ("r1,r2\n1,0\n0,1\n", &["r.csv holds 2 x 2 responsibilities, but 3 x 2 are needed"]),
        ("r1,r2,r3\n1,0,0\n1,0,0\n1,0,0\n", &["r.csv holds 3 x 3 responsibilities, but 3 x 2 are needed"]),
        ("a,b\n1,0\n1,0\n0,1\n", &["r.csv has no column `r1`; it has a, b"]),
        ("r1,r2\n1,0\n0.5,0.6\n0,1\n", &["r.csv, row 2: the responsibilities are negative or sum to 1.1, not 1"]),
        ("r1,r2\n1,0\n0,1\n-0.5,1.5\n", &["r.csv, row 3: the responsibilities are negative or sum to 1, not 1"]),
        ("r1,r2\n1,\n0,1\n0,1\n", &["r.csv, row 1: the responsibilities"]),
        ("r1,r2\n1,0\n0,one\n0,1\n", &["r.csv, line 3, column `r2`: `one` is not a number"]),
    ] {
        bench.write("r.csv", text.as_bytes());
        bench.refuses(&line, parts);
    }
}

#[test]
fn a_run_that_is_there_is_kept_unless_it_is_to_be_replaced() {
    let bench = Bench::with_earlier_run();
    bench.elbo(&format!("{SIMULATE} --out events.csv")).ok();
    bench.elbo(&fit("--run a")).ok();
    bench
        .refuses(&fit("--run a --seed 2"), &["run a exists already; choose another --run, or replace it with --force"]);
    // A failure keeps what --force would have replaced.
    bench.refuses(&fit("--run a --force --weights 0.5,0.6,0"), &["sum to 1.1"]);
    bench.refuses(&fit("--run a --force --init absent.csv"), &["absent.csv cannot be read"]);
    bench.elbo(&fit("--run a --seed 2 --force")).ok();
    assert_eq!(bench.json("outputs/a/fit.json")["seed"], 2);
    // The data would go with the run.
    bench.write("outputs/a/events.csv", &bench.read("events.csv"));
    let line = fit("--run a --force").replace("events.csv", "outputs/a/events.csv");
    bench.refuses(&line, &["--data outputs/a/events.csv lies in the outputs of run a, which would be replaced"]);
    fs::remove_file(bench.path("outputs/a/events.csv")).unwrap();
    // Without a name, the first free one.
    for name in ["cavi-1", "cavi-2"] {
        bench.elbo(&fit("--restarts 1")).ok();
        assert_eq!(outputs(&bench, name), outputs(&bench, "a"));
    }
    // A trained network is not a mixture's to replace.
    let trained = "run earlier exists already as a trained model (2 epochs, 8 steps); choose another --run";
    for flags in ["", "--force"] {
        bench.refuses(&fit(&format!("--run earlier {flags}")), &[trained]);
        let sweep = format!("cavi sweep --data events.csv {COLUMNS} --max-components 2 --run earlier {flags}");
        bench.refuses(&sweep, &[trained]);
    }
}

#[test]
fn extreme_catalogues_are_fitted_and_drawn() {
    let bench = Bench::new();
    for (name, text, components) in [
        ("one event", "x1,x2,strength\n1,2,3\n", 1),
        ("one place", "x1,x2,strength\n1,2,0\n1,2,0\n1,2,0\n", 2),
        ("no strength", "x1,x2,strength\n1,2,\n2,3,\n4,5,\n", 2),
        ("no position", "x1,x2,strength\n1,,1\n2,,4\n4,,0\n", 2),
        ("a huge strength", "x1,x2,strength\n1,2,3\n2,3,100000000\n4,5,7\n", 2),
    ] {
        bench.write("extreme.csv", text.as_bytes());
        let line = format!("cavi fit --data extreme.csv --components {components} {COLUMNS}");
        let report = bench.elbo(&format!("{line} --run extreme --force --json")).ok().json();
        assert!(report["elbo"].as_f64().unwrap().is_finite(), "{name}");
        assert_rises(&numbers(&report["sweeps"]));
        for file in outputs(&bench, "extreme").iter().filter(|file| file.ends_with("g")) {
            assert_picture(&bench, &format!("outputs/extreme/{file}"));
        }
    }
}

/// Any pairs under any weights, with figures for each.
#[test]
fn pairs_of_every_kind_are_fitted_and_drawn() {
    let bench = with_events();
    let mut text = "x,y,km,count,wait,class,flag\n".to_owned();
    for n in 0..200_u32 {
        let k = n % 2;
        let far = f64::from(6 * k);
        let part = |m: u32| f64::from((n * 7919 + m * 104_729) % 1000) / 1000.0;
        text.push_str(&format!(
            "{},{},{},{},{},{},{}\n",
            far + part(1),
            far - part(2),
            (1.0 + far) * (0.5 + part(3)),
            (n % 5) + 20 * k,
            (0.1 + part(4)) * (1.0 + far),
            n % 3,
            if n % 10 == 0 { 1 - k } else { k },
        ));
    }
    bench.write("all.csv", text.as_bytes());
    let pairs = "--pair y=normal-gamma:kappa=0.5,alpha=2 --pair km=log-normal --pair count=poisson:alpha=1 --pair wait=exponential --pair class=categorical:classes=4 --pair flag=bernoulli:a=1,b=2";
    for (plane, mixing) in [
        ("x=normal:tau=2", "fixed"),
        ("x=normal-wishart:degrees-of-freedom=4,covariance=1", "dirichlet:0.5"),
        ("x=normal-gamma", "stick-breaking:2"),
    ] {
        let line = format!("cavi fit --data all.csv --components 2 --pair {plane} {pairs} --mixing {mixing}");
        let report = bench.elbo(&format!("{line} --run all --force --json")).ok().json();
        assert_rises(&numbers(&report["sweeps"]));
        assert!(report["model"].is_null() && report["mu"].is_null());
        assert_eq!(report["mixing"]["prior"]["kind"], mixing.split(':').next().unwrap());
        let kinds: Vec<&str> =
            report["pairs"].as_array().unwrap().iter().map(|pair| pair["kind"].as_str().unwrap()).collect();
        let own = plane.split(['=', ':']).nth(1).unwrap();
        assert_eq!(kinds, [own, "normal-gamma", "log-normal", "poisson", "exponential", "categorical", "bernoulli"]);
        let counts = numbers(&report["counts"]);
        assert!(counts.iter().all(|count| (count - 100.0).abs() < 1.0), "{counts:?}");
        let files = outputs(&bench, "all");
        for column in ["x", "y", "km", "count", "wait", "class", "flag"] {
            assert!(files.contains(&format!("predictive-{column}.svg")), "{files:?}");
        }
        for file in files.iter().filter(|name| name.ends_with("g")) {
            assert_picture(&bench, &format!("outputs/all/{file}"));
        }
        // A fit is read back by its prediction.
        let predicted = bench.elbo("cavi predict all --data all.csv --grid 40 --json").ok().json();
        assert!(predicted["mean_log_density"].as_f64().unwrap().is_finite());
        assert_picture(&bench, "outputs/all/density.png");
    }
}

#[test]
fn pairs_that_cannot_be_are_refused() {
    let bench = with_events();
    let pair = "--pair x1,x2=normal";
    for (flags, parts) in [
        ("--pair x1,x2", &["give COLUMNS=KIND, such as longitude,latitude=normal"][..]),
        ("--pair x1,x2=norml", &["there is no pair `norml`", "did you mean `normal`?"]),
        ("--pair x1,x2=normal:tauu=1", &["normal has no `tauu`; it has tau, nu, rho; did you mean `tau`?"]),
        ("--pair x1,x2=normal:nu=1", &["nu is [1.0]; it must be one number a column"]),
        ("--pair x1,x2=normal-wishart:degrees-of-freedom=2", &["degrees-of-freedom is 2; it must be more than"]),
        ("--pair x1,x2=poisson", &["poisson is about one column; give each of x1, x2 a --pair"]),
        ("--pair x1=normal --pair x1=normal-gamma", &["column x1 is in two pairs; name each column once"]),
        ("--pair x1,x1=normal", &["column x1 is in two pairs"]),
        ("--pair x1=bernoulli", &["column `x1`: ", "is not "]),
        ("--pair x1=categorical", &["column `x1`: ", "is not a class number"]),
        ("--pair x1=normal --strength strength", &["'--pair <COLUMNS=KIND[:PRIOR]>' cannot be used with '--strength"]),
        ("--pair x1=normal --position x1", &["--position belongs to --model or --antenna"]),
        (&format!("{pair} --mixing dirichlet:-1"), &["the concentration is `-1`; it must be positive"]),
        (&format!("{pair} --mixing dirichlet --weights 0.5,0.5"), &["--weights are fixed, but --mixing gives"]),
        (&format!("{pair} --mixing stick"), &["there is no `stick`", "did you mean `stick-breaking`?"]),
        (&format!("{pair} --batch-size 10"), &["--svi"]),
        (&format!("{pair} --svi --batch-size 0"), &["--batch-size is 0; it must be at least 1"]),
        (&format!("{pair} --svi --forgetting 0.5"), &["--forgetting is 0.5; it must be above 0.5"]),
        (&format!("{pair} --projection unwrap"), &["--projection needs a column that begins with lon"]),
        (&format!("{pair} --antenna 1"), &["give a longitude between -360 and 360 and a latitude"]),
        (&format!("{pair} --antenna 1,2"), &["--antenna adds the column distance_km, but no --pair is about it"]),
        (&format!("{pair} --match absent"), &["there is no run absent in ", "it holds no fit at all"]),
    ] {
        bench.refuses(&format!("cavi fit --data events.csv --components 2 {flags}"), parts);
    }
}

#[test]
fn a_streamed_fit_is_the_fit_in_memory() {
    let bench = with_events();
    for method in ["", "--svi --batch-size 50 --max-sweeps 5"] {
        let line = fit(&format!("{method} --restarts 2"));
        bench.elbo(&format!("{line} --run held --force")).ok();
        let output = bench.elbo(&format!("{line} --run streamed --stream --force")).ok();
        assert!(output.stderr.contains("300 events are read in blocks from a temporary file"), "{output:?}");
        let [held, streamed] = ["held", "streamed"].map(|run| timeless(bench.json(&format!("outputs/{run}/fit.json"))));
        assert_eq!(held, streamed);
        let [held, streamed] =
            ["held", "streamed"].map(|run| bench.read(&format!("outputs/{run}/responsibilities.csv")));
        assert_eq!(held, streamed);
    }
}

#[test]
fn components_are_numbered_as_in_an_earlier_fit() {
    let bench = with_events();
    let first = bench.elbo(&fit("--run first --json")).ok().json();
    // A start in reverse order is kept in that order, unless it is matched.
    let (_, rows) = table(&bench, "outputs/first/responsibilities.csv");
    let mut text = "r1,r2,r3\n".to_owned();
    rows.iter().for_each(|row| text.push_str(&format!("{:?},{:?},{:?}\n", row[2], row[0], row[1])));
    bench.write("turned.csv", text.as_bytes());
    let turned = bench.elbo(&fit("--run turned --init turned.csv --json")).ok().json();
    let matched = bench.elbo(&fit("--run matched --init turned.csv --match first --json")).ok().json();
    for k in 0..3 {
        let mean = |fit: &Value, k: usize| numbers(&fit["mu"]["mean"][k])[0];
        assert_close(mean(&matched, k), mean(&first, k), 1e-9);
        assert_close(mean(&turned, (k + 1) % 3), mean(&first, k), 1e-9);
    }
    assert_eq!(
        table(&bench, "outputs/matched/responsibilities.csv").1.iter().map(|row| largest(row)).collect::<Vec<_>>(),
        rows.iter().map(|row| largest(row)).collect::<Vec<_>>()
    );
    let other = "cavi fit --data events.csv --components 3 --pair x1=normal --match first";
    bench.refuses(other, &["--match first is a fit of the columns x1, x2, strength, but this one is about x1"]);
}

#[test]
fn longitudes_that_wrap_are_refused_or_brought_together() {
    let bench = Bench::new();
    let text: String = std::iter::once("longitude,latitude,stations\n".to_owned())
        .chain((0..60).map(|n| {
            let turned = 178.0 + f64::from(n % 5);
            format!("{},{},{}\n", if turned > 180.0 { turned - 360.0 } else { turned }, n % 7, n % 4)
        }))
        .collect();
    bench.write("fiji.csv", text.as_bytes());
    let line = "cavi fit --data fiji.csv --components 1 --position longitude,latitude --strength stations --json";
    bench.refuses(
        line,
        &["column longitude of fiji.csv runs from -179 to 180", "give --projection unwrap, kilometres, or degrees"],
    );
    let mean = |flags: &str| {
        let fit = bench.elbo(&format!("{line} {flags}")).ok().json();
        numbers(&fit["mu"]["mean"][0])
    };
    assert!((mean("--projection unwrap --run unwrapped")[0] - 180.0).abs() < 0.1);
    assert!(mean("--projection degrees")[0].abs() < 170.0);
    let kilometres = mean("--projection kilometres --run km");
    assert!(kilometres.iter().all(|x| x.abs() < 30.0), "{kilometres:?}");
    bench.refuses(
        &format!("{line} --projection kilometres --match unwrapped"),
        &["--match unwrapped is a fit in other coordinates; give the same --projection or --antenna"],
    );
    // A prediction projects the same way: the same events lie where they were.
    for run in ["unwrapped", "km"] {
        bench.elbo(&format!("cavi predict {run} --data fiji.csv --grid 20")).ok();
        assert_picture(&bench, &format!("outputs/{run}/density.png"));
    }
    let (_, rows) = table(&bench, "outputs/unwrapped/density.csv");
    assert!(rows.iter().all(|row| row[0] > 170.0 && row[0] < 190.0));
}

#[test]
fn an_antenna_turns_positions_into_distances() {
    let bench = with_fiji();
    let line = "cavi fit --data fiji.csv --components 3 --antenna 178.4,-18.1 --json";
    let model = "--model log-normal-poisson --position longitude,latitude --strength stations";
    let named = bench.elbo(&format!("{line} {model} --run named")).ok().json();
    assert_eq!(named["pairs"][0]["columns"], serde_json::json!(["distance_km"]));
    assert_rises(&numbers(&named["sweeps"]));
    let pairs = "--pair distance_km=log-normal --pair stations=poisson";
    let paired = bench.elbo(&format!("{line} {pairs} --run paired")).ok().json();
    assert_eq!(named["elbo"], paired["elbo"]);
    // Tonga is some 700 km from Suva: the events lie between 50 and 2200 km.
    let means = named["mu"]["mean"].as_array().unwrap();
    assert!(means.iter().all(|mean| (50.0..2200.0).contains(&numbers(mean)[0].exp())), "{means:?}");
    bench.elbo("cavi predict named --data fiji.csv --grid 50").ok();
    assert_eq!(table(&bench, "outputs/named/density.csv").0, "distance_km,log_density");
    bench.refuses(&format!("{line} {model} --projection unwrap"), &["'--antenna <LON,LAT>' cannot be used with"]);
    let plane = "--position longitude,latitude --strength stations";
    bench.refuses(&format!("{line} {plane}"), &["--antenna gives a distance: take --model log-normal-poisson"]);
}

/// A fit is never lost because it cannot be drawn.
#[test]
fn what_cannot_be_drawn_is_left_out_and_the_rest_is_kept() {
    let bench = Bench::new();
    let text: String = std::iter::once("x,y,s\n".to_owned())
        .chain(
            (0..60)
                .map(|n| format!("{},{},{}\n", n % 8, n / 8, if n % 7 == 0 { String::new() } else { n.to_string() })),
        )
        .collect();
    bench.write("many.csv", text.as_bytes());
    let line = "cavi fit --data many.csv --components 45 --position x,y --strength s --restarts 1 --max-sweeps 3";
    bench.elbo(&format!("{line} --run many")).ok();
    let map = String::from_utf8(bench.read("outputs/many/map.svg")).unwrap();
    assert!(
        map.contains("the 40 largest of 45 components are drawn") && map.contains("events without s have its median")
    );
    bench.write("huge.csv", b"x,y,s\n1,2,3\n2,3,1e300\n4,5,7\n");
    let line = "cavi fit --data huge.csv --components 1 --pair x,y=normal-wishart --pair s=poisson --run huge";
    let output = bench.elbo(line);
    bench.refuses(&format!("{line} --force").replace("s=poisson", "s=normal"), &["its variance overflows; rescale it"]);
    assert!(!output.stderr.contains("panicked"), "{output:?}");
}

/// Events on a line and one far away leave no room to a precision matrix; a fit goes on or says why.
#[test]
fn a_precision_matrix_without_room_is_no_panic() {
    let bench = Bench::new();
    let text: String =
        std::iter::once("x,y\n1e12,1e12\n".to_owned()).chain((0..100).map(|n| format!("{n},{}\n", 3 * n))).collect();
    bench.write("line.csv", text.as_bytes());
    for prior in ["", ":covariance=1e-12/1e-12", ":covariance=1/1,nu=0/0", ":nu=1e9/1e9"] {
        let line = format!("cavi fit --data line.csv --components 2 --pair x,y=normal-wishart{prior} --run a --force");
        let report = bench.elbo(&format!("{line} --json")).ok().json();
        assert!(report["elbo"].as_f64().unwrap().is_finite(), "{prior}");
    }
}

#[test]
fn labels_are_matched_only_where_they_mean_nothing() {
    let bench = with_events();
    bench.elbo(&fit("--run first")).ok();
    let refusal = "--match numbers components anew, but under stick-breaking or unequal weights";
    bench.refuses(&fit("--match first --weights 0.2,0.3,0.5"), &[refusal]);
    bench.refuses(&fit("--match first --mixing stick-breaking"), &[refusal]);
    let other = "cavi fit --data events.csv --components 3 --pair x1,x2=normal-gamma --pair strength=poisson";
    bench.refuses(
        &format!("{other} --match first"),
        &["--match first is a fit of other kinds of pairs: normal, poisson"],
    );
}

#[test]
fn force_replaces_fits_and_nothing_else() {
    let bench = with_events();
    bench.write("outputs/photos/a.txt", b"mine");
    let refusal = "outputs/photos is no fit and no sweep, and not replaced even with --force";
    bench.refuses(&fit("--run photos --force"), &[refusal]);
    bench.refuses(&fit("--run photos"), &[refusal]);
    bench.write("outputs/afile", b"mine");
    bench.refuses(&fit("--run afile --force"), &["outputs/afile is no fit and no sweep"]);
    // What a killed process leaves behind.
    fs::create_dir(bench.path("outputs/killed")).unwrap();
    bench.refuses(&fit("--run killed"), &["run killed exists already (empty: its fit is running, or was killed)"]);
    bench.elbo(&fit("--run killed --force")).ok();
    // A prediction asks before it replaces a file that is not its own.
    bench.refuses(
        "cavi predict killed --data events.csv --out outputs/killed/fit.json",
        &["outputs/killed/fit.json exists already; choose another --out"],
    );
    bench.write("b.density.csv", &bench.read("events.csv"));
    bench.refuses(
        "cavi predict killed --data b.density.csv --out b.csv --grid 10 --force",
        &["b.density.csv is the file of --data; choose another --out"],
    );
    // Without a name, the latest fit.
    let report = bench.elbo("cavi predict --data events.csv --json").ok().json();
    assert_eq!(report["run"], "killed");
    bench.elbo(&format!("cavi sweep --data events.csv {COLUMNS} --max-components 2 --run s")).ok();
    bench.refuses("cavi predict s --data events.csv", &["run s is a sweep over numbers of components"]);
}

#[test]
fn an_event_far_from_everything_has_no_density_and_the_weights() {
    let bench = with_events();
    bench.elbo(&fit("--run a")).ok();
    bench.write("far.csv", b"x1,x2,strength\n1e200,0,5\n");
    bench.elbo("cavi predict a --data far.csv --out far.out.csv").ok();
    let text = String::from_utf8(bench.read("far.out.csv")).unwrap();
    assert!(text.contains(",-inf,0.333") && !text.contains("NaN"), "{text}");
}

/// Ctrl-C keeps the best fit so far, and leaves nothing hidden behind.
#[test]
fn an_interrupted_fit_is_written() {
    let bench = Bench::new();
    bench.elbo("cavi simulate --events 100000 --components 6 --rho 0.5 --out many.csv").ok();
    let line = format!("cavi fit --data many.csv --components 12 {COLUMNS} --restarts 1000 --tolerance 0 --run long");
    let mut running = bench.start(&line);
    assert!(running.wait_for("fitting run long"));
    std::thread::sleep(std::time::Duration::from_millis(500));
    running.interrupt();
    let output = running.finish();
    assert_eq!(output.code, Some(130), "{output:?}");
    assert!(output.stderr.contains("interrupted: the best fit so far is written"), "{output:?}");
    assert!(bench.json("outputs/long/fit.json")["elbo"].as_f64().unwrap().is_finite());

    let drawing = bench.start("cavi simulate --events 50000000 --out endless.csv");
    std::thread::sleep(std::time::Duration::from_millis(700));
    drawing.interrupt();
    let output = drawing.finish();
    assert_eq!(output.code, Some(130), "{output:?}");
    let left: Vec<String> = fs::read_dir(bench.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with('.') || name.starts_with("endless"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}
