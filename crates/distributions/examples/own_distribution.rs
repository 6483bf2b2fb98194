//! A distribution of one's own on the traits of the crate: reparameterised gradients, and whether the draws have their law.
//!
//! `cargo run --release --example own_distribution`
//!
//! ```text
//! z = loc + scale log(u / (1 - u)),  u ~ U(0, 1)        the logistic, which the crate lacks
//! E[z^2] = loc^2 + (pi scale)^2 / 3                     what the gradients are compared with
//! ```
#![allow(clippy::print_stdout, reason = "an example prints what it finds")]

use std::error::Error;
use std::f64::consts::PI;

use burn::tensor::activation::log_sigmoid;
use burn::tensor::{Device, Tensor};
use distributions::{
    Distribution, Noise, NoiseTransform, Purpose, Reparameterized, goodness_of_fit::kolmogorov_smirnov, sum_events,
};

/// `Logistic(loc, scale)`, over values `[batch, event]`.
struct Logistic {
    loc: Tensor<2>,
    log_scale: Tensor<2>,
}

impl Distribution<2> for Logistic {
    fn sample(&self, noise: &mut Noise) -> Tensor<2> {
        self.rsample(noise).detach()
    }

    /// `log p(x) = sum_i log sigmoid(t_i) + log sigmoid(-t_i) - log scale_i`, `t = (x - loc) / scale`.
    fn log_prob(&self, value: Tensor<2>) -> Tensor<1> {
        let t = (value - self.loc.clone()) * (-self.log_scale.clone()).exp();
        sum_events(log_sigmoid(t.clone()) + log_sigmoid(-t) - self.log_scale.clone())
    }
}

impl Reparameterized<2> for Logistic {
    fn rsample(&self, noise: &mut Noise) -> Tensor<2> {
        self.transform(self.noise(noise))
    }
}

impl NoiseTransform<2> for Logistic {
    fn noise(&self, noise: &mut Noise) -> Tensor<2> {
        noise.uniform(self.loc.dims(), &self.loc.device())
    }

    fn transform(&self, eps: Tensor<2>) -> Tensor<2> {
        self.loc.clone() + self.log_scale.clone().exp() * (eps.clone().log() - (-eps + 1.0).log())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let (loc, scale, draws) = (0.5_f64, 2.0_f64, 1_000_000);
    let device = Device::flex().autodiff();
    let parameter = |value: f64| Tensor::<2>::full([1, 1], value, &device).require_grad();
    let (m, s) = (parameter(loc), parameter(scale.ln()));
    let q = Logistic { loc: m.clone().expand([draws, 1]), log_scale: s.clone().expand([draws, 1]) };

    let z = q.rsample(&mut Noise::new(1, Purpose::Comparison, 0, 0));
    let gradients = z.clone().powi_scalar(2).mean().backward();
    let second_moment = (PI * scale).powi(2) / 3.0;
    for (name, parameter, exact) in [("loc", m, 2.0 * loc), ("log scale", s, 2.0 * second_moment)] {
        let estimate = parameter.grad(&gradients).ok_or("no gradient")?.into_scalar::<f32>();
        println!("d E[z^2] / d {name:9}: {estimate:7.3} from {draws} draws, {exact:7.3} exactly");
    }

    let mut sample = z.detach().try_into_vec_as::<f32>()?;
    for (name, wrong) in [("its own law", 1.0), ("a scale 1 % larger", 1.01)] {
        let cdf = |x: f64| 1.0 / (1.0 + (-(x - loc) / (scale * wrong)).exp());
        let fit = kolmogorov_smirnov(&mut sample, cdf);
        println!("Kolmogorov-Smirnov against {name:18}: distance {:.5}, p = {:.2e}", fit.statistic, fit.p_value);
    }
    Ok(())
}
