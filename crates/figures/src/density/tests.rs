use super::*;
use crate::{png::tests::decode, raster::parse, svg_to_png};

/// A standard Gaussian on 40 by 30 cells, each a fifth wide and high.
fn figure() -> DensityMap {
    let steps = |low: f64, count: u32| -> Vec<f64> { (0..count).map(|index| low + 0.2 * f64::from(index)).collect() };
    let (x, y) = (steps(-3.9, 40), steps(-2.9, 30));
    let log_density = y.iter().flat_map(|y| x.iter().map(move |x| -0.5 * (x * x + y * y))).collect();
    DensityMap {
        title: "posterior <&>".into(),
        notes: vec!["3 of 10 points".into()],
        x_label: "x".into(),
        y_label: "y".into(),
        x,
        y,
        log_density,
        points: vec![(0.0, 0.0), (1.0, 0.5), (-3.0, 2.0)],
        points_label: "observed".into(),
        centres: vec![DensityCentre { x: 0.5, y: -0.5, label: "K1".into() }],
        centres_label: "component mean".into(),
        ..DensityMap::default()
    }
}

/// The number behind the first `name="` of a line.
fn attribute(line: &str, name: &str) -> f64 {
    line.split(&format!(" {name}=\"")).nth(1).unwrap().split('"').next().unwrap().parse().unwrap()
}

#[test]
fn everything_is_drawn_and_explained() {
    let svg = figure().to_svg().unwrap();
    parse(&svg).unwrap();
    for text in [
        "posterior &lt;&amp;&gt;",
        "3 of 10 points",
        "50 % of the mass",
        "95 % of the mass",
        "observed",
        "component mean",
        "log density (nats)",
        "K1",
        "0",
        "−12",
    ] {
        assert!(svg.contains(&format!(">{text}</text>")), "{text}");
    }
    // The cells and the colour bar; the points and one in the legend; two lines with edges in both.
    assert_eq!(svg.matches("<image").count(), 2);
    assert_eq!(svg.matches("<circle").count(), 4);
    assert_eq!(svg.matches("stroke-dasharray").count(), 4);
    assert!(!svg.contains("Outside of the map"));
    assert_eq!(svg, figure().to_svg().unwrap());
}

#[test]
fn a_legend_names_only_what_is_drawn() {
    let mut figure = figure();
    figure.log_density.fill(-3.0);
    figure.points.clear();
    figure.centres.clear();
    let svg = figure.to_svg().unwrap();
    for text in ["of the mass", "observed", "component mean", ">lower<"] {
        assert!(!svg.contains(text), "{text}");
    }
    assert!(svg.contains("log density (nats)"));
    figure.log_density[7] = f64::NEG_INFINITY;
    let svg = figure.to_svg().unwrap();
    assert!(svg.contains(">lower<") && svg.contains("95 % of the mass"));
}

#[test]
fn a_contour_line_has_the_radius_of_its_region() {
    let svg = figure().to_svg().unwrap();
    let line = svg.lines().find(|line| line.contains("stroke=\"#24292f\" stroke-width=\"1.6\"")).unwrap();
    let points = line.split('"').nth(1).unwrap().split(['M', 'L']).skip(1);
    let points: Vec<(f64, f64)> = points
        .map(|point| point.split_once(' ').unwrap())
        .map(|(x, y)| (x.parse().unwrap(), y.parse().unwrap()))
        .collect();
    let width = |value: fn(&(f64, f64)) -> f64| {
        let (low, high) = crate::range::extent(points.iter().map(value)).unwrap();
        high - low
    };
    // 600 pixels for 8 units; half of a standard Gaussian lies within sqrt(2 ln 2). A cell is 15 pixels.
    let expected = 2.0 * (2.0 * 2f64.ln()).sqrt() * 75.0;
    for found in [width(|point| point.0), width(|point| point.1)] {
        assert!((found - expected).abs() < 15.0, "{found}, not {expected}");
    }
}

#[test]
fn cells_have_their_colours_and_sharp_edges() {
    let map = DensityMap {
        x: vec![0.0, 1.0],
        y: vec![0.0, 1.0],
        log_density: vec![0.0, -4.0, f64::NEG_INFINITY, -12.0],
        ..DensityMap::default()
    };
    let svg = map.to_svg().unwrap();
    let image = svg.lines().find(|line| line.contains("<image")).unwrap();
    let [left, top, width, height] = ["x", "y", "width", "height"].map(|name| attribute(image, name));
    assert_eq!((width, height), (600.0, 600.0));
    let zoom = 1.7;
    let picture = decode(&svg_to_png(&svg, zoom as f32).unwrap());
    let scale = Scale { max: 0.0, span: 12.0 };
    let pixel = |x: f64, y: f64| picture.get_pixel((x * zoom) as u32, (y * zoom) as u32).0;
    // No contour passes so near to the bottom and the top.
    let (low, high) = (top + height - 20.0, top + 20.0);
    for step in (5..595).filter(|step| !(298..302).contains(step)) {
        let x = left + f64::from(step);
        let is_right = step > 300;
        assert_eq!(pixel(x, low), scale.colour(if is_right { -4.0 } else { 0.0 }), "{step}");
        assert_eq!(pixel(x, high), scale.colour(-12.0), "{step}");
    }
}

#[test]
fn a_unit_of_y_is_longer_by_the_aspect() {
    for aspect in [0.05, 0.2, 1.0, 3.0, 20.0] {
        let map = DensityMap { aspect: Some(aspect), ..figure() };
        let grid = Grid::new("", (&map.x, &map.y), &map.log_density).unwrap();
        let (x, y, (width, height)) = map.axes(&grid);
        let ratio = height / (y.high - y.low) / (width / (x.high - x.low));
        assert!((ratio / aspect - 1.0).abs() < 1e-9, "{aspect}: {ratio}");
        assert_eq!(width.max(height), LONG_SIDE);
        assert!(width >= LEAST.0 && height >= LEAST.1);
        assert!(x.ticks.len() >= 3 && y.ticks.len() >= 3, "{aspect}");
    }
    let map = DensityMap { aspect: None, ..figure() };
    let grid = Grid::new("", (&map.x, &map.y), &map.log_density).unwrap();
    let (x, _, size) = map.axes(&grid);
    assert_eq!(((x.low, x.high), size), (grid.x.edges(), PLOT));
}

#[test]
fn what_lies_beyond_the_grid_is_named_and_not_drawn() {
    let mut map = figure();
    map.points.push((9.0, 0.0));
    assert!(map.to_svg().unwrap().contains(">Outside of the map: 1 point</text>"));
    map.points.push((-1e300, 1e300));
    map.centres.push(DensityCentre { x: 0.0, y: 99.0, label: "far".into() });
    let svg = map.to_svg().unwrap();
    assert!(svg.contains(">Outside of the map: 2 points; centre far</text>"));
    assert!(!svg.contains(">far</text>"));
    assert_eq!(svg.matches("<circle").count(), 4);
    map.centres.push(map.centres[1].clone());
    assert!(map.to_svg().unwrap().contains("; centre far and 1 more<"));
}

#[test]
fn extreme_grids_are_drawn() {
    let values = [0.0, f64::NEG_INFINITY, -1e300, 1e9];
    for (x, y) in [([-1e300, 1e300], [0.0, 1e-200]), ([0.0, 1e-280], [-1e300, 1e300]), ([5.0, 6.0], [5.0, 5.1])] {
        for aspect in [None, Some(1.0), Some(1e3)] {
            let (x, y, log_density) = (x.to_vec(), y.to_vec(), values.to_vec());
            let svg = DensityMap { x, y, log_density, aspect, ..figure() }.to_svg().unwrap();
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
            svg_to_png(&svg, 0.3).unwrap();
        }
    }
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    let message = |change: &dyn Fn(&mut DensityMap)| {
        let mut map = figure();
        change(&mut map);
        map.to_svg().unwrap_err().to_string()
    };
    assert_eq!(
        DensityMap::default().to_svg().unwrap_err().to_string(),
        "the figure `` has no cells; give at least one"
    );
    assert_eq!(
        message(&|map| map.log_density.truncate(7)),
        "a density grid of 40 columns and 30 rows has 7 values; give one a cell, row by row"
    );
    assert_eq!(
        message(&|map| map.x[5] = 0.0),
        "x coordinate 5 of the density grid is 0; give at least two, finite and rising in equal steps"
    );
    assert!(message(&|map| map.y[29] = f64::NAN).starts_with("y coordinate 29 of the density grid is NaN; give"));
    assert_eq!(
        message(&|map| map.log_density[3] = f64::INFINITY),
        "the log density of cell 3 is inf; give a finite number, or -inf"
    );
    assert!(message(&|map| map.log_density[3] = f64::NAN).starts_with("the log density of cell 3 is NaN"));
    assert!(
        message(&|map| map.log_density.fill(f64::NEG_INFINITY)).ends_with("has no finite point; give at least one")
    );
    assert!(message(&|map| map.span = 0.0).starts_with("the span of a density map is 0; give nats in"));
    assert!(message(&|map| map.aspect = Some(-1.0)).starts_with("the aspect of a map is -1; give"));
    assert_eq!(
        message(&|map| map.points[1].1 = f64::NAN),
        "the y of point 1 is NaN; give a finite number, or leave it out"
    );
    assert!(message(&|map| map.centres[0].x = f64::INFINITY).starts_with("the x of centre `K1` is inf; give"));
    assert!(message(&|map| map.points = vec![(0.0, 0.0); 10_001]).ends_with("draw a sample of at most 10000"));
    let many = |map: &mut DensityMap| map.centres = vec![map.centres[0].clone(); 41];
    assert_eq!(
        message(&many),
        "41 centres are too many for one figure; mark the largest components, in a figure of at most 40"
    );
    let huge = |map: &mut DensityMap| {
        map.x = (0..1001).map(f64::from).collect();
        map.y = (0..1000).map(f64::from).collect();
        map.log_density = vec![0.0; 1_001_000];
    };
    assert!(message(&huge).ends_with("draw a coarser grid of at most 1000000"));
}
