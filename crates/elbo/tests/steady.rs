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
    // On a machine that does other work, the allocator gives memory back that it thinks unused: the quietest of some
    // stretches counts.
    let start = faults_and_pages();
    let mut fewest = f64::INFINITY;
    for stretch in 1..=8 {
        let before = faults_and_pages();
        vae = steps(vae, &mut optimizer, 50 * stretch + 50..50 * stretch + 100);
        fewest = fewest.min((faults_and_pages().0 - before.0) as f64 / 50.0);
    }
    assert!(fewest < 5.0, "{fewest} page faults a step");
    let grown = faults_and_pages().1.saturating_sub(start.1) * 4096;
    assert!(grown < 4_000_000, "{grown} bytes more after 400 steps");
}
