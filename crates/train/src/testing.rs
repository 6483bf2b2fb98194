//! Small data and a small configuration for tests.

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Tensor, TensorData};
use distributions::{Distribution, Gaussian};
use models::Vae;

use crate::data::{LabelledImages, parse_images, parse_labels};
use crate::{Batches, Protocol, TrainConfig, resolve_config};

/// `count` images of 3 x 4 pixels with a pattern that differs between them.
pub(crate) fn batches(count: usize, protocol: Protocol) -> Batches {
    of_pixels(count, protocol, |i| ((i * i * 31 + i / 12 * 7) % 256) as u8)
}

/// The same with one grey pixel in seven, the others black.
pub(crate) fn dark_batches(count: usize, protocol: Protocol) -> Batches {
    of_pixels(count, protocol, |i| if i * i % 7 == 2 { 100 + (i % 150) as u8 } else { 0 })
}

fn of_pixels(count: usize, protocol: Protocol, pixel: impl Fn(usize) -> u8) -> Batches {
    let header = |dims: &[u32]| {
        let mut bytes = vec![0, 0, 8, dims.len() as u8];
        dims.iter().for_each(|d| bytes.extend(d.to_be_bytes()));
        bytes
    };
    let mut images = header(&[count as u32, 3, 4]);
    images.extend((0..count * 12).map(pixel));
    let mut labels = header(&[count as u32]);
    labels.extend((0..count).map(|i| (i % 10) as u8));
    let images = parse_images("images", &images).unwrap();
    let labels = parse_labels("labels", &labels).unwrap();
    Batches::new(LabelledImages::new(images, labels).unwrap(), protocol)
}

/// A model of 12 pixels, 8 hidden units and 2 latents.
pub(crate) fn config(epochs: u64, protocol: Protocol) -> TrainConfig {
    let text = format!(
        "[model]\nencoder = [8]\ndecoder = [8]\nactivation = {{ kind = \"tanh\" }}\n\
         latent = {{ kind = \"gaussian\", size = 2 }}\n[data]\nprotocol = \"{protocol}\"\n\
         [optimizer]\nlearning_rate = 0.01\n[training]\nepochs = {epochs}\nbatch_size = 16\nseed = 5\n"
    );
    resolve_config(&text, "test").unwrap()
}

/// The same model with all its weights times a factor.
pub(crate) fn scaled(vae: Vae, factor: f32) -> Vae {
    struct Scale(f32);
    impl ModuleMapper for Scale {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            param.map(|tensor| tensor * self.0)
        }
    }
    vae.map(&mut Scale(factor))
}

/// `log p(x)` of each image, in nats, under a model with two Gaussian latents: by quadrature over the square [-6, 6]^2, whose end has a density of 1e-8.
pub(crate) fn evidence(vae: &Vae, images: &Tensor<2>) -> Vec<f64> {
    let device = Device::flex();
    let side = 161;
    let point = |i: usize| -6.0 + 12.0 * i as f32 / (side - 1) as f32;
    let codes: Vec<f32> = (0..side * side).flat_map(|cell| [point(cell % side), point(cell / side)]).collect();
    let codes = Tensor::<2>::from_data(TensorData::new(codes, [side * side, 2]), &device);
    let step = 12.0 / (side - 1) as f64;
    (0..images.dims()[0])
        .map(|row| {
            let image = images.clone().narrow(0, row, 1).repeat_dim(0, side * side);
            let joint =
                vae.decode(codes.clone()).log_prob(image) + Gaussian::standard_like(&codes).log_prob(codes.clone());
            let sum: f64 = joint.try_into_vec_as::<f32>().unwrap().into_iter().map(|w| f64::from(w).exp()).sum();
            (sum * step * step).ln()
        })
        .collect()
}
