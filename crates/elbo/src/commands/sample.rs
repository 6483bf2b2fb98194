//! `elbo sample`: digits from the prior.

use train::{Pixels, sample};

use super::picture;
use crate::cli::{Common, SampleArgs};
use crate::context::Context;

pub(crate) fn run(common: &Common, args: &SampleArgs) -> anyhow::Result<()> {
    let context = Context::open(common, &args.model)?;
    let path = picture::target(&context, args.out.as_deref(), "samples.png")?;
    let pixels = if args.binary { Pixels::Binary } else { Pixels::Means };
    let shape = [args.rows, args.columns];
    let Context { vae, test, backend, seed, .. } = &context;
    let png = sample(vae, test, shape, pixels, *seed, &backend.device)?;
    picture::write_png(&context, path, &png)
}
