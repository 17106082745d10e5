//! Packages that can be fetched, as a map made from `dist/packages/index.json`, and the feed of editions.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use rustc_hash::FxHashMap;

use super::edition::Text;
use super::headers::content_type;
use super::stored_file::{Budget, StoredFile};
use crate::release::shelf::{self, INDEX};
use crate::release::{self, Publication};

/// Pages, feed and index; packages are longer than what is kept in memory.
const MEMORY_BYTES: u64 = 4 << 20;

/// How many publications the feed names.
const FEED_ENTRIES: usize = 50;

#[derive(Default)]
pub struct Packages {
    /// By address: `/goi/`, `/en/goi/`, `/goi/99001.zip`.
    files: FxHashMap<String, Shelved>,
    pub index: Option<Text>,
    /// Every publication, the latest first (Atom).
    pub editions: Option<Text>,
    state: State,
}

/// A file and its media type.
#[derive(Clone)]
pub struct Shelved {
    pub content_type: &'static str,
    pub file: Arc<StoredFile>,
}

/// When what this is made from was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct State {
    index: Option<SystemTime>,
    published: Option<SystemTime>,
}

impl State {
    fn read(dist: &Path) -> Self {
        let written = |path: PathBuf| std::fs::metadata(path).and_then(|file| file.modified()).ok();
        State { index: written(shelf::folder(dist).join(INDEX)), published: written(dist.join("published")) }
    }
}

impl Packages {
    /// Reads what is there. An index that cannot be understood is told of in the log, and nothing is served by it.
    pub fn read(dist: &Path, public_url: &str) -> Self {
        let state = State::read(dist);
        let index = shelf::load(dist).unwrap_or_else(|failure| {
            tracing::error!(cause = %failure, "packages are not served");
            None
        });
        let budget = Budget::new(MEMORY_BYTES);
        let mut files = FxHashMap::default();
        for listed in index.iter().flat_map(|index| index.files()) {
            let path = shelf::folder(dist).join(&listed.name);
            let file = Arc::new(StoredFile::new(path, listed.bytes, &listed.sha256, &budget));
            files.insert(address(&listed.name), Shelved { content_type: content_type(&listed.name), file });
        }
        let index = index.and_then(|index| serde_json::to_vec_pretty(&index).ok()).map(Text::new);
        let history = release::history(dist).unwrap_or_default();
        let editions = (!history.is_empty()).then(|| Text::new(feed(public_url, &history).into_bytes()));
        Packages { files, index, editions, state }
    }

    /// Whether something was put there or published since.
    pub fn is_stale(&self, dist: &Path) -> bool {
        self.state != State::read(dist)
    }

    pub fn get(&self, address: &str) -> Option<&Shelved> {
        self.files.get(address)
    }
}

/// Pages stand where visitors look for them, everything else under its name.
fn address(name: &str) -> String {
    match name {
        "index.html" => "/goi/".into(),
        "en.html" => "/en/goi/".into(),
        _ => format!("/goi/{name}"),
    }
}

/// Atom (RFC 4287): the day on which the public saw each edition first.
fn feed(public_url: &str, history: &[Publication]) -> String {
    let latest = history.last().map(|publication| publication.date.to_string()).unwrap_or_default();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = write!(
        xml,
        "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"vi\">\n<id>{url}/goi/ban-cong-bo.atom</id>\n\
         <title>Các bản công bố</title>\n<updated>{latest}T00:00:00+07:00</updated>\n\
         <link rel=\"self\" type=\"application/atom+xml\" href=\"{url}/goi/ban-cong-bo.atom\"/>\n\
         <author><name>congbo</name></author>\n",
        url = escaped(public_url),
    );
    for (at, Publication { edition, date }) in history.iter().enumerate().rev().take(FEED_ENTRIES) {
        let _ = write!(
            xml,
            "<entry>\n<id>{url}/v/{edition}/#{at}</id>\n<title>Bản {edition}</title>\n<updated>{date}T00:00:00+07:00</updated>\n\
             <link rel=\"alternate\" type=\"text/html\" href=\"{url}/v/{edition}/\"/>\n</entry>\n",
            url = escaped(public_url),
        );
    }
    xml.push_str("</feed>\n");
    xml
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
