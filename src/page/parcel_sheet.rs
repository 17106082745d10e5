//! The paper for one parcel (*phiếu thông tin thửa đất*): one page for all parcels, filled by its script from
//! the file beside the map sheet. A province has too many parcels for a page each.

use minijinja::context;

use super::catalogue::{Commune, Sheet};
use super::site::At;
use crate::error::Result;
use crate::model::parcel::Parcel;

pub const PATH: &str = "/phieu-thua-dat/";

/// Where one parcel is printed; other languages put their prefix before it.
pub fn address(commune: &Commune, sheet: &Sheet, parcel: &Parcel) -> String {
    format!("{PATH}#thua={}-{}-{}", commune.code, sheet.number, parcel.number)
}

/// The scales of the paper; the first at which a parcel fits is taken until the reader takes another. The last
/// three are for parcels longer than 350 m.
const SCALES: [u32; 7] = [200, 500, 1_000, 2_000, 5_000, 10_000, 25_000];

pub fn render(at: &At) -> Result<String> {
    at.render("parcel_sheet.html", context! { scales => SCALES })
}
