//! One figure for each commune: the median approved price of residential land, for the map.
//!
//! Beside the tiles and not in them: next year's prices leave the tiles of the same land as they are (Circular
//! 17/2010, article 13.6a).

use super::catalogue::{Catalogue, Commune, PriceTable};

/// The group of residential land (*đất ở*) in a price table.
const RESIDENTIAL: &str = "DAT_O";

/// More than five steps of one hue are not told apart.
pub const CLASSES: usize = 5;

/// Communes whose prices lie in one part of the range.
#[derive(Debug, PartialEq, Eq)]
pub struct PriceClass<'a> {
    /// Median prices of its communes, đồng per square metre: the least and the greatest.
    pub from_vnd: i64,
    pub to_vnd: i64,
    /// Codes in ascending order.
    pub communes: Vec<&'a str>,
}

/// Classes of about equally many communes, the cheapest first; communes of one price are in one class. A commune
/// without an approved price of residential land is in none.
pub fn classes<'a>(catalogue: &Catalogue<'a>) -> Vec<PriceClass<'a>> {
    let priced = |commune: &Commune<'a>| Some((median(commune)?, commune.code));
    let mut medians: Vec<(i64, &str)> = catalogue.communes.values().filter_map(priced).collect();
    medians.sort_unstable();
    grouped(&medians)
}

fn grouped<'a>(medians: &[(i64, &'a str)]) -> Vec<PriceClass<'a>> {
    let mut classes: Vec<PriceClass<'a>> = vec![];
    for (i, (price, commune)) in medians.iter().enumerate() {
        let due = i * CLASSES / medians.len() >= classes.len();
        match classes.last_mut().filter(|class| !due || class.to_vnd == *price) {
            Some(class) => {
                class.to_vnd = *price;
                class.communes.push(commune);
            }
            None => classes.push(PriceClass { from_vnd: *price, to_vnd: *price, communes: vec![commune] }),
        }
    }
    classes.iter_mut().for_each(|class| class.communes.sort_unstable());
    classes
}

/// Of the first position of all its rows; of two in the middle the lower, so that it is a price that was approved.
fn median(commune: &Commune<'_>) -> Option<i64> {
    let mut prices: Vec<i64> = commune.prices.iter().flat_map(residential).collect();
    prices.sort_unstable();
    prices.get(prices.len().checked_sub(1)? / 2).copied()
}

/// The prices that apply: a row whose place an amendment took is left out.
fn residential(table: &PriceTable<'_>) -> Vec<i64> {
    let applies = table.all_rows().filter(|(snapshot, row)| table.replaced_by(snapshot, row).is_empty());
    applies.filter(|(_, row)| row.group == RESIDENTIAL).filter_map(|(_, row)| row.price_vnd_per_m2[0]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(prices: &[i64]) -> Vec<(i64, i64, usize)> {
        let medians: Vec<(i64, &str)> = prices.iter().map(|price| (*price, "99001")).collect();
        grouped(&medians).iter().map(|class| (class.from_vnd, class.to_vnd, class.communes.len())).collect()
    }

    #[test]
    fn classes_hold_about_equally_many_communes() {
        let prices: Vec<i64> = (1..=114).collect();
        let sizes = sizes(&prices);
        assert_eq!(sizes.len(), CLASSES);
        assert!(sizes.iter().all(|(_, _, communes)| (22..=23).contains(communes)), "{sizes:?}");
    }

    #[test]
    fn few_communes_are_a_class_each_and_one_price_is_one_class() {
        assert_eq!(sizes(&[3, 8]), [(3, 3, 1), (8, 8, 1)]);
        assert_eq!(sizes(&[5; 7]), [(5, 5, 7)]);
        assert_eq!(sizes(&[]), []);
        let mixed = sizes(&[1, 1, 1, 1, 1, 1, 1, 1, 9, 10]);
        assert_eq!(mixed.iter().map(|(_, _, communes)| communes).sum::<usize>(), 10);
        assert!(mixed.windows(2).all(|pair| pair[0].1 < pair[1].0), "{mixed:?}");
    }
}
