//! VN-2000 against reference points computed independently with PROJ.

use congbo::model::crs::Vn2000Zone;
use congbo::project::vn2000::Transformer;

const TENTH_OF_A_MILLIMETRE: f64 = 1e-4;
const DEGREE_M: f64 = 111_320.0;

struct Vector {
    zone: Transformer,
    name: String,
    numbers: Vec<f64>,
}

fn vectors() -> Vec<Vector> {
    let mut reader = csv::Reader::from_reader(include_bytes!("data/vn2000_vectors.csv").as_slice());
    reader
        .records()
        .map(|row| {
            let row = row.unwrap();
            let number = |i: usize| row[i].parse::<f64>().unwrap();
            Vector {
                zone: Transformer::new(Vn2000Zone::from_epsg(row[3].parse().unwrap()).unwrap()),
                name: row[1].to_owned(),
                numbers: [4, 5, 6, 7, 9, 10, 11, 12].map(number).to_vec(),
            }
        })
        .collect()
}

#[test]
fn d19_projected_coordinates_reach_wgs84_within_a_tenth_of_a_millimetre() {
    for v in vectors() {
        let [lon, lat] = v.zone.degrees_from_grid([v.numbers[1], v.numbers[0]]).unwrap();
        // The reference is printed to 1e-10 degrees.
        assert!((lat - v.numbers[2]).abs() * DEGREE_M < TENTH_OF_A_MILLIMETRE, "{}: latitude {lat}", v.name);
        assert!((lon - v.numbers[3]).abs() * DEGREE_M < TENTH_OF_A_MILLIMETRE, "{}: longitude {lon}", v.name);
    }
}

#[test]
fn wgs84_reaches_projected_coordinates_within_the_digits_of_the_reference() {
    for v in vectors() {
        // The input is printed to 1e-9 degrees (0.11 mm) and the output to 0.1 mm.
        let [easting, northing] = v.zone.grid_from_degrees([v.numbers[5], v.numbers[4]]).unwrap();
        assert!((northing - v.numbers[6]).abs() < 2.0 * TENTH_OF_A_MILLIMETRE, "{}: northing {northing}", v.name);
        assert!((easting - v.numbers[7]).abs() < 2.0 * TENTH_OF_A_MILLIMETRE, "{}: easting {easting}", v.name);
    }
}

#[test]
fn the_way_there_and_back_closes_within_two_millimetres() {
    for v in vectors() {
        let there = v.zone.degrees_from_grid([v.numbers[1], v.numbers[0]]).unwrap();
        let [easting, northing] = v.zone.grid_from_degrees(there).unwrap();
        assert!((easting - v.numbers[1]).hypot(northing - v.numbers[0]) < 2e-3, "{}", v.name);
    }
}
