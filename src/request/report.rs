//! The report of a period (S0 Đ11.8, S4 Đ11.2b, S3 Đ20): what was published, asked, granted and changed, and what
//! went wrong. Made from the database, the audit log and the list of publications; no person is named.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::BufReader;

use jiff::ToSpan;
use jiff::civil::Date;

use super::Request;
use crate::account::clock::vietnam_time;
use crate::account::office::Office;
use crate::account::role::State;
use crate::account::{Refused, Result};
use crate::audit::verify::verify_lines;
use crate::model::date::vietnam_day;
use crate::model::named::named;
use crate::model::text::{date_vi, inert_cell};
use crate::release::Publication;

named!(
    Period { Month = "month", Quarter = "quarter", Half = "half", Year = "year" }
);

impl Period {
    /// First and last day of the period in which `day` lies.
    pub fn around(self, day: Date) -> (Date, Date) {
        let months = match self {
            Period::Month => 1,
            Period::Quarter => 3,
            Period::Half => 6,
            Period::Year => 12,
        };
        let first_month = (day.month() - 1) / months * months + 1;
        let first = Date::new(day.year(), first_month, 1).unwrap_or(day);
        (first, first.saturating_add(i64::from(months).months()).saturating_sub(1.day()))
    }
}

/// A table under a title.
pub struct Section {
    pub title: &'static str,
    pub head: Vec<&'static str>,
    pub rows: Vec<Vec<String>>,
}

pub struct Report {
    pub from: Date,
    pub to: Date,
    pub sections: Vec<Section>,
}

pub fn report(office: &Office, published: &[Publication], from: Date, to: Date) -> Result<Report> {
    let within = |day: Date| from <= day && day <= to;
    let requests: Vec<Request> = office.read(|db| Request::list(db, None))?;
    let today = office.clock.today();
    let editions: Vec<_> = published.iter().filter(|one| within(one.date)).collect();
    let editions = editions.into_iter().map(|one| vec![one.edition.clone(), date_vi(one.date)]).collect();
    let acts = acts(office, &within)?;
    let sections = vec![
        Section { title: "Bản công bố", head: vec!["bản", "ngày"], rows: editions },
        Section { title: "Yêu cầu", head: vec!["việc", "số lượng"], rows: states(&requests, &within, today) },
        Section {
            title: "Trích xuất theo mục đích",
            head: vec!["yêu cầu", "mục đích", "số thửa", "byte"],
            rows: deliveries(office, &within)?,
        },
        Section {
            title: "Tài khoản",
            head: vec!["việc", "số lần"],
            rows: counted(&acts, |name| name.starts_with("account.") || name == "password.change"),
        },
        Section {
            title: "Truy cập và sự cố",
            head: vec!["việc", "số lần"],
            rows: counted(&acts, |name| {
                ["sign_in", "denied", "quota.alarm", "log.mended", "download.abort"]
                    .iter()
                    .any(|known| name.starts_with(known))
            }),
        },
    ];
    Ok(Report { from, to, sections })
}

fn states(requests: &[Request], within: &dyn Fn(Date) -> bool, today: Date) -> Vec<Vec<String>> {
    let filed = |request: &&Request| within(vietnam_time(request.filed_at).date());
    let count = |name: &str, is: &dyn Fn(&Request) -> bool| {
        vec![name.to_owned(), requests.iter().filter(filed).filter(|request| is(request)).count().to_string()]
    };
    let late = |request: &Request| {
        let done = request.decided_at.map_or(today, |at| vietnam_time(at).date());
        done > request.latest_on && request.state != State::Withdrawn
    };
    vec![
        count("nhận", &|_| true),
        count("duyệt", &|request| request.state == State::Approved),
        count("từ chối", &|request| request.state == State::Refused),
        count("rút", &|request| request.state == State::Withdrawn),
        count("đang giải quyết", &|request| request.is_open()),
        count("quá hạn", &late),
    ]
}

fn deliveries(office: &Office, within: &dyn Fn(Date) -> bool) -> Result<Vec<Vec<String>>> {
    office.read(|db| {
        let sql = "SELECT code, purpose, delivery.features, bytes, at FROM delivery JOIN request ON request.id = request \
            ORDER BY code";
        let mut statement = db.prepare(sql)?;
        let rows = statement.query_map([], |row| {
            let key: (String, String) = (row.get(0)?, row.get(1)?);
            Ok((key, row.get::<_, i64>(2)?, row.get::<_, i64>(3)?, row.get::<_, i64>(4)?))
        })?;
        let mut sums: BTreeMap<(String, String), (i64, i64)> = BTreeMap::new();
        for row in rows {
            let (key, features, bytes, at) = row?;
            if within(vietnam_time(at).date()) {
                let sum = sums.entry(key).or_default();
                *sum = (sum.0 + features, sum.1 + bytes);
            }
        }
        let row = |((code, purpose), (features, bytes)): ((String, String), (i64, i64))| {
            vec![code, purpose, features.to_string(), bytes.to_string()]
        };
        Ok(sums.into_iter().map(row).collect())
    })
}

/// How often each act was done, with what it came to where that was not well.
fn acts(office: &Office, within: &dyn Fn(Date) -> bool) -> Result<BTreeMap<String, u64>> {
    let mut acts: BTreeMap<String, u64> = BTreeMap::new();
    let log = BufReader::new(File::open(office.log.path())?);
    let checked = verify_lines(log, &[], &mut |record| {
        if within(vietnam_day(record.time)) {
            let failed = record.action == "sign_in" && record.result != "ok";
            let name = if failed { "sign_in: sai".to_owned() } else { record.action.clone() };
            *acts.entry(name).or_default() += 1;
        }
    })?;
    match checked.bad {
        Some(bad) => Err(Refused::Unavailable(format!("record {} of the audit log {}", bad.seq, bad.problem))),
        None => Ok(acts),
    }
}

fn counted(acts: &BTreeMap<String, u64>, wanted: impl Fn(&str) -> bool) -> Vec<Vec<String>> {
    acts.iter().filter(|(name, _)| wanted(name)).map(|(name, times)| vec![name.clone(), times.to_string()]).collect()
}

impl Report {
    fn title(&self) -> String {
        format!("Báo cáo từ {} đến {}", date_vi(self.from), date_vi(self.to))
    }

    pub fn markdown(&self) -> String {
        let cell = |text: &str| text.replace('|', "\\|").replace('\n', " ");
        let mut text = format!("# {}\n", self.title());
        for section in &self.sections {
            let _ = write!(text, "\n## {}\n\n", section.title);
            if section.rows.is_empty() {
                text.push_str("Không có.\n");
                continue;
            }
            let _ = writeln!(text, "| {} |\n|{}", section.head.join(" | "), "---|".repeat(section.head.len()));
            for row in &section.rows {
                let _ = writeln!(text, "| {} |", row.iter().map(|text| cell(text)).collect::<Vec<_>>().join(" | "));
            }
        }
        text
    }

    /// One table: section, then the cells of each row.
    pub fn csv(&self) -> String {
        let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(vec![]);
        for section in &self.sections {
            for row in &section.rows {
                let row = row.iter().map(|cell| inert_cell(cell));
                let _ = writer.write_record(std::iter::once(section.title.to_owned()).chain(row));
            }
        }
        writer.into_inner().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    pub fn html(&self) -> String {
        let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let title = self.title();
        let mut html = format!(
            "<!doctype html>\n<html lang=\"vi\"><meta charset=\"utf-8\"><title>{title}</title>\n<h1>{title}</h1>\n"
        );
        for section in &self.sections {
            let _ = writeln!(html, "<h2>{}</h2>", section.title);
            if section.rows.is_empty() {
                html.push_str("<p>Không có.</p>\n");
                continue;
            }
            let head: String = section.head.iter().map(|cell| format!("<th scope=\"col\">{cell}</th>")).collect();
            let _ = writeln!(html, "<table><caption>{}</caption><thead><tr>{head}</tr></thead><tbody>", section.title);
            for row in &section.rows {
                let cells: String = row.iter().map(|cell| format!("<td>{}</td>", escape(cell))).collect();
                let _ = writeln!(html, "<tr>{cells}</tr>");
            }
            html.push_str("</tbody></table>\n");
        }
        html + "</html>\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p02_a_period_is_a_month_a_quarter_half_a_year_or_a_year() {
        let around = |period: Period| {
            let (from, to) = period.around("2026-08-15".parse().unwrap());
            format!("{from} {to}")
        };
        assert_eq!(around(Period::Month), "2026-08-01 2026-08-31");
        assert_eq!(around(Period::Quarter), "2026-07-01 2026-09-30");
        assert_eq!(around(Period::Half), "2026-07-01 2026-12-31");
        assert_eq!(around(Period::Year), "2026-01-01 2026-12-31");
    }
}
