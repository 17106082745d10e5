//! The letter by which anybody reports an error in a parcel, a place on the map or a row of a table. Nothing is sent
//! to the site and nothing kept by it: the letter is printed, or handed to the person's own mail program.

use minijinja::{Value, context};

use super::site::At;
use super::template::view;
use crate::error::Result;

pub const PATH: &str = "/bao-sai/";

pub fn render(at: &At) -> Result<String> {
    let routes = &at.site.inputs.site.error_reports.communes;
    let commune = |commune: &super::catalogue::Commune| {
        context! { code => commune.code, name => commune.name, recipient => view(routes.get(commune.code)) }
    };
    let communes: Vec<Value> = at.site.catalogue.communes.values().map(commune).collect();
    at.render("error_report.html", context! { communes })
}
