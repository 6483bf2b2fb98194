//! SHA-256 in hex, as `sha256sum` prints it.

use std::io::{self, Read};

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
    hex(hasher)
}

fn hex(hasher: Sha256) -> String {
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A reader that knows the checksum of what was read through it.
///
/// ```
/// let mut reader = train::Hashed::new(b"ab".as_slice());
/// std::io::copy(&mut reader, &mut std::io::sink()).unwrap();
/// assert_eq!(reader.sha256(), train::sha256([b"ab"]));
/// ```
#[derive(Debug)]
pub struct Hashed<R> {
    inner: R,
    hasher: Sha256,
}

impl<R: Read> Hashed<R> {
    /// Nothing read yet.
    pub fn new(inner: R) -> Self {
        Self { inner, hasher: Sha256::new() }
    }

    /// The checksum of all bytes so far.
    pub fn sha256(self) -> String {
        hex(self.hasher)
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(out)?;
        self.hasher.update(&out[..read]);
        Ok(read)
    }
}
