//! What of an address may be published: hamlet, street and commune. House, alley, plot and flat lead to a
//! person (Law 91/2025/QH15) and are left out, as is everything that is not known to be coarse.

use crate::model::text::fold;

/// Words that open a part that is coarse, folded.
const COARSE: [&str; 26] = [
    "thon",
    "to dan pho",
    "to",
    "xom",
    "ap",
    "ban",
    "lang",
    "buon",
    "khom",
    "khu pho",
    "khu dan cu",
    "khu do thi",
    "khu",
    "duong",
    "pho",
    "dai lo",
    "quoc lo",
    "tinh lo",
    "huyen lo",
    "xa",
    "phuong",
    "thi tran",
    "dac khu",
    "thanh pho",
    "huyen",
    "tinh",
];

/// Words from which on a part is too fine, folded.
const FINE: [&str; 17] = [
    "so", "sn", "nha", "ngo", "ngach", "hem", "kiet", "lo", "can", "tang", "phong", "block", "toa", "ong", "anh",
    "chi", "cu",
];

/// The coarse parts of an address in their order; `None` when nothing is left.
pub fn coarse_address(address: &str) -> Option<String> {
    let parts = address.split([',', ';']).flat_map(|part| part.split(" - "));
    let kept: Vec<String> = parts.filter_map(|part| coarse_part(part.trim())).collect();
    (!kept.is_empty()).then(|| kept.join(", "))
}

/// From the first coarse word, which only a house number may precede, to the first word that is too fine.
fn coarse_part(part: &str) -> Option<String> {
    let words: Vec<&str> = part.split_whitespace().collect();
    let folded: Vec<String> = words.iter().map(|word| fold(word)).collect();
    let start = (0..words.len()).find(|i| opening(&folded[*i..]) > 0)?;
    let number_before = folded[..start].iter().all(|word| is_number(word) || FINE.contains(&word.as_str()));
    if !number_before {
        return None;
    }
    let name = start + opening(&folded[start..]);
    let end = (name..words.len()).find(|i| is_fine(&words, &folded, *i, name)).unwrap_or(words.len());
    (end > name).then(|| words[start..end].join(" "))
}

/// How many words the longest coarse opening has.
fn opening(folded: &[String]) -> usize {
    let opens = |mark: &&&str| mark.split(' ').zip(folded).filter(|(a, b)| a == b).count() == mark.split(' ').count();
    COARSE.iter().filter(opens).map(|mark| mark.split(' ').count()).max().unwrap_or(0)
}

/// A house number's word, or a number that is not the name itself (`đường 3/2`, `thôn 5`, `đường số 5`).
/// What is as long as an identity number stays, so that the scan stops the run.
fn is_fine(words: &[&str], folded: &[String], i: usize, name: usize) -> bool {
    let digits = words[i].chars().filter(|c| c.is_numeric()).count();
    let named_by_number = i == name || folded[i - 1] == "thang" || (i == name + 1 && folded[name] == "so");
    if is_number(&folded[i]) {
        return !named_by_number && digits < 6;
    }
    // 'Đường số 5': the word of the number is part of the name. 'Lò Đúc' folds like 'lô'.
    let numbered = folded.get(i + 1).is_some_and(|next| is_number(next));
    let lower = words[i].to_lowercase();
    match lower.as_str() {
        "số" if i == name => !numbered,
        "ông" | "bà" | "anh" | "chị" | "cụ" | "nhà" | "căn" | "tầng" | "tòa" | "toà" => i > name,
        _ => i > name && FINE.contains(&folded[i].as_str()) && numbered,
    }
}

/// Digits, with a letter or a slash at most: `12`, `12a`, `5/12`.
fn is_number(folded: &str) -> bool {
    let letters = folded.chars().filter(|c| c.is_alphabetic()).count();
    folded.starts_with(|c: char| c.is_numeric()) && letters <= 1
}

#[cfg(test)]
mod tests {
    use super::coarse_address;

    #[test]
    fn what_is_left_is_hamlet_street_and_commune() {
        for (written, coarse) in [
            ("Số nhà 12, đường Bến Lụa, Tổ dân phố 3", "đường Bến Lụa, Tổ dân phố 3"),
            ("Thôn 3, Xã An Minh", "Thôn 3, Xã An Minh"),
            ("Số 5 đường Bến Lụa, Phường Bến Lụa", "đường Bến Lụa, Phường Bến Lụa"),
            ("5/12 đường Bến Lụa", "đường Bến Lụa"),
            ("Ngõ 5, ngách 12, phố Hàng Cau", "phố Hàng Cau"),
            ("12 ngõ 5 phố Hàng Cau", "phố Hàng Cau"),
            ("Hẻm 7, khu phố 2", "khu phố 2"),
            ("Lô 12, khu đô thị Hoa Gạo", "khu đô thị Hoa Gạo"),
            ("Căn hộ 1203, tầng 12, đường 3/2", "đường 3/2"),
            ("đường Bến Lụa số 12", "đường Bến Lụa"),
            ("đường Bến Lụa 12", "đường Bến Lụa"),
            ("đường số 5, phường Bến Lụa", "đường số 5, phường Bến Lụa"),
            ("đường 30 tháng 4", "đường 30 tháng 4"),
            ("Quốc lộ 99", "Quốc lộ 99"),
            ("thôn 3 nhà ông Bảy", "thôn 3"),
            ("phố Lò Đúc", "phố Lò Đúc"),
            ("Thôn 1 001099000001", "Thôn 1 001099000001"),
            ("Tổ 5 - thôn Hạ - xã An Minh", "Tổ 5, thôn Hạ, xã An Minh"),
        ] {
            assert_eq!(coarse_address(written).as_deref(), Some(coarse), "{written}");
        }
        for written in ["12 ngõ 5", "Kiệt 12", "Ông Bảy, nhà màu xanh", "A, B", "đường"] {
            assert_eq!(coarse_address(written), None, "{written}");
        }
    }
}
