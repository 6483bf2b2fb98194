//! Labelled grey images in memory, as a Burn data set.

mod error;
mod idx;
mod source;

use std::fmt;

use burn_dataset::{Dataset, DatasetError};

pub use error::{DataError, IdxError, IdxProblem};
pub use idx::{Images, Labels, parse_images, parse_labels};
pub use source::{ImageData, TestData, embedded_mnist, embedded_mnist_test, from_directory};

/// The images of one split with their labels, at least one; a clone shares the pixels.
///
/// # Examples
/// ```
/// use train::data::embedded_mnist_test;
///
/// let images = embedded_mnist_test()?.test;
/// let first = images.take(5)?;
/// assert_eq!(first.labels(), [7, 2, 1, 0, 4]);
/// assert_eq!((first.height(), first.width(), first.image(0).len()), (28, 28, 784));
/// // No pixel was copied.
/// assert_eq!(first.pixels().as_ptr(), images.pixels().as_ptr());
/// # Ok::<(), train::data::DataError>(())
/// ```
#[derive(Clone)]
pub struct LabelledImages {
    // `take` lowers the count and keeps the pixels: only `self.pixels()` and `self.labels()` know where they end.
    images: Images,
    labels: Labels,
}

/// One image with its label.
///
/// # Examples
/// ```
/// use burn_dataset::Dataset;
/// use train::data::{ImageItem, embedded_mnist_test};
///
/// let images = embedded_mnist_test()?.test;
/// let ImageItem { pixels, label } = images.get(0)?;
/// assert_eq!((pixels.len(), label), (784, 7));
/// let message = images.get(10_000).unwrap_err().to_string();
/// assert!(message.ends_with("but it holds 10000; the first is 0 and the last 9999"), "{message}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageItem {
    /// Greys row by row, 0 to 255.
    pub pixels: Vec<u8>,
    /// The class.
    pub label: u8,
}

impl LabelledImages {
    /// Joins images and their labels.
    ///
    /// # Errors
    /// [`DataError::CountMismatch`] if there are not as many labels as images.
    pub fn new(images: Images, labels: Labels) -> Result<Self, DataError> {
        if images.count != labels.values.len() {
            return Err(DataError::CountMismatch {
                images_file: images.file.to_string(),
                images: images.count,
                labels_file: labels.file.to_string(),
                labels: labels.values.len(),
            });
        }
        Ok(Self { images, labels })
    }

    /// The first `count` images, without a copy of their pixels.
    ///
    /// # Errors
    /// [`DataError::Subset`] if `count` is zero or more than [`len`](Self::len).
    pub fn take(&self, count: usize) -> Result<Self, DataError> {
        if !(1..=self.len()).contains(&count) {
            return Err(DataError::Subset { file: self.file().to_owned(), asked: count, held: self.len() });
        }
        let mut first = self.clone();
        first.images.count = count;
        Ok(first)
    }

    /// The number of images.
    pub fn len(&self) -> usize {
        self.images.count
    }

    /// Whether there are no images: never, since a file without images is an error.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Rows of an image.
    pub fn height(&self) -> usize {
        self.images.height
    }

    /// Columns of an image.
    pub fn width(&self) -> usize {
        self.images.width
    }

    /// Height times width.
    pub fn pixels_per_image(&self) -> usize {
        self.height() * self.width()
    }

    /// The greys of image `index`, row by row, 0 to 255.
    ///
    /// # Panics
    /// If `index` is not below [`len`](Self::len).
    pub fn image(&self, index: usize) -> &[u8] {
        let size = self.pixels_per_image();
        &self.pixels()[index * size..][..size]
    }

    /// The class of image `index`.
    ///
    /// # Panics
    /// If `index` is not below [`len`](Self::len).
    pub fn label(&self, index: usize) -> u8 {
        self.labels()[index]
    }

    /// The greys of all images, one after another.
    pub fn pixels(&self) -> &[u8] {
        &self.images.pixels[..self.len() * self.pixels_per_image()]
    }

    /// The classes of all images.
    pub fn labels(&self) -> &[u8] {
        &self.labels.values[..self.len()]
    }

    /// The file of the images, as errors name it.
    pub fn file(&self) -> &str {
        &self.images.file
    }
}

impl fmt::Debug for LabelledImages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LabelledImages({:?}, {:?})", self.images, self.labels)
    }
}

/// Unlike Burn's own data sets, an index past the end is an error here and not a panic.
impl Dataset<ImageItem> for LabelledImages {
    fn get(&self, index: usize) -> Result<ImageItem, DatasetError> {
        if index >= self.len() {
            return Err(DatasetError::new(DataError::OutOfRange {
                file: self.file().to_owned(),
                index,
                held: self.len(),
            }));
        }
        Ok(ImageItem { pixels: self.image(index).to_vec(), label: self.label(index) })
    }

    fn get_many(&self, indexes: Vec<usize>) -> Result<Vec<ImageItem>, DatasetError> {
        indexes.into_iter().map(|index| self.get(index)).collect()
    }

    fn len(&self) -> usize {
        self.len()
    }
}

#[cfg(test)]
mod tests {
    use super::idx::tests::file;
    use super::*;

    fn split(images: usize, labels: usize) -> Result<LabelledImages, DataError> {
        LabelledImages::new(parse_images("digits", &file([images, 2, 4]))?, parse_labels("classes", &file([labels]))?)
    }

    #[test]
    fn images_and_labels_are_found_by_index() {
        let data = split(3, 3).unwrap();
        assert_eq!((data.len(), data.is_empty()), (3, false));
        assert_eq!((data.height(), data.width(), data.pixels_per_image()), (2, 4, 8));
        assert_eq!(data.image(1), [8, 9, 10, 11, 12, 13, 14, 15]);
        assert_eq!(data.label(2), 2);
        assert_eq!(data.labels(), [0, 1, 2]);
        assert_eq!(data.pixels().len(), 24);
    }

    #[test]
    fn as_many_labels_as_images_are_needed() {
        assert_eq!(
            split(3, 2).unwrap_err().to_string(),
            "digits holds 3 images, but classes holds 2 labels; give two files of the same set"
        );
    }

    #[test]
    fn a_subset_shares_the_pixels_and_ends_where_it_ends() {
        let data = split(3, 3).unwrap();
        let first = data.take(2).unwrap();
        assert_eq!((first.len(), first.pixels().len(), first.labels().len()), (2, 16, 2));
        assert_eq!(first.pixels().as_ptr(), data.pixels().as_ptr());
        assert_eq!(data.take(3).unwrap().pixels(), data.pixels());
        for (asked, held) in [(4, 3), (0, 3)] {
            assert_eq!(
                data.take(asked).unwrap_err().to_string(),
                format!("the first {asked} images of digits were asked for, but it holds {held}; ask for 1 to {held}")
            );
        }
        assert!(first.take(3).unwrap_err().to_string().ends_with("it holds 2; ask for 1 to 2"));
    }

    #[test]
    fn burn_reads_items_and_gets_an_error_past_the_end() {
        let data = split(3, 3).unwrap().take(2).unwrap();
        let items: Vec<ImageItem> = data.iter().map(Result::unwrap).collect();
        assert_eq!(items.len(), 2);
        assert_eq!(items[1], ImageItem { pixels: (8..16).collect(), label: 1 });
        let expected = "image 2 of digits was asked for, but it holds 2; the first is 0 and the last 1";
        assert_eq!(data.get(2).unwrap_err().to_string(), expected);
        assert_eq!(data.get_many(vec![0, 2]).unwrap_err().to_string(), expected);
        assert!(data.get(usize::MAX).is_err());
    }
}
