//! Gradients, divergences, bounds and codes of every latent.

use super::*;

/// With the same noise, autodiff meets differences of the loss in every entry of the head's bias.
#[test]
fn gradients_agree_with_finite_differences() {
    let device = Device::flex().autodiff();
    for latent in latents() {
        let (x, eps) = (images(4, &device), eps(latent, 4, &device));
        if matches!(eps, LatentNoise::Stream { .. }) {
            // What is accepted depends on the parameters: the next test has these.
            continue;
        }
        let vae = vae(latent, &device);
        let gradients = vae.training_terms(x.clone(), eps.clone(), 3).loss().backward();
        let bias = head(&mut vae.clone().latent).bias.clone().unwrap().val();
        let gradient = values(bias.grad(&gradients).unwrap());
        let at = values(bias.inner());
        let loss = |entry: usize, shift: f64| {
            let mut moved = vae.clone();
            let mut bias: Vec<f32> = at.iter().map(|&x| x as f32).collect();
            bias[entry] += shift as f32;
            let length = bias.len();
            head(&mut moved.latent).bias = Some(Param::from_data(TensorData::new(bias, [length]), &device));
            f64::from(moved.training_terms(x.clone(), eps.clone(), 3).loss().into_scalar::<f32>())
        };
        for (entry, &gradient) in gradient.iter().enumerate() {
            let h = 0.02;
            let difference = (loss(entry, h) - loss(entry, -h)) / (2.0 * h);
            assert!(
                (gradient - difference).abs() < 2e-3 * difference.abs().max(0.1),
                "{latent:?}, entry {entry}: {gradient} by autodiff, {difference} by differences"
            );
        }
    }
}

/// Implicit gradients: their mean over draws is the gradient of the mean, by central differences of an expectation that is
/// known, `E[z]` of the law (D26).
#[test]
fn d26_implicit_gradients_of_codes_have_the_gradient_of_the_mean_as_their_mean() {
    let n = 20_000;
    for latent in
        latents().into_iter().filter(|latent| matches!(eps(*latent, 1, &Device::flex()), LatentNoise::Stream { .. }))
    {
        let device = Device::flex().autodiff();
        let vae = vae(latent, &device);
        let posterior = || vae.encode(images(1, &device).repeat_dim(0, n));
        let of_bias = |codes: Tensor<2>| {
            let gradients = codes.narrow(1, 0, 1).mean().backward();
            values(head(&mut vae.latent.clone()).bias.as_ref().unwrap().val().grad(&gradients).unwrap())
        };
        let sampled = of_bias(posterior().transform(eps(latent, n, &device)));
        let exact = of_bias(posterior().mean());
        for (sampled, exact) in sampled.iter().zip(&exact) {
            // A gradient of one draw deviates by about 1 at concentrations near 1.
            assert!((sampled - exact).abs() < 5.5 / (n as f64).sqrt(), "{latent:?}: {sampled} for {exact}");
        }
        assert!(exact.iter().any(|g| g.abs() > 0.05), "{latent:?}: {exact:?}");
    }
}

/// The divergence in closed form is not negative, nothing at the prior, and the mean of `log q - log p` over draws.
#[test]
fn divergences_agree_with_monte_carlo_and_vanish_at_the_prior() {
    let device = Device::flex();
    let n = 50_000;
    for latent in latents() {
        for bias in [-1.5, 0.3, 2.5] {
            let posterior = moved(latent, bias, &device).encode(images(1, &device));
            let kl = values(posterior.kl().unwrap())[0];
            assert!(kl >= 0.0, "{latent:?}: {kl}");
            let (_, log_ratio) = posterior.repeat(n).transform_with_ratio(eps(latent, n, &device));
            let terms: Vec<f64> = values(log_ratio).into_iter().map(|ratio| -ratio).collect();
            let mean = terms.iter().sum::<f64>() / n as f64;
            let variance = terms.iter().map(|term| (term - mean).powi(2)).sum::<f64>() / n as f64;
            let error = (variance / n as f64).sqrt();
            // 5.5 standard errors, and the rounding of sums in single precision.
            assert!(
                (mean - kl).abs() <= 5.5 * error + 2e-5,
                "{latent:?}, {bias}: {mean} for {kl}, {error} a standard error"
            );
        }
        let at_prior = values(vae(latent, &device).latent.prior(3).kl().unwrap());
        assert!(at_prior.iter().all(|kl| kl.abs() < 1e-6), "{latent:?}: {at_prior:?}");
    }
}

/// However far the heads go, codes lie in the support, and no term and no gradient is infinite or NaN.
#[test]
fn d41_extreme_heads_give_finite_terms_and_gradients() {
    let device = Device::flex().autodiff();
    for latent in latents() {
        for bias in [-1e4, -40.0, 40.0, 1e4] {
            if matches!(latent, LatentConfig::Gaussian { .. } | LatentConfig::Exponential { .. }) {
                continue; // Their heads are not bounded: a scale of exp(40) is what was asked for.
            }
            let vae = moved(latent, bias, &device);
            let terms = vae.training_terms(images(50, &device), eps(latent, 50, &device), 3);
            let gradients = terms.loss().backward();
            let gradient = values(head(&mut vae.latent.clone()).bias.as_ref().unwrap().val().grad(&gradients).unwrap());
            assert!(gradient.iter().all(|g| g.is_finite()), "{latent:?}, {bias}: {gradient:?}");
            let posterior = vae.encode(images(50, &device));
            let (codes, log_ratio) = posterior.transform_with_ratio(eps(latent, 50, &device));
            let in_support: fn(f32) -> bool = match latent {
                LatentConfig::Kumaraswamy { .. } | LatentConfig::Beta { .. } => |z| z > 0.0 && z < 1.0,
                _ => |z| z >= 0.0 && z.is_finite(),
            };
            assert!(codes.try_into_vec_as::<f32>().unwrap().into_iter().all(in_support), "{latent:?}, {bias}");
            for term in [terms.elbo.value(), log_ratio] {
                assert!(values(term).iter().all(|x| x.is_finite()), "{latent:?}, {bias}");
            }
        }
    }
}

/// Fewer codes are the first ones of more, so that `K` only cuts an evaluation short.
#[test]
fn d18_fewer_codes_are_the_first_of_more() {
    let device = Device::flex();
    for latent in latents() {
        let posterior = vae(latent, &device).encode(images(1, &device));
        let of =
            |count| posterior.repeat(count).transform(eps(latent, count, &device)).try_into_vec_as::<f32>().unwrap();
        let (few, many) = (of(7), of(20));
        assert_eq!(few, many[..few.len()], "{latent:?}");
    }
}

/// The mean of the log-weights is the ELBO: codes, mass functions and closed divergence belong together (D19).
#[test]
fn d19_elbo_is_the_mean_of_the_log_weights() {
    let device = Device::flex();
    let n = 100_000;
    for latent in latents() {
        let vae = vae(latent, &device);
        let image = images(1, &device);
        let noise = eps(latent, n, &device);
        let posterior = vae.encode(image.clone());
        let weights = vae.log_weights(image.clone(), &posterior, noise.clone());
        let sampled = values(weights.log_likelihood + weights.log_ratio);
        let closed = values(vae.elbo(image.repeat_dim(0, n), noise).value());
        let differences: Vec<f64> = sampled.iter().zip(&closed).map(|(a, b)| a - b).collect();
        let mean = differences.iter().sum::<f64>() / n as f64;
        let variance = differences.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / n as f64;
        // A prior that q still equals has no variance at all.
        assert!(mean.abs() <= 5.5 * (variance / n as f64).sqrt() + 1e-5, "{latent:?}: {mean}");
    }
}

#[test]
fn prior_means_are_those_of_the_priors() {
    let device = Device::flex();
    for latent in latents() {
        let expected = match latent {
            LatentConfig::Stacked { .. } => panic!("its prior's mean has no closed form"),
            LatentConfig::Gaussian { .. } => 0.0,
            LatentConfig::Exponential { .. } | LatentConfig::Gamma { .. } => 1.0,
            LatentConfig::LogNormal { .. } => 0.5_f64.exp(),
            LatentConfig::Kumaraswamy { .. } | LatentConfig::Beta { .. } | LatentConfig::Bernoulli { .. } => 0.5,
            LatentConfig::Dirichlet { .. } | LatentConfig::Categorical { .. } => 1.0 / 3.0,
        };
        let mean = vae(latent, &device).prior_mean(2);
        assert_eq!(mean.dims(), [2, latent.size()]);
        let mean = mean.try_into_vec_as::<f32>().unwrap();
        assert!(mean.iter().all(|&m| (f64::from(m) - expected).abs() < 1e-6), "{latent:?}");
    }
}
