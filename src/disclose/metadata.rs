//! What is said about a dataset goes out like the data itself: its texts pass the value scan.

use std::path::Path;

use super::person_name::Meant;
use super::{Public, value_scan};
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::model::metadata::Metadata;

/// Lets metadata through; `file` is the `dataset.toml` it stands in.
///
/// # Errors
/// Exit 4 for every text that names a person or holds an identity number.
pub fn public(metadata: Metadata, file: &Path) -> Result<Public<Metadata>> {
    let objections =
        metadata.texts().into_iter().filter_map(|(key, text)| Some((key, value_scan::objection(text, Meant::Any)?)));
    let faults = objections.map(|(key, objection)| {
        Fault::new(Stage::Disclose, Exit::Disclosure, objection.problem())
            .file(file)
            .feature(format!("[metadata] {key}"))
            .remedy("name the organisation, not a person; the text is not shown here on purpose")
    });
    Failure::unless_empty(faults.collect())?;
    Ok(Public::new(metadata))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_in_the_metadata_is_refused_and_an_organisation_with_its_telephone_is_not() {
        let read = |text: &str| toml::from_str::<Metadata>(text).unwrap();
        let file = Path::new("dataset.toml");
        let organisation = "[organisation]\nname = { vi = 'Sở Nông nghiệp và Môi trường' }\nphone = '0200 000 0000'";
        assert!(public(read(organisation), file).is_ok());
        let failure = public(read("lineage = { vi = 'Hộ ông 0001', en = '001099000001' }"), file).unwrap_err();
        assert_eq!((failure.exit(), failure.faults.len()), (Exit::Disclosure, 2));
        assert!(!failure.to_string().contains("0001"), "{failure}");
    }
}
