//! What is written about each parcel: the public attributes, and canaries for the private ones.

use std::collections::BTreeMap;

use super::curve;
use super::land::{CentreLine, Land, Setting, Way};
use super::numbering::SheetNumber;
use super::parcels::Parcel;
use super::projection::{GridMm, ToWgs84, geohash12};
use super::random::Random;

/// Commune as the parcel files know it.
#[derive(Clone, Debug)]
pub struct Commune {
    pub code: String,
    pub name: String,
    /// Whether its quarters are called *tổ dân phố* (of a phường) or *thôn* (of a xã).
    pub is_urban: bool,
}

/// A parcel ready to be written, in whatever zone its file is in.
pub struct Record {
    pub commune_code: String,
    pub sheet: u32,
    pub number: u32,
    pub identifier: String,
    /// To one decimal.
    pub area_m2: f64,
    pub land_use: &'static str,
    pub old_commune_code: String,
    pub old_sheet: Option<u32>,
    pub old_number: Option<u32>,
    pub address: String,
    pub updated_on: String,
    /// Runs through the whole province; every private value of the parcel carries it.
    pub canary: u32,
    /// Polygons, each an outer ring (counter-clockwise) and its holes; rings open.
    pub polygons: Vec<Vec<Vec<GridMm>>>,
}

/// Writes the records of one district's parcels. `to_file_zone` brings a point into the file's zone.
pub struct Writer<'a> {
    pub land: &'a Land,
    pub communes: &'a [Commune; 2],
    pub origin: GridMm,
    pub to_wgs84: &'a ToWgs84,
    pub seed: u64,
}

impl Writer<'_> {
    /// Records of `commune` by sheet and number; canaries count on from `canary`.
    pub fn records(
        &self,
        parcels: &[Parcel],
        numbers: &[SheetNumber],
        commune: usize,
        mut canary: u32,
        to_file_zone: &dyn Fn(GridMm) -> GridMm,
    ) -> Vec<Record> {
        let mut order: Vec<usize> = (0..parcels.len()).filter(|i| parcels[*i].commune == commune).collect();
        order.sort_by_key(|i| (numbers[*i].sheet, numbers[*i].number));
        let mut old_numbers: BTreeMap<(String, u32), u32> = BTreeMap::new();
        let mut random = Random::new(self.seed, &[300, self.origin[0], self.origin[1], commune as i64]);
        order
            .into_iter()
            .map(|i| {
                canary += 1;
                self.record(&parcels[i], numbers[i], canary, &mut random, &mut old_numbers, to_file_zone)
            })
            .collect()
    }

    fn record(
        &self,
        parcel: &Parcel,
        number: SheetNumber,
        canary: u32,
        random: &mut Random,
        old_numbers: &mut BTreeMap<(String, u32), u32>,
        to_file_zone: &dyn Fn(GridMm) -> GridMm,
    ) -> Record {
        let commune = &self.communes[parcel.commune];
        let polygons = self.polygons(parcel, to_file_zone);
        let old_commune_code = old_commune_code(&commune.code, parcel.label[1] > self.land.town[1]);
        let old_sheet = random.chance(0.86).then_some(number.sheet / 2 + 1);
        let old_number = old_sheet.map(|sheet| {
            let last = old_numbers.entry((old_commune_code.clone(), sheet)).or_default();
            *last += 1 + random.below(2) as u32;
            *last
        });
        Record {
            commune_code: commune.code.clone(),
            sheet: number.sheet,
            number: number.number,
            identifier: self.identifier(parcel),
            area_m2: area_m2_to_one_decimal(&polygons),
            land_use: parcel.land_use,
            old_commune_code,
            old_sheet,
            old_number,
            address: self.address(parcel, random),
            updated_on: format!("2025-{:02}-{:02}", 1 + random.below(12), 1 + random.below(28)),
            canary,
            polygons,
        }
    }

    fn polygons(&self, parcel: &Parcel, to_file_zone: &dyn Fn(GridMm) -> GridMm) -> Vec<Vec<Vec<GridMm>>> {
        let place = |p: &[i32; 2]| to_file_zone([self.origin[0] + i64::from(p[0]), self.origin[1] + i64::from(p[1])]);
        parcel
            .parts
            .iter()
            .map(|part| {
                std::iter::once(&part.outer).chain(&part.holes).map(|ring| ring.iter().map(place).collect()).collect()
            })
            .collect()
    }

    fn identifier(&self, parcel: &Parcel) -> String {
        let easting_m = self.origin[0] as f64 / 1000.0 + parcel.label[0];
        let northing_m = self.origin[1] as f64 / 1000.0 + parcel.label[1];
        geohash12(self.to_wgs84.degrees(easting_m, northing_m))
    }

    /// Quarter and commune as a rule; in town with the street, and now and then, as in life, with a house
    /// number that disclosure has to take away.
    fn address(&self, parcel: &Parcel, random: &mut Random) -> String {
        let commune = &self.communes[parcel.commune];
        let quarter = self.quarter(parcel);
        let street = matches!(parcel.setting, Setting::Town | Setting::Ribbon).then(|| self.street(parcel)).flatten();
        let house = 1 + random.below(180);
        let numbered = random.chance(if commune.is_urban { 0.15 } else { 0.05 });
        let lower = |street: &str| street.replacen("Đường", "đường", 1).replacen("Ngõ", "ngõ", 1);
        match (street, numbered) {
            (Some(street), true) => format!("Số nhà {house}, {}, {quarter}, {}", lower(street), commune.name),
            (Some(street), false) => format!("{street}, {quarter}, {}", commune.name),
            (None, true) if parcel.setting == Setting::Village => {
                format!("Số nhà {house}, {quarter}, {}", commune.name)
            }
            _ => format!("{quarter}, {}", commune.name),
        }
    }

    fn quarter(&self, parcel: &Parcel) -> String {
        quarter_name(self.land, &self.communes[parcel.commune], parcel.commune, parcel.setting, parcel.label)
    }

    fn street(&self, parcel: &Parcel) -> Option<&str> {
        let is_addressed = |line: &&CentreLine| {
            line.commune == parcel.commune && line.name.is_some() && !matches!(line.way, Way::River | Way::Canal)
        };
        self.land
            .centre_lines
            .iter()
            .filter(is_addressed)
            .map(|line| (curve::side(&line.line, parcel.label).1, line))
            .filter(|(away_m, _)| *away_m < 45.0)
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .and_then(|(_, line)| line.name.as_deref())
    }
}

/// `Thôn 3` or `Tổ dân phố 2`: a village's number within its commune; the town's own quarters come first.
pub fn quarter_name(land: &Land, commune: &Commune, side: usize, setting: Setting, at: curve::Metres) -> String {
    let kind = if commune.is_urban { "Tổ dân phố" } else { "Thôn" };
    if setting == Setting::Town {
        let (east, north) = (at[0] > land.town[0], at[1] > land.town[1]);
        return format!("{kind} {}", 1 + usize::from(east) + 2 * usize::from(!north));
    }
    format!("{kind} {}", land.village_rank(side, at) + if commune.is_urban { 5 } else { 1 })
}

/// Each commune was made of two; their codes were taken out of use.
fn old_commune_code(code: &str, is_northern: bool) -> String {
    let (province, number) = code.split_at(2);
    let number: u32 = number.parse().unwrap_or(0);
    format!("{province}{:03}", 500 + (number * 2 + u32::from(is_northern)) % 500)
}

/// Square metres of a parcel's polygons in the zone they are in, rounded to one decimal.
fn area_m2_to_one_decimal(polygons: &[Vec<Vec<GridMm>>]) -> f64 {
    let twice_mm2: i64 = polygons.iter().flatten().map(|ring| twice_area_mm2(ring)).sum();
    // 200 000 mm² doubled are 0.1 m²; whole numbers up to the last division.
    let tenths = (twice_mm2 + 100_000).div_euclid(200_000);
    tenths as f64 / 10.0
}

fn twice_area_mm2(ring: &[GridMm]) -> i64 {
    let origin = ring[0];
    let at = |i: usize| [ring[i % ring.len()][0] - origin[0], ring[i % ring.len()][1] - origin[1]];
    (0..ring.len()).map(|i| at(i)[0] * at(i + 1)[1] - at(i + 1)[0] * at(i)[1]).sum()
}

/// What no one outside the land office may see; each value can be told from any real one and found again
/// in whatever a build writes.
pub mod canary {
    pub fn owner(n: u32) -> String {
        format!("CHỦ SỬ DỤNG {n:04}")
    }

    pub fn former_owner(n: u32) -> String {
        format!("CHỦ CŨ CANARY {n:04}")
    }

    /// Twelve digits like an identity card's; no province has the code 001099.
    pub fn identity_number(n: u32) -> String {
        format!("001099{n:06}")
    }

    pub fn phone(n: u32) -> String {
        format!("0999{n:06}")
    }

    pub fn home_address(n: u32) -> String {
        format!("NƠI THƯỜNG TRÚ CANARY {n:04}")
    }

    pub fn certificate(n: u32) -> String {
        format!("CANARY-PH {n:06}")
    }

    pub fn register_entry(n: u32) -> String {
        format!("CANARY-VS {n:06}")
    }

    pub fn dossier(n: u32) -> String {
        format!("HS/CANARY/{n:04}.pdf")
    }

    pub fn official(n: u32) -> String {
        format!("canbo.canary.{:02}", n % 37)
    }

    /// Đồng; a figure with a tail of its own.
    pub fn value_of_right(n: u32) -> i64 {
        990_000_000_000 + i64::from(n)
    }

    pub fn investor(n: u32) -> String {
        format!("NHÀ ĐẦU TƯ CANARY {n:04}")
    }
}
