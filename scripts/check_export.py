"""Does PyTorch compute from exported weights what elbo computes?

`elbo export RUN --out F.safetensors --reference 16`, then `python scripts/check_export.py F.safetensors`. Needs
`pip install torch safetensors`; the CPU will do.

Builds the model that the metadata of F.safetensors describe, loads the weights into it, and evaluates it on the images
and the noise eps of F.reference.safetensors (the codes themselves of gamma, beta and Dirichlet latents: they are drawn by
rejection). Prints, for log p(x | z) and for KL(q(z | x) || p(z)), the mean over the
images in nats as elbo has it, and the largest difference of one image, relative to the value or to one nat. The layers of the two:

    F.safetensors          PyTorch model
    encoder.layers.<i>     e<i + 1>
    latent.loc             mu                  of a Gaussian latent
    latent.log_variance    lv
    latent.log_rate        lr                  of an exponential latent
    latent.loc, log_variance                   of a log-normal latent: of ln z
    latent.log_concentration<1,0>  c1, c0      of a Kumaraswamy or beta latent
    latent.log_concentration  lc               of a gamma latent (with lr) or a Dirichlet one
    latent.logits          lo                  of a Bernoulli or categorical latent, whose codes are hard
    latent.prior_logits    prior_logits        of a categorical latent with a learnt prior
    latent.lower.loc, log_variance             mu, lv of h1 of a stacked Gaussian latent
    latent.inference, latent.generation        .hidden.layers.<i> and .heads.loc, .log_variance: from h1 to h2 and back
    decoder.layers.<i>     d<i + 1>
    output                 o

Exit status: 0 if all tensors fit and all images agree to 1e-4 relative, 1 if not, 2 if nothing could be compared.
"""

import argparse
import json
import math
import sys
from pathlib import Path

try:
    import torch
    from safetensors import SafetensorError, safe_open
    from torch import distributions as D
    from torch import nn
    from torch.nn import functional as F
except ImportError as error:
    print(f"{__doc__}\n{error}; run `pip install torch safetensors`", file=sys.stderr)
    sys.exit(2)

TOLERANCE = 1e-4
ACTIVATIONS = {"relu": F.relu, "leaky-relu": F.leaky_relu, "tanh": torch.tanh}


HEADS = {
    "gaussian": {"mu": "latent.loc", "lv": "latent.log_variance"},
    "exponential": {"lr": "latent.log_rate"},
    "log-normal": {"mu": "latent.loc", "lv": "latent.log_variance"},
    "kumaraswamy": {"c1": "latent.log_concentration1", "c0": "latent.log_concentration0"},
    "beta": {"c1": "latent.log_concentration1", "c0": "latent.log_concentration0"},
    "gamma": {"lc": "latent.log_concentration", "lr": "latent.log_rate"},
    "dirichlet": {"lc": "latent.log_concentration"},
    "bernoulli": {"lo": "latent.logits"},
    "categorical": {"lo": "latent.logits"},
    "stacked-gaussian": {"mu": "latent.lower.loc", "lv": "latent.lower.log_variance"},
}
# Of these the file has codes in place of noise.
BY_REJECTION = ("beta", "gamma", "dirichlet")


def bounded(x, low, high):
    """The identity near 0, within (low, high)."""
    return high * torch.tanh(F.relu(x) / high) + low * torch.tanh(-F.relu(-x) / low)


def code_size(latent):
    return latent["size"] if "size" in latent else latent["groups"] * latent["classes"]


def noise_size(latent):
    return code_size(latent) + latent.get("upper", 0)


class Vae(nn.Module):
    """pixels -> e1, e2, .. -> the heads of the latent -> z -> d1, d2, .. -> o -> logits of the pixels"""

    def __init__(self, pixels, encoder, decoder, latent, activation):
        super().__init__()
        self.latent, size = latent, code_size(latent)
        self.encoder = self.stack("e", [pixels, *encoder])
        for head in HEADS[latent["kind"]]:
            self.add_module(head, nn.Linear([pixels, *encoder][-1], size))
        if latent.get("prior", "uniform") == "learned":
            self.prior_logits = nn.Parameter(torch.zeros(latent["groups"], latent["classes"]))
        self.between = {}
        if latent["kind"] == "stacked-gaussian":
            sizes = [size, *latent["hidden"], latent["upper"]]
            for way, [*hidden, last] in (("inference", sizes), ("generation", sizes[::-1])):
                self.between[way] = self.stack(way, hidden)
                for head in ("loc", "log_variance"):
                    self.add_module(f"{way}_{head}", nn.Linear(hidden[-1], last))
        self.decoder = self.stack("d", [size, *decoder])
        self.o = nn.Linear([size, *decoder][-1], pixels)
        self.function = ACTIVATIONS[activation["kind"]]
        self.slope = [activation["slope"]] if "slope" in activation else []

    def stack(self, prefix, sizes):
        names = [f"{prefix}{i + 1}" for i in range(len(sizes) - 1)]
        for name, d_input, d_output in zip(names, sizes, sizes[1:]):
            self.add_module(name, nn.Linear(d_input, d_output))
        return names

    def hidden(self, names, h):
        for name in names:
            h = self.function(self.get_submodule(name)(h), *self.slope)
        return h

    def given(self, way, h):
        """The Gaussian over one stochastic layer given the other."""
        h = self.hidden(self.between[way], h)
        loc, log_variance = (self.get_submodule(f"{way}_{head}")(h) for head in ("loc", "log_variance"))
        return D.Normal(loc, torch.exp(0.5 * log_variance))

    def code(self, h, eps):
        """z = g(eps), or eps itself where it is the code, and the closed form of the KL (of two layers, that of the draw)"""
        if self.latent["kind"] == "stacked-gaussian":
            eps1, eps2 = eps.split([self.latent["size"], self.latent["upper"]], dim=1)
            q1 = D.Normal(self.mu(h), torch.exp(0.5 * self.lv(h)))
            h1 = q1.loc + q1.scale * eps1
            q2 = self.given("inference", h1)
            h2 = q2.loc + q2.scale * eps2
            log_q = q1.log_prob(h1).sum(1) + q2.log_prob(h2).sum(1)
            log_p = D.Normal(0.0, 1.0).log_prob(h2).sum(1) + self.given("generation", h2).log_prob(h1).sum(1)
            return h1, log_q - log_p
        if self.latent["kind"] == "gaussian":
            mu, lv = self.mu(h), self.lv(h)
            return mu + torch.exp(0.5 * lv) * eps, 0.5 * (mu * mu + torch.expm1(lv) - lv).sum(1)
        if self.latent["kind"] == "exponential":
            lr = self.lr(h)
            return -torch.log1p(-eps) * torch.exp(-lr), (torch.expm1(-lr) + lr).sum(1)
        if self.latent["kind"] == "log-normal":
            mu, lv = bounded(self.mu(h), -8, 8), bounded(self.lv(h), -12, 2)
            return torch.exp(mu + torch.exp(0.5 * lv) * eps), 0.5 * (mu * mu + torch.expm1(lv) - lv).sum(1)
        if self.latent["kind"] == "kumaraswamy":
            a, b = (bounded(head(h), -1.3, 7).exp() for head in (self.c1, self.c0))
            z = (1 - eps.double() ** (1 / b.double())) ** (1 / a.double())
            entropy = 1 - 1 / b + (1 - 1 / a) * (torch.digamma(b + 1) + 0.5772156649015329) - torch.log(a * b)
            return z.float(), -entropy.sum(1)
        if self.latent["kind"] == "beta":
            q = D.Beta(*(bounded(head(h), -4, 7).exp().double() for head in (self.c1, self.c0)))
            return eps, D.kl_divergence(q, D.Beta(torch.ones_like(eps), torch.ones_like(eps))).sum(1)
        if self.latent["kind"] == "gamma":
            q = D.Gamma(bounded(self.lc(h), -4, 7).exp().double(), bounded(self.lr(h), -8, 8).exp().double())
            return eps, D.kl_divergence(q, D.Gamma(torch.ones_like(eps), torch.ones_like(eps))).sum(1)
        if self.latent["kind"] == "bernoulli":
            q = D.Bernoulli(logits=self.lo(h))
            z = (q.logits + torch.log(eps) - torch.log1p(-eps) > 0).float()
            return z, D.kl_divergence(q, D.Bernoulli(logits=torch.zeros_like(eps))).sum(1)
        shape = (-1, self.latent["groups"], self.latent["classes"])
        if self.latent["kind"] == "dirichlet":
            a = bounded(self.lc(h), -4, 7).exp().double().view(shape)
            return eps, D.kl_divergence(D.Dirichlet(a), D.Dirichlet(torch.ones_like(a))).sum(1)
        log_q = F.log_softmax(self.lo(h).view(shape), dim=-1)
        prior = getattr(self, "prior_logits", torch.zeros(shape[1:]))
        z = F.one_hot((log_q - torch.log(-torch.log(eps.view(shape)))).argmax(-1), shape[2]).float()
        return z.flatten(1), (log_q.exp() * (log_q - F.log_softmax(prior, dim=-1))).sum((1, 2))

    def forward(self, x, eps):
        """log p(x | z) at z = g(eps), and the closed form of the KL, each one value an image"""
        z, kl = self.code(self.hidden(self.encoder, x), eps)
        logits = self.o(self.hidden(self.decoder, z))
        return -F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1), kl

    def names(self):
        """The name in the file of each parameter here."""
        layers = HEADS[self.latent["kind"]] | {"o": "output"}
        layers |= {name: f"encoder.layers.{i}" for i, name in enumerate(self.encoder)}
        layers |= {name: f"decoder.layers.{i}" for i, name in enumerate(self.decoder)}
        for way, hidden in self.between.items():
            layers |= {name: f"latent.{way}.hidden.layers.{i}" for i, name in enumerate(hidden)}
            layers |= {f"{way}_{head}": f"latent.{way}.heads.{head}" for head in ("loc", "log_variance")}
        names = {f"{ours}.{p}": f"{theirs}.{p}" for ours, theirs in layers.items() for p in ("weight", "bias")}
        return names | ({"prior_logits": "latent.prior_logits"} if hasattr(self, "prior_logits") else {})


def read(path):
    with safe_open(path, framework="pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata()


def require_shapes(path, tensors, expected):
    """Exits 1 unless the file has exactly these tensors: a wrong shape could pass unnoticed through broadcasting."""
    found = {name: list(tensor.shape) for name, tensor in tensors.items()}
    for name in sorted(found | expected):
        here, must = found.get(name, "absent"), expected.get(name, "absent")
        if here != must:
            sys.exit(f"{path}: the tensor {name} is {here} and must be {must}")


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("file", metavar="F.safetensors", type=Path)
path = parser.parse_args().file
reference_path = path.with_suffix(".reference.safetensors")
for needed in (path, reference_path):
    if not needed.is_file():
        parser.error(f"there is no {needed}; `elbo export RUN --out {path} --reference 16` writes it")
try:
    (weights, metadata), (reference, _) = read(path), read(reference_path)
    about = json.loads((metadata or {})["elbo"])
    model, pixels = about["config"]["model"], math.prod(about["data"]["shape"])
    latent, images = model["latent"], len(reference["images"])
    vae = Vae(pixels, model["encoder"], model["decoder"], latent, model["activation"])
except (SafetensorError, KeyError, ValueError) as error:
    parser.error(f"{path} and {reference_path} are not what `elbo export` writes: {error!r}")

names = vae.names()
require_shapes(path, weights, {names[ours]: list(parameter.shape) for ours, parameter in vae.named_parameters()})
terms = {"log_likelihood": [images], "kl": [images]}
noise = "codes" if latent["kind"] in BY_REJECTION else "eps"
require_shapes(reference_path, reference, {"images": [images, pixels], noise: [images, noise_size(latent)], **terms})
vae.load_state_dict({ours: weights[theirs] for ours, theirs in names.items()}, strict=True)
with torch.no_grad():
    computed = dict(zip(terms, vae(reference["images"], reference[noise])))

print(f"{about['run']} after {about['epochs']} epochs: {len(weights)} tensors loaded, {images} images")
wrong = []
for term, value in computed.items():
    expected = reference[term]
    # The divergence of a draw may be near 0, a small difference of large terms.
    difference = ((value - expected) / expected.abs().clamp(min=1.0)).abs().max().item()
    print(f"{term:<14} mean {expected.mean():9.3f}, largest relative difference {difference:.1e}")
    if not difference <= TOLERANCE:  # so written, a NaN is wrong too
        wrong.append(term)
if wrong:
    sys.exit(f"PyTorch and elbo differ by more than {TOLERANCE:g} relative in {' and '.join(wrong)}")
