//! The legend of a map: components, lines, opacity and sizes.

use crate::{
    axis::short_label,
    canvas::{Canvas, TextStyle, number},
    frame::Frame,
    marks::draw_cross,
    theme::{FRAME_LINE, HALF_CAPITAL, MUTED_TEXT, TICK_SIZE, component_colour, text_width},
};

use super::{LineKind, Map, Marker, Sizes};

/// Free space between the plot and its legend.
const GAP: f64 = 18.0;
/// Width of a mark with the space behind it.
const MARK_WIDTH: f64 = 34.0;
/// Distance of two baselines.
const LINE_HEIGHT: f64 = 22.0;
/// Free space above each group but the first.
const GROUP_GAP: f64 = 12.0;

/// What stands before a label.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Mark {
    Heading,
    Component(usize),
    Mean,
    Line(LineKind),
    Opacity,
    /// A circle of this radius.
    Size(f64),
}

/// Groups of lines, from the top downwards.
#[derive(Debug)]
pub(super) struct Key {
    groups: Vec<Vec<(Mark, String)>>,
}

impl Key {
    pub(super) fn new(map: &Map, sizes: &Sizes) -> Self {
        let component = |(index, label): (usize, &String)| (Mark::Component(index), label.clone());
        let labels = map.components.iter().map(|component| &component.label);
        let mut groups: Vec<Vec<(Mark, String)>> = vec![labels.enumerate().map(component).collect()];
        if map.components.iter().any(|component| component.centre.is_some()) {
            let percent = format!("{} %", short_label(100.0 * map.level));
            groups.push(vec![
                (Mark::Mean, "mean".into()),
                (Mark::Line(LineKind::Mean), format!("{percent} region of the mean")),
                (Mark::Line(LineKind::Events), format!("{percent} of the events")),
            ]);
        }
        if map.events.iter().any(|event| event.opacity < 1.0) {
            groups.push(vec![(Mark::Opacity, "responsibility 0, ½, 1".into())]);
        }
        let values = example_strengths(map, sizes);
        if !map.strength_label.is_empty() && !values.is_empty() {
            let line = |value: f64| (Mark::Size(sizes.radius(value)), short_label(value));
            let mut group = vec![(Mark::Heading, map.strength_label.clone())];
            group.extend(values.into_iter().map(line));
            groups.push(group);
        }
        Self { groups }
    }

    /// Width and height that the legend takes beside the plot, in pixels.
    pub(super) fn size(&self) -> (f64, f64) {
        let lines = || self.groups.iter().flatten();
        let width = |(mark, label): &(Mark, String)| mark_width(*mark) + text_width(label, TICK_SIZE);
        let height: f64 = lines().map(|(mark, _)| line_height(*mark)).sum();
        let gaps = self.groups.len().saturating_sub(1) as f64 * GROUP_GAP;
        (GAP + lines().map(width).fold(0.0, f64::max), height + gaps)
    }

    /// Draws the legend from the top right corner of the plot downwards.
    pub(super) fn draw(&self, canvas: &mut Canvas, frame: &Frame) {
        let left = frame.left + frame.width + GAP;
        let mut top = frame.top;
        for group in &self.groups {
            for (mark, label) in group {
                let height = line_height(*mark);
                let middle = top + height / 2.0;
                mark.draw(canvas, (left + MARK_WIDTH / 2.0 - 4.0, middle));
                let at = (left + mark_width(*mark), middle + HALF_CAPITAL * TICK_SIZE);
                canvas.text(at, &TextStyle::new(TICK_SIZE), label);
                top += height;
            }
            top += GROUP_GAP;
        }
    }
}

impl Mark {
    /// Draws the mark around a pixel.
    fn draw(self, canvas: &mut Canvas, (x, y): (f64, f64)) {
        match self {
            Self::Heading => {}
            Self::Component(index) => {
                let style = format!("fill=\"{}\"", component_colour(index));
                canvas.raw(&Marker::of(index).element((x, y), 6.0, &style));
            }
            Self::Mean => draw_cross(canvas, (x, y)),
            Self::Line(kind) => canvas.raw(&format!(
                "<path d=\"M{} {}h26\" stroke=\"{MUTED_TEXT}\" {}/>",
                number(x - 13.0),
                number(y),
                kind.style()
            )),
            Self::Opacity => {
                for (step, opacity) in [0.0, 0.5, 1.0].into_iter().enumerate() {
                    let fill = super::FILL * opacity;
                    let style = format!(
                        "fill=\"{MUTED_TEXT}\" fill-opacity=\"{}\" stroke=\"{MUTED_TEXT}\" stroke-width=\".6\"",
                        number(fill)
                    );
                    canvas.raw(&Marker::Circle.element((x + 9.5 * (step as f64 - 1.0), y), 4.0, &style));
                }
            }
            Self::Size(radius) => {
                let style =
                    format!("fill=\"{FRAME_LINE}\" fill-opacity=\".4\" stroke=\"{MUTED_TEXT}\" stroke-width=\".8\"");
                canvas.raw(&Marker::Circle.element((x, y), radius, &style));
            }
        }
    }
}

fn mark_width(mark: Mark) -> f64 {
    if mark == Mark::Heading { 0.0 } else { MARK_WIDTH }
}

fn line_height(mark: Mark) -> f64 {
    match mark {
        Mark::Size(radius) => (2.0 * radius + 4.0).max(LINE_HEIGHT),
        Mark::Heading | Mark::Component(_) | Mark::Mean | Mark::Line(_) | Mark::Opacity => LINE_HEIGHT,
    }
}

/// Up to three round strengths, from small to large; none if all strengths are equal.
fn example_strengths(map: &Map, sizes: &Sizes) -> Vec<f64> {
    let strengths = || map.events.iter().map(|event| event.strength);
    if strengths().all(|strength| strength == sizes.largest) {
        return Vec::new();
    }
    let all_integers = strengths().all(|strength| strength == strength.round());
    let is_possible = |value: &f64| value.is_normal() && (!all_integers || *value == value.round());
    let largest = round_below(sizes.largest);
    let middle = round_below(0.4 * largest);
    let values = [round_below(0.4 * middle), middle, largest];
    values.into_iter().filter(is_possible).collect()
}

/// The largest of 1, 2, 5 times a power of ten that is not above `value`.
fn round_below(value: f64) -> f64 {
    let exponent = value.log10().floor() as i32;
    // 10^-3 as 1 / 10^3 is the nearest float, unlike the product of three tenths.
    let power = |factor: f64| if exponent < 0 { factor / 10f64.powi(-exponent) } else { factor * 10f64.powi(exponent) };
    // A rounding error must not lower a round value to the next one.
    [10.0, 5.0, 2.0].map(power).into_iter().find(|round| *round <= value * (1.0 + 1e-9)).unwrap_or(power(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_values_lie_below_and_near() {
        for (value, round) in [(132.0, 100.0), (100.0, 100.0), (99.0, 50.0), (0.4, 0.2), (1.0, 1.0), (8.0, 5.0)] {
            assert_eq!(round_below(value), round, "{value}");
        }
    }
}
