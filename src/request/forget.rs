//! Request data that has served its time is deleted (S0 Đ5.5): what people wrote, not that there was a request.
//!
//! The log keeps its lines: it cannot be changed, and holds numbers of accounts, no person.

use jiff::ToSpan;
use rusqlite::params;

use crate::account::Result;
use crate::account::office::Office;
use crate::audit::Act;

/// Empties purpose, number of the slip, reasons and receipt of requests that were closed, and can no longer be
/// fetched, for longer than `[account] request_months`. Returns how many.
pub fn forget(office: &Office) -> Result<usize> {
    let months = i64::from(office.config.request_months);
    if months == 0 {
        return Ok(0);
    }
    let last = office.clock.today().saturating_sub(months.months());
    let codes: Vec<String> = office.read(|db| {
        let sql = "SELECT code FROM request WHERE state IN ('da_duyet', 'tu_choi', 'da_rut') AND purpose <> '' \
            AND COALESCE(until, date(decided_at, 'unixepoch', '+7 hours')) < ?1";
        let mut statement = db.prepare(sql)?;
        let rows = statement.query_map([last.to_string()], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    })?;
    for code in &codes {
        office.write(|db| {
            let sql = "UPDATE request SET purpose = '', paper = '', reason = '', receipt = '', fee_exempt = '' \
                WHERE code = ?1";
            db.execute(sql, params![code])?;
            let act = Act { request: code.clone(), action: "request.forget", ..Act::default() };
            Ok(((), Act { actor: "congbo".into(), result: "ok".into(), ..act }))
        })?;
    }
    Ok(codes.len())
}
