//! What a training step sends to a GPU: its noise, and nothing else.
//!
//! Needs a build with `--features wgpu` and a WebGPU adapter; a software renderer will do.
#![cfg(feature = "wgpu")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use burn::backend::fusion::observer::{BlockOperations, FusionObservation, FusionObserver};
use burn::backend::ir::OperationIr;
use burn::tensor::Device;
use train::data::{LabelledImages, parse_images, parse_labels};
use train::{Batches, DataIdentity, Keep, Outcome, Protocol, Residence, Run, Session, State, fit, resolve_config};

/// Counts the tensors that come from the host.
#[derive(Default)]
struct Uploads(AtomicUsize);

impl FusionObserver for Uploads {
    fn registered(&self, operation: &OperationIr) {
        if matches!(operation, OperationIr::Init(_)) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn block_starts(&self, _block: BlockOperations<'_>) {}

    fn block_ran(&self) {}
}

/// `count` images of 3 x 4 pixels.
fn images(count: u32) -> Batches {
    let header =
        |kind: u8, sizes: &[u32]| [vec![0, 0, 8, kind], sizes.iter().flat_map(|n| n.to_be_bytes()).collect()].concat();
    let pixels = (0..count * 12).map(|i| (i * i * 31 % 256) as u8).collect();
    let images = parse_images("images", &[header(3, &[count, 3, 4]), pixels].concat()).unwrap();
    let labels = parse_labels("labels", &[header(1, &[count]), vec![0; count as usize]].concat()).unwrap();
    Batches::new(LabelledImages::new(images, labels).unwrap(), Protocol::Dynamic)
}

/// Uploads of one epoch of 80 images in batches of this size, with all that surrounds it: first weights, the images of the
/// epoch, the test images and their noise.
fn uploads([latent, objective]: [&str; 2], batch_size: usize, residence: Residence, device: &Device) -> usize {
    let config = resolve_config(
        &format!(
            "model = {{ encoder = [8], decoder = [8], activation = {{ kind = \"tanh\" }}, latent = {latent} }}\n\
             data = {{ protocol = \"dynamic\" }}\noptimizer = {{ learning_rate = 0.01 }}\n\
             training = {{ epochs = 1, batch_size = {batch_size}, seed = 1 }}\n{objective}"
        ),
        "the test",
    )
    .unwrap();
    config.validate().unwrap();
    let root = tempfile::tempdir().unwrap();
    let run = Run::named(root.path(), "run").unwrap();
    let lock = run.lock().unwrap();
    let (train, test) = (images(80), images(20));
    let data = DataIdentity { name: "tiny".to_owned(), sha256: "0".to_owned(), shape: [3, 4] };
    let session = Session {
        run: &run,
        lock: &lock,
        config: &config,
        train: &train,
        test: &test,
        data: &data,
        device,
        residence,
        keep: Keep::Last,
    };
    let uploads = Arc::new(Uploads::default());
    device.sync().unwrap();
    let observation = FusionObservation::new(uploads.clone());
    let outcome = fit(&session, State::fresh(&config, &train, device), &mut ()).unwrap();
    device.sync().unwrap();
    drop(observation);
    assert!(matches!(outcome, Outcome::Finished(..)));
    uploads.0.load(Ordering::Relaxed)
}

/// Ten steps more send ten tensors more: the batch is a view of what the epoch sent, the terms stay on the device until the
/// host looks, and neither a backward pass nor the optimiser makes anything on the host.
#[test]
fn a_training_step_sends_its_noise_and_nothing_else() {
    let device = Device::wgpu_options().init().expect("a WebGPU adapter; Mesa's software renderer will do");
    let gaussian = "{ kind = \"gaussian\", size = 2 }";
    let categorical = "{ kind = \"categorical\", groups = 2, classes = 3, temperature = \"exponential:1,3e-5,0.5\" }";
    let cases = [
        [gaussian, ""],
        [gaussian, "objective = { kind = \"iwae\", particles = 3, estimator = \"dreg\" }"],
        [gaussian, "objective = { kind = \"elbo\", estimator = \"self-tuning\" }"],
        [categorical, ""],
    ];
    let of_ten_steps = |case, residence| {
        let [ten, twenty] = [8, 4].map(|batch_size| uploads(case, batch_size, residence, &device));
        twenty - ten
    };
    for case in cases {
        assert_eq!(of_ten_steps(case, Residence::Device), 10, "{case:?}");
    }
    // Gathered on the host, the images of each step are an upload more: the count sees them.
    assert_eq!(of_ten_steps(cases[0], Residence::Host), 20);
}
