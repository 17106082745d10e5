//! How long work tells a person how far it is; what is shown, and where, is the caller's.

/// Takes counts from any thread.
pub trait Progress: Sync {
    /// A piece of work begins; `total` is 0 when nobody knows how much it is.
    fn begin(&self, what: &str, total: u64);

    fn advance(&self, by: u64);
}

/// Says nothing: for tests and machines.
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _what: &str, _total: u64) {}

    fn advance(&self, _by: u64) {}
}
