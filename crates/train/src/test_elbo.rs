//! The one-sample ELBO over the test images, from one fixed stream of noise.

use burn::tensor::Device;
use distributions::{Noise, Purpose};
use models::Vae;

use crate::metrics::Sums;
use crate::{Batches, TrainError};

/// Images evaluated at a time. The noise is keyed by this block, so the number is part of every published test ELBO.
const BLOCK: usize = 500;

/// Sums the ELBO's terms over all test images: `z` is sampled as in training (trap D1), each image always from the same
/// noise, so that epochs, runs and backends are compared on common random numbers.
///
/// # Errors
/// When a term is not finite or the device fails.
pub(crate) fn test_elbo(vae: &Vae, test: &Batches, device: &Device) -> Result<Sums, TrainError> {
    let blocks = kernels::map(test.len().div_ceil(BLOCK), |block| {
        let range = block * BLOCK..((block + 1) * BLOCK).min(test.len());
        let eps = vae.latent().noise(&mut Noise::new(0, Purpose::TestLatent, 0, block as u64), range.len(), device);
        let elbo = vae.elbo(test.test(range, device), eps);
        Sums::of(elbo).map_err(TrainError::Device)
    });
    let mut sums = Sums::default();
    for block in blocks {
        sums.add(&block?);
    }
    sums.check().map_err(|bad| TrainError::TestNotFinite { term: bad.term, value: bad.value })?;
    Ok(sums)
}
