//! TCVN3 (TCVN 5712:1993, "ABC"): the bytes of the `.VnTime` fonts → composed Unicode (NFC).
//!
//! The set has small letters with tones, but of the capitals mostly those without; texts in capitals were set
//! in a second font (`.VnTimeH`) that draws the same bytes large. A table keeps no fonts, so capitals are
//! decoded from their neighbours: where no letter without a tone is small and a capital stands inside a word
//! (`HÀ NỘI` is stored as `Hà NộI`), the letters with tones are capitals too. `Bà Rịa` stays as it is.

use unicode_normalization::UnicodeNormalization;

/// The letters of bytes A0 to FF. The standard's rarely used toned capitals stand where fonts leave gaps; B0
/// to B4 are tones that combine with the letter before.
const LETTERS: [char; 96] = [
    '\u{a0}', 'Ă', 'Â', 'Ê', 'Ô', 'Ơ', 'Ư', 'Đ', 'ă', 'â', 'ê', 'ô', 'ơ', 'ư', 'đ', 'Ằ', // A0
    '\u{300}', '\u{309}', '\u{303}', '\u{301}', '\u{323}', 'à', 'ả', 'ã', 'á', 'ạ', 'Ẳ', 'ằ', 'ẳ', 'ẵ', 'ắ',
    'Ẵ', // B0
    'Ắ', 'Ầ', 'Ẩ', 'Ẫ', 'Ấ', 'Ề', 'ặ', 'ầ', 'ẩ', 'ẫ', 'ấ', 'ậ', 'è', 'Ể', 'ẻ', 'ẽ', // C0
    'é', 'ẹ', 'ề', 'ể', 'ễ', 'ế', 'ệ', 'ì', 'ỉ', 'Ễ', 'Ế', 'Ồ', 'ĩ', 'í', 'ị', 'ò', // D0
    'Ổ', 'ỏ', 'õ', 'ó', 'ọ', 'ồ', 'ổ', 'ỗ', 'ố', 'ộ', 'ờ', 'ở', 'ỡ', 'ớ', 'ợ', 'ù', // E0
    'Ỗ', 'ủ', 'ũ', 'ú', 'ụ', 'ừ', 'ử', 'ữ', 'ứ', 'ự', 'ỳ', 'ỷ', 'ỹ', 'ý', 'ỵ', 'Ố', // F0
];

/// Letters of both cases that the set holds without a tone.
const WITHOUT_TONE: &str = "ăâêôơưđĂÂÊÔƠƯĐ";

/// Decodes a text; the error is the byte that is no letter. 80 to 9F are refused: the standard has capitals
/// there, the fonts punctuation, and nothing in the text tells which was meant.
pub fn decode(bytes: &[u8]) -> Result<String, u8> {
    let letters = bytes.iter().map(|byte| match byte {
        0..0x80 => Ok(char::from(*byte)),
        0x80..0xa0 => Err(*byte),
        _ => Ok(LETTERS[usize::from(byte - 0xa0)]),
    });
    let text: String = letters.collect::<Result<String, u8>>()?.nfc().collect();
    Ok(if is_in_capitals(&text) { text.to_uppercase() } else { text })
}

fn is_in_capitals(text: &str) -> bool {
    let mut inside_a_word = false;
    let mut capital_inside = false;
    for letter in text.chars() {
        let has_no_tone = letter.is_ascii_alphabetic() || WITHOUT_TONE.contains(letter);
        if has_no_tone && letter.is_lowercase() {
            return false;
        }
        capital_inside |= has_no_tone && inside_a_word;
        inside_a_word = letter.is_alphabetic();
    }
    capital_inside
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(text: &str) -> Vec<u8> {
        let byte = |c: char| match u8::try_from(c).ok().filter(u8::is_ascii) {
            Some(ascii) => ascii,
            None => 0xa0 + LETTERS.iter().position(|letter| *letter == c).unwrap() as u8,
        };
        text.chars().map(byte).collect()
    }

    #[test]
    fn every_small_letter_of_the_alphabet_is_decoded() {
        // Typed from the standard's table, byte by byte, and not from the table above.
        let pages: [(&[u8], &str); 6] = [
            (&[0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae], "ăâêôơưđ"),
            (
                &[0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xbb, 0xbc, 0xbd, 0xbe, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xcb],
                "àảãáạằẳẵắặầẩẫấậ",
            ),
            (&[0xcc, 0xce, 0xcf, 0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6], "èẻẽéẹềểễếệ"),
            (&[0xd7, 0xd8, 0xdc, 0xdd, 0xde], "ìỉĩíị"),
            (
                &[0xdf, 0xe1, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xeb, 0xec, 0xed, 0xee],
                "òỏõóọồổỗốộờởỡớợ",
            ),
            (
                &[0xef, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe],
                "ùủũúụừửữứựỳỷỹýỵ",
            ),
        ];
        for (bytes, letters) in pages {
            assert_eq!(decode(bytes).unwrap(), letters);
        }
        assert_eq!(decode(&[0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7]).unwrap(), "ĂÂÊÔƠƯĐ");
    }

    #[test]
    fn every_letter_is_decoded_as_a_capital_among_capitals() {
        let toned = "àảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ";
        for small in toned.chars() {
            let capital: String = small.to_uppercase().collect();
            assert_eq!(decode(&encode(&format!("NG{small}N"))).unwrap(), format!("NG{capital}N"));
            assert_eq!(decode(&encode(&format!("ng{small}n"))).unwrap(), format!("ng{small}n"));
        }
    }

    #[test]
    fn names_keep_their_small_letters() {
        for text in ["Bà Rịa", "thửa đất số 12", "Đường Lý Thường Kiệt", "à", "Tổ 5", "HTX Dịch vụ"]
        {
            assert_eq!(decode(&encode(text)).unwrap(), text);
        }
    }

    #[test]
    fn a_text_in_capitals_is_one() {
        for (stored, meant) in [("THửA ĐấT", "THỬA ĐẤT"), ("Hà NộI", "HÀ NỘI"), ("ủY BAN", "ỦY BAN")]
        {
            assert_eq!(decode(&encode(stored)).unwrap(), meant);
        }
    }

    #[test]
    fn tones_that_stand_alone_are_composed() {
        assert_eq!(decode(&[b'a', 0xb3, b' ', 0xa9, 0xb4]).unwrap(), "á ậ");
    }

    #[test]
    fn punctuation_of_another_set_is_named_and_not_guessed() {
        assert_eq!(decode(b"\x93x\x94"), Err(0x93));
    }
}
