//! A price in the unit of its approved table.

/// Đồng in units of `unit_vnd`, exactly and with a decimal point: 60 000 000 in thousands is `60000`,
/// 22 955 000 in millions `22.955`. Units that are no power of ten end after nine decimals.
pub fn in_unit(price_vnd: i64, unit_vnd: i64) -> String {
    let unit = unit_vnd.max(1);
    let mut figure = (price_vnd / unit).to_string();
    let mut rest = (price_vnd % unit).unsigned_abs();
    if rest > 0 {
        figure.push('.');
    }
    for _ in 0..9 {
        if rest == 0 {
            break;
        }
        rest *= 10;
        figure.push(char::from(b'0' + (rest / unit.unsigned_abs()) as u8));
        rest %= unit.unsigned_abs();
    }
    figure
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_those_of_the_approved_table() {
        assert_eq!(in_unit(60_000_000, 1_000), "60000");
        assert_eq!(in_unit(14_690_500, 1_000), "14690.5");
        assert_eq!(in_unit(22_955_000, 1_000_000), "22.955");
        assert_eq!(in_unit(70_000, 1), "70000");
    }
}
