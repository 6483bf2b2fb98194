//! The settings of Adam.

use serde::{Deserialize, Serialize};

/// The settings of Adam (Kingma and Ba, 2015); PyTorch's defaults, where Burn's epsilon would be 1e-5.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdamConfig {
    /// The step size.
    pub learning_rate: f64,
    /// The decay of the first moment.
    #[serde(default = "beta_1")]
    pub beta_1: f32,
    /// The decay of the second moment.
    #[serde(default = "beta_2")]
    pub beta_2: f32,
    /// Added to the root of the second moment.
    #[serde(default = "epsilon")]
    pub epsilon: f32,
}

fn beta_1() -> f32 {
    0.9
}

fn beta_2() -> f32 {
    0.999
}

fn epsilon() -> f32 {
    1e-8
}

impl AdamConfig {
    pub(crate) fn init(&self) -> burn::optim::ModuleOptimizer {
        burn::optim::AdamConfig::new()
            .with_beta_1(self.beta_1)
            .with_beta_2(self.beta_2)
            .with_epsilon(self.epsilon)
            .init()
    }
}
