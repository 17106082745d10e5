//! The province's list of secrets, brought into the coordinates of one dataset.

use std::path::Path;

use super::approve::Open;
use crate::config::dataset::{Axes, DatasetKind, Source};
use crate::config::site::SiteConfig;
use crate::digest::sha256_file;
use crate::disclose::secrecy::Secrecy;
use crate::error::{Exit, Fault, Result, Stage};
use crate::model::crs::Vn2000Zone;
use crate::model::shapes::{GeometryKind, GridCoord, Shapes};
use crate::project::vn2000::Transformer;

/// What `[secrecy]` withholds from a dataset of this kind in this zone.
///
/// # Errors
/// Exit 3 when the file of areas is not the one whose digest is given, 2 when its coordinate system is not
/// named. No message says where an area lies.
pub fn secrecy(
    site: &Path,
    config: &SiteConfig,
    kind: DatasetKind,
    zone: Option<Vn2000Zone>,
    open: &Open<'_>,
) -> Result<Secrecy> {
    let land_uses = matches!(kind, DatasetKind::DiaChinh | DatasetKind::QuyHoach);
    let codes = if land_uses { config.secrecy.land_use_codes.clone() } else { vec![] };
    let areas = match (&config.secrecy.areas, zone) {
        (Some(file), Some(zone)) if kind != DatasetKind::DiaGioi => areas(site, config, file, zone, open)?,
        _ => Shapes::new(GeometryKind::Polygon),
    };
    Ok(Secrecy::new(codes, areas))
}

fn areas(site: &Path, config: &SiteConfig, file: &str, zone: Vn2000Zone, open: &Open<'_>) -> Result<Shapes<GridCoord>> {
    let usage = |problem: &str, remedy: &str| {
        Fault::new(Stage::Config, Exit::Usage, problem).file("congbo.toml").remedy(remedy.to_owned())
    };
    let declared = Declared::new(config.secrecy.areas_crs.as_deref()).ok_or_else(|| {
        usage(
            "the coordinate system of the secret areas is not named",
            "add areas_crs = \"EPSG:…\" under [secrecy]: 4326 or a zone of VN-2000",
        )
    })?;
    let sha256 = (config.secrecy.areas_sha256.clone()).ok_or_else(|| {
        usage("the file of the secret areas has no digest", "add areas_sha256 = \"…\" under [secrecy]")
    })?;
    let found = sha256_file(&site.join(file)).map_err(|e| Fault::storage(Stage::Read, file, e))?;
    if found != sha256 {
        return Err(Fault::new(Stage::Snapshot, Exit::Input, "the file of the secret areas is not the listed one")
            .file(file)
            .remedy("restore it, or write its new SHA-256 as areas_sha256 once the new list is in force")
            .into());
    }
    let source = Source {
        file: file.to_owned(),
        layer: config.secrecy.areas_layer.clone(),
        axes: Axes::EastNorth,
        encoding: None,
        theme: None,
        sha256,
    };
    let mut areas = Shapes::new(GeometryKind::Polygon);
    let mut broken = false;
    open(site, Path::new(file), &source)?.rows(&[], &mut |_, shape| {
        match shape.ok().filter(|shape| shape.kind == GeometryKind::Polygon && !shape.is_empty()) {
            Some(shape) => areas.append(&shape),
            None => broken = true,
        }
        Ok(())
    })?;
    let projected = declared.into_zone(areas, zone).filter(|areas| !broken && !areas.is_empty());
    projected.ok_or_else(|| {
        // An area that cannot be read would let its secret out.
        Fault::new(Stage::Snapshot, Exit::Input, "not every secret area is a polygon in the named coordinate system")
            .file(file)
            .remedy("export every area as a closed polygon, in the system that areas_crs names")
            .into()
    })
}

/// The coordinate system of the areas' file.
enum Declared {
    Degrees,
    Zone(Vn2000Zone),
}

impl Declared {
    fn new(text: Option<&str>) -> Option<Self> {
        match text? {
            "EPSG:4326" => Some(Declared::Degrees),
            zone => Vn2000Zone::try_from(zone.to_owned()).ok().map(Declared::Zone),
        }
    }

    /// Corners are brought into the dataset's zone; a side between them bends by less than a centimetre in a
    /// kilometre.
    fn into_zone(self, areas: Shapes<GridCoord>, zone: Vn2000Zone) -> Option<Shapes<GridCoord>> {
        let own = match self {
            Declared::Zone(own) if own == zone => return Some(areas),
            Declared::Zone(own) => Some(Transformer::new(own)),
            Declared::Degrees => None,
        };
        let to = Transformer::new(zone);
        let mut coords = vec![];
        for coord in &areas.coords {
            let degrees = match &own {
                Some(own) => own.degrees_from_grid(*coord).ok()?,
                None => *coord,
            };
            coords.push(to.grid_from_degrees(degrees).ok()?);
        }
        Some(Shapes { coords, ..areas })
    }
}
