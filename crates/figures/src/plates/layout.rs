//! Where the nodes and plates of a mixture lie.

use super::{CONSTANT_SIZE, Name, NodeKind, PlateDiagram};

/// Radius of a circle in pixels.
pub(super) const RADIUS: f64 = 25.0;
/// Radius of a constant's dot.
pub(super) const DOT: f64 = 4.0;
/// Distance of a constant's name from the middle of its dot.
pub(super) const NAME_GAP: f64 = 9.0;
/// Distance of neighbouring columns of circles, with the borders of two plates between.
const COLUMN: f64 = 125.0;
/// Free space right and left of a dot that stands between two plates.
const BETWEEN: f64 = 26.0;
/// Least height of the row of one component parameter.
const ROW: f64 = 82.0;
/// Distance of the constants of one parameter.
const CONSTANT_ROW: f64 = 34.0;
/// Free space inside of a plate: at its sides, above, and below with its label.
const PAD: (f64, f64, f64) = (16.0, 14.0, 30.0);
/// More of it for each plate inside of the plate.
const NESTED_PAD: f64 = 12.0;

/// A rectangle in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Area {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Area {
    fn join(self, other: Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }
}

/// Which part of the diagram a node belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Zone {
    /// What decides the component of an event.
    Mixing,
    /// What exists once an event.
    Event,
    /// Parameters of the components and their priors.
    Component,
}

/// A diagram with a place for everything, in pixels from an arbitrary origin.
#[derive(Debug)]
pub(super) struct Layout {
    /// Centre of each node.
    pub places: Vec<(f64, f64)>,
    /// Whether the name of a constant stands left of its dot.
    pub name_is_left: Vec<bool>,
    /// Index and rectangle of each plate, or of each of its parts.
    pub plates: Vec<(usize, Area)>,
    /// All that is drawn.
    pub area: Area,
}

impl Layout {
    /// Lays out a diagram whose indices are valid and whose edges have no cycle.
    pub(super) fn new(diagram: &PlateDiagram) -> Self {
        let columns = Columns::new(diagram);
        let y = columns.heights(diagram);
        let x = columns.lefts(diagram, &y);
        let places: Vec<(f64, f64)> = columns.of.iter().zip(&y).map(|(column, &y)| (x(*column), y)).collect();
        let name_is_left: Vec<bool> = columns.of.iter().map(|&column| column < 0).collect();
        let extent = |node: usize| {
            let (x, y) = places[node];
            let half = half_height(diagram, node);
            let own = Area { left: x - half, top: y - half, right: x + half, bottom: y + half };
            let reach = NAME_GAP + name_width(diagram, node);
            match (diagram.nodes[node].kind, name_is_left[node]) {
                (NodeKind::Constant, true) => Area { left: x - reach, ..own },
                (NodeKind::Constant, false) => Area { right: x + reach, ..own },
                (NodeKind::Observed | NodeKind::Latent, _) => own,
            }
        };
        let mut plates = Vec::new();
        for (index, plate) in diagram.plates.iter().enumerate() {
            for zone in [Zone::Mixing, Zone::Event, Zone::Component] {
                let in_zone = |members: &[usize]| -> Vec<usize> {
                    members.iter().copied().filter(|&member| columns.zones[member] == zone).collect()
                };
                let members = in_zone(&plate.members);
                let Some(inner) = members.iter().map(|&member| extent(member)).reduce(Area::join) else { continue };
                let is_inside = |other: &super::Plate| {
                    let others = in_zone(&other.members);
                    !others.is_empty() && others.len() < members.len() && others.iter().all(|one| members.contains(one))
                };
                let nested = NESTED_PAD * diagram.plates.iter().filter(|other| is_inside(other)).count() as f64;
                let area = Area {
                    left: inner.left - PAD.0 - nested,
                    top: inner.top - PAD.1 - nested,
                    right: inner.right + PAD.0 + nested,
                    // The label of a plate inside needs its own line.
                    bottom: inner.bottom + PAD.2 + 2.0 * nested,
                };
                plates.push((index, area));
            }
        }
        let all = (0..places.len()).map(extent).chain(plates.iter().map(|(_, area)| *area));
        let area = all.reduce(Area::join).unwrap_or(Area { left: 0.0, top: 0.0, right: 0.0, bottom: 0.0 });
        Self { places, name_is_left, plates, area }
    }
}

/// The column of each node; observed nodes are in column 0, and odd columns are narrow.
struct Columns {
    of: Vec<i32>,
    zones: Vec<Zone>,
}

impl Columns {
    fn new(diagram: &PlateDiagram) -> Self {
        let count = diagram.nodes.len();
        let is_observed = |node: &usize| diagram.nodes[*node].kind == NodeKind::Observed;
        let to_observed = distances(diagram, (0..count).filter(is_observed).collect());
        let shares_plate = |node: &usize| {
            let mut own = diagram.plates.iter().filter(|plate| plate.members.contains(node));
            own.any(|plate| plate.members.iter().any(is_observed))
        };
        let is_local = |node: &usize| !is_observed(node) && shares_plate(node);
        let to_local = distances(diagram, (0..count).filter(is_local).collect());
        let place = |node: usize| match (to_observed[node], to_local[node]) {
            (Some(0), _) => (0, Zone::Event),
            (distance, Some(0)) => (-2 * distance.unwrap_or(1), Zone::Event),
            (_, Some(distance)) => (-2 * (1 + distance), Zone::Mixing),
            (Some(1), None) if diagram.nodes[node].kind == NodeKind::Constant => (1, Zone::Component),
            (distance, None) => (2 * distance.unwrap_or(2), Zone::Component),
        };
        let (of, zones) = (0..count).map(place).unzip();
        Self { of, zones }
    }

    /// The vertical place of each node.
    fn heights(&self, diagram: &PlateDiagram) -> Vec<f64> {
        let count = diagram.nodes.len();
        let in_column = |column: i32| (0..count).filter(move |&node| self.of[node] == column);
        // The child that a node stands beside, if it is one column further in.
        let owner = |node: usize| {
            let inwards = |child: &usize| {
                let (own, child) = (self.of[node], self.of[*child]);
                child.signum() * own.signum() >= 0 && child.abs() < own.abs()
            };
            children(diagram, node).find(inwards)
        };
        let mut y = vec![0.0; count];
        let mut bottom = 0.0;
        let mut boundaries = vec![0.0];
        for observed in in_column(0) {
            let top = bottom;
            for parameter in in_column(2).filter(|&node| owner(node) == Some(observed)) {
                let priors = in_column(4).filter(|&node| owner(node) == Some(parameter)).count();
                let height = ROW.max(CONSTANT_ROW * priors as f64 + 14.0);
                y[parameter] = bottom + height / 2.0;
                bottom += height;
            }
            bottom = bottom.max(top + ROW);
            y[observed] = (top + bottom) / 2.0;
            boundaries.push(bottom);
        }
        // Dots between the plates stand where no edge from a parameter to its observed node passes.
        for node in in_column(1) {
            let wish = mean(children(diagram, node).map(|child| y[child] + ROW / 2.0)).unwrap_or_default();
            let nearest = boundaries.iter().copied().min_by(|a, b| (a - wish).abs().total_cmp(&(b - wish).abs()));
            y[node] = nearest.unwrap_or(wish);
        }
        self.separate(diagram, 1, &mut y);
        let outermost = self.of.iter().map(|column| column.abs()).max().unwrap_or_default();
        for column in (2..=outermost).step_by(2).flat_map(|column| [-column, column]) {
            for node in in_column(column).filter(|_| column != 2) {
                let inner = children(diagram, node).filter(|&child| self.of[child].abs() < column.abs());
                let siblings: Vec<usize> = in_column(column).filter(|&other| owner(other) == owner(node)).collect();
                let position = siblings.iter().position(|&other| other == node).unwrap_or_default() as f64;
                let offset = position - (siblings.len() as f64 - 1.0) / 2.0;
                let is_shared = inner.clone().count() > 1;
                let offset = if is_shared { 0.0 } else { offset * CONSTANT_ROW };
                y[node] = mean(inner.map(|child| y[child])).unwrap_or(bottom / 2.0) + offset;
            }
            self.separate(diagram, column, &mut y);
        }
        y
    }

    /// Moves the nodes of a column apart where they would touch, as little as possible.
    fn separate(&self, diagram: &PlateDiagram, column: i32, y: &mut [f64]) {
        let mut nodes: Vec<usize> = (0..y.len()).filter(|&node| self.of[node] == column).collect();
        nodes.sort_by(|&a, &b| y[a].total_cmp(&y[b]));
        // With the space that nodes need taken out, the rest must not fall from one to the next: an
        // isotonic regression, by pooling neighbours that violate it.
        let mut needed = 0.0;
        let mut pools: Vec<(f64, f64)> = Vec::new();
        let mut offsets = Vec::new();
        for (index, &node) in nodes.iter().enumerate() {
            if index > 0 {
                needed += half_height(diagram, nodes[index - 1]) + half_height(diagram, node) + 10.0;
            }
            offsets.push(needed);
            let mut pool = (y[node] - needed, 1.0);
            while let Some(last) = pools.pop() {
                if last.0 <= pool.0 {
                    pools.push(last);
                    break;
                }
                let weight = last.1 + pool.1;
                pool = ((last.0 * last.1 + pool.0 * pool.1) / weight, weight);
            }
            pools.push(pool);
        }
        let levels = pools.into_iter().flat_map(|(level, weight)| std::iter::repeat_n(level, weight as usize));
        for ((node, offset), level) in nodes.into_iter().zip(offsets).zip(levels) {
            y[node] = level + offset;
        }
    }

    /// The horizontal place of each column.
    fn lefts(&self, diagram: &PlateDiagram, y: &[f64]) -> impl Fn(i32) -> f64 {
        let observed = || (0..y.len()).filter(|&node| self.of[node] == 0).map(|node| y[node]);
        let span = observed().fold(0.0, f64::max) - observed().fold(f64::MAX, f64::min).min(f64::MAX);
        // Edges that fan out to many observed nodes must not be so steep that they touch others.
        let fan = (COLUMN - 15.0).max(0.3 * span);
        let dots: Vec<usize> = (0..y.len()).filter(|&node| self.of[node] == 1).collect();
        let widest = dots.iter().map(|&node| name_width(diagram, node)).fold(0.0, f64::max);
        let dot = RADIUS + PAD.0 + BETWEEN;
        let first = if dots.is_empty() { COLUMN } else { dot + NAME_GAP + widest + BETWEEN + PAD.0 + RADIUS };
        move |column| match column {
            0 => 0.0,
            1 => dot,
            _ if column < 0 => -fan - COLUMN * (f64::from(-column) / 2.0 - 1.0),
            _ => first + COLUMN * (f64::from(column) / 2.0 - 1.0),
        }
    }
}

/// Edges on the shortest way from each node down to any of the targets; `None` without a way.
fn distances(diagram: &PlateDiagram, targets: Vec<usize>) -> Vec<Option<i32>> {
    let mut distances = vec![None; diagram.nodes.len()];
    let mut reached = targets;
    let mut distance = 0;
    while !reached.is_empty() {
        for &node in &reached {
            distances[node] = Some(distance);
        }
        let into_reached = diagram.edges.iter().filter(|(_, to)| reached.contains(to));
        reached = into_reached.map(|(from, _)| *from).filter(|&from| distances[from].is_none()).collect();
        distance += 1;
    }
    distances
}

fn children(diagram: &PlateDiagram, node: usize) -> impl Iterator<Item = usize> + Clone {
    diagram.edges.iter().filter(move |(from, _)| *from == node).map(|(_, to)| *to)
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    (count > 0.0).then(|| sum / count)
}

/// Half the height that a node takes.
fn half_height(diagram: &PlateDiagram, node: usize) -> f64 {
    match diagram.nodes[node].kind {
        NodeKind::Observed | NodeKind::Latent => RADIUS,
        NodeKind::Constant => CONSTANT_ROW / 2.0 - 5.0,
    }
}

fn name_width(diagram: &PlateDiagram, node: usize) -> f64 {
    Name::parse(&diagram.nodes[node].name).width(CONSTANT_SIZE)
}
