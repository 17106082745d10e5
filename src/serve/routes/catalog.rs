//! `/catalog`: everything that can be fetched, for programs.

use super::text;
use crate::serve::edition::Edition;
use crate::serve::request::Answer;

pub(super) fn list(edition: &Edition) -> Answer {
    text("application/json", &edition.catalog)
}
