//! The numbers of map sheets on the map, read back from the demonstration's archive.

mod demo_site;

use std::collections::{BTreeMap, BTreeSet};

use congbo::snapshot::signature;
use congbo::tile::decode::{self, DecodedFeature, DecodedLayer, DecodedValue};
use congbo::tile::grid;
use congbo::tile::stored::StoredArchive;
use demo_site::DemoSite;

#[test]
fn each_sheet_is_labelled_once_at_every_zoom_on_a_parcel_of_its_own() {
    let keys = tempfile::tempdir().unwrap();
    let key = keys.path().join("approver");
    signature::make_key(&key, None).unwrap();
    let mut site = DemoSite::approved(&key.with_extension("key"));
    site.congbo(&["build"]);
    let files = site.files("dist/releases").into_iter().map(|(path, _)| path.display().to_string());
    let archive =
        files.into_iter().find(|path| path.contains("/tiles/thua-dat-") && path.ends_with(".pmtiles")).unwrap();
    let archive = StoredArchive::open(&site.path().join("dist/releases").join(archive)).unwrap();

    let mut labelled: BTreeMap<u8, BTreeSet<String>> = BTreeMap::new();
    let mut sheets: BTreeSet<String> = BTreeSet::new();
    let mut on_land = 0;
    for tile in archive.tiles() {
        let (tile, mut packed) = (tile.unwrap(), vec![]);
        archive.read(tile, &mut packed).unwrap();
        let bytes = inflated(&packed);
        let layers = decode::tile(&bytes).unwrap();
        let of = |name: &str| layers.iter().find(|layer| layer.name == name);
        let (labels, parcels) = (of("to_ban_do_nhan"), of("thua_dat"));
        for parcel in parcels.iter().flat_map(|layer| &layer.features) {
            sheets.insert(sheet(parcels.unwrap(), parcel));
        }
        for label in labels.iter().flat_map(|layer| &layer.features) {
            let name = sheet(labels.unwrap(), label);
            assert!(
                labelled.entry(grid::tile(tile.id).z).or_default().insert(name.clone()),
                "{name} is labelled twice"
            );
            if let Some(parcels) = parcels {
                let at = labels.unwrap().parts(label).next().unwrap()[0];
                let mut of_sheet = parcels.features.iter().filter(|parcel| sheet(parcels, parcel) == name);
                assert!(of_sheet.any(|parcel| holds(parcels, parcel, at)), "{name} is labelled outside of its land");
                on_land += 1;
            }
        }
    }
    assert!(sheets.len() > 10, "{sheets:?}");
    assert_eq!(labelled.keys().copied().collect::<Vec<_>>(), [13, 14, 15, 16]);
    assert!(labelled.values().all(|of_zoom| *of_zoom == sheets), "{labelled:?}");
    assert_eq!(on_land, 2 * sheets.len(), "at z15 and z16 parcels are drawn, and every label stands on one");
}

fn sheet(layer: &DecodedLayer, feature: &DecodedFeature) -> String {
    let value = |field| layer.value(feature, field);
    match (value("maXa"), value("soHieuToBanDo")) {
        (Some(DecodedValue::Text(commune)), Some(DecodedValue::Integer(sheet))) => format!("{commune}-{sheet}"),
        other => panic!("{other:?}"),
    }
}

/// Whether a point lies inside a parcel or on its border, as rounded to the tile's grid.
fn holds(parcels: &DecodedLayer, parcel: &DecodedFeature, [x, y]: [i32; 2]) -> bool {
    let edges = || parcels.parts(parcel).flat_map(|ring| ring.iter().zip(ring.iter().cycle().skip(1)));
    let cross = |[ax, ay]: [i32; 2], [bx, by]: [i32; 2]| {
        i64::from(bx - ax) * i64::from(y - ay) - i64::from(by - ay) * i64::from(x - ax)
    };
    // Rounding moves point and border by half a unit each: 0.15 m at z15.
    let near = |a: [i32; 2], b: [i32; 2]| {
        let length = f64::from(b[0] - a[0]).hypot(f64::from(b[1] - a[1]));
        let within = |v: i32, a: i32, b: i32| v >= a.min(b) - 1 && v <= a.max(b) + 1;
        within(x, a[0], b[0]) && within(y, a[1], b[1]) && cross(a, b).abs() as f64 <= length
    };
    let crossed = edges().filter(|(a, b)| (a[1] > y) != (b[1] > y) && (cross(**a, **b) > 0) == (b[1] > a[1]));
    crossed.count() % 2 == 1 || edges().any(|(a, b)| near(*a, *b))
}

fn inflated(packed: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 8 << 20];
    let length = libdeflater::Decompressor::new().gzip_decompress(packed, &mut bytes).unwrap();
    bytes.truncate(length);
    bytes
}
