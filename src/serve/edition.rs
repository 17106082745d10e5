//! Everything that can be asked for, as a map made from one edition's manifest.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hyper::body::Bytes;
use hyper::header::HeaderValue;
use pmtiles::{AsyncPmTilesReader, Compression, HashMapCache, MmapBackend, TileType};
use rustc_hash::FxHashMap;
use serde_json::json;

use super::encoding::{Accepted, Coding};
use super::headers::{content_type, etag};
use super::stored_file::{Budget, StoredFile};
use crate::digest::sha256;
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::release::{self, FileFacts, OpenEdition};

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
    /// Tiles are slices of the mapped file, which is immutable and bears its digest in its name.
    pub archive: AsyncPmTilesReader<MmapBackend, HashMapCache>,
    pub gzip: bool,
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
    fn new(bytes: Vec<u8>) -> Self {
        let etag = etag(&sha256(&bytes)[..32]);
        Text { bytes: bytes.into(), etag }
    }
}

impl Edition {
    /// Opens what `dist/current` names, every digest checked.
    pub async fn load(dist: PathBuf) -> Result<Edition> {
        let opened = tokio::task::spawn_blocking(move || release::open(&dist)).await;
        let opened = opened.map_err(|e| Fault::new(Stage::Serve, Exit::Unexpected, e.to_string()))??;
        Edition::of(opened).await
    }

    async fn of(opened: OpenEdition) -> Result<Edition> {
        let shelf = Shelf { dir: opened.dir.clone(), budget: Budget::new(MEMORY_BYTES) };
        let mut edition = Edition {
            name: opened.name.clone(),
            pages: FxHashMap::default(),
            tile_sets: FxHashMap::default(),
            archives: FxHashMap::default(),
            open: FxHashMap::default(),
            catalog: Text::new(Vec::new()),
            manifest: Text::new(opened.manifest_json.clone()),
        };
        for file in &opened.manifest.files {
            edition.place(&shelf, file).await?;
        }
        for file in &opened.manifest.files {
            edition.place_tilejson(&shelf, file);
        }
        edition.catalog = Text::new(edition.describe(&opened)?);
        Ok(edition)
    }

    /// Gives a file its address. What has none here (`extracts/`, the report) cannot be asked for.
    async fn place(&mut self, shelf: &Shelf, file: &FileFacts) -> Result<()> {
        if let Some(path) = file.path.strip_prefix("site/") {
            self.place_page(path, shelf.prepared(file));
        } else if let Some(name) = file.path.strip_prefix("tiles/").filter(|name| name.ends_with(".pmtiles")) {
            self.place_archive(shelf, name, file).await?;
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

    async fn place_archive(&mut self, shelf: &Shelf, name: &str, file: &FileFacts) -> Result<()> {
        let Some(id) = id_of_archive(name) else { return Err(unusable(name, "its name does not end in its digest")) };
        let held = shelf.file(&file.path, file.bytes, &file.sha256).held_open();
        let held = held.map_err(|e| Fault::storage(Stage::Serve, &file.path, e))?;
        self.archives.insert(name.to_owned(), Arc::new(held));
        let tile_set = open_archive(&shelf.dir.join(&file.path), name).await?;
        self.tile_sets.insert(id.to_owned(), tile_set);
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
        let header = self.archive.get_header();
        json!({
            "id": id,
            "tilejson": self.tilejson.is_some().then(|| format!("/tiles/{id}.json")),
            "tiles": format!("/tiles/{id}/{{z}}/{{x}}/{{y}}.mvt"),
            "archive": format!("/archives/{}", self.archive_name),
            "minzoom": header.min_zoom,
            "maxzoom": header.max_zoom,
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

async fn open_archive(path: &Path, name: &str) -> Result<TileSet> {
    let archive = AsyncPmTilesReader::new_with_cached_path(HashMapCache::default(), path).await;
    let archive = archive.map_err(|e| unusable(name, &e.to_string()))?;
    let header = archive.get_header();
    let gzip = match (header.tile_type, header.tile_compression) {
        (TileType::Mvt, Compression::Gzip) => true,
        (TileType::Mvt, Compression::None) => false,
        _ => return Err(unusable(name, "its tiles are not MVT, plain or in gzip")),
    };
    Ok(TileSet { archive, gzip, tilejson: None, archive_name: name.to_owned() })
}

fn unusable(name: &str, problem: &str) -> Failure {
    Fault::new(Stage::Serve, Exit::Verification, problem)
        .file(format!("tiles/{name}"))
        .remedy("publish another edition, or build this one again")
        .into()
}

/// `a/b/index.html` is the page of the folder `a/b/`, `index.html` that of the root.
fn folder_of_index(path: &str) -> Option<&str> {
    path.strip_suffix("index.html").filter(|folder| folder.is_empty() || folder.ends_with('/'))
}

/// `parcels-0123456789abcdef.pmtiles` holds the tile set `parcels`.
fn id_of_archive(name: &str) -> Option<&str> {
    let (id, digest) = name.strip_suffix(".pmtiles")?.rsplit_once('-')?;
    (digest.len() == 16 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()) && !id.is_empty()).then_some(id)
}

fn is_open(path: &str) -> bool {
    path.starts_with("open/") || (path.starts_with("metadata/") && !path.starts_with("metadata/private/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_name_their_tile_set() {
        assert_eq!(id_of_archive("thua-dat-0123456789abcdef.pmtiles"), Some("thua-dat"));
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
