//! The choice of a backend at run time, and what to say when it cannot be had.

use burn::tensor::Device;
use cavi::Precision;
use clap::ValueEnum;
use serde::Serialize;
use thiserror::Error;

use crate::cli::BackendArgs;
use crate::console::Console;

/// A backend by name. A name that is not compiled in still parses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BackendName {
    /// A GPU if one is compiled in and present, else flex
    Auto,
    /// The CPU, in pure Rust
    Flex,
    /// The CPU, through ndarray (feature `ndarray`)
    Ndarray,
    /// Any GPU, through WebGPU (feature `wgpu`)
    Wgpu,
    /// NVIDIA GPUs (feature `cuda`)
    Cuda,
}

/// A backend that computes.
#[derive(Debug, Clone)]
pub(crate) struct Backend {
    /// The device, without autodiff.
    pub(crate) device: Device,
    /// The name that `--backend` takes.
    pub(crate) name: &'static str,
    /// The device, in words.
    pub(crate) description: String,
    /// Whether several threads may use it at once with profit.
    pub(crate) is_cpu: bool,
}

impl Backend {
    /// `f64` on CPUs, `f32` on GPUs.
    pub(crate) fn precision(&self) -> Precision {
        if self.is_cpu { Precision::Double } else { Precision::Single }
    }
}

/// Why a backend cannot be had.
#[derive(Debug, Error)]
pub(crate) enum BackendError {
    #[error(
        "--backend {name} is not compiled into this elbo; build it in: `cargo run --release --features {name} -- ..`, or use --backend flex"
    )]
    NotCompiled { name: &'static str },
    #[error("--backend {name} has no device here: {found}; use --backend flex, or install the driver of the GPU")]
    #[cfg_attr(
        not(any(feature = "wgpu", feature = "cuda")),
        expect(dead_code, reason = "only GPU backends can lack a device")
    )]
    NoDevice { name: &'static str, found: String },
    #[error(
        "--backend wgpu found only the software renderer {renderer}, which is far slower than --backend flex; use that, or add --allow-software for a test"
    )]
    #[cfg_attr(not(feature = "wgpu"), expect(dead_code, reason = "only wgpu has software renderers"))]
    Software { renderer: String },
}

/// Chooses a backend, and says which where the user left it open.
pub(crate) fn choose(args: BackendArgs, console: Console) -> Result<Backend, BackendError> {
    let backend = match args.backend {
        BackendName::Auto => {
            let backend = automatic();
            console.note(&format!("backend {}: {}", backend.name, backend.description));
            backend
        }
        BackendName::Flex => flex(),
        BackendName::Ndarray => ndarray()?,
        BackendName::Wgpu => wgpu(args.allow_software)?,
        BackendName::Cuda => cuda()?,
    };
    if !backend.is_cpu {
        // A GPU is one queue: several threads would only stand in it.
        kernels::set_threads(1);
    }
    Ok(backend)
}

fn automatic() -> Backend {
    cuda().or_else(|_| wgpu(false)).unwrap_or_else(|_| flex())
}

fn flex() -> Backend {
    Backend { device: Device::flex(), name: "flex", description: "CPU, pure Rust".to_owned(), is_cpu: true }
}

#[cfg(feature = "ndarray")]
fn ndarray() -> Result<Backend, BackendError> {
    #[allow(deprecated, reason = "Burn 0.22 deprecates ndarray in favour of flex; it is kept as an opt-in")]
    let device = Device::ndarray();
    Ok(Backend { device, name: "ndarray", description: "CPU, ndarray".to_owned(), is_cpu: true })
}

#[cfg(not(feature = "ndarray"))]
fn ndarray() -> Result<Backend, BackendError> {
    Err(BackendError::NotCompiled { name: "ndarray" })
}

/// What wgpu found: it starts once a process, so the answer is kept.
#[cfg(feature = "wgpu")]
static WGPU: std::sync::OnceLock<Result<(Backend, IsSoftware), String>> = std::sync::OnceLock::new();

#[cfg(feature = "wgpu")]
type IsSoftware = bool;

#[cfg(feature = "wgpu")]
fn wgpu(allow_software: bool) -> Result<Backend, BackendError> {
    use burn::tensor::wgpu::wgpu::DeviceType;

    let found = WGPU.get_or_init(|| {
        // The fallible way in: the first operation on a lazy device would panic where there is no adapter.
        let (device, setup) = Device::wgpu_options().init_with_setup().map_err(|error| error.to_string())?;
        let info = setup.adapter.get_info();
        let description = format!("{} ({:?})", info.name, info.backend);
        Ok((Backend { device, name: "wgpu", description, is_cpu: false }, info.device_type == DeviceType::Cpu))
    });
    match found.clone() {
        Ok((backend, true)) if !allow_software => Err(BackendError::Software { renderer: backend.description }),
        Ok((backend, _)) => Ok(backend),
        Err(found) => Err(BackendError::NoDevice { name: "wgpu", found }),
    }
}

#[cfg(not(feature = "wgpu"))]
fn wgpu(_allow_software: bool) -> Result<Backend, BackendError> {
    Err(BackendError::NotCompiled { name: "wgpu" })
}

#[cfg(feature = "cuda")]
fn cuda() -> Result<Backend, BackendError> {
    use burn::tensor::DeviceType;

    // Without a driver the CUDA runtime panics while it looks for devices, and prints a backtrace on the way.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let count = std::panic::catch_unwind(|| Device::enumerate(DeviceType::Cuda).into_vec().len());
    std::panic::set_hook(hook);
    match count {
        Ok(count) if count > 0 => Ok(Backend {
            device: Device::cuda(0),
            name: "cuda",
            description: format!("NVIDIA GPU 0 of {count}"),
            is_cpu: false,
        }),
        Ok(_) => Err(BackendError::NoDevice { name: "cuda", found: "the driver lists no GPU".to_owned() }),
        Err(_) => Err(BackendError::NoDevice { name: "cuda", found: "there is no NVIDIA driver".to_owned() }),
    }
}

#[cfg(not(feature = "cuda"))]
fn cuda() -> Result<Backend, BackendError> {
    Err(BackendError::NotCompiled { name: "cuda" })
}

/// One line of `elbo backends`.
#[derive(Debug, Serialize)]
pub(crate) struct Availability {
    /// The name that `--backend` takes.
    pub(crate) name: &'static str,
    /// Whether this binary has it.
    pub(crate) compiled: bool,
    /// Whether it can compute here.
    pub(crate) present: bool,
    /// The device, or the reason why there is none.
    pub(crate) description: String,
    /// Whether `--backend auto` takes it.
    pub(crate) auto: bool,
}

/// Every backend, in the order of `--help`.
pub(crate) fn availability() -> Vec<Availability> {
    let chosen = automatic().name;
    [("flex", Ok(flex())), ("ndarray", ndarray()), ("wgpu", wgpu(false)), ("cuda", cuda())]
        .into_iter()
        .map(|(name, backend)| {
            let compiled = !matches!(backend, Err(BackendError::NotCompiled { .. }));
            let (present, description) = match backend {
                Ok(backend) => (true, backend.description),
                Err(BackendError::NotCompiled { name }) => (false, format!("build with --features {name}")),
                Err(BackendError::NoDevice { found, .. }) => (false, found),
                Err(BackendError::Software { renderer }) => {
                    (true, format!("{renderer}: software, needs --allow-software"))
                }
            };
            Availability { name, compiled, present, description, auto: name == chosen }
        })
        .collect()
}
