//! Where a fit starts: responsibilities from k-means++, at random, or given.

use distributions::{Noise, Purpose};

use crate::mixture::read;
use crate::{CaviError, Design, MixtureCavi, Statistics};

/// The initial responsibilities: a closed choice.
///
/// # Examples
/// ```
/// use std::sync::Arc;
///
/// use burn::tensor::Device;
/// use cavi::{Catalogue, Design, Memory, Mixing, MixtureCavi, Pair, PoissonGamma, Precision};
/// use cavi::{FitConfig, Init, fit};
///
/// let events = Arc::new(Catalogue::read("s\n2\n3\n40\n37\n".as_bytes(), "events.csv", &["s"])?);
/// let mixture = MixtureCavi::new(vec![Pair::Poisson(PoissonGamma::new(1.0, 0.1)?)], Mixing::equal(2), 2)?;
/// let design = Design::new(&mixture.pairs, events, &Device::flex(), Precision::Double, Memory::Held)?;
/// let is_symmetric = |init| {
///     let config = FitConfig { init, ..FitConfig::default() };
///     fit(&mixture, &design, &config, &mut |_start, _sweep, _elbo| true).map(|fit| fit.symmetric)
/// };
/// assert!(!is_symmetric(Init::KMeansPlusPlus)?);
/// // No sweep tells apart what is the same at the start (trap D34).
/// assert!(is_symmetric(Init::Given(vec![0.5; 4 * 2]))?);
/// # Ok::<(), cavi::CaviError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Init {
    /// Each event to the nearest of K centres, chosen far apart (Arthur and Vassilvitskii, 2007), in standardised
    /// statistics; of more than 20,000 events, the centres are chosen among so many.
    KMeansPlusPlus,
    /// Uniform on the simplex, each event on its own.
    Random,
    /// `r_nk` row by row, `[observations * components]`.
    Given(Vec<f64>),
}

/// Events that k-means++ chooses its centres from.
const RESERVOIR: usize = 20_000;

impl Init {
    /// The statistics of the initial responsibilities; the same seed gives the same start. No matrix of all
    /// responsibilities is made.
    ///
    /// # Errors
    /// When the device fails, or the events cannot be read back.
    pub(crate) fn statistics(
        &self,
        mixture: &MixtureCavi,
        design: &Design,
        seed: u64,
    ) -> Result<Statistics, CaviError> {
        match self {
            Self::Given(responsibilities) => mixture.statistics(design, responsibilities),
            Self::Random => {
                let mut noise = Noise::new(seed, Purpose::Responsibilities, 0, 0);
                mixture.block_statistics(design, |rows| Ok(random(&mut noise, rows.dims()[0], mixture.components)))
            }
            Self::KMeansPlusPlus => {
                let mut noise = Noise::new(seed, Purpose::Responsibilities, 1, 0);
                let (space, pool) = Space::of(design, &mut noise)?;
                let centres = centres(&pool, mixture.components, &mut noise);
                mixture.block_statistics(design, |rows| Ok(space.nearest(&read(rows.clone())?, &centres)))
            }
        }
    }
}

/// Normalised exponentials: uniform on the simplex.
fn random(noise: &mut Noise, rows: usize, components: usize) -> Vec<f64> {
    let mut uniform = vec![0.0; rows * components];
    noise.fill_uniform(&mut uniform);
    let mut responsibilities: Vec<f64> = uniform.into_iter().map(|u| -f64::from(u).ln()).collect();
    for row in responsibilities.chunks_exact_mut(components) {
        let sum: f64 = row.iter().sum();
        row.iter_mut().for_each(|r| *r /= sum);
    }
    responsibilities
}

/// The space that distances are measured in: coordinates of mean 0 and variance 1.
struct Space {
    features: usize,
    /// The entry of a row, the mean and the inverse scale of each coordinate; a constant one has scale 0.
    axes: Vec<(usize, f64, f64)>,
}

impl Space {
    /// The space, and the points in it that centres are chosen from.
    fn of(design: &Design, noise: &mut Noise) -> Result<(Self, Vec<Vec<f64>>), CaviError> {
        let observations = design.observations();
        let rows: Vec<usize> = if observations <= RESERVOIR {
            (0..observations).collect()
        } else {
            (0..RESERVOIR).map(|_| noise.index(observations)).collect()
        };
        let (rows, features) = (design.sample(&rows)?, design.features());
        let n = (rows.len() / features) as f64;
        let axis = |entry| {
            let values = rows.iter().skip(entry).step_by(features);
            let mean = values.clone().sum::<f64>() / n;
            let variance = values.map(|x| (x - mean).powi(2)).sum::<f64>() / n;
            (entry, mean, if variance > 0.0 { variance.sqrt().recip() } else { 0.0 })
        };
        let space = Self { features, axes: design.coordinates().into_iter().map(axis).collect() };
        let pool = rows.chunks_exact(features).map(|row| space.point(row).collect()).collect();
        Ok((space, pool))
    }

    fn point(&self, row: &[f64]) -> impl Iterator<Item = f64> {
        self.axes.iter().map(|&(entry, mean, scale)| (row[entry] - mean) * scale)
    }

    /// One-hot responsibilities of the nearest centre.
    fn nearest(&self, rows: &[f64], centres: &[&[f64]]) -> Vec<f64> {
        let mut responsibilities = vec![0.0; rows.len() / self.features * centres.len()];
        let mut point = vec![0.0; self.axes.len()];
        let own = responsibilities.chunks_exact_mut(centres.len());
        for (row, r) in rows.chunks_exact(self.features).zip(own) {
            point.iter_mut().zip(self.point(row)).for_each(|(entry, x)| *entry = x);
            let from = centres.iter().map(|centre| distance(&point, centre)).enumerate();
            let nearest = from.min_by(|a, b| a.1.total_cmp(&b.1));
            r[nearest.map_or(0, |(k, _)| k)] = 1.0;
        }
        responsibilities
    }
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum()
}

/// K points, each drawn with a probability proportional to its squared distance from those before.
fn centres<'a>(pool: &'a [Vec<f64>], components: usize, noise: &mut Noise) -> Vec<&'a [f64]> {
    let mut centres = vec![pool[noise.index(pool.len())].as_slice()];
    let mut nearest: Vec<f64> = pool.iter().map(|point| distance(point, centres[0])).collect();
    while centres.len() < components {
        let total: f64 = nearest.iter().sum();
        let mut uniform = [0.0];
        noise.fill_uniform(&mut uniform);
        let mut left = f64::from(uniform[0]) * total;
        // Where all events coincide with a centre, any will do.
        let chosen = nearest.iter().position(|d| {
            left -= d;
            left < 0.0
        });
        let centre = pool[chosen.unwrap_or(pool.len() - 1)].as_slice();
        nearest.iter_mut().zip(pool).for_each(|(near, point)| *near = near.min(distance(point, centre)));
        centres.push(centre);
    }
    centres
}
