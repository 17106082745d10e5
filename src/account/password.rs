//! Which passwords are taken: long ones that are not common (OWASP ASVS 5, 6.2), or the province's rule.

use std::sync::LazyLock;

use super::refused::{Refused, Result};
use crate::config::account::PasswordConfig;
use crate::model::text::fold;

/// Longer ones are not typed by people, and cost time.
const MAX_CHARS: usize = 128;

/// Words that common passwords are made of, one a line.
static COMMON: LazyLock<Vec<&str>> = LazyLock::new(|| include_str!("common_passwords.txt").lines().collect());

/// Takes a new password, or says why not. `own` are words that others know of the person: name, unit.
pub fn check(password: &str, own: &[&str], config: &PasswordConfig) -> Result<()> {
    let chars = password.chars().count();
    if chars < config.min_length {
        return Err(Refused::Invalid("password_short"));
    }
    if chars > MAX_CHARS {
        return Err(Refused::Invalid("password_long"));
    }
    if config.classes && !has_classes(password) {
        return Err(Refused::Invalid("password_classes"));
    }
    if is_common(password, own) { Err(Refused::Invalid("password_common")) } else { Ok(()) }
}

/// S1 Đ6.2c: upper case, lower case, digit, special character.
fn has_classes(password: &str) -> bool {
    let has = |is: fn(&char) -> bool| password.chars().any(|c| is(&c));
    has(|c| c.is_uppercase()) && has(|c| c.is_lowercase()) && has(char::is_ascii_digit) && has(|c| !c.is_alphanumeric())
}

/// Nothing is left but words that everybody tries: common ones, those of the person, runs and repetitions.
fn is_common(password: &str, own: &[&str]) -> bool {
    let plain: String =
        fold(&password.chars().map(letter_of).collect::<String>()).chars().filter(|c| c.is_alphanumeric()).collect();
    let own: Vec<String> =
        own.iter().map(|word| fold(word).chars().filter(|c| c.is_alphanumeric()).collect()).collect();
    let known = COMMON.iter().copied().chain(own.iter().map(String::as_str)).filter(|word| word.len() > 2);
    let mut left = plain.clone();
    let mut known: Vec<&str> = known.collect();
    known.sort_by_key(|word| std::cmp::Reverse(word.len()));
    for word in known {
        left = left.replace(word, "\u{1}");
    }
    let mut parts: Vec<&str> = left.split('\u{1}').collect();
    parts.retain(|part| !part.is_empty());
    let new: usize = parts.iter().map(|part| steps(part)).sum();
    new < 6
}

/// Letters that stand for others in passwords.
fn letter_of(c: char) -> char {
    match c {
        '@' => 'a',
        '$' => 's',
        '!' => 'i',
        c => c,
    }
}

/// How many characters do not follow from the one before: `aaaa`, `1234`, `zyx` and dates count little.
fn steps(text: &str) -> usize {
    let chars: Vec<char> = text.chars().collect();
    let follows = |pair: &[char]| (pair[0] as i64 - pair[1] as i64).abs() <= 1;
    let (runs, digits) =
        (chars.windows(2).filter(|pair| follows(pair)).count(), text.chars().all(|c| c.is_ascii_digit()));
    let counted = chars.len() - runs;
    if digits && chars.len() <= 8 { counted / 2 } else { counted }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(password: &str) -> Result<()> {
        check(password, &["canbo01", "UBND xã An Minh"], &PasswordConfig::default())
    }

    #[test]
    fn length_counts_and_what_everybody_tries_does_not() {
        for good in ["sương sớm trên ruộng", "7Vịt qua cầu", "correct horse battery", "xK9 mpQ2 vvT4"] {
            assert_eq!(taken(good), Ok(()), "{good}");
        }
        for (bad, why) in [
            ("ngắn quá", "password_short"),
            ("matkhau123456", "password_common"),
            ("Password2026!", "password_common"),
            ("P@$$word2026!!", "password_common"),
            ("canbo01canbo01", "password_common"),
            ("UBND xã An Minh 2026", "password_common"),
            ("aaaaaaaaaaaaaaaa", "password_common"),
            ("1234567890123", "password_common"),
            ("qwertyuiop123", "password_common"),
            (&"dài ".repeat(40), "password_long"),
        ] {
            assert_eq!(taken(bad), Err(Refused::Invalid(why)), "{bad}");
        }
    }

    #[test]
    fn u14_the_rule_of_the_province_asks_for_four_classes_and_eight_characters() {
        let rule = PasswordConfig { min_length: 8, classes: true, rotate_months: 3 };
        assert_eq!(check("Rg7#mKp2", &[], &rule), Ok(()));
        for bad in ["rg7#mkp2", "RG7#MKP2", "Rgx#mKpz", "Rg7xmKp2"] {
            assert_eq!(check(bad, &[], &rule), Err(Refused::Invalid("password_classes")), "{bad}");
        }
        assert_eq!(check("Rg7#mKp", &[], &rule), Err(Refused::Invalid("password_short")));
    }
}
