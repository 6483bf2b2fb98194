//! Draws of gamma variables by rejection, as logarithms.

use crate::Noise;

/// Normals taken at a time.
const BLOCK: usize = 64;

/// `log z` of gamma variables of rate 1, one after another from one stream (Marsaglia and Tsang, 2000).
pub(crate) struct GammaDraws<'a> {
    noise: &'a mut Noise,
    normals: [f32; BLOCK],
    used: usize,
}

impl<'a> GammaDraws<'a> {
    pub(crate) fn new(noise: &'a mut Noise) -> Self {
        Self { noise, normals: [0.0; BLOCK], used: BLOCK }
    }

    /// `log z` for `z ~ Gamma(a, 1)`; NaN for an `a` that is not positive and finite.
    ///
    /// Below 1 it is `log Gamma(a + 1) + ln(u) / a`, which does not underflow (trap D41).
    pub(crate) fn log_gamma(&mut self, a: f64) -> f64 {
        if !(a > 0.0 && a.is_finite()) {
            return f64::NAN;
        }
        if a < 1.0 { self.log_of_large(a + 1.0) + self.uniform().ln() / a } else { self.log_of_large(a) }
    }

    /// `z = d v` with `v = (1 + c x)^3` for a normal `x`, accepted with probability
    /// `exp(x^2 / 2 + d - d v + d ln v)`: at least 95 % of all.
    fn log_of_large(&mut self, a: f64) -> f64 {
        let d = a - 1.0 / 3.0;
        let c = (9.0 * d).sqrt().recip();
        loop {
            let x = self.normal();
            let root = 1.0 + c * x;
            if root <= 0.0 {
                continue;
            }
            let log_v = 3.0 * root.ln();
            if self.uniform().ln() < 0.5 * x * x + d * (1.0 - log_v.exp() + log_v) {
                return d.ln() + log_v;
            }
        }
    }

    fn normal(&mut self) -> f64 {
        if self.used == BLOCK {
            self.noise.fill_normal(&mut self.normals);
            self.used = 0;
        }
        self.used += 1;
        f64::from(self.normals[self.used - 1])
    }

    /// `(k + 1/2) / 2^32`, never 0 and never 1.
    fn uniform(&mut self) -> f64 {
        (f64::from(self.noise.next_word()) + 0.5) * 2.0_f64.powi(-32)
    }
}
