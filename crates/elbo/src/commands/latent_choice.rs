//! The latent that the flags of `elbo train vae` ask for.

use models::LatentConfig;
use train::TrainError;

use super::train_vae::set;
use crate::cli::TrainArgs;

/// The latent of the preset where it has the name that is asked for, else the defaults of that name; then the flags.
pub(super) fn choose_latent(args: &TrainArgs, preset: LatentConfig) -> Result<LatentConfig, TrainError> {
    let mut latent = match args.latent {
        Some(asked) if asked.name() != preset.name() => asked,
        Some(_) | None => preset,
    };
    let name = latent.name();
    let out_of_place = |flag, value: String, instead| TrainError::Argument {
        flag,
        value,
        must: format!("left out: a latent that is {name} has {instead}"),
    };
    if let Some(size) = args.latent_size {
        latent = latent
            .with_size(size)
            .ok_or_else(|| out_of_place("--latent-size", size.to_string(), "--groups and --classes instead"))?;
    }
    match &mut latent {
        LatentConfig::Categorical { groups, classes, temperature, kl, prior: _ } => {
            set(groups, args.groups);
            set(classes, args.classes);
            set(temperature, args.temperature);
            set(kl, args.latent_kl);
        }
        LatentConfig::Gaussian { .. } | LatentConfig::Exponential { .. } => {
            let text = |value: Option<&dyn ToString>| value.map(|value| value.to_string());
            let given = [
                ("--groups", text(args.groups.as_ref().map(|x| x as _)), "--latent-size instead"),
                ("--classes", text(args.classes.as_ref().map(|x| x as _)), "--latent-size instead"),
                ("--temperature", text(args.temperature.as_ref().map(|x| x as _)), "no temperature"),
                ("--latent-kl", text(args.latent_kl.as_ref().map(|x| x as _)), "one divergence only"),
            ];
            for (flag, value, instead) in given {
                if let Some(value) = value {
                    return Err(out_of_place(flag, value, instead));
                }
            }
        }
    }
    Ok(latent)
}
