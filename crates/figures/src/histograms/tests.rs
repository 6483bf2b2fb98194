use super::*;
use crate::{png::tests::decode, raster::parse, svg_to_png};

fn panel(title: &str, counts: &[f64]) -> HistogramPanel {
    let edges = (0..=counts.len()).map(|edge| 2.0 * edge as f64 - 0.5).collect();
    let mass = (0..8).map(|value| (f64::from(value), 0.125)).collect();
    HistogramPanel {
        title: title.into(),
        component: 0,
        edges,
        counts: counts.to_vec(),
        predictive: Predictive::Mass(mass),
    }
}

fn figure(panels: Vec<HistogramPanel>) -> Histograms {
    Histograms {
        title: "strengths <&>".into(),
        x_label: "stations".into(),
        y_label: "probability".into(),
        observed_label: "observed".into(),
        predictive_label: "predicted \"fit\"".into(),
        panels,
    }
}

/// Heights of the bars in pixels.
fn heights(svg: &str) -> Vec<f64> {
    let bars = svg.lines().find(|line| line.contains("fill-opacity=\".6\" stroke")).unwrap();
    let number = |text: &str| text.split(['H', 'V', 'z']).next().unwrap().parse::<f64>().unwrap();
    let bar = |bar: &str| {
        let (start, end) = bar.split_once('V').unwrap();
        number(start.split(' ').nth(1).unwrap()) - number(end)
    };
    bars.split('"').nth(1).unwrap().split('M').skip(1).map(bar).collect()
}

#[test]
fn labels_and_marks_are_there() {
    let figure = figure(vec![panel("1: λ < 3", &[1.0, 2.5, 0.0, 4.0]), panel("2", &[1.0, 1.0])]);
    let svg = figure.to_svg().unwrap();
    parse(&svg).unwrap();
    for text in
        ["strengths &lt;&amp;&gt;", "stations", "probability", "observed", "predicted &quot;fit&quot;", "1: λ &lt; 3"]
    {
        assert!(svg.contains(&format!(">{text}</text>")), "{text}");
    }
    assert_eq!(svg.matches("<circle").count(), 16);
    assert_eq!(heights(&svg).len(), 3, "an empty bin has no bar");
    assert_eq!(svg, figure.to_svg().unwrap());
}

#[test]
fn bars_are_densities_on_the_scale_of_the_predictive() {
    // All in one bin of width 2: half of it per unit, four times the 0.125 of the predictive.
    let mut panel = panel("", &[0.0, 7.0]);
    let height = heights(&figure(vec![panel.clone()]).to_svg().unwrap())[0];
    assert!((height - 300.0 / 1.08).abs() < 0.02, "{height}");
    let svg = figure(vec![panel.clone()]).to_svg().unwrap();
    let circle = svg.lines().find(|line| line.contains("<circle")).unwrap();
    let cy: f64 = circle.split("cy=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap();
    let bottom = svg.lines().find(|line| line.contains("fill-opacity=\".6\" stroke")).unwrap();
    let bottom: f64 = bottom.split(' ').nth(2).unwrap().split('V').next().unwrap().parse().unwrap();
    assert!(((bottom - cy) * 4.0 - height).abs() < 0.1, "{cy} {bottom} {height}");
    // The same shares of twice the events are the same picture.
    panel.counts = vec![0.0, 14.0];
    assert_eq!(figure(vec![panel]).to_svg().unwrap(), svg);
}

#[test]
fn unequal_bins_have_equal_areas_for_equal_counts() {
    let mut panel = panel("", &[5.0, 5.0]);
    panel.edges = vec![0.0, 1.0, 5.0];
    panel.predictive = Predictive::Density(vec![]);
    let heights = heights(&figure(vec![panel]).to_svg().unwrap());
    assert!((heights[0] / heights[1] - 4.0).abs() < 1e-3, "{heights:?}");
}

#[test]
fn each_number_of_panels_has_its_place() {
    for count in 1..=12 {
        let panels: Vec<HistogramPanel> =
            (0..count).map(|index| panel(&format!("component {index}"), &[1.0, 3.0])).collect();
        let figure = figure(panels);
        let grid = Grid::new(&figure);
        for index in 0..count {
            let (x, y) = grid.corner(index);
            assert!(x + grid.panel.0 <= grid.width - MARGIN && y + grid.panel.1 <= grid.height - MARGIN, "{count}");
        }
        let svg = figure.to_svg().unwrap();
        assert_eq!(svg.matches(">component ").count(), count);
    }
}

#[test]
fn long_labels_stay_inside_the_figure() {
    let mut figure = figure(vec![panel("a", &[1.0])]);
    figure.x_label = "a label that is wider than the panel ".repeat(5);
    figure.y_label = figure.x_label.clone();
    let grid = Grid::new(&figure);
    let length = text_width(&figure.x_label, LABEL_SIZE) + 2.0 * MARGIN;
    assert!(grid.width >= length && grid.height >= length);
    let svg = figure.to_svg().unwrap();
    let picture = decode(&svg_to_png(&svg, 0.5).unwrap());
    let is_white = |pixel: &image::Rgb<u8>| pixel.0 == [255; 3];
    assert!(picture.rows().next().unwrap().all(is_white));
    assert!((0..picture.height()).all(|y| is_white(picture.get_pixel(0, y))));
}

#[test]
fn dense_masses_and_densities_are_lines() {
    let mut own = panel("", &[1.0]);
    own.predictive = Predictive::Mass((0..300).map(|value| (f64::from(value), 0.003)).collect());
    assert_eq!(figure(vec![own.clone()]).to_svg().unwrap().matches("<circle").count(), 0);
    own.predictive = Predictive::Density(vec![(0.0, 0.5), (2.0, 0.5)]);
    assert_eq!(figure(vec![own]).to_svg().unwrap().matches("<circle").count(), 0);
}

#[test]
fn empty_components_and_extreme_numbers_are_drawn() {
    let mut panels = vec![panel("empty", &[0.0, 0.0]), panel("huge", &[1e300, 1e300]), panel("tiny", &[5e-324])];
    panels.push(panel("narrow", &[1.0]));
    panels[3].edges = vec![0.0, 5e-324];
    panels.push(panel("wide", &[1.0]));
    panels[4].edges = vec![-1e300, 1e300];
    panels[4].predictive = Predictive::Density(vec![(0.0, 1e300)]);
    for panel in panels {
        let svg = figure(vec![panel]).to_svg().unwrap();
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        decode(&svg_to_png(&svg, 0.3).unwrap());
    }
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    let message = |change: &dyn Fn(&mut HistogramPanel)| {
        let mut panel = panel("1", &[1.0, 2.0]);
        change(&mut panel);
        figure(vec![panel]).to_svg().unwrap_err().to_string()
    };
    let bins = "panel `1` has 2 counts and 2 edges; give one edge more than counts, in rising order";
    assert_eq!(message(&|panel| panel.edges.truncate(2)), bins);
    assert!(message(&|panel| panel.edges.swap(0, 1)).starts_with("panel `1` has 2 counts and 3 edges"));
    assert!(message(&|panel| panel.edges[1] = f64::NAN).starts_with("panel `1` has 2 counts and 3 edges"));
    assert_eq!(message(&|panel| panel.counts[0] = -1.0), "a count of panel `1` is -1; give a finite number from 0 up");
    assert!(message(&|panel| panel.counts[0] = f64::NAN).contains("is NaN"));
    let infinite = "a bin edge of panel `1` is inf; give a finite number";
    assert_eq!(message(&|panel| panel.edges[2] = f64::INFINITY), infinite);
    assert_eq!(
        message(&|panel| panel.predictive = Predictive::Mass(vec![(1.0, f64::INFINITY)])),
        "a predictive density of panel `1` is inf; give a finite number from 0 up"
    );
    assert!(
        message(&|panel| {
            panel.edges.clear();
            panel.counts.clear();
            panel.predictive = Predictive::Density(vec![]);
        })
        .ends_with("has no counts and no predictive; give at least one")
    );
    assert!(figure(vec![]).to_svg().unwrap_err().to_string().ends_with("has no panels; give at least one"));
    let many = figure(vec![panel("", &[1.0]); 13]).to_svg().unwrap_err().to_string();
    assert_eq!(many, "13 panels are too many for one figure; draw the largest components in figures of at most 12");
}
