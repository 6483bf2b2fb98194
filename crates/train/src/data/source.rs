//! Where image data comes from: MNIST inside the binary, or a folder of four IDX files.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::LabelledImages;
use super::error::DataError;
use super::idx::{self, MAX_ELEMENTS, parse_images, parse_labels};
use crate::sha256;

/// `cat train-images train-labels t10k-images t10k-labels | sha256sum` over MNIST's raw files, in this order.
const MNIST_SHA256: &str = "b2d8f5bf39174ee5ffeefa97e42d673c35432b411bb5d1f74fbbeddae7f1690a";

/// Names listed where a file is missing.
const NAMES_SHOWN: usize = 5;

/// Training and test images of one size.
///
/// # Examples
/// ```
/// use train::data::from_directory;
/// use train::sha256;
///
/// let folder = tempfile::tempdir()?;
/// let images = [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 255];
/// let labels = [0, 0, 8, 1, 0, 0, 0, 1, 9];
/// for split in ["train", "t10k"] {
///     std::fs::write(folder.path().join(format!("{split}-images-idx3-ubyte")), images)?;
///     std::fs::write(folder.path().join(format!("{split}-labels-idx1-ubyte")), labels)?;
/// }
/// let data = from_directory(folder.path())?;
/// assert_eq!((data.train.len(), data.test.width(), data.test.label(0)), (1, 2, 9));
/// assert_eq!(data.sha256, sha256([&images[..], &labels, &images, &labels]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ImageData {
    /// What is trained on.
    pub train: LabelledImages,
    /// What is evaluated on.
    pub test: LabelledImages,
    /// `mnist`, or the name of the folder.
    pub name: String,
    /// SHA-256 in hex of the raw (not gzip) files: training images, training labels, test images, test labels.
    pub sha256: String,
}

/// The test images alone, with the identity of the data set they belong to: all that a trained model is looked at with.
///
/// # Examples
/// ```
/// use train::data::embedded_mnist_test;
///
/// let mnist = embedded_mnist_test()?;
/// assert_eq!((mnist.name.as_str(), mnist.test.len()), ("mnist", 10_000));
/// // The checksum is of the training files too: it is that of the runs that were trained on them.
/// assert_eq!(mnist.sha256[..16], *"b2d8f5bf39174ee5");
/// # Ok::<(), train::data::DataError>(())
/// ```
#[derive(Clone, Debug)]
pub struct TestData {
    /// What is evaluated on.
    pub test: LabelledImages,
    /// As in [`ImageData`].
    pub name: String,
    /// As in [`ImageData`], of all four files.
    pub sha256: String,
}

/// A file of MNIST as it was compiled into the binary.
macro_rules! asset {
    ($parse:ident, $name:literal) => {
        $parse(concat!("assets/mnist/", $name), include_bytes!(concat!("../../../../assets/mnist/", $name)))?
    };
}

/// The name of the data that is compiled in.
const MNIST: &str = "mnist";

/// The test images of the MNIST that was compiled into the binary. The training images, six times as many, stay packed, and the
/// checksum of the whole is the published one (a test compares them).
///
/// # Errors
/// If the files of `assets/mnist` were changed before the build.
pub fn embedded_mnist_test() -> Result<TestData, DataError> {
    Ok(TestData { test: embedded_test_images()?, name: MNIST.to_owned(), sha256: MNIST_SHA256.to_owned() })
}

fn embedded_test_images() -> Result<LabelledImages, DataError> {
    LabelledImages::new(
        asset!(parse_images, "t10k-images-idx3-ubyte.gz"),
        asset!(parse_labels, "t10k-labels-idx1-ubyte.gz"),
    )
}

/// MNIST as it was compiled into the binary.
///
/// # Errors
/// If the files of `assets/mnist` were changed before the build.
pub fn embedded_mnist() -> Result<ImageData, DataError> {
    let train = LabelledImages::new(
        asset!(parse_images, "train-images-idx3-ubyte.gz"),
        asset!(parse_labels, "train-labels-idx1-ubyte.gz"),
    )?;
    ImageData::new(MNIST, train, embedded_test_images()?)?.checked(MNIST_SHA256)
}

/// Reads a folder of four IDX files, each raw or gzip whatever its name says, such as Fashion-MNIST or EMNIST.
///
/// A file is found by a part of its name: `train-images`, `train-labels`, `t10k-images` or `test-images`,
/// `t10k-labels` or `test-labels`. Hidden files are passed over.
///
/// # Errors
/// If the folder or a file is missing, cannot be read or is not unique, or if the files do not fit each other.
pub fn from_directory(dir: &Path) -> Result<ImageData, DataError> {
    let names = file_names(dir)?;
    // All four are found before the first is read.
    let [train_images, train_labels, test_images, test_labels] = [
        TRAIN_IMAGES.find(dir, &names)?,
        TRAIN_LABELS.find(dir, &names)?,
        TEST_IMAGES.find(dir, &names)?,
        TEST_LABELS.find(dir, &names)?,
    ];
    let train = read_split(&train_images, &train_labels)?;
    let test = read_split(&test_images, &test_labels)?;
    ImageData::new(&folder_name(dir), train, test)
}

impl ImageData {
    fn new(name: &str, train: LabelledImages, test: LabelledImages) -> Result<Self, DataError> {
        let [train_size, test_size] = [&train, &test].map(|split| (split.height(), split.width()));
        if train_size != test_size {
            return Err(DataError::SizeMismatch {
                train_file: train.file().to_owned(),
                train: train_size,
                test_file: test.file().to_owned(),
                test: test_size,
            });
        }
        let sha256 = checksum([&train, &test]);
        Ok(Self { train, test, name: name.to_owned(), sha256 })
    }

    /// The training images, and the rest.
    pub fn split(self) -> (LabelledImages, TestData) {
        let Self { train, test, name, sha256 } = self;
        (train, TestData { test, name, sha256 })
    }

    fn checked(self, expected: &'static str) -> Result<Self, DataError> {
        if self.sha256 != expected {
            return Err(DataError::Checksum { name: self.name, found: self.sha256, expected });
        }
        Ok(self)
    }
}

/// The sizes decide the header of an IDX file, so that header and elements are the raw file again.
fn checksum(splits: [&LabelledImages; 2]) -> String {
    let headers =
        splits.map(|split| [idx::header([split.len(), split.height(), split.width()]), idx::header([split.len()])]);
    let files = splits
        .iter()
        .zip(&headers)
        .flat_map(|(split, [images, labels])| [images.as_slice(), split.pixels(), labels.as_slice(), split.labels()]);
    sha256(files)
}

/// One of the four files, known by a part of its name.
struct Role {
    what: &'static str,
    parts: &'static [&'static str],
}

const TRAIN_IMAGES: Role = Role { what: "training images", parts: &["train-images"] };
const TRAIN_LABELS: Role = Role { what: "training labels", parts: &["train-labels"] };
const TEST_IMAGES: Role = Role { what: "test images", parts: &["t10k-images", "test-images"] };
const TEST_LABELS: Role = Role { what: "test labels", parts: &["t10k-labels", "test-labels"] };

impl Role {
    fn find(&self, dir: &Path, names: &[String]) -> Result<PathBuf, DataError> {
        let candidates: Vec<&String> =
            names.iter().filter(|name| self.parts.iter().any(|part| name.contains(part))).collect();
        match candidates[..] {
            [name] => Ok(dir.join(name)),
            [] => Err(DataError::FileMissing {
                folder: dir.to_owned(),
                role: self.what,
                looked_for: self.parts.join(" or "),
                holds: listing(names),
            }),
            [first, second, ..] => Err(DataError::FileAmbiguous {
                folder: dir.to_owned(),
                role: self.what,
                first: first.clone(),
                second: second.clone(),
            }),
        }
    }
}

/// The names of the files in a folder, sorted: the order of the disk is not the same everywhere.
fn file_names(dir: &Path) -> Result<Vec<String>, DataError> {
    let unreadable = |source| DataError::Unreadable { path: dir.to_owned(), source };
    match fs::metadata(dir) {
        Ok(found) if found.is_dir() => {}
        Ok(_) => return Err(DataError::NotAFolder { path: dir.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(DataError::FolderMissing { folder: dir.to_owned() });
        }
        Err(error) => return Err(unreadable(error)),
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(dir).map_err(unreadable)? {
        // A name that is no Unicode is none of the four.
        if let Ok(name) = entry.map_err(unreadable)?.file_name().into_string()
            && !name.starts_with('.')
            && dir.join(&name).is_file()
        {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn listing(names: &[String]) -> String {
    if names.is_empty() {
        return "no files".to_owned();
    }
    let shown = names[..names.len().min(NAMES_SHOWN)].join(", ");
    match names.len().saturating_sub(NAMES_SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn folder_name(dir: &Path) -> String {
    // `.` and `data/..` end in no name of their own.
    let name = |path: &Path| Some(path.file_name()?.to_string_lossy().into_owned());
    name(dir).or_else(|| name(&dir.canonicalize().ok()?)).unwrap_or_else(|| dir.display().to_string())
}

fn read_split(images: &Path, labels: &Path) -> Result<LabelledImages, DataError> {
    LabelledImages::new(
        parse_images(&images.display().to_string(), &read(images)?)?,
        parse_labels(&labels.display().to_string(), &read(labels)?)?,
    )
}

/// Reads a file, or as much of it as the largest valid file has and a little more, which is then refused.
fn read(path: &Path) -> Result<Vec<u8>, DataError> {
    let mut bytes = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(MAX_ELEMENTS + 64).read_to_end(&mut bytes))
        .map_err(|source| DataError::Unreadable { path: path.to_owned(), source })?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use tempfile::TempDir;

    use super::super::idx::tests::{file, gzip};
    use super::*;

    const NAMES: [&str; 4] =
        ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"];

    /// A folder of three training and two test images of 2 x 4 pixels.
    fn folder(names: [&str; 4]) -> TempDir {
        let dir = TempDir::new().unwrap();
        let files = [file([3, 2, 4]), file([3]), file([2, 2, 4]), file([2])];
        for (name, bytes) in names.iter().zip(files) {
            fs::write(dir.path().join(name), bytes).unwrap();
        }
        dir
    }

    /// The message of a folder, which it may call `DIR`.
    fn message(dir: &Path) -> String {
        let message = from_directory(dir).unwrap_err().to_string();
        message.replace(&dir.display().to_string(), "DIR")
    }

    #[test]
    fn the_embedded_mnist_is_the_published_one() {
        let mnist = embedded_mnist().unwrap();
        assert_eq!(mnist.sha256, embedded_mnist_test().unwrap().sha256);
        assert_eq!((mnist.train.len(), mnist.test.len()), (60_000, 10_000));
        assert_eq!((mnist.train.height(), mnist.train.width()), (28, 28));
        assert_eq!(mnist.train.labels()[..5], [5, 0, 4, 1, 9]);
        assert_eq!(mnist.test.labels()[..5], [7, 2, 1, 0, 4]);
        // The sum of all training pixels, of which 33.318421 is the mean; by NumPy.
        let sum: u64 = mnist.train.pixels().iter().map(|&pixel| u64::from(pixel)).sum();
        assert_eq!(sum, 1_567_298_545);
        assert_eq!((mnist.name.as_str(), mnist.sha256.as_str()), ("mnist", MNIST_SHA256));

        let changed = mnist.checked("0123").unwrap_err();
        assert_eq!(
            changed.to_string(),
            format!(
                "the data set mnist has sha256 {MNIST_SHA256}, not 0123; \
                 restore its files with `git checkout -- assets/mnist` and build again"
            )
        );
    }

    #[test]
    fn a_folder_of_raw_and_gzip_files_gives_what_is_embedded() {
        let mnist = embedded_mnist().unwrap();
        let dir = TempDir::new().unwrap();
        let put = |name: &str, bytes: &[u8]| fs::write(dir.path().join(name), bytes).unwrap();
        let (train, test) = (&mnist.train, &mnist.test);
        let raw = |split: &LabelledImages| {
            let header = idx::header([split.len(), split.height(), split.width()]);
            [&header, split.pixels()].concat()
        };
        let raw_labels = |split: &LabelledImages| [&idx::header([split.len()]), split.labels()].concat();
        // Raw, gzip, raw in a gzip name and gzip in a raw name; with hyphen, with dot.
        put("train-images-idx3-ubyte", &raw(train));
        put("train-labels-idx1-ubyte.gz", &gzip(&raw_labels(train)));
        put("t10k-images.idx3-ubyte.gz", &raw(test));
        put("t10k-labels.idx1-ubyte", &gzip(&raw_labels(test)));

        let read = from_directory(dir.path()).unwrap();
        assert_eq!(read.sha256, mnist.sha256);
        assert!(read.train.pixels() == train.pixels() && read.train.labels() == train.labels());
        assert!(read.test.pixels() == test.pixels() && read.test.labels() == test.labels());
    }

    #[test]
    fn other_spellings_of_the_names_are_found() {
        for names in [
            NAMES,
            NAMES.map(|name| match name {
                "train-images-idx3-ubyte" => "emnist-letters-train-images-idx3-ubyte",
                "train-labels-idx1-ubyte" => "emnist-letters-train-labels-idx1-ubyte.gz",
                "t10k-images-idx3-ubyte" => "emnist-letters-test-images-idx3-ubyte",
                _ => "emnist-letters-test-labels-idx1-ubyte.gz",
            }),
        ] {
            let dir = folder(names);
            fs::write(dir.path().join("emnist-letters-mapping.txt"), "1 65 97").unwrap();
            fs::write(dir.path().join("._train-images-idx3-ubyte"), "of another system").unwrap();
            fs::create_dir(dir.path().join("old-train-images")).unwrap();
            let data = from_directory(dir.path()).unwrap();
            assert_eq!((data.train.len(), data.test.len()), (3, 2));
            assert_eq!(dir.path().file_name().unwrap().to_str(), Some(data.name.as_str()));
        }
    }

    #[test]
    fn a_folder_without_a_name_of_its_own_gets_one() {
        assert_eq!(folder_name(Path::new("data/fashion/")), "fashion");
        assert_eq!(folder_name(Path::new("/tmp/..")), "/tmp/..");
        assert!(!folder_name(Path::new(".")).contains('.'));
    }

    #[test]
    fn a_missing_folder_and_a_file_in_its_place_are_named() {
        let dir = folder(NAMES);
        assert_eq!(
            message(&dir.path().join("absent")),
            "the data folder DIR does not exist; \
             give a folder with four IDX files, or leave --data out for MNIST"
        );
        assert_eq!(
            message(&dir.path().join(NAMES[0])),
            "DIR is a file, not a folder; give the folder that holds the four IDX files"
        );
        let below_a_file = dir.path().join(NAMES[0]).join("below");
        assert_eq!(message(&below_a_file), "DIR cannot be read; check its permissions and the disk");
        assert!(from_directory(&below_a_file).unwrap_err().source().is_some());
    }

    #[test]
    fn a_missing_file_is_named_with_what_the_folder_holds() {
        let dir = folder(NAMES);
        fs::remove_file(dir.path().join(NAMES[2])).unwrap();
        assert_eq!(
            message(dir.path()),
            "DIR has no file of test images: none has t10k-images or test-images in its name; \
             it holds t10k-labels-idx1-ubyte, train-images-idx3-ubyte, train-labels-idx1-ubyte; rename the file or give another folder"
        );
        for name in ["a", "b", "c", "d"] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        assert!(message(dir.path()).ends_with(
            "it holds a, b, c, d, t10k-labels-idx1-ubyte and 2 more; rename the file or give another folder"
        ));
        let empty = TempDir::new().unwrap();
        assert_eq!(
            message(empty.path()),
            "DIR has no file of training images: none has train-images in its name; it holds no files; rename the file or give another folder"
        );
    }

    #[test]
    fn two_files_of_one_role_are_both_named() {
        let dir = folder(NAMES);
        fs::write(dir.path().join("train-labels-idx1-ubyte.gz"), "").unwrap();
        assert_eq!(
            message(dir.path()),
            "DIR has two files of training labels, train-labels-idx1-ubyte and train-labels-idx1-ubyte.gz; \
             leave only one of them there"
        );
    }

    #[test]
    fn files_that_do_not_fit_each_other_are_named() {
        let dir = folder(NAMES);
        fs::write(dir.path().join(NAMES[2]), file([2, 4, 4])).unwrap();
        assert_eq!(
            message(dir.path()),
            "the images of DIR/train-images-idx3-ubyte have 2 x 4 pixels, \
             but those of DIR/t10k-images-idx3-ubyte have 4 x 4; give four files of the same set"
        );
        fs::write(dir.path().join(NAMES[1]), file([7])).unwrap();
        assert_eq!(
            message(dir.path()),
            "DIR/train-images-idx3-ubyte holds 3 images, but DIR/train-labels-idx1-ubyte holds 7 labels; \
             give two files of the same set"
        );
    }

    #[test]
    fn a_damaged_file_is_named_with_its_folder() {
        let dir = folder(NAMES);
        fs::write(dir.path().join(NAMES[3]), &file([2])[..9]).unwrap();
        assert_eq!(
            message(dir.path()),
            "DIR/t10k-labels-idx1-ubyte is truncated: its header asks for 2 bytes (2), but 1 follow; \
             copy or download it again"
        );
    }
}
