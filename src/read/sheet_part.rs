//! One part of a workbook's archive, walked over as XML: what is wrong with the XML is said with the part's name.

use std::io::BufRead;

use super::sheet::Stop;
use super::xml::{Xml, XmlFault};
use super::zip_guard::Package;

/// Why a walk ended before the end of its part.
pub enum Broken {
    Xml(XmlFault),
    Stop(Stop),
}

impl From<XmlFault> for Broken {
    fn from(fault: XmlFault) -> Self {
        Broken::Xml(fault)
    }
}

pub fn walk(
    package: &Package,
    part: &str,
    walk: impl FnOnce(&mut Xml<&mut dyn BufRead>) -> Result<(), Broken>,
) -> Result<(), Stop> {
    let walked = package.read(part, |input| walk(&mut Xml::new(input)));
    walked.map_err(Stop::Unreadable)?.map_err(|broken| match broken {
        Broken::Xml(fault) => Stop::Unreadable(format!("part '{part}' {fault}")),
        Broken::Stop(stop) => stop,
    })
}
