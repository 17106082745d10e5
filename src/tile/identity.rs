//! What an archive says of the tile set it belongs to, and of the part of it that it holds.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The key of an [`Identity`] in an archive's metadata.
pub const KEY: &str = "congbo";

/// West, south, east, north in 1e-7 degrees of WGS 84, as a PMTiles header holds them.
pub type BoundsE7 = [i32; 4];

/// The same in every part of a tile set but for `part`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// Id of the tile set.
    pub set: String,
    /// Of the whole tile set; the header of a part says the part's own.
    pub bounds_e7: BoundsE7,
    /// None when the archive is whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
}

/// What of the land an archive holds: some communes, some boxes, or both where such parts were merged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Codes of the communes whose tiles are all here.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub communes: BTreeSet<String>,
    /// Codes of all communes of the land; empty where nothing was cut by commune.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub of: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub boxes_e7: BTreeSet<BoundsE7>,
}

impl Identity {
    /// The identity in some metadata; what is wrong with it otherwise.
    pub fn of(metadata: &Map<String, Value>) -> Result<Self, String> {
        let value = metadata.get(KEY).ok_or("its metadata does not say which tile set it belongs to")?;
        Identity::deserialize(value).map_err(|e| format!("its metadata '{KEY}' cannot be read: {e}"))
    }

    pub fn to_json(&self) -> Value {
        serde_json::to_value(self).expect("an identity is plain data")
    }

    /// The identity of several parts together; that of the whole once nothing is missing.
    pub fn joined(&self, others: impl Iterator<Item = Option<Part>>) -> Self {
        let part = others.fold(self.part.clone(), |joined, other| {
            let (mut joined, other) = (joined?, other?);
            joined.communes.extend(other.communes);
            joined.of.extend(other.of);
            joined.boxes_e7.extend(other.boxes_e7);
            Some(joined)
        });
        Identity { part: part.filter(|part| !part.is_whole(self.bounds_e7)), ..self.clone() }
    }
}

impl Part {
    /// Whether nothing of a tile set with these bounds is missing.
    pub fn is_whole(&self, bounds: BoundsE7) -> bool {
        (!self.of.is_empty() && self.communes == self.of) || covers(&self.boxes_e7, bounds)
    }
}

/// Whether boxes leave no point of `bounds` out: each cell between two neighbouring sides lies in one of them.
fn covers(boxes: &BTreeSet<BoundsE7>, bounds: BoundsE7) -> bool {
    let cells = |low: usize, high: usize| {
        let sides = boxes.iter().flat_map(|b| [b[low], b[high]]).chain([bounds[low], bounds[high]]);
        let sides: BTreeSet<i32> = sides.map(|side| side.clamp(bounds[low], bounds[high])).collect();
        let sides: Vec<i32> = sides.into_iter().collect();
        // Bounds without width are one cell.
        if sides.len() == 1 { vec![(sides[0], sides[0])] } else { sides.windows(2).map(|s| (s[0], s[1])).collect() }
    };
    let (columns, rows) = (cells(0, 2), cells(1, 3));
    let covered = |(west, east): (i32, i32), (south, north): (i32, i32)| {
        boxes.iter().any(|b| b[0] <= west && east <= b[2] && b[1] <= south && north <= b[3])
    };
    columns.iter().all(|column| rows.iter().all(|row| covered(*column, *row)))
}

/// The smallest box around some; `None` for no box.
pub fn hull(boxes: impl Iterator<Item = BoundsE7>) -> Option<BoundsE7> {
    boxes.reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])])
}

/// A box as far as it lies in another; one outside becomes a line or point on its border, so that the hull of
/// clamped boxes is the clamped hull.
pub fn clamped(inner: BoundsE7, outer: BoundsE7) -> BoundsE7 {
    std::array::from_fn(|i| inner[i].clamp(outer[i % 2], outer[i % 2 + 2]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(communes: &[&str], boxes: &[BoundsE7]) -> Part {
        let codes = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect();
        let of = if communes.is_empty() { BTreeSet::new() } else { codes(&["1", "2"]) };
        Part { communes: codes(communes), of, boxes_e7: boxes.iter().copied().collect() }
    }

    #[test]
    fn a_part_is_whole_when_every_commune_is_there() {
        assert!(!part(&["1"], &[]).is_whole([0, 0, 9, 9]));
        assert!(part(&["1", "2"], &[]).is_whole([0, 0, 9, 9]));
    }

    #[test]
    fn boxes_are_whole_when_they_leave_no_point_out() {
        let quarters = [[-9, -9, 4, 5], [4, 0, 9, 5], [0, 5, 4, 20], [4, 5, 9, 9]];
        assert!(part(&[], &quarters).is_whole([0, 0, 9, 9]));
        assert!(!part(&[], &quarters[..3]).is_whole([0, 0, 9, 9]));
        assert!(!part(&[], &[[0, 0, 4, 9], [5, 0, 9, 9]]).is_whole([0, 0, 9, 9]), "a strip is missing between them");
    }

    #[test]
    fn parts_are_joined_to_the_same_identity_in_any_order() {
        let of = |part| Identity { set: "a".into(), bounds_e7: [0, 0, 9, 9], part: Some(part) };
        let (one, two) = (part(&["1"], &[]), part(&[], &[[0, 0, 4, 9]]));
        let joined = of(one.clone()).joined([Some(two.clone())].into_iter());
        assert_eq!(joined, of(two).joined([Some(one)].into_iter()));
        assert_eq!(joined.part, Some(part(&["1"], &[[0, 0, 4, 9]])));
        assert_eq!(joined.joined([Some(part(&["2"], &[]))].into_iter()).part, None);
    }

    #[test]
    fn metadata_give_back_the_identity_that_was_put_in() {
        let identity = Identity { set: "a".into(), bounds_e7: [-5, 0, 9, 9], part: Some(part(&["1"], &[])) };
        let metadata: Map<String, Value> = [(KEY.to_owned(), identity.to_json())].into_iter().collect();
        assert_eq!(Identity::of(&metadata), Ok(identity));
        assert!(Identity::of(&Map::new()).is_err());
    }
}
