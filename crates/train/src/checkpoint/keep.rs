//! Which epochs keep their weights.

use std::fmt;
use std::str::FromStr;

/// Which epochs keep their weights after later ones; the newest checkpoint always stays.
///
/// # Examples
/// ```
/// use train::Keep;
///
/// let keep: Keep = "every:5".parse()?;
/// assert_eq!((keep, keep.to_string().as_str()), (Keep::Every(5), "every:5"));
/// let message = "every:0".parse::<Keep>().unwrap_err();
/// assert_eq!(message, "`every:0` is not one of last, all, every:N (N at least 1)");
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Only the newest.
    Last,
    /// Every epoch.
    All,
    /// Every n-th epoch.
    Every(u64),
}

impl Keep {
    pub(crate) fn keeps(self, epoch: u64) -> bool {
        match self {
            Self::Last => false,
            Self::All => true,
            Self::Every(n) => epoch.is_multiple_of(n),
        }
    }
}

impl fmt::Display for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Last => f.write_str("last"),
            Self::All => f.write_str("all"),
            Self::Every(n) => write!(f, "every:{n}"),
        }
    }
}

impl FromStr for Keep {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match (text, text.strip_prefix("every:").map(str::parse)) {
            ("last", _) => Ok(Self::Last),
            ("all", _) => Ok(Self::All),
            (_, Some(Ok(n))) if n > 0 => Ok(Self::Every(n)),
            _ => Err(format!("`{text}` is not one of last, all, every:N (N at least 1)")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keep_parses_what_it_documents_and_refuses_the_rest() {
        assert_eq!("last".parse(), Ok(Keep::Last));
        assert_eq!("all".parse(), Ok(Keep::All));
        assert_eq!("every:5".parse(), Ok(Keep::Every(5)));
        for text in ["every:0", "every:", "every:x", "first", ""] {
            assert!(text.parse::<Keep>().unwrap_err().contains("last, all, every:N"), "{text}");
        }
        assert_eq!([4, 5, 10].map(|epoch| Keep::Every(5).keeps(epoch)), [false, true, true]);
        assert!(!Keep::Last.keeps(1) && Keep::All.keeps(1));
    }
}
