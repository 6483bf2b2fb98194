//! Tests of whether draws have the law that they should: Kolmogorov-Smirnov and chi-square, with p-values.

use statrs::function::gamma::gamma_ur;

/// The outcome of a test: under the law that is tested, `p_value` is uniform on `[0, 1]`, up to the approximation that
/// each test names.
///
/// # Examples
/// ```
/// use burn::tensor::{Device, Tensor};
/// use distributions::{Distribution, Exponential, Noise, Purpose, goodness_of_fit::kolmogorov_smirnov};
///
/// let law = Exponential::new(Tensor::<1>::ones([10_000], &Device::flex()))?;
/// let mut draws = law.sample(&mut Noise::new(1, Purpose::Test, 0, 0)).try_into_vec_as::<f32>()?;
/// let right = kolmogorov_smirnov(&mut draws, |z| 1.0 - (-z).exp());
/// assert!(right.p_value > 0.01);
/// // A rate 10 % larger moves the distribution function by a few hundredths, which 10 000 draws can tell.
/// let wrong = kolmogorov_smirnov(&mut draws, |z| 1.0 - (-1.1 * z).exp());
/// assert!(wrong.statistic > 0.03 && wrong.p_value < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fit {
    /// The distance between what was seen and what was expected.
    pub statistic: f64,
    /// The probability of a distance at least as large.
    pub p_value: f64,
}

/// Kolmogorov-Smirnov: the largest distance between the empirical distribution function of a sample and `cdf`, which is
/// continuous. The sample is sorted on the way.
///
/// The p-value is Kolmogorov's limit at Stephens' (1970) argument `(sqrt n + 0.12 + 0.11 / sqrt n) D`: within 0.01 of the
/// exact one for 20 draws, and closer for more.
///
/// # Panics
/// When the sample is empty or holds a NaN.
pub fn kolmogorov_smirnov(sample: &mut [f32], cdf: impl Fn(f64) -> f64) -> Fit {
    sort(sample);
    let n = sample.len() as f64;
    let distance = |(i, &value): (usize, &f32)| {
        let exact = cdf(f64::from(value));
        ((i + 1) as f64 / n - exact).max(exact - i as f64 / n)
    };
    let statistic = sample.iter().enumerate().map(distance).fold(0.0, f64::max);
    Fit { statistic, p_value: kolmogorov_tail(stephens(n) * statistic) }
}

/// Two-sample Kolmogorov-Smirnov: the largest distance between two empirical distribution functions. Both samples are
/// sorted on the way; equal values count as one step of both.
///
/// The p-value is that of [`kolmogorov_smirnov`] for `n m / (n + m)` draws.
///
/// # Panics
/// When a sample is empty or holds a NaN.
pub fn kolmogorov_smirnov_two_sample(first: &mut [f32], second: &mut [f32]) -> Fit {
    sort(first);
    sort(second);
    let (n, m) = (first.len() as f64, second.len() as f64);
    let (mut i, mut j, mut statistic) = (0, 0, 0.0_f64);
    while i < first.len() && j < second.len() {
        let value = first[i].min(second[j]);
        i += first[i..].iter().take_while(|&&x| x == value).count();
        j += second[j..].iter().take_while(|&&x| x == value).count();
        statistic = statistic.max((i as f64 / n - j as f64 / m).abs());
    }
    Fit { statistic, p_value: kolmogorov_tail(stephens(n * m / (n + m)) * statistic) }
}

fn sort(sample: &mut [f32]) {
    assert!(!sample.is_empty(), "a test needs at least one draw");
    assert!(!sample.iter().any(|x| x.is_nan()), "a draw is not a number");
    sample.sort_unstable_by(f32::total_cmp);
}

fn stephens(n: f64) -> f64 {
    n.sqrt() + 0.12 + 0.11 / n.sqrt()
}

/// Kolmogorov's `P(K >= x) = 2 sum_j (-1)^(j-1) exp(-2 j^2 x^2)`, and for small `x` the other form of the same theta
/// function, `1 - sqrt(2 pi) / x sum_j exp(-(2j - 1)^2 pi^2 / (8 x^2))`: each converges where the other is slow.
fn kolmogorov_tail(x: f64) -> f64 {
    use std::f64::consts::PI;
    if x < 1e-2 {
        return 1.0;
    }
    let p = if x < 1.0 {
        let terms = (1..=8).map(|j| (-f64::from(2 * j - 1).powi(2) * PI * PI / (8.0 * x * x)).exp());
        1.0 - (2.0 * PI).sqrt() / x * terms.sum::<f64>()
    } else {
        let term = |j: i32| f64::from(1 - 2 * (j % 2)) * (-2.0 * f64::from(j * j) * x * x).exp();
        -2.0 * (1..=8).map(term).sum::<f64>()
    };
    p.clamp(0.0, 1.0)
}

/// Chi-square (Pearson): counts of classes against their probabilities, which sum to 1.
///
/// The p-value is the tail of the chi-square law with one degree of freedom less than there are possible classes; it
/// wants expected counts of 5 or more. A count in an impossible class gives a p-value of 0.
///
/// # Panics
/// When the lengths differ.
pub fn chi_square(counts: &[u64], probabilities: &[f64]) -> Fit {
    assert_eq!(counts.len(), probabilities.len(), "each class needs a count and a probability");
    let total = counts.iter().sum::<u64>() as f64;
    let terms = counts.iter().zip(probabilities).filter(|(n, p)| **p > 0.0 || **n > 0);
    let statistic = terms.map(|(&n, &p)| (n as f64 - total * p).powi(2) / (total * p)).sum();
    let possible = probabilities.iter().filter(|p| **p > 0.0).count();
    Fit { statistic, p_value: chi_square_tail(statistic, possible.saturating_sub(1)) }
}

/// Two-sample chi-square: whether two rows of counts have the same probabilities.
///
/// `sum_k (sqrt(m / n) a_k - sqrt(n / m) b_k)^2 / (a_k + b_k)`, with one degree of freedom less than there are classes
/// that were seen.
///
/// # Panics
/// When the lengths differ, or a row is all zeros.
pub fn chi_square_two_sample(first: &[u64], second: &[u64]) -> Fit {
    assert_eq!(first.len(), second.len(), "each class needs two counts");
    let [n, m] = [first, second].map(|counts| counts.iter().sum::<u64>() as f64);
    assert!(n > 0.0 && m > 0.0, "a test needs at least one draw");
    let ratio = (m / n).sqrt();
    let seen: Vec<(f64, f64)> =
        first.iter().zip(second).filter(|(a, b)| **a + **b > 0).map(|(&a, &b)| (a as f64, b as f64)).collect();
    let statistic = seen.iter().map(|(a, b)| (ratio * a - b / ratio).powi(2) / (a + b)).sum();
    Fit { statistic, p_value: chi_square_tail(statistic, seen.len() - 1) }
}

/// `P(X >= x)` for `X` of the chi-square law: the regularised upper incomplete gamma function `Q(d / 2, x / 2)`.
fn chi_square_tail(x: f64, degrees: usize) -> f64 {
    match degrees {
        _ if !x.is_finite() => 0.0,
        0 => 1.0,
        _ if x <= 0.0 => 1.0,
        _ => gamma_ur(degrees as f64 / 2.0, x / 2.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.kstwobign.sf`, from `scripts/golden_distributions.py` (SciPy 1.17.1): x, tail.
    const KOLMOGOROV: [(f64, f64); 8] = [
        (0.1, 1.0),
        (0.3, 0.999_990_694_198_665_5),
        (0.6, 0.864_282_779_050_604_2),
        (0.99, 0.280_873_839_225_548_9),
        (1.0, 0.269_999_671_677_354_56),
        (1.3, 0.068_092_221_844_766_36),
        (2.0, 0.000_670_925_255_779_695_3),
        (3.0, 3.045_995_948_942_526e-08),
    ];

    /// SciPy's exact `kstwo.sf`: draws, distance, p-value.
    const KOLMOGOROV_EXACT: [(f64, f64, f64); 9] = [
        (20.0, 0.1, 0.976_255_094_592_155),
        (20.0, 0.2, 0.352_720_173_623_415),
        (20.0, 0.3, 0.043_067_066_658_516_23),
        (100.0, 0.05, 0.953_215_971_063_572_5),
        (100.0, 0.1, 0.252_692_757_006_387_4),
        (100.0, 0.15, 0.019_839_242_125_641_813),
        (1000.0, 0.02, 0.810_897_165_689_557_7),
        (1000.0, 0.03, 0.322_690_214_391_463_6),
        (1000.0, 0.05, 0.013_012_074_781_090_332),
    ];

    /// `chi2_contingency` without correction: statistic and p-value.
    const TWO_SAMPLE: (f64, f64) = (6.015_908_086_610_693, 0.110_838_821_956_428_75);

    fn close(actual: f64, expected: f64, tolerance: f64) {
        assert!((actual - expected).abs() <= tolerance, "{actual} for {expected}");
    }

    #[test]
    fn the_tail_of_kolmogorov_meets_scipy_on_both_branches() {
        for (x, expected) in KOLMOGOROV {
            close(kolmogorov_tail(x), expected, 1e-12);
        }
    }

    #[test]
    fn p_values_are_near_the_exact_ones() {
        for (n, d, expected) in KOLMOGOROV_EXACT {
            close(kolmogorov_tail(stephens(n) * d), expected, 0.01);
        }
    }

    /// Small samples by hand: steps of 1/4 against the uniform law; ties are one step.
    #[test]
    fn distances_of_small_samples_are_those_by_hand() {
        let uniform = |x: f64| x.clamp(0.0, 1.0);
        close(kolmogorov_smirnov(&mut [0.9, 0.1, 0.2, 0.3], uniform).statistic, 0.45, 1e-6);
        close(kolmogorov_smirnov_two_sample(&mut [1.0, 2.0, 3.0], &mut [3.0, 2.0, 1.0]).statistic, 0.0, 0.0);
        close(kolmogorov_smirnov_two_sample(&mut [1.0, 1.0, 2.0], &mut [1.0, 2.0, 2.0]).statistic, 1.0 / 3.0, 1e-12);
        close(kolmogorov_smirnov_two_sample(&mut [0.0], &mut [1.0]).statistic, 1.0, 0.0);
    }

    /// `scipy.stats.chisquare` and `chi2_contingency(correction=False)`.
    #[test]
    fn chi_square_meets_scipy() {
        let fit = chi_square(&[90, 210, 480, 220], &[0.1, 0.2, 0.5, 0.2]);
        close(fit.statistic, 4.3, 1e-12);
        close(fit.p_value, 0.230_838_748_208_875_84, 1e-12);
        let fit = chi_square_two_sample(&[90, 210, 480, 220], &[60, 100, 250, 90]);
        close(fit.statistic, TWO_SAMPLE.0, 1e-10);
        close(fit.p_value, TWO_SAMPLE.1, 1e-10);
    }

    #[test]
    fn impossible_and_unseen_classes_are_no_degrees_of_freedom() {
        assert_eq!(chi_square(&[10, 0], &[1.0, 0.0]), Fit { statistic: 0.0, p_value: 1.0 });
        assert_eq!(chi_square(&[10, 1], &[1.0, 0.0]).p_value, 0.0);
        assert_eq!(chi_square_two_sample(&[10, 0], &[7, 0]), Fit { statistic: 0.0, p_value: 1.0 });
    }

    /// Draws from the wrong law are found out.
    #[test]
    fn a_wrong_law_has_a_p_value_of_nothing() {
        let mut sample: Vec<f32> = (0..1000).map(|i| (i as f32 + 0.5) / 1000.0).collect();
        assert!(kolmogorov_smirnov(&mut sample, |x| x * x).p_value < 1e-12);
        assert!(kolmogorov_smirnov(&mut sample, |x| x).p_value > 0.999);
    }
}
