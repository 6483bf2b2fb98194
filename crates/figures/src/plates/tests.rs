use super::*;
use crate::raster::parse;

/// One pair of a mixture: its observed node, its parameters with their hyper-parameters, and what is fixed.
struct Pair(&'static str, &'static [(&'static str, &'static [&'static str])], &'static [&'static str]);

const NORMAL: Pair = Pair("X_n", &[("μ_k", &["ν", "ρ"])], &["τ"]);
const POISSON: Pair = Pair("S_n", &[("λ_k", &["α", "β"])], &[]);
const NORMAL_WISHART: Pair = Pair("X_n", &[("μ_k", &["m_0", "κ_0"]), ("Λ_k", &["W_0", "ν_0"])], &[]);
const CATEGORICAL: Pair = Pair("C_n", &[("θ_k", &["α"])], &[]);

/// A mixture of these pairs whose assignment has these ancestors, the nearest first, K-fold or not.
fn mixture(pairs: &[&Pair], mixing: &[(&str, NodeKind, bool)]) -> PlateDiagram {
    let mut diagram = PlateDiagram { title: String::new(), nodes: vec![], edges: vec![], plates: vec![] };
    let (mut events, mut components) = (vec![], vec![]);
    let mut add = |name: String, kind| {
        diagram.nodes.push(PlateNode { name, kind });
        diagram.nodes.len() - 1
    };
    let assignment = add("Z_n".into(), NodeKind::Latent);
    events.push(assignment);
    let mut child = assignment;
    for &(name, kind, is_repeated) in mixing {
        let node = add(name.into(), kind);
        diagram.edges.push((node, child));
        if is_repeated {
            components.push(node);
        }
        child = node;
    }
    for (index, Pair(observed, parameters, fixed)) in pairs.iter().enumerate() {
        let number = if pairs.len() > 2 { format!("^({})", index + 1) } else { String::new() };
        let observed = add(format!("{observed}{number}"), NodeKind::Observed);
        events.push(observed);
        diagram.edges.push((assignment, observed));
        let mut inner = None;
        for (name, priors) in *parameters {
            let parameter = add(format!("{name}{number}"), NodeKind::Latent);
            components.push(parameter);
            diagram.edges.push((parameter, observed));
            for prior in *priors {
                diagram.edges.push((add(format!("{prior}{number}"), NodeKind::Constant), parameter));
            }
            // The precision also scales the prior of the mean.
            diagram.edges.extend(inner.replace(parameter).map(|mean| (parameter, mean)));
        }
        for name in *fixed {
            diagram.edges.push((add(format!("{name}{number}"), NodeKind::Constant), observed));
        }
    }
    diagram.plates =
        vec![Plate { label: "N".into(), members: events }, Plate { label: "K".into(), members: components }];
    diagram
}

const FIXED: &[(&str, NodeKind, bool)] = &[("π", NodeKind::Constant, false)];
const DIRICHLET: &[(&str, NodeKind, bool)] = &[("π", NodeKind::Latent, false), ("α_0", NodeKind::Constant, false)];
const STICKS: &[(&str, NodeKind, bool)] = &[("v_k", NodeKind::Latent, true), ("γ", NodeKind::Constant, false)];

/// Every choice of one to six pairs out of four kinds, in order, with each kind of mixing.
fn all_mixtures() -> Vec<PlateDiagram> {
    let kinds = [&NORMAL, &POISSON, &NORMAL_WISHART, &CATEGORICAL];
    let mut diagrams = Vec::new();
    for mixing in [FIXED, DIRICHLET, STICKS] {
        for count in 1..=6u32 {
            for choice in 0..4usize.pow(count) {
                let pairs: Vec<&Pair> = (0..count).map(|place| kinds[choice / 4usize.pow(place) % 4]).collect();
                diagrams.push(mixture(&pairs, mixing));
            }
        }
    }
    diagrams
}

/// Distance of a point from the line between two others.
fn distance(point: (f64, f64), from: (f64, f64), to: (f64, f64)) -> f64 {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let (px, py) = (point.0 - from.0, point.1 - from.1);
    let along = ((px * dx + py * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
    (px - along * dx).hypot(py - along * dy)
}

#[test]
fn no_edge_touches_a_node_that_it_does_not_join() {
    for diagram in all_mixtures() {
        let places = Layout::new(&diagram).places;
        for &(from, to) in &diagram.edges {
            for (node, &place) in places.iter().enumerate().filter(|(node, _)| ![from, to].contains(node)) {
                let gap = distance(place, places[from], places[to]) - border(diagram.nodes[node].kind);
                assert!(gap > 4.0, "{diagram:?}: edge {from} {to} at node {node}");
            }
        }
    }
}

#[test]
fn plates_hold_their_members_and_no_other_node() {
    for diagram in all_mixtures() {
        let layout = Layout::new(&diagram);
        for (node, &(x, y)) in layout.places.iter().enumerate() {
            let room = border(diagram.nodes[node].kind) + 4.0;
            for (index, plate) in diagram.plates.iter().enumerate() {
                let parts = || layout.plates.iter().filter(|(plate, _)| *plate == index).map(|(_, area)| area);
                let holds = |area: &Area, room: f64| {
                    x > area.left + room && x < area.right - room && y > area.top + room && y < area.bottom - room
                };
                if plate.members.contains(&node) {
                    assert!(parts().any(|area| holds(area, room)), "{diagram:?}: node {node}");
                } else {
                    assert!(!parts().any(|area| holds(area, -room)), "{diagram:?}: node {node}");
                }
            }
        }
    }
}

#[test]
fn nodes_and_names_do_not_overlap() {
    for diagram in all_mixtures() {
        let places = Layout::new(&diagram).places;
        for (index, &(x, y)) in places.iter().enumerate() {
            for &(other_x, other_y) in &places[..index] {
                let is_apart = (x - other_x).abs() > 20.0 || (y - other_y).abs() > 20.0;
                assert!(is_apart, "{diagram:?}: node {index}");
            }
        }
    }
}

#[test]
fn the_assignments_model_is_drawn_with_all_its_parts() {
    let mut diagram = mixture(&[&POISSON, &NORMAL], FIXED);
    diagram.title = "p(X, S, Z, λ, μ) <1>".into();
    let svg = diagram.to_svg().unwrap();
    parse(&svg).unwrap();
    assert!(svg.contains(">p(X, S, Z, λ, μ) &lt;1&gt;</text>"));
    // Z, S, X, λ, μ as circles, two of them shaded; π, τ, α, β, ν, ρ as dots.
    assert_eq!(svg.matches("<circle").count(), 11);
    assert_eq!(svg.matches(SHADE).count(), 2);
    assert_eq!(svg.matches("z\" fill=").count(), 10);
    assert_eq!(svg.matches("<rect").count(), 1 + 2);
    for name in ["π", "τ", "α", "β", "ν", "ρ", "N", "K"] {
        assert!(svg.contains(&format!(">{name}</text>")), "{name}");
    }
    assert_eq!(svg.matches(">k</tspan>").count(), 2);
    assert_eq!(svg, diagram.to_svg().unwrap());
}

#[test]
fn a_plate_on_both_sides_has_two_parts() {
    assert_eq!(Layout::new(&mixture(&[&POISSON], STICKS)).plates.len(), 3);
    assert_eq!(Layout::new(&mixture(&[&POISSON], DIRICHLET)).plates.len(), 2);
}

#[test]
fn any_graph_without_cycles_is_drawn() {
    let node = |name: &str, kind| PlateNode { name: name.into(), kind };
    let nodes = vec![
        node("a very long name", NodeKind::Latent),
        node("", NodeKind::Observed),
        node("_^", NodeKind::Constant),
        node("<&>", NodeKind::Latent),
    ];
    let all = |from: usize| (from + 1..4).map(move |to| (from, to));
    let plates = vec![
        Plate { label: "outer".into(), members: vec![0, 1, 2, 3] },
        Plate { label: "inner".into(), members: vec![1] },
        Plate { label: "empty".into(), members: vec![] },
    ];
    for edges in [vec![], (0..4).flat_map(all).collect::<Vec<_>>()] {
        for plates in [vec![], plates.clone()] {
            let diagram = PlateDiagram { title: String::new(), nodes: nodes.clone(), edges: edges.clone(), plates };
            let svg = diagram.to_svg().unwrap();
            parse(&svg).unwrap();
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
    }
}

#[test]
fn broken_descriptions_are_refused() {
    let message = |change: &dyn Fn(&mut PlateDiagram)| {
        let mut diagram = mixture(&[&POISSON, &NORMAL], FIXED);
        change(&mut diagram);
        diagram.to_svg().unwrap_err().to_string()
    };
    assert_eq!(message(&|diagram| diagram.nodes.clear()), "the figure `` has no nodes; give at least one");
    assert_eq!(message(&|diagram| diagram.edges[2].0 = 11), "edge 2 names node 11, there are 11; count from 0");
    assert_eq!(
        message(&|diagram| diagram.plates[1].members.push(99)),
        "plate `K` names node 99, there are 11; count from 0"
    );
    // Z_n -> S_n -> Z_n.
    assert!(message(&|diagram| diagram.edges.push((2, 0))).starts_with("the edges from node `Z_n` lead back to it"));
    assert!(message(&|diagram| diagram.edges.push((0, 0))).starts_with("the edges from node `Z_n` lead back to it"));
}
