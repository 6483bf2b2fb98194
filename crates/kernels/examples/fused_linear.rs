//! A fused linear layer beside Burn's: the same values and the same gradients, to rounding.
//!
//! `cargo run --release --example fused_linear`
//!
//! ```text
//! y = relu(x W + b)        one pass over the product, forwards and backwards
//! ```
#![allow(clippy::print_stdout, reason = "an example prints what it finds")]

use std::error::Error;

use burn::nn::LinearConfig;
use burn::tensor::{Device, Distribution, Tensor, activation::relu};
use kernels::{Activation, linear};

/// The largest `|a - b|`, and the largest `|b|`.
fn difference<const D: usize>(a: Tensor<D>, b: Tensor<D>) -> [f32; 2] {
    [a - b.clone(), b].map(|values| values.abs().max().into_scalar::<f32>())
}

fn main() -> Result<(), Box<dyn Error>> {
    let device = Device::flex().autodiff();
    device.seed(1);
    let layer = LinearConfig::new(784, 400).init(&device);
    let (w, b) = (layer.weight.val(), layer.bias.as_ref().ok_or("the layer has no bias")?.val());
    let x = Tensor::<2>::random([100, 784], Distribution::Uniform(0.0, 1.0), &device).require_grad();

    let burn = relu(layer.forward(x.clone()));
    let fused = linear(x.clone(), w.clone(), b.clone(), Activation::Relu);
    let gradients = [&burn, &fused].map(|y| y.clone().powi_scalar(2).mean().backward());
    let [dx, dw] = [x, w].map(|p| gradients.each_ref().map(|g| p.grad(g)));
    let db = gradients.each_ref().map(|g| b.grad(g));

    let mut rows = vec![("y", difference(fused, burn))];
    for (name, of) in [("dL / dx", dx), ("dL / dW", dw)] {
        let [Some(burn), Some(fused)] = of else { return Err(format!("{name} is missing").into()) };
        rows.push((name, difference(fused, burn)));
    }
    let [Some(burn), Some(fused)] = db else { return Err("dL / db is missing".into()) };
    rows.push(("dL / db", difference(fused, burn)));

    for (name, [difference, largest]) in rows {
        println!("{name:8} has entries up to {largest:.1e} and differs by {difference:.1e}");
        if difference > 1e-5 * largest {
            return Err(format!("{name} of the fused layer is not that of Burn").into());
        }
    }
    println!("equal to rounding");
    Ok(())
}
