//! Every value of every variable that has a few of them, decoded: one variable a row.

use burn::tensor::{Device, Tensor, TensorData};
use figures::{FramedGrid, Tick};
use models::Vae;

use crate::latent_space::LatentStatistics;
use crate::pictures::{Picture, Pixels, decode, grid, rows};
use crate::{Batches, TrainError};

/// The most values of a variable that a picture shows.
const MOST_VALUES: usize = 60;

/// What the variables of a latent can be.
#[derive(Clone, Copy)]
pub(super) enum Values {
    /// 0 or 1.
    Bits,
    /// One of so many classes, as a one-hot vector.
    Classes(usize),
    /// A point on the simplex of so many classes, drawn towards each of its corners in turn.
    Corners(usize),
}

impl Values {
    /// The numbers of a code that belong to one variable.
    fn width(self) -> usize {
        match self {
            Self::Bits => 1,
            Self::Classes(classes) | Self::Corners(classes) => classes,
        }
    }

    /// The number of values shown.
    fn count(self) -> usize {
        match self {
            Self::Bits => 2,
            Self::Classes(classes) | Self::Corners(classes) => classes,
        }
    }

    /// The code of a variable with that posterior mean: the most probable one where it is discrete.
    fn of_mean(self, mean: &[f32], code: &mut [f32]) {
        match self {
            Self::Bits => code[0] = mean[0].round(),
            Self::Classes(_) => self.set(largest(mean), code),
            Self::Corners(_) => code.copy_from_slice(mean),
        }
    }

    /// The code of a value.
    fn set(self, value: usize, code: &mut [f32]) {
        match self {
            Self::Bits => code[0] = value as f32,
            Self::Classes(_) => {
                code.fill(0.0);
                code[value] = 1.0;
            }
            Self::Corners(classes) => {
                // F(x) = 1 - (1 - x)^(K - 1) of one entry under the prior, Beta(1, K - 1): its quantile at 0.95. The corner
                // itself is where no code of ten classes ever is.
                let others = (classes - 1) as f32;
                let largest = 1.0 - 0.05_f32.powf(others.recip());
                code.fill((1.0 - largest) / others);
                code[value] = largest;
            }
        }
    }

    /// The name of a variable, and of one of its values.
    fn names(self) -> [&'static str; 2] {
        match self {
            Self::Bits => ["bit", "value"],
            Self::Classes(_) => ["group", "class"],
            Self::Corners(_) => ["group", "class, at its 95 % quantile"],
        }
    }

    /// What becomes of a variable in its row.
    fn title(self) -> &'static str {
        match self {
            Self::Bits => "Each value of each bit",
            Self::Classes(_) | Self::Corners(_) => "Each class of each group",
        }
    }
}

/// At most `most` variables, the most active ones, each at all its values; the others are as in the code of test image 0.
pub(super) fn each(
    vae: &Vae,
    test: &Batches,
    statistics: &LatentStatistics,
    (values, most): (Values, usize),
    device: &Device,
) -> Result<Picture, TrainError> {
    let (width, count) = (values.width(), values.count());
    if count > MOST_VALUES {
        let must = format!("at most {MOST_VALUES} for a picture of them");
        return Err(TrainError::Argument { flag: "the number of classes", value: count.to_string(), must });
    }
    let activities = statistics.activities();
    let mut shown: Vec<usize> = (0..activities.len()).collect();
    shown.sort_by(|&a, &b| activities[b].total_cmp(&activities[a]));
    shown.truncate(most);
    shown.sort_unstable();

    let means = rows(vae.encode(test.test(std::iter::once(0), device)).mean())?.concat();
    let latent = means.len();
    let mut base = vec![0.0; latent];
    for (mean, code) in means.chunks_exact(width).zip(base.chunks_exact_mut(width)) {
        values.of_mean(mean, code);
    }
    let mut codes = Vec::with_capacity(shown.len() * count * latent);
    for &variable in &shown {
        for value in 0..count {
            let mut code = base.clone();
            values.set(value, &mut code[variable * width..(variable + 1) * width]);
            codes.extend(code);
        }
    }
    let codes = Tensor::from_data(TensorData::new(codes, [shown.len() * count, latent]), device);
    let [variable, value] = values.names();
    let figure = FramedGrid {
        title: match shown.len() == activities.len() {
            true => format!("{}, the others as in test image 0", values.title()),
            false => format!("The {} most active {variable}s, the others as in test image 0", shown.len()),
        },
        x_label: value.to_owned(),
        y_label: variable.to_owned(),
        x_ticks: Tick::each((0..count).map(|value| value.to_string())),
        y_ticks: Tick::each(shown.iter().map(|variable| variable.to_string())),
        grid: grid(test, count).with_margin(0).with_scale(1).init(decode(vae, codes, Pixels::Means, 0)?)?,
    };
    Picture::new(figure.to_svg()?)
}

/// The index of the largest value.
fn largest(values: &[f32]) -> usize {
    (0..values.len()).fold(0, |best, i| if values[i] > values[best] { i } else { best })
}
