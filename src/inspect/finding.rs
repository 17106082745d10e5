//! One thing that inspection found, in a form that can be printed, counted by kind, sent back and put on a map.

use serde::Serialize;

use crate::error::Fault;
use crate::model::shapes::GridCoord;

/// Whether a finding stops the approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Published as it is, and named in the quality report.
    Warning,
    /// Nothing is approved until it is corrected, or listed under `[skip]`.
    Refusal,
}

/// A fault of the data, with what a surveyor needs to find it again.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// Kind in kebab case, stable for programs: `overlap`, `ring-not-closed`.
    pub kind: &'static str,
    pub severity: Severity,
    /// Commune to send it to.
    pub commune: Option<String>,
    /// What is printed: file, feature, problem, remedy.
    pub fault: Fault,
    /// Easting and northing in the dataset's zone.
    pub at: Option<GridCoord>,
    /// Size of the fault itself: of an overlap, not of the parcel.
    pub area_m2: Option<f64>,
    /// Ring or line to draw, open, in the dataset's zone; empty when the place is a point.
    pub outline: Vec<GridCoord>,
}

impl Finding {
    pub fn new(kind: &'static str, severity: Severity, fault: Fault) -> Self {
        Finding { kind, severity, commune: None, fault, at: None, area_m2: None, outline: vec![] }
    }

    pub fn at(mut self, at: GridCoord) -> Self {
        self.at = Some(at);
        self
    }

    pub fn commune(mut self, code: impl Into<String>) -> Self {
        self.commune = Some(code.into());
        self
    }

    pub fn area_m2(mut self, area_m2: f64) -> Self {
        self.area_m2 = Some(area_m2);
        self
    }

    pub fn outline(mut self, outline: Vec<GridCoord>) -> Self {
        self.outline = outline;
        self
    }
}
