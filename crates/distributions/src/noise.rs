//! The source of all randomness: counter-based draws on the host, keyed by seed, purpose, epoch and step.

use burn::tensor::{Device, Tensor, TensorData};
use rand::{Rng, SeedableRng, rngs::ChaCha8Rng};

use crate::box_muller::{BLOCK, box_muller};

/// What a stream of draws is for: streams of different purposes never meet.
///
/// The numbers are part of the format of every seed: add new ones, never change old ones.
///
/// # Examples
/// One seed serves a whole run: each purpose has a stream of its own, and so has each step.
///
/// ```
/// use distributions::{Noise, Purpose};
///
/// let first = |purpose, step| Noise::new(7, purpose, 1, step).next_word();
/// assert_ne!(first(Purpose::Shuffle, 0), first(Purpose::TrainingLatent, 0));
/// assert_ne!(first(Purpose::TrainingLatent, 0), first(Purpose::TrainingLatent, 1));
/// // Step 1 has the same draws, whether or not those of the others were ever made.
/// assert_eq!(first(Purpose::TrainingLatent, 1), first(Purpose::TrainingLatent, 1));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub enum Purpose {
    /// Initial weights.
    Weights = 1,
    /// The order of the training images.
    Shuffle = 2,
    /// Pixels drawn as Bernoulli variables.
    Binarisation = 3,
    /// Latent noise of a training step.
    TrainingLatent = 4,
    /// Latent noise of the test ELBO after each epoch: one fixed stream.
    TestLatent = 5,
    /// Latent noise of the importance-weighted evaluation.
    EvaluationLatent = 6,
    /// Codes and pixels of pictures.
    Pictures = 7,
    /// Draws of a test.
    Test = 8,
    /// Initial responsibilities of a mixture.
    Responsibilities = 9,
    /// A simulated catalogue.
    Simulation = 10,
    /// Draws of two samplers that are compared.
    Comparison = 11,
    /// The events of a stochastic step.
    Minibatch = 12,
    /// Draws of gradient estimators that are measured.
    Estimators = 13,
    /// Latent noise of a posterior that is refined image by image.
    Refinement = 20,
    /// Images simulated from a model.
    SimulatedImages = 21,
    /// Chains of annealed importance sampling.
    Annealing = 22,
}

/// A stream that has not begun: [`Noise::from_key`] opens it, each time with the same draws.
///
/// # Examples
/// ```
/// use burn::tensor::Device;
/// use distributions::{Noise, Purpose};
///
/// let mut noise = Noise::new(1, Purpose::Comparison, 0, 0);
/// let [first, second] = [noise.next_key(), noise.next_key()];
/// let draws = |key| Noise::from_key(key).normal([100], &Device::flex()).try_into_vec_as::<f32>();
/// // The same draws each time, as two estimators need that are compared at common random numbers.
/// assert_eq!(draws(first)?, draws(first)?);
/// assert_ne!(draws(first)?, draws(second)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoiseKey([u8; 32]);

/// A stream of draws that depends on its key alone: not on the backend, the number of threads or any other stream.
///
/// The generator is ChaCha8, whose 256-bit key *is* the four numbers `(seed, purpose, epoch, step)`. Nothing has to be
/// saved to go on after an interruption: the next step has its own key.
///
/// ```
/// use distributions::{Noise, Purpose};
/// let mut eps = [0.0; 3];
/// Noise::new(1, Purpose::TrainingLatent, 1, 0).fill_normal(&mut eps);
/// let mut again = [0.0; 3];
/// Noise::new(1, Purpose::TrainingLatent, 1, 0).fill_normal(&mut again);
/// assert_eq!(eps, again);
/// ```
#[derive(Debug)]
pub struct Noise {
    generator: ChaCha8Rng,
}

impl Noise {
    /// Opens the stream of a key. `epoch` and `step` are two counters whose meaning the purpose decides.
    pub fn new(seed: u64, purpose: Purpose, epoch: u64, step: u64) -> Self {
        let mut key = [0; 32];
        for (bytes, part) in key.chunks_exact_mut(8).zip([seed, purpose as u64, epoch, step]) {
            bytes.copy_from_slice(&part.to_le_bytes());
        }
        Self::from_key(NoiseKey(key))
    }

    /// Opens a stream at its start.
    pub fn from_key(key: NoiseKey) -> Self {
        Self { generator: ChaCha8Rng::from_seed(key.0) }
    }

    /// The key of a stream of its own, drawn from this one: however much of it is used, this one stays where it is.
    pub fn next_key(&mut self) -> NoiseKey {
        let mut key = [0; 32];
        self.generator.fill_bytes(&mut key);
        NoiseKey(key)
    }

    /// The next 32 uniform bits.
    pub fn next_word(&mut self) -> u32 {
        self.generator.next_u32()
    }

    /// The generator itself, for distributions of other crates. Their algorithms are theirs to change: nothing that is
    /// published may depend on them.
    pub fn generator(&mut self) -> &mut impl Rng {
        &mut self.generator
    }

    /// Fills `out` with standard normals; whole blocks of 64 words are used up, the rest of the last one is dropped.
    pub fn fill_normal(&mut self, out: &mut [f32]) {
        for chunk in out.chunks_mut(BLOCK) {
            let normals = box_muller(&self.words());
            chunk.copy_from_slice(&normals[..chunk.len()]);
        }
    }

    /// Fills `out` with uniforms on the grid `(k + 1/2) / 2^23`: symmetric about 1/2, never 0 and never 1, exact in
    /// `f32`, so that `log u` and `log(1 - u)` are finite (traps D20, D22).
    pub fn fill_uniform(&mut self, out: &mut [f32]) {
        for value in out {
            *value = uniform(self.next_word());
        }
    }

    /// Fills `out` with standard exponentials by comparisons of uniforms alone (von Neumann, 1951; Devroye 1986, chapter IV,
    /// section 2): no logarithm, so that they check the inverse distribution function, and no end of the tail.
    pub fn fill_exponential(&mut self, out: &mut [f32]) {
        for value in out {
            *value = self.exponential();
        }
    }

    /// Descents `w_1 > w_2 > .. > w_n <= w_(n+1)`: `n` is odd with probability `exp(-w_1)`, and the number of descents
    /// before the first odd one is the integer part.
    fn exponential(&mut self) -> f32 {
        let mut whole = 0.0;
        loop {
            let first = self.next_word();
            let (mut last, mut is_odd) = (first, true);
            loop {
                let next = self.next_word();
                if next >= last {
                    break;
                }
                (last, is_odd) = (next, !is_odd);
            }
            if is_odd {
                return whole + uniform(first);
            }
            whole += 1.0;
        }
    }

    /// A uniform integer in `0..bound`, without bias (Lemire, 2019).
    ///
    /// # Panics
    /// When `bound` is 0.
    pub fn below(&mut self, bound: u32) -> u32 {
        assert!(bound > 0, "there is no integer in 0..0");
        let threshold = bound.wrapping_neg() % bound;
        loop {
            let product = u64::from(self.next_word()) * u64::from(bound);
            if product as u32 >= threshold {
                return (product >> 32) as u32;
            }
        }
    }

    /// A uniform index in `0..bound`: [`below`](Self::below), and beyond 32 bits with a bias of less than 2^-24.
    ///
    /// # Panics
    /// When `bound` is 0, or beyond 2^40.
    pub fn index(&mut self, bound: usize) -> usize {
        match u32::try_from(bound) {
            Ok(bound) => self.below(bound) as usize,
            Err(_) => {
                assert!(bound <= 1 << 40, "an index in 0..{bound}");
                let word = u64::from(self.next_word()) << 32 | u64::from(self.next_word());
                ((u128::from(word) * bound as u128) >> 64) as usize
            }
        }
    }

    /// A uniform permutation of `0..length` (Fisher-Yates).
    ///
    /// # Panics
    /// When `length` does not fit 32 bits.
    pub fn permutation(&mut self, length: usize) -> Vec<u32> {
        let length = u32::try_from(length).expect("a permutation has at most 2^32 - 1 entries");
        let mut order: Vec<u32> = (0..length).collect();
        for i in (1..length).rev() {
            order.swap(i as usize, self.below(i + 1) as usize);
        }
        order
    }

    /// A tensor of standard normals.
    pub fn normal<const D: usize>(&mut self, shape: [usize; D], device: &Device) -> Tensor<D> {
        let mut values = vec![0.0; shape.iter().product()];
        self.fill_normal(&mut values);
        Tensor::from_data(TensorData::new(values, shape), device)
    }

    /// A tensor of uniforms, as [`fill_uniform`](Self::fill_uniform).
    pub fn uniform<const D: usize>(&mut self, shape: [usize; D], device: &Device) -> Tensor<D> {
        let mut values = vec![0.0; shape.iter().product()];
        self.fill_uniform(&mut values);
        Tensor::from_data(TensorData::new(values, shape), device)
    }

    fn words(&mut self) -> [u32; BLOCK] {
        let mut bytes = [0; 4 * BLOCK];
        self.generator.fill_bytes(&mut bytes);
        let mut words = [0; BLOCK];
        for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(4)) {
            *word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        }
        words
    }
}

/// `(k + 1/2) / 2^23` from the top 23 bits of a word.
fn uniform(word: u32) -> f32 {
    ((word >> 9) as f32 + 0.5) * 2.0_f32.powi(-23)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(step: u64) -> Noise {
        Noise::new(7, Purpose::Test, 0, step)
    }

    #[test]
    fn a_key_is_drawn_from_its_stream_and_opens_the_same_draws_each_time() {
        let mut stream = noise(0);
        let [first, second] = [stream.next_key(), stream.next_key()];
        assert_ne!(first, second);
        assert_eq!(first, noise(0).next_key());
        let draws = |key| {
            let mut values = [0.0; 100];
            Noise::from_key(key).fill_uniform(&mut values);
            values
        };
        assert_eq!(draws(first), draws(first));
        assert_ne!(draws(first), draws(second));
        // 32 bytes of the stream are a key: it goes on behind them.
        let mut words = noise(0);
        for _ in 0..16 {
            words.next_word();
        }
        assert_eq!(words.next_word(), stream.next_word());
    }

    #[test]
    fn every_part_of_the_key_changes_the_stream() {
        let first = |mut noise: Noise| noise.next_word();
        let base = first(Noise::new(1, Purpose::Test, 2, 3));
        assert_eq!(base, first(Noise::new(1, Purpose::Test, 2, 3)));
        for other in [
            Noise::new(2, Purpose::Test, 2, 3),
            Noise::new(1, Purpose::Shuffle, 2, 3),
            Noise::new(1, Purpose::Test, 3, 3),
            Noise::new(1, Purpose::Test, 2, 4),
        ] {
            assert_ne!(base, first(other));
        }
    }

    #[test]
    fn a_longer_fill_begins_with_a_shorter_one() {
        let (mut short, mut long) = ([0.0; 70], [0.0; 500]);
        noise(0).fill_normal(&mut short);
        noise(0).fill_normal(&mut long);
        assert_eq!(short, long[..70]);
    }

    /// The moments of n normals: each statistic is within 5.5 standard errors, a false alarm of 4e-8 each.
    #[test]
    fn normals_have_the_moments_of_a_standard_normal() {
        let n = 4_000_000;
        let mut draws = vec![0.0; n];
        noise(1).fill_normal(&mut draws);
        let moment = |k: i32| draws.iter().map(|&z| f64::from(z).powi(k)).sum::<f64>() / n as f64;
        // Var(z^k) = E z^2k - (E z^k)^2 = 1, 2, 15, 96 for k = 1..4.
        for (k, mean, variance) in [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0_f64)] {
            let z_score = (moment(k) - mean) / (variance / n as f64).sqrt();
            assert!(z_score.abs() < 5.5, "moment {k} is {z_score} standard errors off");
        }
        let within = draws.iter().filter(|z| z.abs() < 1.0).count() as f64 / n as f64;
        let exact = 0.682_689_492_137_086;
        assert!((within - exact).abs() < 5.5 * (exact * (1.0 - exact) / n as f64).sqrt());
        // The halves of a block share a radius; their product must still average to nothing.
        let pairs =
            draws.chunks_exact(BLOCK).flat_map(|b| (0..BLOCK / 2).map(move |i| f64::from(b[i] * b[i + BLOCK / 2])));
        let covariance = pairs.sum::<f64>() / (n / 2) as f64;
        assert!(covariance.abs() < 5.5 / (n as f64 / 2.0).sqrt(), "covariance {covariance}");
    }

    /// D20 and D22: the smallest and the largest word give uniforms strictly inside (0, 1), with finite logs.
    #[test]
    fn d20_d22_uniforms_never_reach_zero_or_one() {
        for word in [0, u32::MAX] {
            let u = uniform(word);
            assert!(u > 0.0 && u < 1.0);
            assert!((-(-u.ln()).ln()).is_finite() && (-u).ln_1p().is_finite());
        }
        assert_eq!(uniform(0), 2.0_f32.powi(-24));
        assert_eq!(uniform(u32::MAX), 1.0 - 2.0_f32.powi(-24));
    }

    #[test]
    fn a_permutation_holds_every_index_once() {
        let mut order = noise(2).permutation(1000);
        assert_ne!(order, (0..1000).collect::<Vec<_>>());
        order.sort_unstable();
        assert_eq!(order, (0..1000).collect::<Vec<_>>());
        assert!(noise(2).permutation(0).is_empty());
    }

    /// Each of 6 orders of 3 things within 5.5 standard errors of a sixth.
    #[test]
    fn permutations_of_three_things_are_equally_frequent() {
        let n = 60_000;
        let mut counts = std::collections::BTreeMap::new();
        for i in 0..n {
            *counts.entry(noise(100 + i).permutation(3)).or_insert(0_u32) += 1;
        }
        assert_eq!(counts.len(), 6);
        let error = (n as f64 * (1.0 / 6.0) * (5.0 / 6.0)).sqrt();
        for count in counts.values() {
            assert!((f64::from(*count) - n as f64 / 6.0).abs() < 5.5 * error, "{counts:?}");
        }
    }

    /// D39: the stream is part of the format. These are the values that every seed stands on.
    #[test]
    fn d39_the_first_draws_of_a_key_never_change() {
        let mut noise = Noise::new(1, Purpose::Weights, 0, 0);
        let words = [noise.next_word(), noise.next_word()];
        let mut normals = [0.0; 2];
        Noise::new(1, Purpose::TrainingLatent, 1, 0).fill_normal(&mut normals);
        assert_eq!((words, normals.map(f32::to_bits)), GOLDEN);
    }

    /// From `scripts/golden_noise.py`, an independent ChaCha8 and Box-Muller in plain Python.
    const GOLDEN: ([u32; 2], [u32; 2]) = ([1_489_600_331, 1_011_583_306], [3_212_883_764, 1_048_831_513]);
}
