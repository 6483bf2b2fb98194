//! The sufficient statistics of all events as rows of a matrix on a device.

use std::ops::Range;

use burn::tensor::{DType, Device, Tensor, TensorData};

use crate::{Catalogue, CaviError, ConjugatePair, Pair};

/// Events a chunk: sums are taken on the device within a chunk and in `f64` on the host across chunks (trap D28).
const CHUNK: usize = 1 << 16;

/// The arithmetic of the device: a closed choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// `f32`, for GPUs. A WGSL device may say that it has `f64` and compute nonsense in it (measured on Mesa's llvmpipe),
    /// so the device is not asked.
    Single,
    /// `f64`, for CPUs.
    Double,
}

impl Precision {
    fn dtype(self) -> DType {
        match self {
            Self::Single => DType::F32,
            Self::Double => DType::F64,
        }
    }
}

/// The matrix whose row `n` holds `t_p(x_n)` of every pair, one after another, and the sum of `log h`.
///
/// A pair that misses a field has a row of zeros: it says nothing about that event, and the event nothing about it.
#[derive(Debug, Clone)]
pub struct Design {
    /// `[rows, features]` each.
    pub(crate) chunks: Vec<Tensor<2>>,
    /// The features of each pair.
    pub(crate) ranges: Vec<Range<usize>>,
    /// `sum_n sum_p log h_p(x_n)`.
    pub(crate) log_base: f64,
    pub(crate) observations: usize,
    pub(crate) device: Device,
    pub(crate) dtype: DType,
}

impl Design {
    /// The design of a catalogue whose columns are those of the pairs, one after another.
    ///
    /// # Errors
    /// When a value is outside the support of its pair; the message names file, line and column.
    ///
    /// # Panics
    /// When the catalogue has another number of columns than the pairs together.
    pub fn new(
        pairs: &[Pair],
        catalogue: &Catalogue,
        device: &Device,
        precision: Precision,
    ) -> Result<Self, CaviError> {
        let columns: usize = pairs.iter().map(ConjugatePair::columns).sum();
        assert_eq!(columns, catalogue.columns.len(), "one column of the catalogue for each column of the pairs");
        let ranges = ranges(pairs);
        let features = ranges.last().map_or(0, |range| range.end);
        let dtype = precision.dtype();
        let mut chunks = Vec::new();
        let mut log_base = 0.0;
        for start in (0..catalogue.len()).step_by(CHUNK) {
            let rows = start..(start + CHUNK).min(catalogue.len());
            let mut values = vec![0.0; rows.len() * features];
            for (row, t) in rows.clone().zip(values.chunks_exact_mut(features)) {
                log_base += event(pairs, &ranges, catalogue, row, t)?;
            }
            let data = TensorData::new(values, [rows.len(), features]);
            chunks.push(Tensor::from_data(data, (device, dtype)));
        }
        Ok(Self { chunks, ranges, log_base, observations: catalogue.len(), device: device.clone(), dtype })
    }

    /// The number of events.
    pub fn observations(&self) -> usize {
        self.observations
    }

    pub(crate) fn features(&self) -> usize {
        self.ranges.last().map_or(0, |range| range.end)
    }
}

fn ranges(pairs: &[Pair]) -> Vec<Range<usize>> {
    let mut end = 0;
    pairs
        .iter()
        .map(|pair| {
            let start = end;
            end += pair.features();
            start..end
        })
        .collect()
}

/// Fills the row of one event and returns its `log h`.
fn event(
    pairs: &[Pair],
    ranges: &[Range<usize>],
    catalogue: &Catalogue,
    row: usize,
    t: &mut [f64],
) -> Result<f64, CaviError> {
    let mut log_base = 0.0;
    let mut columns = catalogue.columns.iter();
    for (pair, range) in pairs.iter().zip(ranges) {
        let own: Vec<_> = columns.by_ref().take(pair.columns()).collect();
        let x: Vec<f64> = own.iter().map(|column| column.values[row]).collect();
        for (column, &value) in own.iter().zip(&x).filter(|(_, value)| !value.is_nan()) {
            if let Some(must) = pair.outside_support(value) {
                return Err(CaviError::Support {
                    file: catalogue.file.clone(),
                    line: catalogue.lines[row],
                    column: column.name.clone(),
                    value,
                    must,
                });
            }
        }
        if x.iter().all(|value| !value.is_nan()) {
            log_base += pair.sufficient_statistics(&x, &mut t[range.clone()]);
        }
    }
    Ok(log_base)
}
