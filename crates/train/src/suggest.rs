//! The nearest valid word to a mistyped one.

/// The candidate most like `word`, where any is like it at all (Jaro-Winkler similarity above 0.75).
///
/// ```
/// assert_eq!(train::nearest("notebok", ["notebook", "two"]), Some("notebook"));
/// assert_eq!(train::nearest("xyz", ["notebook", "two"]), None);
/// ```
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// Below this the suggestion would be a guess: "adam" and "grey" have 0.5.
    const ALIKE: f64 = 0.75;
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(similarity, _)| *similarity > ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// `; did you mean `x`?`, or nothing.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, candidates).map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}
