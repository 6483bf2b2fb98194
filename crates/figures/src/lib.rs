//! Figures of the workbench: data in, SVG text or PNG bytes out.
//!
//! | figure | type | output |
//! |---|---|---|
//! | sampled digits, reconstructions | [`ImageGrid`] | PNG |
//! | latent manifold, interpolations | [`FramedGrid`] | SVG |
//! | ELBO per epoch | [`Curves`] | SVG |
//! | latent codes coloured by class | [`Scatter`] | SVG |
//! | events coloured by mixture component | [`Map`] | SVG |
//! | log density in the plane | [`DensityMap`] | SVG |
//! | histograms with fitted predictives | [`Histograms`] | SVG |
//! | samples over each other | [`OverlaidHistograms`] | SVG |
//! | estimates with their intervals, row by row | [`Intervals`] | SVG |
//! | graphical model in plate notation | [`PlateDiagram`] | SVG |
//!
//! [`svg_to_png`] turns each SVG into a PNG with the font that is compiled in. Nothing here opens a
//! file, prints or reads a clock, and the same input gives the same bytes on each machine.
//!
//! ```
//! use figures::{Curves, Series, svg_to_png};
//!
//! let points = (1..=5).map(|n| (f64::from(n), f64::from(n).sqrt())).collect();
//! let figure = Curves {
//!     title: "√n".to_owned(),
//!     x_label: "n".to_owned(),
//!     y_label: String::new(),
//!     series: vec![Series { label: "√n".to_owned(), points, marks: Vec::new() }],
//! };
//! let svg = figure.to_svg()?;
//! assert!(svg.starts_with("<svg"));
//! assert!(svg_to_png(&svg, 1.0)?.starts_with(b"\x89PNG"));
//! # Ok::<(), figures::FigureError>(())
//! ```
//!
//! `examples/two_figures.rs` draws a histogram under its density, and curves.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may panic"))]

mod aspect;
mod axis;
mod base64;
mod canvas;
mod curves;
mod density;
mod error;
mod frame;
mod framed;
mod grid;
mod histograms;
mod intervals;
mod labels;
mod legend;
mod map;
mod marks;
mod overlay;
mod plates;
mod png;
mod range;
mod raster;
mod scatter;
mod series;
mod theme;

pub use curves::Curves;
pub use density::{DensityCentre, DensityMap};
pub use error::FigureError;
pub use framed::{FramedGrid, Tick};
pub use grid::{GridConfig, ImageGrid, Tone};
pub use histograms::{HistogramPanel, Histograms, Predictive};
pub use intervals::{IntervalEstimate, IntervalSet, Intervals, Scale};
pub use map::{Map, MapCentre, MapComponent, MapEvent};
pub use overlay::{CountedSample, OverlaidHistograms};
pub use plates::{NodeKind, Plate, PlateDiagram, PlateNode};
pub use raster::{svg_to_png, svg_with_outlines};
pub use scatter::{Scatter, ScatterPoint};
pub use series::Series;
