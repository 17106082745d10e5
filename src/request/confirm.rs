//! Written confirmations (S4 Đ15.4d, NĐ 27/2019 Đ21): that an extract, or a sheet that somebody printed, is of an
//! edition as it was published. Whoever holds the code can ask whether it is true and still the latest, and learns
//! nothing of who asked for it.

use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;

use super::{Request, ticket};
use crate::account::office::Office;
use crate::account::role::{Action, Whose};
use crate::account::{Person, Refused, Result, secret};
use crate::audit::Act;
use crate::model::named::named;
use crate::release::OpenEdition;
use crate::supply::Area;

named!(
    /// What is confirmed.
    Kind { Extract = "trich_xuat", Sheet = "ban_in" }
);

named!(
    /// Whether it still holds.
    Standing { Valid = "con_hieu_luc", Superseded = "da_co_ban_moi", Withdrawn = "da_thu_hoi" }
);

/// What a code is asked about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Confirmation {
    /// Eighty random bits, legible on paper.
    pub code: String,
    pub kind: Kind,
    pub area: String,
    pub edition: String,
    /// Merkle root of the edition.
    pub root: String,
    /// By which the parcels of the edition were approved.
    pub decisions: String,
    /// Hexadecimal SHA-256: of the file, or of the file of the map sheet that printed sheets are made from.
    pub digest: String,
    pub issued_on: Date,
    #[serde(skip)]
    pub withdrawn: Option<Date>,
}

/// Where the edition has the data of a map sheet.
const SHEETS: &str = "site/search/to";

/// Confirms the file of an approved request, of whichever format.
pub fn confirm_extract(
    office: &Office,
    who: &Person,
    code: &str,
    open: impl FnOnce(&str) -> Result<OpenEdition>,
) -> Result<Confirmation> {
    let request = office.read(|db| Request::by_code(db, code))?;
    office.require(who, Action::Confirm, request.whose(who), Some(request.state), code)?;
    let edition = open(&request.edition)?;
    let holder = office.read(|db| Person::by_id(db, request.account))?;
    let digest = ticket::cut(office, &holder, &request, &edition)?.sha256()?;
    let area = request.area.to_string();
    let confirmation = new(office, Kind::Extract, area, &edition, digest)?;
    keep(office, who, Some(&request), confirmation)
}

/// Confirms a map sheet as it stands in an edition.
///
/// # Errors
/// `Invalid("sheet")` where it is no sheet of the edition.
pub fn confirm_sheet(office: &Office, who: &Person, sheet: &str, edition: &OpenEdition) -> Result<Confirmation> {
    office.require(who, Action::Confirm, Whose::Other, None, "")?;
    let area = Area::sheet(sheet).map_err(Refused::Invalid)?;
    let Area::Sheet { commune, sheet } = &area else { return Err(Refused::Invalid("sheet")) };
    let path = format!("{SHEETS}/{commune}/{sheet}.json");
    let file = edition.manifest.files.iter().find(|file| file.path == path).ok_or(Refused::Invalid("sheet"))?;
    let confirmation = new(office, Kind::Sheet, area.to_string(), edition, file.sha256.clone())?;
    keep(office, who, None, confirmation)
}

fn new(office: &Office, kind: Kind, area: String, edition: &OpenEdition, digest: String) -> Result<Confirmation> {
    let (issued_on, root) = (office.clock.today(), edition.manifest.root.clone());
    let code = secret::legible()?;
    let decisions = ticket::decisions(edition).join("; ");
    let edition = edition.name.clone();
    Ok(Confirmation { code, kind, area, edition, root, decisions, digest, issued_on, withdrawn: None })
}

fn keep(office: &Office, who: &Person, request: Option<&Request>, made: Confirmation) -> Result<Confirmation> {
    office.write(|db| {
        db.execute(
            "INSERT INTO confirmation (code, kind, request, area, edition, root, digest, issued_on, decisions) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                made.code,
                made.kind.id(),
                request.map(|request| request.id),
                made.area,
                made.edition,
                made.root,
                made.digest,
                made.issued_on.to_string(),
                made.decisions
            ],
        )?;
        let act = Act {
            request: request.map(|request| request.code.clone()).unwrap_or_default(),
            edition: made.edition.clone(),
            ..who.act("confirm.issue", format!("{} {}", made.kind.id(), made.area))
        };
        Ok((made, act))
    })
}

/// Takes a confirmation back: its page says so from then on.
pub fn withdraw(office: &Office, who: &Person, code: &str) -> Result<()> {
    office.require(who, Action::Confirm, Whose::Other, None, "")?;
    let today = office.clock.today().to_string();
    office.write(|db| {
        let sql = "UPDATE confirmation SET withdrawn = ?2 WHERE code = ?1 AND withdrawn IS NULL";
        match db.execute(sql, params![code, today])? {
            0 => Err(Refused::Absent),
            _ => Ok(((), who.act("confirm.withdraw", ""))),
        }
    })
}

impl Confirmation {
    /// By its code, for anybody; letters of either case, with or without dashes.
    pub fn find(office: &Office, written: &str) -> Result<Confirmation> {
        let letters: Vec<char> = written.to_lowercase().chars().filter(|c| c.is_ascii_alphanumeric()).collect();
        let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
        office.read(|db| Confirmation::by_code(db, &groups.join("-")))
    }

    fn by_code(db: &Connection, code: &str) -> Result<Confirmation> {
        let sql = "SELECT code, kind, area, edition, root, digest, issued_on, withdrawn, decisions FROM confirmation WHERE code = ?1";
        db.query_row(sql, [code], Confirmation::from_row).optional()?.ok_or(Refused::Absent)
    }

    fn from_row(row: &Row<'_>) -> rusqlite::Result<Confirmation> {
        let wrong = |column: usize| {
            rusqlite::Error::InvalidColumnType(column, "confirmation".into(), rusqlite::types::Type::Text)
        };
        let withdrawn = row.get::<_, Option<String>>(7)?;
        Ok(Confirmation {
            code: row.get(0)?,
            kind: Kind::from_id(&row.get::<_, String>(1)?).ok_or_else(|| wrong(1))?,
            area: row.get(2)?,
            edition: row.get(3)?,
            root: row.get(4)?,
            digest: row.get(5)?,
            issued_on: row.get::<_, String>(6)?.parse().map_err(|_| wrong(6))?,
            decisions: row.get(8)?,
            withdrawn: withdrawn.map(|day| day.parse().map_err(|_| wrong(7))).transpose()?,
        })
    }

    /// `current` is the edition that is published now.
    pub fn standing(&self, current: &str) -> Standing {
        match &self.withdrawn {
            Some(_) => Standing::Withdrawn,
            None if self.edition == current => Standing::Valid,
            None => Standing::Superseded,
        }
    }

    /// The slip as a file, and the office's signature of it (minisign). The same each time.
    pub fn slip(&self, office: &Office) -> Result<(String, String)> {
        let text = serde_json::to_string_pretty(&serde_json::json!({ "xac_nhan": self }));
        let text = text.map_err(|e| Refused::Unavailable(e.to_string()))? + "\n";
        let signature = office.seal.sign(text.as_bytes(), &format!("congbo confirmation {}", self.code))?;
        Ok((text, signature))
    }
}
