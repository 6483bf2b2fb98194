//! `elbo interpolate`: the line between two test images in the latent space.

use train::interpolate;

use super::picture;
use crate::cli::{Common, InterpolateArgs};
use crate::context::Context;

pub(crate) fn run(common: &Common, args: &InterpolateArgs) -> anyhow::Result<()> {
    let context = Context::open(common, &args.model)?;
    let path = picture::target(&context, args.out.as_deref(), "interpolation.png")?;
    let figure = interpolate(&context.vae, &context.test, args.from, args.to, args.steps, &context.backend.device)?;
    picture::write_figure(&context, path, &figure)
}
