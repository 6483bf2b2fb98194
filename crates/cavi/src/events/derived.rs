//! Columns computed from others: longitudes that wrap, kilometres, the distance from an antenna.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Events, for_each_block};
use crate::CaviError;

/// The mean radius of the Earth in kilometres (IUGG).
const EARTH: f64 = 6371.0088;

/// How a column comes about: a closed choice. Angles are in degrees, a centre or an antenna is longitude and latitude.
///
/// # Examples
/// Longitudes on both sides of the date line are brought together.
///
/// ```
/// use std::sync::Arc;
///
/// use cavi::{Catalogue, Derived, Events, Formula, mean_longitude};
///
/// let events = Catalogue::read("longitude\n179\n-179\n".as_bytes(), "events.csv", &["longitude"])?;
/// let centre = mean_longitude(&events, "longitude")?;
/// let unwrap = Formula::Unwrap { longitude: "longitude".to_owned(), centre };
/// assert_eq!(unwrap.inputs(), ["longitude"]);
/// let mut values = [0.0; 2];
/// Derived::new(Arc::new(events), vec![("longitude".to_owned(), unwrap)])?.read(0, &mut values)?;
/// assert!((values[0] - 179.0).abs() < 1e-9 && (values[1] - 181.0).abs() < 1e-9);
/// # Ok::<(), cavi::CaviError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Formula {
    /// A column as it stands.
    Copy {
        /// The column.
        column: String,
    },
    /// A longitude moved by whole turns to within 180 degrees of a centre.
    Unwrap {
        /// The column.
        longitude: String,
        /// Of the map: half a turn away, it is cut.
        centre: f64,
    },
    /// Kilometres east of a centre, in the equirectangular projection whose true scale is at the centre's latitude.
    East {
        /// The column.
        longitude: String,
        /// Of the projection.
        centre: [f64; 2],
    },
    /// Kilometres north of a centre.
    North {
        /// The column.
        latitude: String,
        /// Of the projection.
        centre: [f64; 2],
    },
    /// The great-circle distance from an antenna, in kilometres.
    Distance {
        /// The column.
        longitude: String,
        /// The column.
        latitude: String,
        /// Where it stands.
        antenna: [f64; 2],
    },
}

impl Formula {
    /// The columns that it is computed from.
    pub fn inputs(&self) -> Vec<&str> {
        match self {
            Self::Copy { column } => vec![column],
            Self::Unwrap { longitude, .. } | Self::East { longitude, .. } => vec![longitude],
            Self::North { latitude, .. } => vec![latitude],
            Self::Distance { longitude, latitude, .. } => vec![longitude, latitude],
        }
    }

    fn value(&self, inputs: &[f64]) -> f64 {
        match self {
            Self::Copy { .. } => inputs[0],
            Self::Unwrap { centre, .. } => centre + turn(inputs[0] - centre),
            // x = R (longitude - longitude_0) cos(latitude_0), y = R (latitude - latitude_0)
            Self::East { centre, .. } => {
                EARTH * turn(inputs[0] - centre[0]).to_radians() * centre[1].to_radians().cos()
            }
            Self::North { centre, .. } => EARTH * (inputs[0] - centre[1]).to_radians(),
            Self::Distance { antenna, .. } => great_circle([inputs[0], inputs[1]], *antenna),
        }
    }

    /// What an input must be, if it is not.
    fn refuses(&self, input: usize, value: f64) -> Option<&'static str> {
        let is_latitude = match self {
            Self::Copy { .. } => return None,
            Self::Unwrap { .. } | Self::East { .. } => false,
            Self::North { .. } => true,
            Self::Distance { .. } => input == 1,
        };
        match is_latitude {
            true if value.abs() > 90.0 => Some("a latitude between -90 and 90 degrees"),
            false if value.abs() > 360.0 => Some("a longitude between -360 and 360 degrees"),
            _ => None,
        }
    }
}

/// An angle between -180 and 180 degrees.
fn turn(degrees: f64) -> f64 {
    degrees - 360.0 * (degrees / 360.0).round()
}

/// The distance on the sphere by the haversine formula, which keeps its digits for near points:
/// `2 R asin sqrt(sin^2(dlat / 2) + cos lat_1 cos lat_2 sin^2(dlon / 2))`.
fn great_circle(a: [f64; 2], b: [f64; 2]) -> f64 {
    let [[lon_a, lat_a], [lon_b, lat_b]] = [a, b].map(|point| point.map(f64::to_radians));
    let half_square = |angle: f64| (0.5 * angle).sin().powi(2);
    let haversine = half_square(lat_b - lat_a) + lat_a.cos() * lat_b.cos() * half_square(lon_b - lon_a);
    2.0 * EARTH * haversine.min(1.0).sqrt().asin()
}

/// The direction of the mean of all longitudes as points of a circle: the middle of a map that is cut on the far side.
///
/// # Errors
/// When there is no such column, or the events cannot be read back.
pub fn mean_longitude(events: &dyn Events, column: &str) -> Result<f64, CaviError> {
    let (index, width) = (position(events, column)?, events.columns().len());
    let (mut sine, mut cosine) = (0.0, 0.0);
    for_each_block(events, &mut |_, rows| {
        for angle in rows.iter().skip(index).step_by(width).filter(|x| !x.is_nan()).map(|x| x.to_radians()) {
            sine += angle.sin();
            cosine += angle.cos();
        }
        Ok(())
    })?;
    Ok(f64::atan2(sine, cosine).to_degrees())
}

fn position(events: &dyn Events, name: &str) -> Result<usize, CaviError> {
    let known = events.columns();
    known.iter().position(|column| *column == name).ok_or_else(|| CaviError::Column {
        file: events.file().to_owned(),
        column: name.to_owned(),
        known: known.join(", "),
        suggestion: String::new(),
    })
}

/// Events whose columns are formulas of the columns of other events.
///
/// # Examples
/// ```
/// use std::sync::Arc;
///
/// use cavi::{Catalogue, Derived, Events, Formula};
///
/// let events = Catalogue::read("lon,lat\n179.5,1\n".as_bytes(), "events.csv", &["lon", "lat"])?;
/// let (longitude, latitude) = ("lon".to_owned(), "lat".to_owned());
/// let distance = Formula::Distance { longitude, latitude, antenna: [179.5, 0.0] };
/// let derived = Derived::new(Arc::new(events), vec![("kilometres".to_owned(), distance)])?;
/// assert_eq!(derived.columns(), ["kilometres"]);
/// let mut kilometres = [0.0];
/// derived.read(0, &mut kilometres)?;
/// // A degree of latitude.
/// assert!((kilometres[0] - 111.195).abs() < 1e-3);
/// # Ok::<(), cavi::CaviError>(())
/// ```
pub struct Derived {
    events: Arc<dyn Events>,
    columns: Vec<(String, Formula, Vec<usize>)>,
}

impl Derived {
    /// Columns with their names.
    ///
    /// # Errors
    /// When an input is not a column of the events.
    pub fn new(events: Arc<dyn Events>, columns: Vec<(String, Formula)>) -> Result<Self, CaviError> {
        let resolve = |(name, formula): (String, Formula)| {
            let inputs = formula.inputs().into_iter().map(|input| position(events.as_ref(), input));
            let inputs = inputs.collect::<Result<Vec<_>, _>>()?;
            Ok((name, formula, inputs))
        };
        let columns = columns.into_iter().map(resolve).collect::<Result<_, CaviError>>()?;
        Ok(Self { events, columns })
    }

    fn derive(&self, row: usize, source: &[f64], out: &mut [f64]) -> Result<(), CaviError> {
        for (value, (_, formula, inputs)) in out.iter_mut().zip(&self.columns) {
            let mut own = [0.0; 2];
            for (position, &input) in inputs.iter().enumerate() {
                own[position] = source[input];
                if let Some(must) = formula.refuses(position, source[input]) {
                    return Err(CaviError::Support {
                        file: self.events.file().to_owned(),
                        line: self.events.line(row),
                        column: formula.inputs()[position].to_owned(),
                        value: source[input],
                        must,
                    });
                }
            }
            *value = formula.value(&own);
        }
        Ok(())
    }
}

impl Events for Derived {
    fn file(&self) -> &str {
        self.events.file()
    }

    fn columns(&self) -> Vec<&str> {
        self.columns.iter().map(|(name, _, _)| name.as_str()).collect()
    }

    fn len(&self) -> usize {
        self.events.len()
    }

    fn line(&self, row: usize) -> u64 {
        self.events.line(row)
    }

    fn read(&self, start: usize, rows: &mut [f64]) -> Result<(), CaviError> {
        let (width, out_width) = (self.events.columns().len(), self.columns.len());
        let mut source = vec![0.0; rows.len() / out_width * width];
        self.events.read(start, &mut source)?;
        for (row, (source, out)) in source.chunks_exact(width).zip(rows.chunks_exact_mut(out_width)).enumerate() {
            self.derive(start + row, source, out)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Catalogue;

    fn derived(text: &str, columns: Vec<(&str, Formula)>) -> Derived {
        let events = Catalogue::read(text.as_bytes(), "events.csv", &["longitude", "latitude"]).unwrap();
        let columns = columns.into_iter().map(|(name, formula)| (name.to_owned(), formula)).collect();
        Derived::new(Arc::new(events), columns).unwrap()
    }

    fn column(name: &str) -> String {
        name.to_owned()
    }

    #[test]
    fn longitudes_on_both_sides_of_the_date_line_are_brought_together() {
        let text = "longitude,latitude\n179,0\n-179,0\n178,10\n,5\n";
        let events = Catalogue::read(text.as_bytes(), "events.csv", &["longitude"]).unwrap();
        let centre = mean_longitude(&events, "longitude").unwrap();
        assert!((centre - 179.333).abs() < 0.01, "{centre}");
        let derived = derived(text, vec![("longitude", Formula::Unwrap { longitude: column("longitude"), centre })]);
        let mut rows = [0.0; 4];
        derived.read(0, &mut rows).unwrap();
        assert!((rows[1] - 181.0).abs() < 1e-9 && (rows[0] - 179.0).abs() < 1e-9 && rows[3].is_nan(), "{rows:?}");
    }

    /// A degree of latitude is 111.195 km; from Suva to Auckland it is 2111.017 km by the spherical law of cosines.
    #[test]
    fn distances_are_kilometres() {
        let centre = [179.5, 0.0];
        let (longitude, latitude) = (column("longitude"), column("latitude"));
        let formulas = vec![
            ("east", Formula::East { longitude: longitude.clone(), centre }),
            ("north", Formula::North { latitude: latitude.clone(), centre }),
            ("distance", Formula::Distance { longitude, latitude, antenna: centre }),
        ];
        let derived = derived("longitude,latitude\n-179.5,0\n179.5,1\n-0.5,0\n", formulas);
        let mut rows = [0.0; 9];
        derived.read(0, &mut rows).unwrap();
        let degree = EARTH * std::f64::consts::PI / 180.0;
        let expected = [degree, 0.0, degree, 0.0, degree, degree, -180.0 * degree, 0.0, 180.0 * degree];
        for (value, expected) in rows.iter().zip(expected) {
            assert!((value.abs() - f64::abs(expected)).abs() < 1e-6, "{rows:?}");
        }
        assert!((great_circle([178.4419, -18.1416], [174.7633, -36.8485]) - 2111.017).abs() < 1e-3);
    }

    #[test]
    fn a_latitude_beyond_the_pole_is_named_with_its_line() {
        let north = Formula::North { latitude: column("latitude"), centre: [0.0, 0.0] };
        let derived = derived("longitude,latitude\n1,2\n3,91\n", vec![("north", north)]);
        let message = derived.read(0, &mut [0.0; 2]).unwrap_err().to_string();
        assert_eq!(message, "events.csv, line 3, column `latitude`: 91 is not a latitude between -90 and 90 degrees");
    }
}
