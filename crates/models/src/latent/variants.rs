//! One expression for whichever latent: the list of all variants, once.

/// The same expression for the content of whichever variant of an enum with one variant a latent; with
/// `=> OtherEnum(expression)`, the result is the variant of the same name.
macro_rules! with_latent {
    (@all $enum:ident, $self:expr, $content:ident, $wrap:ident, $other:tt, $body:expr, [$($variant:ident)*]) => {
        match $self {
            $($enum::$variant($content) => with_latent!(@$wrap $other $variant $body),)*
        }
    };
    (@plain $other:tt $variant:ident $body:expr) => { $body };
    (@wrapped $other:ident $variant:ident $body:expr) => { $other::$variant($body) };
    ($enum:ident, $self:expr, $content:ident => Posterior($body:expr)) => {
        with_latent!(@list $enum, $self, $content, wrapped, Posterior, $body)
    };
    ($enum:ident, $self:expr, $content:ident => LatentLayer($body:expr)) => {
        with_latent!(@list $enum, $self, $content, wrapped, LatentLayer, $body)
    };
    ($enum:ident, $self:expr, $content:ident => $body:expr) => {
        with_latent!(@list $enum, $self, $content, plain, (), $body)
    };
    (@list $enum:ident, $self:expr, $content:ident, $wrap:ident, $other:tt, $body:expr) => {
        with_latent!(@all $enum, $self, $content, $wrap, $other, $body,
            [Gaussian Exponential LogNormal Kumaraswamy Beta Gamma Dirichlet Bernoulli Categorical Stacked])
    };
}

pub(crate) use with_latent;
