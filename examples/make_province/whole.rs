//! A site folder of a whole province to measure pages with: parcels by commune, one price table for all.

use std::path::Path;

use rayon::prelude::*;

use super::attributes::{Commune, Record, Writer};
use super::dataset_toml::{Decision, Description, same_names};
use super::geopackage::Result;
use super::land::{Land, Layout};
use super::numbering;
use super::parcel_files::{AN_MINH, ParcelFile};
use super::parcels;
use super::projection::{ToWgs84, ZONE_105_45};
use super::province::{DISTRICT_M, ORIGIN_MM};
use super::tables;

/// How many sheets one side of a district can have at most: sheets of the next one are numbered from here on.
const SHEETS_OF_A_SIDE: u32 = 1000;
/// How many districts are held in memory at once.
const BATCH: u64 = 8;

pub struct Size {
    pub parcels: usize,
    pub communes: u64,
    pub price_rows: usize,
}

/// Writes `<out>/content/data/thua-dat-<code>/` for each commune and `<out>/content/data/bang-gia-dat/`.
pub fn write(out: &Path, size: &Size, seed: u64) -> Result<()> {
    let data = out.join("content/data");
    let mut files = vec![];
    for commune in communes(size.communes) {
        let folder = data.join(format!("thua-dat-{}", commune.code));
        std::fs::create_dir_all(&folder)?;
        files.push(ParcelFile::create(&folder.join("thua_dat.gpkg"), &AN_MINH, ZONE_105_45)?);
    }
    let parcels = write_parcels(&mut files, size, seed)?;
    files.into_iter().try_for_each(ParcelFile::close)?;
    for (commune, parcels) in communes(size.communes).iter().zip(parcels) {
        match parcels {
            // A small province has land in the first communes only; an empty file would be refused.
            0 => std::fs::remove_dir_all(data.join(format!("thua-dat-{}", commune.code)))?,
            _ => describe_parcels(&data, commune)?,
        }
    }
    write_prices(&data, size)
}

fn communes(count: u64) -> Vec<Commune> {
    let commune = |number: u64| Commune {
        code: (99_000 + number).to_string(),
        name: format!("Xã Minh Họa {number}"),
        is_urban: false,
    };
    (1..=count).map(commune).collect()
}

/// The sides of the districts go round the communes, so that all have about as many parcels and sheets. Says how many
/// parcels each has.
fn write_parcels(files: &mut [ParcelFile], size: &Size, seed: u64) -> Result<Vec<usize>> {
    let mut written = vec![0; files.len()];
    let columns = ((size.parcels as f64 / 4000.0).sqrt().ceil() as u64).max(1);
    let mut left = size.parcels;
    for batch in 0.. {
        let districts: Vec<u64> = (batch * BATCH..(batch + 1) * BATCH).collect();
        let made: Vec<Vec<(usize, Vec<Record>)>> =
            districts.par_iter().map(|i| district(*i, columns, size.communes, seed)).collect();
        for (commune, mut records) in made.into_iter().flatten() {
            records.truncate(left);
            left -= records.len();
            written[commune] += records.len();
            files[commune].write(&records)?;
        }
        eprintln!("{} parcels", size.parcels - left);
        if left == 0 {
            break;
        }
    }
    Ok(written)
}

/// Both sides of a district, each with the number of its commune.
fn district(i: u64, columns: u64, communes: u64, seed: u64) -> Vec<(usize, Vec<Record>)> {
    let cell = [(i % columns) as i64, (i / columns) as i64];
    let layout = Layout { seed, cell, width_m: DISTRICT_M[0], height_m: DISTRICT_M[1], ring_road: true };
    let mut land = Land::lay_out(&layout);
    let parcels = parcels::cut_blocks(&mut land, &layout);
    let numbers = numbering::number(&land, &parcels);
    let sides = [i * 2, i * 2 + 1].map(|side| ((side % communes) as usize, (side / communes) as u32));
    let of_side = |(commune, _): (usize, u32)| self::communes(communes).swap_remove(commune);
    let both = sides.map(of_side);
    let to_wgs84 = ToWgs84::new(ZONE_105_45);
    let origin = [
        ORIGIN_MM[0] + cell[0] * (DISTRICT_M[0] * 1000.0) as i64,
        ORIGIN_MM[1] + cell[1] * (DISTRICT_M[1] * 1000.0) as i64,
    ];
    let writer = Writer { land: &land, communes: &both, origin, to_wgs84: &to_wgs84, seed };
    let records = |(k, (commune, round)): (usize, (usize, u32))| {
        let mut records = writer.records(&parcels, &numbers, k, 0, &|p| p);
        records.iter_mut().for_each(|record| record.sheet += round * SHEETS_OF_A_SIDE);
        (commune, records)
    };
    sides.into_iter().enumerate().map(records).collect()
}

fn describe_parcels(data: &Path, commune: &Commune) -> Result<()> {
    let folder = data.join(format!("thua-dat-{}", commune.code));
    let public = AN_MINH.columns.iter().filter_map(|(column, _, field)| Some((field.standard_name()?, *column)));
    let withheld = AN_MINH.columns.iter().filter(|(_, _, field)| field.standard_name().is_none());
    let title = format!("Thửa đất {}", commune.name);
    Description {
        kind: "dia_chinh",
        title: [&title, &title],
        communes: &[&commune.code],
        zone: Some(ZONE_105_45),
        sources: vec![("thua_dat.gpkg", Some(AN_MINH.layer), None)],
        fields: public.collect(),
        withhold: withheld.map(|(column, _, _)| *column).collect(),
        consultation_until: None,
        supersedes: None,
        rules: &[],
        events: None,
        decision: Decision {
            number: "01/2026/QĐ-UBND (minh họa)",
            date: "2026-01-05",
            effective_from: "2026-01-15",
            acceptance: "BB-NT 01/2026 (minh họa)",
            ..Decision::DEFAULT
        },
    }
    .write(&folder)
}

fn write_prices(data: &Path, size: &Size) -> Result<()> {
    let folder = data.join("bang-gia-dat");
    std::fs::create_dir_all(&folder)?;
    let communes = communes(size.communes);
    let named: Vec<(&str, &str)> = communes.iter().map(|c| (c.code.as_str(), c.name.as_str())).collect();
    let table = tables::many_prices(&named, size.price_rows);
    std::fs::write(folder.join("bang_gia_dat.csv"), &table)?;
    let codes: Vec<&str> = named.iter().map(|(code, _)| *code).collect();
    let header = table.lines().nth(1).expect("the table has a header");
    Description {
        kind: "gia_dat",
        title: ["Bảng giá đất năm 2026", "Land price table 2026"],
        communes: &codes,
        zone: None,
        sources: vec![("bang_gia_dat.csv", None, None)],
        fields: same_names(header.split(',')),
        withhold: vec![],
        consultation_until: None,
        supersedes: None,
        rules: &tables::PRICE_RULES,
        events: None,
        decision: Decision {
            number: "00/2025/NQ-HĐND (minh họa)",
            date: "2025-12-10",
            authority: "HĐND tỉnh Minh Họa",
            effective_from: "2026-01-01",
            acceptance: "BB-NT 06/2026 (minh họa)",
        },
    }
    .write(&folder)
}
