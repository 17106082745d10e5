//! Everything that can be asked for, as a map made from one edition's manifest.

use std::path::PathBuf;
use std::sync::Arc;

use hyper::body::Bytes;
use hyper::header::HeaderValue;
use rustc_hash::FxHashMap;
use serde_json::json;

use super::encoding::{Accepted, Coding};
use super::headers::{content_type, etag};
use super::stored_file::{Budget, StoredFile};
use super::tile_archive::TileArchive;
use crate::digest::sha256;
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::release::{self, FileFacts, OpenEdition, Signed};

/// Pages and scripts of a province, as compressed, are some tens of MiB; the rest is read when asked for.
const MEMORY_BYTES: u64 = 64 << 20;

pub struct Edition {
    pub name: String,
    /// By address: `/`, `/en/`, `/assets/app-1a2b3c4d5e.js`.
    pub pages: FxHashMap<String, Page>,
    /// By id.
    pub tile_sets: FxHashMap<String, TileSet>,
    /// By file name.
    pub archives: FxHashMap<String, Arc<StoredFile>>,
    /// Open data and metadata, by address: `/open/thua-dat/99001.fgb`.
    pub open: FxHashMap<String, Prepared>,
    pub manifest: Text,
    /// The publisher's signature of the manifest, where there is one.
    pub signature: Option<Text>,
    /// Whose signature was found right; none where no keys are listed.
    pub signed: Option<Signed>,
    pub catalog: Text,
}

pub enum Page {
    File(Prepared),
    /// A folder asked for without its slash, or a page by its file name: the address to go to.
    Moved(HeaderValue),
}

/// A file and its prepared encodings.
pub struct Prepared {
    pub content_type: &'static str,
    pub identity: Arc<StoredFile>,
    br: Option<Arc<StoredFile>>,
    gzip: Option<Arc<StoredFile>>,
}

pub struct TileSet {
    /// The file bears its digest in its name: what lies at an offset of it never changes.
    pub archive: TileArchive,
    /// These digits of the name, with which the tags of its tiles begin.
    pub digest: String,
    pub tilejson: Option<Prepared>,
    archive_name: String,
}

/// A text that is kept in memory.
pub struct Text {
    pub bytes: Bytes,
    pub etag: HeaderValue,
}

impl Prepared {
    /// The representation that suits the client best.
    pub fn choose(&self, accepted: &Accepted) -> (Coding, &Arc<StoredFile>) {
        match (accepted.choose(self.br.is_some(), self.gzip.is_some()), &self.br, &self.gzip) {
            (Coding::Brotli, Some(br), _) => (Coding::Brotli, br),
            (Coding::Gzip, _, Some(gzip)) => (Coding::Gzip, gzip),
            _ => (Coding::Identity, &self.identity),
        }
    }

    pub fn is_negotiable(&self) -> bool {
        self.br.is_some() || self.gzip.is_some()
    }
}

impl Text {
    pub fn new(bytes: Vec<u8>) -> Self {
        let etag = etag(&sha256(&bytes)[..32]);
        Text { bytes: bytes.into(), etag }
    }
}

impl Edition {
    /// Opens an edition, every digest checked.
    pub async fn load(dist: PathBuf, name: String) -> Result<Edition> {
        Edition::opened(move || release::open_edition(&dist, &name)).await
    }

    /// Opens an edition by its manifest and the sizes of its files. Files up to 1 MiB are held against their
    /// digest whenever they are read.
    pub async fn open(dist: PathBuf, name: String) -> Result<Edition> {
        Edition::opened(move || release::open_by_size(&dist, &name)).await
    }

    pub fn signed_as(self, signed: Option<Signed>) -> Edition {
        Edition { signed, ..self }
    }

    async fn opened(open: impl FnOnce() -> Result<OpenEdition> + Send + 'static) -> Result<Edition> {
        let made = tokio::task::spawn_blocking(move || Edition::of(&open()?)).await;
        made.map_err(|e| Fault::new(Stage::Serve, Exit::Unexpected, e.to_string()))?
    }

    fn of(opened: &OpenEdition) -> Result<Edition> {
        let shelf = Shelf { dir: opened.dir.clone(), budget: Budget::new(MEMORY_BYTES) };
        let mut edition = Edition {
            name: opened.name.clone(),
            pages: FxHashMap::default(),
            tile_sets: FxHashMap::default(),
            archives: FxHashMap::default(),
            open: FxHashMap::default(),
            catalog: Text::new(Vec::new()),
            manifest: Text::new(opened.manifest_json.clone()),
            signature: std::fs::read(opened.dir.join(release::imprint::SIGNATURE)).ok().map(Text::new),
            signed: None,
        };
        for file in &opened.manifest.files {
            edition.place(&shelf, file)?;
        }
        for file in &opened.manifest.files {
            edition.place_tilejson(&shelf, file);
        }
        edition.catalog = Text::new(edition.describe(opened)?);
        Ok(edition)
    }

    /// Gives a file its address. What has none here (`extracts/`, the report) cannot be asked for.
    fn place(&mut self, shelf: &Shelf, file: &FileFacts) -> Result<()> {
        if let Some(path) = file.path.strip_prefix("site/") {
            self.place_page(path, shelf.prepared(file));
        } else if let Some(name) = file.path.strip_prefix("tiles/").filter(|name| name.ends_with(".pmtiles")) {
            self.place_archive(shelf, name, file)?;
        } else if is_open(&file.path) {
            self.open.insert(format!("/{}", file.path), shelf.prepared(file));
        }
        Ok(())
    }

    fn place_page(&mut self, path: &str, prepared: Prepared) {
        let Some(folder) = folder_of_index(path) else {
            self.pages.insert(format!("/{path}"), Page::File(prepared));
            return;
        };
        let address = format!("/{folder}");
        if let Ok(target) = HeaderValue::from_str(&address) {
            self.pages.insert(format!("/{path}"), Page::Moved(target.clone()));
            self.pages.entry(address.trim_end_matches('/').to_owned()).or_insert(Page::Moved(target));
        }
        self.pages.insert(address, Page::File(prepared));
    }

    fn place_archive(&mut self, shelf: &Shelf, name: &str, file: &FileFacts) -> Result<()> {
        let (id, digest) =
            id_of_archive(name).ok_or_else(|| unusable(name, "its name does not end in its digest".into()))?;
        let storage = |e| Fault::storage(Stage::Serve, &file.path, e);
        let (stored, open) = shelf.file(&file.path, file.bytes, &file.sha256).held_open().map_err(storage)?;
        let archive = TileArchive::open(open, file.bytes).map_err(|problem| unusable(name, problem))?;
        self.archives.insert(name.to_owned(), Arc::new(stored));
        let (digest, archive_name) = (digest.to_owned(), name.to_owned());
        self.tile_sets.insert(id.to_owned(), TileSet { archive, digest, tilejson: None, archive_name });
        Ok(())
    }

    fn place_tilejson(&mut self, shelf: &Shelf, file: &FileFacts) {
        let id = file.path.strip_prefix("tiles/").and_then(|name| name.strip_suffix(".json"));
        if let Some(tile_set) = id.and_then(|id| self.tile_sets.get_mut(id)) {
            tile_set.tilejson = Some(shelf.prepared(file));
        }
    }

    /// `/catalog`: addresses are relative to the root, so that it is the same behind every public URL.
    fn describe(&self, opened: &OpenEdition) -> Result<Vec<u8>> {
        let mut ids: Vec<_> = self.tile_sets.iter().collect();
        ids.sort_by_key(|(id, _)| *id);
        let tile_sets: Vec<_> = ids.into_iter().map(|(id, tile_set)| tile_set.describe(id)).collect();
        let listed = |folder: &str, address: &str| -> Vec<_> {
            let files = opened.manifest.files.iter();
            let files = files.filter_map(|file| Some((file.path.strip_prefix(folder)?, file)));
            let files = files.filter(|(_, file)| folder != "tiles/" || file.path.ends_with(".pmtiles"));
            let described = files.map(
                |(name, file)| json!({ "url": format!("{address}{name}"), "bytes": file.bytes, "sha256": file.sha256 }),
            );
            described.collect()
        };
        let catalog = json!({
            "edition": opened.name,
            "date": opened.manifest.date,
            "root": opened.manifest.root,
            "manifest": "/manifest.json",
            "tile_sets": tile_sets,
            "archives": listed("tiles/", "/archives/"),
            "open": listed("open/", "/open/"),
            "datasets": opened.manifest.datasets,
        });
        let mut text = serde_json::to_vec_pretty(&catalog)
            .map_err(|e| Failure::from(Fault::new(Stage::Serve, Exit::Unexpected, e.to_string())))?;
        text.push(b'\n');
        Ok(text)
    }
}

impl TileSet {
    fn describe(&self, id: &str) -> serde_json::Value {
        json!({
            "id": id,
            "tilejson": self.tilejson.is_some().then(|| format!("/tiles/{id}.json")),
            "tiles": format!("/tiles/{id}/{{z}}/{{x}}/{{y}}.mvt"),
            "archive": format!("/archives/{}", self.archive_name),
            "minzoom": self.archive.minzoom,
            "maxzoom": self.archive.maxzoom,
        })
    }
}

/// Where the files of an edition lie, and the memory they share.
struct Shelf {
    dir: PathBuf,
    budget: Arc<Budget>,
}

impl Shelf {
    /// `path` comes from the manifest, whose names were checked when it was read.
    fn file(&self, path: &str, bytes: u64, sha256: &str) -> StoredFile {
        StoredFile::new(self.dir.join(path), bytes, sha256, &self.budget)
    }

    fn prepared(&self, file: &FileFacts) -> Prepared {
        let sibling = |suffix: &str, facts: &Option<release::EncodedFacts>| {
            let facts = facts.as_ref()?;
            Some(Arc::new(self.file(&format!("{}{suffix}", file.path), facts.bytes, &facts.sha256)))
        };
        Prepared {
            content_type: content_type(&file.path),
            identity: Arc::new(self.file(&file.path, file.bytes, &file.sha256)),
            br: sibling(".br", &file.encodings.br),
            gzip: sibling(".gz", &file.encodings.gzip),
        }
    }
}

fn unusable(name: &str, problem: String) -> Failure {
    Fault::new(Stage::Serve, Exit::Verification, problem)
        .file(format!("tiles/{name}"))
        .remedy("publish another edition, or build this one again")
        .into()
}

/// `a/b/index.html` is the page of the folder `a/b/`, `index.html` that of the root.
fn folder_of_index(path: &str) -> Option<&str> {
    path.strip_suffix("index.html").filter(|folder| folder.is_empty() || folder.ends_with('/'))
}

/// `parcels-0123456789abcdef.pmtiles` holds the tile set `parcels`; the digits are of its digest.
fn id_of_archive(name: &str) -> Option<(&str, &str)> {
    let (id, digest) = name.strip_suffix(".pmtiles")?.rsplit_once('-')?;
    let is_digest = digest.len() == 16 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_digest && !id.is_empty()).then_some((id, digest))
}

fn is_open(path: &str) -> bool {
    path.starts_with("open/") || (path.starts_with("metadata/") && !path.starts_with("metadata/private/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_name_their_tile_set() {
        assert_eq!(id_of_archive("thua-dat-0123456789abcdef.pmtiles"), Some(("thua-dat", "0123456789abcdef")));
        for name in ["thua-dat.pmtiles", "-0123456789abcdef.pmtiles", "a-0123456789abcde.pmtiles", "a-0123456789abcdef"]
        {
            assert_eq!(id_of_archive(name), None, "{name}");
        }
    }

    #[test]
    fn only_open_data_and_public_metadata_have_an_address() {
        assert!(is_open("open/thua-dat/a.fgb") && is_open("metadata/a/record.json"));
        assert!(!is_open("extracts/thua-dat/a.fgb") && !is_open("metadata/private/a.json") && !is_open("report.json"));
    }
}
