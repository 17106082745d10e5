//! The demonstration site's `content/data`: two communes on either side of a border between meridians.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::types::Value;

use super::attributes::{Commune, Writer, canary, quarter_name};
use super::coverage::{self, Coverage, CutRule, Point, Ring};
use super::curve::{self, Metres};
use super::dataset_toml::{Decision, Description, same_names};
use super::geopackage::{Geometry, Layer, Package, Result};
use super::land::{Land, Layout, Setting, Way};
use super::numbering::{self, SheetNumber};
use super::parcel_files::{AN_MINH, BEN_LUA, Export, ParcelFile};
use super::parcels::{self, Parcel};
use super::projection::{BetweenZones, GridMm, ToWgs84, ZONE_105_30, ZONE_105_45, Zone};
use super::province::{DISTRICT_M, ORIGIN_MM};
use super::tables;

/// Index of each commune in the land: Bến Lụa is the western one.
const BEN_LUA_SIDE: usize = 0;
const AN_MINH_SIDE: usize = 1;

/// Everything the files are written from.
struct Site {
    land: Land,
    parcels: Vec<Parcel>,
    numbers: Vec<SheetNumber>,
    communes: [Commune; 2],
    seed: u64,
}

/// Writes the data sets with their `dataset.toml` into `out`, one folder each.
pub fn write(out: &Path, seed: u64) -> Result<()> {
    let site = Site::lay_out(seed);
    site.parcel_files(out)?;
    site.plan(out)?;
    site.base_layer(out)?;
    site.boundaries(out)?;
    site.price_tables(out)?;
    site.coefficients(out)?;
    site.statistics(out)
}

impl Site {
    fn lay_out(seed: u64) -> Site {
        let layout = Layout { seed, cell: [0, 0], width_m: DISTRICT_M[0], height_m: DISTRICT_M[1], ring_road: false };
        let mut land = Land::lay_out(&layout);
        let parcels = parcels::cut_blocks(&mut land, &layout);
        let numbers = numbering::number(&land, &parcels);
        let communes = [
            Commune { code: "99002".into(), name: "Phường Bến Lụa".into(), is_urban: true },
            Commune { code: "99001".into(), name: "Xã An Minh".into(), is_urban: false },
        ];
        Site { land, parcels, numbers, communes, seed }
    }

    fn parcel_files(&self, out: &Path) -> Result<()> {
        let across = BetweenZones::new(ZONE_105_45, ZONE_105_30);
        let stay = |p: GridMm| p;
        let cross = |p: GridMm| across.grid(p);
        let count = self.parcel_file(out, "thua-dat-an-minh", AN_MINH_SIDE, &AN_MINH, ZONE_105_45, 0, &stay)?;
        self.parcel_file(out, "thua-dat-ben-lua", BEN_LUA_SIDE, &BEN_LUA, ZONE_105_30, count, &cross)?;
        Ok(())
    }

    /// Writes one commune's parcels and gives the last canary's number.
    #[allow(clippy::too_many_arguments)]
    fn parcel_file(
        &self,
        out: &Path,
        id: &str,
        side: usize,
        export: &'static Export,
        zone: Zone,
        canary: u32,
        to_file_zone: &dyn Fn(GridMm) -> GridMm,
    ) -> Result<u32> {
        let to_wgs84 = ToWgs84::new(ZONE_105_45);
        let writer = Writer {
            land: &self.land,
            communes: &self.communes,
            origin: ORIGIN_MM,
            to_wgs84: &to_wgs84,
            seed: self.seed,
        };
        let records = writer.records(&self.parcels, &self.numbers, side, canary, to_file_zone);
        let folder = out.join(id);
        std::fs::create_dir_all(&folder)?;
        let mut file = ParcelFile::create(&folder.join("thua_dat.gpkg"), export, zone)?;
        file.write(&records)?;
        file.write_and_forget_former_owners(&records)?;
        file.close()?;
        let commune = &self.communes[side];
        let plain_name = commune.name.split_once(' ').map_or("", |name| name.1);
        Description {
            kind: "dia_chinh",
            title: [
                &format!("Thửa đất {} {plain_name}", if commune.is_urban { "phường" } else { "xã" }),
                &format!("Parcels of {plain_name}"),
            ],
            communes: &[&commune.code],
            zone: Some(zone),
            sources: vec![("thua_dat.gpkg", Some(export.layer), None)],
            fields: export.columns.iter().filter_map(|c| Some((c.2.standard_name()?, c.0))).collect(),
            withhold: export.columns.iter().filter(|c| c.2.standard_name().is_none()).map(|c| c.0).collect(),
            consultation_until: None,
            supersedes: None,
            rules: &[],
            events: None,
            decision: Decision {
                number: if side == AN_MINH_SIDE {
                    "01/2026/QĐ-UBND (minh họa)"
                } else {
                    "02/2026/QĐ-UBND (minh họa)"
                },
                date: "2026-01-05",
                effective_from: "2026-01-15",
                acceptance: if side == AN_MINH_SIDE {
                    "BB-NT 01/2026 (minh họa)"
                } else {
                    "BB-NT 02/2026 (minh họa)"
                },
                ..Decision::DEFAULT
            },
        }
        .write(&folder)?;
        Ok(canary + records.len() as u32)
    }

    fn plan(&self, out: &Path) -> Result<()> {
        const COLUMNS: [(&str, &str); 11] = [
            ("maKyHieuDat", "TEXT(10)"),
            ("maXa", "TEXT(5)"),
            ("dienTich", "REAL"),
            ("kyQuyHoach", "TEXT(9)"),
            ("capQuyHoach", "TEXT(10)"),
            ("soQuyetDinh", "TEXT(50)"),
            ("ngayPheDuyet", "DATE"),
            ("coQuanPheDuyet", "TEXT(100)"),
            ("trangThai", "TEXT(20)"),
            ("tenCongTrinh", "TEXT(200)"),
            ("chuDauTuCaNhan", "TEXT(100)"),
        ];
        let folder = out.join("quy-hoach-2021-2030");
        std::fs::create_dir_all(&folder)?;
        let layer = polygon_layer("QuyHoachSDD", &COLUMNS);
        let mut package = Package::create(&folder.join("quy_hoach.gpkg"))?;
        package.add_layer(&layer)?;
        let zones = self.plan_zones();
        let rows = zones.iter().enumerate().map(|(i, zone)| {
            let area_m2: f64 = zone.rings.iter().map(|ring| coverage::area_m2(ring)).sum();
            let values = vec![
                text(zone.land_use),
                text(&self.communes[zone.commune].code),
                Value::Real((area_m2 * 10.0).round() / 10.0),
                text("2021-2030"),
                text("tinh"),
                text(if zone.in_force { "00/2025/QĐ-UBND (minh họa)" } else { "00/2026/QĐ-UBND (minh họa)" }),
                text(if zone.in_force { "2025-12-15" } else { "2026-01-12" }),
                text("UBND tỉnh Minh Họa"),
                text(if zone.in_force { "hieu_luc" } else { "chua_hieu_luc" }),
                text(&zone.name),
                text(&canary::investor(i as u32 + 1)),
            ];
            (zone.rings.iter().map(|ring| vec![absolute(ring)]).collect::<Vec<_>>(), values)
        });
        let rows: Vec<_> = rows.collect();
        package
            .insert(&layer, rows.iter().map(|(polygons, values)| (Geometry::MultiPolygon(polygons), values.clone())))?;
        package.close()?;
        let (private, public) = COLUMNS.split_last().expect("there are columns");
        Description {
            kind: "quy_hoach",
            title: ["Quy hoạch sử dụng đất 2021-2030", "Land-use plan 2021-2030"],
            communes: &["99001", "99002"],
            zone: Some(ZONE_105_45),
            sources: vec![("quy_hoach.gpkg", Some("QuyHoachSDD"), None)],
            fields: same_names(public.iter().map(|column| column.0)),
            withhold: vec![private.0],
            consultation_until: None,
            supersedes: None,
            rules: &[],
            events: None,
            decision: Decision {
                number: "00/2025/QĐ-UBND (minh họa)",
                date: "2025-12-15",
                effective_from: "2025-12-25",
                acceptance: "BB-NT 03/2026 (minh họa)",
                ..Decision::DEFAULT
            },
        }
        .write(&folder)
    }

    /// A road widening through both communes, a cluster laid across the fields, and whole blocks.
    fn plan_zones(&self) -> Vec<PlanZone> {
        let mut zones = vec![];
        for commune in 0..2 {
            zones.push(PlanZone {
                land_use: "DGT",
                commune,
                name: "Mở rộng Quốc lộ 99".into(),
                rings: self.road_reserve(commune, 24.0),
                in_force: true,
            });
        }
        zones.push(PlanZone {
            land_use: "SKN",
            commune: AN_MINH_SIDE,
            name: "Cụm công nghiệp An Minh".into(),
            rings: vec![self.cluster()],
            in_force: true,
        });
        for (commune, land_use, setting, nth, in_force, name) in [
            (0, "ODT", Setting::Field, 3, true, "Khu dân cư mới Bến Lụa"),
            (0, "ODT", Setting::Field, 8, false, "Khu dân cư phía bắc Quốc lộ 99"),
            (0, "TMD", Setting::Town, 9, true, "Khu thương mại, dịch vụ Con Đò"),
            (0, "DKV", Setting::Town, 20, true, "Vườn hoa Hoa Gạo"),
            (0, "DGD", Setting::Field, 14, true, "Trường trung học phổ thông Bến Lụa"),
            (0, "NTS", Setting::Aquaculture, 0, true, "Vùng nuôi trồng thủy sản ven sông"),
            (1, "LUC", Setting::Field, 6, true, "Vùng lúa chất lượng cao"),
            (1, "LUC", Setting::Field, 15, true, "Vùng lúa chất lượng cao"),
            (1, "ONT", Setting::Field, 20, true, "Điểm dân cư nông thôn mới"),
            (1, "NKH", Setting::Field, 25, true, "Khu nông nghiệp công nghệ cao"),
            (1, "NTD", Setting::Field, 30, true, "Mở rộng nghĩa trang nhân dân"),
            (1, "NTS", Setting::Aquaculture, 1, true, "Vùng nuôi trồng thủy sản tập trung"),
            (1, "DTL", Setting::Riverside, 0, true, "Kè bờ sông Minh"),
        ] {
            let block = self.land.blocks.iter().filter(|b| b.commune == commune && b.setting == setting).nth(nth);
            zones.extend(block.map(|block| PlanZone {
                land_use,
                commune,
                name: name.into(),
                rings: vec![self.land.coverage.refresh(&block.ring)],
                in_force,
            }));
        }
        zones
    }

    /// A rectangle askew over the fields farthest from any village: it cuts parcels and tracks.
    fn cluster(&self) -> Ring {
        let room_m = |at: &Metres| {
            let to_villages = self.land.villages.iter().map(|village| curve::distance(village.centre, *at));
            let outline = self.land.coverage.refresh(&self.land.communes[AN_MINH_SIDE]);
            let to_road = curve::side(&self.land.national_road, *at).1;
            to_villages.fold(coverage::distance_to_border(&outline, *at).min(to_road * 1.5), f64::min)
        };
        let fields = self.land.blocks.iter().filter(|b| b.commune == AN_MINH_SIDE && b.setting == Setting::Field);
        let middles = fields.map(|block| coverage::label_point(&block.ring, &[]));
        let middle = middles.max_by(|a, b| room_m(a).total_cmp(&room_m(b))).expect("An Minh has fields");
        let along = curve::unit([5.0, 1.0]);
        let corner = |east: f64, north: f64| {
            curve::add(curve::add(middle, along, 105.0 * east), curve::left_of(along), 75.0 * north)
        };
        curve::line_to_grid(&[corner(-1.0, -1.0), corner(1.0, -1.0), corner(1.0, 1.0), corner(-1.0, 1.0)])
    }

    /// The strip of a commune within `half_m` of the national road's middle.
    fn road_reserve(&self, commune: usize, half_m: f64) -> Vec<Ring> {
        let rule = CutRule { snap_m: 0.05, least_m2: 1.0, least_width_m: 0.0 };
        let mut own = Coverage::default();
        let whole = self.land.coverage.refresh(&self.land.communes[commune]);
        let edge = |by_m: f64| curve::line_to_grid(&curve::offset(&self.land.national_road, by_m));
        let (_, below) = own.cut_all(&whole, &edge(half_m), rule);
        below.iter().flat_map(|ring| own.cut_all(ring, &edge(-half_m), rule).0).collect()
    }

    fn base_layer(&self, out: &Path) -> Result<()> {
        const ROADS: [(&str, &str); 3] = [("ten", "TEXT(100)"), ("loai", "TEXT(20)"), ("maXa", "TEXT(5)")];
        let folder = out.join("nen");
        std::fs::create_dir_all(&folder)?;
        let mut package = Package::create(&folder.join("nen.gpkg"))?;
        let layer = |name, geometry_type| Layer { name, geometry_type, ..polygon_layer("", &ROADS) };
        let values = |name: Option<&str>, class: &str, commune: usize| {
            vec![name.map_or(Value::Null, text), text(class), text(&self.communes[commune].code)]
        };

        let roads = layer("GiaoThong", "LINESTRING");
        package.add_layer(&roads)?;
        let lines: Vec<Vec<GridMm>> =
            self.land.centre_lines.iter().map(|line| absolute(&curve::line_to_grid(&line.line))).collect();
        let of_line = |i: usize| {
            let line = &self.land.centre_lines[i];
            (Geometry::Line(&lines[i]), values(line.name.as_deref(), road_class(line.way), line.commune))
        };
        package.insert(&roads, (0..lines.len()).map(of_line))?;

        let waters = layer("ThuyHe", "MULTIPOLYGON");
        package.add_layer(&waters)?;
        let of_water = |water: &Water| {
            let polygons = vec![vec![absolute(&water.ring)]];
            (polygons, values(water.name, water.class, water.commune))
        };
        let rows: Vec<_> = self.waters().iter().map(of_water).collect();
        package.insert(
            &waters,
            rows.iter().map(|(polygons, values)| (Geometry::MultiPolygon(polygons), values.clone())),
        )?;

        let names = layer("DiaDanh", "POINT");
        package.add_layer(&names)?;
        let places = self.places();
        let of_place = |(name, class, commune, at): &(String, &str, usize, Metres)| {
            (Geometry::Point(absolute(&[curve::to_grid(*at)])[0]), values(Some(name), class, *commune))
        };
        package.insert(&names, places.iter().map(of_place))?;
        package.close()?;
        Description {
            kind: "nen",
            title: ["Nền địa lý", "Base layer"],
            communes: &["99001", "99002"],
            zone: Some(ZONE_105_45),
            sources: vec![
                ("nen.gpkg", Some("GiaoThong"), Some("giao_thong")),
                ("nen.gpkg", Some("ThuyHe"), Some("thuy_he")),
                ("nen.gpkg", Some("DiaDanh"), Some("dia_danh")),
            ],
            fields: same_names(ROADS.iter().map(|column| column.0)),
            withhold: vec![],
            consultation_until: None,
            supersedes: None,
            rules: &[],
            events: None,
            decision: Decision {
                number: "03/2026/QĐ-UBND (minh họa)",
                date: "2026-01-05",
                effective_from: "2026-01-15",
                acceptance: "BB-NT 04/2026 (minh họa)",
                ..Decision::DEFAULT
            },
        }
        .write(&folder)
    }

    /// River, canal and ponds. What the corridors leave between a road and the water belongs to neither.
    fn waters(&self) -> Vec<Water> {
        let of_corridor = |corridor: &super::land::Corridor| {
            let (name, class) = match corridor.way {
                Way::River => ("Sông Minh", "song"),
                Way::Canal => ("Kênh Ranh", "kenh"),
                _ => return None,
            };
            let ring = self.land.coverage.refresh(&corridor.ring);
            Some(Water { name: Some(name), class, commune: corridor.commune, ring })
        };
        let mut waters: Vec<Water> = self.land.corridors.iter().filter_map(of_corridor).collect();
        let is_pond = |parcel: &&Parcel| parcel.land_use == "NTS" && parcel.setting != Setting::Field;
        waters.extend(self.parcels.iter().filter(is_pond).flat_map(|parcel| {
            let pond = |part: &parcels::Part| Water {
                name: None,
                class: "ao",
                commune: parcel.commune,
                ring: part.outer.clone(),
            };
            parcel.parts.iter().map(pond)
        }));
        waters
    }

    /// Quarters, and the public places on parcels of their own.
    fn places(&self) -> Vec<(String, &'static str, usize, Metres)> {
        let mut places = vec![];
        for (i, village) in self.land.villages.iter().enumerate() {
            let name = self.quarter(village.commune, Setting::Village, village.centre);
            let has_houses = self.land.blocks.iter().any(|b| b.setting == Setting::Village && b.village == i);
            if has_houses {
                places.push((name, quarter_class(village.commune), village.commune, village.centre));
            }
        }
        for (east, north) in [(-1.0, 1.0), (1.0, 1.0), (-1.0, -1.0), (1.0, -1.0)] {
            let at = curve::add(self.land.town, [east, north], 130.0);
            places.push((self.quarter(BEN_LUA_SIDE, Setting::Town, at), "to_dan_pho", BEN_LUA_SIDE, at));
        }
        for parcel in &self.parcels {
            if let Some(name) = parcel.place {
                places.push((name.to_owned(), place_class(name), parcel.commune, parcel.label));
            }
        }
        places
    }

    fn quarter(&self, commune: usize, setting: Setting, at: Metres) -> String {
        quarter_name(&self.land, &self.communes[commune], commune, setting, at)
    }

    fn boundaries(&self, out: &Path) -> Result<()> {
        const COLUMNS: [(&str, &str); 7] = [
            ("maTinh", "TEXT(2)"),
            ("maXa", "TEXT(5)"),
            ("ten", "TEXT(100)"),
            ("loai", "TEXT(10)"),
            ("nghiQuyet", "TEXT(50)"),
            ("hieuLucTu", "DATE"),
            ("hieuLucDen", "DATE"),
        ];
        let folder = out.join("dia-gioi");
        std::fs::create_dir_all(&folder)?;
        let layer = polygon_layer("DiaGioi", &COLUMNS);
        let mut package = Package::create(&folder.join("dia_gioi.gpkg"))?;
        package.add_layer(&layer)?;
        let whole = |side: usize| self.land.coverage.refresh(&self.land.communes[side]);
        let level = |side: usize| if self.communes[side].is_urban { "phuong" } else { "xa" };
        let province = joined(&whole(BEN_LUA_SIDE), &whole(AN_MINH_SIDE));
        let mut rows =
            vec![unit_row(Value::Null, "Tỉnh Minh Họa", "tinh", tables::MERGER, std::slice::from_ref(&province))];
        for side in [AN_MINH_SIDE, BEN_LUA_SIDE] {
            let Commune { code, name, .. } = &self.communes[side];
            rows.push(unit_row(text(code), name, level(side), tables::MERGER, &[whole(side)]));
        }
        for former in &tables::FORMER_UNITS {
            let land = match former.side {
                Some(side) => whole(side),
                None => province.clone(),
            };
            let halves = self.halves(&land);
            rows.push(former_row(former, &halves[usize::from(!former.is_northern)]));
        }
        package
            .insert(&layer, rows.iter().map(|(polygons, values)| (Geometry::MultiPolygon(polygons), values.clone())))?;
        package.close()?;
        std::fs::write(folder.join("su_kien.csv"), tables::unit_events())?;
        Description {
            kind: "dia_gioi",
            title: ["Địa giới đơn vị hành chính", "Administrative boundaries"],
            communes: &["99001", "99002"],
            zone: Some(ZONE_105_45),
            sources: vec![("dia_gioi.gpkg", Some("DiaGioi"), None)],
            fields: same_names(COLUMNS.iter().map(|column| column.0)),
            withhold: vec![],
            consultation_until: None,
            supersedes: None,
            rules: &[],
            events: Some("su_kien.csv"),
            decision: Decision {
                number: "04/2026/QĐ-UBND (minh họa)",
                date: "2026-01-05",
                effective_from: "2026-01-15",
                acceptance: "BB-NT 05/2026 (minh họa)",
                ..Decision::DEFAULT
            },
        }
        .write(&folder)
    }

    /// What lies north and south of the town's middle: the communes' halves were communes of their own.
    fn halves(&self, land: &[Point]) -> [Vec<Ring>; 2] {
        let rule = CutRule { snap_m: 0.05, least_m2: 1.0, least_width_m: 0.0 };
        let north_m = self.land.town[1];
        let line = curve::line_to_grid(&[[-100.0, north_m], [DISTRICT_M[0] + 100.0, north_m]]);
        let (north, south) = Coverage::default().cut_all(land, &line, rule);
        [north, south]
    }

    /// The table of the year before, and the one that took its place.
    fn price_tables(&self, out: &Path) -> Result<()> {
        let [number_2025, number_2026] = ["00/2025/QĐ-UBND (minh họa)", "00/2025/NQ-HĐND (minh họa)"];
        let before = Decision {
            number: number_2025,
            date: "2025-06-25",
            effective_from: "2025-07-01",
            acceptance: "BB-NT 06/2025 (minh họa)",
            ..Decision::DEFAULT
        };
        let today = Decision {
            number: number_2026,
            date: "2025-12-10",
            authority: "HĐND tỉnh Minh Họa",
            effective_from: "2026-01-01",
            acceptance: "BB-NT 06/2026 (minh họa)",
        };
        price_table(
            out,
            "bang-gia-dat-2025",
            ["Bảng giá đất năm 2025", "Land price table 2025"],
            &tables::PRICES_2025,
            before,
            None,
        )?;
        let title = ["Bảng giá đất năm 2026", "Land price table 2026"];
        price_table(out, "bang-gia-dat-2026", title, &tables::PRICES_2026, today, Some("bang-gia-dat-2025"))
    }

    fn coefficients(&self, out: &Path) -> Result<()> {
        let folder = out.join("he-so-2026");
        std::fs::create_dir_all(&folder)?;
        let table = tables::coefficients();
        std::fs::write(folder.join("he_so.csv"), &table)?;
        let header = table.lines().nth(1).expect("the table has a header");
        Description {
            kind: "he_so",
            title: ["Dự thảo hệ số điều chỉnh giá đất năm 2026", "Draft price coefficients 2026"],
            communes: &["99001", "99002"],
            zone: None,
            sources: vec![("he_so.csv", None, None)],
            fields: same_names(header.split(',')),
            withhold: vec![],
            consultation_until: Some("2026-01-20"),
            supersedes: None,
            rules: &[],
            events: None,
            decision: Decision {
                number: "00/2026/QĐ-UBND (minh họa)",
                date: "2026-01-08",
                effective_from: "2026-03-01",
                acceptance: "BB-NT 08/2026 (minh họa)",
                ..Decision::DEFAULT
            },
        }
        .write(&folder)
    }

    fn statistics(&self, out: &Path) -> Result<()> {
        let folder = out.join("thong-ke-2025");
        std::fs::create_dir_all(&folder)?;
        let table = tables::statistics(&self.area_by_use());
        std::fs::write(folder.join("thong_ke.csv"), &table)?;
        let header = table.lines().next().expect("the table has a header");
        Description {
            kind: "thong_ke",
            title: ["Thống kê đất đai năm 2025", "Land statistics 2025"],
            communes: &["99001", "99002"],
            zone: None,
            sources: vec![("thong_ke.csv", None, None)],
            fields: same_names(header.split(',')),
            withhold: vec![],
            consultation_until: None,
            supersedes: None,
            rules: &[],
            events: None,
            decision: Decision {
                number: "05/2026/QĐ-UBND (minh họa)",
                date: "2026-01-10",
                effective_from: "2026-01-10",
                acceptance: "BB-NT 07/2026 (minh họa)",
                ..Decision::DEFAULT
            },
        }
        .write(&folder)
    }

    /// Parcels by their first use; roads are DGT, river and canal are SON and DTL.
    fn area_by_use(&self) -> BTreeMap<(String, String), f64> {
        let mut areas = BTreeMap::new();
        let mut add = |commune: usize, land_use: &str, area_m2: f64| {
            *areas.entry((self.communes[commune].code.clone(), land_use.to_owned())).or_insert(0.0) += area_m2;
        };
        for parcel in &self.parcels {
            add(parcel.commune, parcel.land_use.split('+').next().unwrap_or(""), parcel.area_m2());
        }
        for corridor in &self.land.corridors {
            let land_use = match corridor.way {
                Way::River => "SON",
                Way::Canal => "DTL",
                _ => "DGT",
            };
            add(corridor.commune, land_use, coverage::area_m2(&self.land.coverage.refresh(&corridor.ring)));
        }
        areas
    }
}

type UnitRow = (Vec<Vec<Vec<GridMm>>>, Vec<Value>);

/// A unit of today.
fn unit_row(code: Value, name: &str, level: &str, (resolution, since): (&str, &str), rings: &[Ring]) -> UnitRow {
    let polygons = rings.iter().map(|ring| vec![absolute(ring)]).collect();
    (polygons, vec![text("99"), code, text(name), text(level), text(resolution), text(since), Value::Null])
}

fn former_row(former: &tables::FormerUnit, rings: &[Ring]) -> UnitRow {
    let made_by = (former.resolution, former.from);
    let (polygons, mut values) = unit_row(text(former.code), former.name, former.level, made_by, rings);
    values.pop();
    values.push(text(former.to));
    (polygons, values)
}

struct PlanZone {
    land_use: &'static str,
    commune: usize,
    name: String,
    rings: Vec<Ring>,
    in_force: bool,
}

struct Water {
    name: Option<&'static str>,
    class: &'static str,
    commune: usize,
    ring: Ring,
}

fn polygon_layer<'a>(name: &'a str, columns: &'a [(&'a str, &'a str)]) -> Layer<'a> {
    Layer { name, geometry_column: "geom", geometry_type: "MULTIPOLYGON", zone: ZONE_105_45, columns }
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn absolute(points: &[Point]) -> Vec<GridMm> {
    points.iter().map(|p| [ORIGIN_MM[0] + i64::from(p[0]), ORIGIN_MM[1] + i64::from(p[1])]).collect()
}

fn road_class(way: Way) -> &'static str {
    match way {
        Way::NationalRoad => "quoc_lo",
        Way::ProvincialRoad => "tinh_lo",
        Way::CommuneRoad => "duong_xa",
        Way::Street => "duong_pho",
        Way::Lane => "ngo",
        Way::River => "song",
        Way::Canal => "kenh",
    }
}

fn quarter_class(commune: usize) -> &'static str {
    if commune == BEN_LUA_SIDE { "to_dan_pho" } else { "thon" }
}

/// By the first word of its name.
fn place_class(name: &str) -> &'static str {
    const CLASSES: [(&str, &str); 10] = [
        ("UBND", "ubnd"),
        ("Chợ", "cho"),
        ("Trường", "truong"),
        ("Trạm y tế", "tram_y_te"),
        ("Công viên", "cong_vien"),
        ("Nhà văn hóa", "nha_van_hoa"),
        ("Sân vận động", "san_van_dong"),
        ("Chùa", "chua"),
        ("Đình", "dinh"),
        ("Nghĩa trang", "nghia_trang"),
    ];
    CLASSES.iter().find(|class| name.starts_with(class.0)).map_or("cong_trinh", |class| class.1)
}

/// Two rings with one common stretch as one ring: the edges that have no twin, end to end.
fn joined(a: &[Point], b: &[Point]) -> Ring {
    let edges: BTreeMap<Point, Vec<Point>> =
        coverage::edges(a).chain(coverage::edges(b)).fold(BTreeMap::new(), |mut map, (from, to)| {
            map.entry(from).or_insert_with(Vec::new).push(to);
            map
        });
    let has_twin = |from: Point, to: Point| edges.get(&to).is_some_and(|ends| ends.contains(&from));
    let onward: BTreeMap<Point, Point> = edges
        .iter()
        .flat_map(|(from, ends)| ends.iter().map(|to| (*from, *to)))
        .filter(|(from, to)| !has_twin(*from, *to))
        .collect();
    let start = *onward.keys().next().expect("two communes have an outline");
    let mut ring = vec![start];
    while let Some(next) = onward.get(&ring[ring.len() - 1]).filter(|next| **next != start) {
        ring.push(*next);
    }
    ring
}

fn price_table(
    out: &Path,
    name: &str,
    title: [&str; 2],
    prices: &tables::PriceDecision,
    decision: Decision<'_>,
    supersedes: Option<&str>,
) -> Result<()> {
    let folder = out.join(name);
    std::fs::create_dir_all(&folder)?;
    let table = tables::prices(prices);
    std::fs::write(folder.join("bang_gia_dat.csv"), &table)?;
    let header = table.lines().nth(1).expect("the table has a header");
    Description {
        kind: "gia_dat",
        title,
        communes: &["99001", "99002"],
        zone: None,
        sources: vec![("bang_gia_dat.csv", None, None)],
        fields: same_names(header.split(',')),
        withhold: vec![],
        consultation_until: None,
        supersedes,
        rules: &tables::PRICE_RULES,
        events: None,
        decision,
    }
    .write(&folder)
}
