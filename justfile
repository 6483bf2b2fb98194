# Thin names for the lines of README: `just` lists them. `.ci/run` runs the same cargo lines.

set positional-arguments

_default:
    @just --list --unsorted

# Train the VAE; `--backend wgpu|ndarray|cuda` adds the cargo feature that the backend needs.
train-vae *args:
    @just _elbo train vae "$@"

# Digits from the prior of a run.
sample *args:
    @just _elbo sample "$@"

# Test ELBO, NLL and active units of a run.
evaluate *args:
    @just _elbo evaluate "$@"

# Fit five epicentres to the events near Fiji; flags after it override these.
cavi *args:
    @just _elbo cavi fit --data assets/earthquakes/fiji-since-1964.csv --components 5 --position longitude,latitude --strength stations "$@"

# What is compiled in and what is present.
backends *args:
    @just _elbo backends "$@"

# Every test of the default build.
test *args:
    cargo test --release "$@"

# The tests that need a build with wgpu, ndarray and Parquet; a software renderer will do.
test-gpu:
    cargo test --release --features wgpu,ndarray,parquet --lib --test parity --test parity_cavi --test transfers --test cavi --test bad_flags --test resume --test checkpoints
    cargo test --release --features wgpu,ndarray,parquet --doc -- parquet

# Format, lints and documentation, as CI checks them.
check:
    cargo fmt --all --check
    cargo clippy --release --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --release --no-deps

# Times training steps, evaluation, mixtures and start-up beside their lower bounds; `--quick` for the named rows.
bench *args:
    cargo build --release
    cargo run --release --example bench -- "$@"

# The same beside PyTorch and NumPy, where this Python has them: `just bench-peers venv/bin/python`.
bench-peers python *args:
    cargo build --release
    cargo run --release --example bench -- --python "$@"

# Every question of the assignment, answered, as outputs/report/elbo.pdf and elbo.html; `--quick` makes long runs short.
report *args:
    cargo build --release
    cargo run --release --package report -- "$@"

# Print the golden values that the tests hold (needs SciPy, mpmath, scikit-learn, BayesPy and ArviZ).
golden:
    python3 scripts/golden_noise.py
    python3 scripts/golden_distributions.py
    python3 scripts/golden_special.py
    python3 scripts/golden_cavi.py
    python3 scripts/golden_cavi_fit.py
    python3 scripts/golden_cavi_peers.py
    python3 scripts/golden_pareto.py

# Run elbo with the cargo feature of the backend among the arguments; ELBO_FEATURES adds others, to share one build.
_elbo *args:
    #!/usr/bin/env bash
    set -euo pipefail
    features=${ELBO_FEATURES:-}
    previous=
    for argument in "$@"; do
        case "$previous $argument" in
            "--backend wgpu" | "--backend ndarray" | "--backend cuda") features+=",$argument" ;;
            *" --backend=wgpu" | *" --backend=ndarray" | *" --backend=cuda") features+=",${argument#--backend=}" ;;
        esac
        previous=$argument
    done
    features=${features#,}
    exec cargo run --release ${features:+--features "$features"} -- "$@"
