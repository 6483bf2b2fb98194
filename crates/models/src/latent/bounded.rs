//! What keeps the outputs of a head, and codes, where single precision is safe: the bounds that latents share.

/// Logarithms of gamma, beta and Dirichlet concentrations lie between these: concentrations from 0.018 to 1097, where draws
/// and their implicit gradients are right (traps D26, D41).
pub(crate) const LOG_CONCENTRATION: [f32; 2] = [-4.0, 7.0];

/// Codes in the open unit interval: from the smallest that no machine rounds to 0, to the largest below 1 in `f32`.
pub(crate) const OPEN_UNIT: [f32; 2] = [1.2e-38, 1.0 - f32::EPSILON / 2.0];
