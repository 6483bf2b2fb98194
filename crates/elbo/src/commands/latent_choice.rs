//! The latent that the flags of `elbo train vae` ask for.

use models::{LatentConfig, SurrogateKl, Temperature};
use train::TrainError;

use crate::cli::TrainArgs;

/// The parts of a latent that flags can set; none where the latent has no such part.
#[derive(Default)]
struct Parts<'a> {
    size: Option<&'a mut usize>,
    groups: Option<&'a mut usize>,
    classes: Option<&'a mut usize>,
    temperature: Option<&'a mut Temperature>,
    kl: Option<&'a mut SurrogateKl>,
}

impl<'a> Parts<'a> {
    fn of(latent: &'a mut LatentConfig) -> Self {
        match latent {
            LatentConfig::Gaussian { size }
            | LatentConfig::Exponential { size }
            | LatentConfig::LogNormal { size }
            | LatentConfig::Kumaraswamy { size }
            | LatentConfig::Beta { size }
            | LatentConfig::Gamma { size }
            | LatentConfig::Stacked { size, upper: _, hidden: _ } => Self { size: Some(size), ..Self::default() },
            LatentConfig::Dirichlet { groups, classes } => {
                Self { groups: Some(groups), classes: Some(classes), ..Self::default() }
            }
            LatentConfig::Bernoulli { size, temperature, kl } => {
                Self { size: Some(size), temperature: Some(temperature), kl: Some(kl), ..Self::default() }
            }
            LatentConfig::Categorical { groups, classes, temperature, kl, prior: _ } => Self {
                size: None,
                groups: Some(groups),
                classes: Some(classes),
                temperature: Some(temperature),
                kl: Some(kl),
            },
        }
    }
}

/// The latent of the preset where it has the name that is asked for, else the defaults of that name; then the flags.
pub(super) fn choose_latent(args: &TrainArgs, preset: LatentConfig) -> Result<LatentConfig, TrainError> {
    let mut latent = match args.latent {
        Some(asked) if asked.name() != preset.name() => asked,
        Some(_) | None => preset,
    };
    let name = latent.name();
    let parts = Parts::of(&mut latent);
    place(name, parts.size, args.latent_size, ("--latent-size", "--groups and --classes instead"))?;
    place(name, parts.groups, args.groups, ("--groups", "--latent-size instead"))?;
    place(name, parts.classes, args.classes, ("--classes", "--latent-size instead"))?;
    place(name, parts.temperature, args.temperature, ("--temperature", "no temperature"))?;
    place(name, parts.kl, args.latent_kl, ("--latent-kl", "one divergence only"))?;
    Ok(latent)
}

/// Sets a part to what its flag says, and refuses a flag whose part the latent has not.
fn place<T: ToString>(
    name: &str,
    part: Option<&mut T>,
    given: Option<T>,
    (flag, instead): (&'static str, &str),
) -> Result<(), TrainError> {
    match (part, given) {
        (Some(part), Some(given)) => *part = given,
        (None, Some(given)) => {
            let must = format!("left out: a latent that is {name} has {instead}");
            return Err(TrainError::Argument { flag, value: given.to_string(), must });
        }
        (Some(_) | None, None) => {}
    }
    Ok(())
}
