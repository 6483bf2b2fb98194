//! Runs the real binary on small data, each test in a folder of its own.
#![allow(dead_code, reason = "each file of tests uses a part of this harness")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A network that trains in milliseconds.
const TINY: &str = r#"
[model]
encoder = [16]
decoder = [16]
latent = { kind = "gaussian", size = 2 }
[training]
epochs = 2
batch_size = 50
"#;

/// Trains on the first images of the real MNIST: 4 steps an epoch.
pub const TRAIN: &str = "train vae --config tiny.toml --backend flex --limit-train 200 --limit-test 50";

/// Every file below a folder, by its relative path.
pub type Tree = BTreeMap<String, Vec<u8>>;

/// What the binary did.
#[derive(Debug)]
pub struct Output {
    /// The exit code; none after a signal.
    pub code: Option<i32>,
    /// Results.
    pub stdout: String,
    /// Everything else.
    pub stderr: String,
}

impl Output {
    /// Asserts that all went well.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }

    /// Asserts a failure: its code, and parts of the one message.
    #[track_caller]
    pub fn fails(self, code: i32, parts: &[&str]) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert_eq!(self.stdout, "", "{self:?}");
        // A graphics driver without a desktop says this by itself, where wgpu is compiled in.
        let own = |line: &&str| line.starts_with("error: ") && !line.starts_with("error: XDG_RUNTIME_DIR");
        assert_eq!(self.stderr.lines().filter(own).count(), 1, "{self:?}");
        assert!(!self.stderr.contains("panicked"), "{self:?}");
        for part in parts {
            assert!(self.stderr.contains(part), "no `{part}` in: {}", self.stderr);
        }
        self
    }

    /// The whole of stdout as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A root with a tiny configuration, `tiny.toml`.
pub struct Bench {
    root: TempDir,
}

impl Bench {
    pub fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("tiny.toml"), TINY).unwrap();
        Self { root }
    }

    /// One with the small run `a`.
    pub fn trained() -> Self {
        let bench = Self::new();
        bench.elbo(&format!("{TRAIN} --run a")).ok();
        bench
    }

    /// A root that holds a trained run already, `earlier`, which no failure may touch.
    pub fn with_earlier_run() -> Self {
        let bench = Self::new();
        bench.elbo(&format!("{TRAIN} --run earlier --seed 9")).ok();
        bench
    }

    pub fn path(&self, relative: &str) -> PathBuf {
        self.root.path().join(relative)
    }

    pub fn write(&self, relative: &str, bytes: &[u8]) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub fn read(&self, relative: &str) -> Vec<u8> {
        let path = self.path(relative);
        fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    pub fn json(&self, relative: &str) -> Value {
        serde_json::from_slice(&self.read(relative)).unwrap()
    }

    /// The command of a line of words, in the root and with it as `--root`.
    pub fn command(&self, line: &str) -> Command {
        self.through(env!("CARGO_BIN_EXE_elbo"), &[], line)
    }

    /// The command of a line, started by another program.
    pub fn through(&self, program: &str, arguments: &[&str], line: &str) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).args(line.split_whitespace());
        if !line.split_whitespace().any(|word| word == "--root") {
            command.arg("--root").arg(self.root.path());
        }
        command.current_dir(self.root.path()).stdin(Stdio::null());
        command
    }

    /// Runs a line of words.
    pub fn elbo(&self, line: &str) -> Output {
        run(&mut self.command(line))
    }

    /// Asserts that a line is refused with exit code 2 and a message, and that nothing below the root changes.
    #[track_caller]
    pub fn refuses(&self, line: &str, parts: &[&str]) {
        let before = self.tree("");
        self.elbo(line).fails(2, parts);
        assert_same(&before, &self.tree(""));
    }

    /// Starts a line, to be watched and ended.
    pub fn start(&self, line: &str) -> Watched {
        let mut child = self.command(line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Watched { child, stderr, seen: String::new() }
    }

    /// Every file below a folder of the root.
    pub fn tree(&self, relative: &str) -> Tree {
        let mut tree = Tree::new();
        walk(&self.path(relative), "", &mut tree);
        tree
    }

    /// The newest checkpoint of a run, relative to the root.
    pub fn checkpoint(&self, run: &str) -> String {
        self.newest(run).unwrap_or_else(|| panic!("run {run} has no checkpoint"))
    }

    /// Whether a run has a complete checkpoint.
    pub fn newest(&self, run: &str) -> Option<String> {
        let folder = format!("checkpoints/{run}");
        let entries = fs::read_dir(self.path(&folder)).ok()?;
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with("step-")).max().map(|name| format!("{folder}/{name}"))
    }

    /// The lines of `metrics.jsonl` without the fields that measure time.
    pub fn metrics(&self, run: &str) -> Vec<String> {
        let text = String::from_utf8(self.read(&format!("outputs/{run}/metrics.jsonl"))).unwrap();
        text.lines()
            .map(|line| {
                let mut entry: Value = serde_json::from_str(line).unwrap();
                let fields = entry.as_object_mut().unwrap();
                assert!(fields.remove("seconds").is_some() && fields.remove("evaluation_seconds").is_some(), "{line}");
                entry.to_string()
            })
            .collect()
    }

    /// Asserts that two runs have the same newest checkpoint, byte for byte, and the same metrics.
    #[track_caller]
    pub fn assert_runs_equal(&self, a: &str, b: &str) {
        let [first, second] = [a, b].map(|run| self.checkpoint(run));
        assert_eq!(first.rsplit('/').next(), second.rsplit('/').next());
        let tree = self.tree(&first);
        // Only an estimator that learns from earlier steps has a file of its own.
        let files = tree.keys().filter(|file| *file != "estimator.bpk");
        assert_eq!(files.collect::<Vec<_>>(), ["checksums.sha256", "model.bpk", "optimizer.bpk", "state.json"]);
        assert_same(&tree, &self.tree(&second));
        assert_eq!(self.metrics(a), self.metrics(b));
    }

    /// Makes the checksums of a checkpoint folder fit its files again.
    pub fn sign(&self, folder: &str) {
        let output = Command::new("sha256sum")
            .args(["model.bpk", "state.json", "optimizer.bpk"])
            .current_dir(self.path(folder))
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        self.write(&format!("{folder}/checksums.sha256"), &output.stdout);
    }
}

pub fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Output { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// A process on its way.
pub struct Watched {
    child: Child,
    stderr: BufReader<ChildStderr>,
    seen: String,
}

impl Watched {
    /// Waits until a line on stderr holds `text`; false if the process ends before.
    pub fn wait_for(&mut self, text: &str) -> bool {
        loop {
            let mut line = String::new();
            if self.stderr.read_line(&mut line).unwrap() == 0 {
                return false;
            }
            self.seen.push_str(&line);
            if line.contains(text) {
                return true;
            }
        }
    }

    /// What Ctrl-C sends.
    pub fn interrupt(&self) {
        // The shell has a `kill` of its own; a bare machine need not have another.
        let status = Command::new("sh").args(["-c", &format!("kill -INT {}", self.child.id())]).status().unwrap();
        assert!(status.success());
    }

    /// Nobody reads what it says any more.
    pub fn leave(self) -> Option<i32> {
        let Self { mut child, stderr, .. } = self;
        drop((stderr, child.stdout.take()));
        child.wait().unwrap().code()
    }

    /// SIGKILL: the process has no say.
    pub fn kill(mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        self.child.wait().unwrap();
    }

    /// Waits for the end.
    pub fn finish(mut self) -> Output {
        let mut stdout = String::new();
        self.stderr.read_to_string(&mut self.seen).unwrap();
        self.child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        Output { code: self.child.wait().unwrap().code(), stdout, stderr: self.seen }
    }
}

/// Asserts that nothing came, went or changed, and names what did.
#[track_caller]
pub fn assert_same(before: &Tree, after: &Tree) {
    let names = |tree: &Tree| tree.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(before), names(after));
    let changed: Vec<&String> = before.keys().filter(|name| before[*name] != after[*name]).collect();
    assert!(changed.is_empty(), "changed: {changed:?}");
}

fn walk(folder: &Path, prefix: &str, tree: &mut Tree) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().into_string().unwrap());
        if entry.file_type().unwrap().is_dir() {
            // Empty folders count too.
            tree.insert(format!("{name}/"), Vec::new());
            walk(&entry.path(), &format!("{name}/"), tree);
        } else {
            tree.insert(name, fs::read(entry.path()).unwrap());
        }
    }
}

/// An IDX file of unsigned bytes.
pub fn idx(sizes: &[u32], values: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, u8::try_from(sizes.len()).unwrap()];
    sizes.iter().for_each(|size| bytes.extend(size.to_be_bytes()));
    bytes.extend(values);
    bytes
}

/// `count` images of 4 x 4 pixels, all different.
pub fn images(count: u32) -> Vec<u8> {
    let values: Vec<u8> = (0..count * 16).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    idx(&[count, 4, 4], &values)
}

/// `count` labels.
pub fn labels(count: u32) -> Vec<u8> {
    idx(&[count], &(0..count).map(|i| (i % 10) as u8).collect::<Vec<_>>())
}

pub const TRAIN_IMAGES: &str = "train-images-idx3-ubyte";
pub const TRAIN_LABELS: &str = "train-labels-idx1-ubyte";
pub const TEST_IMAGES: &str = "t10k-images-idx3-ubyte";
pub const TEST_LABELS: &str = "t10k-labels-idx1-ubyte";

/// The four files of a small data set, by name.
pub fn data_set() -> Tree {
    [(TRAIN_IMAGES, images(60)), (TRAIN_LABELS, labels(60)), (TEST_IMAGES, images(20)), (TEST_LABELS, labels(20))]
        .map(|(name, bytes)| (name.to_owned(), bytes))
        .into()
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

impl Bench {
    /// Writes a data set to a folder of the root, in place of what was there.
    pub fn write_data(&self, folder: &str, files: &Tree) {
        let _ = fs::remove_dir_all(self.path(folder));
        fs::create_dir_all(self.path(folder)).unwrap();
        for (name, bytes) in files {
            self.write(&format!("{folder}/{name}"), bytes);
        }
    }
}

/// Width and height of a PNG, after a look at every chunk, every checksum and the length of the pixels.
#[track_caller]
pub fn png_size(bytes: &[u8]) -> [u32; 2] {
    assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n");
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    let (mut at, mut deflated, mut last) = (8, Vec::new(), &b"IHDR"[..]);
    while at < bytes.len() {
        let length = number(at) as usize;
        last = &bytes[at + 4..at + 8];
        let data = &bytes[at + 8..at + 8 + length];
        let mut crc = flate2::Crc::new();
        crc.update(&bytes[at + 4..at + 8 + length]);
        assert_eq!(crc.sum(), number(at + 8 + length));
        if last == b"IDAT" {
            deflated.extend(data);
        }
        at += length + 12;
    }
    assert_eq!(last, b"IEND");
    let (width, height, depth) = (number(16), number(20), u32::from(bytes[24]));
    let channels = match bytes[25] {
        0 | 3 => 1,
        2 => 3,
        4 => 2,
        6 => 4,
        kind => panic!("colour type {kind}"),
    };
    let mut pixels = Vec::new();
    flate2::read::ZlibDecoder::new(&deflated[..]).read_to_end(&mut pixels).unwrap();
    assert_eq!(pixels.len() as u32, height * (1 + (width * channels * depth).div_ceil(8)));
    assert!(pixels.iter().any(|&value| value != pixels[0]), "an empty picture");
    [width, height]
}
