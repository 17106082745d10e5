//! The fabric of several zooms as layers of one name: each zoom is drawn from the next finer one.

use std::borrow::Cow;

use super::fabric::{self, Edge, Uses};
use super::generalise::{self, Truth};
use super::layer::{Field, TileLayer, Values, stable_id};
use crate::model::shapes::{Shapes, WorldCoord};

/// One layer for each zoom, the smallest first. `uses[i]` is the land use of polygon `i`.
pub fn layers(
    shapes: &Shapes<WorldCoord>,
    uses: &[&str],
    name: &str,
    field: &str,
    (minzoom, maxzoom): (u8, u8),
) -> Vec<TileLayer<'static>> {
    let uses = Uses::new(uses);
    let truth = Truth::new(shapes, &uses);
    let mut finer = fabric::dissolve(shapes, &uses);
    let mut layers = vec![];
    for z in (minzoom..=maxzoom).rev() {
        finer = generalise::at_zoom(finer, &truth, z);
        layers.push(layer(&finer, &uses.names, &truth, name, field, z));
    }
    layers.reverse();
    layers
}

fn layer(edges: &[Edge], names: &[String], truth: &Truth, name: &str, field: &str, z: u8) -> TileLayer<'static> {
    let (of_areas, shapes) = fabric::areas(edges, names.len());
    let of = |i: usize| names[usize::from(of_areas[i])].as_str();
    let features = 0..of_areas.len();
    TileLayer {
        name: name.to_owned(),
        ids: features.clone().map(|i| id(of(i), shapes.feature_rings(i).next().unwrap_or_default())).collect(),
        fields: vec![Field {
            name: field.to_owned(),
            values: Values::text(features.map(|i| Some(Cow::Borrowed(of(i))))),
        }],
        shapes: Cow::Owned(shapes),
        minzoom: z,
        maxzoom: z,
        complete: false,
        coverage: true,
        weld: None,
        inside: None,
        stated_areas: names.iter().cloned().zip(truth.twice_areas.iter().copied()).collect(),
    }
}

/// From the use and the border that leaves the area's smallest corner: no other area of the use has it.
fn id(of: &str, ring: &[WorldCoord]) -> u64 {
    let smallest = (0..ring.len()).min_by_key(|k| ring[*k]).unwrap_or_default();
    let border = (ring.get(smallest), ring.get((smallest + 1) % ring.len().max(1)));
    stable_id(&format!("{of} {border:?}"))
}
