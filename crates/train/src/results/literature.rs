//! The rows of the literature that are compiled in.

use serde::{Deserialize, Serialize};

/// A row of the literature.
///
/// # Examples
/// ```
/// use train::published;
///
/// let rows = published();
/// let row = rows.iter().find(|row| row.name == "VAE, 1 layer, k = 1").expect("Burda et al. (2016)");
/// assert_eq!((row.nll, row.particles, row.active_units), (Some(86.76), Some(5000), Some(19)));
/// assert_eq!(row.protocol, "dynamic");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// What was trained.
    pub name: String,
    /// The protocol of its data, or `unstated`; never compared across protocols.
    pub protocol: String,
    /// Epochs of training, where the source says.
    #[serde(default)]
    pub epochs: Option<u64>,
    /// The test ELBO, nats per image.
    #[serde(default)]
    pub elbo: Option<f64>,
    /// The test NLL, nats per image.
    #[serde(default)]
    pub nll: Option<f64>,
    /// Particles of the NLL.
    #[serde(default)]
    pub particles: Option<usize>,
    /// Active units, of all layers.
    #[serde(default)]
    pub active_units: Option<usize>,
    /// Where the numbers stand.
    pub source: String,
}

#[derive(Deserialize)]
struct File {
    row: Vec<Published>,
}

/// The rows of the literature that are compiled in.
///
/// # Panics
/// Never: a test parses them.
pub fn published() -> Vec<Published> {
    let file: File =
        toml::from_str(include_str!("../../../../assets/published.toml")).expect("a test parses the published rows");
    file.row
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn published_rows_parse_and_never_mix_protocols() {
        let rows = published();
        assert!(rows.len() > 5);
        let mut seen = BTreeSet::new();
        for row in &rows {
            assert!(row.elbo.is_some() || row.nll.is_some(), "{}", row.name);
            assert!(
                ["threshold", "dynamic", "larochelle-static", "grey", "unstated"].contains(&row.protocol.as_str()),
                "{}",
                row.protocol
            );
            assert!(row.nll.is_none_or(|nll| (50.0..250.0).contains(&nll)), "{row:?}");
            assert!(row.elbo.is_none_or(|elbo| (-250.0..-50.0).contains(&elbo)), "{row:?}");
            assert!(seen.insert((&row.name, &row.protocol, &row.source)), "twice: {row:?}");
        }
    }

    /// The numbers of Burda et al. (2016), table 1: each row is named by its layers and its particles.
    #[test]
    fn the_first_table_of_the_iwae_is_complete() {
        let rows = published();
        let table: Vec<&Published> = rows.iter().filter(|row| row.source.contains("(2016), table 1")).collect();
        let nll = |name: &str| table.iter().find(|row| row.name == name).unwrap_or_else(|| panic!("{name}")).nll;
        for (layers, vae, iwae) in
            [("1 layer", [86.76, 86.47, 86.35], [85.54, 84.78]), ("2 layers", [85.33, 85.01, 84.78], [83.89, 82.90])]
        {
            for (k, value) in [1, 5, 50].into_iter().zip(vae) {
                assert_eq!(nll(&format!("VAE, {layers}, k = {k}")), Some(value));
            }
            for (k, value) in [5, 50].into_iter().zip(iwae) {
                assert_eq!(nll(&format!("IWAE, {layers}, k = {k}")), Some(value));
            }
        }
        assert!(
            table
                .iter()
                .all(|row| row.protocol == "dynamic" && row.epochs == Some(3280) && row.particles == Some(5000))
        );
    }
}
