//! The search index, cut so that a phone on a slow line reads little for its first answer: units and decisions
//! in one file, names by the beginnings of their words, parcels by map sheet.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use serde_json::{Map, Value, json};

use super::cadastre::{SheetFacts, SheetParcels};
use super::catalogue::Commune;
use super::former_unit::FormerUnit;
use super::names::{self, Name, NameKind};
use super::site::Site;
use super::{OutputFile, home, lonlat};
use crate::model::label_point::{self, LabelPoint};
use crate::model::search_words::{search_words, telling};
use crate::model::text::slug;
use crate::snapshot::Snapshot;

/// A file of names above this is parted by one more letter. Compressed it is about a fifth.
const MOST_NAMES_BYTES: usize = 48_000;

pub fn all(site: &Site) -> Vec<OutputFile> {
    let names: Vec<Value> = names::all(site).iter().map(name_entry).collect();
    let words = |entry: &Value| search_words(entry[1].as_str().unwrap_or_default());
    let shards = shards(&names.iter().map(words).collect::<Vec<_>>(), &names);
    let mut files = vec![OutputFile::json("/search/don-vi.json", &units(site, &shards))];
    files.extend(shards.iter().map(|(key, entries)| {
        let entries: Vec<&Value> = entries.iter().map(|at| &names[*at]).collect();
        OutputFile::json(format!("/search/ten/{key}.json"), &json!(entries))
    }));
    files
}

/// What every search reads first: `communes` as `[code, name, bounds, has sheets]`, `former` ones as
/// `[code, name, codes of today, bounds]`, `decisions` as `[number, date, title, page]`, and how many names
/// each file below `/search/ten/` holds. The address of a unit is `/xa/<code>-<folded name>/`.
fn units(site: &Site, shards: &BTreeMap<String, Vec<usize>>) -> Value {
    let commune = |commune: &Commune| {
        json!([commune.code, commune.name, bounds(commune.bounds()), u8::from(!commune.sheets.is_empty())])
    };
    let former = |former: &FormerUnit| {
        let now: Vec<&str> = former.successors.iter().map(|successor| successor.code.as_str()).collect();
        json!([former.code, former.name, now, bounds(former.bounds)])
    };
    let catalogue = site.catalogue;
    let decisions: BTreeSet<(&str, String, &str, String)> =
        catalogue.snapshots.iter().chain(catalogue.superseded).map(decision).collect();
    json!({
        "communes": catalogue.communes.values().map(commune).collect::<Vec<_>>(),
        "former": site.former_units.iter().map(former).collect::<Vec<_>>(),
        "decisions": decisions,
        "names": shards.iter().map(|(key, entries)| (key, entries.len())).collect::<BTreeMap<_, _>>(),
    })
}

fn decision(snapshot: &Snapshot) -> (&str, String, &str, String) {
    let record = &snapshot.record;
    let page = match home::page_of(record) {
        // A dataset of the cadastre has no page but its own.
        "/xa/" | "/ban-do/" => format!("/du-lieu/{}/", snapshot.id),
        page => page.to_owned(),
    };
    (&record.decision.number, record.decision.date.to_string(), &record.title.vi, page)
}

/// A metre is near enough to find a road by.
fn bounds(degrees: Option<[f64; 4]>) -> Value {
    degrees.map_or(json!(0), |degrees| json!(degrees.map(|degree| (degree * 1e5).round() / 1e5)))
}

/// `[kind, name, commune, bounds, price row]`, 0 for what there is not.
fn name_entry(name: &Name) -> Value {
    let kind = match name.kind {
        NameKind::Road => "duong",
        NameKind::Water => "thuy_he",
        NameKind::Place => "dia_danh",
    };
    let price = name.price.as_ref().map(|(dataset, anchor)| format!("{dataset}#{anchor}"));
    json!([
        kind,
        name.name,
        name.commune.map_or(json!(0), Value::from),
        bounds(name.bounds),
        price.map_or(json!(0), Value::from)
    ])
}

/// The names by the first letters of their telling words: two, or more where a file would grow too large.
fn shards(words: &[Vec<String>], names: &[Value]) -> BTreeMap<String, Vec<usize>> {
    let mut postings: Vec<(&str, usize)> = vec![];
    for (at, words) in words.iter().enumerate() {
        let telling: BTreeSet<&str> = telling(words).into_iter().collect();
        postings.extend(telling.into_iter().map(|word| (word, at)));
    }
    postings.sort_unstable();
    let bytes: Vec<usize> = names.iter().map(|name| name.to_string().len() + 1).collect();
    let mut shards = BTreeMap::new();
    part(&postings, 2, &bytes, &mut shards);
    shards
}

fn part(postings: &[(&str, usize)], letters: usize, bytes: &[usize], shards: &mut BTreeMap<String, Vec<usize>>) {
    let key = |word: &str| word.chars().take(letters).collect::<String>();
    for group in postings.chunk_by(|a, b| key(a.0) == key(b.0)) {
        let entries: BTreeSet<usize> = group.iter().map(|(_, at)| *at).collect();
        let size: usize = entries.iter().map(|at| bytes[*at]).sum();
        let longest = group.iter().map(|(word, _)| word.chars().count()).max().unwrap_or(0);
        if size <= MOST_NAMES_BYTES || longest <= letters {
            shards.insert(key(group[0].0), entries.into_iter().collect());
            continue;
        }
        // Words that are no longer than the key stand first and stay under it.
        let ends = group.partition_point(|(word, _)| word.chars().count() <= letters);
        let (whole, longer) = group.split_at(ends);
        if !whole.is_empty() {
            let entries: BTreeSet<usize> = whole.iter().map(|(_, at)| *at).collect();
            shards.insert(key(whole[0].0), entries.into_iter().collect());
        }
        part(longer, letters + 1, bytes, shards);
    }
}

/// The parcels of today and of old that one file of a map sheet tells of.
#[derive(Default)]
struct SheetFile {
    points: Map<String, Value>,
    old: BTreeMap<String, Vec<String>>,
    former: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

/// `/search/to-<commune>.json` says which sheets there are, with their parcels' numbers and their bounds, and
/// which old ones; `/search/to/<commune>/<sheet>.json` holds a point in each parcel of today's sheet of that
/// number, and what became of the parcels of the old sheet: `{"points": {"12": [lon, lat]}, "old": {"5-31":
/// ["7-12"]}, "former": {"99503": {"5-31": ["7-13"]}}}`.
pub fn parcels(commune: &Commune, parcels: &BTreeMap<u32, SheetParcels>) -> Vec<OutputFile> {
    let mut files: BTreeMap<String, SheetFile> = BTreeMap::new();
    let mut sheets = Map::new();
    let points: Vec<(&u32, Map<String, Value>)> = parcels.par_iter().map(|(sheet, of)| (sheet, points(of))).collect();
    for (sheet, points) in points {
        files.entry(sheet.to_string()).or_default().points = points;
    }
    for sheet in commune.sheets.values() {
        let known = json!([ranges(sheet.facts), bounds(sheet.facts.bounds)]);
        sheets.insert(sheet.number.to_string(), known);
    }
    parcels.values().for_each(|sheet| add_old_numbers(commune, sheet, &mut files));
    let old: Vec<&String> = files.iter().filter(|(_, file)| file.has_old()).map(|(key, _)| key).collect();
    let list = json!({ "sheets": sheets, "old": old });
    let mut written = vec![OutputFile::json(format!("/search/to-{}.json", commune.code), &list)];
    written.extend(
        files
            .iter()
            .map(|(key, file)| OutputFile::json(format!("/search/to/{}/{key}.json", commune.code), &file.json())),
    );
    written
}

impl SheetFile {
    fn has_old(&self) -> bool {
        !self.old.is_empty() || !self.former.is_empty()
    }

    fn json(&self) -> Value {
        json!({ "points": self.points, "old": self.old, "former": self.former })
    }
}

/// `1-12,14` for 1 … 12 and 14.
fn ranges(sheet: &SheetFacts) -> String {
    let run = |[first, last]: &[u32; 2]| if first == last { first.to_string() } else { format!("{first}-{last}") };
    sheet.numbers.iter().map(run).collect::<Vec<_>>().join(",")
}

fn points(sheet: &SheetParcels) -> Map<String, Value> {
    let mut points = Map::new();
    for (row, parcel) in sheet.iter() {
        if let Some(LabelPoint { at, .. }) = label_point::inside(&sheet.world_rings(row)) {
            points.insert(parcel.number.to_string(), json!(lonlat::from_world(at.map(|v| v.round() as u32))));
        }
    }
    points
}

/// Old numbers as on old papers, those of a former commune under its code.
fn add_old_numbers(commune: &Commune, sheet: &SheetParcels, files: &mut BTreeMap<String, SheetFile>) {
    for (_, parcel) in sheet.iter() {
        let (Some(old_sheet), Some(old_number)) = (&parcel.old_sheet, &parcel.old_number) else { continue };
        let file = files.entry(slug(old_sheet)).or_default();
        let numbers = match &parcel.old_commune_code {
            Some(code) if code != commune.code => file.former.entry(code.clone()).or_default(),
            _ => &mut file.old,
        };
        numbers
            .entry(format!("{old_sheet}-{old_number}"))
            .or_default()
            .push(format!("{}-{}", parcel.sheet, parcel.number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_a_row_are_one_range() {
        let sheet =
            SheetFacts { numbers: vec![[1, 3], [5, 5], [7, 8]], parcels: 6, area_m2: 0.0, bounds: None, hull: vec![] };
        assert_eq!(ranges(&sheet), "1-3,5,7-8");
    }

    #[test]
    fn a_file_that_would_grow_too_large_is_parted_and_every_name_stays_under_each_of_its_words() {
        let names: Vec<Value> = (0..2_000)
            .map(|i| json!(["duong", format!("Đường Thanh {} {i}", ["Mai", "Mỹ", "Th"][i % 3]), "99001", 0, 0]))
            .collect();
        let words: Vec<Vec<String>> = names.iter().map(|name| search_words(name[1].as_str().unwrap())).collect();
        let shards = shards(&words, &names);
        let keys: Vec<&str> = shards.keys().map(String::as_str).filter(|key| key.starts_with(['t', 'm'])).collect();
        assert_eq!(keys, ["ma", "my", "th", "thanh"]);
        assert_eq!(shards["thanh"].len(), 2_000, "one word cannot be parted");
        assert_eq!((shards["th"].len(), shards["ma"].len()), (666, 667));
    }

    /// A province of 114 communes (with 340 former ones), 1.5 million parcels on 10,000 sheets and 20,000 price
    /// rows: what a phone reads for its first answer, as brotli sends it.
    #[test]
    fn the_first_answer_of_a_large_province_needs_at_most_60_kb() {
        let syllables = [
            "Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Thanh", "Bình", "Minh", "Hòa", "Phú", "Tân", "Đông", "Trung",
            "Hưng", "Thịnh", "Quang", "Khánh", "Vĩnh", "Xuân", "Ngọc", "Thạch", "Giang", "Sơn", "Hải", "Lạc", "Mỹ",
            "Cẩm", "Đức", "Yên", "Thủy",
        ];
        let mut state = 1_u64;
        let mut next = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below
        };
        let number = |next: &mut dyn FnMut(usize) -> usize| (next(4_000_000) as f64) / 1e5;
        let mut unit_entries = vec![];
        for i in 0..454 {
            let name = format!("Xã {} {} {}", syllables[next(30)], syllables[next(30)], i);
            let bounds = [106.0 + number(&mut next) / 100.0, 20.5 + number(&mut next) / 100.0, 107.123_45, 21.543_21];
            unit_entries.push(json!([format!("{:05}", 10_000 + i), name, bounds, 1]));
        }
        let names: Vec<Value> = (0..20_000)
            .map(|i| {
                let name = format!("Đường {} {} {}", syllables[next(30)], syllables[next(30)], syllables[next(30)]);
                let bounds =
                    [106.0 + number(&mut next) / 100.0, 20.5 + number(&mut next) / 100.0, 106.987_65, 21.012_34];
                json!(["duong", name, format!("{:05}", 10_000 + next(114)), bounds, format!("bang-gia-dat-2026#r{i}")])
            })
            .collect();
        let words: Vec<Vec<String>> = names.iter().map(|name| search_words(name[1].as_str().unwrap())).collect();
        let shards = shards(&words, &names);
        let counts: BTreeMap<&String, usize> = shards.iter().map(|(key, entries)| (key, entries.len())).collect();
        let units = compressed(&json!({ "communes": unit_entries, "decisions": [], "names": counts }));
        let largest = shards
            .values()
            .map(|entries| entries.iter().map(|at| &names[*at]).collect::<Vec<_>>())
            .map(|of| compressed(&json!(of)))
            .max()
            .unwrap();
        // 88 sheets of 150 parcels.
        let sheets: Map<String, Value> = (1..=88)
            .map(|sheet| {
                (
                    sheet.to_string(),
                    json!([
                        "1-148,150,153",
                        [106.0 + number(&mut next) / 100.0, 20.5 + number(&mut next) / 100.0, 106.9, 21.0]
                    ]),
                )
            })
            .collect();
        let list = compressed(&json!({ "sheets": sheets, "old": (1..60).map(|i| i.to_string()).collect::<Vec<_>>() }));
        let points: Map<String, Value> = (1..=150)
            .map(|i| (i.to_string(), json!([106.0 + number(&mut next) / 100.0, 20.5 + number(&mut next) / 100.0])))
            .collect();
        let old: BTreeMap<String, Vec<String>> =
            (1..=300).map(|i| (format!("2-{i}"), vec![format!("{}-{}", next(88), next(150))])).collect();
        let sheet = compressed(&json!({ "points": points, "old": old, "former": {} }));
        assert!(units + largest <= 60_000, "a name: {units} + {largest}");
        assert!(units + list + sheet <= 60_000, "a parcel: {units} + {list} + {sheet}");
    }

    fn compressed(value: &Value) -> usize {
        let mut out = vec![];
        let text = value.to_string();
        let mut reader = text.as_bytes();
        brotli::BrotliCompress(&mut reader, &mut out, &brotli::enc::BrotliEncoderParams::default()).unwrap();
        out.len()
    }
}
