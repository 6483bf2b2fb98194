//! A trained run, opened for reading: its model on a device, and the test images that go with it.

use std::path::Path;

use anyhow::Context as _;
use models::Vae;
use train::data::{self, ImageData, LabelledImages, TestData};
use train::{Batches, Checkpoint, DataIdentity, Run, TrainConfig, TrainError};

use crate::backend::{self, Backend};
use crate::cli::{Common, ModelArgs};
use crate::console::Console;

/// What a reading command works with.
pub(crate) struct Context {
    pub(crate) run: Run,
    pub(crate) checkpoint: Checkpoint,
    pub(crate) vae: Vae,
    pub(crate) test: Batches,
    pub(crate) backend: Backend,
    pub(crate) seed: u64,
    pub(crate) console: Console,
}

impl Context {
    /// Opens a run: the weights and the data are checked against their checksums.
    pub(crate) fn open(common: &Common, args: &ModelArgs) -> anyhow::Result<Self> {
        let console = Console::new(common);
        let run = Run::find(&common.root, args.run.as_deref()).map_err(TrainError::from)?;
        let backend = backend::choose(args.backend, console)?;
        let (checkpoint, vae) = Checkpoint::find_model(&run, args.epoch, &backend.device).map_err(TrainError::from)?;
        let data = load_test_data(args.data.as_deref())?;
        check_data(&run, checkpoint.data(), &identity(&data))?;
        let test = test_batches(&data, checkpoint.config())?;
        if args.run.is_none() {
            console.note(&format!("run {}", run.name()));
        }
        if !test.protocol().is_likelihood() {
            console.warn("this run was trained on grey pixels: its numbers are not log-likelihoods of anything");
        }
        Ok(Self { run, checkpoint, vae, test, backend, seed: common.seed.unwrap_or(1), console })
    }
}

/// The data of a folder, or the MNIST that is compiled in.
pub(crate) fn load_data(folder: Option<&Path>) -> anyhow::Result<ImageData> {
    let data = match folder {
        Some(folder) => data::from_directory(folder),
        None => data::embedded_mnist(),
    };
    data.context("the images cannot be used")
}

/// The test images of a folder, or of the MNIST that is compiled in.
fn load_test_data(folder: Option<&Path>) -> anyhow::Result<TestData> {
    let data = match folder {
        Some(folder) => data::from_directory(folder).map(|data| data.split().1),
        None => data::embedded_mnist_test(),
    };
    data.context("the images cannot be used")
}

/// Name, checksum and image size.
pub(crate) fn identity(data: &TestData) -> DataIdentity {
    DataIdentity {
        name: data.name.clone(),
        sha256: data.sha256.clone(),
        shape: [data.test.height(), data.test.width()],
    }
}

/// Refuses data other than the run's; the name of the folder does not matter.
pub(crate) fn check_data(run: &Run, trained: &DataIdentity, given: &DataIdentity) -> Result<(), TrainError> {
    if trained.sha256 == given.sha256 {
        return Ok(());
    }
    let words =
        |data: &DataIdentity| format!("{} (sha256 {}..)", data.name, data.sha256.get(..12).unwrap_or(&data.sha256));
    Err(TrainError::OtherData { run: run.name().to_owned(), trained: words(trained), given: words(given) })
}

pub(crate) fn test_batches(data: &TestData, config: &TrainConfig) -> anyhow::Result<Batches> {
    let test = match config.data.limit_test {
        Some(limit) => data.test.take(limit).context("--limit-test cannot be met")?,
        None => data.test.clone(),
    };
    Ok(Batches::new(test, config.data.protocol))
}

pub(crate) fn training_batches(train: &LabelledImages, config: &TrainConfig) -> anyhow::Result<Batches> {
    let train = match config.data.limit_train {
        Some(limit) => train.take(limit).context("--limit-train cannot be met")?,
        None => train.clone(),
    };
    Ok(Batches::new(train, config.data.protocol).in_order(config.data.order))
}
