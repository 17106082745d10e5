//! Numbers by which a person can be found: identity numbers of 12 and 9 digits, telephones of 10 and 11.
//!
//! Numbers are written with whatever stands between their groups, so groups are joined again; what looks like
//! a date, the number of a decision, an amount or a coordinate is taken out first.

/// A run of digits, and what stands between it and the next one.
struct Group<'a> {
    digits: &'a str,
    behind: &'a str,
    /// Whether a plus stands before it, as in `+84`.
    international: bool,
    /// Part of a date, a number of a decision, an amount: nobody's number.
    harmless: bool,
}

/// Whether `text` (NFKC, digits ASCII) holds such a number.
pub fn is_in(text: &str) -> bool {
    if text.bytes().filter(u8::is_ascii_digit).count() < 9 {
        return false;
    }
    let mut groups = groups(text);
    for i in 0..groups.len() {
        let harmless = harmless_groups(&groups[i..]);
        groups[i..i + harmless].iter_mut().for_each(|group| group.harmless = true);
    }
    groups.iter().any(|group| !group.harmless && group.digits.len() >= 9)
        || (0..groups.len()).any(|i| starts_a_number(&groups[i..]))
}

fn groups(text: &str) -> Vec<Group<'_>> {
    let mut groups: Vec<Group> = vec![];
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        if let Some(last) = groups.last_mut() {
            last.behind = &rest[..start];
        }
        let international = rest[..start].ends_with('+');
        let end = rest[start..].find(|c: char| !c.is_ascii_digit()).map_or(rest.len(), |length| start + length);
        groups.push(Group { digits: &rest[start..end], behind: &rest[end..], international, harmless: false });
        rest = &rest[end..];
    }
    groups
}

/// Up to three of the marks people put between the groups of one number; a comma only without a space.
fn joins(between: &str) -> bool {
    let is_mark = |c: char| " .-‐‑‒–—/()_·\u{a0}\u{202f}".contains(c);
    between == "," || (between.chars().count() <= 3 && between.chars().all(is_mark))
}

/// How many groups from the first on form something that is nobody's number; 0 when they do not.
fn harmless_groups(groups: &[Group]) -> usize {
    let digits = |i: usize| groups.get(i).map_or("", |group| group.digits);
    let between = |i: usize| groups.get(i).map_or("", |group| group.behind.trim());
    let at_most = |i: usize, most: u32| digits(i).len() <= 2 && (1..=most).contains(&digits(i).parse().unwrap_or(0));
    let dated = |i: usize| ["/", "-", "."].contains(&between(i)) && between(i) == groups[i].behind;
    if dated(0) && at_most(0, 31) && groups.len() > 2 && dated(1) && at_most(1, 12) && is_year(digits(2)) {
        return 3;
    }
    if is_year(digits(0)) && between(0) == "-" && at_most(1, 12) && between(1) == "-" && at_most(2, 31) {
        return 3;
    }
    let years = is_year(digits(0)) && ["-", "–", "/"].contains(&between(0)) && is_year(digits(1));
    let numbered = dated(0) && digits(0).len() <= 5 && is_year(digits(1)) && !digits(0).starts_with("09");
    if years || numbered {
        return 2;
    }
    amount(groups).max(coordinate(groups))
}

fn is_year(digits: &str) -> bool {
    digits.len() == 4 && (digits.starts_with("19") || digits.starts_with("20"))
}

/// `12.500.000 đồng`, `100.000.000`: grouped by thousands, with a unit behind or zeros at the end.
fn amount(groups: &[Group]) -> usize {
    let separator = groups[0].behind;
    if groups[0].digits.len() > 3 || groups[0].digits.starts_with('0') || ![".", ",", " "].contains(&separator) {
        return 0;
    }
    let is_grouped = |i: usize| groups[i - 1].behind == separator && groups[i].digits.len() == 3;
    let length = (1..groups.len()).find(|i| !is_grouped(*i)).unwrap_or(groups.len());
    let last = &groups[length - 1];
    let is_amount = length > 1 && (names_a_unit(last.behind) || (separator != " " && last.digits == "000"));
    if is_amount { length } else { 0 }
}

fn names_a_unit(behind: &str) -> bool {
    let behind = behind.trim_start().to_lowercase();
    ["đồng", "đ/", "đ)", "vnd", "vnđ", "m2", "ha", "triệu", "nghìn", "tỷ", "m)"]
        .iter()
        .any(|unit| behind.starts_with(unit))
}

/// Metres of VN-2000 with decimals (`2308268.393`), or degrees within Vietnam (`106.683800`).
fn coordinate(groups: &[Group]) -> usize {
    let [whole, fraction, ..] = groups else { return 0 };
    let is_decimal = [".", ","].contains(&whole.behind);
    let metres = (6..=7).contains(&whole.digits.len()) && !whole.digits.starts_with('0') && fraction.digits.len() <= 4;
    let degrees: u32 = whole.digits.parse().unwrap_or(0);
    let in_vietnam = (8..=24).contains(&degrees) || (102..=118).contains(&degrees);
    let geographic = in_vietnam && !whole.digits.starts_with('0') && (4..=12).contains(&fraction.digits.len());
    if is_decimal && (metres || geographic) { 2 } else { 0 }
}

/// Whether the first groups, joined, have the shape of an identity number or a telephone number.
fn starts_a_number(groups: &[Group]) -> bool {
    let mut joined = String::new();
    for (i, group) in groups.iter().enumerate() {
        if group.harmless || joined.len() > 12 {
            return false;
        }
        joined.push_str(group.digits);
        if is_number(&joined, &groups[..=i]) {
            return true;
        }
        if !joins(group.behind) {
            return false;
        }
    }
    false
}

fn is_number(joined: &str, groups: &[Group]) -> bool {
    let second = joined.as_bytes().get(1).copied().unwrap_or(0);
    // Lists of short numbers are written with commas and slashes; an old identity number is not.
    let between = &groups[..groups.len() - 1];
    let whole = groups.iter().all(|group| group.digits.len() >= 3)
        && between.iter().all(|group| !group.behind.contains([',', '/']));
    match joined.len() {
        9 => whole,
        10 => joined.starts_with('0') && second >= b'2',
        11 => {
            (joined.starts_with('0') && (b'1'..=b'2').contains(&second))
                || (joined.starts_with("84")
                    && (groups[0].international || groups[0].digits == "84" && whole_tail(groups)))
        }
        12 => joined.starts_with('0') || (whole && groups.len() > 1),
        _ => false,
    }
}

/// `84` without its plus is a country code when groups of a telephone number follow it.
fn whole_tail(groups: &[Group]) -> bool {
    groups[1..].iter().all(|group| group.digits.len() >= 2)
}

#[cfg(test)]
mod tests {
    use super::is_in;

    #[test]
    fn identity_and_telephone_numbers_are_seen_however_they_are_split() {
        for text in [
            "001099000001",
            "001 099 000 001",
            "0010 9900 0001",
            "001.099.000.001",
            "001-099-000001",
            "123456789",
            "123 456 789",
            "123.456.789",
            "0912345678",
            "0912.345.678",
            "0912 345 678",
            "091 234 5678",
            "09 12 34 56 78",
            "0912/345/678",
            "(0225) 3822 999",
            "0225.3822.999",
            "+84 912 345 678",
            "84 912 345 678",
            "+84912345678",
            "Liên hệ 0912 345 678 - 0988 111 222",
            "ngày 01/01/2026, 0912-345-678",
            "01234567890",
        ] {
            assert!(is_in(text), "{text}");
        }
    }

    #[test]
    fn dates_decisions_amounts_coordinates_and_lists_are_nobodys_number() {
        for text in [
            "2021-2030",
            "2021-2025, 2026-2030",
            "00/2026/QĐ-UBND",
            "1234/2026/QĐ-UBND ngày 05/01/2026",
            "từ 01/01/2026 - 31/12/2026",
            "từ 01.2026 - 06.2030",
            "2026-01-05 - 2026-12-31",
            "60.000.000 đồng/m2",
            "123.456.789 đồng",
            "100.000.000",
            "1 234 567 890 đồng",
            "2308268.393, 596972.126",
            "20.8647999959, 106.6838000095",
            "thửa 12, 13, 14, 15, 16, 17, 18",
            "thửa 123,124,125,126",
            "tờ 101/102/103",
            "QL.10, ĐT.353, ĐH.12, km 12+345 đến km 15+678",
            "615608-5-(4)",
            "Số nhà 120 đến số nhà 345",
            "107/2025/NĐ-CP, 49/2026/NĐ-CP, 31/2024/QH15",
        ] {
            assert!(!is_in(text), "{text}");
        }
    }
}
