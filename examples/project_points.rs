//! Projects points as the program does: reads lines `EPSG EASTING NORTHING` and prints `LON LAT` in degrees of
//! WGS 84, so that another projection library can be asked about the same points.

use std::collections::HashMap;
use std::io::{self, BufRead, Write};

use congbo::model::crs::Vn2000Zone;
use congbo::project::vn2000::Transformer;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut zones: HashMap<u16, Transformer> = HashMap::new();
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let line = line?;
        let [epsg, easting, northing] = line.split(' ').collect::<Vec<_>>()[..] else { return Err(line.into()) };
        let epsg: u16 = epsg.parse()?;
        let zone = Vn2000Zone::from_epsg(epsg).ok_or_else(|| format!("EPSG:{epsg} is no zone of VN-2000"))?;
        let transformer = zones.entry(epsg).or_insert_with(|| Transformer::new(zone));
        let [lon, lat] =
            transformer.degrees_from_grid([easting.parse()?, northing.parse()?]).map_err(|e| e.to_string())?;
        writeln!(out, "{lon:.12} {lat:.12}")?;
    }
    Ok(())
}
