//! Each operation against the same in Burn's own, in value and in every gradient, with and without the graph.

use burn::module::Param;
use burn::nn::Linear;
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer, Optimizer};
use burn::tensor::{Bytes, DType, Device, Tensor, activation};

use super::*;

fn random<const D: usize>(shape: [usize; D], seed: u64, device: &Device) -> Tensor<D> {
    let count: usize = shape.iter().product();
    let uniform = |i: usize| {
        let mixed = (i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ seed.wrapping_mul(0xd1b5_4a32_d192_ed03);
        ((mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40) as f32 / 8_388_608.0 - 1.0
    };
    let values: Vec<f32> = (0..count).map(uniform).collect();
    Tensor::<1>::from_floats(values.as_slice(), device).reshape(shape)
}

/// The largest difference, relative to the largest entry.
fn difference<const D: usize>(ours: Tensor<D>, theirs: Tensor<D>) -> f32 {
    assert_eq!(ours.dims(), theirs.dims());
    let scale = theirs.clone().abs().max().into_scalar::<f32>().max(1e-6);
    (ours - theirs).abs().max().into_scalar::<f32>() / scale
}

/// A nonlinearity, in ours and in Burn's words.
type Pair = (Activation, fn(Tensor<2>) -> Tensor<2>);

fn activations() -> [Pair; 4] {
    [
        (Activation::Identity, |z| z),
        (Activation::Relu, activation::relu),
        (Activation::LeakyRelu { slope: 0.2 }, |z| activation::leaky_relu(z, 0.2)),
        (Activation::Tanh, activation::tanh),
    ]
}

#[test]
fn linear_agrees_with_burns_operations_in_value_and_gradients() {
    let device = Device::flex().autodiff();
    for (batch, d_input, d_output) in [(3, 5, 4), (100, 784, 400), (20, 784, 200)] {
        for (ours, theirs) in activations() {
            let x = random([batch, d_input], 1, &device).require_grad();
            let w = random([d_input, d_output], 2, &device).require_grad();
            let b = random([d_output], 3, &device).require_grad();
            let weights = random([batch, d_output], 4, &device);
            let y = linear(x.clone(), w.clone(), b.clone(), ours);
            let reference = theirs(x.clone().matmul(w.clone()) + b.clone().unsqueeze());
            // sums of 784 products, in another order where the processor has other vector instructions
            assert!(difference(y.clone(), reference.clone()) < 5e-6);
            let (g, r) = ((y * weights.clone()).sum().backward(), (reference * weights).sum().backward());
            let gradients = [
                difference(x.grad(&g).unwrap(), x.grad(&r).unwrap()),
                difference(w.grad(&g).unwrap(), w.grad(&r).unwrap()),
                difference(b.grad(&g).unwrap(), b.grad(&r).unwrap()),
            ];
            assert!(gradients.iter().all(|d| *d < 3e-6), "{ours:?}: {gradients:?}");
        }
    }
}

/// Binary inputs as sums of rows, in value and gradients; and what only claims to be sparse.
#[test]
fn a_layer_of_sparse_inputs_agrees_with_the_dense_one() {
    let device = Device::flex().autodiff();
    let (w, b) = (random([784, 200], 2, &device).require_grad(), random([200], 3, &device).require_grad());
    let weights = random([20, 200], 4, &device);
    let few = random([20, 784], 1, &device).greater_elem(0.75).float();
    let many = random([20, 784], 1, &device).greater_elem(-0.5).float();
    let grey = random([20, 784], 1, &device);
    for (x, is_sparse) in [(few, true), (many, false), (grey, false)] {
        for (activation, _) in activations() {
            let [ours, dense] = [Input::Sparse, Input::Dense]
                .map(|input| linear_of(input, x.clone(), w.clone(), b.clone(), activation));
            let same_bits = ours.clone().into_data() == dense.clone().into_data();
            assert_eq!(same_bits, !is_sparse, "{activation:?}: the product is not the one that was asked for");
            // a hundred terms in another order
            assert!(difference(ours.clone(), dense.clone()) < 5e-6);
            let (g, r) = ((ours * weights.clone()).sum().backward(), (dense * weights.clone()).sum().backward());
            assert!(difference(w.grad(&g).unwrap(), w.grad(&r).unwrap()) < 5e-6);
            assert!(difference(b.grad(&g).unwrap(), b.grad(&r).unwrap()) < 5e-6);
        }
    }
}

/// Data has no gradient, and a layer above frozen weights has one: only what is tracked is computed.
#[test]
fn untracked_inputs_have_no_gradient() {
    let device = Device::flex().autodiff();
    let (x, w) = (random([3, 5], 1, &device), random([5, 4], 2, &device));
    let b = random([4], 3, &device).require_grad();
    let g = linear(x.clone(), w.clone(), b.clone(), Activation::Identity).sum().backward();
    assert!(x.grad(&g).is_none() && w.grad(&g).is_none());
    assert_eq!(
        b.grad(&g).unwrap().into_data(),
        Tensor::<1>::full([4], 3.0, &device.clone().without_autodiff()).into_data()
    );
}

#[test]
fn bernoulli_log_prob_agrees_with_burns_operations() {
    let device = Device::flex().autodiff();
    let logits = random([10, 784], 1, &device).mul_scalar(8.0).require_grad();
    let x = random([10, 784], 2, &device).greater_elem(0.5).float();
    let ours = bernoulli_log_prob(logits.clone(), x.clone());
    let terms = x.clone() * logits.clone() + activation::log_sigmoid(-logits.clone());
    let theirs: Tensor<1> = terms.sum_dim(1).squeeze_dim(1);
    let weights = random([10], 3, &device);
    assert!(difference(ours.clone(), theirs.clone()) < 1e-6);
    let (g, r) = ((ours * weights.clone()).sum().backward(), (theirs * weights).sum().backward());
    assert!(difference(logits.grad(&g).unwrap(), logits.grad(&r).unwrap()) < 1e-6);
    let alone = bernoulli_log_prob(logits.clone().inner(), x.inner());
    assert_eq!(alone.dims(), [10]);
}

#[test]
fn gaussian_operations_agree_with_burns_operations() {
    let device = Device::flex().autodiff();
    let loc = random([10, 30], 1, &device).mul_scalar(2.0).require_grad();
    let log_scale = random([10, 30], 2, &device).require_grad();
    let eps = random([10, 30], 3, &device);
    let weights = random([10, 30], 4, &device);
    let both = |z: Tensor<2>, kl: Tensor<1>| ((z * weights.clone()).sum() + kl.sum() * 0.3).backward();
    let z = gaussian_transform(loc.clone(), log_scale.clone(), eps.clone());
    let kl = standard_gaussian_kl(loc.clone(), log_scale.clone());
    let their_z = loc.clone() + log_scale.clone().exp() * eps;
    let variance = log_scale.clone().mul_scalar(2.0).exp();
    let terms = loc.clone().square() + variance - 1.0 - log_scale.clone().mul_scalar(2.0);
    let their_kl: Tensor<1> = terms.mul_scalar(0.5).sum_dim(1).squeeze_dim(1);
    assert!(difference(z.clone(), their_z.clone()) < 1e-6 && difference(kl.clone(), their_kl.clone()) < 1e-6);
    let (g, r) = (both(z, kl), both(their_z, their_kl));
    assert!(difference(loc.grad(&g).unwrap(), loc.grad(&r).unwrap()) < 1e-6);
    assert!(difference(log_scale.grad(&g).unwrap(), log_scale.grad(&r).unwrap()) < 2e-6);
}

#[test]
fn the_gaussian_log_density_agrees_with_burns_operations() {
    let device = Device::flex().autodiff();
    let [x, loc, log_scale] = [1, 2, 3].map(|seed| random([10, 30], seed, &device).mul_scalar(2.0).require_grad());
    let weights = random([10], 4, &device);
    let ours = gaussian_log_prob(x.clone(), loc.clone(), log_scale.clone());
    let t = (x.clone() - loc.clone()) * (-log_scale.clone()).exp();
    let terms = t.square().mul_scalar(-0.5) - log_scale.clone() - 0.5 * std::f64::consts::TAU.ln();
    let theirs: Tensor<1> = terms.sum_dim(1).squeeze_dim(1);
    assert!(difference(ours.clone(), theirs.clone()) < 1e-6);
    let (g, r) = ((ours * weights.clone()).sum().backward(), (theirs * weights).sum().backward());
    for input in [x.clone(), loc.clone(), log_scale.clone()] {
        assert!(difference(input.grad(&g).unwrap(), input.grad(&r).unwrap()) < 2e-6);
    }
    // Rows that are one in memory have the densities of rows that are copies of it.
    let [x, loc, log_scale] = [x, loc, log_scale].map(Tensor::inner);
    let shared = [&loc, &log_scale].map(|rows| rows.clone().narrow(0, 3, 1).expand([10, 30]));
    let copies = shared.clone().map(|rows| rows.clone() + rows.zeros_like());
    let [shared, copies] = [shared, copies].map(|[loc, log_scale]| gaussian_log_prob(x.clone(), loc, log_scale));
    assert_eq!(shared.into_data(), copies.into_data());
    let image = x.clone().narrow(0, 2, 1).greater_elem(0.0).float().expand([10, 30]);
    let copies = bernoulli_log_prob(x.clone(), image.clone() + x.zeros_like());
    assert_eq!(bernoulli_log_prob(x, image).into_data(), copies.into_data());
}

#[test]
fn gumbel_softmax_agrees_with_burns_operations() {
    let device = Device::flex().autodiff();
    let logits = random([200, 10], 1, &device).mul_scalar(3.0).require_grad();
    let uniforms = random([200, 10], 2, &device).mul_scalar(0.4999) + 0.5;
    let weights = random([200, 10], 3, &device);
    let ours = gumbel_softmax(logits.clone(), uniforms.clone(), 0.7);
    let gumbels = -(-uniforms.log()).log();
    let theirs = activation::softmax((logits.clone() + gumbels).div_scalar(0.7), 1);
    assert!(difference(ours.clone(), theirs.clone()) < 3e-6);
    let (g, r) = ((ours * weights.clone()).sum().backward(), (theirs * weights).sum().backward());
    assert!(difference(logits.grad(&g).unwrap(), logits.grad(&r).unwrap()) < 1e-5);
}

#[test]
fn normalised_logits_and_their_divergence_agree_with_burns_operations() {
    let device = Device::flex().autodiff();
    let [q, p] = [1, 2].map(|seed| random([200, 10], seed, &device).mul_scalar(6.0).require_grad());
    let weights = random([200], 3, &device);
    let divergence = |log_q: Tensor<2>, log_p: Tensor<2>| -> Tensor<1> {
        (log_q.clone().exp() * (log_q - log_p)).sum_dim(1).squeeze_dim(1)
    };
    let (log_q, log_p) = (log_softmax(q.clone()), log_softmax(p.clone()));
    let [their_q, their_p] = [&q, &p].map(|logits| activation::log_softmax(logits.clone(), 1));
    assert!(difference(log_q.clone(), their_q.clone()) < 1e-6);
    let (ours, theirs) = (categorical_kl(log_q, log_p), divergence(their_q, their_p));
    assert!(difference(ours.clone(), theirs.clone()) < 1e-6);
    let (g, r) = ((ours * weights.clone()).sum().backward(), (theirs * weights).sum().backward());
    for logits in [q, p] {
        assert!(difference(logits.grad(&g).unwrap(), logits.grad(&r).unwrap()) < 3e-6);
    }
}

/// The derivatives of a function of one tensor, ours and those of Burn's own operations.
fn compare_slopes(x: &Tensor<2>, ours: Tensor<2>, theirs: Tensor<2>) -> [f32; 2] {
    let weights = random(x.dims(), 9, &x.device());
    let value = difference(ours.clone(), theirs.clone());
    let (g, r) = ((ours * weights.clone()).sum().backward(), (theirs * weights).sum().backward());
    [value, difference(x.grad(&g).unwrap(), x.grad(&r).unwrap())]
}

#[test]
fn functions_of_single_entries_agree_with_burns_operations() {
    let device = Device::flex().autodiff();
    let x = random([30, 20], 1, &device).mul_scalar(9.0).require_grad();
    let uniforms = random([30, 20], 2, &device).mul_scalar(0.4999) + 0.5;
    let positive = activation::relu(x.clone());
    let negative = x.clone() - positive.clone();
    let theirs = positive.div_scalar(7.0).tanh().mul_scalar(7.0) + negative.div_scalar(-4.0).tanh().mul_scalar(-4.0);
    let logistic = uniforms.clone().log() - (-uniforms.clone()).log1p();
    let relaxed = activation::sigmoid((x.clone() + logistic).div_scalar(0.7));
    let compared = [
        compare_slopes(&x, bounded(x.clone(), [-4.0, 7.0]), theirs),
        compare_slopes(&x, clamped_exp(x.clone(), [0.01, 500.0]), x.clone().exp().clamp(0.01, 500.0)),
        compare_slopes(&x, binary_concrete(x.clone(), uniforms, 0.7), relaxed),
    ];
    assert!(compared.iter().flatten().all(|difference| *difference < 3e-6), "{compared:?}");
    let p = activation::sigmoid(x.clone());
    let terms = p * x.clone() + activation::log_sigmoid(-x.clone()) + std::f32::consts::LN_2;
    let sums = |rows: Tensor<1>| rows.unsqueeze_dim::<2>(1).expand([30, 20]);
    let theirs: Tensor<1> = terms.sum_dim(1).squeeze_dim(1);
    let compared = compare_slopes(&x, sums(fair_bernoulli_kl(x.clone())), sums(theirs));
    assert!(compared.iter().all(|difference| *difference < 1e-5), "{compared:?}");
}

/// On tensors of `f64` the composed bodies run: they agree with the kernels.
#[test]
fn composed_functions_of_single_entries_agree_with_their_kernels() {
    let device = Device::flex().autodiff();
    let both = |f: &dyn Fn(Tensor<2>) -> Tensor<2>| {
        let x = random([30, 20], 1, &device).mul_scalar(4.0);
        let [single, double] = [DType::F32, DType::F64].map(|dtype| {
            let x = x.clone().cast(dtype).require_grad();
            let y = f(x.clone());
            let gradient = x.grad(&y.clone().sum().backward()).unwrap();
            (y.inner().cast(DType::F32), gradient.cast(DType::F32))
        });
        [difference(single.0, double.0), difference(single.1, double.1)]
    };
    let like = |value: Tensor<2>, x: &Tensor<2>| value.cast(x.dtype());
    let other = random([30, 20], 3, &device).mul_scalar(3.0);
    let uniforms = random([30, 20], 2, &device).mul_scalar(0.4999) + 0.5;
    let sums = |rows: Tensor<1>| rows.unsqueeze_dim::<2>(1);
    let functions: [(&str, &dyn Fn(Tensor<2>) -> Tensor<2>); 14] = [
        ("bounded", &|x| bounded(x, [-1.3, 2.0])),
        ("clamped exp", &|x| clamped_exp(x, [0.1, 10.0])),
        ("concrete", &|x| binary_concrete(x.clone(), like(uniforms.clone(), &x), 0.5)),
        ("density, x", &|x| sums(gaussian_log_prob(x.clone(), like(other.clone(), &x), like(uniforms.clone(), &x)))),
        ("density, loc", &|x| sums(gaussian_log_prob(like(other.clone(), &x), x.clone(), like(uniforms.clone(), &x)))),
        ("density, scale", &|x| sums(gaussian_log_prob(like(uniforms.clone(), &x), like(other.clone(), &x), x))),
        ("log-softmax", &|x| log_softmax(x.clone()) * like(other.clone(), &x)),
        ("classes, q", &|x| sums(categorical_kl(log_softmax(x.clone()), like(other.clone(), &x)))),
        ("classes, p", &|x| sums(categorical_kl(like(other.clone(), &x), log_softmax(x.clone())))),
        ("fair bits", &|x| sums(fair_bernoulli_kl(x))),
        ("draw, a", &|x| kumaraswamy_log(x.clone(), like(other.clone(), &x), like(uniforms.clone(), &x))),
        ("draw, b", &|x| kumaraswamy_log(like(other.clone(), &x), x.clone(), like(uniforms.clone(), &x))),
        ("divergence, a", &|x| sums(uniform_kumaraswamy_kl(x.clone(), like(other.clone(), &x)))),
        ("divergence, b", &|x| sums(uniform_kumaraswamy_kl(like(other.clone(), &x), x.clone()))),
    ];
    for (name, f) in functions {
        let differences = both(f);
        assert!(differences.iter().all(|difference| *difference < 5e-6), "{name}: {differences:?}");
    }
}

/// The kernels compute in `f32`; tensors of `f64`, and views with other strides, get the same answers.
#[test]
fn other_precisions_and_layouts_are_served() {
    let device = Device::flex();
    let (x, w, b) = (random([6, 5], 1, &device), random([5, 4], 2, &device), random([4], 3, &device));
    for (activation, _) in activations() {
        let y = linear(x.clone(), w.clone(), b.clone(), activation);
        let double =
            linear(x.clone().cast(DType::F64), w.clone().cast(DType::F64), b.clone().cast(DType::F64), activation);
        assert_eq!(double.dtype(), DType::F64);
        assert!(difference(y.clone(), double.cast(DType::F32)) < 1e-6);
        let turned = x.clone().transpose().reshape([5, 6]).transpose();
        assert!(difference(y, linear(turned, w.clone(), b.clone(), activation)) < 1e-6);
    }
    let kl = standard_gaussian_kl(x.clone(), x.clone());
    assert!(
        difference(kl, standard_gaussian_kl(x.clone().cast(DType::F64), x.cast(DType::F64)).cast(DType::F32)) < 1e-6
    );
}

fn trained(mut optimizer: ModuleOptimizer, steps: usize) -> (Linear, Bytes) {
    let device = Device::flex().autodiff();
    let weight = Param::from_tensor(random([40, 1000], 5, &device));
    let mut layer = Linear { weight, bias: Some(Param::from_tensor(random([1000], 6, &device))) };
    for step in 0..steps {
        let x = random([4, 40], 7 + step as u64, &device);
        // A gradient that does not depend on the weights: the two optimisers see the same ones.
        let y = linear(x, layer.weight.val(), layer.bias.as_ref().unwrap().val(), Activation::Identity);
        let loss = (y * random([4, 1000], 5000 + step as u64, &device)).sum();
        let gradients = GradientsParams::from_grads(loss.backward(), &layer);
        layer = optimizer.step(1e-3, layer, gradients);
    }
    (layer, optimizer.into_bytes().unwrap())
}

/// A thousand steps of ours and of Burn's on the same gradients end at the same weights, and each reads the other's state.
#[test]
fn adam_agrees_with_burns_after_a_thousand_steps() {
    let ours = || Adam::new([0.9, 0.999], 1e-8).init();
    let burns = || AdamConfig::new().with_epsilon(1e-8).init();
    let ((a, our_state), (b, their_state)) = (trained(ours(), 1000), trained(burns(), 1000));
    let apart = difference(a.weight.val().inner(), b.weight.val().inner());
    assert!(apart < 1e-6, "{apart}");
    assert!(ours().from_bytes(their_state).is_ok() && burns().from_bytes(our_state).is_ok());
}

/// The first step as the program of Burda et al. takes it: `v = beta_2 + (1 - beta_2) g^2`, and
/// `theta -= lr sqrt(1 - beta_2) / (1 - beta_1) m / (sqrt(v) + epsilon)`.
#[test]
fn the_other_form_of_adam_starts_its_second_moment_at_one() {
    let device = Device::flex();
    let [weight, gradient] = [1, 2].map(|seed| random([3, 4], seed, &device));
    let adam = Adam { form: AdamForm::Burda, ..Adam::new([0.99, 0.999], 1e-4) };
    let (next, _) = adam.step(1e-3, weight.clone(), gradient.clone(), None);
    let root = (gradient.clone().square() * 0.001 + 0.999).sqrt() + 1e-4;
    let expected = weight - gradient.mul_scalar(0.01) / root * (1e-3 * 0.001_f64.sqrt() / 0.01);
    assert!(difference(next, expected) < 1e-6);
}
