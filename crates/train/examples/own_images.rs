//! A run on images of one's own, from greys in memory to an NLL and a picture; `train::data::from_directory` reads IDX files.
//!
//! `cargo run --release --example own_images`; the run is kept in the system's temporary folder.
#![allow(clippy::print_stdout, reason = "an example prints what it finds")]

use std::{error::Error, time::Instant};

use burn::tensor::Device;
use distributions::{Noise, Purpose};
use train::data::{LabelledImages, parse_images, parse_labels};
use train::{
    Batches, DataIdentity, EpochMetrics, EvaluationConfig, Keep, Observer, Outcome, Pixels, Protocol, Residence, Run,
    Session, State, Terms, evaluate, fit, resolve_config, sample, sha256, write_atomic,
};

const CONFIG: &str = r#"
model = { encoder = [64], decoder = [64], activation = { kind = "relu" }, latent = { kind = "gaussian", size = 3 } }
data = { protocol = "threshold" }
optimizer = { learning_rate = 3e-3 }
training = { epochs = 5, batch_size = 50, seed = 1 }
"#;

/// White discs of 12 x 12 pixels anywhere, the class their radius, under IDX headers of big-endian sizes.
fn discs(protocol: Protocol, seed: u64, count: u32) -> Result<Batches, Box<dyn Error>> {
    let mut noise = Noise::new(seed, Purpose::Simulation, 0, 0);
    let sizes = |sizes: &[u32]| sizes.iter().flat_map(|n| n.to_be_bytes()).collect::<Vec<u8>>();
    let mut pixels = [vec![0, 0, 8, 3], sizes(&[count, 12, 12])].concat();
    let mut labels = [vec![0, 0, 8, 1], sizes(&[count])].concat();
    for _ in 0..count {
        let [x, y, radius] = [12, 12, 3].map(|bound| i64::from(noise.below(bound)));
        let is_inside = |i: i64| (i % 12 - x).pow(2) + (i / 12 - y).pow(2) <= (radius + 2).pow(2);
        pixels.extend((0..144).map(|i| if is_inside(i) { 255 } else { 0 }));
        labels.push(radius as u8);
    }
    let images = LabelledImages::new(parse_images("discs", &pixels)?, parse_labels("radii", &labels)?)?;
    Ok(Batches::new(images, protocol))
}

/// What the loop tells, printed; the clock is the caller's.
struct Console(Instant);

impl Observer for Console {
    fn now(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
    fn interrupted(&self) -> bool {
        false
    }
    fn epoch_started(&mut self, _epoch: u64, _steps: usize, _done: usize) {}
    fn step_finished(&mut self, _images: usize, _running: Terms) {}
    fn epoch_finished(&mut self, metrics: &EpochMetrics) {
        println!("epoch {}: ELBO {:.2} in training, {:.2} test", metrics.epoch, metrics.train.elbo, metrics.test.elbo);
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let config = resolve_config(CONFIG, "the example")?;
    config.validate()?;
    let [train, test] = [(1, 2000), (2, 500)].map(|(seed, count)| discs(config.data.protocol, seed, count));
    let (train, test, device) = (train?, test?, Device::flex());
    let sha256 = sha256([train.images().pixels(), test.images().pixels()]);
    let data = DataIdentity { name: "discs".to_owned(), sha256, shape: [12, 12] };
    let run = Run::first_free(&std::env::temp_dir().join("own-images"), "discs")?;
    let (lock, residence, keep) = (run.lock()?, Residence::Host, Keep::Last);
    let state = State::fresh(&config, &train, &device);
    let (run, lock, config, train, test, data, device) = (&run, &lock, &config, &train, &test, &data, &device);
    let session = Session { run, lock, config, train, test, data, device, residence, keep };
    let Outcome::Finished(vae, _) = fit(&session, state, &mut Console(Instant::now()))? else { return Ok(()) };

    let asked = EvaluationConfig { particles: 500, images: 100, seed: 1 };
    let result = evaluate(&vae, test, asked, device, &|_| {})?;
    println!("NLL {:.2} nats an image, ELBO {:.2}, of {} test images", result.nll, result.elbo, result.images);
    let picture = run.output("samples.png");
    write_atomic(&picture, &sample(&vae, test, [4, 8], Pixels::Means, 1, device)?)?;
    println!("samples: {}", picture.display());
    Ok(())
}
