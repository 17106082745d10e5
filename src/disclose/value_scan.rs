//! Looks for persons in texts that are about to be published.

use crate::model::text::fold;

/// Why a text may not go out, or `None`.
///
/// Identity numbers have 12 or 9 digits and telephones 10 or 11, so nine digits in a row (spaces and dots
/// between them not counted) are too many for any public field.
pub fn objection(text: &str) -> Option<&'static str> {
    if text.contains('\u{fffd}') {
        return Some("holds bytes that are not UTF-8");
    }
    if text.chars().any(is_hidden) {
        return Some("holds a hidden control character");
    }
    if longest_digit_run(text) >= 9 {
        return Some("holds a number as long as an identity number or a telephone number");
    }
    let folded = format!(" {} ", fold(text));
    let person = [" ho ong ", " ho ba ", " ong ba ", " chu su dung ", " cccd ", " cmnd "];
    person.iter().any(|mark| folded.contains(mark)).then_some("names a person")
}

/// Control characters and the marks that turn the direction of writing.
fn is_hidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
}

fn longest_digit_run(text: &str) -> usize {
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        match c {
            c if c.is_numeric() => run += 1,
            ' ' | '.' | '\u{a0}' => {}
            _ => run = 0,
        }
        longest = longest.max(run);
    }
    longest
}

/// Hamlet, street and commune of an address; house numbers and whatever is not known to be coarse is dropped.
pub fn coarse_address(address: &str) -> Option<String> {
    const COARSE: [&str; 14] = [
        "thon ",
        "to dan pho ",
        "xom ",
        "ap ",
        "ban ",
        "khu pho ",
        "khu ",
        "duong ",
        "pho ",
        "quoc lo ",
        "tinh lo ",
        "xa ",
        "phuong ",
        "tinh ",
    ];
    let kept: Vec<&str> = address
        .split(',')
        .map(str::trim)
        .filter(|part| COARSE.iter().any(|mark| format!("{} ", fold(part)).starts_with(mark)))
        .collect();
    (!kept.is_empty()).then(|| kept.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_and_telephone_numbers_are_seen_however_they_are_spaced() {
        for text in ["001099000001", "0912.345.678", "Liên hệ 0912 345 678", "số 123456789"] {
            assert!(objection(text).is_some(), "{text}");
        }
        for text in ["2021-2030", "Từ ngã ba đến số nhà 120", "00/2026/QĐ-UBND", "Quốc lộ 99"] {
            assert_eq!(objection(text), None, "{text}");
        }
    }

    #[test]
    fn persons_and_hidden_characters_are_seen() {
        for text in ["Hộ ông 0001", "CHỦ SỬ DỤNG 0001", "An\u{202e}Minh", "a\u{fffd}", "a\nb"] {
            assert!(objection(text).is_some(), "{text}");
        }
    }

    #[test]
    fn an_address_loses_its_house_number_and_keeps_what_is_coarse() {
        assert_eq!(
            coarse_address("Số nhà 12, đường Bến Lụa, Tổ dân phố 3"),
            Some("đường Bến Lụa, Tổ dân phố 3".into())
        );
        assert_eq!(coarse_address("12 ngõ 5"), None);
        assert_eq!(coarse_address("Thôn 3, Xã An Minh"), Some("Thôn 3, Xã An Minh".into()));
    }
}
