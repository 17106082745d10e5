//! `[metadata]` of the demonstration's data sets: what nobody could derive from their rows.

use std::fmt::Write;

/// Keywords, scale, level of detail, data model, how often it is renewed; texts in Vietnamese and English.
struct About {
    keywords: &'static [&'static str],
    scale: Option<u32>,
    detail: [&'static str; 2],
    model: [&'static str; 2],
    update: &'static str,
}

fn about(kind: &str) -> About {
    match kind {
        "dia_chinh" => About {
            keywords: &["thửa đất", "bản đồ địa chính", "loại đất"],
            scale: Some(1000),
            detail: ["từng thửa đất, tọa độ đến milimét", "every parcel, coordinates to the millimetre"],
            model: [
                "Cấu trúc dữ liệu địa chính, Thông tư 17/2010/TT-BTNMT, lớp thửa đất",
                "Structure of cadastral data, Circular 17/2010/TT-BTNMT, parcel layer",
            ],
            update: "as_needed",
        },
        "quy_hoach" => About {
            keywords: &["quy hoạch sử dụng đất", "loại đất", "2021-2030"],
            scale: Some(10_000),
            detail: ["từng vùng quy hoạch", "every planning zone"],
            model: ["Lớp vùng quy hoạch sử dụng đất", "Layer of land-use planning zones"],
            update: "as_needed",
        },
        "gia_dat" => About {
            keywords: &["bảng giá đất", "giá đất", "vị trí"],
            scale: None,
            detail: ["từng đoạn đường, từng vị trí", "every stretch of road, every position"],
            model: ["Bảng giá đất theo từng dòng của văn bản", "Price table by the lines of the document"],
            update: "annually",
        },
        "he_so" => About {
            keywords: &["hệ số điều chỉnh giá đất", "giá đất"],
            scale: None,
            detail: ["từng nhóm giá, từng địa bàn", "every price group, every area"],
            model: ["Hệ số theo từng dòng của văn bản", "Coefficients by the lines of the document"],
            update: "annually",
        },
        "thong_ke" => About {
            keywords: &["thống kê đất đai", "diện tích", "loại đất"],
            scale: None,
            detail: ["từng xã, từng loại đất", "every commune, every land use"],
            model: ["Biểu 01/TKKK", "Form 01/TKKK"],
            update: "annually",
        },
        "dia_gioi" => About {
            keywords: &["địa giới", "đơn vị hành chính", "xã", "phường"],
            scale: Some(10_000),
            detail: ["từng xã, phường, hiện nay và trước đây", "every commune, of today and of before"],
            model: [
                "Lớp địa giới, Thông tư 17/2010/TT-BTNMT, và danh sách thay đổi đơn vị hành chính",
                "Boundary layer, Circular 17/2010/TT-BTNMT, and the list of changes of units",
            ],
            update: "as_needed",
        },
        _ => About {
            keywords: &["nền địa lý", "giao thông", "thủy hệ", "địa danh"],
            scale: Some(5_000),
            detail: ["đường, sông, kênh, ao, điểm dân cư", "roads, rivers, canals, ponds, settlements"],
            model: ["Lớp giao thông, thủy hệ và địa danh", "Layers of roads, water and place names"],
            update: "annually",
        },
    }
}

const CONSTRAINTS: [&str; 2] = [
    "Thông tin công bố, không thay thế trích lục. Được dùng lại khi ghi rõ nguồn, cơ quan và ngày dữ liệu.",
    "Published information, no substitute for an official extract. May be reused when source, authority and date are named.",
];
const LINEAGE: [&str; 2] = [
    "Dữ liệu bịa do chương trình tạo tỉnh minh họa sinh ra, không đo đạc ngoài thực địa.",
    "Invented by the generator of the demonstration province; nothing was surveyed.",
];
const SCOPE: [&str; 2] = ["Toàn bộ bộ dữ liệu.", "The whole dataset."];
const METHOD: [&str; 2] = [
    "Kiểm tra tự động khi phê duyệt: trường bắt buộc, mã, hình học, trùng lặp, vị trí.",
    "Checked automatically at approval: required fields, codes, shapes, duplicates, place.",
];
const RESULT: [&str; 2] = ["Đạt, không còn lỗi.", "Passed, no fault left."];

/// The table as it stands in `dataset.toml`.
pub fn toml(kind: &str) -> String {
    let about = about(kind);
    let mut toml = String::from("\n# what cannot be derived (TT 17/2010 Đ6)\n[metadata]\n");
    let keywords: Vec<String> = about.keywords.iter().map(|word| format!("\"{word}\"")).collect();
    let _ = writeln!(toml, "keywords = [{}]", keywords.join(", "));
    if let Some(scale) = about.scale {
        let _ = writeln!(toml, "scale = {scale}");
    }
    for (key, [vi, en]) in [
        ("detail", about.detail),
        ("model", about.model),
        ("lineage", LINEAGE),
        ("check_scope", SCOPE),
        ("check_method", METHOD),
        ("check_result", RESULT),
        ("constraints", CONSTRAINTS),
    ] {
        let _ = writeln!(toml, "{key} = {{ vi = \"{vi}\", en = \"{en}\" }}");
    }
    let _ = writeln!(toml, "update_frequency = \"{}\"", about.update);
    toml
}
