//! `elbo reconstruct`: originals above reconstructions.

use train::{Pixels, reconstruct};

use super::picture;
use crate::cli::{Common, ReconstructArgs};
use crate::context::Context;

pub(crate) fn run(common: &Common, args: &ReconstructArgs) -> anyhow::Result<()> {
    let context = Context::open(common, &args.model)?;
    let path = picture::target(&context, args.out.as_deref(), "reconstructions.png")?;
    let pixels = if args.binary { Pixels::Binary } else { Pixels::Means };
    let Context { vae, test, backend, seed, .. } = &context;
    let first: Vec<usize> = (0..test.len().min(20)).collect();
    let indices = if args.images.is_empty() { &first } else { &args.images };
    let png = reconstruct(vae, test, indices, pixels, *seed, &backend.device)?;
    picture::write_png(&context, path, &png)
}
