//! Bytes of old exports → text, in the encoding that the file or the dataset names.

use unicode_normalization::UnicodeNormalization;

use super::tcvn3;
use crate::config::dataset::Encoding;

/// Where Windows-1258 differs from Latin-1 above 9F: letters of Vietnamese, and tones that combine with the
/// letter before them.
const VIETNAMESE_1258: [(u8, char); 14] = [
    (0xc3, 'Ă'),
    (0xcc, '\u{300}'),
    (0xd0, 'Đ'),
    (0xd2, '\u{309}'),
    (0xd5, 'Ơ'),
    (0xdd, 'Ư'),
    (0xde, '\u{303}'),
    (0xe3, 'ă'),
    (0xec, '\u{301}'),
    (0xf0, 'đ'),
    (0xf2, '\u{323}'),
    (0xf5, 'ơ'),
    (0xfd, 'ư'),
    (0xfe, '₫'),
];

/// Bytes 80 to 9F of Windows-1258; `\0` where it has none.
const PUNCTUATION_1258: [char; 32] = [
    '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', '\0', '‹', 'Œ', '\0', '\0', '\0', '\0', '‘', '’', '“', '”', '•',
    '–', '—', '˜', '™', '\0', '›', 'œ', '\0', '\0', 'Ÿ',
];

/// Decodes `bytes` into composed text (NFC), or says in words why they are no text of that encoding.
pub fn decode(bytes: &[u8], encoding: Encoding) -> Result<String, String> {
    match encoding {
        Encoding::Utf8 => std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| "is not UTF-8".to_owned()),
        Encoding::Tcvn3 => tcvn3::decode(bytes).map_err(|byte| format!("holds byte {byte:02X}, no letter of TCVN3")),
        Encoding::Windows1258 => windows_1258(bytes),
    }
}

fn windows_1258(bytes: &[u8]) -> Result<String, String> {
    let letter = |byte: &u8| match byte {
        0x80..0xa0 => match PUNCTUATION_1258[usize::from(byte - 0x80)] {
            '\0' => Err(format!("holds byte {byte:02X}, no letter of Windows-1258")),
            sign => Ok(sign),
        },
        _ => Ok(VIETNAMESE_1258.iter().find(|pair| pair.0 == *byte).map_or(char::from(*byte), |pair| pair.1)),
    };
    Ok(bytes.iter().map(letter).collect::<Result<String, String>>()?.nfc().collect())
}

/// The encoding that a `.cpg` file names; `None` for those that hold no Vietnamese and are written by programs
/// that know no better.
pub fn named(cpg: &str) -> Option<Encoding> {
    let name: String = cpg.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    match name.as_str() {
        "utf8" | "65001" => Some(Encoding::Utf8),
        "1258" | "ansi1258" | "cp1258" | "windows1258" => Some(Encoding::Windows1258),
        "tcvn3" | "tcvn" | "tcvn57121" | "tcvn5712" | "abc" => Some(Encoding::Tcvn3),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_1258_comes_out_composed() {
        // "Thửa đất số 1: Ơ Ư Ă ₫" as the code page writes it.
        let bytes = b"Th\xfd\xd2a \xf0\xe2\xect s\xf4\xec 1: \xd5 \xdd \xc3 \xfe";
        assert_eq!(decode(bytes, Encoding::Windows1258).unwrap(), "Thửa đất số 1: Ơ Ư Ă ₫");
        assert!(decode(b"\x81", Encoding::Windows1258).unwrap_err().contains("byte 81"));
    }

    #[test]
    fn every_toned_letter_of_windows_1258_is_composed() {
        for (vowel, letters) in
            [(b"a", "àảãáạ"), (b"\xe2", "ầẩẫấậ"), (b"\xe3", "ằẳẵắặ"), (b"\xf5", "ờởỡớợ"), (b"\xdd", "ỪỬỮỨỰ")]
        {
            let bytes: Vec<u8> = [0xcc, 0xd2, 0xde, 0xec, 0xf2].iter().flat_map(|tone| [vowel[0], *tone]).collect();
            assert_eq!(decode(&bytes, Encoding::Windows1258).unwrap(), letters);
        }
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_refused() {
        assert_eq!(decode("đất".as_bytes(), Encoding::Utf8).unwrap(), "đất");
        assert_eq!(decode(b"\xc3", Encoding::Utf8).unwrap_err(), "is not UTF-8");
    }

    #[test]
    fn the_names_programs_write_are_known() {
        assert_eq!(named("UTF-8\r\n"), Some(Encoding::Utf8));
        assert_eq!(named("ANSI 1258"), Some(Encoding::Windows1258));
        assert_eq!(named("TCVN5712-1"), Some(Encoding::Tcvn3));
        assert_eq!(named("ISO-8859-1"), None);
    }
}
