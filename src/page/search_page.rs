//! Where the search form leads.

use minijinja::context;

use super::site::At;
use crate::error::Result;

pub fn render(at: &At) -> Result<String> {
    let communes = at.site.catalogue.communes.values();
    let communes: Vec<_> = communes.map(|c| context! { code => c.code, name => c.name, path => c.path() }).collect();
    at.render("search.html", context! { communes })
}
