//! Files that are no images: each gets one sentence with the file and the mend, exit code 2, and nothing changes.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::*;

/// Asserts that training on a changed data set is refused, with the changed file named.
#[track_caller]
fn refused(bench: &Bench, change: impl FnOnce(&mut Tree), parts: &[&str]) {
    let mut files = data_set();
    change(&mut files);
    bench.write_data("data", &files);
    bench.refuses("train vae --config tiny.toml --data data --run new --batch-size 20", parts);
}

/// The data set is fine as it is: every refusal below is about the change.
#[test]
fn a_folder_of_raw_and_gzip_files_is_trained_on() {
    let bench = Bench::new();
    let mut files = data_set();
    let images = files.remove(TRAIN_IMAGES).unwrap();
    files.insert(format!("{TRAIN_IMAGES}.gz"), gzip(&images));
    bench.write_data("data", &files);
    bench.elbo("train vae --config tiny.toml --data data --run new --batch-size 20").ok();
    assert_eq!(bench.json("outputs/new/manifest.json")["data"]["name"], "data");
}

#[test]
fn a_missing_file_or_folder_is_named_with_what_is_there() {
    let bench = Bench::with_earlier_run();
    bench.refuses(
        "train vae --data absent",
        &["the data folder absent does not exist; give a folder with four IDX files, or leave --data out for MNIST"],
    );
    bench.refuses("train vae --data tiny.toml", &["tiny.toml is a file, not a folder; give the folder that holds"]);
    for (name, role) in [
        (TRAIN_IMAGES, "training images"),
        (TRAIN_LABELS, "training labels"),
        (TEST_IMAGES, "test images"),
        (TEST_LABELS, "test labels"),
    ] {
        let missing = format!("data has no file of {role}: none has {}", &name[..11]);
        refused(&bench, |files| drop(files.remove(name)), &[&missing, "it holds t", "rename the file"]);
    }
    let copy = format!("{TRAIN_LABELS}.gz");
    refused(
        &bench,
        |files| drop(files.insert(copy.clone(), gzip(&labels(60)))),
        &[&format!("data has two files of training labels, {TRAIN_LABELS} and {copy}; leave only one of them there")],
    );
}

#[test]
fn a_truncated_or_padded_file_is_refused() {
    let bench = Bench::with_earlier_run();
    let truncated = [
        "data/train-images-idx3-ubyte is truncated: its header asks for 960 bytes (60 x 4 x 4), but 959 follow; copy or download it again",
    ];
    refused(&bench, |files| files.get_mut(TRAIN_IMAGES).unwrap().truncate(16 + 959), &truncated);
    let padded =
        ["data/t10k-labels-idx1-ubyte is padded: bytes follow after the 20 that its header asks for (20); copy"];
    refused(&bench, |files| files.get_mut(TEST_LABELS).unwrap().push(0), &padded);
    let short = ["data/t10k-images-idx3-ubyte ends after 9 bytes, inside its header of 16 bytes; copy"];
    refused(&bench, |files| files.get_mut(TEST_IMAGES).unwrap().truncate(9), &short);
    refused(&bench, |files| files.get_mut(TEST_IMAGES).unwrap().clear(), &["data/t10k-images-idx3-ubyte ", "copy"]);
}

#[test]
fn a_file_with_another_magic_number_is_refused() {
    let bench = Bench::with_earlier_run();
    let set = |at: usize, value: u8| move |files: &mut Tree| files.get_mut(TRAIN_IMAGES).unwrap()[at] = value;
    let name = "data/train-images-idx3-ubyte";
    refused(
        &bench,
        set(0, 0x50),
        &[name, "is no IDX file: it begins with the bytes 50 00, not 00 00; give an IDX file"],
    );
    refused(&bench, set(2, 0x0d), &[name, "holds elements of IDX type 0x0d, but only unsigned bytes (0x08) are read"]);
    refused(
        &bench,
        set(3, 1),
        &[name, "has 1 dimension(s), but images have 3; check that the files of images and labels"],
    );
    let swap = |files: &mut Tree| {
        let (images, labels) = (files[TEST_IMAGES].clone(), files[TEST_LABELS].clone());
        files.extend([(TEST_IMAGES.to_owned(), labels), (TEST_LABELS.to_owned(), images)]);
    };
    refused(&bench, swap, &["data/t10k-images-idx3-ubyte has 1 dimension(s), but images have 3; check that"]);
}

#[test]
fn a_file_without_images_is_refused() {
    let bench = Bench::with_earlier_run();
    let put = |name: &'static str, bytes: Vec<u8>| move |files: &mut Tree| drop(files.insert(name.to_owned(), bytes));
    let zero = ["data/train-images-idx3-ubyte holds 0 images; give a file with at least one"];
    refused(&bench, put(TRAIN_IMAGES, images(0)), &zero);
    refused(&bench, put(TEST_LABELS, labels(0)), &["data/t10k-labels-idx1-ubyte holds 0 labels; give a file"]);
    let flat = ["holds images without pixels (60 x 0 x 4); give a file whose images have at least one row"];
    refused(&bench, put(TRAIN_IMAGES, idx(&[60, 0, 4], &[])), &flat);
    // A header that asks for more memory than there is.
    let huge = ["claims 4294967295 x 28 x 28 bytes, but at most 2147483648 are read from one file"];
    refused(&bench, put(TRAIN_IMAGES, idx(&[u32::MAX, 28, 28], &[])), &huge);
}

#[test]
fn files_that_do_not_fit_each_other_are_refused() {
    let bench = Bench::with_earlier_run();
    let put = |name: &'static str, bytes: Vec<u8>| move |files: &mut Tree| drop(files.insert(name.to_owned(), bytes));
    let count = [
        "data/train-images-idx3-ubyte holds 60 images, but data/train-labels-idx1-ubyte holds 59 labels; give two files of the same set",
    ];
    refused(&bench, put(TRAIN_LABELS, labels(59)), &count);
    let size =
        ["have 4 x 4 pixels, but those of data/t10k-images-idx3-ubyte have 2 x 8; give four files of the same set"];
    refused(&bench, put(TEST_IMAGES, idx(&[20, 2, 8], &[7; 320])), &size);
}

#[test]
fn a_gzip_file_cut_in_half_or_damaged_is_refused() {
    let bench = Bench::with_earlier_run();
    let put = |bytes: Vec<u8>| {
        move |files: &mut Tree| {
            files.remove(TRAIN_IMAGES);
            files.insert(format!("{TRAIN_IMAGES}.gz"), bytes);
        }
    };
    let whole = gzip(&images(60));
    let name = "data/train-images-idx3-ubyte.gz ";
    let cut = whole[..whole.len() / 2].to_vec();
    refused(&bench, put(cut), &[name, "is a gzip file that was cut off; copy or download it again"]);
    let mut flipped = whole.clone();
    let checksum = whole.len() - 8;
    flipped[checksum] ^= 1;
    refused(&bench, put(flipped), &[name, "is a damaged gzip file; copy or download it again"]);
    refused(&bench, put([&whole[..], b"more"].concat()), &[name, "has 4 byte(s) after the end of its gzip stream"]);
}

#[test]
fn more_images_than_there_are_cannot_be_asked_for() {
    let bench = Bench::with_earlier_run();
    bench.write_data("data", &data_set());
    let train = "train vae --config tiny.toml --data data --batch-size 20";
    bench.refuses(
        &format!("{train} --limit-train 61"),
        &["--limit-train cannot be met: the first 61 images of data/train-images-idx3-ubyte were asked for, but it holds 60; ask for 1 to 60"],
    );
    bench.refuses(&format!("{train} --limit-test 0"), &["--limit-test cannot be met", "ask for 1 to 20"]);
}

/// A run knows its data: reading it with other data would give numbers about nothing.
#[test]
fn a_run_is_only_read_with_the_data_it_was_trained_on() {
    let bench = Bench::new();
    bench.write_data("data", &data_set());
    bench.elbo("train vae --config tiny.toml --data data --run small --batch-size 20").ok();
    for line in ["evaluate small", "sample small", "train vae --run small --resume --epochs 3"] {
        bench.refuses(
            line,
            &[
                "run small was trained on data (sha256 ",
                "but the data given is mnist (sha256 b2d8f5bf3917..)",
                "pass the same folder as --data",
            ],
        );
    }
    let mut other = data_set();
    other.get_mut(TEST_IMAGES).unwrap()[100] ^= 1;
    bench.write_data("other", &other);
    bench.refuses("evaluate small --data other", &["but the data given is other (sha256 ", "pass the same folder"]);
    // Where the folder lies, and whether its files are compressed, does not matter.
    let moved: Tree = data_set().iter().map(|(name, bytes)| (format!("{name}.gz"), gzip(bytes))).collect();
    bench.write_data("moved", &moved);
    let evaluation = bench.elbo("evaluate small --data moved --particles 10 --json").ok().json();
    assert_eq!(evaluation["images"], 20);
    bench.elbo("train vae --run small --data moved --resume --epochs 3").ok();
}
