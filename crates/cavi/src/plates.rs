//! The graphical model of a mixture, in plate notation, as data for a drawing.

use crate::{Assignment, Mixing, MixtureCavi, Pair};

/// What a node of the graph is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Data.
    Observed,
    /// A random variable that is inferred.
    Latent,
    /// A constant.
    Constant,
}

/// A directed graphical model: nodes, edges from parent to child, and plates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlateModel {
    /// The name (`_` starts a subscript, `^` a superscript) and the role of each node.
    pub nodes: Vec<(String, Role)>,
    /// Parent and child, by index.
    pub edges: Vec<(usize, usize)>,
    /// The label and the members of each plate.
    pub plates: Vec<(String, Vec<usize>)>,
}

impl PlateModel {
    fn add(&mut self, name: String, role: Role) -> usize {
        self.nodes.push((name, role));
        self.nodes.len() - 1
    }
}

impl MixtureCavi {
    /// The graphical model. `letters` names the data of each pair, such as `X` and `S`.
    ///
    /// # Panics
    /// When there is not one letter a pair.
    pub fn plate_model(&self, letters: &[&str]) -> PlateModel {
        assert_eq!(letters.len(), self.pairs.len(), "one letter a pair");
        let mut model = PlateModel { nodes: Vec::new(), edges: Vec::new(), plates: Vec::new() };
        let mut components = Vec::new();
        let label = model.add("Z_n".to_owned(), Role::Latent);
        let mut events = vec![label];
        let weights = match &self.mixing {
            Mixing::Fixed { .. } => model.add("π".to_owned(), Role::Constant),
            Mixing::Dirichlet { .. } => {
                let prior = model.add("α_0".to_owned(), Role::Constant);
                let weights = model.add("π".to_owned(), Role::Latent);
                model.edges.push((prior, weights));
                weights
            }
            Mixing::StickBreaking { .. } => {
                let prior = model.add("γ".to_owned(), Role::Constant);
                let sticks = model.add("v_k".to_owned(), Role::Latent);
                model.edges.push((prior, sticks));
                components.push(sticks);
                sticks
            }
        };
        model.edges.push((weights, label));
        for (index, (pair, letter)) in self.pairs.iter().zip(letters).enumerate() {
            let (parameter, hyper, fixed) = symbols(pair);
            // Two pairs of one kind would share their letters.
            let shared = self.pairs.iter().filter(|other| symbols(other).0 == parameter).count() > 1;
            let mark = if shared { format!("^({})", index + 1) } else { String::new() };
            let data = model.add(format!("{letter}_n"), Role::Observed);
            let theta = model.add(format!("{parameter}_k{mark}"), Role::Latent);
            model.edges.extend([(label, data), (theta, data)]);
            for name in hyper {
                let prior = model.add(format!("{name}{mark}"), Role::Constant);
                model.edges.push((prior, theta));
            }
            for name in fixed {
                let constant = model.add(format!("{name}{mark}"), Role::Constant);
                model.edges.push((constant, data));
            }
            events.push(data);
            components.push(theta);
        }
        model.plates = vec![("N".to_owned(), events), ("K".to_owned(), components)];
        model
    }
}

impl Assignment {
    /// The letters of the assignment's data.
    pub fn letters(self) -> [&'static str; 2] {
        match self {
            Self::NormalPoisson => ["X", "S"],
            Self::LogNormalPoisson => ["R", "S"],
        }
    }
}

/// The parameter, its prior's constants, and the likelihood's own constants.
fn symbols(pair: &Pair) -> (&'static str, &'static [&'static str], &'static [&'static str]) {
    match pair {
        Pair::Normal(_) | Pair::LogNormal(_) => ("μ", &["ν", "ρ"], &["τ"]),
        Pair::Poisson(_) | Pair::Exponential(_) => ("λ", &["α", "β"], &[]),
        Pair::Bernoulli(_) => ("p", &["a", "b"], &[]),
        Pair::Categorical(_) => ("p", &["a"], &[]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{NormalFixedPrecision, PoissonGamma};

    /// Question 1.1.1: pi -> Z, Z and mu -> X, Z and lambda -> S, with their priors and tau.
    #[test]
    fn the_assignment_has_the_graph_of_its_text() {
        let pairs = vec![
            Pair::Normal(NormalFixedPrecision::new(1.0, vec![0.0, 0.0], 1.0).unwrap()),
            Pair::Poisson(PoissonGamma::new(1.0, 1.0).unwrap()),
        ];
        let mixture = MixtureCavi::new(pairs, Mixing::equal(2), 2).unwrap();
        let model = mixture.plate_model(&Assignment::NormalPoisson.letters());
        let name = |i: usize| model.nodes[i].0.as_str();
        let mut edges: Vec<(&str, &str)> = model.edges.iter().map(|&(a, b)| (name(a), name(b))).collect();
        edges.sort_unstable();
        let mut expected = [
            ("Z_n", "S_n"),
            ("Z_n", "X_n"),
            ("α", "λ_k"),
            ("β", "λ_k"),
            ("λ_k", "S_n"),
            ("μ_k", "X_n"),
            ("ν", "μ_k"),
            ("π", "Z_n"),
            ("ρ", "μ_k"),
            ("τ", "X_n"),
        ];
        expected.sort_unstable();
        assert_eq!(edges, expected);
        let members = |plate: usize| model.plates[plate].1.iter().map(|&i| name(i)).collect::<Vec<_>>();
        assert_eq!((members(0), members(1)), (vec!["Z_n", "X_n", "S_n"], vec!["μ_k", "λ_k"]));
        let observed: Vec<&str> = model.nodes.iter().filter(|n| n.1 == Role::Observed).map(|n| n.0.as_str()).collect();
        assert_eq!(observed, ["X_n", "S_n"]);
    }

    #[test]
    fn two_pairs_of_one_kind_are_told_apart() {
        let pair = || Pair::Poisson(PoissonGamma::new(1.0, 1.0).unwrap());
        let mixture = MixtureCavi::new(vec![pair(), pair()], Mixing::StickBreaking { concentration: 1.0 }, 3).unwrap();
        let model = mixture.plate_model(&["S", "T"]);
        let names: Vec<&str> = model.nodes.iter().map(|n| n.0.as_str()).collect();
        assert!(names.contains(&"λ_k^(1)") && names.contains(&"λ_k^(2)") && names.contains(&"v_k"));
    }
}
