//! What a wrong address answers.

use minijinja::context;

use super::site::At;
use crate::error::Result;

pub fn render(at: &At) -> Result<String> {
    at.render("not_found.html", context! {})
}
