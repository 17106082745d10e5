//! Every named road, water and place: what the search index and the index pages list.

use std::collections::BTreeMap;

use super::lonlat;
use super::site::Site;
use crate::model::base_feature::{BaseFeature, Theme};
use crate::model::text::fold;
use crate::snapshot::{Content, Layer};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NameKind {
    Road,
    Water,
    Place,
}

/// A road is one entry for a commune, whether its price rows, its line on the map or both are known.
#[derive(Clone, Debug)]
pub struct Name<'a> {
    pub kind: NameKind,
    pub name: String,
    pub commune: Option<&'a str>,
    /// West, south, east, north in degrees.
    pub bounds: Option<[f64; 4]>,
    /// Dataset and anchor of its first price row.
    pub price: Option<(&'a str, String)>,
}

type Key<'a> = (NameKind, String, Option<&'a str>);
type Found<'a> = BTreeMap<Key<'a>, (Option<[f64; 4]>, Option<(&'a str, String)>)>;

/// In the order of kinds, folded names, names and communes.
pub fn all<'a>(site: &'a Site) -> Vec<Name<'a>> {
    let mut found = Found::new();
    for snapshot in site.catalogue.snapshots {
        if let Content::Base(layers) = &snapshot.content {
            layers.iter().for_each(|layer| add_base(layer, &mut found));
        }
    }
    add_price_roads(site, &mut found);
    let name = |((kind, name, commune), (bounds, price))| Name { kind, name, commune, bounds, price };
    let mut names: Vec<Name> = found.into_iter().map(name).collect();
    names.sort_by_cached_key(|name| (name.kind, fold(&name.name), name.name.clone(), name.commune));
    names
}

/// A road cut into several lines is one entry around them all.
fn add_base<'a>(layer: &'a Layer<BaseFeature>, found: &mut Found<'a>) {
    for (feature, facts) in layer.rows.iter().enumerate() {
        let (Some(name), Some(bounds)) = (&facts.name, lonlat::feature_bounds(&layer.world, feature)) else { continue };
        let kind = match facts.theme {
            Theme::GiaoThong => NameKind::Road,
            Theme::ThuyHe => NameKind::Water,
            Theme::DiaDanh => NameKind::Place,
        };
        let place = found.entry((kind, name.clone(), facts.commune_code.as_deref())).or_default();
        place.0 = Some(place.0.map_or(bounds, |known| lonlat::union(known, bounds)));
    }
}

fn add_price_roads<'a>(site: &'a Site, found: &mut Found<'a>) {
    for commune in site.catalogue.communes.values() {
        for table in &commune.prices {
            for (snapshot, row) in table.all_rows() {
                let Some(road) = &row.road else { continue };
                let place = found.entry((NameKind::Road, road.clone(), Some(commune.code))).or_default();
                place.1.get_or_insert_with(|| (table.snapshot.id.as_str(), table.anchor(snapshot, row)));
            }
        }
    }
}
