//! What the pages say, checked on a small invented commune whose texts are as hostile as texts can be.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;

use congbo::config::dataset::DatasetKind;
use congbo::config::site::SiteConfig;
use congbo::page::{self, Facts, Inputs, TileSetFacts};
use congbo::snapshot::record::Record;
use congbo::snapshot::succession::Standing;
use congbo::snapshot::{Boundaries, Content, Layer, Snapshot};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const HOSTILE: &str = "<script>alert('x')</script>{{7*1000003}}";
/// What the server answers that is not a page.
const SERVER_ROUTES: [&str; 4] = ["/catalog", "/du-lieu/ho-so/", "/archives/", "/tiles/"];

type Files = BTreeMap<String, Vec<u8>>;

#[test]
fn every_parcel_has_an_anchor_in_both_languages() {
    let files = render();
    for page in ["site/thua-dat/99001/5/index.html", "site/en/thua-dat/99001/5/index.html"] {
        let html = text(&files, page);
        for number in [12, 13] {
            assert_eq!(html.matches(&format!("<tr id=\"{number}\">")).count(), 1, "{page} #{number}");
        }
        assert!(html.contains("01/2026/QĐ-UBND"), "{page} names its decision");
    }
}

#[test]
fn areas_and_perimeters_are_those_of_the_approved_grid() {
    let html = text(&render(), "site/thua-dat/99001/5/index.html");
    assert!(html.contains("200,5"), "the approved area, not the 200 m² of the geometry");
    assert!(html.contains("4 cạnh · 60,00 m"));
}

#[test]
fn price_figures_are_exact_in_the_unit_of_the_table() {
    let files = render();
    let vi = text(&files, "site/bang-gia-dat/gia/99001-xa-an-minh/index.html");
    let en = text(&files, "site/en/bang-gia-dat/gia/99001-xa-an-minh/index.html");
    assert!(vi.contains("nghìn đồng/m²") && vi.contains(">60.000<") && vi.contains(">14.690,5<"));
    assert!(en.contains("thousand VND/m²") && en.contains(">60,000<") && en.contains(">14,690.5<"));
    assert!(vi.contains("tr. 12, dòng 1"), "each row says where it stands in the document");
    let json: Value = serde_json::from_slice(&files["site/bang-gia-dat/gia/99001-xa-an-minh.json"]).unwrap();
    assert_eq!(json["rows"][0]["price_vnd_per_m2"], json!([60_000_000, 14_690_500, null, null, null]));
}

/// Rows of the first sheet of a workbook, head first.
fn workbook(bytes: &[u8]) -> Vec<Vec<calamine::Data>> {
    use calamine::Reader;
    let mut book = calamine::Xlsx::new(std::io::Cursor::new(bytes.to_vec())).unwrap();
    let name = book.sheet_names()[0].clone();
    let sheet = book.worksheet_range(&name).unwrap();
    assert!(book.worksheet_formula(&name).unwrap().is_empty(), "no formula");
    sheet.rows().map(<[calamine::Data]>::to_vec).collect()
}

#[test]
fn one_price_is_the_same_integer_in_html_csv_json_and_xlsx() {
    use calamine::DataType;
    let files = render();
    let page = "site/bang-gia-dat/gia/99001-xa-an-minh";
    let html = text(&files, &format!("{page}/index.html"));
    let of_html: Vec<i64> = attributes(&html, "value").filter_map(|value| value.parse().ok()).take(2).collect();
    let csv = text(&files, &format!("{page}.csv"));
    let mut csv = csv::Reader::from_reader(csv.as_bytes());
    let head: Vec<String> = csv.headers().unwrap().iter().map(str::to_owned).collect();
    let first = csv.records().next().unwrap().unwrap();
    let at = |name: &str| head.iter().position(|column| column == name).unwrap();
    let of_csv: Vec<i64> = ["vi_tri_1_dong", "vi_tri_2_dong"].map(|name| first[at(name)].parse().unwrap()).to_vec();
    let json: Value = serde_json::from_slice(&files[&format!("{page}.json")]).unwrap();
    let of_json: Vec<i64> = (0..2).map(|i| json["rows"][0]["price_vnd_per_m2"][i].as_i64().unwrap()).collect();
    let sheet = workbook(&files[&format!("{page}.xlsx")]);
    let columns: Vec<usize> = ["vi_tri_1_dong", "vi_tri_2_dong"]
        .map(|name| sheet[0].iter().position(|cell| cell.get_string() == Some(name)).unwrap())
        .to_vec();
    let of_xlsx: Vec<i64> = columns.iter().map(|column| sheet[1][*column].as_i64().unwrap()).collect();
    assert_eq!(of_html, [60_000_000, 14_690_500]);
    assert_eq!((&of_csv, &of_json, &of_xlsx), (&of_html, &of_html, &of_html));
    assert_eq!(sheet[0].len(), head.len(), "CSV and XLSX have the same columns");
    let figure = sheet[1][at("vi_tri_2")].get_float();
    assert_eq!(figure, Some(14690.5), "figures in the table's unit are numbers too");
}

#[test]
fn no_cell_of_a_workbook_starts_live_and_two_runs_give_the_same_bytes() {
    let path = "site/bang-gia-dat/gia/99001-xa-an-minh.xlsx";
    let (first, second) = (render(), render());
    assert_eq!(first[path], second[path]);
    let cells = workbook(&first[path]);
    let texts: Vec<String> = cells.iter().flatten().map(ToString::to_string).collect();
    assert!(texts.contains(&"'=HYPERLINK(1)".to_owned()), "{texts:?}");
    for text in texts {
        assert!(!text.starts_with(['=', '+', '@', '\t', '\r', '＝', '＋', '－', '＠']), "{text}");
    }
}

#[test]
fn a_row_names_its_article_page_and_number_and_the_rule_stands_beside_the_rows() {
    let mut snapshots = snapshots();
    let rules = json!([
        { "article": "Điều 4 khoản 1", "page": 3, "tables": ["B05"], "text": { "vi": "Vị trí 1 giáp đường.", "en": "Position 1 fronts the road." } },
        { "article": "Điều 9", "tables": ["B99"], "text": { "vi": "Không phải bảng này." } },
    ]);
    for snapshot in &mut snapshots {
        if snapshot.id == "gia" {
            let mut record = serde_json::to_value(&snapshot.record).unwrap();
            record["metadata"]["rule"] = rules.clone();
            snapshot.record = from(record);
        }
    }
    let files = write(snapshots).unwrap();
    let html = text(&files, "site/bang-gia-dat/gia/99001-xa-an-minh/index.html");
    assert!(html.contains("Điều 4 khoản 1, tr. 12, dòng 1"), "{html}");
    assert!(html.contains("<dd>Vị trí 1 giáp đường.</dd>") && !html.contains("Không phải bảng này."));
    assert!(
        text(&files, "site/en/bang-gia-dat/gia/99001-xa-an-minh/index.html").contains("Position 1 fronts the road.")
    );
    let csv = text(&files, "site/bang-gia-dat/gia/99001-xa-an-minh.csv");
    assert!(csv.contains(",Điều 4 khoản 1,gia,"), "{csv}");
}

/// The fixture's prices under another name, with other figures in position 1 and 2 of its rows.
fn priced(id: &str, supersedes: Option<&str>, prices_vnd: [[i64; 2]; 2]) -> Snapshot {
    let mut snapshot = renamed(prices(), id, supersedes, None);
    let Content::Prices(of_fixture) = &snapshot.content else { panic!("prices") };
    let mut rows = json!(of_fixture);
    for (row, prices) in prices_vnd.iter().enumerate() {
        rows[row]["price_vnd_per_m2"] = json!([prices[0], prices[1], null, null, null]);
    }
    snapshot.content = Content::Prices(from(rows));
    snapshot
}

#[test]
fn each_row_says_how_it_changed_since_the_table_before() {
    let mut snapshots = snapshots();
    snapshots.push(priced("gia-moi", Some("gia"), [[62_500_000, 14_690_500], [66_000_000, 16_159_550]]));
    let files = write(snapshots).unwrap();
    let html = text(&files, "site/bang-gia-dat/gia-moi/99001-xa-an-minh/index.html");
    assert!(
        html.contains("VT1 <span class=\"plain-nowrap\">+4,2 %</span>, VT2 <span class=\"plain-nowrap\">0 %</span>"),
        "{html}"
    );
    assert!(
        html.contains("<td class=\"change\"><span class=\"plain-nowrap\">+10 %</span>"),
        "alike in all positions: said once"
    );
    assert!(html.contains("<a href=\"/bang-gia-dat/gia/99001-xa-an-minh/#r1\">dòng cũ</a>"));
    let old = text(&files, "site/bang-gia-dat/gia/99001-xa-an-minh/index.html");
    assert!(!old.contains("class=\"change\""), "the first table has nothing before it");
}

#[test]
fn a_road_has_a_page_with_every_table_and_how_position_1_changed() {
    let mut snapshots = snapshots();
    snapshots.push(priced("gia-moi", Some("gia"), [[62_500_000, 14_690_500], [66_000_000, 16_159_550]]));
    let files = write(snapshots).unwrap();
    let html = text(&files, "site/duong/duong-3-2/index.html");
    let [new, old] = ["/bang-gia-dat/gia-moi/99001-xa-an-minh/#r2", "/bang-gia-dat/gia/99001-xa-an-minh/#r2"];
    assert!(html.contains(new) && html.contains(old), "{html}");
    assert!(html.contains(">60.000<") && html.contains(">66.000<") && html.contains("+10 %"));
    assert!(html.contains("<text class=\"series\"") && html.contains("class=\"before\""), "a chart beside the table");
    assert!(!html.contains("62.500"), "rows of other roads stand elsewhere");
    assert!(text(&files, "site/duong/index.html").contains("href=\"/duong/duong-3-2/\""));
    let table = text(&files, "site/bang-gia-dat/gia-moi/99001-xa-an-minh/index.html");
    assert!(table.contains("<a href=\"/duong/duong-3-2/\">Đường 3/2</a>"));
}

#[test]
fn rows_without_a_successor_are_listed_with_their_old_place() {
    let mut snapshots = snapshots();
    let mut new = renamed(prices(), "gia-moi", Some("gia"), None);
    let Content::Prices(of_fixture) = &new.content else { panic!("prices") };
    let mut rows = json!(of_fixture);
    rows.as_array_mut().unwrap().pop();
    new.content = Content::Prices(from(rows));
    snapshots.push(new);
    let html = text(&write(snapshots).unwrap(), "site/bang-gia-dat/gia-moi/99001-xa-an-minh/index.html");
    assert!(html.contains("Dòng của bảng trước không còn dòng tương ứng"), "{html}");
    assert!(html.contains("<a href=\"/bang-gia-dat/gia/99001-xa-an-minh/#r2\">dòng 2</a>: Đường 3/2"), "{html}");
}

#[test]
fn n05_a_draft_price_table_stands_in_its_own_place_with_its_last_day_and_nowhere_else() {
    let mut snapshots = snapshots();
    let mut draft = priced("gia-du-thao", None, [[1_234_567_000, 1], [2, 3]]);
    draft.record.consultation_until = Some(jiff::civil::date(2026, 2, 10));
    snapshots.push(draft);
    let files = write(snapshots).unwrap();
    let html = text(&files, "site/lay-y-kien/gia-du-thao/99001-xa-an-minh/index.html");
    assert!(
        html.contains("<strong>DỰ THẢO</strong>") && html.contains("10/02/2026") && html.contains("1.234.567"),
        "{html}"
    );
    let list = text(&files, "site/lay-y-kien/index.html");
    assert!(list.contains("href=\"/lay-y-kien/gia-du-thao/99001-xa-an-minh/\"") && list.contains("10/02/2026"));
    let elsewhere = files.iter().filter(|(path, _)| !path.contains("lay-y-kien"));
    for (path, bytes) in elsewhere {
        let said = String::from_utf8_lossy(bytes);
        assert!(!said.contains("1.234.567") && !said.contains("1234567000"), "{path} shows a price of a draft");
    }
}

#[test]
fn the_page_of_a_decision_spreads_its_prices_and_hands_out_the_whole_table() {
    let files = render();
    let html = text(&files, "site/bang-gia-dat/gia/index.html");
    assert!(html.contains("<th scope=\"row\">50.000 – 100.000</th><td class=\"figure\">2</td>"), "{html}");
    assert!(html.contains("<rect class=\"now\""));
    assert_eq!(workbook(&files["site/bang-gia-dat/gia/toan-bo.xlsx"]).len(), 3);
    assert_eq!(text(&files, "site/bang-gia-dat/gia/toan-bo.csv").lines().count(), 3);
}

#[test]
fn a_parcel_is_printed_from_the_file_beside_its_sheet() {
    let files = render();
    let sheet: Value = serde_json::from_slice(&files["site/thua-dat/99001/5/thua.json"]).unwrap();
    assert_eq!(sheet["page"], "http://127.0.0.1:8080/thua-dat/99001/5/");
    assert_eq!((&sheet["origin_m"], &sheet["crs"]), (&json!([567_000.0, 2_306_000.0]), &json!("EPSG:9210")));
    let ring = json!([[0, 10_000, 20_000, 10_000, 20_000, 0, 0, 0]]);
    assert_eq!(sheet["parcels"][0]["rings"], ring, "millimetres, clockwise from the north-west");
    let html = text(&files, "site/thua-dat/99001/5/index.html");
    assert!(html.contains("20,00 – 10,00 – 20,00 – 10,00"), "{html}");
    assert!(html.contains("href=\"/phieu-thua-dat/#thua=99001-5-12\""));
}

#[test]
fn the_plan_over_a_parcel_follows_from_the_borders_of_both() {
    let files = render();
    let sheet: Value = serde_json::from_slice(&files["site/thua-dat/99001/5/thua.json"]).unwrap();
    assert_eq!(sheet["parcels"][0]["plans"], json!([["DGT", 100, "01/2026/QĐ-UBND"]]), "the zone is the first lot");
    assert!(sheet["parcels"][1].get("plans").is_none(), "its neighbour only touches it");
    assert!(text(&files, "site/thua-dat/99001/5/index.html").contains("<b>DGT</b> Đất công trình giao thông 100 %"));
}

#[test]
fn a_formula_in_a_price_table_is_inert_in_the_spreadsheet() {
    let files = render();
    let csv = text(&files, "site/bang-gia-dat/gia/99001-xa-an-minh.csv");
    assert!(csv.contains("'=HYPERLINK(1)"), "{csv}");
    assert!(!csv.contains(",=") && !csv.contains("\"="), "{csv}");
    assert!(csv.starts_with('\u{feff}'));
}

#[test]
fn texts_of_the_data_are_text_on_every_page() {
    let files = render();
    let mut seen = 0;
    for (path, html) in pages(&files) {
        assert!(!html.contains("<script>alert"), "{path}");
        assert!(!html.contains("7000021"), "{path} evaluated a template that stood in the data");
        seen += html.matches("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;{{7*1000003}}").count();
    }
    assert!(seen >= 6, "the hostile text is shown as it is, {seen} times");
}

#[test]
fn no_page_needs_inline_styles_or_scripts() {
    for (path, html) in pages(&render()) {
        assert!(!html.contains(" style=") && !html.contains("<style"), "{path}");
        assert!(!html.contains(" onclick=") && !html.contains("javascript:"), "{path}");
        for script in html.split("<script").skip(1) {
            // Facts for search engines are no script.
            let of_ours = [" type=\"module\" src=\"/assets/", " type=\"application/ld+json\">{"];
            assert!(of_ours.iter().any(|start| script.starts_with(start)), "{path}");
        }
    }
}

#[test]
fn every_internal_link_leads_somewhere() {
    let files = render();
    for (path, html) in pages(&files) {
        for link in attributes(&html, "href").chain(attributes(&html, "src")).chain(attributes(&html, "action")) {
            assert!(leads_somewhere(&files, &html, &link), "{path} links to {link}");
        }
    }
}

fn leads_somewhere(files: &Files, html: &str, link: &str) -> bool {
    let (address, anchor) = link.split_once('#').unwrap_or((link, ""));
    if address.is_empty() {
        return html.contains(&format!("id=\"{anchor}\""));
    }
    let address = address.strip_prefix("http://127.0.0.1:8080").unwrap_or(address);
    let address = address.split('?').next().unwrap_or("");
    if address.starts_with("mailto:") || SERVER_ROUTES.iter().any(|route| address.starts_with(route)) {
        return true;
    }
    let file = if address.ends_with('/') { format!("site{address}index.html") } else { format!("site{address}") };
    let Some(target) = files.get(&file) else { return false };
    // The map, the letter and the paper of a parcel read their own anchors.
    anchor.is_empty()
        || ["/ban-do/", "/bao-sai/", "/phieu-thua-dat/"].iter().any(|page| address.ends_with(page))
        || String::from_utf8_lossy(target).contains(&format!("id=\"{anchor}\""))
}

#[test]
fn headings_descend_one_level_at_a_time_and_ids_are_unique() {
    for (path, html) in pages(&render()) {
        let levels: Vec<u32> =
            html.match_indices("<h").filter_map(|(i, _)| html[i + 2..].chars().next()?.to_digit(10)).collect();
        assert_eq!(levels.first(), Some(&1), "{path}");
        assert_eq!(levels.iter().filter(|level| **level == 1).count(), 1, "{path}");
        assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{path}: {levels:?}");
        let ids: Vec<String> = attributes(&html, "id").collect();
        assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len(), "{path}");
    }
}

#[test]
fn every_page_says_its_language_date_and_that_it_is_invented() {
    for (path, html) in pages(&render()) {
        let english = path.starts_with("site/en/");
        assert!(html.contains(if english { "<html lang=\"en\">" } else { "<html lang=\"vi\">" }), "{path}");
        assert!(html.contains(if english { "5 January 2026" } else { "Dữ liệu đến ngày" }), "{path}");
        assert!(html.contains(if english { "ILLUSTRATIVE" } else { "MINH HỌA" }), "{path}");
        assert!(html.contains("hreflang=\"vi\"") && html.contains("hreflang=\"en\""), "{path}");
        assert!(html.contains("href=\"#noi-dung\"") && html.contains("<main id=\"noi-dung\""), "{path}");
    }
}

#[test]
fn every_table_has_a_caption_and_every_head_a_scope() {
    for (path, html) in pages(&render()) {
        assert_eq!(html.matches("<table").count(), html.matches("<caption").count(), "{path}");
        assert_eq!(html.matches("<th ").count(), html.matches("<th scope=").count(), "{path}");
        assert_eq!(html.matches("<th>").count(), 0, "{path}");
    }
}

#[test]
fn the_search_index_knows_parcels_by_today_s_and_by_old_numbers() {
    let files = render();
    let json = |path: &str| serde_json::from_slice::<Value>(&files[path]).unwrap();
    assert_eq!(json("site/search/to-99001.json")["sheets"]["5"][0], "12-13");
    let [lon, lat] = [0, 1].map(|i| json("site/search/to/99001/5.json")["points"]["12"][i].as_f64().unwrap());
    assert!((106.4..106.401).contains(&lon) && (20.85..20.851).contains(&lat), "{lon} {lat}");
    assert_eq!(json("site/search/to-99001.json")["old"], json!(["2"]));
    assert_eq!(json("site/search/to/99001/2.json")["old"]["2-31"], json!(["5-12"]));
}

#[test]
fn the_search_index_knows_units_of_today_and_of_old_names_and_decisions() {
    let files = render();
    let json = |path: &str| serde_json::from_slice::<Value>(&files[path]).unwrap();
    let units = json("site/search/don-vi.json");
    assert_eq!(units["communes"][0][1], "Xã An Minh");
    assert_eq!((&units["former"][0][0], &units["former"][0][2]), (&json!("99500"), &json!(["99001"])));
    assert!(units["decisions"].as_array().unwrap().iter().any(|decision| decision[0] == "01/2026/QĐ-UBND"));
    // "Đường 3/2" stands under each of its figures.
    assert_eq!(units["names"]["3"], 1);
    assert_eq!(json("site/search/ten/3.json")[0], json!(["duong", "Đường 3/2", "99001", 0, "gia#r2"]));
}

#[test]
fn every_name_stands_in_the_index_of_its_letter_without_a_script() {
    let files = render();
    let figures = text(&files, "site/muc-luc/0/index.html");
    assert!(figures.contains("<a href=\"/bang-gia-dat/gia/99001-xa-an-minh/#r2\">Đường 3/2</a>"), "{figures}");
    let a = text(&files, "site/muc-luc/a/index.html");
    assert!(a.contains(">Xã An Minh</a>") && a.contains(">Xã An Cũ</a>"), "a unit stands under its proper name");
    assert!(text(&files, "site/en/muc-luc/index.html").contains("href=\"/en/muc-luc/a/\""));
}

#[test]
fn an_address_by_code_alone_leads_on_and_an_old_code_to_what_became_of_it() {
    let files = render();
    let today = text(&files, "site/xa/99001/index.html");
    assert!(today.contains("<meta http-equiv=\"refresh\" content=\"0; url=/xa/99001-xa-an-minh/\">"), "{today}");
    let old = text(&files, "site/en/thua-dat/99500/index.html");
    assert!(old.contains("url=/en/xa/99500-xa-an-cu/\">") && old.contains("noindex"), "{old}");
    assert!(!text(&files, "site/sitemap.xml").contains("/xa/99001/<"), "it is in no sitemap");
}

#[test]
fn maintenance_and_incidents_of_the_configuration_stand_on_every_page() {
    let notice = r#"
[[notice]]
kind = "bao_tri"
from = "2026-03-01T22:00:00"
to = "2026-03-02T02:00:00"
text = { vi = "Nâng cấp <hệ thống>", en = "Upgrade" }
"#;
    for (path, html) in pages(&write_site(&format!("{SITE}{notice}"), snapshots()).unwrap()) {
        let said = if path.starts_with("site/en/") { "Upgrade" } else { "Nâng cấp &lt;hệ thống&gt;" };
        assert!(html.contains(said) && html.contains("datetime=\"2026-03-02T02:00:00+07:00\">"), "{path}");
    }
}

#[test]
fn s3_16_3_a_letter_about_an_error_is_addressed_to_the_branch_of_its_commune() {
    let branch = r#"
[error_reports.communes.99001]
name = { vi = "Chi nhánh An Minh" }
address = { vi = "Số 1" }
email = "chinhanh@example.vn"
"#;
    let files = write_site(&format!("{SITE}{branch}"), snapshots()).unwrap();
    let html = text(&files, "site/bao-sai/index.html");
    assert!(html.contains("data-email=\"chinhanh@example.vn\" data-recipient=\"Chi nhánh An Minh, Số 1\""), "{html}");
    // Only the search of the head is a form: what is written in the letter cannot be sent.
    assert_eq!(html.matches("<form").count(), 1);
    for (path, html) in pages(&files).into_iter().filter(|(path, _)| !path.contains("/ban-do/")) {
        assert!(html.contains("/bao-sai/#trang="), "{path}");
    }
}

#[test]
fn one_file_of_custom_properties_restyles_pages_and_map() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let file = folder.path().join("mau.css");
    std::fs::write(&file, ":root { --lacquer: #00447c; }").unwrap();
    let with = |file: &Path| SITE.replace("illustrative = true", &format!("properties = {:?}", file.to_str().unwrap()));
    let files = write_site(&with(&file), snapshots()).unwrap();
    assert_eq!(text(&files, "site/styles/rieng.css"), ":root{--lacquer:#00447c;}\n");
    for (path, html) in pages(&files) {
        let (theme, own) = (html.find("/assets/site-").unwrap(), html.find("/styles/rieng.css").unwrap());
        assert!(theme < own, "{path}: the province's own comes last");
    }
    assert!(text(&files, "site/styles/ban-do.json").contains("\"line-color\":\"#00447c\""));
    std::fs::write(&file, ":root { --ink: #bbbbbb; } body { display: none }").unwrap();
    let failure = write_site(&with(&file), snapshots()).unwrap_err();
    assert!(failure.to_string().contains("only ':root { … }' is allowed"), "{failure}");
}

#[test]
fn the_page_about_the_data_shows_the_proof_of_the_tiles_and_the_deadlines() {
    let html = text(&render(), "site/du-lieu/index.html");
    let line = "<tr><th scope=\"row\">Thửa đất</th><td class=\"figure\">16</td><td class=\"figure\">2</td><td class=\"figure\">2</td><td class=\"figure\">0</td><td class=\"figure\">0</td><td class=\"figure\">0,081</td><td class=\"figure\">0,100</td></tr>";
    assert!(html.contains(line), "{html}");
    assert!(html.contains("id=\"thoi-han\""));
}

#[test]
fn decisions_are_a_feed_for_all_for_each_commune_and_for_each_dataset() {
    let files = render();
    for (path, least) in [
        ("site/du-lieu/quyet-dinh.atom", 5),
        ("site/xa/99001-xa-an-minh/quyet-dinh.atom", 5),
        ("site/du-lieu/gia/thay-doi.atom", 1),
    ] {
        let feed = text(&files, path);
        assert!(feed.matches("<entry>").count() >= least, "{path}: {feed}");
        assert!(!feed.contains("<script>"), "{path}");
    }
    let security = r#"
[security]
contact = "mailto:an-toan@example.vn"
expires = "2027-01-01"
"#;
    let files = write_site(&format!("{SITE}{security}"), snapshots()).unwrap();
    let said = text(&files, "site/.well-known/security.txt");
    assert!(said.starts_with("Contact: mailto:an-toan@example.vn\nExpires: 2027-01-01T23:59:59+07:00\n"), "{said}");
}

#[test]
fn every_page_names_its_languages_and_itself_for_those_who_share_it() {
    for (path, html) in pages(&render()) {
        for part in ["hreflang=\"x-default\"", "property=\"og:title\"", "property=\"og:url\"", "application/atom+xml"] {
            assert!(html.contains(part), "{path} has no {part}");
        }
    }
}

#[test]
fn the_page_of_a_former_commune_leads_to_the_one_of_today() {
    let files = render();
    let html = text(&files, "site/en/xa/99500-xa-an-cu/index.html");
    assert!(html.contains("href=\"/en/xa/99001-xa-an-minh/\""), "{html}");
    assert!(html.contains("<link rel=\"canonical\" href=\"http://127.0.0.1:8080/en/xa/99001-xa-an-minh/\">"));
    assert!(text(&files, "site/xa/99001-xa-an-minh/index.html").contains("href=\"/xa/99500-xa-an-cu/\""));
    assert!(text(&files, "site/don-vi-hanh-chinh/index.html").contains("id=\"99500-xa-an-cu\""));
    assert!(
        text(&files, "site/don-vi-hanh-chinh/cu-moi.csv").contains("99500,Xã An Cũ,99001,Xã An Minh,1.0000,doi_ten,")
    );
}

#[test]
fn metadata_with_an_empty_group_stops_the_pages_and_is_named() {
    let mut snapshots = snapshots();
    let mut record = serde_json::to_value(&snapshots[0].record).unwrap();
    for key in ["keywords", "lineage"] {
        record["metadata"].as_object_mut().unwrap().remove(key);
    }
    snapshots[0].record = from(record);
    let failure = write(snapshots).unwrap_err();
    assert_eq!(failure.exit(), congbo::error::Exit::Quality);
    for (group, key) in [("(c) data", "keywords"), ("(d) quality", "lineage")] {
        let said = format!("content/data/dia-gioi/dataset.toml: [metadata]: the metadata group {group} has no '{key}'");
        assert!(failure.to_string().contains(&said), "{failure}");
    }
}

#[test]
fn the_map_style_reads_only_the_archives_there_are() {
    let style: Value = serde_json::from_slice(&render()["site/styles/ban-do.json"]).unwrap();
    assert_eq!(style["sources"]["thua-dat"]["url"], "pmtiles://http://127.0.0.1:8080/archives/thua-dat-0.pmtiles");
    let layers = style["layers"].as_array().unwrap();
    assert!(layers.iter().any(|layer| layer["source-layer"] == "thua_dat"));
    assert!(layers.iter().all(|layer| layer.get("source").is_none_or(|source| source == "thua-dat")));
    assert!(style.get("glyphs").is_none());
}

#[test]
fn the_panel_of_a_commune_names_the_decision_of_each_sheet() {
    let panel: Value = serde_json::from_slice(&render()["site/xa/99001-xa-an-minh/panel.json"]).unwrap();
    assert_eq!(panel["sheets"]["5"], "thua-dat");
    assert_eq!(panel["cadastre"][0]["decision"]["number"], "01/2026/QĐ-UBND");
    assert_eq!(panel["prices"][0]["rows"][0]["figures"], json!(["60000", "14690.5", null, null, null]));
}

#[test]
fn two_runs_write_the_same_bytes() {
    assert_eq!(render(), render());
}

#[test]
fn a_sheet_that_two_datasets_bring_is_refused_by_name() {
    let mut snapshots = snapshots();
    let mut twin = parcels();
    twin.id = "thua-dat-lap".into();
    snapshots.push(twin);
    let failure = write(snapshots).unwrap_err();
    assert!(failure.to_string().contains("content/data/thua-dat-lap: parcel 99001-5-12: sheet 5 also comes from"));
}

/// A dataset of the fixture under another name, with what it says about others.
fn renamed(mut snapshot: Snapshot, id: &str, supersedes: Option<&str>, amends: Option<&str>) -> Snapshot {
    snapshot.id = id.into();
    snapshot.record.dataset = id.into();
    snapshot.record.supersedes = supersedes.map(str::to_owned);
    snapshot.record.amends = amends.map(str::to_owned);
    snapshot.record.decision.number = format!("{id}/QĐ");
    snapshot
}

#[test]
fn a_superseded_survey_is_neither_drawn_nor_found_and_does_not_clash() {
    let mut snapshots = snapshots();
    snapshots.push(renamed(parcels(), "thua-dat-lap", Some("thua-dat"), None));
    let files = write(snapshots).unwrap();
    let panel: Value = serde_json::from_slice(&files["site/xa/99001-xa-an-minh/panel.json"]).unwrap();
    assert_eq!(panel["sheets"]["5"], "thua-dat-lap");
    let data = text(&files, "site/du-lieu/index.html");
    assert!(data.contains("id=\"thua-dat\"") && data.contains("Hết hiệu lực, được thay thế bởi"), "it stays on record");
}

#[test]
fn d14_superseded_tables_and_plans_keep_their_pages_and_say_what_took_their_place() {
    let mut snapshots = snapshots();
    snapshots.push(renamed(prices(), "gia-moi", Some("gia"), None));
    snapshots.push(renamed(plans(), "quy-hoach-moi", Some("quy-hoach"), None));
    let files = write(snapshots).unwrap();
    let old = text(&files, "site/bang-gia-dat/gia/99001-xa-an-minh/index.html");
    assert!(
        old.contains("<strong>Hết hiệu lực</strong>, được thay thế bởi <a href=\"/bang-gia-dat/#gia-moi\">"),
        "{old}"
    );
    assert!(!text(&files, "site/bang-gia-dat/gia-moi/99001-xa-an-minh/index.html").contains("Hết hiệu lực"));
    let plan = text(&files, "site/quy-hoach/99001-xa-an-minh/index.html");
    let (new, old) = (plan.find("id=\"quy-hoach-moi\"").unwrap(), plan.find("id=\"quy-hoach\"").unwrap());
    let mark = plan.find("được thay thế bởi <a href=\"/quy-hoach/#quy-hoach-moi\">").unwrap();
    assert!(new < old && old < mark, "the plan in force stands first, the old one is marked");
    let names = text(&files, "site/search/ten/3.json");
    assert!(names.contains("gia-moi#") && !names.contains("\"gia#"), "{names}");
    let json: Value = serde_json::from_slice(&files["site/bang-gia-dat/gia/99001-xa-an-minh.json"]).unwrap();
    assert_eq!(json["superseded_by"][0]["dataset"], "gia-moi");
    for (path, html) in pages(&files) {
        for link in attributes(&html, "href") {
            assert!(leads_somewhere(&files, &html, &link), "{path} links to {link}");
        }
    }
}

#[test]
fn n06_an_amendment_stands_on_the_page_of_its_table_with_its_own_decision() {
    let mut snapshots = snapshots();
    let mut amendment = renamed(prices(), "gia-sua", None, Some("gia"));
    let Content::Prices(of_fixture) = &amendment.content else { panic!("prices") };
    let mut rows = json!(of_fixture);
    rows[1]["replaces_row"] = json!(2);
    rows[1]["price_vnd_per_m2"][0] = json!(70_000_000);
    amendment.content = Content::Prices(from(rows));
    snapshots.push(amendment);
    let files = write(snapshots).unwrap();
    let html = text(&files, "site/bang-gia-dat/gia/99001-xa-an-minh/index.html");
    assert!(html.contains("<tr id=\"r2\" class=\"replaced\">") && html.contains("<tr id=\"r1\">"), "{html}");
    assert!(html.contains("được thay bởi gia-sua/QĐ, hiệu lực từ 15/01/2026"));
    assert!(html.contains("<tr id=\"gia-sua-r2\">") && html.contains("thay cho <a href=\"#r2\">dòng 2</a>"));
    assert!(html.contains(">60.000<") && html.contains(">70.000<"), "both figures stay legible");
    assert!(!files.contains_key("site/bang-gia-dat/gia-sua/99001-xa-an-minh/index.html"), "it has no page of its own");
    let csv = text(&files, "site/bang-gia-dat/gia/99001-xa-an-minh.csv");
    assert_eq!(csv.lines().count(), 5, "a head and two rows of each");
    assert!(csv.contains(",gia,,gia-sua/QĐ,2026-01-15\r\n") && csv.contains(",gia-sua,2,,\r\n"), "{csv}");
    let json: Value = serde_json::from_slice(&files["site/bang-gia-dat/gia/99001-xa-an-minh.json"]).unwrap();
    assert_eq!(json["replaced"][0]["by"][0]["decision"]["number"], "gia-sua/QĐ");
    assert_eq!(json["amendments"][0]["rows"][1]["replaces_row"], 2);
    let panel: Value = serde_json::from_slice(&files["site/xa/99001-xa-an-minh/panel.json"]).unwrap();
    let rows = panel["prices"][0]["rows"].as_array().unwrap();
    let row =
        |anchor: Value, number: u32| rows.iter().find(|row| row["anchor"] == anchor && row["row"] == number).unwrap();
    assert_eq!(row("gia-sua-r2".into(), 2)["amended_by"]["number"], "gia-sua/QĐ");
    assert_eq!(row(Value::Null, 2)["replaced_by"]["effective_from"], "2026-01-15");
    assert_eq!(row(Value::Null, 1)["replaced_by"], Value::Null);
}

#[test]
fn an_amendment_of_a_row_that_is_not_there_is_refused() {
    let mut snapshots = snapshots();
    let mut amendment = renamed(prices(), "gia-sua", None, Some("gia"));
    let Content::Prices(of_fixture) = &amendment.content else { panic!("prices") };
    let mut rows = json!(of_fixture);
    rows[0]["replaces_row"] = json!(99);
    amendment.content = Content::Prices(from(rows));
    snapshots.push(amendment);
    let said = write(snapshots).unwrap_err().to_string();
    assert!(said.contains("row 1: thay_cho_stt names row 99, which 'gia' does not have"), "{said}");
}

#[test]
fn a_site_without_data_still_has_its_pages() {
    let files = write(vec![]).unwrap();
    assert!(text(&files, "site/quy-hoach/index.html").contains("Chưa công bố quy hoạch nào."));
}

// The fixture.

fn render() -> Files {
    write(snapshots()).unwrap()
}

fn write(snapshots: Vec<Snapshot>) -> Result<Files, congbo::error::Failure> {
    write_site(SITE, snapshots)
}

fn write_site(site: &str, snapshots: Vec<Snapshot>) -> Result<Files, congbo::error::Failure> {
    let site_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    let site: SiteConfig = toml::from_str(site).unwrap();
    let tile_sets = [TileSetFacts {
        id: "thua-dat".into(),
        title: from(json!({ "vi": "Thửa đất" })),
        archive: "thua-dat-0.pmtiles".into(),
        bytes: 1,
        sha256: "00".into(),
        datasets: vec!["thua-dat".into()],
        minzoom: 15,
        maxzoom: 16,
        bounds_deg: [106.3, 20.8, 106.4, 20.9],
        layers: vec![],
        attribution: "UBND tỉnh Minh Họa".into(),
        proof: vec![page::ZoomProof {
            layer: "thua_dat".into(),
            zoom: 16,
            features_in: 2,
            features_drawn: 2,
            borders: Some(page::BorderProof { error_99_m: 0.081, error_greatest_m: 0.1, gaps: 0, overlaps: 0 }),
        }],
    }];
    let facts = Facts { data_date: jiff::civil::date(2026, 1, 5), data_digest: "ab".repeat(32) };
    let files = Mutex::new(Files::new());
    let write_file = |path: &str, bytes: &[u8]| {
        let earlier = files.lock().unwrap().insert(path.to_owned(), bytes.to_vec());
        assert!(earlier.is_none(), "{path} was written twice");
        Ok(())
    };
    let standing = Standing::of(snapshots)?;
    let inputs = Inputs { site: &site, site_dir, standing: &standing, tile_sets: &tile_sets, files: &[], facts };
    let report = page::write(&inputs, &write_file)?;
    let files = files.into_inner().unwrap();
    assert_eq!(report.pages + report.files, files.len() as u64);
    Ok(files)
}

const SITE: &str = r#"
[province]
code = "99"
name = { vi = "Tỉnh Minh Họa", en = "Minh Hoa Province" }
authority = { vi = "Sở Nông nghiệp và Môi trường tỉnh Minh Họa" }
address = { vi = "Số 0 đường Minh Họa" }
bounds_deg = [106.2, 20.6, 106.6, 21.0]
[site]
title = { vi = "Tra cứu đất đai Minh Họa", en = "Minh Hoa land information" }
public_url = "http://127.0.0.1:8080"
languages = ["vi", "en"]
illustrative = true
[approvers]
"#;

fn snapshots() -> Vec<Snapshot> {
    vec![boundaries(), parcels(), prices(), plans(), statistics()]
}

fn snapshot(id: &str, kind: DatasetKind, content: Content) -> Snapshot {
    let record: Record = from(json!({
        "format": 1, "dataset": id, "kind": kind, "title": { "vi": format!("Bộ {id} {HOSTILE}") },
        "communes": ["99001"], "crs": "EPSG:9210",
        "decision": {
            "number": "01/2026/QĐ-UBND", "date": "2026-01-05", "authority": "UBND tỉnh Minh Họa",
            "effective_from": "2026-01-15", "acceptance": "BB-NT 01/2026",
        },
        "supersedes": null,
        "sources": [{ "format": "gpkg", "sha256": "00" }],
        "rows": 2, "quality": {}, "bounds_deg": null, "disclosed": ["maXa"], "withheld_columns": 1, "files": [],
        "metadata": metadata(),
    }));
    let record_json = serde_json::to_string(&record).unwrap();
    let (folder, signature) = (Path::new("snapshots").join(id), String::new());
    Snapshot {
        id: id.into(),
        folder,
        record,
        record_json,
        signature,
        countersignature: None,
        disclosure: Default::default(),
        content,
    }
}

fn metadata() -> Value {
    let text = json!({ "vi": HOSTILE });
    json!({
        "keywords": [HOSTILE], "scale": 1000, "model": text, "constraints": text, "lineage": text,
        "check_scope": text, "check_method": text, "check_result": text,
        "organisation": { "name": { "vi": "Sở Nông nghiệp và Môi trường" } },
    })
}

/// Two lots of 20 m by 10 m side by side.
fn parcels() -> Snapshot {
    let parcel = |number: u32, address: &str, old: Option<&str>| {
        json!({
            "commune_code": "99001", "sheet": 5, "number": number, "identifier": "w7er0000000x", "area_m2": 200.5,
            "land_use": "ONT+CLN", "planned_use": null, "old_commune_code": null, "old_sheet": old.map(|_| "2"),
            "old_number": old, "address": address, "updated_on": "2026-01-02",
        })
    };
    let rows = json!([parcel(12, HOSTILE, Some("31")), parcel(13, "Thôn 1", None)]);
    snapshot("thua-dat", DatasetKind::DiaChinh, Content::Parcels(layer(rows, 2)))
}

fn boundaries() -> Snapshot {
    let rows = json!([{
        "code": "99001", "province_code": "99", "name": "Xã An Minh", "level": "xa", "resolution": HOSTILE,
        "effective_from": "2025-07-01", "effective_to": null,
    }]);
    let former = json!([{
        "code": "99500", "province_code": "99", "name": "Xã An Cũ", "level": "xa", "resolution": null,
        "effective_from": null, "effective_to": "2025-06-30",
    }]);
    let events = json!([{
        "change": "doi_ten", "resolution": HOSTILE, "effective_on": "2025-07-01", "old_code": "99500",
        "old_name": "Xã An Cũ", "new_code": "99001", "new_name": "Xã An Minh", "note": HOSTILE,
    }]);
    let boundaries = Boundaries { units: layer(rows, 1), former: layer(former, 1), events: from(events) };
    snapshot("dia-gioi", DatasetKind::DiaGioi, Content::Boundaries(Box::new(boundaries)))
}

fn prices() -> Snapshot {
    let row = |row: u32, road: &str, note: &str| {
        json!({
            "row": row, "table": "B05", "decision_number": "00/2025/NQ-HĐND", "issued_on": "2025-12-10",
            "effective_from": "2026-01-01", "effective_to": null, "commune_code": "99001",
            "commune_name": "Xã An Minh", "old_area": null, "group": "DAT_O", "land_use": "ONT", "shape": "duong",
            "road": road, "from": "Đầu đường", "to": null, "zone": null,
            "price_vnd_per_m2": [60_000_000, 14_690_500, null, null, null], "unit_vnd": 1000, "note": note,
            "source_page": 12,
        })
    };
    let rows = json!([row(1, HOSTILE, "=HYPERLINK(1)"), row(2, "Đường 3/2", "")]);
    snapshot("gia", DatasetKind::GiaDat, Content::Prices(from(rows)))
}

fn plans() -> Snapshot {
    let rows = json!([{
        "land_use": "DGT", "commune_code": "99001", "area_m2": 59812.3, "period": "2021-2030", "level": "xa",
        "decision_number": "00/2025/QĐ-UBND", "approved_on": "2025-12-15", "authority": null,
        "status": "hieu_luc", "project_name": HOSTILE,
    }]);
    snapshot("quy-hoach", DatasetKind::QuyHoach, Content::Plans(layer(rows, 1)))
}

fn statistics() -> Snapshot {
    let row = |land_use: &str| json!({ "form": "01/TKKK", "commune_code": "99001", "land_use": land_use, "area_ha": "127.70", "year": 2025, "source": HOSTILE });
    snapshot("thong-ke", DatasetKind::ThongKe, Content::Statistics(from(json!([row("LUC"), row("<b>X")]))))
}

/// Rectangles of 20 m by 10 m, one beside the other, in VN-2000 and somewhere near 106.4° E, 20.85° N.
fn layer<T: DeserializeOwned>(rows: Value, count: u32) -> Layer<T> {
    let rectangle = |x: f64, y: f64, w: f64, h: f64| [[x, y], [x + w, y], [x + w, y + h], [x, y + h]];
    let grid: Vec<_> =
        (0..count).flat_map(|i| rectangle(567_000.0 + 20.0 * f64::from(i), 2_306_000.0, 20.0, 10.0)).collect();
    let (lon0, lat0) = (3_416_885_093_u32, 1_893_054_322_u32);
    let world: Vec<_> = (0..count)
        .flat_map(|i| {
            let x = lon0 + 2_300 * i;
            [[x, lat0], [x, lat0 - 1_150], [x + 2_300, lat0 - 1_150], [x + 2_300, lat0]]
        })
        .collect();
    let ends: Vec<u32> = (1..=count).map(|i| i * 4).collect();
    let ones: Vec<u32> = (1..=count).collect();
    let shapes = |coords: Value| json!({ "kind": "polygon", "coords": coords, "ring_ends": ends, "part_ends": ones, "feature_ends": ones });
    Layer { rows: from(rows), world: from(shapes(json!(world))), grid: from(shapes(json!(grid))) }
}

fn from<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

fn pages(files: &Files) -> Vec<(&str, String)> {
    let html = files.iter().filter(|(path, _)| path.ends_with(".html"));
    html.map(|(path, bytes)| (path.as_str(), String::from_utf8(bytes.clone()).unwrap())).collect()
}

fn text(files: &Files, path: &str) -> String {
    let bytes = files.get(path).unwrap_or_else(|| panic!("{path} was not written: {:?}", files.keys()));
    String::from_utf8(bytes.clone()).unwrap()
}

fn attributes<'h>(html: &'h str, name: &str) -> impl Iterator<Item = String> + use<'h> {
    let start = format!(" {name}=\"");
    let found: Vec<String> = html
        .split(start.as_str())
        .skip(1)
        .filter_map(|rest| Some(rest.split_once('"')?.0.replace("&amp;", "&").replace("&#39;", "'")))
        .collect();
    found.into_iter()
}
