//! The events of a command: read once, in memory or in blocks from a temporary file.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use cavi::{
    Catalogue, CaviError, Derived, Design, Events, Formula, Memory, MixtureCavi, Moments, RowReader, StoredEvents,
    Table, mean_longitude,
};
use train::{Hashed, TrainError, temporary_file};

use super::model::{Columns, Model, is_latitude, is_longitude};
use crate::backend::Backend;
use crate::cli::{Common, MixtureArgs};
use crate::console::Console;
use crate::progress::bar;

/// Bytes of a table above which its events are not held in memory.
const HELD: u64 = 256 << 20;

/// What became of `--data`: the columns of the model, in its order.
pub(super) struct Input {
    pub(super) events: Arc<dyn Events>,
    pub(super) moments: Vec<Moments>,
    pub(super) sha256: String,
    /// How the columns came about, where they are not those of the table.
    pub(super) formulas: Option<Vec<(String, Formula)>>,
    memory: Memory,
}

impl Input {
    pub(super) fn read(common: &Common, args: &MixtureArgs, model: &Model, console: Console) -> anyhow::Result<Self> {
        let columns = Columns::new(model, args)?;
        let names: Vec<&str> = columns.source.iter().map(String::as_str).collect();
        let memory = if args.stream { Memory::Streamed } else { memory_for(&args.data) };
        let Read { events, sha256 } = read(&args.data, &names, memory, &common.root, console)?;
        let source = Moments::of(events.as_ref())?;
        if columns.projection.is_none() && columns.antenna.is_none() {
            check_degrees(events.as_ref(), &source)?;
        }
        let middle = |place: &[String; 2]| middle(events.as_ref(), &source, place);
        let formulas = columns.formulas(model, middle)?;
        let (events, moments): (Arc<dyn Events>, _) = match &formulas {
            Some(formulas) => {
                let derived = Derived::new(events, formulas.clone())?;
                let moments = Moments::of(&derived)?;
                (Arc::new(derived), moments)
            }
            None => (events, source),
        };
        for (column, moments) in events.columns().iter().zip(&moments) {
            ensure!(
                moments.values.variance.is_finite(),
                "column {column} of {} runs from {:e} to {:e}, and its variance overflows; rescale it",
                events.file(),
                moments.smallest,
                moments.largest
            );
        }
        Ok(Self { moments, events, sha256, formulas, memory })
    }

    pub(super) fn observations(&self) -> usize {
        self.events.len()
    }

    pub(super) fn design(&self, mixture: &MixtureCavi, backend: &Backend) -> Result<Design, CaviError> {
        Design::new(&mixture.pairs, Arc::clone(&self.events), &backend.device, backend.precision(), self.memory)
    }
}

/// Memory for a table that fits it.
pub(super) fn memory_for(path: &Path) -> Memory {
    if std::fs::metadata(path).is_ok_and(|data| data.len() > HELD) { Memory::Streamed } else { Memory::Held }
}

/// Events as they stand in a table, and its checksum.
pub(super) struct Read {
    pub(super) events: Arc<dyn Events>,
    pub(super) sha256: String,
}

/// Reads the named columns of a table.
pub(super) fn read(path: &Path, names: &[&str], memory: Memory, root: &Path, console: Console) -> anyhow::Result<Read> {
    let name = path.display().to_string();
    let unreadable = || format!("{name} cannot be read");
    let file = File::open(path).with_context(unreadable)?;
    let size = file.metadata().with_context(unreadable)?.len();
    let bar = bar(console, size, "reading [{bar:32}] {bytes}/{total_bytes}  {eta} left");
    let mut bytes = Hashed::new(bar.wrap_read(file));
    let events = if name.to_lowercase().ends_with(".parquet") {
        std::io::copy(&mut bytes, &mut std::io::sink()).with_context(unreadable)?;
        let mut table = parquet(File::open(path).with_context(unreadable)?, &name, names)?;
        gather(table.as_mut(), memory, root)
    } else {
        gather(&mut Table::new(&mut bytes, &name, names)?, memory, root)
    };
    bar.finish_and_clear();
    let events = events?;
    if memory == Memory::Streamed {
        console.note(&format!("{} events are read in blocks from a temporary file", events.len()));
    }
    Ok(Read { events, sha256: bytes.sha256() })
}

#[cfg(feature = "parquet")]
fn parquet(file: File, name: &str, names: &[&str]) -> anyhow::Result<Box<dyn RowReader>> {
    Ok(Box::new(cavi::ParquetTable::new(file, name, names)?))
}

#[cfg(not(feature = "parquet"))]
fn parquet(_file: File, name: &str, _names: &[&str]) -> anyhow::Result<Box<dyn RowReader>> {
    anyhow::bail!(
        "{name} is a Parquet file, which this build cannot read; build it with --features parquet, or give a CSV file"
    )
}

/// All rows, in memory or in a file of their own.
fn gather(table: &mut dyn RowReader, memory: Memory, root: &Path) -> anyhow::Result<Arc<dyn Events>> {
    match memory {
        Memory::Held => Ok(Arc::new(Catalogue::collect(table)?)),
        Memory::Streamed => {
            let storage = temporary_file(root).map_err(TrainError::from)?;
            Ok(Arc::new(StoredEvents::write(table, storage)?))
        }
    }
}

/// Degrees that jump from 180 to -180, or from 360 to 0, would be silent nonsense.
fn check_degrees(events: &dyn Events, moments: &[Moments]) -> anyhow::Result<()> {
    for (column, moments) in events.columns().iter().zip(moments) {
        let (low, high) = (moments.smallest, moments.largest);
        let crosses = (low < -150.0 && high > 150.0) || ((0.0..30.0).contains(&low) && high > 330.0);
        ensure!(
            !(is_longitude(column) && crosses),
            "column {column} of {} runs from {low} to {high}: it crosses the seam of the map, where neighbours are 360 degrees apart; give --projection unwrap, kilometres, or degrees to take it as it stands",
            events.file()
        );
        ensure!(
            !(is_latitude(column) && (low < -90.0 || high > 90.0)),
            "column {column} of {} runs from {low} to {high}, but a latitude lies between -90 and 90; are longitude and latitude swapped? --projection degrees takes it as it stands",
            events.file()
        );
    }
    Ok(())
}

/// The middle of the events: the mean direction of longitudes, the mean latitude.
fn middle(
    events: &dyn Events,
    moments: &[Moments],
    [longitude, latitude]: &[String; 2],
) -> Result<[f64; 2], CaviError> {
    let index = events.columns().iter().position(|column| column == latitude).unwrap_or(0);
    Ok([mean_longitude(events, longitude)?, moments[index].values.mean])
}
