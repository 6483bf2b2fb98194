//! Where a fit starts: responsibilities from k-means++, at random, or given.

use distributions::{Noise, Purpose};

use crate::mixture::read;
use crate::{CaviError, Design, MixtureCavi, Statistics};

/// The initial responsibilities: a closed choice.
#[derive(Debug, Clone, PartialEq)]
pub enum Init {
    /// Each event to the nearest of K centres, chosen far apart (Arthur and Vassilvitskii, 2007), in standardised
    /// statistics.
    KMeansPlusPlus,
    /// Uniform on the simplex, each event on its own.
    Random,
    /// `r_nk` row by row, `[observations * components]`.
    Given(Vec<f64>),
}

/// Events that k-means++ chooses its centres from.
const RESERVOIR: usize = 20_000;

impl Init {
    /// The statistics of the initial responsibilities; the same seed gives the same start.
    ///
    /// # Errors
    /// When the device fails.
    pub(crate) fn statistics(
        &self,
        mixture: &MixtureCavi,
        design: &Design,
        seed: u64,
    ) -> Result<Statistics, CaviError> {
        match self {
            Self::Given(responsibilities) => mixture.statistics(design, responsibilities),
            Self::Random => mixture.statistics(design, &random(design.observations, mixture.components, seed)),
            Self::KMeansPlusPlus => mixture.statistics(design, &k_means_plus_plus(mixture.components, design, seed)?),
        }
    }
}

/// Normalised exponentials: uniform on the simplex.
fn random(observations: usize, components: usize, seed: u64) -> Vec<f64> {
    let mut noise = Noise::new(seed, Purpose::Responsibilities, 0, 0);
    let mut uniform = vec![0.0; observations * components];
    noise.fill_uniform(&mut uniform);
    let mut responsibilities: Vec<f64> = uniform.into_iter().map(|u| -f64::from(u).ln()).collect();
    for row in responsibilities.chunks_exact_mut(components) {
        let sum: f64 = row.iter().sum();
        row.iter_mut().for_each(|r| *r /= sum);
    }
    responsibilities
}

fn k_means_plus_plus(components: usize, design: &Design, seed: u64) -> Result<Vec<f64>, CaviError> {
    let features = design.features();
    let mut rows = Vec::with_capacity(design.observations * features);
    for chunk in &design.chunks {
        rows.extend(read(chunk.clone())?);
    }
    standardise(&mut rows, features);
    let rows: Vec<&[f64]> = rows.chunks_exact(features).collect();
    let centres = centres(&rows, components, seed);
    let mut responsibilities = vec![0.0; rows.len() * components];
    for (row, r) in rows.iter().zip(responsibilities.chunks_exact_mut(components)) {
        let nearest = centres.iter().enumerate().min_by(|a, b| distance(row, a.1).total_cmp(&distance(row, b.1)));
        r[nearest.map_or(0, |(k, _)| k)] = 1.0;
    }
    Ok(responsibilities)
}

/// Mean 0 and variance 1 in every feature; a constant one becomes 0.
fn standardise(rows: &mut [f64], features: usize) {
    let n = (rows.len() / features) as f64;
    for f in 0..features {
        let mean = rows.iter().skip(f).step_by(features).sum::<f64>() / n;
        let variance = rows.iter().skip(f).step_by(features).map(|x| (x - mean).powi(2)).sum::<f64>() / n;
        let scale = if variance > 0.0 { variance.sqrt().recip() } else { 0.0 };
        rows.iter_mut().skip(f).step_by(features).for_each(|x| *x = (*x - mean) * scale);
    }
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum()
}

/// K rows, each drawn with a probability proportional to its squared distance from those before.
fn centres<'a>(rows: &[&'a [f64]], components: usize, seed: u64) -> Vec<&'a [f64]> {
    let mut noise = Noise::new(seed, Purpose::Responsibilities, 1, 0);
    let pool: Vec<&[f64]> = if rows.len() <= RESERVOIR {
        rows.to_vec()
    } else {
        (0..RESERVOIR).map(|_| rows[noise.below(rows.len() as u32) as usize]).collect()
    };
    let mut centres = vec![pool[noise.below(pool.len() as u32) as usize]];
    let mut nearest: Vec<f64> = pool.iter().map(|row| distance(row, centres[0])).collect();
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
        let centre = pool[chosen.unwrap_or(pool.len() - 1)];
        nearest.iter_mut().zip(&pool).for_each(|(near, row)| *near = near.min(distance(row, centre)));
        centres.push(centre);
    }
    centres
}
