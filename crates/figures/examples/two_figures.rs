//! A histogram under a density and curves, as SVG and PNG files, from data of one's own.
//!
//! `cargo run --release --example two_figures [FOLDER]`; without a folder, the system's temporary one.
#![allow(clippy::print_stdout, reason = "an example prints what it has written")]

use std::error::Error;
use std::path::PathBuf;

use figures::{Curves, HistogramPanel, Histograms, Predictive, Series, svg_to_png};

/// Sums of 12 uniforms less 6: mean 0, variance 1, and by the central limit theorem almost a normal.
fn draws(count: usize) -> Vec<f64> {
    let mut state = 1_u64;
    let mut uniform = || {
        // The generator of Knuth's MMIX; its upper bits are the random ones.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    (0..count).map(|_| (0..12).map(|_| uniform()).sum::<f64>() - 6.0).collect()
}

fn histogram(draws: &[f64]) -> Histograms {
    let edges: Vec<f64> = (-16..=16).map(|i| f64::from(i) / 4.0).collect();
    let inside = |bin: &[f64]| draws.iter().filter(|&&x| (bin[0]..bin[1]).contains(&x)).count() as f64;
    let density = |x: f64| (x, (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt());
    Histograms {
        title: format!("{} sums of 12 uniforms", draws.len()),
        x_label: "sum − 6".to_owned(),
        y_label: "density".to_owned(),
        observed_label: "drawn".to_owned(),
        predictive_label: "N(0, 1)".to_owned(),
        panels: vec![HistogramPanel {
            title: String::new(),
            component: 0,
            counts: edges.windows(2).map(inside).collect(),
            edges,
            predictive: Predictive::Density((-80..=80).map(|i| density(f64::from(i) / 20.0)).collect()),
        }],
    }
}

fn curves(draws: &[f64]) -> Curves {
    let mut sum = 0.0;
    let means: Vec<(f64, f64)> = (1..)
        .zip(draws)
        .map(|(n, x)| {
            sum += x;
            (f64::from(n), sum / f64::from(n))
        })
        .skip(9)
        .collect();
    let error = |sign: f64| means.iter().map(|&(n, _)| (n, sign / n.sqrt())).collect();
    let series = [("mean", means.clone()), ("+1/√n", error(1.0)), ("−1/√n", error(-1.0))];
    Curves {
        title: "The mean of the first n draws".to_owned(),
        x_label: "n".to_owned(),
        y_label: "mean".to_owned(),
        series: series.map(|(label, points)| Series { label: label.to_owned(), points, marks: Vec::new() }).into(),
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let draws = draws(1000);
    for (name, svg) in [("histogram", histogram(&draws).to_svg()?), ("curves", curves(&draws).to_svg()?)] {
        for (kind, bytes) in [("png", svg_to_png(&svg, 1.0)?), ("svg", svg.into_bytes())] {
            let path = folder.join(name).with_extension(kind);
            std::fs::write(&path, &bytes)?;
            println!("{}: {} bytes", path.display(), bytes.len());
        }
    }
    Ok(())
}
