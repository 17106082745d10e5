//! The area on paper (*dienTich*) against the area of the shape, both in square metres of VN-2000.

use super::finding::{Finding, Severity};
use crate::error::{Exit, Fault, Stage};

/// How far the two may lie apart. A parcel's area was often taken from an older survey, so that a difference is
/// a question to the office and not a fault; another unit is a fault.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AreaTolerance {
    /// Square metres that may differ whatever the size: `dienTich` of small lots is rounded to whole metres.
    pub least_m2: f64,
    /// Share of the recorded area that may differ.
    pub share: f64,
    /// Refused when one area is more than so many times the other: hectares for square metres, two parcels
    /// in one row, the shape of another parcel.
    pub refused_ratio: f64,
}

impl Default for AreaTolerance {
    fn default() -> Self {
        AreaTolerance { least_m2: 1.0, share: 0.01, refused_ratio: 2.0 }
    }
}

/// Compares one parcel; the caller adds file, feature, commune and place.
pub fn check(recorded_m2: f64, computed_m2: f64, tolerance: AreaTolerance) -> Option<Finding> {
    let difference_m2 = (recorded_m2 - computed_m2).abs();
    if difference_m2 <= tolerance.least_m2.max(tolerance.share * recorded_m2) {
        return None;
    }
    let is_refused = recorded_m2.max(computed_m2) > tolerance.refused_ratio * recorded_m2.min(computed_m2);
    let (severity, remedy) = match is_refused {
        true => (Severity::Refusal, "check the unit of dienTich and whether the shape is this parcel's"),
        false => (Severity::Warning, "correct dienTich or the shape, or leave it: it is published as approved"),
    };
    let problem = format!("dienTich says {recorded_m2:.1} m², the shape has {computed_m2:.1} m²");
    let fault = Fault::new(Stage::Inspect, Exit::Quality, problem).remedy(remedy);
    Some(Finding::new("area-difference", severity, fault).area_m2(difference_m2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn severity(recorded_m2: f64, computed_m2: f64) -> Option<Severity> {
        check(recorded_m2, computed_m2, AreaTolerance::default()).map(|finding| finding.severity)
    }

    #[test]
    fn a_metre_or_a_hundredth_may_differ_and_more_is_named() {
        assert_eq!(severity(50.0, 50.9), None);
        assert_eq!(severity(1000.0, 991.0), None);
        assert_eq!(severity(50.0, 51.5), Some(Severity::Warning));
        assert_eq!(severity(1000.0, 985.0), Some(Severity::Warning));
    }

    #[test]
    fn hectares_for_square_metres_and_no_area_at_all_are_refused() {
        assert_eq!(severity(0.25, 2500.0), Some(Severity::Refusal));
        assert_eq!(severity(0.0, 100.0), Some(Severity::Refusal));
        assert_eq!(severity(2500.0, 1200.0), Some(Severity::Refusal));
    }
}
