//! The packages in `dist/packages/` → their index, a page in each language that helps to choose, and a feed.
//!
//! Every package is opened whole before it is listed.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::durable::put;
use super::keyring::Keyring;
use super::pack::escaped;
use super::{delta, opened};
use crate::digest::{sha256, sha256_file};
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::model::text::date_vi;
use crate::release::shelf::{self, FORMAT, INDEX, PackageFacts, PackageIndex, ShelfFile, UpdateFacts};

/// Checks what lies in `dist/packages/` and writes index, pages and feed beside it. The pages are those of the edition
/// (its `site/`), with the list in its place.
///
/// # Errors
/// Exit 2 for two packages of one area and number, or a name that cannot be an address; those of opening a package.
pub fn index(dist: &Path, site: &Path, public_url: &str, trusted: &Keyring) -> Result<PackageIndex> {
    let folder = shelf::folder(dist);
    fs::create_dir_all(&folder).map_err(|e| Fault::storage(Stage::Package, &folder, e))?;
    let (mut packages, mut updates, mut faults) = (vec![], vec![], vec![]);
    for name in names(&folder)? {
        let path = folder.join(&name);
        let taken = match path.extension().and_then(|ending| ending.to_str()) {
            Some("zip") => package(&path, &name, trusted).map(|facts| packages.push(facts)),
            Some("delta") => update(&path, &name, trusted).map(|facts| updates.push(facts)),
            _ => Ok(()),
        };
        faults.extend(taken.err().into_iter().flat_map(|failure| failure.faults));
    }
    packages.sort_by_key(|package: &PackageFacts| (package.area.clone(), std::cmp::Reverse(package.number)));
    updates.sort_by_key(|update: &UpdateFacts| (update.area.clone(), update.from, update.to));
    let twice = packages.windows(2).filter(|pair| (&pair[0].area, pair[0].number) == (&pair[1].area, pair[1].number));
    faults.extend(twice.map(|pair| doubled(&pair[0].file.name, &pair[1].file.name)));
    Failure::unless_empty(faults)?;
    let mut index = PackageIndex { format: FORMAT.into(), packages, updates, pages: vec![] };
    for (name, page, words) in [("index.html", "goi/index.html", &VI), ("en.html", "en/goi/index.html", &EN)] {
        // A site of one language has the page of the other nowhere.
        let html = fs::read_to_string(site.join(page)).ok();
        let Some(page) = html.and_then(|html| listed(&html, words, &index)) else { continue };
        write(&folder, &mut index, name, page.as_bytes())?;
    }
    let feed = feed(&index, public_url);
    write(&folder, &mut index, "goi.atom", feed.as_bytes())?;
    let text = serde_json::to_string_pretty(&index).expect("an index is plain data") + "\n";
    put(&folder.join(INDEX), text.as_bytes()).map(|()| index)
}

fn names(folder: &Path) -> Result<BTreeSet<String>> {
    let storage = |e: std::io::Error| Failure::from(Fault::storage(Stage::Package, folder, e));
    let entries = fs::read_dir(folder).map_err(storage)?;
    entries.map(|entry| Ok(entry.map_err(storage)?.file_name().to_string_lossy().into_owned())).collect()
}

fn file(path: &Path, name: &str) -> Result<ShelfFile> {
    if !shelf::is_plain(name) {
        return Err(Fault::new(Stage::Package, Exit::Usage, "cannot be an address")
            .file(path)
            .remedy("name it with letters a-z, digits, '.', '_' and '-' only")
            .into());
    }
    let storage = |e| Fault::storage(Stage::Package, path, e);
    let bytes = fs::metadata(path).map_err(storage)?.len();
    Ok(ShelfFile { name: name.to_owned(), bytes, sha256: sha256_file(path).map_err(storage)? })
}

fn package(path: &Path, name: &str, trusted: &Keyring) -> Result<PackageFacts> {
    let opened = opened::open(path, trusted)?;
    let (head, files) = (&opened.listing.head, &opened.listing.files);
    Ok(PackageFacts {
        file: file(path, name)?,
        area: head.area.clone(),
        name: head.name.clone(),
        edition: head.imprint.edition.clone(),
        number: head.imprint.number,
        data_date: head.data_date,
        created: head.imprint.created,
        expires: head.imprint.expires,
        files: files.len() as u64,
        unpacked_bytes: files.iter().map(|file| file.bytes).sum(),
    })
}

fn update(path: &Path, name: &str, trusted: &Keyring) -> Result<UpdateFacts> {
    let delta::DeltaFacts { area, from, to } = delta::facts(path, trusted)?;
    Ok(UpdateFacts { file: file(path, name)?, area, from, to })
}

fn doubled(one: &str, other: &str) -> Fault {
    let problem = format!("{one} and {other} are of the same area and number");
    Fault::new(Stage::Package, Exit::Usage, problem).remedy("remove one of them")
}

fn write(folder: &Path, index: &mut PackageIndex, name: &str, bytes: &[u8]) -> Result<()> {
    put(&folder.join(name), bytes)?;
    index.pages.push(ShelfFile { name: name.to_owned(), bytes: bytes.len() as u64, sha256: sha256(bytes) });
    Ok(())
}

/// The page's words in one language.
struct Words {
    caption: &'static str,
    heads: [&'static str; 6],
    /// For what has no package.
    none: &'static str,
    update: &'static str,
    feeds: &'static str,
}

const VI: Words = Words {
    caption: "Gói mới nhất của mỗi xã, phường và cả tỉnh",
    heads: ["Khu vực", "Tải về", "Mã", "Bản số", "Dữ liệu đến", "Hạn dùng"],
    none: "Chưa có gói nào.",
    update: "cập nhật từ bản số",
    feeds: "<p>Danh mục cho chương trình: <a href=\"/goi/index.json\">index.json</a>; tin gói mới: <a href=\"/goi/goi.atom\">Atom</a>; tin bản công bố mới: <a href=\"/goi/ban-cong-bo.atom\">Atom</a>.</p>\n",
};

const EN: Words = Words {
    caption: "The latest package of each commune and of the province",
    heads: ["Area", "Download", "Code", "Number", "Data until", "Valid until"],
    none: "There is no package yet.",
    update: "update from number",
    feeds: "<p>For programs: <a href=\"/goi/index.json\">index.json</a>; feed of packages: <a href=\"/goi/goi.atom\">Atom</a>; feed of editions: <a href=\"/goi/ban-cong-bo.atom\">Atom</a>.</p>\n",
};

/// Where the page of the site leaves the list its place.
const PLACE: &str = "<div id=\"danh-muc-goi\">\n";

/// The site's own page about packages, with the list in its place; none for a page that leaves it none.
fn listed(html: &str, words: &Words, index: &PackageIndex) -> Option<String> {
    let (before, rest) = html.split_once(PLACE)?;
    let (_, after) = rest.split_once("</div>")?;
    let (head, body) = before.split_once("</head>")?;
    let feed = format!(
        "<link rel=\"alternate\" type=\"application/atom+xml\" href=\"/goi/goi.atom\" title=\"{}\">\n</head>",
        words.caption
    );
    Some(format!("{head}{feed}{body}{PLACE}{}{}</div>{after}", table(words, index), words.feeds))
}

/// An area with a shorter code is the province.
const COMMUNE_DIGITS: usize = 5;

fn table(words: &Words, index: &PackageIndex) -> String {
    if index.packages.is_empty() {
        return format!("<p>{}</p>\n", words.none);
    }
    let head: String = words.heads.iter().map(|head| format!("<th scope=\"col\">{head}</th>")).collect();
    let mut newest: Vec<&PackageFacts> = index.newest().collect();
    // The province last: few want it, and nobody should take it by mistake.
    let key =
        |package: &PackageFacts| (package.area.len() < COMMUNE_DIGITS, package.name.clone(), package.area.clone());
    newest.sort_by_cached_key(|package| key(package));
    let rows: String = newest.into_iter().map(|package| row(words, index, package)).collect();
    format!(
        "<div class=\"table-frame\" tabindex=\"0\" role=\"group\" aria-label=\"{caption}\">\n<table data-filter>\n\
         <caption>{caption}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n</div>\n",
        caption = words.caption
    )
}

fn row(words: &Words, index: &PackageIndex, package: &PackageFacts) -> String {
    let PackageFacts { file, area, name, number, data_date, expires, .. } = package;
    let link = |file: &ShelfFile, said: &str| {
        format!("<a class=\"plain-nowrap\" href=\"/goi/{}\" download>{said}, {}</a>", file.name, size(file.bytes))
    };
    let updates = index.updates.iter().filter(|update| update.area == *area && update.to == *number);
    let updates: String = updates
        .map(|update| format!("<br>{}", link(&update.file, &format!("{} {}", words.update, update.from))))
        .collect();
    format!(
        "<tr><th scope=\"row\" lang=\"vi\">{}</th>\
         <td>{}{updates}<details><summary class=\"plain-nowrap\">SHA-256</summary><code>{}</code></details></td>\
         <td>{area}</td><td class=\"figure\">{number}</td>\
         <td><time datetime=\"{data_date}\">{}</time></td><td><time datetime=\"{expires}\">{}</time></td></tr>\n",
        escaped(name),
        link(file, "ZIP"),
        file.sha256,
        date_vi(*data_date),
        date_vi(*expires)
    )
}

/// `7,2 MB`: as people read sizes off a stick.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1000)),
        _ => format!("{:.1} MB", bytes as f64 / 1e6).replace('.', ","),
    }
}

/// Atom (RFC 4287): each package, by its publication.
fn feed(index: &PackageIndex, public_url: &str) -> String {
    let url = escaped(public_url.trim_end_matches('/'));
    let latest = index.packages.iter().map(|package| package.created).max();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = write!(
        xml,
        "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"vi\">\n<id>{url}/goi/goi.atom</id>\n<title>{}</title>\n\
         <updated>{}T00:00:00+07:00</updated>\n<link rel=\"self\" type=\"application/atom+xml\" href=\"{url}/goi/goi.atom\"/>\n\
         <link rel=\"alternate\" type=\"text/html\" href=\"{url}/goi/\"/>\n<author><name>congbo</name></author>\n",
        VI.caption,
        latest.map_or("1970-01-01".to_owned(), |day| day.to_string()),
    );
    let mut newest: Vec<&PackageFacts> = index.packages.iter().collect();
    newest.sort_by_key(|package| (std::cmp::Reverse(package.number), &package.area));
    for package in newest {
        let PackageFacts { file, area, name, number, created, expires, .. } = package;
        let _ = write!(
            xml,
            "<entry>\n<id>{url}/goi/{area}#{number}</id>\n<title>{}, bản số {number}</title>\n\
             <updated>{created}T00:00:00+07:00</updated>\n\
             <link rel=\"enclosure\" type=\"application/zip\" length=\"{}\" href=\"{url}/goi/{}\"/>\n\
             <summary>Hạn dùng đến {}. SHA-256 {}</summary>\n</entry>\n",
            escaped(name),
            file.bytes,
            file.name,
            date_vi(*expires),
            file.sha256
        );
    }
    xml.push_str("</feed>\n");
    xml
}
