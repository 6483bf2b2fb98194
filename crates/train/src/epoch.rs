//! The training images of one epoch, in their order: gathered step by step, or all on the device at once.

use std::ops::Range;

use burn::tensor::{Device, Tensor};

use crate::Batches;

/// Where the images of an epoch are until a step asks for them: a closed choice. Both give the same values.
///
/// # Examples
/// With `one_epoch` that trains under it, from the same seed:
///
/// ```
/// use train::Residence;
///
/// # let one_epoch = |residence| -> Result<train::Metrics, Box<dyn std::error::Error>> {
/// #     let (mnist, root) = (train::data::embedded_mnist_test()?, tempfile::tempdir()?);
/// #     let mut config = train::load_config("two", None)?;
/// #     (config.model.encoder, config.model.decoder) = (vec![8], vec![8]);
/// #     config.training.epochs = 1;
/// #     let train = &train::Batches::new(mnist.test.take(250)?, config.data.protocol);
/// #     let (config, test, device) = (&config, train, &burn::tensor::Device::flex());
/// #     let data = &train::DataIdentity { name: mnist.name, sha256: mnist.sha256, shape: [28, 28] };
/// #     let run = &train::Run::named(root.path(), "plane")?;
/// #     let (lock, keep) = (&run.lock()?, train::Keep::Last);
/// #     let session = train::Session { run, lock, config, train, test, data, device, residence, keep };
/// #     match train::fit(&session, train::State::fresh(config, train, device), &mut ())? {
/// #         train::Outcome::Finished(_, metrics) => Ok(metrics),
/// #         train::Outcome::Interrupted(_) => unreachable!("nobody asks to stop"),
/// #     }
/// # };
/// let [host, device] = [Residence::Host, Residence::Device].map(one_epoch);
/// // The choice is about speed: no number changes.
/// assert_eq!(host?, device?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Residence {
    /// With the host, which makes the values of each batch when it is due: for CPUs.
    Host,
    /// On the device, uploaded once an epoch (188 MB for MNIST): a batch is a view of it, and no step uploads pixels. For GPUs.
    Device,
}

/// One epoch of training images.
#[derive(Debug)]
pub(crate) struct EpochImages<'a> {
    batches: &'a Batches,
    seed: u64,
    epoch: u64,
    order: Vec<u32>,
    device: Device,
    resident: Option<Tensor<2>>,
}

impl<'a> EpochImages<'a> {
    pub(crate) fn new(batches: &'a Batches, (seed, epoch): (u64, u64), residence: Residence, device: &Device) -> Self {
        let order = batches.order(seed, epoch);
        let resident = match residence {
            Residence::Host => None,
            Residence::Device => Some(batches.training(seed, epoch, &order, device)),
        };
        Self { batches, seed, epoch, order, device: device.clone(), resident }
    }

    /// The images at places of the epoch's order, `[batch, pixels]`.
    pub(crate) fn batch(&self, places: Range<usize>) -> Tensor<2> {
        match &self.resident {
            Some(all) => all.clone().slice([places]),
            None => self.batches.training(self.seed, self.epoch, &self.order[places], &self.device),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Protocol, testing};

    #[test]
    fn both_residences_give_the_same_values() {
        let device = Device::flex();
        for protocol in [Protocol::Threshold, Protocol::Dynamic] {
            let batches = testing::batches(70, protocol);
            let [host, resident] = [Residence::Host, Residence::Device]
                .map(|residence| EpochImages::new(&batches, (3, 2), residence, &device));
            for places in [0..16, 16..32, 64..70] {
                let [a, b] = [&host, &resident].map(|epoch| epoch.batch(places.clone()).into_data());
                assert_eq!(a, b);
            }
        }
    }
}
