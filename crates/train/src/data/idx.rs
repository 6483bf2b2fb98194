//! The reader of IDX files (raw or gzip): any bytes give data or an error, never a panic.
//!
//! An IDX file is `00 00 type dimensions`, one big-endian `u32` a dimension, then the elements.

use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;

use flate2::bufread::GzDecoder;

use super::error::{IdxError, IdxProblem};

/// Elements read from one file at most (2 GiB): the header of a damaged file cannot ask for all memory.
pub(super) const MAX_ELEMENTS: u64 = 1 << 31;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
const UNSIGNED_BYTE: u8 = 0x08;

/// Space reserved before reading, as a multiple of the bytes at hand: enough for digits, and nothing that a
/// header can inflate. Beyond it the buffer grows with what is really there.
const RESERVED_PER_BYTE: usize = 8;

/// Grey images of one size, row by row, one byte a pixel.
///
/// # Examples
/// ```
/// use train::data::{LabelledImages, parse_images, parse_labels};
///
/// // Two zeros, unsigned bytes, three sizes; then one image of 2 x 3 greys.
/// let bytes = [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 50, 100, 150, 200, 250];
/// let images = parse_images("greys", &bytes)?;
/// assert_eq!(format!("{images:?}"), "Images(greys: 1 x 2 x 3)");
/// let labelled = LabelledImages::new(images, parse_labels("classes", &[0, 0, 8, 1, 0, 0, 0, 1, 7])?)?;
/// assert_eq!((labelled.image(0)[5], labelled.label(0)), (250, 7));
/// # Ok::<(), train::data::DataError>(())
/// ```
#[derive(Clone)]
pub struct Images {
    pub(super) file: Arc<str>,
    pub(super) count: usize,
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) pixels: Arc<[u8]>,
}

impl fmt::Debug for Images {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, height, width) = (self.count, self.height, self.width);
        write!(f, "Images({}: {count} x {height} x {width})", self.file)
    }
}

/// The classes of images, one byte each.
///
/// # Examples
/// ```
/// use train::data::{LabelledImages, parse_images, parse_labels};
///
/// let two = parse_labels("classes", &[0, 0, 8, 1, 0, 0, 0, 2, 7, 3])?;
/// assert_eq!(format!("{two:?}"), "Labels(classes: 2)");
/// let one = parse_images("dot", &[0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 255])?;
/// let message = LabelledImages::new(one, two).unwrap_err().to_string();
/// assert_eq!(message, "dot holds 1 images, but classes holds 2 labels; give two files of the same set");
/// # Ok::<(), train::data::IdxError>(())
/// ```
#[derive(Clone)]
pub struct Labels {
    pub(super) file: Arc<str>,
    pub(super) values: Arc<[u8]>,
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Labels({}: {})", self.file, self.values.len())
    }
}

/// Reads images from the bytes of an IDX file of three dimensions; `name` is what errors call the file.
///
/// # Errors
/// If the bytes are anything but a whole IDX file of at least one image: see [`IdxProblem`].
pub fn parse_images(name: &str, bytes: &[u8]) -> Result<Images, IdxError> {
    let ([count, height, width], pixels) = parse("images", bytes).map_err(|problem| problem.in_file(name))?;
    Ok(Images { file: name.into(), count, height, width, pixels })
}

/// Reads labels from the bytes of an IDX file of one dimension; `name` is what errors call the file.
///
/// # Errors
/// If the bytes are anything but a whole IDX file of at least one label: see [`IdxProblem`].
pub fn parse_labels(name: &str, bytes: &[u8]) -> Result<Labels, IdxError> {
    let ([_count], values) = parse("labels", bytes).map_err(|problem| problem.in_file(name))?;
    Ok(Labels { file: name.into(), values })
}

/// The header of an IDX file of unsigned bytes with these sizes.
pub(super) fn header<const N: usize>(sizes: [usize; N]) -> Vec<u8> {
    let mut header = vec![0, 0, UNSIGNED_BYTE, N as u8];
    for size in sizes {
        header.extend((size as u32).to_be_bytes());
    }
    header
}

fn parse<const N: usize>(kind: &'static str, bytes: &[u8]) -> Result<([usize; N], Arc<[u8]>), IdxProblem> {
    let mut content = Content::of(bytes);
    let sizes = read_header(kind, &mut content)?;
    let shape = || sizes.map(|size| size.to_string()).join(" x ");
    if sizes[0] == 0 {
        return Err(IdxProblem::NoItems { kind });
    }
    if sizes.contains(&0) {
        return Err(IdxProblem::NoPixels { shape: shape() });
    }
    let product = sizes.iter().try_fold(1_u64, |product, &size| product.checked_mul(size.into()));
    let Some(expected) = product.filter(|&elements| elements <= MAX_ELEMENTS) else {
        return Err(IdxProblem::TooLarge { shape: shape(), limit: MAX_ELEMENTS });
    };

    // Every size divides a product of at most 2^31, so that all of them fit a usize. One byte more than expected
    // is asked for: it shows padding, and where there is none it makes the gzip decoder check its checksum.
    let expected = expected as usize;
    let reserved = expected.min(bytes.len().saturating_mul(RESERVED_PER_BYTE));
    let elements = content.read_up_to(expected + 1, reserved)?;
    if elements.len() > expected {
        return Err(IdxProblem::Padded { shape: shape(), expected });
    }
    if elements.len() < expected {
        return Err(IdxProblem::Truncated { shape: shape(), expected, found: elements.len() });
    }
    match content.unread() {
        0 => Ok((sizes.map(|size| size as usize), elements.into())),
        extra => Err(IdxProblem::GzipPadded { extra }),
    }
}

fn read_header<const N: usize>(kind: &'static str, content: &mut Content<'_>) -> Result<[u32; N], IdxProblem> {
    let expected = 4 + 4 * N;
    let header = content.read_up_to(expected, expected)?;
    // What the file is comes before whether it is whole: a text of three letters is no truncated IDX file.
    match header[..] {
        [first, second, ..] if [first, second] != [0, 0] => {
            return Err(IdxProblem::Magic { found: [first, second] });
        }
        [_, _, found, ..] if found != UNSIGNED_BYTE => {
            return Err(IdxProblem::ElementType { found });
        }
        [_, _, _, found, ..] if usize::from(found) != N => {
            return Err(IdxProblem::Dimensions { kind, found, expected: N });
        }
        _ if header.len() < expected => {
            return Err(IdxProblem::HeaderTruncated { found: header.len(), expected });
        }
        _ => {}
    }
    let (words, _) = header[4..].as_chunks();
    Ok(std::array::from_fn(|axis| u32::from_be_bytes(words[axis])))
}

/// The content of a file: its bytes, or what its gzip members hold.
enum Content<'a> {
    Raw(&'a [u8]),
    Gzip(Box<GzDecoder<&'a [u8]>>),
}

impl<'a> Content<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        if bytes.starts_with(&GZIP_MAGIC) { Self::Gzip(Box::new(GzDecoder::new(bytes))) } else { Self::Raw(bytes) }
    }

    /// Reads the next `limit` bytes, or fewer where the content ends.
    fn read_up_to(&mut self, limit: usize, reserved: usize) -> Result<Vec<u8>, IdxProblem> {
        let mut bytes = Vec::with_capacity(reserved);
        match self.by_ref().take(limit as u64).read_to_end(&mut bytes) {
            Ok(_) => Ok(bytes),
            Err(source) if source.kind() == io::ErrorKind::UnexpectedEof => Err(IdxProblem::GzipCut { source }),
            Err(source) => Err(IdxProblem::GzipDamaged { source }),
        }
    }

    /// Bytes of the file that belong to no content, once that is read to its end.
    fn unread(&self) -> usize {
        match self {
            Self::Raw(rest) => rest.len(),
            Self::Gzip(decoder) => decoder.get_ref().len(),
        }
    }
}

impl Read for Content<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let decoder = match self {
                Self::Raw(rest) => return rest.read(buffer),
                Self::Gzip(decoder) => decoder,
            };
            let length = decoder.read(buffer)?;
            // A gzip file may hold several members one after another (bgzip writes such files).
            if length == 0 && !buffer.is_empty() && decoder.get_ref().starts_with(&GZIP_MAGIC) {
                *self = Self::of(decoder.get_ref());
            } else {
                return Ok(length);
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::error::Error;
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    pub(in super::super) fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// An IDX file whose elements count up from zero.
    pub(in super::super) fn file<const N: usize>(sizes: [usize; N]) -> Vec<u8> {
        let elements = (0..sizes.iter().product()).map(|i: usize| i as u8);
        header(sizes).into_iter().chain(elements).collect()
    }

    fn message(bytes: &[u8]) -> String {
        parse_images("digits", bytes).unwrap_err().to_string()
    }

    #[test]
    fn images_and_labels_are_read_raw_and_gzip_alike() {
        for bytes in [file([3, 2, 4]), gzip(&file([3, 2, 4]))] {
            let images = parse_images("digits", &bytes).unwrap();
            assert_eq!((images.count, images.height, images.width), (3, 2, 4));
            assert_eq!(images.pixels[..], (0..24).collect::<Vec<u8>>());
            assert_eq!(format!("{images:?}"), "Images(digits: 3 x 2 x 4)");
        }
        for bytes in [file([5]), gzip(&file([5]))] {
            let labels = parse_labels("classes", &bytes).unwrap();
            assert_eq!(labels.values[..], [0, 1, 2, 3, 4]);
        }
    }

    #[test]
    fn a_gzip_file_of_several_members_is_one_content() {
        let whole = file([3, 2, 4]);
        let members: Vec<u8> = whole.chunks(7).flat_map(gzip).collect();
        let images = parse_images("digits", &members).unwrap();
        assert_eq!(images.pixels[..], whole[16..]);
    }

    #[test]
    fn a_wrong_header_says_which_byte_is_wrong() {
        let changed = |at: usize, byte: u8| {
            let mut bytes = file([3, 2, 4]);
            bytes[at] = byte;
            bytes
        };
        assert_eq!(
            message(b"\x89PNG"),
            "digits is no IDX file: it begins with the bytes 89 50, not 00 00; give an IDX file, raw or gzip"
        );
        assert!(message(&gzip(b"text")).starts_with("digits is no IDX file: it begins with the bytes 74 65"));
        assert_eq!(
            message(&changed(2, 0x0d)),
            "digits holds elements of IDX type 0x0d, but only unsigned bytes (0x08) are read; \
             convert its values to 0..255"
        );
        assert_eq!(
            message(&file([5])),
            "digits has 1 dimension(s), but images have 3; \
             check that the files of images and labels are not swapped"
        );
        let swapped = parse_labels("classes", &file([3, 2, 4])).unwrap_err();
        assert!(swapped.to_string().starts_with("classes has 3 dimension(s), but labels have 1;"));
    }

    #[test]
    fn a_file_without_images_or_pixels_is_refused() {
        assert_eq!(message(&file([0, 2, 4])), "digits holds 0 images; give a file with at least one");
        assert_eq!(
            message(&file([3, 0, 4])),
            "digits holds images without pixels (3 x 0 x 4); \
             give a file whose images have at least one row and one column"
        );
        let labels = parse_labels("classes", &file([0])).unwrap_err();
        assert_eq!(labels.to_string(), "classes holds 0 labels; give a file with at least one");
    }

    #[test]
    fn a_truncated_or_padded_file_is_refused() {
        let whole = file([3, 2, 4]);
        let padded = [&whole[..], &[0]].concat();
        assert_eq!(
            message(&whole[..9]),
            "digits ends after 9 bytes, inside its header of 16 bytes; copy or download it again"
        );
        for truncated in [whole[..39].to_vec(), gzip(&whole[..39])] {
            assert_eq!(
                message(&truncated),
                "digits is truncated: its header asks for 24 bytes (3 x 2 x 4), but 23 follow; \
                 copy or download it again"
            );
        }
        for padded in [padded.clone(), gzip(&padded)] {
            assert_eq!(
                message(&padded),
                "digits is padded: bytes follow after the 24 that its header asks for (3 x 2 x 4); \
                 copy or download it again"
            );
        }
        assert_eq!(
            message(&[&gzip(&whole)[..], &[0, 0, 0]].concat()),
            "digits has 3 byte(s) after the end of its gzip stream; copy or download it again"
        );
    }

    #[test]
    fn a_gzip_file_cut_anywhere_or_damaged_is_refused_with_its_cause() {
        let whole = gzip(&file([3, 2, 4]));
        for length in 2..whole.len() {
            let error = parse_images("digits", &whole[..length]).unwrap_err();
            assert_eq!(
                error.to_string(),
                "digits is a gzip file that was cut off; copy or download it again",
                "{length} of {} bytes",
                whole.len()
            );
            assert!(error.source().is_some());
        }
        let mut damaged = whole.clone();
        let checksum = whole.len() - 8;
        damaged[checksum] ^= 1;
        let error = parse_images("digits", &damaged).unwrap_err();
        assert_eq!(error.to_string(), "digits is a damaged gzip file; copy or download it again");
        assert!(error.source().is_some());
    }

    #[test]
    fn a_header_cannot_ask_for_memory() {
        let huge = u32::MAX as usize;
        assert_eq!(
            message(&header([huge, 28, 28])),
            "digits claims 4294967295 x 28 x 28 bytes, but at most 2147483648 are read from one file; \
             its header is damaged, or the data must be split"
        );
        // The product of these sizes is 2^64, which wraps round to zero.
        assert!(message(&header([1 << 31, 1 << 31, 4])).contains("claims 2147483648 x 2147483648 x 4 bytes"));
        // Just under the limit: the buffer follows the bytes at hand, not the claim.
        assert!(message(&header([2_000_000, 28, 28])).contains("asks for 1568000000 bytes"));
        // A bomb is left after the first byte too many.
        let bomb = gzip(&[header([1, 2, 2]), vec![0; 1 << 24]].concat());
        assert!(bomb.len() < 1 << 17);
        assert!(message(&bomb).starts_with("digits is padded: bytes follow after the 4"));
    }

    #[test]
    fn no_bytes_make_the_reader_panic() {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut below = |limit: usize| {
            // xorshift64: fixed bytes for every run.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % limit as u64) as usize
        };
        for whole in [file([3, 2, 4]), gzip(&file([3, 2, 4])), file([5]), gzip(&file([5]))] {
            for length in 0..=whole.len() {
                for _ in 0..300 {
                    let mut bytes = whole[..length].to_vec();
                    for _ in 0..below(4).min(length) {
                        bytes[below(length)] = below(256) as u8;
                    }
                    for error in [parse_images("digits", &bytes).err(), parse_labels("digits", &bytes).err()] {
                        let message = error.map(|error| error.to_string());
                        assert!(message.is_none_or(|message| message.starts_with("digits ")));
                    }
                }
            }
        }
    }
}
