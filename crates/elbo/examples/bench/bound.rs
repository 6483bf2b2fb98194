//! What a training step cannot be faster than here: its bare matrix products, and one pass over the optimiser's state.

use kernels::cpu::{AdamStep, Matrix, adam, matmul};
use models::VaeConfig;

use crate::milliseconds;

/// Repetitions of one measurement: the first finds its data where the last left it.
const REPETITIONS: usize = 5;

/// The layers of a model, with nothing in between.
pub(crate) struct Bound {
    batch: usize,
    /// `[d_input, d_output]` of each layer.
    layers: Vec<[usize; 2]>,
    weights: Vec<Vec<f32>>,
    state: [Vec<f32>; 4],
    values: Vec<f32>,
}

impl Bound {
    pub(crate) fn new(model: &VaeConfig, pixels: usize, batch: usize) -> Self {
        let latent = model.latent.size();
        // The heads of the latent read the same units: their products are one. A Gaussian has two, others here one.
        let heads = if model.latent.name() == "gaussian" { 2 * latent } else { latent };
        let stack = |from: usize, hidden: &[usize], to: usize| {
            let sizes: Vec<usize> = [from].into_iter().chain(hidden.iter().copied()).chain([to]).collect();
            sizes.windows(2).map(|pair| [pair[0], pair[1]]).collect::<Vec<_>>()
        };
        let mut layers = stack(pixels, &model.encoder, heads);
        layers.extend(stack(latent, &model.decoder, pixels));
        let parameters = layers.iter().map(|[i, o]| i * o + o).sum();
        let widest = layers.iter().flatten().copied().max().unwrap_or(1);
        Self {
            batch,
            weights: layers.iter().map(|[i, o]| vec![0.01; i * o]).collect(),
            state: [(); 4].map(|()| vec![0.01; parameters]),
            values: vec![0.5; batch * widest],
            layers,
        }
    }

    /// Milliseconds a step.
    pub(crate) fn milliseconds(&mut self) -> f64 {
        milliseconds(|| (0..REPETITIONS).for_each(|_| self.step())) / REPETITIONS as f64
    }

    fn step(&mut self) {
        let batch = self.batch;
        for (layer, ([d_input, d_output], w)) in self.layers.iter().zip(&self.weights).enumerate() {
            let x = Matrix::new(&self.values[..batch * d_input], [batch, *d_input]);
            let dy = Matrix::new(&self.values[..batch * d_output], [batch, *d_output]);
            let w = Matrix::new(w, [*d_input, *d_output]);
            std::hint::black_box(matmul(x, w, |_, _| ()));
            std::hint::black_box(matmul(x.transposed(), dy, |_, _| ()));
            // Nobody asks for the gradient at the pixels.
            if layer > 0 {
                std::hint::black_box(matmul(dy, w.transposed(), |_, _| ()));
            }
        }
        let [parameters, first, second, gradient] = &mut self.state;
        adam(AdamStep::new(1e-3, [0.9, 0.999], 1e-8, 10), parameters, [first, second], gradient);
    }
}
