//! `/goi/…`: packages, updates and the page that lists them; a download that was cut off goes on by ranges.

use super::text;
use crate::serve::encoding::Coding;
use crate::serve::headers::Cache;
use crate::serve::packages::Packages;
use crate::serve::request::{Answer, Content, Found};

pub(super) fn file(packages: &Packages, path: &str) -> Option<Answer> {
    match path {
        "/goi/index.json" => packages.index.as_ref().map(|index| text("application/json", index)),
        "/goi/ban-cong-bo.atom" => packages.editions.as_ref().map(|feed| text("application/atom+xml", feed)),
        _ => packages.get(path).map(|shelved| {
            Answer::Found(Found {
                content_type: shelved.content_type,
                cache: Cache::Revalidate,
                coding: Coding::Identity,
                negotiated: false,
                ranged: true,
                etag: shelved.file.etag.clone(),
                content: Content::File(shelved.file.clone()),
            })
        }),
    }
}
