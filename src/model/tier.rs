//! Which layers anybody may take, and which need a grant: one table, `tiers.csv`.
//!
//! Files of every layer are written by one path, in one format; the table says into which folder of the edition.
//! What lies under `open/` is served to anybody as it is; what lies elsewhere leaves by a granted request alone, in
//! the areas and fields that the table names for it.

use std::sync::LazyLock;

use super::named::named;

pub const TIERS_CSV: &str = include_str!("tiers.csv");

named!(
    /// A layer of an edition that other programs can open.
    Layer { Parcels = "parcels", Plans = "plans", Boundaries = "boundaries", Base = "base" }
);

named!(
    /// Who gets it.
    Tier { Open = "open", Granted = "granted" }
);

/// One row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    pub layer: Layer,
    pub folder: &'static str,
    pub tier: Tier,
    /// Kinds of area that may be asked for; none where the files are taken whole.
    pub areas: Vec<&'static str>,
    /// Fields that may be asked for; none where all are in the file.
    pub fields: Vec<&'static str>,
}

static TERMS: LazyLock<Vec<Terms>> = LazyLock::new(|| TIERS_CSV.lines().skip(1).map(terms).collect());

impl Layer {
    pub fn terms(self) -> &'static Terms {
        TERMS.iter().find(|terms| terms.layer == self).expect("every layer stands in tiers.csv")
    }

    /// Its folder in an edition.
    pub fn folder(self) -> &'static str {
        self.terms().folder
    }
}

/// A line of the compiled-in table; a wrong one fails every test and the first use.
fn terms(line: &'static str) -> Terms {
    let parts: Vec<&'static str> = line.split(',').collect();
    let words = |text: &'static str| match text {
        "-" | "*" => vec![],
        text => text.split(' ').collect(),
    };
    let read = match parts[..] {
        [layer, folder, tier, areas, fields] => Layer::from_id(layer)
            .zip(Tier::from_id(tier))
            .map(|(layer, tier)| Terms { layer, folder, tier, areas: words(areas), fields: words(fields) }),
        _ => None,
    };
    read.unwrap_or_else(|| panic!("tiers.csv: '{line}' is no row"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::field::Fields;
    use crate::model::parcel::Parcel;

    #[test]
    fn what_is_open_lies_under_open_and_nothing_else_does() {
        for layer in Layer::ALL {
            let Terms { folder, tier, areas, fields, .. } = layer.terms();
            assert_eq!(folder.starts_with("open/"), *tier == Tier::Open, "{folder}");
            assert_eq!(areas.is_empty() && fields.is_empty(), *tier == Tier::Open, "{folder}");
        }
    }

    #[test]
    fn the_fields_of_parcels_are_those_of_their_files() {
        assert_eq!(Layer::Parcels.terms().fields, Parcel::NAMES);
    }
}
