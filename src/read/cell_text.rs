//! What a cell of a table says: its text on one line, its number digit for digit.

/// Line breaks become one space, blanks at both ends go (also the no-break space).
pub fn one_line(text: &str) -> String {
    const BREAKS: [char; 6] = ['\n', '\r', '\u{b}', '\u{85}', '\u{2028}', '\u{2029}'];
    if !text.contains(BREAKS) {
        return text.trim().to_owned();
    }
    text.split(BREAKS).map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Digits that a spreadsheet's number carries faithfully.
const MAX_DIGITS: usize = 15;

/// The shortest decimal of the number that a spreadsheet stored: workbooks write 1.1 as
/// `1.1000000000000001`, and 1,000 as `1E3`.
///
/// # Errors
/// A sentence without the value: not a number, or with more digits than a spreadsheet's number holds.
pub fn shortest_decimal(written: &str) -> Result<String, &'static str> {
    const TOO_LONG: &str = "has more than 15 digits, which a spreadsheet does not keep: store it as text";
    let written = written.trim();
    if written.len() > 64 || !written.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b)) {
        return Err("is not a number");
    }
    let number: f64 = written.parse().map_err(|_| "is not a number")?;
    let shortest = number.to_string();
    let zero = number == 0.0 && digits(written).is_empty();
    match digits(&shortest).len() {
        0 if zero => Ok("0".to_owned()),
        1..=MAX_DIGITS if number.is_finite() && denotes(written, number) => Ok(shortest),
        _ => Err(TOO_LONG),
    }
}

/// Whether the text is the number, written with up to the 17 digits that tell two numbers apart.
fn denotes(written: &str, number: f64) -> bool {
    let places = digits(written).len();
    (1..=17).contains(&places) && digits(&format!("{number:.*e}", places - 1)) == digits(written)
}

/// Significant digits: no sign, point or exponent, no zeros at either end.
fn digits(written: &str) -> String {
    let mantissa = written.split(['e', 'E']).next().unwrap_or_default();
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    digits.trim_matches('0').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_the_shortest_decimal_it_denotes() {
        for (written, decimal) in [
            ("14690.5", "14690.5"),
            ("0.1", "0.1"),
            ("1E3", "1000"),
            ("1.1000000000000001", "1.1"),
            ("60000.0", "60000"),
            ("-0", "0"),
            ("1e-7", "0.0000001"),
            ("123456789012345", "123456789012345"),
            ("-2.50", "-2.5"),
            ("+7", "7"),
        ] {
            assert_eq!(shortest_decimal(written).as_deref(), Ok(decimal), "{written}");
        }
    }

    #[test]
    fn a_number_that_a_spreadsheet_cannot_keep_is_refused() {
        for written in ["0.30000000000000004", "1234567890123456", "10000000000000001", "1000000000000000049", "1e999"]
        {
            assert!(shortest_decimal(written).unwrap_err().contains("15 digits"), "{written}");
        }
        for written in ["", "inf", "NaN", "1,5", "60 000", "0x1F", "."] {
            assert_eq!(shortest_decimal(written), Err("is not a number"), "{written}");
        }
    }

    #[test]
    fn a_text_stands_on_one_line() {
        assert_eq!(one_line("\u{a0}Đường\r\n  Trần Phú \n\n(đoạn 1)\u{a0}"), "Đường Trần Phú (đoạn 1)");
        assert_eq!(one_line("  60 000 "), "60 000");
    }
}
