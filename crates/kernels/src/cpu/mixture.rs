//! The assignment step of a mixture: responsibilities, and at once the statistics that they weigh.

use super::math::exp_nonpositive_f64;
use super::{for_each, vectorized};

/// Events that stand side by side in a vector register.
const LANES: usize = 8;
/// Events that one thread works through at a time. It decides the order of the sums, so it does not depend on the threads.
const CHUNK: usize = 2048;
/// Normalisers whose product is kept before its logarithm is taken: each is between 1 and the number of components, so that
/// their product is finite for up to a billion of those.
const PRODUCT: usize = 32;

type Lanes = [f64; LANES];

/// What the parameters of a mixture need to know of its events.
///
/// # Examples
/// One sweep of a mixture of unit Gaussians, whose means are -10 and 10 before it:
///
/// ```
/// use kernels::cpu::mixture_sums;
///
/// // exp(x m - m^2 / 2) is N(x; m, 1) up to a factor that all components share.
/// let events = [-11.0, 10.0, 12.0];
/// let found = mixture_sums(&events, &[-10.0, 10.0], &[0.5_f64.ln() - 50.0; 2]);
/// // One event is the first component's, two are the second's; the means follow them.
/// assert!((found.counts[0] - 1.0).abs() < 1e-9 && (found.counts[1] - 2.0).abs() < 1e-9);
/// let means = [0, 1].map(|k| found.sums[k] / found.counts[k]);
/// assert!((means[0] - -11.0).abs() < 1e-9 && (means[1] - 11.0).abs() < 1e-9);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct MixtureSums {
    /// `sum_n r_nk`, `[components]`.
    pub counts: Vec<f64>,
    /// `sum_n r_nk t(x_n)`, `[components, features]`.
    pub sums: Vec<f64>,
    /// `sum_n log sum_k exp(log_weight_k + t(x_n) . natural_k)`, in nats.
    pub log_normaliser: f64,
}

/// The sums over all events of `r_nk = exp(log_weight_k + t(x_n) . natural_k) / normaliser_n`, one pass over the events and no
/// memory for the responsibilities.
///
/// # Shapes
/// - `rows`: `[events, features]`; `natural`: `[features, components]`; `log_weights`: `[components]`, of which some, but not
///   all, may be minus infinity
///
/// # Panics
/// When the sizes do not fit.
pub fn mixture_sums(rows: &[f64], natural: &[f64], log_weights: &[f64]) -> MixtureSums {
    let components = log_weights.len();
    assert!(components > 0, "a mixture has a component");
    let features = natural.len() / components;
    assert_eq!(natural.len(), features * components, "one natural parameter a feature and component");
    assert!(features > 0 && rows.len().is_multiple_of(features), "one row of {features} features an event");

    let chunks = rows.chunks(CHUNK * features);
    let mut partial: Vec<Option<MixtureSums>> = vec![None; chunks.len()];
    for_each(partial.iter_mut().zip(chunks), |(sums, rows)| {
        let mut chunk = Chunk::new(natural, log_weights);
        *sums = Some(vectorized(
            #[inline(always)]
            || {
                // A loop, and not `for_each`: that would be a function of its own, compiled for any processor.
                for tile in rows.chunks(LANES * features) {
                    chunk.add(tile);
                }
                chunk.finish()
            },
        ));
    });
    let mut total =
        MixtureSums { counts: vec![0.0; components], sums: vec![0.0; components * features], log_normaliser: 0.0 };
    for part in partial.into_iter().flatten() {
        total.counts.iter_mut().zip(&part.counts).for_each(|(a, b)| *a += b);
        total.sums.iter_mut().zip(&part.sums).for_each(|(a, b)| *a += b);
        total.log_normaliser += part.log_normaliser;
    }
    total
}

/// The sums of the events that one thread has seen, kept apart for each lane.
struct Chunk<'a> {
    natural: &'a [f64],
    log_weights: &'a [f64],
    /// Of the tile: `t(x)`, `[features]`, and the responsibilities, `[components]`.
    features: Vec<Lanes>,
    responsibilities: Vec<Lanes>,
    counts: Vec<Lanes>,
    sums: Vec<Lanes>,
    /// The sum of the largest exponents, and the product of the normalisers that have no logarithm yet.
    largest: Lanes,
    product: Lanes,
    pending: usize,
    log_normaliser: f64,
}

impl<'a> Chunk<'a> {
    fn new(natural: &'a [f64], log_weights: &'a [f64]) -> Self {
        let components = log_weights.len();
        Self {
            natural,
            log_weights,
            features: vec![[0.0; LANES]; natural.len() / components],
            responsibilities: vec![[0.0; LANES]; components],
            counts: vec![[0.0; LANES]; components],
            sums: vec![[0.0; LANES]; natural.len()],
            largest: [0.0; LANES],
            product: [1.0; LANES],
            pending: 0,
            log_normaliser: 0.0,
        }
    }

    /// Adds up to `LANES` events.
    #[inline(always)]
    fn add(&mut self, tile: &[f64]) {
        let width = self.features.len();
        let events = tile.len() / width;
        for (lane, row) in tile.chunks_exact(width).enumerate() {
            self.features.iter_mut().zip(row).for_each(|(feature, value)| feature[lane] = *value);
        }
        // log r_nk + log normaliser_n, and its largest entry
        let components = self.log_weights.len();
        let mut largest = [f64::NEG_INFINITY; LANES];
        for (k, (exponent, log_weight)) in self.responsibilities.iter_mut().zip(self.log_weights).enumerate() {
            let mut sum = [*log_weight; LANES];
            for (feature, natural) in self.features.iter().zip(self.natural.chunks_exact(components)) {
                sum = multiply_add(*feature, [natural[k]; LANES], sum);
            }
            *exponent = sum;
            largest = lanes(|lane| if sum[lane] > largest[lane] { sum[lane] } else { largest[lane] });
        }
        let mut normaliser = [0.0; LANES];
        for weight in &mut self.responsibilities {
            let exponent = *weight;
            *weight = lanes(|lane| exp_nonpositive_f64(exponent[lane] - largest[lane]));
            let weight = *weight;
            normaliser = lanes(|lane| normaliser[lane] + weight[lane]);
        }
        // Lanes without an event weigh nothing: their normaliser is 1, its logarithm 0.
        let mut inverse = lanes(|lane| 1.0 / normaliser[lane]);
        if events < LANES {
            for lane in events..LANES {
                (inverse[lane], largest[lane], normaliser[lane]) = (0.0, 0.0, 1.0);
            }
        }
        self.largest = multiply_add(largest, [1.0; LANES], self.largest);
        self.product = multiply_add(self.product, normaliser, [0.0; LANES]);
        let statistics = self.counts.iter_mut().zip(self.sums.chunks_exact_mut(width));
        for (weight, (count, sums)) in self.responsibilities.iter().zip(statistics) {
            let r = multiply_add(*weight, inverse, [0.0; LANES]);
            *count = multiply_add(r, [1.0; LANES], *count);
            for (sum, feature) in sums.iter_mut().zip(&self.features) {
                *sum = multiply_add(r, *feature, *sum);
            }
        }
        self.pending += 1;
        if self.pending == PRODUCT {
            self.take_logarithms();
        }
    }

    #[inline(always)]
    fn take_logarithms(&mut self) {
        self.log_normaliser += self.product.iter().map(|product| product.ln()).sum::<f64>();
        self.product = [1.0; LANES];
        self.pending = 0;
    }

    #[inline(always)]
    fn finish(mut self) -> MixtureSums {
        self.take_logarithms();
        let total = |lanes: &Lanes| lanes.iter().sum();
        MixtureSums {
            counts: self.counts.iter().map(total).collect(),
            sums: self.sums.iter().map(total).collect(),
            log_normaliser: self.log_normaliser + self.largest.iter().sum::<f64>(),
        }
    }
}

/// A value a lane. Whole arrays go in and out, so that they live in registers.
#[inline(always)]
fn lanes(value: impl Fn(usize) -> f64) -> Lanes {
    let mut lanes = [0.0; LANES];
    for (lane, out) in lanes.iter_mut().enumerate() {
        *out = value(lane);
    }
    lanes
}

/// `a b + c`.
#[inline(always)]
fn multiply_add(a: Lanes, b: Lanes, c: Lanes) -> Lanes {
    lanes(|lane| a[lane] * b[lane] + c[lane])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cpu::set_threads;

    fn reference(rows: &[f64], natural: &[f64], log_weights: &[f64]) -> MixtureSums {
        let components = log_weights.len();
        let features = natural.len() / components;
        let mut total =
            MixtureSums { counts: vec![0.0; components], sums: vec![0.0; components * features], log_normaliser: 0.0 };
        for row in rows.chunks(features) {
            let exponent =
                |k: usize| log_weights[k] + (0..features).map(|f| row[f] * natural[f * components + k]).sum::<f64>();
            let exponents: Vec<f64> = (0..components).map(exponent).collect();
            let largest = exponents.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let log_normaliser = largest + exponents.iter().map(|e| (e - largest).exp()).sum::<f64>().ln();
            total.log_normaliser += log_normaliser;
            for (k, exponent) in exponents.iter().enumerate() {
                let r = (exponent - log_normaliser).exp();
                total.counts[k] += r;
                (0..features).for_each(|f| total.sums[k * features + f] += r * row[f]);
            }
        }
        total
    }

    fn close(ours: &MixtureSums, exact: &MixtureSums, events: usize) -> bool {
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-12 * (events as f64 + b.abs());
        let all = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| near(*a, *b));
        all(&ours.counts, &exact.counts)
            && all(&ours.sums, &exact.sums)
            && near(ours.log_normaliser, exact.log_normaliser)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn sums_agree_with_the_formula(
            values in prop::collection::vec(-3.0_f64..3.0, 1..200), components in 1_usize..9, features in 1_usize..5,
            scale in 0.1_f64..100.0, closed: bool,
        ) {
            let rows = &values[..values.len() / features * features];
            let natural: Vec<f64> = (0..features * components).map(|i| scale * ((i * 37 % 19) as f64 / 9.0 - 1.0)).collect();
            let mut log_weights: Vec<f64> = (0..components).map(|k| -(k as f64)).collect();
            if closed && components > 1 {
                log_weights[0] = f64::NEG_INFINITY;
            }
            let ours = mixture_sums(rows, &natural, &log_weights);
            prop_assert!(close(&ours, &reference(rows, &natural, &log_weights), rows.len()), "{ours:?}");
        }
    }

    #[test]
    fn many_events_give_the_same_bits_on_any_number_of_threads() {
        let rows: Vec<f64> = (0..3 * 20_011).map(|i| ((i * 7919) % 1009) as f64 / 100.0 - 5.0).collect();
        let natural: Vec<f64> = (0..3 * 7).map(|i| (i as f64 * 0.7).sin()).collect();
        let sums = |threads| {
            set_threads(threads);
            mixture_sums(&rows, &natural, &[-2.0; 7])
        };
        let one = sums(1);
        assert!(close(&one, &reference(&rows, &natural, &[-2.0; 7]), rows.len()));
        assert!([2, 3, 5].into_iter().all(|threads| sums(threads) == one));
    }
}
