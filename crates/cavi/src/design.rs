//! The sufficient statistics of all events as rows of a matrix on a device.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use burn::tensor::{DType, Device, Tensor, TensorData};

use crate::events::{BLOCK, Events, for_each_block};
use crate::{CaviError, ConjugatePair, Pair};

/// The arithmetic of the device: a closed choice.
///
/// # Examples
/// ```
/// use std::sync::Arc;
///
/// use burn::tensor::Device;
/// use cavi::{Catalogue, Design, ExponentialGamma, Memory, Mixing, MixtureCavi, Pair, Precision};
///
/// let events = Arc::new(Catalogue::read("wait\n0.1\n".as_bytes(), "waits.csv", &["wait"])?);
/// let pairs = vec![Pair::Exponential(ExponentialGamma::new(1.0, 1.0)?)];
/// let mixture = MixtureCavi::new(pairs, Mixing::equal(1), 1)?;
/// let statistics = |precision| {
///     let design = Design::new(&mixture.pairs, events.clone(), &Device::flex(), precision, Memory::Held)?;
///     mixture.statistics(&design, &[1.0])
/// };
/// assert_eq!(statistics(Precision::Double)?.sums, [[1.0, 0.1]]);
/// assert_eq!(statistics(Precision::Single)?.sums, [[1.0, f64::from(0.1_f32)]]);
/// # Ok::<(), cavi::CaviError>(())
/// ```
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

/// Where the rows are between two sweeps: a closed choice. Both give the same bits.
///
/// # Examples
/// ```
/// use std::sync::Arc;
///
/// use burn::tensor::Device;
/// use cavi::{Catalogue, Design, LogNormal, Memory, Mixing, MixtureCavi, Pair, Precision};
///
/// let events = Arc::new(Catalogue::read("km\n0.3\n7.1\n".as_bytes(), "events.csv", &["km"])?);
/// let pairs = vec![Pair::LogNormal(LogNormal::new(1.0, 0.0, 0.1)?)];
/// let mixture = MixtureCavi::new(pairs, Mixing::equal(2), 2)?;
/// let statistics = |memory| {
///     let design = Design::new(&mixture.pairs, events.clone(), &Device::flex(), Precision::Double, memory)?;
///     mixture.statistics(&design, &[0.9, 0.1, 0.2, 0.8])
/// };
/// assert_eq!(statistics(Memory::Held)?, statistics(Memory::Streamed)?);
/// # Ok::<(), cavi::CaviError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Memory {
    /// On the device.
    Held,
    /// Nowhere: they are made again from the events, block by block.
    Streamed,
}

/// The matrix whose row `n` holds `t_p(x_n)` of every pair, one after another, and the sum of `log h`.
///
/// A pair that misses a field has a row of zeros: it says nothing about that event, and the event nothing about it. Sums are
/// taken on the device within a block of 65,536 events and in `f64` on the host across blocks (trap D28).
///
/// # Examples
/// ```
/// use std::sync::Arc;
///
/// use burn::tensor::Device;
/// use cavi::{BernoulliBeta, Catalogue, Design, Memory, Mixing, MixtureCavi, Pair, PoissonGamma, Precision};
///
/// let table = "felt,strength\n0,3\n1,\n";
/// let events = Arc::new(Catalogue::read(table.as_bytes(), "events.csv", &["felt", "strength"])?);
/// let felt = Pair::Bernoulli(BernoulliBeta::new(1.0, 1.0)?);
/// let strength = Pair::Poisson(PoissonGamma::new(1.0, 1.0)?);
/// let mixture = MixtureCavi::new(vec![felt, strength], Mixing::equal(1), 1)?;
/// let design = Design::new(&mixture.pairs, events, &Device::flex(), Precision::Double, Memory::Held)?;
/// assert_eq!(design.observations(), 2);
/// // t(x) = (1, x) for both pairs; the missing strength counts for nothing.
/// assert_eq!(mixture.statistics(&design, &[1.0, 1.0])?.sums, [[2.0, 1.0, 1.0, 3.0]]);
/// # Ok::<(), cavi::CaviError>(())
/// ```
pub struct Design {
    events: Arc<dyn Events>,
    rows: Rows,
    held: Option<Vec<Tensor<2>>>,
    /// `sum_n sum_p log h_p(x_n)`.
    pub(crate) log_base: f64,
    pub(crate) device: Device,
    pub(crate) dtype: DType,
}

impl fmt::Debug for Design {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Design")
            .field("file", &self.events.file())
            .field("observations", &self.observations())
            .field("features", &self.features())
            .field("held", &self.held.is_some())
            .finish_non_exhaustive()
    }
}

impl Design {
    /// The design of events whose columns are those of the pairs, one after another.
    ///
    /// # Errors
    /// When a value is outside the support of its pair, with file, line and column; or the events cannot be read.
    ///
    /// # Panics
    /// When there is another number of columns than the pairs have together.
    pub fn new(
        pairs: &[Pair],
        events: Arc<dyn Events>,
        device: &Device,
        precision: Precision,
        memory: Memory,
    ) -> Result<Self, CaviError> {
        let rows = Rows::new(pairs);
        assert_eq!(rows.columns(), events.columns().len(), "one column of events for each column of the pairs");
        let dtype = precision.dtype();
        let mut held = (memory == Memory::Held).then(Vec::new);
        let mut log_base = 0.0;
        for_each_block(events.as_ref(), &mut |start, values| {
            rows.check(events.as_ref(), start, values)?;
            let (matrix, base) = rows.matrix(values);
            log_base += base;
            if let Some(held) = &mut held {
                held.push(Tensor::from_data(matrix, (device, dtype)));
            }
            Ok(())
        })?;
        Ok(Self { events, rows, held, log_base, device: device.clone(), dtype })
    }

    /// The number of events.
    pub fn observations(&self) -> usize {
        self.events.len()
    }

    pub(crate) fn features(&self) -> usize {
        self.rows.features()
    }

    /// The entries of a row that belong to each pair.
    pub(crate) fn ranges(&self) -> &[Range<usize>] {
        &self.rows.ranges
    }

    /// The entries of a row that tell events apart.
    pub(crate) fn coordinates(&self) -> Vec<usize> {
        let own = self.rows.pairs.iter().zip(&self.rows.ranges);
        own.flat_map(|(pair, range)| pair.coordinates().map(move |entry| range.start + entry)).collect()
    }

    /// The blocks of rows, in order, `[rows, features]` each.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = Result<Tensor<2>, CaviError>> {
        (0..self.observations().div_ceil(BLOCK)).map(|block| match &self.held {
            Some(held) => Ok(held[block].clone()),
            None => {
                let start = block * BLOCK;
                let rows = BLOCK.min(self.observations() - start);
                let mut values = vec![0.0; rows * self.rows.columns()];
                self.events.read(start, &mut values)?;
                Ok(Tensor::from_data(self.rows.matrix(&values).0, (&self.device, self.dtype)))
            }
        })
    }

    /// Some rows, `[rows, features]` row by row, on the host.
    pub(crate) fn sample(&self, rows: &[usize]) -> Result<Vec<f64>, CaviError> {
        let width = self.rows.columns();
        let mut values = vec![0.0; rows.len() * width];
        for (values, &row) in values.chunks_exact_mut(width).zip(rows) {
            self.events.read(row, values)?;
        }
        Ok(self.rows.fill(&values).0)
    }

    /// `[rows, columns]` values of the host as a tensor of the device.
    pub(crate) fn tensor(&self, values: Vec<f64>, columns: usize) -> Tensor<2> {
        let shape = [values.len() / columns, columns];
        Tensor::from_data(TensorData::new(values, shape), (&self.device, self.dtype))
    }
}

/// Fails on a value that is outside the support of its pair, for events that no design is made of.
///
/// # Errors
/// Names file, line and column; or the events cannot be read.
///
/// # Panics
/// When there is another number of columns than the pairs have together.
pub fn check_support(pairs: &[Pair], events: &dyn Events) -> Result<(), CaviError> {
    let rows = Rows::new(pairs);
    assert_eq!(rows.columns(), events.columns().len(), "one column of events for each column of the pairs");
    for_each_block(events, &mut |start, values| rows.check(events, start, values))
}

/// How a row of numbers becomes a row of sufficient statistics.
struct Rows {
    pairs: Vec<Pair>,
    ranges: Vec<Range<usize>>,
}

impl Rows {
    fn new(pairs: &[Pair]) -> Self {
        let mut end = 0;
        let range = |pair: &Pair| {
            let start = end;
            end += pair.features();
            start..end
        };
        Self { pairs: pairs.to_vec(), ranges: pairs.iter().map(range).collect() }
    }

    fn columns(&self) -> usize {
        self.pairs.iter().map(ConjugatePair::columns).sum()
    }

    fn features(&self) -> usize {
        self.ranges.last().map_or(0, |range| range.end)
    }

    /// Fails on a value that its pair cannot have produced.
    fn check(&self, events: &dyn Events, start: usize, values: &[f64]) -> Result<(), CaviError> {
        let owners: Vec<&Pair> = self.pairs.iter().flat_map(|pair| vec![pair; pair.columns()]).collect();
        for (row, values) in (start..).zip(values.chunks_exact(owners.len())) {
            for (column, (&value, pair)) in values.iter().zip(&owners).enumerate().filter(|(_, (x, _))| !x.is_nan()) {
                if let Some(must) = pair.outside_support(value) {
                    return Err(CaviError::Support {
                        file: events.file().to_owned(),
                        line: events.line(row),
                        column: events.columns()[column].to_owned(),
                        value,
                        must,
                    });
                }
            }
        }
        Ok(())
    }

    /// The rows `t(x)`, row by row, and the sum of their `log h`.
    fn fill(&self, values: &[f64]) -> (Vec<f64>, f64) {
        let (columns, features) = (self.columns(), self.features());
        let mut statistics = vec![0.0; values.len() / columns * features];
        let mut log_base = 0.0;
        for (values, t) in values.chunks_exact(columns).zip(statistics.chunks_exact_mut(features)) {
            let mut rest = values;
            for (pair, range) in self.pairs.iter().zip(&self.ranges) {
                let (own, after) = rest.split_at(pair.columns());
                rest = after;
                if own.iter().all(|value| !value.is_nan()) {
                    log_base += pair.sufficient_statistics(own, &mut t[range.clone()]);
                }
            }
        }
        (statistics, log_base)
    }

    fn matrix(&self, values: &[f64]) -> (TensorData, f64) {
        let (statistics, log_base) = self.fill(values);
        let shape = [values.len() / self.columns(), self.features()];
        (TensorData::new(statistics, shape), log_base)
    }
}
