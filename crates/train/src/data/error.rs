//! What can be wrong with image data: every error names the file, the bad value and the mend.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// A file that is not the IDX data asked for: `{file} {problem}` reads as one sentence.
///
/// # Examples
/// ```
/// use std::error::Error;
///
/// use train::data::parse_labels;
///
/// // The first bytes of a gzip file, and no more.
/// let error = parse_labels("labels.gz", &[0x1f, 0x8b, 8]).unwrap_err();
/// assert_eq!(error.to_string(), "labels.gz is a gzip file that was cut off; copy or download it again");
/// assert_eq!(error.file, "labels.gz");
/// // Behind the problem is what the decoder met.
/// assert!(error.source().is_some());
/// ```
#[derive(Debug)]
pub struct IdxError {
    /// The file, as the user may find it.
    pub file: String,
    /// What is wrong with its bytes.
    pub problem: IdxProblem,
}

impl fmt::Display for IdxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.file, self.problem)
    }
}

impl StdError for IdxError {
    // The problem is already in the message: the source is what lies behind it.
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.problem.source()
    }
}

/// What is wrong with the bytes of an IDX file, as the predicate of a sentence.
///
/// # Examples
/// ```
/// use train::data::{IdxProblem, parse_images};
///
/// // Two labels, where images were asked for.
/// let labels = [0, 0, 8, 1, 0, 0, 0, 2, 7, 3];
/// let problem = parse_images("train-images", &labels).unwrap_err().problem;
/// assert!(matches!(problem, IdxProblem::Dimensions { kind: "images", found: 1, expected: 3 }));
/// assert!(problem.to_string().ends_with("check that the files of images and labels are not swapped"));
/// ```
#[derive(Debug, Error)]
pub enum IdxProblem {
    /// The two zero bytes at the start are absent.
    #[error(
        "is no IDX file: it begins with the bytes {:02x} {:02x}, not 00 00; give an IDX file, raw or gzip",
        .found[0], .found[1]
    )]
    Magic {
        /// The first two bytes.
        found: [u8; 2],
    },
    /// The third byte is not the code of unsigned bytes.
    #[error(
        "holds elements of IDX type 0x{found:02x}, but only unsigned bytes (0x08) are read; convert its values to 0..255"
    )]
    ElementType {
        /// The third byte.
        found: u8,
    },
    /// The fourth byte is not the number of dimensions that images or labels have.
    #[error(
        "has {found} dimension(s), but {kind} have {expected}; check that the files of images and labels are not swapped"
    )]
    Dimensions {
        /// `images` or `labels`.
        kind: &'static str,
        /// The fourth byte.
        found: u8,
        /// What it should be.
        expected: usize,
    },
    /// The bytes end before the sizes are complete.
    #[error("ends after {found} bytes, inside its header of {expected} bytes; copy or download it again")]
    HeaderTruncated {
        /// Bytes present.
        found: usize,
        /// Bytes of a complete header.
        expected: usize,
    },
    /// The first size is zero.
    #[error("holds 0 {kind}; give a file with at least one")]
    NoItems {
        /// `images` or `labels`.
        kind: &'static str,
    },
    /// An image has no rows or no columns.
    #[error("holds images without pixels ({shape}); give a file whose images have at least one row and one column")]
    NoPixels {
        /// Count, rows and columns.
        shape: String,
    },
    /// The sizes multiply to more than is read from one file.
    #[error(
        "claims {shape} bytes, but at most {limit} are read from one file; its header is damaged, or the data must be split"
    )]
    TooLarge {
        /// The sizes claimed.
        shape: String,
        /// The largest product of sizes.
        limit: u64,
    },
    /// Fewer bytes follow the header than it asks for.
    #[error(
        "is truncated: its header asks for {expected} bytes ({shape}), but {found} follow; copy or download it again"
    )]
    Truncated {
        /// The sizes in the header.
        shape: String,
        /// Their product.
        expected: usize,
        /// Bytes present after the header.
        found: usize,
    },
    /// More bytes follow the header than it asks for.
    #[error(
        "is padded: bytes follow after the {expected} that its header asks for ({shape}); copy or download it again"
    )]
    Padded {
        /// The sizes in the header.
        shape: String,
        /// Their product.
        expected: usize,
    },
    /// The gzip stream stops before its end.
    #[error("is a gzip file that was cut off; copy or download it again")]
    GzipCut {
        /// What the decoder met.
        source: io::Error,
    },
    /// The gzip stream is not valid, or its checksum does not match.
    #[error("is a damaged gzip file; copy or download it again")]
    GzipDamaged {
        /// What the decoder met.
        source: io::Error,
    },
    /// Bytes that are no gzip follow the gzip stream.
    #[error("has {extra} byte(s) after the end of its gzip stream; copy or download it again")]
    GzipPadded {
        /// How many bytes follow.
        extra: usize,
    },
}

impl IdxProblem {
    /// Names the file that has the problem.
    pub(super) fn in_file(self, file: &str) -> IdxError {
        IdxError { file: file.to_owned(), problem: self }
    }
}

/// Why a data set cannot be used.
///
/// # Examples
/// ```
/// use std::path::Path;
///
/// use train::data::{DataError, from_directory};
///
/// let error = from_directory(Path::new("absent/fashion")).unwrap_err();
/// assert!(matches!(&error, DataError::FolderMissing { folder } if folder.ends_with("fashion")));
/// assert!(error.to_string().ends_with("give a folder with four IDX files, or leave --data out for MNIST"));
/// ```
#[derive(Debug, Error)]
pub enum DataError {
    /// One of its files is not the IDX data asked for.
    #[error(transparent)]
    Idx(#[from] IdxError),
    /// The folder does not exist.
    #[error(
        "the data folder {folder} does not exist; give a folder with four IDX files, or leave --data out for MNIST"
    )]
    FolderMissing {
        /// The folder asked for.
        folder: PathBuf,
    },
    /// A file stands where the folder should be.
    #[error("{path} is a file, not a folder; give the folder that holds the four IDX files")]
    NotAFolder {
        /// The path asked for.
        path: PathBuf,
    },
    /// A file or folder exists but cannot be read.
    #[error("{path} cannot be read; check its permissions and the disk")]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No file of the folder has the name of a role.
    #[error(
        "{folder} has no file of {role}: none has {looked_for} in its name; it holds {holds}; rename the file or give another folder"
    )]
    FileMissing {
        /// The folder asked for.
        folder: PathBuf,
        /// What the file would hold.
        role: &'static str,
        /// The parts of names looked for.
        looked_for: String,
        /// The first few names in the folder.
        holds: String,
    },
    /// Two files of the folder have the name of one role.
    #[error("{folder} has two files of {role}, {first} and {second}; leave only one of them there")]
    FileAmbiguous {
        /// The folder asked for.
        folder: PathBuf,
        /// What the files hold.
        role: &'static str,
        /// The first in alphabetical order.
        first: String,
        /// The second.
        second: String,
    },
    /// Images and labels of one split differ in number.
    #[error(
        "{images_file} holds {images} images, but {labels_file} holds {labels} labels; give two files of the same set"
    )]
    CountMismatch {
        /// The file of images.
        images_file: String,
        /// Its count.
        images: usize,
        /// The file of labels.
        labels_file: String,
        /// Its count.
        labels: usize,
    },
    /// Training and test images differ in size.
    #[error(
        "the images of {train_file} have {} x {} pixels, but those of {test_file} have {} x {}; give four files of the same set",
        .train.0, .train.1, .test.0, .test.1
    )]
    SizeMismatch {
        /// The file of training images.
        train_file: String,
        /// Their height and width.
        train: (usize, usize),
        /// The file of test images.
        test_file: String,
        /// Their height and width.
        test: (usize, usize),
    },
    /// The bytes are valid but not those that were published.
    #[error(
        "the data set {name} has sha256 {found}, not {expected}; restore its files with `git checkout -- assets/{name}` and build again"
    )]
    Checksum {
        /// The data set.
        name: String,
        /// The checksum of its four files.
        found: String,
        /// The published one.
        expected: &'static str,
    },
    /// A subset was asked for that the data cannot give.
    #[error("the first {asked} images of {file} were asked for, but it holds {held}; ask for 1 to {held}")]
    Subset {
        /// The file of images.
        file: String,
        /// Images asked for.
        asked: usize,
        /// Images held.
        held: usize,
    },
    /// An index is past the end.
    #[error("image {index} of {file} was asked for, but it holds {held}; the first is 0 and the last {}", .held - 1)]
    OutOfRange {
        /// The file of images.
        file: String,
        /// The index asked for.
        index: usize,
        /// Images held.
        held: usize,
    },
}
