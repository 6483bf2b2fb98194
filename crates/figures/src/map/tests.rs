use super::*;
use crate::{raster::parse, svg_to_png};

fn component(label: &str, mean: (f64, f64)) -> MapComponent {
    let centre =
        MapCentre { mean, mean_covariance: [[0.01, 0.0], [0.0, 0.01]], event_covariance: [[1.0, 0.4], [0.4, 0.5]] };
    MapComponent { label: label.into(), short_label: "K1".into(), centre: Some(centre), outlines: vec![] }
}

/// Two components with a handful of events each.
fn figure() -> Map {
    let event = |index: u32| {
        let (component, turn) = ((index % 2) as usize, f64::from(index));
        let x = 180.0 + 4.0 * component as f64 + turn.cos();
        let opacity = 0.5 + 0.5 * (turn * 0.7).cos().abs();
        MapEvent { x, y: -20.0 + turn.sin(), component, opacity, strength: f64::from(index % 7 * 20) }
    };
    Map {
        title: "Fiji <&>".into(),
        notes: vec!["20 of 1,000 events".into()],
        x_label: "longitude".into(),
        y_label: "latitude".into(),
        strength_label: "stations".into(),
        aspect: Some(1.06),
        level: 0.95,
        components: vec![component("west \"W\"", (180.0, -20.0)), component("east", (184.0, -20.0))],
        events: (0..20).map(event).collect(),
    }
}

#[test]
fn everything_is_drawn_and_explained() {
    let svg = figure().to_svg().unwrap();
    parse(&svg).unwrap();
    for text in [
        "Fiji &lt;&amp;&gt;",
        "20 of 1,000 events",
        "west &quot;W&quot;",
        "95 % region of the mean",
        "95 % of the events",
        "stations",
        "100",
        "20",
    ] {
        assert!(svg.contains(&format!(">{text}</text>")), "{text}");
    }
    assert_eq!(svg.matches(">K1</text>").count(), 2);
    assert!(!svg.contains("Outside of the map"));
    // One of each component and one in the legend.
    assert_eq!(svg.matches("stroke-dasharray=\"6 3\"").count(), 3);
    assert_eq!(svg.matches("stroke=\"#24292f\" stroke-width=\"2.2\"").count(), 3);
    assert_eq!(svg, figure().to_svg().unwrap());
}

#[test]
fn areas_are_proportional_to_strengths_and_small_events_lie_on_top() {
    let svg = figure().to_svg().unwrap();
    let start = svg.find("stroke-opacity=\".8\"").unwrap();
    let radii: Vec<f64> = svg[start..]
        .lines()
        .skip(1)
        .take(20)
        .map(|line| line.split("r=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap())
        .collect();
    assert!(radii.is_sorted_by(|a, b| a >= b), "{radii:?}");
    // Strengths 120 and 20.
    assert!(((radii[0] / radii[14]).powi(2) - 6.0).abs() < 0.4, "{radii:?}");
    assert_eq!(radii[19], 1.2);
}

#[test]
fn an_ellipse_far_away_does_not_shrink_the_events() {
    let plain = figure().axes(&figure().ellipses().unwrap());
    let mut empty = figure();
    empty.components.push(component("empty", (0.0, 0.0)));
    // Near enough in y, but not in x.
    empty.components.push(component("west", (0.0, -17.0)));
    let mut wide = component("prior", (182.0, -20.0));
    wide.centre.as_mut().unwrap().event_covariance = [[1e280, 0.0], [0.0, 1e280]];
    empty.components.push(wide);
    assert_eq!(empty.axes(&empty.ellipses().unwrap()), plain);
    let svg = empty.to_svg().unwrap();
    assert!(svg.contains(">Outside of the map: the mean of empty and 1 more</text>"));
    assert!(!svg.contains("NaN") && !svg.contains("inf"));
    svg_to_png(&svg, 0.5).unwrap();
}

#[test]
fn a_model_without_positions_is_drawn_without_means() {
    let mut figure = figure();
    for component in &mut figure.components {
        component.centre = None;
    }
    figure.components[0].outlines = vec![vec![(180.0, -21.0), (180.5, -20.0), (f64::NAN, 0.0), (181.0, -20.0)]];
    figure.strength_label.clear();
    let svg = figure.to_svg().unwrap();
    assert!(!svg.contains("region of the mean") && !svg.contains("stations"));
    assert_eq!(svg.matches("stroke-dasharray=\"2 3\"").count(), 1);
}

#[test]
fn degenerate_maps_are_drawn() {
    for aspect in [None, Some(1.0), Some(50.0)] {
        for (x, y, strength) in [(0.0, 0.0, 0.0), (1e300, -1e300, 1e300), (5e-324, 1.0, 5e-324)] {
            let mut figure = figure();
            figure.aspect = aspect;
            figure.events[0] = MapEvent { x, y: y / 50.0, strength, ..figure.events[0] };
            for count in [1, 20] {
                figure.events.truncate(count);
                let svg = figure.to_svg().unwrap();
                assert!(!svg.contains("NaN") && !svg.contains(">inf"), "{x} {aspect:?}");
                svg_to_png(&svg, 0.3).unwrap();
            }
        }
    }
}

#[test]
fn forty_components_are_told_apart() {
    let mut figure = figure();
    figure.components = (0..40).map(|index| component(&format!("component {index}"), (182.0, -20.0))).collect();
    let svg = figure.to_svg().unwrap();
    assert!(svg.contains(">component 39</text>"));
    figure.components.push(component("one more", (182.0, -20.0)));
    let message = figure.to_svg().unwrap_err().to_string();
    assert_eq!(message, "41 components are too many for one figure; leave out empty ones, for a map of at most 40");
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    let message = |change: &dyn Fn(&mut Map)| {
        let mut figure = figure();
        change(&mut figure);
        figure.to_svg().unwrap_err().to_string()
    };
    assert!(message(&|map| map.events.clear()).ends_with("has no finite point; give at least one"));
    assert_eq!(
        message(&|map| map.events = vec![map.events[0]; 10_001]),
        "10001 events are too many for one figure; draw a sample of at most 10000"
    );
    assert_eq!(
        message(&|map| map.events[3].x = f64::NAN),
        "the x of event 3 is NaN; give a finite number, or leave the event out"
    );
    assert_eq!(message(&|map| map.events[3].opacity = 1.5), "the opacity of event 3 is 1.5; give a number in 0..1");
    assert_eq!(message(&|map| map.events[3].strength = -1.0), "the strength of event 3 is -1; give a number from 0 up");
    assert_eq!(message(&|map| map.events[3].component = 2), "event 3 names component 2, there are 2; count from 0");
    assert_eq!(message(&|map| map.level = 95.0), "the level of the ellipses is 95; give a probability between 0 and 1");
    assert!(message(&|map| map.aspect = Some(0.0)).starts_with("the aspect of a map is 0; give"));
    assert_eq!(
        message(&|map| map.components[1].centre.as_mut().unwrap().mean.1 = f64::INFINITY),
        "the mean y of component `east` is inf; give a finite number"
    );
    assert!(
        message(&|map| map.components[1].centre.as_mut().unwrap().mean_covariance = [[1.0, 2.0], [2.0, 1.0]])
            .starts_with("the mean covariance of component `east` is [[1.0, 2.0], [2.0, 1.0]]; give a symmetric")
    );
}
