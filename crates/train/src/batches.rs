//! Batches of images as tensors, with the order and the binarisation that the seed decides.

use burn::tensor::{Device, Tensor, TensorData};
use distributions::{Noise, Purpose};
use serde::{Deserialize, Serialize};

use crate::Protocol;
use crate::data::LabelledImages;

/// The order of the training images in an epoch.
///
/// # Examples
/// ```
/// use train::data::embedded_mnist_test;
/// use train::{Batches, Order, Protocol};
///
/// let shuffled = Batches::new(embedded_mnist_test()?.test.take(6)?, Protocol::Threshold);
/// let stored = shuffled.clone().in_order(Order::Stored);
/// let (seed, epoch) = (1, 7);
/// assert_eq!(stored.order(seed, epoch), [0, 1, 2, 3, 4, 5]);
/// let mut order = shuffled.order(seed, epoch);
/// assert_ne!(order, shuffled.order(seed, epoch + 1));
/// order.sort_unstable();
/// assert_eq!(order, stored.order(seed, epoch));
/// # Ok::<(), train::data::DataError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// A permutation that depends on the seed and the epoch.
    #[default]
    Shuffled,
    /// That of the file, as in the program of Burda et al. (2016).
    Stored,
}

impl Order {
    pub(crate) fn is_shuffled(&self) -> bool {
        *self == Self::Shuffled
    }
}

/// One split of a data set under one protocol.
///
/// # Examples
/// ```
/// use burn::tensor::Device;
/// use train::data::embedded_mnist_test;
/// use train::{Batches, Protocol};
///
/// let batches = Batches::new(embedded_mnist_test()?.test.take(100)?, Protocol::Threshold);
/// let (seed, epoch, device) = (1, 1, Device::flex());
/// let order = batches.order(seed, epoch);
/// assert_eq!(batches.training(seed, epoch, &order[..16], &device).dims(), [16, 784]);
/// let lit = batches.images().image(0).iter().filter(|&&grey| grey >= 128).count();
/// assert_eq!(batches.test(0..1, &device).sum().into_scalar::<f32>(), lit as f32);
/// # Ok::<(), train::data::DataError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Batches {
    images: LabelledImages,
    protocol: Protocol,
    order: Order,
}

impl Batches {
    /// The images of a split under a protocol.
    pub fn new(images: LabelledImages, protocol: Protocol) -> Self {
        Self { images, protocol, order: Order::Shuffled }
    }

    /// The same images in another order of training.
    #[must_use]
    pub fn in_order(self, order: Order) -> Self {
        Self { order, ..self }
    }

    /// The number of images.
    #[allow(clippy::len_without_is_empty, reason = "a split has at least one image")]
    pub fn len(&self) -> usize {
        self.images.len()
    }

    /// The number of pixels of one image.
    pub fn pixels(&self) -> usize {
        self.images.pixels_per_image()
    }

    /// The images as they are stored.
    pub fn images(&self) -> &LabelledImages {
        &self.images
    }

    /// The protocol.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// The indices of the training images in an epoch, which depend on the seed and the epoch alone.
    pub fn order(&self, seed: u64, epoch: u64) -> Vec<u32> {
        match self.order {
            Order::Shuffled => Noise::new(seed, Purpose::Shuffle, epoch, 0).permutation(self.len()),
            Order::Stored => (0..self.len() as u32).collect(),
        }
    }

    /// Training images by index, `[batch, pixels]`.
    pub fn training(&self, seed: u64, epoch: u64, indices: &[u32], device: &Device) -> Tensor<2> {
        self.gather(indices.iter().map(|&i| i as usize), device, |index, grey, out| {
            self.protocol.training(seed, epoch, index, grey, out);
        })
    }

    /// Test images by index, `[batch, pixels]`, with their one fixed draw.
    pub fn test(&self, indices: impl ExactSizeIterator<Item = usize>, device: &Device) -> Tensor<2> {
        self.gather(indices, device, |index, grey, out| self.protocol.test(index, grey, out))
    }

    fn gather(
        &self,
        indices: impl ExactSizeIterator<Item = usize>,
        device: &Device,
        fill: impl Fn(usize, &[u8], &mut [f32]) + Sync,
    ) -> Tensor<2> {
        let shape = [indices.len(), self.pixels()];
        let indices: Vec<usize> = indices.collect();
        let mut values = vec![0.0; shape[0] * shape[1]];
        let part = shape[0].div_ceil(kernels::threads()).max(1);
        kernels::for_each(indices.chunks(part).zip(values.chunks_mut(part * shape[1])), |(indices, values)| {
            for (index, out) in indices.iter().zip(values.chunks_exact_mut(shape[1])) {
                fill(*index, self.images.image(*index), out);
            }
        });
        Tensor::from_data(TensorData::new(values, shape), device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn a_stored_order_is_that_of_the_file_in_every_epoch() {
        let shuffled = testing::batches(40, Protocol::Threshold);
        let stored = shuffled.clone().in_order(Order::Stored);
        assert_eq!(stored.order(1, 7), (0..40).collect::<Vec<u32>>());
        let mut order = shuffled.order(1, 7);
        assert_ne!(order, stored.order(1, 7));
        order.sort_unstable();
        assert_eq!(order, stored.order(1, 7));
    }
}
