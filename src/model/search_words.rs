//! Names as people look for them: abbreviations written out, without marks, word by word. The theme's
//! `scripts/search/words.js` does the same; both are held to `search-words.json`.

use std::iter::once;

use unicode_normalization::UnicodeNormalization;

use super::text::fold;

/// Whole words, and words with a number behind them: `QL5` is `Quốc lộ 5`.
const SHORT: [(&str, &str); 16] = [
    ("ql", "quoc lo"),
    ("tl", "tinh lo"),
    ("đt", "tinh lo"),
    ("dt", "tinh lo"),
    ("hl", "huong lo"),
    ("đl", "dai lo"),
    ("tp", "thanh pho"),
    ("tt", "thi tran"),
    ("tx", "thi xa"),
    ("đk", "dac khu"),
    ("kp", "khu pho"),
    ("tdp", "to dan pho"),
    ("kdc", "khu dan cu"),
    ("kđt", "khu do thi"),
    ("kcn", "khu cong nghiep"),
    ("ccn", "cum cong nghiep"),
];
/// One letter is short for a word before a full stop or a word: `P. An Hải`, `x An Minh`; `Đường D5` stays.
const LETTERS: [(&str, &str); 5] = [("p", "phuong"), ("x", "xa"), ("q", "quan"), ("h", "huyen"), ("đ", "duong")];

/// `TP. Hải An, QL 5A` → `thanh pho hai an quoc lo 5a`, as words.
pub fn search_words(text: &str) -> Vec<String> {
    let lower = text.nfc().collect::<String>().to_lowercase();
    let runs = runs(&lower);
    let mut words: Vec<String> = vec![];
    for (i, (run, dotted)) in runs.iter().enumerate() {
        let before_a_word = runs.get(i + 1).is_some_and(|(next, _)| !next.starts_with(|c: char| c.is_ascii_digit()));
        let written_out = written_out(run, *dotted || before_a_word);
        words.extend(fold(&written_out).split(' ').filter(|word| !word.is_empty()).map(str::to_owned));
    }
    one_name_for_provincial_roads(words)
}

/// What tells names apart: without the words that half of all names have, unless there is no other.
pub fn telling(words: &[String]) -> Vec<&str> {
    const COMMON: [&str; 12] = ["duong", "pho", "xa", "phuong", "thon", "ap", "to", "quoc", "lo", "tinh", "so", "khu"];
    let telling: Vec<&str> = words.iter().map(String::as_str).filter(|word| !COMMON.contains(word)).collect();
    if telling.is_empty() { words.iter().map(String::as_str).collect() } else { telling }
}

/// Letters and digits that stand together, and whether a full stop follows.
fn runs(lower: &str) -> Vec<(String, bool)> {
    let mut runs: Vec<(String, bool)> = vec![];
    let mut open = false;
    for c in lower.chars() {
        match runs.last_mut().filter(|_| open) {
            Some((run, _)) if c.is_alphanumeric() => run.push(c),
            Some((_, dotted)) => (*dotted, open) = (c == '.', false),
            None if c.is_alphanumeric() => {
                runs.push((c.into(), false));
                open = true;
            }
            None => {}
        }
    }
    runs
}

fn written_out(run: &str, may_be_a_letter: bool) -> String {
    let digits = run.find(|c: char| c.is_ascii_digit()).unwrap_or(run.len());
    let (letters, number) = run.split_at(digits);
    let glued_unit = matches!(letters, "p" | "q") && !number.is_empty();
    let letter = || long_of(&LETTERS, letters).filter(|_| glued_unit || (number.is_empty() && may_be_a_letter));
    let long = long_of(&SHORT, letters).or_else(letter);
    long.map_or_else(|| run.to_owned(), |long| format!("{long} {number}"))
}

fn long_of(list: &[(&str, &'static str)], letters: &str) -> Option<&'static str> {
    list.iter().find(|(short, _)| *short == letters).map(|(_, long)| *long)
}

/// `Đường tỉnh 391`, `ĐT 391`, `TL 391` and `Tỉnh lộ 391` are one road.
fn one_name_for_provincial_roads(words: Vec<String>) -> Vec<String> {
    let pair = words.windows(2).position(|pair| pair == ["duong", "tinh"]);
    let Some(at) =
        pair.filter(|at| words.get(at + 2).is_some_and(|next| next.starts_with(|c: char| c.is_ascii_digit())))
    else {
        return words;
    };
    let (before, after) = (words[..at].to_vec(), words[at + 2..].to_vec());
    before.into_iter().chain(once("tinh".into())).chain(once("lo".into())).chain(after).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_theme_s_search() {
        let shared = include_str!("../../themes/default/scripts/search/search-words.json");
        let pairs: std::collections::BTreeMap<String, String> = serde_json::from_str(shared).unwrap();
        assert!(pairs.len() > 20);
        for (text, words) in pairs {
            assert_eq!(search_words(&text).join(" "), words, "{text}");
        }
    }

    #[test]
    fn common_words_tell_nothing_unless_they_are_all_there_is() {
        assert_eq!(telling(&search_words("Đường Lê Lợi")), ["le", "loi"]);
        assert_eq!(telling(&search_words("QL 5")), ["5"]);
        assert_eq!(telling(&search_words("Thôn")), ["thon"]);
    }
}
