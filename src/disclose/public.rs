//! The mark of a value that passed the allow-list and the value scan.

use std::ops::Deref;

use serde::{Deserialize, Serialize};

/// A value that may be published.
///
/// Only this module's siblings can make one from a source row; every later stage takes `Public<T>` and
/// so cannot be handed anything else. Deserialising is how [`crate::snapshot`] reads back what was
/// disclosed before, after it has checked the approver's signature; `tests/architecture.rs` holds that
/// no other module does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Public<T>(T);

impl<T> Public<T> {
    pub(in crate::disclose) fn new(value: T) -> Self {
        Public(value)
    }
}

impl<T> Deref for Public<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
