//! Corners and edges of a parcel, numbered as on a cadastral extract: clockwise, from the north-west.

use super::cadastre::SheetParcels;

/// One ring of a parcel in VN-2000 metres (easting, northing), open, clockwise with north up, its first corner
/// the one farthest to the north-west. Holes run the other way, as they do on the ground when the parcel is on
/// the left hand.
pub fn rings(sheet: &SheetParcels, row: usize) -> Vec<Vec<[f64; 2]>> {
    sheet.grid_rings(row).into_iter().map(from_north_west).collect()
}

/// Approved rings run counter-clockwise.
fn from_north_west(mut ring: Vec<[f64; 2]>) -> Vec<[f64; 2]> {
    ring.reverse();
    let north_west = |[e, n]: &[f64; 2]| n - e;
    let first = (0..ring.len()).rev().max_by(|a, b| north_west(&ring[*a]).total_cmp(&north_west(&ring[*b])));
    ring.rotate_left(first.unwrap_or(0));
    ring
}

/// Length of each edge from its corner to the next: plane metres of the dataset's own zone of VN-2000, never
/// Web Mercator.
pub fn edge_lengths_m(ring: &[[f64; 2]]) -> Vec<f64> {
    let next = ring.iter().cycle().skip(1);
    ring.iter().zip(next).map(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_run_clockwise_from_the_north_west() {
        let lot = vec![
            [567_000.0, 2_306_000.0],
            [567_020.0, 2_306_000.0],
            [567_020.0, 2_306_010.0],
            [567_000.0, 2_306_010.0],
        ];
        let ring = from_north_west(lot);
        assert_eq!(ring[0], [567_000.0, 2_306_010.0]);
        assert_eq!(ring[1], [567_020.0, 2_306_010.0]);
        assert_eq!(edge_lengths_m(&ring), [20.0, 10.0, 20.0, 10.0]);
    }
}
