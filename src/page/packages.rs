//! `/goi/`: what packages for computers without a network are, and how they come onto a stick. Which there are is known
//! only later: their list is written into a copy of this page ([`crate::package::shelf`]), which the server then shows.

use minijinja::context;

use super::site::At;
use crate::error::Result;

pub const PATH: &str = "/goi/";

pub fn render(at: &At) -> Result<String> {
    at.render("packages.html", context! {})
}
