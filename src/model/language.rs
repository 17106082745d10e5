//! The languages of the pages, and how each writes numbers and dates. Data stays as approved.

use jiff::civil::Date;

use super::text;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    Vi,
    En,
}

impl Language {
    pub fn from_id(id: &str) -> Option<Self> {
        match id {
            "vi" => Some(Language::Vi),
            "en" => Some(Language::En),
            _ => None,
        }
    }

    pub fn id(self) -> &'static str {
        match self {
            Language::Vi => "vi",
            Language::En => "en",
        }
    }

    /// Vietnamese stands at the root.
    pub fn prefix(self) -> &'static str {
        match self {
            Language::Vi => "",
            Language::En => "/en",
        }
    }

    /// `05/01/2026`, in English `5 January 2026`: figures alone would be read as a day in May.
    pub fn date(self, date: Date) -> String {
        match self {
            Language::Vi => text::date_vi(date),
            Language::En => date.strftime("%-d %B %Y").to_string(),
        }
    }

    pub fn integer(self, n: i64) -> String {
        self.marks(text::integer_vi(n))
    }

    /// A decimal with a point (`1234.50`), digit for digit.
    pub fn decimal(self, decimal: &str) -> String {
        self.marks(text::decimal_vi(decimal))
    }

    /// A file's size as people say it: `34 kB`, never `0 kB`.
    pub fn size(self, bytes: usize) -> String {
        match bytes {
            0..1_000 => format!("{bytes} B"),
            1_000..1_000_000 => format!("{} kB", self.integer(bytes.div_ceil(1_000) as i64)),
            _ => format!("{} MB", self.decimal(&format!("{:.1}", bytes as f64 / 1e6))),
        }
    }

    /// Vietnamese groups with points and has a decimal comma; English the reverse.
    fn marks(self, vi: String) -> String {
        match self {
            Language::Vi => vi,
            Language::En => vi
                .chars()
                .map(|c| {
                    if c == '.' {
                        ','
                    } else if c == ',' {
                        '.'
                    } else {
                        c
                    }
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_has_its_marks() {
        assert_eq!(Language::Vi.decimal("1234.50"), "1.234,50");
        assert_eq!(Language::En.decimal("1234.50"), "1,234.50");
        let date = jiff::civil::date(2026, 1, 5);
        assert_eq!(Language::Vi.date(date), "05/01/2026");
        assert_eq!(Language::En.date(date), "5 January 2026");
    }

    #[test]
    fn a_file_is_never_said_to_be_empty_when_it_is_not() {
        assert_eq!(Language::Vi.size(34), "34 B");
        assert_eq!(Language::Vi.size(1_001), "2 kB");
        assert_eq!(Language::Vi.size(2_340_000), "2,3 MB");
    }
}
