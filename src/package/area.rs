//! Which files of an edition a package holds.

use std::collections::BTreeSet;

use crate::release::Manifest;
use crate::tile::identity::BoundsE7;

/// The land of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Area {
    Province,
    /// Codes of communes.
    Communes(BTreeSet<String>),
    /// What a box holds of the map, and the pages of the communes that reach into it.
    Box {
        bounds_e7: BoundsE7,
        communes: BTreeSet<String>,
    },
}

/// How a file of the edition goes into a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A page, its links made to lead from file to file.
    Page,
    Style,
    /// A module, made a script: browsers take no module from a disk.
    Script,
    /// Read by scripts: a text in a script, for a page from a disk may read nothing else.
    Text,
    /// As it is.
    Plain,
}

/// What a province as a whole has, and a commune's officer looks up elsewhere.
const OF_THE_PROVINCE: [&str; 5] = ["duong/", "muc-luc/", "don-vi-hanh-chinh/", "lay-y-kien/", "thong-ke/"];

/// The English pages, for those who ask for them.
const ENGLISH: &str = "en/";

/// Copies for other machines and networks.
const NEVER: [&str; 5] = ["ogc/", "v/", ".well-known/", "ban-do/nhung/", "goi/"];

impl Area {
    /// The files of `site/` in a package, each with the way it goes in, by their path below `site/`.
    pub fn files<'m>(&self, manifest: &'m Manifest, english: bool) -> Vec<(&'m str, Form)> {
        let others = self.others(manifest);
        let paths = manifest.files.iter().filter_map(|file| file.path.strip_prefix("site/"));
        let taken = paths.filter(|path| match path.strip_prefix(ENGLISH) {
            Some(rest) => english && !self.leaves_out(rest, &others),
            None => !self.leaves_out(path, &others),
        });
        taken.filter_map(|path| Some((path, form(path)?))).collect()
    }

    /// Which names are of the area: those that begin with no code, or with that of a commune of it.
    pub fn own<'n>(&self, manifest: &Manifest, names: Vec<&'n str>) -> Vec<&'n str> {
        let others = self.others(manifest);
        names.into_iter().filter(|name| code(name).is_none_or(|code| !others.contains(code))).collect()
    }

    /// Codes of communes that are not in the package: those that have pages, sheets or lists of their own.
    fn others<'m>(&self, manifest: &'m Manifest) -> BTreeSet<&'m str> {
        let own = match self {
            Area::Province => return BTreeSet::new(),
            Area::Communes(own) | Area::Box { communes: own, .. } => own,
        };
        let paths = manifest.files.iter().filter_map(|file| file.path.strip_prefix("site/xa/"));
        let codes = paths.filter_map(|path| code(path.split('/').next()?));
        codes.filter(|code| !own.contains(*code)).collect()
    }

    fn leaves_out(&self, path: &str, others: &BTreeSet<&str>) -> bool {
        if NEVER.iter().any(|folder| path.starts_with(folder)) {
            return true;
        }
        let of_other = path.split('/').filter_map(|part| code(part.strip_prefix("to-").unwrap_or(part)));
        let whole =
            |path: &str| OF_THE_PROVINCE.iter().any(|folder| path.starts_with(folder)) || path.contains("/toan-bo.");
        *self != Area::Province && (whole(path) || of_other.into_iter().any(|code| others.contains(code)))
    }

    /// `99001+99002`, the code of the province, or the sides of a box: `hop-106.3900-20.8400-106.4000-20.8500`.
    pub fn id(&self, province: &str) -> String {
        match self {
            Area::Box { bounds_e7, .. } => {
                let sides = bounds_e7.map(|e7| format!("{:.4}", f64::from(e7) / 1e7));
                format!("hop-{}", sides.join("-"))
            }
            Area::Province => province.to_owned(),
            Area::Communes(codes) => codes.iter().map(String::as_str).collect::<Vec<_>>().join("+"),
        }
    }
}

/// `99001-xa-an-minh`, `99001` and `99001.json` begin with a commune's code.
fn code(part: &str) -> Option<&str> {
    let code = part.get(..5).filter(|code| code.bytes().all(|b| b.is_ascii_digit()))?;
    part[5..].chars().next().is_none_or(|next| "-.".contains(next)).then_some(code)
}

fn form(path: &str) -> Option<Form> {
    let read_by_scripts = ["search/", "styles/", "xa/", "thua-dat/"].iter().any(|folder| path.starts_with(folder));
    match path.rsplit_once('.').map(|(_, ending)| ending)? {
        _ if path.ends_with("/ngoai-tuyen.json") || path.ends_with("service-worker.js") => None,
        _ if path.starts_with("assets/service-worker") => None,
        "html" => Some(Form::Page),
        "css" => Some(Form::Style),
        // The map's worker is started from its text.
        "js" if path.starts_with("assets/map-worker") => Some(Form::Text),
        "js" => Some(Form::Script),
        "json" if read_by_scripts => Some(Form::Text),
        "json" if path.starts_with("bang-gia-dat/") || path.starts_with("he-so/") => Some(Form::Plain),
        "csv" | "xlsx" | "woff2" | "svg" | "png" | "jpg" | "pdf" | "p7s" | "minisig" => Some(Form::Plain),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::{Encodings, FileFacts};

    fn manifest(paths: &[&str]) -> Manifest {
        let file = |path: &&str| FileFacts {
            path: format!("site/{path}"),
            bytes: 1,
            sha256: "00".repeat(32),
            encodings: Encodings::default(),
            parts: None,
        };
        let facts = crate::release::EditionFacts {
            date: "2026-01-05".parse().unwrap(),
            tool_version: "0".into(),
            datasets: vec![],
        };
        Manifest::new(facts, paths.iter().map(file).collect())
    }

    #[test]
    fn a_commune_takes_its_own_files_and_what_all_share() {
        let all = manifest(&[
            "assets/map-0123456789.js",
            "bang-gia-dat/b/99001-xa-a.csv",
            "bang-gia-dat/b/99002-xa-b.csv",
            "bang-gia-dat/b/toan-bo.csv",
            "duong/duong-a/index.html",
            "en/index.html",
            "en/xa/99002-xa-b/index.html",
            "goi/index.html",
            "index.html",
            "search/to-99002.json",
            "search/to/99001/1.json",
            "sitemap.xml",
            "thua-dat/99001/1/index.html",
            "thua-dat/99002/1/index.html",
            "xa/99001-xa-a/index.html",
            "xa/99002-xa-b/index.html",
        ]);
        let one = Area::Communes(["99001".to_owned()].into());
        let taken: Vec<&str> = one.files(&all, false).into_iter().map(|(path, _)| path).collect();
        assert_eq!(
            taken,
            [
                "assets/map-0123456789.js",
                "bang-gia-dat/b/99001-xa-a.csv",
                "index.html",
                "search/to/99001/1.json",
                "thua-dat/99001/1/index.html",
                "xa/99001-xa-a/index.html",
            ]
        );
        let bounds_e7 = [1_064_000_000, 208_000_000, 1_064_500_000, 208_500_000];
        let reached = Area::Box { bounds_e7, communes: ["99001".to_owned()].into() };
        assert_eq!(reached.files(&all, false), one.files(&all, false));
        let english: Vec<&str> = one.files(&all, true).into_iter().map(|(path, _)| path).collect();
        assert!(english.contains(&"en/index.html") && !english.iter().any(|path| path.contains("99002")));
        let names = vec!["99001-quy-hoach", "99002-quy-hoach", "dia-gioi", "thua-dat"];
        assert_eq!(one.own(&all, names.clone()), ["99001-quy-hoach", "dia-gioi", "thua-dat"]);
        assert_eq!(Area::Province.own(&all, names.clone()), names);
        assert_eq!(reached.id("99"), "hop-106.4000-20.8000-106.4500-20.8500");
        assert_eq!(Area::Province.files(&all, false).len(), 12, "all but English and the sitemap");
    }
}
