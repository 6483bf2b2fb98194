//! Weights for other frameworks: safetensors in PyTorch's layout.

use std::collections::HashMap;

use burn::store::{BurnToPyTorchAdapter, ModuleSnapshot};
use burn::tensor::{DType, Device, Tensor};
use distributions::{Noise, Purpose};
use models::{LatentNoise, Vae};
use safetensors::tensor::{Dtype, View, serialize};
use serde::Serialize;

use crate::{Batches, Checkpoint, DataIdentity, TrainConfig, TrainError};

/// What the file says about itself, under the one metadata key `elbo`.
#[derive(Serialize)]
struct About<'a> {
    format: u32,
    elbo: &'a str,
    run: &'a str,
    epochs: u64,
    step: u64,
    config: &'a TrainConfig,
    data: &'a DataIdentity,
}

impl About<'_> {
    /// One key only: the order of several would differ from one process to the next.
    fn metadata(checkpoint: &Checkpoint, run: &str) -> Result<HashMap<String, String>, TrainError> {
        let position = checkpoint.position();
        let about = About {
            format: 1,
            elbo: env!("CARGO_PKG_VERSION"),
            run,
            epochs: position.epochs,
            step: position.step,
            config: checkpoint.config(),
            data: checkpoint.data(),
        };
        let text = serde_json::to_string(&about).map_err(|error| TrainError::Export(error.to_string()))?;
        Ok(HashMap::from([("elbo".to_owned(), text)]))
    }
}

/// One tensor of the file: its shape and its little-endian `f32` bytes.
struct Entry {
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl View for &Entry {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> std::borrow::Cow<'_, [u8]> {
        self.bytes.as_slice().into()
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

/// The weights as safetensors bytes: `encoder.layers.<i>`, the heads of the latent (such as `latent.loc` and
/// `latent.log_variance`), `decoder.layers.<i>` and `output`, each with `.weight` `[d_output, d_input]` and `.bias` `[d_output]`,
/// as PyTorch's `Linear` has them. The metadata has one key, `elbo`, whose JSON holds the run, its step, its configuration and its data.
///
/// # Errors
/// When a tensor cannot be read from its device.
pub fn export(vae: &Vae, checkpoint: &Checkpoint, run: &str) -> Result<Vec<u8>, TrainError> {
    let failed = |error: &dyn std::fmt::Display| TrainError::Export(error.to_string());
    let mut entries = Vec::new();
    for tensor in vae.collect(None, Some(Box::new(BurnToPyTorchAdapter)), true) {
        let (name, dtype, shape, _, bytes) = tensor.into_parts().map_err(|error| failed(&error))?;
        if dtype != DType::F32 {
            return Err(TrainError::Export(format!(
                "{name} is {dtype:?}, and only F32 is exported; use --backend flex"
            )));
        }
        entries.push((name, Entry { shape: shape.to_vec(), bytes: bytes.to_vec() }));
    }
    let metadata = About::metadata(checkpoint, run)?;
    serialize(entries.iter().map(|(name, entry)| (name.as_str(), entry)), Some(metadata))
        .map_err(|error| failed(&error))
}

/// What the exported weights must give: the first `count` test images, noise (the codes themselves where the latent is drawn by
/// rejection), and the model's own `log_likelihood` and `kl` at them, as safetensors bytes. `scripts/check_export.py` compares PyTorch with them.
///
/// # Errors
/// When there are not as many images, or a tensor cannot be read from its device.
pub fn export_reference(
    vae: &Vae,
    checkpoint: &Checkpoint,
    run: &str,
    test: &Batches,
    count: usize,
    device: &Device,
) -> Result<Vec<u8>, TrainError> {
    if !(1..=test.len()).contains(&count) {
        let must = format!("1 to {}", test.len());
        return Err(TrainError::Argument { flag: "--reference", value: count.to_string(), must });
    }
    let images = test.test(0..count, device);
    let eps = vae.latent().noise(&mut Noise::new(1, Purpose::EvaluationLatent, 0, 0), count, device);
    let elbo = vae.elbo(images.clone(), eps.clone());
    let randomness = match eps {
        LatentNoise::Free(eps) => ("eps", entry(eps)?),
        LatentNoise::Stream { .. } => ("codes", entry(vae.encode(images.clone()).transform(eps))?),
    };
    let entries = [
        randomness,
        ("images", entry(images)?),
        ("kl", entry(elbo.kl)?),
        ("log_likelihood", entry(elbo.log_likelihood)?),
    ];
    let metadata = About::metadata(checkpoint, run)?;
    serialize(entries.iter().map(|(name, entry)| (*name, entry)), Some(metadata))
        .map_err(|error| TrainError::Export(error.to_string()))
}

fn entry<const D: usize>(tensor: Tensor<D>) -> Result<Entry, TrainError> {
    let shape = tensor.dims().to_vec();
    let values = tensor.try_into_vec_as::<f32>().map_err(|error| TrainError::Device(error.to_string()))?;
    Ok(Entry { shape, bytes: values.iter().flat_map(|value| value.to_le_bytes()).collect() })
}
