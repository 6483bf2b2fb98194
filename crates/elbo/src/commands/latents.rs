//! `elbo latents`: the test images in the latent plane.

use train::latents;

use super::picture;
use crate::cli::{Common, LatentsArgs};
use crate::context::Context;

pub(crate) fn run(common: &Common, args: &LatentsArgs) -> anyhow::Result<()> {
    let context = Context::open(common, &args.model)?;
    let path = picture::target(&context, args.out.as_deref(), "latents.png")?;
    let figure = latents(&context.vae, &context.test, &context.backend.device)?;
    picture::write_figure(&context, path, &figure)
}
