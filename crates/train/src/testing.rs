//! Small data and a small configuration for tests.

use crate::data::{LabelledImages, parse_images, parse_labels};
use crate::{Batches, Protocol, TrainConfig, resolve_config};

/// `count` images of 3 x 4 pixels with a pattern that differs between them.
pub(crate) fn batches(count: usize, protocol: Protocol) -> Batches {
    let header = |dims: &[u32]| {
        let mut bytes = vec![0, 0, 8, dims.len() as u8];
        dims.iter().for_each(|d| bytes.extend(d.to_be_bytes()));
        bytes
    };
    let mut images = header(&[count as u32, 3, 4]);
    images.extend((0..count * 12).map(|i| ((i * i * 31 + i / 12 * 7) % 256) as u8));
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
