//! `changes.html`: what changed as a page that opens from a disk, for whoever signs and for the communes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::change::{Change, DatasetPlan};
use crate::error::{Fault, Result, Stage};

/// How many cases of a dataset and commune the page names; changes.csv names all.
const EXAMPLES: usize = 200;

/// The first cases of each dataset and commune.
#[derive(Default)]
pub struct ChangesPage {
    cases: BTreeMap<(String, String), Vec<Change>>,
}

impl ChangesPage {
    pub fn add(&mut self, change: &Change) {
        let cases = self.cases.entry((change.dataset.clone(), change.commune.clone())).or_default();
        if cases.len() < EXAMPLES {
            cases.push(Change { outline: None, ..change.clone() });
        }
    }

    /// `title` says which sides were compared.
    pub fn finish(self, folder: &Path, title: &str, plans: &[DatasetPlan]) -> Result<()> {
        let path = folder.join("changes.html");
        let changed = plans.iter().filter(|plan| plan.communes.values().any(|counts| counts.cases() > 0));
        let sections: String = changed.map(|plan| self.section(plan)).collect();
        let sections = if sections.is_empty() { "<p>Không có thay đổi.</p>\n".to_owned() } else { sections };
        let html = format!(
            "{HEAD}<title>{title}</title>\n</head>\n<body>\n<h1>{title}</h1>\n{ABOUT}{sections}</body>\n</html>\n"
        );
        fs::write(&path, html).map_err(|e| Fault::storage(Stage::Plan, &path, e).into())
    }

    fn section(&self, plan: &DatasetPlan) -> String {
        let name = escaped(&plan.dataset);
        let mut html = format!(
            "<h2>{name}</h2>\n<table>\n<caption>Số trường hợp theo xã, phường</caption>\n<thead><tr>{}</tr></thead>\n<tbody>\n",
            ["Mã xã", "Thêm", "Sửa thuộc tính", "Sửa hình", "Sửa cả hai", "Bỏ", "Giữ nguyên"]
                .map(|head| format!("<th scope=\"col\">{head}</th>"))
                .concat()
        );
        for (commune, counts) in &plan.communes {
            let counts = [counts.added, counts.attributes, counts.shape, counts.both, counts.removed, counts.unchanged];
            let cells = counts.map(|count| format!("<td class=\"figure\">{count}</td>")).concat();
            let _ = writeln!(html, "<tr><th scope=\"row\">{}</th>{cells}</tr>", or_none(commune));
        }
        html.push_str("</tbody>\n</table>\n");
        if !plan.lineage.is_empty() {
            html.push_str("<h3>Thửa cũ thành thửa mới</h3>\n<ul>\n");
            for lineage in &plan.lineage {
                let (before, after) = (lineage.before.join(", "), lineage.after.join(", "));
                let _ = writeln!(html, "<li>{}: {} → {}</li>", lineage.event.vi(), escaped(&before), escaped(&after));
            }
            html.push_str("</ul>\n");
        }
        for ((_, commune), cases) in self.cases.iter().filter(|((dataset, _), _)| *dataset == plan.dataset) {
            let _ = writeln!(html, "<details>\n<summary>{} {}</summary>\n<table>", name, or_none(commune));
            html.push_str("<thead><tr><th scope=\"col\">Trường hợp</th><th scope=\"col\">Thay đổi</th><th scope=\"col\">Nội dung</th></tr></thead>\n<tbody>\n");
            for case in cases {
                let (feature, what) = (escaped(&case.feature), escaped(&case.what));
                let _ =
                    writeln!(html, "<tr><th scope=\"row\">{feature}</th><td>{}</td><td>{what}</td></tr>", said(case));
            }
            html.push_str("</tbody>\n</table>\n</details>\n");
        }
        html
    }
}

fn said(case: &Change) -> &'static str {
    use super::change::ChangeKind::{Added, Attributes, Both, Removed, Shape};
    match case.change {
        Added => "thêm",
        Attributes => "sửa thuộc tính",
        Shape => "sửa hình",
        Both => "sửa thuộc tính và hình",
        Removed => "bỏ",
    }
}

fn or_none(commune: &str) -> String {
    if commune.is_empty() { "–".into() } else { escaped(commune) }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Opened from a disk, beside nothing: its style stands in it.
const HEAD: &str = "<!doctype html>\n<html lang=\"vi\">\n<head>\n<meta charset=\"utf-8\">\n\
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
    <meta name=\"color-scheme\" content=\"light dark\">\n<style>\n\
    body { font: 1rem/1.5 system-ui, sans-serif; max-width: 70rem; margin: 1rem auto; padding: 0 1rem }\n\
    table { border-collapse: collapse; margin: .5rem 0; display: block; overflow-x: auto }\n\
    caption { text-align: left }\nth, td { border: 1px solid; padding: .2rem .5rem; text-align: left; vertical-align: top }\n\
    .figure { text-align: right; font-variant-numeric: tabular-nums }\n\
    @media print { details { display: block } }\n</style>\n";

const ABOUT: &str = "<p>Đầy đủ từng trường hợp: <a href=\"changes.csv\">changes.csv</a>; trên bản đồ: \
    <a href=\"changes.fgb\">changes.fgb</a> (FlatGeobuf, mở bằng QGIS). Trang này nêu nhiều nhất 200 trường hợp của mỗi xã.</p>\n";
