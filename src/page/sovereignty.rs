//! Maps that touch sovereignty (Law on surveying and mapping 27/2018, articles 6.4 and 18): a map that shows the
//! national territory shows Hoàng Sa and Trường Sa, or it is not built.

use super::lonlat;
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::model::base_feature::Theme;
use crate::model::text::fold;
use crate::snapshot::{Content, Layer, Snapshot};

/// West, south, east, north in degrees.
type Bounds = [f64; 4];

struct Archipelago {
    name: &'static str,
    folded: &'static str,
    /// Around its islands.
    bounds: Bounds,
    /// Code of the province it belongs to.
    province: &'static str,
}

const ARCHIPELAGOS: [Archipelago; 2] = [
    Archipelago { name: "Hoàng Sa", folded: "hoang sa", bounds: [111.0, 15.6, 113.0, 17.3], province: "48" },
    Archipelago { name: "Trường Sa", folded: "truong sa", bounds: [111.3, 6.4, 117.9, 12.1], province: "56" },
];
/// No province with the room around it is as wide or high; the country is 15° high.
const NATIONAL_DEG: f64 = 6.0;

/// A name of the base layer or an administrative unit that stands for an archipelago.
pub struct Island {
    pub name: String,
    /// Longitude, latitude.
    pub at: [f64; 2],
}

/// Names of the archipelagos in the approved data, at their places.
pub fn islands(snapshots: &[Snapshot]) -> Vec<Island> {
    let found = snapshots.iter().flat_map(|snapshot| match &snapshot.content {
        Content::Base(layers) => layers.iter().flat_map(place_names).collect::<Vec<_>>(),
        Content::Boundaries(boundaries) => named(&boundaries.units, |unit| Some(&unit.name)),
        _ => vec![],
    });
    found.filter(|island| ARCHIPELAGOS.iter().any(|archipelago| archipelago.is_shown_by(island))).collect()
}

fn place_names(layer: &Layer<crate::model::base_feature::BaseFeature>) -> Vec<Island> {
    named(layer, |feature| feature.name.as_ref().filter(|_| feature.theme == Theme::DiaDanh))
}

fn named<T>(layer: &Layer<T>, name: impl Fn(&T) -> Option<&String>) -> Vec<Island> {
    let island = |(feature, row): (usize, &crate::disclose::Public<T>)| {
        let name =
            name(row).filter(|name| ARCHIPELAGOS.iter().any(|archipelago| fold(name).contains(archipelago.folded)))?;
        let [west, south, east, north] = lonlat::feature_bounds(&layer.world, feature)?;
        Some(Island { name: name.clone(), at: [(west + east) / 2.0, (south + north) / 2.0] })
    };
    layer.rows.iter().enumerate().filter_map(island).collect()
}

impl Archipelago {
    fn is_shown_by(&self, island: &Island) -> bool {
        let ([west, south, east, north], [lon, lat]) = (self.bounds, island.at);
        fold(&island.name).contains(self.folded) && (west..=east).contains(&lon) && (south..=north).contains(&lat)
    }

    /// Whether a map that can be moved within `frame` must show it.
    fn is_due(&self, frame: Bounds, province: &str) -> bool {
        let [west, south, east, north] = frame;
        let national = east - west > NATIONAL_DEG || north - south > NATIONAL_DEG;
        let [w, s, e, n] = self.bounds;
        let reached = west < e && east > w && south < n && north > s;
        national || reached || province == self.province
    }
}

/// # Errors
/// Exit 5 with every archipelago that the map of `frame` (degrees) must show and does not.
pub fn refuse_without_islands(frame: Bounds, province: &str, islands: &[Island]) -> Result<()> {
    let due = ARCHIPELAGOS.iter().filter(|archipelago| archipelago.is_due(frame, province));
    let missing = due.filter(|archipelago| !islands.iter().any(|island| archipelago.is_shown_by(island)));
    Failure::unless_empty(missing.map(|archipelago| fault(archipelago, frame)).collect())
}

fn fault(archipelago: &Archipelago, frame: Bounds) -> Fault {
    let [west, south, east, north] = frame.map(|degrees| format!("{degrees:.2}"));
    let problem = format!(
        "the map reaches {west}–{east}° E, {south}–{north}° N and does not show {} (Law 27/2018, Đ6.4)",
        archipelago.name
    );
    Fault::new(Stage::Page, Exit::Quality, problem).file("congbo.toml").feature("[province] bounds_deg").remedy(
        format!(
            "approve a base layer with the place name '{}' from the official border set, or data within the province",
            archipelago.name
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROVINCE: Bounds = [106.2, 20.6, 106.6, 21.0];
    const COUNTRY: Bounds = [102.0, 4.5, 118.0, 23.5];

    fn said(frame: Bounds, province: &str, islands: &[Island]) -> String {
        refuse_without_islands(frame, province, islands).map_or_else(|failure| failure.to_string(), |()| String::new())
    }

    fn both() -> Vec<Island> {
        let island = |name: &str, at| Island { name: name.into(), at };
        vec![island("Quần đảo Hoàng Sa", [112.0, 16.5]), island("Đặc khu Trường Sa", [114.3, 9.9])]
    }

    #[test]
    fn n02_the_map_of_a_province_needs_no_islands() {
        assert_eq!(said(PROVINCE, "99", &[]), "");
    }

    #[test]
    fn n02_a_map_that_reaches_national_extent_shows_both_archipelagos_or_is_not_built() {
        let failure = said(COUNTRY, "99", &[]);
        assert!(failure.contains("does not show Hoàng Sa") && failure.contains("does not show Trường Sa"), "{failure}");
        assert_eq!(said(COUNTRY, "99", &both()), "");
    }

    #[test]
    fn n02_a_name_at_another_place_does_not_count() {
        let street = [Island { name: "Đường Hoàng Sa".into(), at: [108.25, 16.1] }];
        assert!(said(COUNTRY, "99", &street).contains("does not show Hoàng Sa"));
    }

    #[test]
    fn n02_the_province_of_an_archipelago_always_shows_it() {
        let da_nang = [107.7, 15.2, 108.7, 16.3];
        let failure = said(da_nang, "48", &[]);
        assert!(failure.contains("Hoàng Sa") && !failure.contains("Trường Sa"), "{failure}");
    }
}
