//! A training step in its steady state asks the system for nothing: no page faults, no growth.
//!
//! Linux only, where the counts are read from `/proc/self`; and in a process of its own, since they are the process's.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::Device;
use distributions::{Noise, Purpose};
use models::Vae;
use train::{Batches, data::embedded_mnist, load_config};

/// As in the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Minor page faults of this process, and its resident pages.
fn faults_and_pages() -> (u64, u64) {
    let field = |file: &str, index: usize| {
        let text = std::fs::read_to_string(file).unwrap();
        let after_name = text.rsplit(')').next().unwrap().to_owned();
        after_name.split_whitespace().nth(index).unwrap().parse::<u64>().unwrap()
    };
    // proc(5): minflt is field 10 of stat, which is 7 after the name; resident is the second of statm
    (field("/proc/self/stat", 7), field("/proc/self/statm", 1))
}

#[test]
fn a_step_makes_no_page_faults_and_memory_does_not_grow() {
    let config = load_config("notebook", None).unwrap();
    let batches = Batches::new(embedded_mnist().unwrap().train.take(10_000).unwrap(), config.data.protocol);
    let device = Device::flex().autodiff();
    let mut vae = config.model.init(batches.pixels(), 1, &device);
    let mut optimizer = config.optimizer.init();
    let order = batches.order(1, 1);
    let steps = |vae: Vae, optimizer: &mut ModuleOptimizer, range: std::ops::Range<usize>| {
        range.fold(vae, |vae, step| {
            let indices = &order[100 * (step % 100)..][..100];
            let images = batches.training(1, 1, indices, &device);
            let mut noise = Noise::new(1, Purpose::TrainingLatent, 1, step as u64);
            let eps = vae.latent().noise(&mut noise, indices.len(), &device);
            let gradients = vae.training_terms(images, eps, step as u64).loss().backward();
            let gradients = GradientsParams::from_grads(gradients, &vae);
            optimizer.step(1e-3, vae, gradients)
        })
    };
    vae = steps(vae, &mut optimizer, 0..100);
    let before = faults_and_pages();
    let counted = 200;
    drop(steps(vae, &mut optimizer, 100..100 + counted));
    let after = faults_and_pages();
    let faults = (after.0 - before.0) as f64 / counted as f64;
    assert!(faults < 5.0, "{faults} page faults a step");
    let grown = after.1.saturating_sub(before.1) * 4096;
    assert!(grown < 4_000_000, "{grown} bytes more after {counted} steps");
}
