//! What one dataset's rows are held against, beside the list of fields.

use crate::config::dataset::DatasetConfig;
use crate::config::site::Disclosure;

/// The decisions of the dataset and of the province that let a value through or keep it back.
#[derive(Clone, Copy)]
pub struct Rules<'a> {
    pub dataset: &'a DatasetConfig,
    pub province: &'a Disclosure,
}

impl Rules<'_> {
    /// Whether the approver answers for what the scan objects to in this cell.
    pub fn accepts(&self, cell: &str) -> bool {
        self.dataset.scan.accept.contains(cell)
    }

    /// The successor that was decided for an old land-use code.
    pub fn successor(&self, old: &str) -> Option<&str> {
        self.dataset.land_use.get(old).map(String::as_str)
    }

    /// Below how many objects a cell of a table leads to a person; 0 for a table that is published already.
    pub fn least_objects(&self) -> u32 {
        if self.dataset.published_table { 0 } else { self.province.min_cell_count }
    }
}
