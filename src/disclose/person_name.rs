//! Persons in texts: "hộ ông …", "nhà bà …", "Ông" with a name. Roads and places are named after persons too,
//! and those must pass: đường Bà Triệu, cầu Ông Lớn, chợ Bà Chiểu.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::model::text::fold;

/// What a text is meant to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meant {
    Any,
    /// The name of a road, a water, a place: `Bà Triệu` alone is one.
    Place,
}

/// Words that speak of a person wherever they stand.
const MARKS: [&str; 16] = [
    "hộ ông",
    "hộ bà",
    "ông bà",
    "bà ông",
    "vợ chồng",
    "chủ hộ",
    "chủ sử dụng",
    "chủ sở hữu",
    "căn cước",
    "chứng minh nhân dân",
    "chứng minh thư",
    "số định danh",
    "gia đình ông",
    "gia đình bà",
    "cccd",
    "cmnd",
];

/// Without marks `ho ba` may be a lake and `ba` a number: fewer of the words are sure.
const MARKS_UNACCENTED: [&str; 9] =
    ["ho ong", "ong ba", "chu ho", "chu su dung", "can cuoc", "chung minh nhan dan", "gia dinh ong", "cccd", "cmnd"];

/// What belongs to the person named behind it: `nhà ông A`.
const OWNED: [&str; 9] = ["hộ", "nhà", "đất", "vườn", "thửa", "của", "quán", "tiệm", "cổng"];

const OLDER: [&str; 2] = ["ông", "bà"];
const OTHERS: [&str; 8] = ["anh", "chị", "cụ", "chú", "cô", "bác", "dì", "thím"];

/// What places are called: a title behind one of these is part of a place's name.
const PLACES: &[&str] = &[
    "đường",
    "phố",
    "phường",
    "xã",
    "trường",
    "chùa",
    "cầu",
    "chợ",
    "kênh",
    "rạch",
    "sông",
    "hồ",
    "đình",
    "đền",
    "miếu",
    "lăng",
    "bến",
    "ấp",
    "thôn",
    "xóm",
    "làng",
    "bản",
    "khu",
    "núi",
    "đảo",
    "lao",
    "hẻm",
    "ngõ",
    "ngách",
    "kiệt",
    "đồn",
    "vàm",
    "mương",
    "cống",
    "hòn",
    "mũi",
    "bãi",
    "suối",
    "giếng",
    "dốc",
    "đèo",
    "phà",
    "đầm",
    "ao",
    "bàu",
    "gò",
    "giồng",
    "cồn",
    "thờ",
    "cung",
    "phủ",
    "tượng",
    "am",
    "dinh",
    "quận",
    "huyện",
    "trấn",
    "tỉnh",
    "bưng",
    "xẻo",
    "lung",
    "láng",
    "vịnh",
    "đập",
    "đồng",
    "bia",
    "trang",
    "viên",
    "lộ",
    "tuyến",
    "đê",
    "khe",
    "động",
    "hang",
    "đồi",
    "tháp",
    "điện",
    "khóm",
    "tổ",
    "buôn",
    "sóc",
    "hai",
    "biển",
    "thành",
];

/// Places whose name is all that stands: never the name of an owner.
const NAMED: &[&str] = &[
    "bà triệu",
    "bà trưng",
    "bà huyện",
    "ông ích",
    "bà rịa",
    "bà nà",
    "bà đen",
    "bà chiểu",
    "bà điểm",
    "bà hom",
    "bà quẹo",
    "ông lãnh",
    "bà hạt",
    "bà ký",
    "bà lài",
    "bà rén",
    "ông đốc",
    "ông tạ",
    "bà chúa",
    "bà đanh",
    "ông kèo",
    "ông lớn",
];

/// Capital letters begin these at the start of a text, and no name of a place goes on behind them.
const LEADS: [&str; 22] = [
    "từ", "đến", "hộ", "nhà", "của", "đất", "chủ", "do", "và", "cho", "tại", "gần", "giáp", "cạnh", "sau", "trước",
    "diện", "qua", "với", "vợ", "chồng", "con",
];

const SURNAMES: [&str; 24] = [
    "nguyễn", "trần", "lê", "phạm", "hoàng", "huỳnh", "phan", "vũ", "võ", "đặng", "bùi", "đỗ", "hồ", "ngô", "dương",
    "lý", "đinh", "trương", "đoàn", "lâm", "mai", "cao", "trịnh", "tạ",
];

/// The lists above, as written and without marks.
struct Lexicon {
    marks: Vec<Vec<String>>,
    owned: BTreeSet<String>,
    older: BTreeSet<String>,
    others: BTreeSet<String>,
    places: BTreeSet<String>,
    named: BTreeSet<String>,
    leads: BTreeSet<String>,
    surnames: BTreeSet<String>,
}

impl Lexicon {
    fn new(marks: &[&str], older: &[&str], written: fn(&str) -> String) -> Self {
        let set = |words: &[&str]| words.iter().map(|word| written(word)).collect();
        let phrase = |words: &&str| words.split(' ').map(str::to_owned).collect();
        Lexicon {
            marks: marks.iter().map(phrase).collect(),
            owned: set(&OWNED),
            older: set(older),
            others: set(&OTHERS),
            places: set(PLACES),
            named: set(NAMED),
            leads: set(&LEADS),
            surnames: set(&SURNAMES),
        }
    }
}

static ACCENTED: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::new(&MARKS, &OLDER, str::to_owned));
static UNACCENTED: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::new(&MARKS_UNACCENTED, &["ong"], fold));

struct Word {
    lower: String,
    capital: bool,
    /// Punctuation stands between it and the word before.
    apart: bool,
}

/// Whether `text` (NFC) names a person or speaks of one.
pub fn is_in(text: &str, meant: Meant) -> bool {
    let lexicon: &Lexicon = if text.is_ascii() { &UNACCENTED } else { &ACCENTED };
    let words = words(text);
    let shouted = !text.chars().any(char::is_lowercase);
    let phrase = |i: usize, mark: &Vec<String>| {
        words.len() >= i + mark.len() && mark.iter().zip(&words[i..]).all(|(mark, word)| *mark == word.lower)
    };
    (0..words.len()).any(|i| {
        lexicon.marks.iter().any(|mark| phrase(i, mark))
            || is_owned(lexicon, &words, i)
            || is_titled(lexicon, &words, i, shouted, meant)
            || is_called(lexicon, &words, i)
    })
}

fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = vec![];
    let mut apart = true;
    let mut inside = false;
    for c in text.chars() {
        if !c.is_alphanumeric() {
            apart |= inside_break(c);
            inside = false;
            continue;
        }
        if !inside {
            words.push(Word { lower: String::new(), capital: c.is_uppercase() || c.is_numeric(), apart });
            (apart, inside) = (false, true);
        }
        if let Some(word) = words.last_mut() {
            word.lower.extend(c.to_lowercase());
        }
    }
    words
}

/// A dot ends a sentence or shortens a word; a space alone does neither.
fn inside_break(c: char) -> bool {
    !c.is_whitespace()
}

/// `nhà ông A`, `quán chị B`; `của bà con` is nobody.
fn is_owned(lexicon: &Lexicon, words: &[Word], i: usize) -> bool {
    let [owned, title, rest @ ..] = &words[i..] else { return false };
    let is_title = lexicon.older.contains(&title.lower) || (lexicon.others.contains(&title.lower) && named(rest));
    let sure = ["hộ", "nhà", "ho", "nha"].contains(&owned.lower.as_str());
    let place = rest.first().is_some_and(|next| lexicon.named.contains(&format!("{} {}", title.lower, next.lower)));
    let people = rest.first().is_some_and(|next| next.lower == "con");
    lexicon.owned.contains(&owned.lower) && is_title && !title.apart && !people && (sure || (named(rest) && !place))
}

/// Whether a name follows without a break.
fn named(rest: &[Word]) -> bool {
    rest.first().is_some_and(|next| next.capital && !next.apart)
}

/// `Ông` or `Bà` with a name that is not the name of a place.
fn is_titled(lexicon: &Lexicon, words: &[Word], i: usize, shouted: bool, meant: Meant) -> bool {
    let (title, rest) = (&words[i], &words[i + 1..]);
    if !lexicon.older.contains(&title.lower) || !named(rest) {
        return false;
    }
    let surname = lexicon.surnames.contains(&rest[0].lower);
    if lexicon.named.contains(&format!("{} {}", title.lower, rest[0].lower)) {
        return false;
    }
    if meant == Meant::Place && i == 0 && words.len() <= 3 && !surname && rest[0].lower.parse::<u32>().is_err() {
        return false;
    }
    let Some(before) = words[..i].last().filter(|_| !title.apart) else { return true };
    let crossing = i >= 2 && ["ngã", "nga"].contains(&words[i - 2].lower.as_str());
    if crossing || lexicon.places.contains(&before.lower) {
        return false;
    }
    let part_of_a_name = before.capital && !shouted && !lexicon.leads.contains(&before.lower) && !surname;
    !part_of_a_name
}

/// `anh Nguyễn Văn A`: the other titles are common words, so a surname and a second name must follow.
fn is_called(lexicon: &Lexicon, words: &[Word], i: usize) -> bool {
    let (title, rest) = (&words[i], &words[i + 1..]);
    let before = words[..i].last().filter(|_| !title.apart);
    let place = before.is_some_and(|before| lexicon.places.contains(&before.lower));
    lexicon.others.contains(&title.lower)
        && !place
        && rest.len() >= 2
        && lexicon.surnames.contains(&rest[0].lower)
        && rest[..2].iter().all(|word| word.capital && !word.apart)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn persons_are_seen() {
        for text in [
            "Hộ ông 0001",
            "HỘ ÔNG NGUYỄN VĂN A",
            "Từ nhà ông A đến ngã ba",
            "Từ nhà bà Triệu đến cầu",
            "Giáp đất ông Bảy",
            "Ông Nguyễn Văn A",
            "ông A",
            "Ông 0001",
            "CHỦ SỬ DỤNG 0001",
            "Gia đình ông Tư",
            "Hộ Gia Đình Ông Nguyễn Văn A",
            "Nguyễn Văn A, Bà Trần Thị B",
            "anh Nguyễn Văn A",
            "quán chị Hoa",
            "từ quán Bà Năm đến cầu",
            "đến Bà Trần Thị B",
            "ho ong Nguyen Van A",
            "Tu nha ong Tu den cau",
            "số CCCD",
        ] {
            assert!(is_in(text, Meant::Any), "{text}");
        }
    }

    #[test]
    fn roads_and_places_named_after_persons_pass() {
        for text in [
            "đường Nguyễn Trãi",
            "Phường Hồng Bàng",
            "trường Bà Triệu",
            "chùa Bà",
            "đường Bà Huyện Thanh Quan",
            "cầu Ông Lớn",
            "Cầu Ông Lớn đến chợ Bà Chiểu",
            "kênh Ông Kèo",
            "Hai Bà Trưng",
            "Quận Hai Bà Trưng",
            "Bà Triệu",
            "Ông Ích Khiêm",
            "Từ Ông Ích Khiêm đến Bà Triệu",
            "Núi Bà Đen",
            "Tỉnh Bà Rịa - Vũng Tàu",
            "Hồ Ông Thoại",
            "ngã ba Ông Tạ",
            "Ngã tư Bà Hom",
            "Rạch Ông Đội",
            "Miếu Bà Chúa Xứ",
            "Huyện Đông Anh",
            "Anh hùng lực lượng vũ trang",
            "Cô Tô",
            "Chị Lăng",
            "đất của bà con nhân dân",
            "Nhà văn hóa thôn 3",
            "Ba Dinh, Ho Ba Be",
            "Duong Ong Ich Khiem",
            "ĐƯỜNG BÀ TRIỆU",
            "Nguyễn Thị Minh Khai",
            "Từ nhà văn hóa đến nhà máy nước",
        ] {
            assert!(!is_in(text, Meant::Any), "{text}");
        }
    }

    #[test]
    fn a_title_alone_names_a_place_only_where_places_are_named() {
        assert!(!is_in("Bà Bướm", Meant::Place));
        assert!(is_in("Bà Bướm", Meant::Any));
        assert!(is_in("Ông Nguyễn Văn A", Meant::Place));
        assert!(is_in("Ông Nguyễn", Meant::Place));
        assert!(is_in("Nhà ông Bảy", Meant::Place));
    }
}
