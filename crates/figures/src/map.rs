//! Maps of events coloured by the component that they belong to, as SVG.

mod ellipse;
mod key;
mod lines;
mod marker;

use crate::{
    FigureError,
    aspect::axes_with_aspect,
    axis::{Axis, TickKind},
    canvas::{Canvas, number},
    frame::{Captions, Frame, TickLines},
    marks::draw_marks,
    range::{LARGEST, extent, padded},
    theme::component_colour,
};
use ellipse::Ellipse;
use key::Key;
use lines::{LineKind, draw_line, pixel};
use marker::Marker;

/// Size of the plot in pixels where the two axes need not share a unit.
const PLOT: (f64, f64) = (600.0, 460.0);
/// Most events of one map: about 1 MB of SVG.
const MAX_EVENTS: usize = 10_000;
/// Most components of one map: ten colours with each of four markers.
const MAX_COMPONENTS: usize = 10 * Marker::ALL.len();
/// Fill of an event that surely belongs to its component; some less than 1, so that a pile shows.
const FILL: f64 = 0.65;

/// One event, such as an earthquake.
///
/// # Examples
/// The texts of the map are left out here.
///
/// ```
/// use figures::{Map, MapComponent, MapEvent};
///
/// let event = |opacity| MapEvent { x: 178.5, y: -18.0, component: 0, opacity, strength: 1.0 };
/// let mut map = Map {
///     # title: String::new(),
///     # notes: Vec::new(),
///     # x_label: String::new(),
///     # y_label: String::new(),
///     # strength_label: String::new(),
///     # aspect: None,
///     # level: 0.95,
///     components: vec![MapComponent {
///         label: "deep".into(),
///         short_label: String::new(),
///         centre: None,
///         outlines: Vec::new(),
///     }],
///     events: vec![event(1.0), event(0.5)],
/// };
/// // The second event is the component's by half, and its fill is fainter.
/// let svg = map.to_svg()?;
/// assert!(svg.contains("fill-opacity=\"0.65\"") && svg.contains("fill-opacity=\"0.33\""));
/// map.events[1].opacity = 1.5;
/// let error = map.to_svg().unwrap_err().to_string();
/// assert_eq!(error, "the opacity of event 1 is 1.5; give a number in 0..1");
/// # Ok::<(), figures::FigureError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MapEvent {
    /// First coordinate, such as a longitude.
    pub x: f64,
    /// Second coordinate, such as a latitude.
    pub y: f64,
    /// Index of the event's component in [`Map::components`], most often the one most responsible.
    pub component: usize,
    /// How surely the event belongs there, 0 to 1: the responsibility of `component`.
    pub opacity: f64,
    /// What the area of the marker is proportional to, at least 0; 1 for all where there is none.
    pub strength: f64,
}

/// Where a component lies.
///
/// # Examples
/// The texts of the map are left out here.
///
/// ```
/// use figures::{Map, MapCentre, MapComponent, MapEvent};
///
/// let event_covariance = [[4.0, 1.0], [1.0, 1.0]];
/// // The posterior of a mean narrows with the number of its events, here 100.
/// let mean_covariance = event_covariance.map(|row| row.map(|entry| entry / 100.0));
/// let centre = MapCentre { mean: (0.0, 0.0), mean_covariance, event_covariance };
/// let drawn = |centre| {
///     let map = Map {
///         # title: String::new(),
///         # notes: Vec::new(),
///         # x_label: String::new(),
///         # y_label: String::new(),
///         # strength_label: String::new(),
///         # aspect: None,
///         components: vec![MapComponent {
///             # label: "a".into(),
///             # short_label: String::new(),
///             # outlines: Vec::new(),
///             centre: Some(centre),
///         }],
///         events: vec![MapEvent { x: 1.0, y: 1.0, component: 0, opacity: 1.0, strength: 1.0 }],
///         level: 0.95,
///     };
///     map.to_svg()
/// };
/// assert!(drawn(centre)?.contains(">95 % region of the mean</text>"));
/// // A correlation of 2 is none: this matrix has a negative eigenvalue.
/// let error = drawn(MapCentre { event_covariance: [[1.0, 2.0], [2.0, 1.0]], ..centre }).unwrap_err();
/// assert!(error.to_string().ends_with("give a symmetric matrix without negative eigenvalues"));
/// # Ok::<(), figures::FigureError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MapCentre {
    /// Mean of the component, x and y.
    pub mean: (f64, f64),
    /// Covariance of the posterior of that mean.
    pub mean_covariance: [[f64; 2]; 2],
    /// Covariance of the component's events. Where they are not Gaussian (a Student-t predictive),
    /// scale it so that the Gaussian ellipse of [`Map::level`] is the one to draw.
    pub event_covariance: [[f64; 2]; 2],
}

/// One component of the mixture.
///
/// # Examples
/// A component may have a distance and no position, as where an antenna measures delays alone: a circle shows
/// that. The texts of the map are left out here.
///
/// ```
/// use std::f64::consts::TAU;
///
/// use figures::{Map, MapComponent, MapEvent};
///
/// let circle = (0..=60).map(|i| f64::from(i) * TAU / 60.0).map(|turn| (3.0 * turn.cos(), 3.0 * turn.sin()));
/// let component = MapComponent {
///     label: "3 km away".into(),
///     short_label: String::new(),
///     centre: None,
///     outlines: vec![circle.collect()],
/// };
/// let event = |x, y| MapEvent { x, y, component: 0, opacity: 1.0, strength: 1.0 };
/// let mut map = Map {
///     # title: String::new(),
///     # notes: Vec::new(),
///     # x_label: String::new(),
///     # y_label: String::new(),
///     # strength_label: String::new(),
///     # level: 0.95,
///     components: vec![component],
///     events: vec![event(2.1, 2.2), event(-3.1, 0.1), event(0.2, -2.9)],
///     aspect: Some(1.0),
/// };
/// let dotted_line = "stroke-dasharray=\"2 3\"";
/// assert!(map.to_svg()?.contains(dotted_line));
/// map.components[0].outlines.clear();
/// assert!(!map.to_svg()?.contains(dotted_line));
/// # Ok::<(), figures::FigureError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct MapComponent {
    /// Stands in the legend.
    pub label: String,
    /// A number or a word that stands at the mean; empty for none.
    pub short_label: String,
    /// Mean and ellipses; `None` where the model has no position in the plane.
    pub centre: Option<MapCentre>,
    /// Lines in the colour of the component, such as the circle at its distance from an antenna.
    pub outlines: Vec<Vec<(f64, f64)>>,
}

/// Events coloured by component, with the means of the components and two ellipses around each.
///
/// The opacity of an event is its responsibility and the area of its marker its strength (but for a
/// smallest size that can be seen). After ten components the colours come again with another marker.
/// The axes hold all events; an ellipse that would double their range is left outside, and a note names
/// means that lie there.
///
/// # Examples
/// ```
/// use figures::{Map, MapCentre, MapComponent, MapEvent};
///
/// let covariance = |variance| [[variance, 0.0], [0.0, variance]];
/// let component = |label: &str, x| MapComponent {
///     label: label.into(),
///     short_label: label.into(),
///     centre: Some(MapCentre {
///         mean: (x, -20.0),
///         mean_covariance: covariance(0.01),
///         event_covariance: covariance(1.0),
///     }),
///     outlines: Vec::new(),
/// };
/// let event = |x, component| MapEvent { x, y: -20.0, component, opacity: 1.0, strength: 4.6 };
/// let map = Map {
///     title: "Earthquakes near Fiji".into(),
///     notes: Vec::new(),
///     x_label: "longitude (degrees east)".into(),
///     y_label: "latitude (degrees north)".into(),
///     strength_label: "magnitude".into(),
///     aspect: Some(1.0 / 20.0_f64.to_radians().cos()),
///     level: 0.95,
///     components: vec![component("west", 180.0), component("east", 184.0), component("far", 250.0)],
///     events: vec![event(179.0, 0), event(180.5, 0), event(184.2, 1)],
/// };
/// // The events decide on the axes; a mean that lies outside of them is named.
/// assert!(map.to_svg()?.contains(">Outside of the map: the mean of far</text>"));
/// # Ok::<(), figures::FigureError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Map {
    /// Stands above the plot.
    pub title: String,
    /// Lines below the title, such as how many of all events are drawn.
    pub notes: Vec<String>,
    /// Stands below the plot, such as `longitude (degrees east)`.
    pub x_label: String,
    /// Stands left of the plot, rotated.
    pub y_label: String,
    /// Heads the legend of sizes, such as `stations`; empty for no such legend.
    pub strength_label: String,
    /// Length of one unit of y in units of x: 1 for kilometres, 1 / cos(latitude) for degrees;
    /// `None` if the two have nothing to do with each other.
    pub aspect: Option<f64>,
    /// Probability inside of each ellipse, such as 0.95.
    pub level: f64,
    /// The components, at most 40.
    pub components: Vec<MapComponent>,
    /// The events, at most 10,000: draw a sample of more. Large ones are drawn first.
    pub events: Vec<MapEvent>,
}

impl Map {
    /// Draws the figure as an SVG document of about 100 bytes an event.
    ///
    /// # Errors
    /// [`FigureError::NoPoints`] without events, [`FigureError::TooMany`] for more than 10,000 events
    /// or 40 components, [`FigureError::UnknownIndex`] for an event of a component that is not there,
    /// [`FigureError::Value`] for a number that is not finite or out of its range, and
    /// [`FigureError::Covariance`] for a matrix that is no covariance.
    pub fn to_svg(&self) -> Result<String, FigureError> {
        self.validate()?;
        let ellipses = self.ellipses()?;
        let (x, y, size) = self.axes(&ellipses);
        let notes = self.all_notes(&x, &y);
        let captions = Captions { title: &self.title, notes: &notes, x_label: &self.x_label, y_label: &self.y_label };
        let frame = Frame::new(&captions, (x, y), size);
        let largest = self.events.iter().fold(0.0, |largest: f64, event| largest.max(event.strength));
        let sizes = Sizes { largest, radius: largest_radius(self.events.len()) };
        let key = Key::new(self, &sizes);
        let mut canvas = frame.canvas(&captions, TickLines::Grid, key.size());
        frame.open_clip(&mut canvas);
        self.draw_events(&mut canvas, &frame, &sizes);
        self.draw_outlines(&mut canvas, &frame);
        for (component, pair) in ellipses.iter().enumerate() {
            if let Some([mean, events]) = pair {
                draw_line(&mut canvas, &frame, component, &events.points(), LineKind::Events);
                draw_line(&mut canvas, &frame, component, &mean.points(), LineKind::Mean);
            }
        }
        self.draw_means(&mut canvas, &frame);
        frame.close_clip(&mut canvas);
        frame.draw_border(&mut canvas);
        key.draw(&mut canvas, &frame);
        Ok(canvas.finish())
    }

    fn validate(&self) -> Result<(), FigureError> {
        let too_many = |what, found, limit, advice| Err(FigureError::TooMany { what, found, limit, advice });
        match (self.events.len(), self.components.len()) {
            (0, _) => return Err(FigureError::NoPoints { title: self.title.clone() }),
            (found, _) if found > MAX_EVENTS => return too_many("events", found, MAX_EVENTS, "draw a sample"),
            (_, found) if found > MAX_COMPONENTS => {
                return too_many("components", found, MAX_COMPONENTS, "leave out empty ones, for a map");
            }
            _ => {}
        }
        let check = |fits: bool, what: &dyn Fn() -> String, value, needs| {
            if fits { Ok(()) } else { Err(FigureError::Value { what: what(), value, needs }) }
        };
        let aspect = self.aspect.unwrap_or(1.0);
        check((1e-3..=1e3).contains(&aspect), &|| "the aspect of a map".into(), aspect, "a number in 0.001..1000")?;
        let is_level = self.level > 0.0 && self.level < 1.0;
        check(is_level, &|| "the level of the ellipses".into(), self.level, "a probability between 0 and 1")?;
        for (index, event) in self.events.iter().enumerate() {
            let of = |name: &str| format!("the {name} of event {index}");
            check(is_finite(event.x), &|| of("x"), event.x, "a finite number, or leave the event out")?;
            check(is_finite(event.y), &|| of("y"), event.y, "a finite number, or leave the event out")?;
            check((0.0..=1.0).contains(&event.opacity), &|| of("opacity"), event.opacity, "a number in 0..1")?;
            check((0.0..=LARGEST).contains(&event.strength), &|| of("strength"), event.strength, "a number from 0 up")?;
            if event.component >= self.components.len() {
                return Err(FigureError::UnknownIndex {
                    from: format!("event {index}"),
                    to: "component",
                    index: event.component,
                    count: self.components.len(),
                });
            }
        }
        Ok(())
    }

    /// The ellipses of each component's mean and events.
    fn ellipses(&self) -> Result<Vec<Option<[Ellipse; 2]>>, FigureError> {
        let of = |component: &MapComponent| {
            let Some(centre) = component.centre else { return Ok(None) };
            let ellipse = |matrix, covariance| {
                let ellipse = Ellipse::new(centre.mean, covariance, self.level);
                ellipse.ok_or(FigureError::Covariance { component: component.label.clone(), matrix, covariance })
            };
            let mean = ellipse("mean covariance", centre.mean_covariance)?;
            Ok(Some([mean, ellipse("event covariance", centre.event_covariance)?]))
        };
        let (x, y) = ("x", "y");
        for component in &self.components {
            let Some(centre) = component.centre else { continue };
            for (axis, value) in [(x, centre.mean.0), (y, centre.mean.1)] {
                if !is_finite(value) {
                    let what = format!("the mean {axis} of component `{}`", component.label);
                    return Err(FigureError::Value { what, value, needs: "a finite number" });
                }
            }
        }
        self.components.iter().map(of).collect()
    }

    /// Both axes and the size of the plot: around all events, and around what lies near them.
    fn axes(&self, ellipses: &[Option<[Ellipse; 2]>]) -> (Axis, Axis, (f64, f64)) {
        let range = |values: &mut dyn Iterator<Item = f64>| extent(values).unwrap_or_default();
        let join = |a: (f64, f64), b: (f64, f64)| (a.0.min(b.0), a.1.max(b.1));
        let own_x = range(&mut self.events.iter().map(|event| event.x));
        let own_y = range(&mut self.events.iter().map(|event| event.y));
        let (mut x, mut y) = (own_x, own_y);
        for [_, events] in ellipses.iter().flatten() {
            let points = events.points();
            let near_x = join(own_x, range(&mut points.iter().map(|point| point.0)));
            let near_y = join(own_y, range(&mut points.iter().map(|point| point.1)));
            let is_near = |own: (f64, f64), with: (f64, f64)| with.1 - with.0 < 2.0 * (own.1 - own.0);
            if is_near(own_x, near_x) && is_near(own_y, near_y) {
                (x, y) = (join(x, near_x), join(y, near_y));
            }
        }
        if let Some(aspect) = self.aspect {
            return axes_with_aspect(x, y, aspect);
        }
        let axis = |(low, high): (f64, f64), pixels: f64| {
            let (low, high) = padded(low, high);
            Axis::with_round_ticks(low, high, (pixels / 75.0).round() as usize, TickKind::Any)
        };
        (axis(x, PLOT.0), axis(y, PLOT.1), PLOT)
    }

    /// The notes, and one that names the means that lie outside of the axes.
    fn all_notes(&self, x: &Axis, y: &Axis) -> Vec<String> {
        let is_outside = |component: &&MapComponent| {
            let inside = |axis: &Axis, value| (0.0..=1.0).contains(&axis.fraction(value));
            component.centre.is_some_and(|centre| !(inside(x, centre.mean.0) && inside(y, centre.mean.1)))
        };
        let outside: Vec<&str> = self.components.iter().filter(is_outside).map(|own| own.label.as_str()).collect();
        let mut notes = self.notes.clone();
        if let Some(first) = outside.first() {
            let more = if outside.len() == 1 { String::new() } else { format!(" and {} more", outside.len() - 1) };
            notes.push(format!("Outside of the map: the mean of {first}{more}"));
        }
        notes
    }

    /// Draws the events, the largest first, so that none covers a smaller one.
    fn draw_events(&self, canvas: &mut Canvas, frame: &Frame, sizes: &Sizes) {
        let mut events: Vec<&MapEvent> = self.events.iter().collect();
        events.sort_by(|a, b| b.strength.total_cmp(&a.strength));
        canvas.raw("<g stroke-width=\".6\" stroke-opacity=\".8\">");
        for event in events {
            let colour = component_colour(event.component);
            let marker = Marker::of(event.component);
            let fill = number(FILL * event.opacity);
            let style = format!("fill=\"{colour}\" stroke=\"{colour}\" fill-opacity=\"{fill}\"");
            canvas.raw(&marker.element(frame.at(event.x, event.y), sizes.radius(event.strength), &style));
        }
        canvas.raw("</g>");
    }

    fn draw_outlines(&self, canvas: &mut Canvas, frame: &Frame) {
        for (component, content) in self.components.iter().enumerate() {
            for outline in &content.outlines {
                draw_line(canvas, frame, component, outline, LineKind::Outline);
            }
        }
    }

    /// Marks the means with crosses and writes the short labels beside them.
    fn draw_means(&self, canvas: &mut Canvas, frame: &Frame) {
        let mark = |own: &MapComponent| Some(pixel(frame, own.centre?.mean));
        let marks = self.components.iter().filter_map(|own| Some((mark(own)?, own.short_label.as_str())));
        draw_marks(canvas, frame, &marks.collect::<Vec<_>>());
    }
}

/// How strengths become sizes.
#[derive(Debug, Clone, Copy)]
struct Sizes {
    /// The largest strength.
    largest: f64,
    /// Its radius in pixels.
    radius: f64,
}

impl Sizes {
    /// Radius of a circle whose area is proportional to the strength, but not below what can be seen.
    fn radius(&self, strength: f64) -> f64 {
        let share = if self.largest > 0.0 { strength / self.largest } else { 0.25 };
        (self.radius * share.sqrt()).max(1.2)
    }
}

/// Radius of the strongest of so many events in pixels: the more events, the smaller.
fn largest_radius(events: usize) -> f64 {
    (10.0 * (1000.0 / events as f64).sqrt()).clamp(5.0, 13.0)
}

/// Whether a coordinate can be drawn; false for NaN.
fn is_finite(value: f64) -> bool {
    value.abs() <= LARGEST
}

#[cfg(test)]
mod tests;
