//! The fabric of several zooms as layers of one name: each zoom is drawn from the next finer one.

use std::borrow::Cow;

use super::fabric::{self, Fabric};
use super::generalise;
use super::layer::{Field, TileLayer, Values, stable_id};
use crate::error::Result;
use crate::model::shapes::{Shapes, WorldCoord};

/// One layer for each zoom, the smallest first. `uses[i]` is the land use of polygon `i`.
pub fn layers(
    shapes: &Shapes<WorldCoord>,
    uses: &[&str],
    name: &str,
    field: &str,
    (minzoom, maxzoom): (u8, u8),
) -> Result<Vec<TileLayer<'static>>> {
    let mut finer = fabric::dissolve(shapes, uses);
    let truth = generalise::Truth::new(&finer);
    let mut layers = vec![];
    for z in (minzoom..=maxzoom).rev() {
        finer = generalise::at_zoom(&finer, &truth, z)?;
        layers.push(layer(&finer, &truth, name, field, z));
    }
    layers.reverse();
    Ok(layers)
}

fn layer(fabric: &Fabric, truth: &generalise::Truth, name: &str, field: &str, z: u8) -> TileLayer<'static> {
    let names = fabric.uses.iter().map(|of| Some(Cow::Borrowed(fabric.names[usize::from(*of)].as_str())));
    TileLayer {
        name: name.to_owned(),
        ids: (0..fabric.uses.len()).map(|i| id(fabric, i)).collect(),
        fields: vec![Field { name: field.to_owned(), values: Values::text(names) }],
        shapes: Cow::Owned(fabric.shapes.clone()),
        minzoom: z,
        maxzoom: z,
        complete: false,
        coverage: true,
        weld: None,
        inside: None,
        stated_areas: fabric.names.iter().cloned().zip(truth.twice_areas.iter().copied()).collect(),
    }
}

/// From the use and the border that leaves the area's smallest corner: no other area of the use has it.
fn id(fabric: &Fabric, i: usize) -> u64 {
    let ring = fabric.shapes.feature_rings(i).next().unwrap_or_default();
    let smallest = (0..ring.len()).min_by_key(|k| ring[*k]).unwrap_or_default();
    let border = (ring.get(smallest), ring.get((smallest + 1) % ring.len().max(1)));
    stable_id(&format!("{} {border:?}", fabric.names[usize::from(fabric.uses[i])]))
}
