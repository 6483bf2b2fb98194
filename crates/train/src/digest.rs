//! SHA-256 in hex, as `sha256sum` prints it.

use sha2::{Digest, Sha256};

/// The checksum of the parts, one after another.
///
/// ```
/// assert_eq!(train::sha256([b"a".as_slice(), b"b"]), train::sha256([b"ab".as_slice()]));
/// ```
pub fn sha256<P: AsRef<[u8]>>(parts: impl IntoIterator<Item = P>) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
