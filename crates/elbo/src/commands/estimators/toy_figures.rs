//! The figures of `elbo estimators toy`: exact curves, and measurements as dots on them.

use figures::{Curves, Series};
use train::toy::{
    Estimator, ExactMoments, Measured, Measurement, MultiSample, Normal, Parameter, Toy, exact, measure, multi_sample,
};

/// Estimates behind a dot, at most.
const DRAWS: usize = 20_000;

/// The largest number of particles of a figure.
const PARTICLES: usize = 64;

/// Points of an exact curve: more than are marked one by one.
const POINTS: usize = 121;

/// Names and figures; those of the bound of several particles only where its exact moments are known.
pub(super) fn figures(toy: &Toy, draws: usize, seed: u64) -> Vec<(&'static str, Curves)> {
    let scan = Scan { toy: *toy, draws: draws.min(DRAWS), seed };
    let mut figures = vec![("variance", scan.variance_against_scale()), ("constant", scan.variance_against_constant())];
    let particles: Vec<usize> = (1..=PARTICLES).collect();
    if let Some(exact) = multi_sample(toy, &particles) {
        let measured = scan.over_particles();
        figures.push(("bias", scan.bias(&exact, &measured)));
        figures.push(("snr", scan.snr(&exact, &measured)));
    }
    figures
}

/// A problem, and how it is measured.
struct Scan {
    toy: Toy,
    draws: usize,
    seed: u64,
}

impl Scan {
    fn measure(&self, toy: Toy, estimators: &[Estimator], stream: u64) -> Vec<Measured> {
        // The clock is not asked: a dot has no time.
        measure(&Measurement { toy, estimators, draws: self.draws, seed: self.seed, stream }, &mut || 0.0)
    }

    /// Variances in `loc` over values of one number: exact curves, and dots at some of the values.
    fn variances(
        &self,
        stream: u64,
        (low, high): (f64, f64),
        estimators: &[(Estimator, &str)],
        at: impl Fn(f64) -> Toy,
    ) -> Vec<Series> {
        let value = |i: usize, count: usize| low + (high - low) * i as f64 / (count - 1) as f64;
        let kinds: Vec<Estimator> = estimators.iter().map(|(estimator, _)| *estimator).collect();
        let mut series: Vec<Series> = estimators
            .iter()
            .map(|(estimator, label)| {
                let point = |i| {
                    let x = value(i, POINTS);
                    Some((x, exact(&at(x), *estimator, Parameter::Loc)?.variance))
                };
                Series {
                    label: (*label).to_owned(),
                    points: (0..POINTS).filter_map(point).collect(),
                    marks: Vec::new(),
                }
            })
            .collect();
        for i in 0..13 {
            let x = value(i, 13);
            let measured = self.measure(at(x), &kinds, stream + i as u64);
            for (series, entry) in series.iter_mut().zip(in_loc(&measured)) {
                series.marks.push((x, entry.variance));
            }
        }
        series
    }

    fn variance_against_scale(&self) -> Curves {
        let (toy, t) = (self.toy, self.toy.p.scale);
        let estimators = [
            (Estimator::TotalDerivative, "total derivative"),
            (Estimator::PathDerivative, "path derivative"),
            (Estimator::SelfTuning, "self-tuning"),
        ];
        let at = |scale| Toy { q: Normal { scale, ..toy.q }, ..toy };
        let mut series = self.variances(100, (0.4 * t, 1.6 * t), &estimators, at);
        // Both have the variance 1 / (2 t^2) there (trap D11).
        series.push(Series {
            label: "equal at s = t / √2".to_owned(),
            points: Vec::new(),
            marks: vec![(t / 2.0_f64.sqrt(), 0.5 / (t * t))],
        });
        Curves {
            title: titled("Variance of the gradient in the mean of q"),
            x_label: "s, the deviation of q".to_owned(),
            y_label: "variance".to_owned(),
            series,
        }
    }

    fn variance_against_constant(&self) -> Curves {
        let estimators = [
            (Estimator::ScoreFunction, "score function"),
            (Estimator::ScoreFunctionMovingAverage { decay: 0.99 }, "with a moving average"),
            (Estimator::ScoreFunctionLeaveOneOut { draws: 2 }, "leave-one-out, of two draws"),
            (Estimator::TotalDerivative, "total derivative"),
        ];
        let at = |log_constant| Toy { log_constant, ..self.toy };
        Curves {
            title: titled("A constant in log p and the score function"),
            x_label: "C, added to log p".to_owned(),
            y_label: "variance of the gradient in the mean of q".to_owned(),
            series: self.variances(200, (-10.0, 10.0), &estimators, at),
        }
    }

    /// The estimators of several particles at powers of two.
    fn over_particles(&self) -> Vec<(usize, Vec<Measured>)> {
        let powers = (0..).map(|power| 1 << power).take_while(|&particles| particles <= PARTICLES);
        let measure = |particles: usize| {
            let all = Estimator::all(Some(particles));
            let multi: Vec<Estimator> = all.into_iter().filter(|estimator| estimator.is_multi_sample()).collect();
            (particles, self.measure(self.toy, &multi, 300 + particles as u64))
        };
        powers.map(measure).collect()
    }

    fn bias(&self, exact: &[MultiSample], measured: &[(usize, Vec<Measured>)]) -> Curves {
        let series = Parameter::ALL.map(|parameter| {
            let bias = |multi: &MultiSample| multi.path[parameter as usize].mean - multi.gradient(parameter);
            let is_shown = |entry: &&Measured| {
                matches!(entry.estimator, Estimator::IwaePathDerivative { .. }) && entry.parameter == parameter
            };
            let marks = measured
                .iter()
                .filter_map(|(particles, all)| Some(((*particles as f64).log2(), all.iter().find(is_shown)?.bias()?)));
            Series { label: parameter.name().to_owned(), points: over(exact, bias), marks: marks.collect() }
        });
        Curves {
            title: titled("Bias of sticking the landing, K particles"),
            x_label: "log₂ K".to_owned(),
            y_label: "mean less the gradient of the bound".to_owned(),
            series: series.into(),
        }
    }

    fn snr(&self, exact: &[MultiSample], measured: &[(usize, Vec<Measured>)]) -> Curves {
        let ratio = |moments: ExactMoments| (moments.mean.abs() / moments.variance.sqrt()).log10();
        let loc = Parameter::Loc as usize;
        let series = |label: &str, points, name: &str| {
            let marks = measured.iter().filter_map(|(particles, all)| {
                let entry = in_loc(all).find(|entry| entry.estimator.name() == name)?;
                Some(((*particles as f64).log2(), entry.snr().log10()))
            });
            Series { label: label.to_owned(), points, marks: marks.collect() }
        };
        Curves {
            title: titled("Signal-to-noise ratio, mean of q"),
            x_label: "log₂ K".to_owned(),
            y_label: "log₁₀ of |mean| / deviation".to_owned(),
            series: vec![
                series("total derivative", over(exact, |multi| ratio(multi.total[loc])), "iwae-total-derivative"),
                series("path derivative (biased)", over(exact, |multi| ratio(multi.path[loc])), "iwae-path-derivative"),
                series("DReG", over(exact, |multi| ratio(multi.dreg[loc])), "dreg"),
                series("VIMCO, measured", Vec::new(), "vimco"),
            ],
        }
    }
}

fn titled(what: &str) -> String {
    format!("{what}: exact lines, measured dots")
}

/// A curve over the numbers of particles, from 1 on, that `exact` is of.
fn over(exact: &[MultiSample], value: impl Fn(&MultiSample) -> f64) -> Vec<(f64, f64)> {
    exact.iter().enumerate().map(|(i, multi)| (((i + 1) as f64).log2(), value(multi))).collect()
}

fn in_loc(measured: &[Measured]) -> impl Iterator<Item = &Measured> {
    measured.iter().filter(|entry| entry.parameter == Parameter::Loc)
}
