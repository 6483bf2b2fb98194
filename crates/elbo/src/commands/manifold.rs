//! `elbo manifold`: the latent plane, decoded.

use train::manifold;

use super::picture;
use crate::cli::{Common, ManifoldArgs};
use crate::context::Context;

pub(crate) fn run(common: &Common, args: &ManifoldArgs) -> anyhow::Result<()> {
    let context = Context::open(common, &args.model)?;
    let path = picture::target(&context, args.out.as_deref(), "manifold.png")?;
    let figure = manifold(&context.vae, &context.test, args.side, &context.backend.device)?;
    picture::write_figure(&context, path, &figure)
}
