//! A bar chart as SVG, always beside the table it draws.

use std::fmt::Write as _;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_their_share_and_codes_cannot_be_markup() {
        let bar = |code: &str, value| Bar { code: code.into(), colour: "#FFFC82", value };
        let (body, height) = draw(&[bar("LUA", 100.0), bar("<g>ODT", 25.0)]);
        assert!(body.contains("width=\"340.0\"") && body.contains("width=\"85.0\""));
        assert!(body.contains(">gODT</text>"));
        assert_eq!(height, 44.0);
    }
}
