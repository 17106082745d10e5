//! Looks for persons in texts that are about to be published, and for letters that would hide them.

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization, is_nfc};

use super::person_name::Meant;
use super::{identity_number, person_name};

/// Why a text may not go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objection {
    BrokenBytes,
    Hidden,
    OtherScript,
    OtherEncoding,
    LongNumber,
    EmailAddress,
    Certificate,
    Person,
}

impl Objection {
    pub fn problem(self) -> &'static str {
        match self {
            Objection::BrokenBytes => "holds bytes that are not UTF-8",
            Objection::Hidden => "holds a hidden control character",
            Objection::OtherScript => "holds letters or digits of another script, which look like ours and are not",
            Objection::OtherEncoding => "is written in an old encoding (TCVN3)",
            Objection::LongNumber => "holds a number as long as an identity number or a telephone number",
            Objection::EmailAddress => "holds an e-mail address",
            Objection::Certificate => "holds the number of a certificate",
            Objection::Person => "names a person",
        }
    }

    pub fn remedy(self) -> &'static str {
        match self {
            Objection::OtherEncoding => "add encoding = \"tcvn3\" to its [[source]], or export the text in UTF-8",
            _ => "correct the cell in the source; it is not shown here on purpose",
        }
    }

    /// Whether an approver may answer for such a cell. Nobody may for numbers of persons, nor for what cannot
    /// be seen.
    pub fn may_be_accepted(self) -> bool {
        matches!(self, Objection::Person | Objection::Certificate | Objection::OtherEncoding)
    }
}

/// Text in the one form in which it is published, NFC.
pub fn normalised(text: &str) -> Cow<'_, str> {
    if is_nfc(text) { Cow::Borrowed(text) } else { Cow::Owned(text.nfc().collect()) }
}

/// Why a text (NFC) may not go out, or `None`.
pub fn objection(text: &str, meant: Meant) -> Option<Objection> {
    if is_plainly_harmless(text) {
        return None;
    }
    let compatible: String = text.nfkc().collect();
    [
        (text.contains('\u{fffd}'), Objection::BrokenBytes),
        (text.chars().any(is_hidden), Objection::Hidden),
        (compatible.chars().any(is_of_another_script), Objection::OtherScript),
        (is_tcvn3(text), Objection::OtherEncoding),
        (identity_number::is_in(&compatible), Objection::LongNumber),
        (holds_an_address(&compatible), Objection::EmailAddress),
        (holds_a_serial(&compatible), Objection::Certificate),
        (person_name::is_in(&compatible, meant), Objection::Person),
    ]
    .into_iter()
    .find_map(|(found, objection)| found.then_some(objection))
}

/// Codes and figures are most of what is published: one word of few digits holds nothing.
fn is_plainly_harmless(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let is_code = text.bytes().all(|b| b.is_ascii_graphic() && b != b'@');
    is_code && (digits < 5 || digits == text.len() && digits < 9) && text.len() < 24 && !is_mark(text)
}

/// The marks of a person that are one word.
fn is_mark(text: &str) -> bool {
    ["cccd", "cmnd"].iter().any(|mark| text.to_ascii_lowercase().contains(mark))
}

/// Control characters, marks that turn the direction of writing, and everything without a width.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{10ffff}')
}

/// After compatibility folding only Latin letters and the ten digits are left of what Vietnamese is written in.
fn is_of_another_script(c: char) -> bool {
    let is_latin = matches!(c, '\0'..='\u{24f}' | '\u{300}'..='\u{36f}' | '\u{1e00}'..='\u{1eff}');
    (c.is_alphabetic() && !is_latin && c != '\u{3bc}' && c != '\u{2126}') || (c.is_numeric() && !c.is_ascii())
}

/// Letters that TCVN3 puts where Vietnamese has none, next to a letter: `Hé «ng` is `Hộ ông`.
fn is_tcvn3(text: &str) -> bool {
    const STRANGE: &str = "¸¶¹¨¾¼½©®ªÆÇËÐÎÏÑÖØÜÞßåæçëîïñöøûüþä¬«";
    let letters: Vec<char> = text.chars().collect();
    letters.windows(2).any(|pair| {
        let (a, b) = (pair[0], pair[1]);
        (STRANGE.contains(a) && b.is_alphabetic()) || (STRANGE.contains(b) && a.is_alphabetic())
    })
}

fn holds_an_address(text: &str) -> bool {
    text.split_whitespace().any(|word| {
        word.split_once('@').is_some_and(|(before, after)| {
            before.ends_with(|c: char| c.is_alphanumeric())
                && after.starts_with(|c: char| c.is_alphanumeric())
                && after.contains('.')
        })
    })
}

/// Serials of certificates (`BM 123456`, `AA 00123456`, `CĐ 123456`) and their numbers in the register
/// (`CS 00123`, `CH01234`).
fn holds_a_serial(text: &str) -> bool {
    const REGISTERS: [&str; 5] = ["CS", "CH", "CT", "VP", "GCN"];
    let lower = text.to_lowercase();
    if ["vào sổ", "số phát hành", "số seri"].iter().any(|mark| lower.contains(mark)) {
        return true;
    }
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_uppercase() || c == 'Đ') {
        let standing_free = !rest[..start].ends_with(char::is_alphanumeric);
        let word = &rest[start..];
        let letters = word.find(|c: char| !(c.is_ascii_uppercase() || c == 'Đ')).unwrap_or(word.len());
        let (name, behind) = word.split_at(letters);
        let digits = number_behind(behind);
        let count = name.chars().count();
        if standing_free && ((count == 2 && [6, 8].contains(&digits)) || (REGISTERS.contains(&name) && digits == 5)) {
            return true;
        }
        rest = behind;
    }
    false
}

/// Digits of the number that follows at once, a mark or a space between; groups of three count together.
fn number_behind(text: &str) -> usize {
    let number = text.strip_prefix([' ', '.', '-', ':', '\u{a0}']).unwrap_or(text);
    let run = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let first = run(number);
    let behind = &number[first..];
    let second = behind.strip_prefix([' ', '.']).map_or(0, run);
    let (digits, end) = if first == 3 && second == 3 { (6, first + 4) } else { (first, first) };
    if number[end..].starts_with(|c: char| c.is_alphanumeric() || c == '/') { 0 } else { digits }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<Objection> {
        objection(&normalised(text), Meant::Any)
    }

    #[test]
    fn every_kind_of_private_text_is_seen() {
        for (text, expected) in [
            ("001099000001", Objection::LongNumber),
            ("００１０９９０００００１", Objection::LongNumber),
            ("0912.345.678", Objection::LongNumber),
            ("٠٩١٢٣٤٥٦٧٨", Objection::OtherScript),
            ("0912\u{200d}345\u{200d}678", Objection::Hidden),
            ("An\u{202e}Minh", Objection::Hidden),
            ("a\nb", Objection::Hidden),
            ("a\u{fffd}", Objection::BrokenBytes),
            ("Hộ \u{41e}ng", Objection::OtherScript),
            ("Hé «ng NguyÔn V¨n A", Objection::OtherEncoding),
            ("lien.he@example.vn", Objection::EmailAddress),
            ("BM 123456", Objection::Certificate),
            ("BM123456", Objection::Certificate),
            ("Thửa đã cấp BM 123 456", Objection::Certificate),
            ("AA 00123456", Objection::Certificate),
            ("CĐ 123456", Objection::Certificate),
            ("vào sổ CS00123", Objection::Certificate),
            ("CH 01234", Objection::Certificate),
            ("Hộ ông 0001", Objection::Person),
            ("Ho\u{323}\u{302} o\u{302}ng A", Objection::Person),
            ("Hộ ông A", Objection::Person),
            ("cccd", Objection::Person),
        ] {
            assert_eq!(found(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn texts_of_real_tables_pass() {
        for text in [
            "2021-2030",
            "Từ ngã ba đến số nhà 120",
            "00/2026/QĐ-UBND",
            "Quốc lộ 99",
            "QL.10",
            "ĐT.353",
            "ONT+CLN",
            "99001",
            "w7eyewkf28wu",
            "1000 đồng/m²",
            "Đường Lê Hồng Phong (đoạn từ ĐT 353 đến QL 10)",
            "VT3 cao hơn VT2 đúng như văn bản - không sửa",
            "Công ty TNHH Minh Họa",
            "Nghị quyết số 1669/NQ-UBTVQH15 ngày 16/6/2025",
            "01/TKKK",
            "Khu vực 1 - ven quốc lộ, trung tâm xã",
            "Đo vẽ 1/500, 1/1.000 năm 2015",
            "B05",
            "Bình Phước",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_and_hidden_letters_have_nobody_who_may_answer_for_them() {
        for objection in [Objection::LongNumber, Objection::EmailAddress, Objection::Hidden, Objection::OtherScript] {
            assert!(!objection.may_be_accepted(), "{objection:?}");
        }
        assert!(Objection::Person.may_be_accepted());
    }
}
