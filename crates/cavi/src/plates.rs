//! The graphical model of a mixture, in plate notation, as data for a drawing.

use crate::{Mixing, MixtureCavi, Pair};

/// What a node of the graph is.
///
/// # Examples
/// ```
/// use cavi::{Mixing, MixtureCavi, Pair, PoissonGamma, Role};
///
/// let role_of_weights = |mixing| {
///     let strength = Pair::Poisson(PoissonGamma::new(1.0, 1.0)?);
///     let model = MixtureCavi::new(vec![strength], mixing, 2)?.plate_model();
///     Ok::<_, cavi::CaviError>(model.nodes.into_iter().find(|(name, _)| name == "π").map(|(_, role)| role))
/// };
/// assert_eq!(role_of_weights(Mixing::equal(2))?, Some(Role::Constant));
/// assert_eq!(role_of_weights(Mixing::Dirichlet { concentration: 1.0 })?, Some(Role::Latent));
/// # Ok::<(), cavi::CaviError>(())
/// ```
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
///
/// # Examples
/// ```
/// use cavi::{Mixing, MixtureCavi, Pair, PoissonGamma};
///
/// let strength = Pair::Poisson(PoissonGamma::new(1.0, 1.0)?);
/// let model = MixtureCavi::new(vec![strength], Mixing::equal(2), 2)?.plate_model();
/// let name = |node: usize| model.nodes[node].0.as_str();
/// let edges: Vec<_> = model.edges.iter().map(|&(parent, child)| (name(parent), name(child))).collect();
/// assert_eq!(edges, [("π", "Z_n"), ("Z_n", "S_n"), ("λ_k", "S_n"), ("α", "λ_k"), ("β", "λ_k")]);
/// let (label, members) = &model.plates[0];
/// assert_eq!((label.as_str(), name(members[0]), name(members[1])), ("N", "Z_n", "S_n"));
/// # Ok::<(), cavi::CaviError>(())
/// ```
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
    /// The graphical model: the letter of a pair's data and parameters follows from its kind, numbered where two pairs share it.
    pub fn plate_model(&self) -> PlateModel {
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
        let all: Vec<Symbols> = self.pairs.iter().map(symbols).collect();
        for (index, own) in all.iter().enumerate() {
            // Two pairs of one kind would share their letters, and so would two that differ but in their data.
            let shared = |of: &dyn Fn(&Symbols) -> &'static str| all.iter().filter(|s| of(s) == of(own)).count() > 1;
            let number = format!("^({})", index + 1);
            let mark = |is_shared: bool| if is_shared { number.as_str() } else { "" };
            let data_mark = mark(shared(&|s| s.data));
            let mark = mark(shared(&|s| s.parameters[0].0));
            let data = model.add(format!("{}_n{data_mark}", own.data), Role::Observed);
            model.edges.push((label, data));
            let mut before = None;
            for (name, hyper) in own.parameters {
                let theta = model.add(format!("{name}_k{mark}"), Role::Latent);
                model.edges.push((theta, data));
                // The precision comes second, and the prior of the mean is in units of it.
                model.edges.extend(before.map(|mean| (theta, mean)));
                before = Some(theta);
                for name in *hyper {
                    let prior = model.add(format!("{name}{mark}"), Role::Constant);
                    model.edges.push((prior, theta));
                }
                components.push(theta);
            }
            for name in own.fixed {
                let constant = model.add(format!("{name}{mark}"), Role::Constant);
                model.edges.push((constant, data));
            }
            events.push(data);
        }
        model.plates = vec![("N".to_owned(), events), ("K".to_owned(), components)];
        model
    }
}

/// The letters of a pair.
struct Symbols {
    data: &'static str,
    /// Each parameter with its prior's constants.
    parameters: &'static [(&'static str, &'static [&'static str])],
    /// The likelihood's own constants.
    fixed: &'static [&'static str],
}

fn symbols(pair: &Pair) -> Symbols {
    match pair {
        Pair::Normal(_) => Symbols { data: "X", parameters: &[("μ", &["ν", "ρ"])], fixed: &["τ"] },
        Pair::LogNormal(_) => Symbols { data: "R", parameters: &[("μ", &["ν", "ρ"])], fixed: &["τ"] },
        Pair::NormalGamma(_) => {
            Symbols { data: "X", parameters: &[("μ", &["ν", "κ"]), ("τ", &["α", "β"])], fixed: &[] }
        }
        Pair::NormalWishart(_) => {
            Symbols { data: "X", parameters: &[("μ", &["ν", "κ"]), ("Λ", &["W", "d"])], fixed: &[] }
        }
        Pair::Poisson(_) => Symbols { data: "S", parameters: &[("λ", &["α", "β"])], fixed: &[] },
        Pair::Exponential(_) => Symbols { data: "T", parameters: &[("λ", &["α", "β"])], fixed: &[] },
        Pair::Bernoulli(_) => Symbols { data: "B", parameters: &[("p", &["a", "b"])], fixed: &[] },
        Pair::Categorical(_) => Symbols { data: "C", parameters: &[("p", &["a"])], fixed: &[] },
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
        let model = mixture.plate_model();
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
        let model = mixture.plate_model();
        let names: Vec<&str> = model.nodes.iter().map(|n| n.0.as_str()).collect();
        assert!(
            names.contains(&"λ_k^(1)")
                && names.contains(&"S_n^(2)")
                && names.contains(&"λ_k^(2)")
                && names.contains(&"v_k")
        );
    }
}
