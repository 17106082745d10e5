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

const SERIES_LABEL: f64 = 150.0;
const SERIES_BAR: f64 = 330.0;

/// The inside of an `<svg>` 600 wide, and its height: one title line and one line for each bar of a series, the
/// last bar of a series dark, those before it pale. Texts are escaped.
pub fn draw_series(series: &[Series]) -> (String, f64) {
    let values = series.iter().flat_map(|series| series.bars.iter().map(|bar| bar.value));
    let greatest = values.fold(f64::MIN_POSITIVE, f64::max);
    let (mut body, mut y) = (String::new(), 0.0);
    for series in series {
        if !series.title.is_empty() {
            let _ =
                write!(body, "<text class=\"series\" x=\"0\" y=\"{:.0}\">{}</text>", y + 16.0, escape(&series.title));
            y += ROW;
        }
        for (i, bar) in series.bars.iter().enumerate() {
            let width = (bar.value.max(0.0) / greatest * SERIES_BAR).max(0.5);
            let class = if series.title.is_empty() || i + 1 == series.bars.len() { "now" } else { "before" };
            let _ = write!(
                body,
                "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\">{}</text>\
                 <rect class=\"{class}\" x=\"{SERIES_LABEL:.0}\" y=\"{:.0}\" width=\"{width:.1}\" height=\"14\"/>\
                 <text x=\"{:.1}\" y=\"{:.0}\">{}</text>",
                SERIES_LABEL - 8.0,
                y + 15.0,
                escape(&bar.label),
                y + 4.0,
                SERIES_LABEL + width + 6.0,
                y + 15.0,
                escape(&bar.text)
            );
            y += ROW;
        }
    }
    (body, y)
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
        assert!(body.contains("class=\"before\" x=\"150\" y=\"26\" width=\"165.0\""), "{body}");
        assert!(body.contains("class=\"now\"") && height == 66.0);
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
