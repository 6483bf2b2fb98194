//! Text made plain on its way to the parser: no byte order mark, lines that end with a line feed, also the last.

use std::io::{self, BufRead, Read};

/// So that a count of line feeds is a count of lines.
pub(super) struct Plain<R> {
    inner: R,
    begun: bool,
    /// The last byte that came in.
    last: u8,
    ended: bool,
}

impl<R: BufRead> Plain<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, begun: false, last: b'\n', ended: false }
    }
}

impl<R: BufRead> Read for Plain<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() || self.ended {
            return Ok(0);
        }
        loop {
            let mut input = self.inner.fill_buf()?;
            if !self.begun {
                self.begun = true;
                if let Some(rest) = input.strip_prefix(b"\xef\xbb\xbf") {
                    input = rest;
                    let length = input.len();
                    self.inner.consume(3);
                    if length == 0 {
                        continue;
                    }
                    input = self.inner.fill_buf()?;
                }
            }
            if input.is_empty() {
                self.ended = true;
                if matches!(self.last, b'\n' | b'\r') {
                    return Ok(0);
                }
                out[0] = b'\n';
                return Ok(1);
            }
            let taken = input.len().min(out.len());
            let mut written = 0;
            for &byte in &input[..taken] {
                if !(byte == b'\n' && self.last == b'\r') {
                    out[written] = if byte == b'\r' { b'\n' } else { byte };
                    written += 1;
                }
                self.last = byte;
            }
            self.inner.consume(taken);
            if written > 0 {
                return Ok(written);
            }
        }
    }
}
