//! The tables of the demonstration: land prices and statistics. Every figure is invented.

use std::collections::BTreeMap;

/// Columns of a price table as the province's offices exchange it.
const PRICE_HEADER: &str = "stt,ma_bang,so_van_ban,ngay_ban_hanh,hieu_luc_tu,hieu_luc_den,ma_tinh,ma_xa,ten_xa,dia_ban_cu,nhom_gia,\
loai_dat,loai_bang,ten_duong,tu,den,khu_vuc,vi_tri_1,vi_tri_2,vi_tri_3,vi_tri_4,vi_tri_5,don_vi,ghi_chu,trang_nguon,minh_hoa";

const WARNING: &str = "# DỮ LIỆU MINH HỌA - KHÔNG PHẢI GIÁ ĐẤT CHÍNH THỨC. ILLUSTRATIVE ONLY, numbers invented.";

/// A stretch of road with the price of residential land in position 1, in thousand đồng.
struct Stretch {
    commune: usize,
    road: &'static str,
    from: &'static str,
    to: &'static str,
    price: i64,
}

const fn stretch(commune: usize, road: &'static str, from: &'static str, to: &'static str, price: i64) -> Stretch {
    Stretch { commune, road, from, to, price }
}

const STRETCHES: [Stretch; 25] = [
    stretch(0, "Quốc lộ 99", "Ranh giới phía tây", "Ngã tư Đường tỉnh 990", 24000),
    stretch(0, "Quốc lộ 99", "Ngã tư Đường tỉnh 990", "Giáp xã An Minh", 21000),
    stretch(0, "Đường tỉnh 990", "Cầu Minh Họa", "Ngã tư Quốc lộ 99", 18000),
    stretch(0, "Đường tỉnh 990", "Ngã tư Quốc lộ 99", "Ranh giới phía bắc", 15000),
    stretch(0, "Đường Bến Lụa", "Đầu đường", "Cuối đường", 20000),
    stretch(0, "Đường Hoa Gạo", "Đầu đường", "Cuối đường", 18500),
    stretch(0, "Đường Lúa Vàng", "Đầu đường", "Cuối đường", 17000),
    stretch(0, "Đường Cầu Tre", "Đầu đường", "Số nhà 60", 16000),
    stretch(0, "Đường Cầu Tre", "Số nhà 60", "Cuối đường", 13500),
    stretch(0, "Đường Chợ Cũ", "Đầu đường", "Cuối đường", 19000),
    stretch(0, "Đường Hàng Cau", "Đầu đường", "Cuối đường", 12000),
    stretch(0, "Đường Gốc Đa", "Đầu đường", "Cuối đường", 11500),
    stretch(0, "Đường Ao Sen", "Đầu đường", "Cuối đường", 11000),
    stretch(0, "Đường Tre Xanh", "Đầu đường", "Cuối đường", 10500),
    stretch(0, "Đường Mái Đình", "Đầu đường", "Cuối đường", 10000),
    stretch(0, "Đường Con Đò", "Đầu đường", "Cuối đường", 9500),
    stretch(0, "Đường Bờ Ao", "Đầu đường", "Cuối đường", 9000),
    stretch(0, "Đường Hoa Sen", "Đầu đường", "Cuối đường", 9000),
    stretch(0, "Đường Cánh Diều", "Đầu đường", "Cuối đường", 8500),
    stretch(0, "Đường Giếng Làng", "Đầu đường", "Cuối đường", 8500),
    stretch(1, "Quốc lộ 99", "Giáp phường Bến Lụa", "Ngã tư Đường trục xã", 14000),
    stretch(1, "Quốc lộ 99", "Ngã tư Đường trục xã", "Ranh giới phía đông", 12000),
    stretch(1, "Đường trục xã An Minh", "Cầu An Minh", "Quốc lộ 99", 8000),
    stretch(1, "Đường trục xã An Minh", "Quốc lộ 99", "Ranh giới phía bắc", 6500),
    stretch(1, "Đường đê tả", "Giáp phường Bến Lụa", "Ranh giới phía đông", 3600),
];

/// Table, group, share of the residential price in percent.
const ROAD_GROUPS: [(&str, &str, &str, i64); 3] =
    [("B05", "DAT_O", "", 100), ("B06", "TMDV", "TMD", 60), ("B07", "SXKD_PNN", "SKC", 50)];

const VILLAGE_ZONES: [(&str, i64); 3] = [
    ("Khu vực 1 - ven quốc lộ, trung tâm xã", 5500),
    ("Khu vực 2 - trục liên thôn", 3200),
    ("Khu vực 3 - còn lại", 1800),
];

const CROPS: [(&str, &str, i64); 6] = [
    ("B01", "LUC", 120),
    ("B01", "HNK", 110),
    ("B02", "CLN", 140),
    ("B04", "NTS", 100),
    ("B03", "RSX", 40),
    ("B04b", "LMU", 70),
];

const COMMUNES: [(&str, &str); 2] = [("99002", "Phường Bến Lụa"), ("99001", "Xã An Minh")];

/// What changes from row to row.
#[derive(Default)]
struct PriceRow {
    table: &'static str,
    commune: usize,
    group: &'static str,
    land_use: &'static str,
    shape: &'static str,
    road: [&'static str; 3],
    zone: &'static str,
    /// Thousand đồng per square metre, positions 1 to 5.
    prices: [Option<i64>; 5],
    note: &'static str,
    page: Option<u32>,
    old_area: &'static str,
}

/// A decision on prices, and how its figures differ from those of 2026 in percent.
pub struct PriceDecision {
    pub number: &'static str,
    pub issued: &'static str,
    pub effective: &'static str,
    share: i64,
}

pub const PRICES_2026: PriceDecision =
    PriceDecision {
        number: "00/2025/NQ-HĐND (MINH HỌA)", issued: "2025-12-10", effective: "2026-01-01", share: 100
    };
pub const PRICES_2025: PriceDecision =
    PriceDecision { number: "00/2025/QĐ-UBND (MINH HỌA)", issued: "2025-06-25", effective: "2025-07-01", share: 96 };

/// What the provisions of a decision on prices say: article, page, tables, words in two languages.
pub type Rule = (&'static str, u32, &'static [&'static str], [&'static str; 2]);

pub const PRICE_RULES: [Rule; 5] = [
    (
        "Điều 3",
        2,
        &["B01", "B02", "B03", "B04", "B04b"],
        [
            "Giá đất nông nghiệp tính theo xã, phường và loại đất, không chia vị trí.",
            "Prices of agricultural land go by commune and land use, without positions.",
        ],
    ),
    (
        "Điều 4 khoản 1",
        3,
        &["B05"],
        [
            "Vị trí 1 là thửa đất có mặt tiếp giáp đường có tên trong bảng; các vị trí sau theo bề rộng ngõ, tính từ đường đó.",
            "Position 1 fronts a road that the table names; later positions go by the width of the lane behind it.",
        ],
    ),
    (
        "Điều 4 khoản 2",
        3,
        &["B06", "B07"],
        [
            "Giá đất thương mại, dịch vụ bằng 60 % và giá đất sản xuất, kinh doanh bằng 50 % giá đất ở cùng vị trí; mức giá đã tính sẵn trong bảng.",
            "Commercial land is 60 % and production land 50 % of residential land in the same position; the tables hold the result.",
        ],
    ),
    (
        "Điều 5",
        4,
        &["B08"],
        [
            "Đất ở tại nông thôn ngoài các đường có tên tính theo khu vực trong xã.",
            "Rural residential land away from named roads goes by area of the commune.",
        ],
    ),
    (
        "Điều 7",
        5,
        &[],
        [
            "Thửa đất tiếp giáp nhiều đường tính theo đường có giá cao nhất.",
            "A parcel on several roads goes by the dearest of them.",
        ],
    ),
];

/// The price table: roads by position, areas, crops; with the oddities that real tables have.
pub fn prices(decision: &PriceDecision) -> String {
    let mut rows = vec![];
    rows.extend(road_rows());
    rows.extend(VILLAGE_ZONES.iter().flat_map(|(zone, price)| village_rows(zone, *price)));
    rows.extend((0..2).flat_map(crop_rows));
    rows.extend(odd_rows());
    rows.extend(FORMER_DISTRICTS.iter().map(|(area, price)| former_district_row(area, *price)));
    if decision.share != 100 {
        // A road that the later table has no more, and three that it has for the first time.
        rows.retain(|row| !["Đường Hoa Sen", "Đường Bờ Ao"].contains(&row.road[0]));
        rows.push(PriceRow {
            road: ["Đường Lò Gạch", "Đầu đường", "Cuối đường"],
            prices: positions(7000),
            ..road_rows().swap_remove(0)
        });
    }
    rows.iter_mut().for_each(|row| row.scale(decision.share));
    let mut text = format!("{WARNING}\n{PRICE_HEADER}\n");
    for (i, row) in rows.iter().enumerate() {
        text.push_str(&price_line(decision, i + 1, row));
    }
    text
}

fn road_rows() -> Vec<PriceRow> {
    let mut rows = vec![];
    for stretch in &STRETCHES {
        for (table, group, land_use, share) in ROAD_GROUPS {
            let residential = if stretch.commune == 0 { "ODT" } else { "ONT" };
            rows.push(PriceRow {
                table,
                commune: stretch.commune,
                group,
                land_use: if land_use.is_empty() { residential } else { land_use },
                shape: "duong",
                road: [stretch.road, stretch.from, stretch.to],
                prices: positions(stretch.price * share / 100),
                ..Default::default()
            });
        }
    }
    rows
}

/// Positions 2 to 4 are 60, 45 and 30 per cent of the first, to the nearest ten thousand đồng.
fn positions(first: i64) -> [Option<i64>; 5] {
    let part = |percent: i64| Some((first * percent / 100 + 5) / 10 * 10);
    [Some(first), part(60), part(45), part(30), None]
}

fn village_rows(zone: &'static str, price: i64) -> [PriceRow; 2] {
    let prices = |price: i64| [Some(price), Some(price * 75 / 100), Some(price * 60 / 100), None, None];
    let row = |table, group, land_use, price| PriceRow {
        table,
        commune: 1,
        group,
        land_use,
        shape: "khu_vuc",
        zone,
        prices: prices(price),
        ..Default::default()
    };
    [row("B08", "DAT_O", "ONT", price), row("B08", "TMDV", "TMD", price * 60 / 100)]
}

fn crop_rows(commune: usize) -> Vec<PriceRow> {
    let row = |(table, land_use, price): (&'static str, &'static str, i64)| PriceRow {
        table,
        commune,
        group: "NONG_NGHIEP",
        land_use,
        shape: "xa",
        prices: [Some(price), None, None, None, None],
        ..Default::default()
    };
    CROPS.into_iter().map(row).collect()
}

/// An industrial cluster, a row with empty positions, a row whose third position is dearer than its second.
fn odd_rows() -> Vec<PriceRow> {
    let oddity = |from, prices, note, page| PriceRow {
        table: "B05",
        commune: 0,
        group: "DAT_O",
        land_use: "ODT",
        shape: "duong",
        road: ["Đường Cây Bưởi", from, "Cuối đường"],
        prices,
        note,
        page: Some(page),
        ..Default::default()
    };
    vec![
        PriceRow {
            table: "B09",
            commune: 1,
            group: "KCN_CCN",
            land_use: "SKN",
            shape: "khu",
            zone: "CCN minh họa An Minh",
            prices: [Some(2200), None, None, None, None],
            ..Default::default()
        },
        oddity("Đầu đường", [Some(9000), None, Some(4200), None, None], "ô trống ở VT2, VT4 đúng như văn bản", 12),
        oddity(
            "Số nhà 40",
            [Some(8000), Some(4800), Some(5200), Some(2400), None],
            "VT3 cao hơn VT2 đúng như văn bản - không sửa",
            13,
        ),
    ]
}

/// Three tables of former districts meet in the commune: perennial crops keep their prices of before.
const FORMER_DISTRICTS: [(&str, i64); 3] =
    [("huyện Minh Đông (cũ)", 150), ("huyện Minh Tây (cũ)", 135), ("thị xã Minh Trung (cũ)", 165)];

fn former_district_row(old_area: &'static str, price: i64) -> PriceRow {
    PriceRow {
        table: "B02",
        commune: 1,
        group: "NONG_NGHIEP",
        land_use: "CLN",
        shape: "dia_ban_cu",
        prices: [Some(price), None, None, None, None],
        page: Some(9),
        old_area,
        ..Default::default()
    }
}

impl PriceRow {
    /// To the nearest ten thousand đồng where the figures are that large.
    fn scale(&mut self, percent: i64) {
        for price in self.prices.iter_mut().flatten() {
            let scaled = *price * percent / 100;
            *price = if percent == 100 {
                *price
            } else if scaled > 1000 {
                (scaled + 5) / 10 * 10
            } else {
                scaled
            };
        }
    }
}

fn price_line(decision: &PriceDecision, number: usize, row: &PriceRow) -> String {
    let (code, name) = COMMUNES[row.commune];
    let prices: Vec<String> = row.prices.iter().map(|p| p.map_or(String::new(), |p| p.to_string())).collect();
    let page = row.page.map_or(String::new(), |page| page.to_string());
    format!(
        "{number},{},{},{},{},,99,{code},{name},{},{},{},{},{},{},{},{},{},1000 đồng/m2,{},{page},1\n",
        row.table,
        decision.number,
        decision.issued,
        decision.effective,
        quoted(row.old_area),
        row.group,
        row.land_use,
        row.shape,
        row.road[0],
        row.road[1],
        row.road[2],
        quoted(row.zone),
        prices.join(","),
        quoted(row.note),
    )
}

/// How many rows a road of a whole province has: three stretches, three groups each.
const ROWS_OF_A_ROAD: usize = 9;

/// A price table of many communes, to measure with: roads of three stretches in the three groups of roads.
pub fn many_prices(communes: &[(&str, &str)], rows: usize) -> String {
    let mut text = format!("{WARNING}\n{PRICE_HEADER}\n");
    for number in 0..rows {
        let road = number / ROWS_OF_A_ROAD;
        let (code, name) = communes[road % communes.len()];
        let (table, group, land_use, share) = ROAD_GROUPS[number % 3];
        let stretch = number % ROWS_OF_A_ROAD / 3;
        let first = (4000 + (road as i64 * 37 + stretch as i64 * 500) % 20_000) * share / 100 / 10 * 10;
        let prices: Vec<String> = positions(first).map(|p| p.map_or(String::new(), |p| p.to_string())).to_vec();
        let land_use = if land_use.is_empty() { "ONT" } else { land_use };
        text.push_str(&format!(
            "{},{table},00/2025/NQ-HĐND (MINH HỌA),2025-12-10,2026-01-01,,99,{code},{name},,{group},{land_use},duong,Đường số {road},Ngã ba số {stretch},Ngã ba số {},,{},1000 đồng/m2,,{},1\n",
            number + 1,
            stretch + 1,
            prices.join(","),
            number / 40 + 1,
        ));
    }
    text
}

/// Columns of a table of coefficients as decisions print them.
const COEFFICIENT_HEADER: &str = "so_quyet_dinh,hieu_luc_tu,hieu_luc_den,ma_xa,ten_xa,loai_dat,khu_vuc_hoac_duong,vi_tri,loai_he_so,muc,gia_tri,minh_hoa";

/// Kind, level and value of the coefficients that hold for the whole of a commune.
const COEFFICIENTS: [(&str, &str, &str); 3] = [
    ("bien_dong_thi_truong", "", "1.1"),
    ("quy_hoach", "HSSDĐ 5-9", "1.15"),
    ("yeu_to_khac", "2 mặt tiếp giáp", "1.05"),
];

/// A draft of adjustment coefficients: three for each commune, and one road that differs.
pub fn coefficients() -> String {
    let mut text = format!("# DỮ LIỆU MINH HỌA. ILLUSTRATIVE ONLY.\n{COEFFICIENT_HEADER}\n");
    for (commune, (code, name)) in COMMUNES.iter().enumerate() {
        let land_use = if commune == 0 { "ODT" } else { "ONT" };
        let mut add = |place: &str, position: &str, kind: &str, level: &str, value: &str| {
            text.push_str(&format!(
                "00/2026/QĐ-UBND (MINH HỌA),2026-03-01,,{code},{name},{land_use},{place},{position},{kind},{level},{value},1\n"
            ));
        };
        COEFFICIENTS.iter().for_each(|(kind, level, value)| add("*", "*", kind, level, value));
        add("Quốc lộ 99", "1", "bien_dong_thi_truong", "", "1.25");
    }
    text
}

fn quoted(text: &str) -> String {
    if text.contains(',') { format!("\"{text}\"") } else { text.to_owned() }
}

/// Resolution and day of the merger that made the communes of today.
pub const MERGER: (&str, &str) = ("00/NQ-UBTVQH (minh họa)", "2025-07-01");
const DIVISION: (&str, &str) = ("00/2007/NĐ-CP (minh họa)", "2008-01-01");

/// A commune that is no more; the parcels' `maXaCu` names those of the merger.
pub struct FormerUnit {
    pub code: &'static str,
    pub name: &'static str,
    pub level: &'static str,
    pub resolution: &'static str,
    pub from: &'static str,
    pub to: &'static str,
    /// Commune whose half it was (0 is Bến Lụa); none for a half of both.
    pub side: Option<usize>,
    pub is_northern: bool,
    /// Codes and names of what it became.
    became: &'static [(&'static str, &'static str)],
    by: (&'static str, &'static str, &'static str),
}

const AN_MINH: &[(&str, &str)] = &[("99001", "Xã An Minh")];
const BEN_LUA: &[(&str, &str)] = &[("99002", "Phường Bến Lụa")];
const MERGED: (&str, &str, &str) = ("nhap", MERGER.0, MERGER.1);

const fn merged(
    code: &'static str,
    name: &'static str,
    side: usize,
    is_northern: bool,
    became: &'static [(&'static str, &'static str)],
) -> FormerUnit {
    let (resolution, from) = if is_northern { DIVISION } else { ("00/NĐ-CP (minh họa)", "1994-01-01") };
    FormerUnit {
        code,
        name,
        level: "xa",
        resolution,
        from,
        to: "2025-06-30",
        side: Some(side),
        is_northern,
        became,
        by: MERGED,
    }
}

pub const FORMER_UNITS: [FormerUnit; 5] = [
    merged("99502", "Xã An Hạ", 1, false, AN_MINH),
    merged("99503", "Xã An Thượng", 1, true, AN_MINH),
    merged("99504", "Xã Lụa Hạ", 0, false, BEN_LUA),
    merged("99505", "Xã Lụa Thượng", 0, true, BEN_LUA),
    FormerUnit {
        code: "99506",
        name: "Xã Minh Thượng",
        level: "xa",
        resolution: "00/NĐ-CP (minh họa)",
        from: "1994-01-01",
        to: "2007-12-31",
        side: None,
        is_northern: true,
        became: &[("99503", "Xã An Thượng"), ("99505", "Xã Lụa Thượng")],
        by: ("tach", DIVISION.0, DIVISION.1),
    },
];

/// What became of the former communes: one division, two mergers.
pub fn unit_events() -> String {
    let mut text = format!("{EVENT_WARNING}\nloai,nghi_quyet,ngay,ma_cu,ten_cu,ma_moi,ten_moi,ghi_chu\n");
    for former in &FORMER_UNITS {
        let (change, resolution, day) = former.by;
        for (new_code, new_name) in former.became {
            text.push_str(&format!(
                "{change},{resolution},{day},{},{},{new_code},{new_name},\n",
                former.code, former.name
            ));
        }
    }
    text
}

const EVENT_WARNING: &str = "# DỮ LIỆU MINH HỌA - KHÔNG PHẢI NGHỊ QUYẾT CHÍNH THỨC. ILLUSTRATIVE ONLY, invented.";

/// Area by commune code and land use, in square metres.
pub type AreaByUse = BTreeMap<(String, String), f64>;

/// Statistics of the year 2025 in hectares to two decimals: every commune by use, and its whole.
pub fn statistics(area_m2: &AreaByUse) -> String {
    let mut text = String::from("bieu,maXa,loaiDat,dienTich,nam,nguonSoLieu\n");
    let mut communes: Vec<&String> = area_m2.keys().map(|key| &key.0).collect();
    communes.dedup();
    for commune in communes {
        for ((_, land_use), area_m2) in area_m2.iter().filter(|(key, _)| key.0 == *commune) {
            let hectares = area_m2 / 10_000.0;
            text.push_str(&format!(
                "01/TKKK,{commune},{land_use},{hectares:.2},2025,Thống kê đất đai 2025 (minh họa)\n"
            ));
        }
    }
    text
}
