//! A bar chart as SVG, always beside the table it draws.

use std::fmt::Write as _;

use super::template::escape;

/// One bar: a code, its official colour and its value.
pub struct Bar {
    pub code: String,
    pub colour: &'static str,
    pub value: f64,
}

const ROW: f64 = 22.0;
const LABEL_WIDTH: f64 = 48.0;
const BAR_WIDTH: f64 = 340.0;

/// The inside of an `<svg>` and its height in pixels; the width is 400. Bars are as long as their share of
/// the greatest value; codes are escaped.
pub fn draw(bars: &[Bar]) -> (String, f64) {
    let greatest = bars.iter().map(|bar| bar.value).fold(f64::MIN_POSITIVE, f64::max);
    let mut body = String::new();
    for (i, bar) in bars.iter().enumerate() {
        let y = ROW * i as f64;
        let width = (bar.value.max(0.0) / greatest * BAR_WIDTH).max(0.5);
        let code: String = bar.code.chars().filter(|c| c.is_alphanumeric() || *c == '+').collect();
        let _ = write!(
            body,
            "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\">{code}</text>\
             <rect x=\"{LABEL_WIDTH:.0}\" y=\"{:.0}\" width=\"{width:.1}\" height=\"14\" fill=\"{}\"/>",
            LABEL_WIDTH - 8.0,
            y + 15.0,
            y + 4.0,
            bar.colour
        );
    }
    (body, ROW * bars.len() as f64)
}

/// Bars that are compared with each other under one title.
pub struct Series {
    pub title: String,
    pub bars: Vec<SeriesBar>,
}

pub struct SeriesBar {
    pub label: String,
    pub value: f64,
    /// The value as it is printed at the end of the bar.
    pub text: String,
}

/// As narrow as a phone, where a wider drawing would be shrunk until nobody can read it.
const SERIES_WIDTH: f64 = 400.0;
/// What a letter of the page's font takes at the drawing's size of 13.
const LETTER: f64 = 7.4;

/// The inside of an `<svg>` 400 wide, and its height: one title line and one line for each bar of a series, the
/// last bar of a series dark, those before it pale. Texts are escaped; a title too long for its line is cut, as the
/// table beside the drawing has it whole.
pub fn draw_series(series: &[Series]) -> (String, f64) {
    let bars = || series.iter().flat_map(|series| &series.bars);
    let greatest = bars().map(|bar| bar.value).fold(f64::MIN_POSITIVE, f64::max);
    let longest = |text: fn(&SeriesBar) -> &str| bars().map(|bar| text(bar).chars().count()).max().unwrap_or(0) as f64;
    let labels = (longest(|bar| &bar.label) * LETTER + 12.0).max(LABEL_WIDTH);
    let room = SERIES_WIDTH - labels - longest(|bar| &bar.text) * LETTER - 8.0;
    let (mut body, mut y) = (String::new(), 0.0);
    for series in series {
        if !series.title.is_empty() {
            let _ = write!(
                body,
                "<text class=\"series\" x=\"0\" y=\"{:.0}\">{}</text>",
                y + 16.0,
                escape(&cut(&series.title))
            );
            y += ROW;
        }
        for (i, bar) in series.bars.iter().enumerate() {
            let width = (bar.value.max(0.0) / greatest * room).max(0.5);
            let class = if series.title.is_empty() || i + 1 == series.bars.len() { "now" } else { "before" };
            let _ = write!(
                body,
                "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\">{}</text>\
                 <rect class=\"{class}\" x=\"{labels:.0}\" y=\"{:.0}\" width=\"{width:.1}\" height=\"14\"/>\
                 <text x=\"{:.1}\" y=\"{:.0}\">{}</text>",
                labels - 8.0,
                y + 15.0,
                escape(&bar.label),
                y + 4.0,
                labels + width + 6.0,
                y + 15.0,
                escape(&bar.text)
            );
            y += ROW;
        }
    }
    (body, y)
}

fn cut(title: &str) -> String {
    let most = (SERIES_WIDTH / LETTER) as usize;
    if title.chars().count() <= most {
        return title.to_owned();
    }
    title.chars().take(most - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_bar_of_a_series_is_today_and_titles_cannot_be_markup() {
        let bar = |label: &str, value| SeriesBar { label: label.into(), value, text: "5 < 6".into() };
        let series = Series { title: "<script>".into(), bars: vec![bar("2025", 5.0), bar("2026", 10.0)] };
        let (body, height) = draw_series(&[series]);
        assert!(body.contains("&lt;script&gt;") && body.contains("5 &lt; 6") && !body.contains("<script>"));
        assert!(body.contains("class=\"before\" x=\"48\" y=\"26\" width=\"153.5\""), "{body}");
        assert!(body.contains("class=\"now\"") && height == 66.0);
    }

    #[test]
    fn a_title_too_long_for_the_drawing_is_cut() {
        let series = Series { title: "ỗ".repeat(60), bars: vec![] };
        assert!(draw_series(&[series]).0.contains(&format!(">{}…<", "ỗ".repeat(53))));
    }

    #[test]
    fn bars_are_as_long_as_their_share_and_codes_cannot_be_markup() {
        let bar = |code: &str, value| Bar { code: code.into(), colour: "#FFFC82", value };
        let (body, height) = draw(&[bar("LUA", 100.0), bar("<g>ODT", 25.0)]);
        assert!(body.contains("width=\"340.0\"") && body.contains("width=\"85.0\""));
        assert!(body.contains(">gODT</text>"));
        assert_eq!(height, 44.0);
    }
}
