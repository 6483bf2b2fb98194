//! Directed graphical models in plate notation, as SVG.

mod layout;
mod name;

use crate::{
    FigureError,
    canvas::{Anchor, Canvas, TextStyle, number},
    theme::{BACKGROUND, MARGIN, MUTED_TEXT, TEXT, TITLE_SIZE, text_width},
};
use layout::{Area, DOT, Layout, NAME_GAP, RADIUS};
use name::Name;

/// Fill of the circle of an observed node.
const SHADE: &str = "#d5dae0";
/// Length and half the width of an arrow's head in pixels.
const HEAD: (f64, f64) = (9.0, 3.6);
/// Size of a name in pixels.
const NAME_SIZE: f64 = 20.0;
/// Size of the name of a constant.
const CONSTANT_SIZE: f64 = 17.0;

/// Size of the label of a plate.
const PLATE_SIZE: f64 = 16.0;

/// Centre and kind of a node.
type Placed = ((f64, f64), NodeKind);

/// What is known of a variable.
///
/// # Examples
/// ```
/// use figures::{NodeKind, PlateDiagram, PlateNode};
///
/// let drawn = |kind| {
///     let nodes = vec![PlateNode { name: "x".into(), kind }];
///     PlateDiagram { title: String::new(), nodes, edges: vec![], plates: vec![] }.to_svg()
/// };
/// // Circles of the same size, of which only that of data is shaded; a constant is a dot.
/// assert!(drawn(NodeKind::Observed)?.contains("r=\"25\" fill=\"#d5dae0\""));
/// assert!(drawn(NodeKind::Latent)?.contains("r=\"25\" fill=\"#ffffff\""));
/// assert!(drawn(NodeKind::Constant)?.contains("r=\"4\""));
/// # Ok::<(), figures::FigureError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeKind {
    /// Data: a shaded circle.
    Observed,
    /// An unknown random variable: an open circle.
    Latent,
    /// A fixed parameter: a dot with its name beside it.
    Constant,
}

/// A variable of the model.
///
/// # Examples
/// ```
/// use figures::{NodeKind, PlateDiagram, PlateNode};
///
/// let second_of_event = PlateNode { name: "x_n^(2)".into(), kind: NodeKind::Observed };
/// let nodes = vec![second_of_event];
/// let svg = PlateDiagram { title: String::new(), nodes, edges: vec![], plates: vec![] }.to_svg()?;
/// // The subscript and the superscript are texts of their own size; the marks are gone.
/// assert!(svg.contains(">x<tspan") && svg.contains(">n</tspan>") && svg.contains(">(2)</tspan>"));
/// # Ok::<(), figures::FigureError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlateNode {
    /// Its name: `_` starts the subscript and `^` the superscript, as in `λ_k` and `x_n^(2)`.
    pub name: String,
    /// What is known of it.
    pub kind: NodeKind,
}

/// A rectangle around variables that exist many times.
///
/// # Examples
/// ```
/// use figures::{FigureError, NodeKind, Plate, PlateDiagram, PlateNode};
///
/// let [rate, count] = [("λ", NodeKind::Latent), ("x_n", NodeKind::Observed)];
/// let node = |(name, kind): (&str, _)| PlateNode { name: name.into(), kind };
/// let mut diagram = PlateDiagram {
///     title: String::new(),
///     nodes: vec![node(rate), node(count)],
///     edges: vec![(0, 1)],
///     plates: vec![Plate { label: "N".into(), members: vec![1] }],
/// };
/// // One rectangle is the background, the other the plate around `x_n`, with its label.
/// assert!(diagram.to_svg()?.matches("<rect").count() == 2 && diagram.to_svg()?.contains(">N</text>"));
/// diagram.plates[0].members.push(2);
/// let error = diagram.to_svg().unwrap_err().to_string();
/// assert_eq!(error, "plate `N` names node 2, there are 2; count from 0");
/// # Ok::<(), FigureError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plate {
    /// How many times, such as `N`; written like a node's name.
    pub label: String,
    /// Indices of its nodes.
    pub members: Vec<usize>,
}

/// A directed graphical model in plate notation, laid out for mixtures.
///
/// From the left: what decides the mixing weights; the latent variables of one event (such as its
/// component); the observed ones, one below the other; fixed parameters of their distributions;
/// the parameters of the components; their priors. A plate with members on both sides, such as one of
/// K stick lengths and K means, is drawn in two parts. Any other graph is drawn as well, but may have
/// edges that pass behind a node.
///
/// # Examples
/// A mixture of `K` components over `N` events:
///
/// ```
/// use figures::{NodeKind, Plate, PlateDiagram, PlateNode};
///
/// let node = |name: &str, kind| PlateNode { name: name.into(), kind };
/// let (observed, latent, constant) = (NodeKind::Observed, NodeKind::Latent, NodeKind::Constant);
/// let mut mixture = PlateDiagram {
///     title: "a mixture".into(),
///     nodes: vec![node("π", constant), node("z_n", latent), node("x_n", observed), node("μ_k", latent)],
///     edges: vec![(0, 1), (1, 2), (3, 2)],
///     plates: vec![
///         Plate { label: "N".into(), members: vec![1, 2] },
///         Plate { label: "K".into(), members: vec![3] },
///     ],
/// };
/// assert!(mixture.to_svg()?.contains(">a mixture</text>"));
/// // A graphical model has no cycles.
/// mixture.edges.push((2, 1));
/// let message = mixture.to_svg().unwrap_err().to_string();
/// assert!(message.starts_with("the edges from node `z_n` lead back to it"));
/// # Ok::<(), figures::FigureError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlateDiagram {
    /// Stands above the diagram; empty for none.
    pub title: String,
    /// The variables; observed ones appear from top to bottom in this order.
    pub nodes: Vec<PlateNode>,
    /// Indices of parent and child.
    pub edges: Vec<(usize, usize)>,
    /// The plates.
    pub plates: Vec<Plate>,
}

impl PlateDiagram {
    /// Draws the figure as an SVG document.
    ///
    /// # Errors
    /// [`FigureError::Empty`] without nodes, [`FigureError::UnknownIndex`] for an edge or plate with a
    /// node that is not there, [`FigureError::Cycle`] if a node is its own ancestor.
    pub fn to_svg(&self) -> Result<String, FigureError> {
        self.validate()?;
        let layout = Layout::new(self);
        let area = layout.area;
        let heading = if self.title.is_empty() { 0.0 } else { 1.9 * TITLE_SIZE };
        let shift = (MARGIN - area.left, MARGIN + heading - area.top);
        let width = (area.right - area.left).max(text_width(&self.title, TITLE_SIZE)) + 2.0 * MARGIN;
        let mut canvas = Canvas::new(width.ceil(), (area.bottom - area.top + heading + 2.0 * MARGIN).ceil());
        if !self.title.is_empty() {
            canvas.text((MARGIN, MARGIN + 0.8 * TITLE_SIZE), &TextStyle::new(TITLE_SIZE), &self.title);
        }
        canvas.raw(&format!("<g transform=\"translate({} {})\">", number(shift.0), number(shift.1)));
        for (plate, area) in &layout.plates {
            draw_plate(&mut canvas, &self.plates[*plate].label, area);
        }
        for &(from, to) in &self.edges {
            let place = |node: usize| (layout.places[node], self.nodes[node].kind);
            draw_edge(&mut canvas, place(from), place(to));
        }
        for (index, node) in self.nodes.iter().enumerate() {
            let side = if layout.name_is_left[index] { Anchor::End } else { Anchor::Start };
            draw_node(&mut canvas, node, layout.places[index], side);
        }
        canvas.raw("</g>");
        Ok(canvas.finish())
    }

    fn validate(&self) -> Result<(), FigureError> {
        let count = self.nodes.len();
        if count == 0 {
            return Err(FigureError::Empty { title: self.title.clone(), what: "nodes" });
        }
        let check = |from: String, index: usize| {
            if index < count { Ok(()) } else { Err(FigureError::UnknownIndex { from, to: "node", index, count }) }
        };
        for (index, &(from, to)) in self.edges.iter().enumerate() {
            check(format!("edge {index}"), from)?;
            check(format!("edge {index}"), to)?;
        }
        for plate in &self.plates {
            plate.members.iter().try_for_each(|&member| check(format!("plate `{}`", plate.label), member))?;
        }
        // Take away what has no parents or no children until nothing is left, or only cycles are.
        let mut left: Vec<usize> = (0..count).collect();
        loop {
            let is_between = |node: &usize| {
                let has_parent = self.edges.iter().any(|(from, to)| to == node && left.contains(from));
                has_parent && self.edges.iter().any(|(from, to)| from == node && left.contains(to))
            };
            let rest: Vec<usize> = left.iter().copied().filter(is_between).collect();
            match rest.first() {
                None => return Ok(()),
                Some(&node) if rest.len() == left.len() => {
                    return Err(FigureError::Cycle { node: self.nodes[node].name.clone() });
                }
                Some(_) => left = rest,
            }
        }
    }
}

/// Draws the border of a plate with its label in the lower right corner.
fn draw_plate(canvas: &mut Canvas, label: &str, area: &Area) {
    let Area { left, top, right, bottom } = *area;
    canvas.raw(&format!(
        "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"9\" fill=\"none\" stroke=\"{MUTED_TEXT}\" \
         stroke-width=\"1.2\"/>",
        number(left),
        number(top),
        number(right - left),
        number(bottom - top)
    ));
    let style = TextStyle::new(PLATE_SIZE).anchored(Anchor::End);
    Name::parse(label).draw(canvas, (right - 10.0, bottom - 15.0), &style);
}

/// Draws a straight arrow between the borders of two nodes.
fn draw_edge(canvas: &mut Canvas, (from, from_kind): Placed, (to, to_kind): Placed) {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx.hypot(dy);
    let (dx, dy) = (dx / length, dy / length);
    let along = |distance: f64| (from.0 + distance * dx, from.1 + distance * dy);
    let (start, tip) = (along(border(from_kind)), along(length - border(to_kind)));
    let base = along(length - border(to_kind) - HEAD.0);
    let ends = [start, base].map(|(x, y)| format!("{} {}", number(x), number(y)));
    canvas.raw(&format!("<path d=\"M{}L{}\" stroke=\"{TEXT}\" stroke-width=\"1.4\"/>", ends[0], ends[1]));
    let corner = |side: f64| (base.0 - side * dy, base.1 + side * dx);
    let corners = [tip, corner(HEAD.1), corner(-HEAD.1)].map(|(x, y)| format!("{} {}", number(x), number(y)));
    canvas.raw(&format!("<path d=\"M{}z\" fill=\"{TEXT}\"/>", corners.join("L")));
}

/// Distance from the middle of a node at which its edges begin and end.
fn border(kind: NodeKind) -> f64 {
    match kind {
        NodeKind::Observed | NodeKind::Latent => RADIUS + 0.7,
        NodeKind::Constant => DOT,
    }
}

/// Draws a node; the name of a constant begins or ends beside its dot.
fn draw_node(canvas: &mut Canvas, node: &PlateNode, (x, y): (f64, f64), side: Anchor) {
    let name = Name::parse(&node.name);
    let (cx, cy) = (number(x), number(y));
    let fill = match node.kind {
        NodeKind::Observed => SHADE,
        NodeKind::Latent => BACKGROUND,
        NodeKind::Constant => {
            canvas.raw(&format!("<circle cx=\"{cx}\" cy=\"{cy}\" r=\"{DOT}\" fill=\"{TEXT}\"/>"));
            let shift = if side == Anchor::End { -NAME_GAP } else { NAME_GAP };
            return name.draw(canvas, (x + shift, y), &TextStyle::new(CONSTANT_SIZE).anchored(side));
        }
    };
    canvas.raw(&format!(
        "<circle cx=\"{cx}\" cy=\"{cy}\" r=\"{RADIUS}\" fill=\"{fill}\" stroke=\"{TEXT}\" stroke-width=\"1.4\"/>"
    ));
    // A long name is written smaller, to stay inside of its circle.
    let size = NAME_SIZE * (1.7 * RADIUS / name.width(NAME_SIZE).max(1.0)).min(1.0);
    name.draw(canvas, (x, y), &TextStyle::new(size).anchored(Anchor::Middle));
}

#[cfg(test)]
mod tests;
