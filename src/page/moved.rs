//! Addresses by code alone, and by codes of old: pages that lead on.

use std::collections::BTreeMap;

use minijinja::context;

use super::site::{At, Site};
use crate::error::Result;

/// Where an address leads.
pub struct Moved {
    pub from: String,
    to: String,
    name: String,
}

impl Moved {
    /// Address and name of the unit it leads to.
    pub fn target(&self) -> (&str, &str) {
        (&self.to, &self.name)
    }
}

/// `/xa/<code>/` of every commune, today's before those of old, and `/thua-dat/<code>/`.
pub fn all(site: &Site) -> Vec<Moved> {
    let mut targets: BTreeMap<&str, (String, &str)> = BTreeMap::new();
    for former in &site.former_units {
        targets.insert(former.code, (former.path(), former.name));
    }
    for commune in site.catalogue.communes.values() {
        targets.insert(commune.code, (commune.path(), commune.name));
    }
    let both = |(code, (to, name)): (&str, (String, &str))| {
        ["xa", "thua-dat"].map(|part| Moved { from: format!("/{part}/{code}/"), to: to.clone(), name: name.to_owned() })
    };
    targets.into_iter().flat_map(both).collect()
}

pub fn render(at: &At, moved: &Moved) -> Result<String> {
    let url = at.site.url(&format!("{}{}", at.language.prefix(), moved.to));
    at.render("moved.html", context! { to => &moved.to, name => &moved.name, url })
}
