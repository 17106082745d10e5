//! A signed edition → a package.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use rayon::prelude::*;
use serde::Serialize;

use super::area::{Area, Form};
use super::container::Entry;
use super::from_disk::{self, PAGES};
use super::listing::{self, Head, Listed};
use super::payload::Payload;
use super::qgis::{self, Grid};
use super::shards::{self, Set, Shards};
use crate::digest::sha256;
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::model::text::date_vi;
use crate::progress::{Progress, Silent};
use crate::release::{Imprint, Manifest, PublisherKey, Sign, imprint, proof};
use crate::tile::cut::Land;
use crate::tile::export::Chosen;
use crate::tile::identity::BoundsE7;
use crate::tile::stored::{StoredArchive, StoredTile};
use crate::tile::territory::Territory;

/// How many files are packed at a time, and so held in memory.
const AT_ONCE: usize = 256;

const OPENED_BY_QGIS: &str =
    "   Có QGIS hoặc QField: mở qgis/ban-do.qgs (thửa đất, địa giới, quy hoạch; tọa độ VN-2000).\n";

/// What is packed, and for whom.
pub struct Order<'a> {
    pub dist: &'a Path,
    pub edition: &'a str,
    pub province: &'a str,
    /// What the area is called.
    pub name: String,
    pub public_url: &'a str,
    pub area: Area,
    /// The English pages too.
    pub english: bool,
    /// A project for QGIS and QField too, with its data.
    pub qgis: bool,
    /// Where communes lie; asked for only where tiles are cut by them.
    pub territory: Option<&'a Territory>,
    pub keys: &'a [PublisherKey],
    pub rotations: Vec<[String; 2]>,
    pub revoked: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct PackReport {
    pub area: String,
    pub edition: String,
    pub number: u64,
    pub files: usize,
    pub tiles: u64,
    pub bytes: u64,
}

/// A file to be made.
enum Piece {
    Site(String, Form),
    Shard {
        set: String,
        shard: String,
    },
    /// A file of the edition as it is.
    Published(String),
    MbTiles(String),
    Made(Vec<u8>),
}

/// What of an archive is of the area.
struct Cut {
    archive: StoredArchive,
    shards: Shards,
    bounds_e7: BoundsE7,
}

struct Packing<'a> {
    folder: PathBuf,
    order: &'a Order<'a>,
    imprint: Imprint,
    pages: BTreeSet<&'a str>,
    archives: BTreeMap<String, Cut>,
    /// The line under the head of every page: Vietnamese, English.
    about: [String; 2],
}

/// Writes the package of a published edition to `out`; a file that is there stays until the new one is whole.
///
/// # Errors
/// Exit 2 for a commune that the boundaries do not have; 6 for an edition that is not signed by a publisher; 7 when
/// the file cannot be written.
pub fn pack(order: &Order<'_>, out: &Path, sign: Sign<'_>, progress: &dyn Progress) -> Result<PackReport> {
    let manifest = crate::release::verify(order.dist, order.edition)?;
    let folder = order.dist.join("releases").join(order.edition);
    let imprint = imprint::check_edition(&folder, order.keys)?.imprint.ok_or_else(unnumbered)?;
    let chosen = order.area.files(&manifest, order.english);
    let files = chosen.iter().filter(|(_, form)| !matches!(form, Form::Text));
    let mut pages: BTreeSet<&str> = files.map(|(path, _)| *path).collect();
    pages.insert(from_disk::ELSEWHERE);
    let archives = archives(&folder, &manifest, order)?;
    let about = about(order);
    let packing = Packing { folder, order, imprint, pages, archives, about };
    let pieces = packing.pieces(&manifest, &chosen)?;
    packing.write(&manifest, pieces, out, sign, progress)
}

fn unnumbered() -> Failure {
    Fault::new(Stage::Package, Exit::Verification, "the edition is signed, but bears no number")
        .remedy("publish it with congbo: congbo publish --key <publisher>.key")
        .into()
}

fn archives(folder: &Path, manifest: &Manifest, order: &Order<'_>) -> Result<BTreeMap<String, Cut>> {
    let mut archives = BTreeMap::new();
    for file in &manifest.files {
        let name = file.path.strip_prefix("tiles/").and_then(|name| name.strip_suffix(".pmtiles"));
        let Some((set, _)) = name.and_then(|name| name.rsplit_once('-')) else { continue };
        let archive = StoredArchive::open(&folder.join(&file.path))?;
        let land = match (&order.area, order.territory) {
            (Area::Communes(codes), Some(territory)) => Some(Land::Communes(codes.clone(), territory)),
            (Area::Box { bounds_e7, .. }, _) => Some(Land::Box(*bounds_e7)),
            _ => None,
        };
        let whole = archive.identity.bounds_e7;
        let bounds_e7 = land.as_ref().map_or(whole, |land| land.bounds_e7(whole));
        let shards = match land {
            Some(land) => shards::of(&archive, land.chooser(whole))?,
            None => shards::of(&archive, |_| true)?,
        };
        archives.insert(set.to_owned(), Cut { archive, shards, bounds_e7 });
    }
    Ok(archives)
}

/// The line under the head of every page. Number and dates are filled in by the viewer: a page that did not change
/// has the same bytes in the next package.
fn about(order: &Order<'_>) -> [String; 2] {
    ["Gói ngoại tuyến", "Offline package"].map(|said| {
        let name = escaped(&order.name);
        format!("<p class=\"edition goi\">{said} <strong lang=\"vi\">{name}</strong><span id=\"goi-ban\"></span></p>\n")
    })
}

pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// What the viewer knows before it loads anything.
#[derive(Serialize)]
struct About<'a> {
    province: &'a str,
    area: String,
    name: &'a str,
    imprint: &'a Imprint,
    data_date: Date,
    pages: &'a BTreeSet<&'a str>,
    texts: Vec<String>,
    sets: BTreeMap<&'a str, Set>,
}

impl Packing<'_> {
    /// Every file of the package but the listing, by its path.
    fn pieces(&self, manifest: &Manifest, chosen: &[(&str, Form)]) -> Result<BTreeMap<String, Piece>> {
        let mut pieces = BTreeMap::new();
        for (path, form) in chosen {
            let to = match form {
                Form::Text => format!("{PAGES}/du-lieu/{path}.js"),
                _ => format!("{PAGES}/{path}"),
            };
            pieces.insert(to, Piece::Site((*path).to_owned(), *form));
        }
        for (set, cut) in &self.archives {
            for shard in cut.shards.keys() {
                let piece = Piece::Shard { set: set.clone(), shard: shard.clone() };
                pieces.insert(format!("{PAGES}/du-lieu/o/{set}/{shard}.js"), piece);
            }
        }
        let texts = chosen.iter().filter(|(_, form)| *form == Form::Text).map(|(path, _)| format!("/{path}"));
        let mut made = |path: String, text: String| pieces.insert(path, Piece::Made(text.into_bytes()));
        made(format!("{PAGES}/goi/goi.js"), self.about_script(manifest, texts.collect()));
        made(format!("{PAGES}/goi/viewer.js"), include_str!("viewer/viewer.js").into());
        made(format!("{PAGES}/goi/goi.css"), include_str!("viewer/goi.css").into());
        made(format!("{PAGES}/{}", from_disk::ELSEWHERE), self.elsewhere()?);
        made("MO-TRANG-NAY.html".into(), opening_page(PAGES));
        made("HUONG-DAN.txt".into(), self.guide(manifest.date));
        for (path, proof) in self.proofs(manifest, chosen)? {
            made(path, proof);
        }
        if self.order.qgis {
            pieces.extend(self.qgis(manifest)?);
        }
        Ok(pieces)
    }

    /// The project for QGIS, and what it shows.
    fn qgis(&self, manifest: &Manifest) -> Result<Vec<(String, Piece)>> {
        let area = &self.order.area;
        let layers = qgis::layers(manifest, area);
        let layers = layers.iter().filter(|layer| {
            layer.source != qgis::Source::Tiles
                || self.archives.get(&layer.name).is_some_and(|cut| !cut.shards.is_empty())
        });
        let mut pieces = vec![];
        let mut defined = vec![];
        for layer in layers {
            let path = self.folder.join(&layer.definition);
            let text = fs::read_to_string(&path).map_err(|e| Fault::storage(Stage::Package, &layer.definition, e))?;
            defined.push((layer, text));
            let piece = match &layer.source {
                qgis::Source::Open(path) => Piece::Published(path.clone()),
                qgis::Source::Tiles => Piece::MbTiles(layer.name.clone()),
            };
            pieces.push((layer.path(), piece));
        }
        if defined.is_empty() {
            return Err(Fault::new(Stage::Package, Exit::Usage, "the edition has no layers for QGIS")
                .file(format!("releases/{}", self.order.edition))
                .remedy("build and publish it with this version of congbo, or leave --qgis out")
                .into());
        }
        let Some(bounds_e7) = self.archives.values().map(|cut| cut.bounds_e7).reduce(around) else { return Ok(pieces) };
        let grid = Grid::of(&self.folder, manifest, area);
        let title = format!("{}, {}", self.order.name, date_vi(manifest.date));
        let project = qgis::project(&title, &grid, bounds_e7, &defined);
        pieces.push((qgis::PROJECT.into(), Piece::Made(project.into_bytes())));
        Ok(pieces)
    }

    fn about_script(&self, manifest: &Manifest, texts: Vec<String>) -> String {
        let described = self.archives.iter().map(|(set, Cut { archive, shards, .. })| {
            let bounds = archive.head.bounds_e7.map(|e7| f64::from(e7) / 1e7);
            (set.as_str(), shards::describe(archive, shards, bounds))
        });
        let about = About {
            province: self.order.province,
            area: self.order.area.id(self.order.province),
            name: &self.order.name,
            imprint: &self.imprint,
            data_date: manifest.date,
            pages: &self.pages,
            texts,
            sets: described.collect(),
        };
        let json = serde_json::to_string(&about).expect("what a viewer knows is plain data");
        format!("self.congboGoi=JSON.parse({});\n", from_disk::script_string(&json))
    }

    /// Made from the site's own page about what is missing.
    fn elsewhere(&self) -> Result<String> {
        let page = self.folder.join("site/404.html");
        let html = fs::read_to_string(&page).map_err(|e| Fault::storage(Stage::Package, "site/404.html", e))?;
        let (before, rest) = html.split_once("<main").unwrap_or((&html, ""));
        let after = rest.split_once("</main>").map_or("", |(_, after)| after);
        let said = format!(
            "<main id=\"noi-dung\" tabindex=\"-1\"><h1>Trang này không có trong gói</h1>\n\
             <p>Gói này chỉ chứa dữ liệu của {}. Trang đã chọn: <code id=\"ngoai-goi\"></code></p>\n\
             <p>Khi có mạng, trang đầy đủ ở <code>{}</code>.</p></main>",
            escaped(&self.order.name),
            escaped(self.order.public_url)
        );
        let html = format!("{before}{said}{after}");
        Ok(from_disk::page(from_disk::ELSEWHERE, &html, &self.pages, &self.about[0]))
    }

    fn guide(&self, data: Date) -> String {
        let Imprint { number, created, expires, .. } = &self.imprint;
        let text = include_str!("viewer/huong-dan.txt")
            .replace("@QGIS@", if self.order.qgis { OPENED_BY_QGIS } else { "" })
            .replace("@NAME@", &self.order.name)
            .replace("@NUMBER@", &number.to_string())
            .replace("@DATA@", &date_vi(data))
            .replace("@CREATED@", &date_vi(*created))
            .replace("@EXPIRES@", &date_vi(*expires))
            .replace("@URL@", self.order.public_url);
        // Notepad of old Windows reads it as UTF-8 only with a mark, and wants both letters at the end of a line.
        format!("\u{feff}{}", text.replace('\n', "\r\n"))
    }

    /// Proofs of the tables that go in as they were published, and the signature of the edition.
    fn proofs(&self, manifest: &Manifest, chosen: &[(&str, Form)]) -> Result<Vec<(String, String)>> {
        let tables = chosen.iter().filter(|(path, _)| path.ends_with(".csv"));
        let mut proofs = vec![];
        for (path, _) in tables {
            let proof = proof::make_of(self.order.dist, manifest, &format!("site/{path}"), None)?;
            let json = serde_json::to_string_pretty(&proof).expect("a proof is plain data") + "\n";
            proofs.push((format!("chung-thuc/{}.json", path.replace('/', ".")), json));
        }
        let signature = self.folder.join(imprint::SIGNATURE);
        let text = fs::read_to_string(&signature).map_err(|e| Fault::storage(Stage::Package, imprint::SIGNATURE, e))?;
        proofs.push((format!("chung-thuc/{}", imprint::SIGNATURE), text));
        Ok(proofs)
    }

    fn made(&self, piece: &Piece) -> Result<Vec<u8>> {
        match piece {
            Piece::Made(bytes) => Ok(bytes.clone()),
            Piece::Shard { set, shard } => {
                let Cut { archive, shards, .. } = &self.archives[set];
                shards::script(archive, set, shard, &shards[shard]).map(String::into_bytes)
            }
            Piece::Site(path, form) => self.of_site(path, *form),
            Piece::Published(path) => self.published(path),
            Piece::MbTiles(set) => self.archives[set].mbtiles(),
        }
    }

    fn published(&self, path: &str) -> Result<Vec<u8>> {
        fs::read(self.folder.join(path)).map_err(|e| Fault::storage(Stage::Package, path, e).into())
    }

    fn of_site(&self, path: &str, form: Form) -> Result<Vec<u8>> {
        let bytes = self.published(&format!("site/{path}"))?;
        if form == Form::Plain {
            return Ok(bytes);
        }
        let text = String::from_utf8(bytes).map_err(|_| unusable(path, "is not UTF-8"))?;
        let made = match form {
            Form::Page => from_disk::page(path, &text, &self.pages, &self.about[usize::from(path.starts_with("en/"))]),
            Form::Style => from_disk::style(&text),
            Form::Text => from_disk::text(&format!("/{path}"), &text),
            Form::Script => from_disk::script(&text).ok_or_else(|| unusable(path, "is a module that loads others"))?,
            Form::Plain => text,
        };
        Ok(made.into_bytes())
    }

    fn write(
        &self,
        manifest: &Manifest,
        pieces: BTreeMap<String, Piece>,
        out: &Path,
        sign: Sign<'_>,
        progress: &dyn Progress,
    ) -> Result<PackReport> {
        progress.begin("package", pieces.len() as u64);
        let mut payload = Payload::create(out)?;
        let pieces: Vec<(String, Piece)> = pieces.into_iter().collect();
        for some in pieces.chunks(AT_ONCE) {
            let packed = some.par_iter().map(|(path, piece)| {
                let plain = self.made(piece)?;
                let (entry, packed) = Entry::pack(path, &plain);
                progress.advance(1);
                Ok((Listed::of(&entry, sha256(&plain)), packed))
            });
            for (listed, packed) in packed.collect::<Result<Vec<_>>>()? {
                payload.add(listed, &packed)?;
            }
        }
        let order = self.order;
        let head = Head {
            format: listing::FORMAT.into(),
            province: order.province.into(),
            area: order.area.id(order.province),
            name: order.name.clone(),
            imprint: self.imprint.clone(),
            data_date: manifest.date,
            public_url: order.public_url.into(),
            rotations: order.rotations.clone(),
            revoked: order.revoked.clone(),
        };
        let (listing, bytes) = payload.seal(head, sign)?;
        payload.publish()?;
        let tiles = self.archives.values().flat_map(|cut| cut.shards.values()).map(|tiles| tiles.len() as u64).sum();
        let (area, edition, number) = (listing.head.area, order.edition.to_owned(), self.imprint.number);
        Ok(PackReport { area, edition, number, files: listing.files.len(), tiles, bytes })
    }
}

impl Cut {
    /// The tiles as one file, made beside and read again: the bytes are those that SQLite writes.
    fn mbtiles(&self) -> Result<Vec<u8>> {
        let storage = |e: std::io::Error| Failure::from(Fault::storage(Stage::Package, "MBTiles", e));
        let mut tiles: Vec<StoredTile> = self.shards.values().flatten().copied().collect();
        tiles.sort_by_key(|tile| tile.id);
        let folder = tempfile::tempdir().map_err(storage)?;
        let file = folder.path().join("tiles.mbtiles");
        let tiles = tiles.into_iter().map(Ok);
        Chosen { archive: &self.archive, bounds_e7: self.bounds_e7, tiles, progress: &Silent }.mbtiles(&file)?;
        fs::read(&file).map_err(storage)
    }
}

/// The box around two.
fn around(a: BoundsE7, b: BoundsE7) -> BoundsE7 {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
}

/// The page at the top of a package or of a folder of packages: it leads to `folder`.
pub fn opening_page(folder: &str) -> String {
    include_str!("viewer/mo-trang-nay.html").replace("@FOLDER@", folder)
}

fn unusable(path: &str, problem: &str) -> Failure {
    Fault::new(Stage::Package, Exit::Unexpected, problem).file(format!("site/{path}")).into()
}
