//! The two elements that both XML forms of a metadata record write alike.

use super::iso_facts::CODE_LISTS;
use super::xml::Xml;

pub fn text(xml: &mut Xml, name: &str, value: &str) {
    xml.within(name, &[], |xml| xml.leaf("gco:CharacterString", &[], value));
}

/// A value of a code list, which is named as the element `list` is without its prefix.
pub fn code(xml: &mut Xml, name: &str, list: &str, value: &str) {
    let address = format!("{CODE_LISTS}#{}", list.split(':').next_back().unwrap_or(list));
    xml.within(name, &[], |xml| xml.leaf(list, &[("codeList", &address), ("codeListValue", value)], value));
}
