//! One file with which a province gives the theme its own colours and type: `:root { --lacquer: #123456; }`, and the
//! same within `@media (prefers-color-scheme: dark)`. Nothing else may stand in it, so that it can neither hide a
//! part of a page nor fetch anything, and its colours are held to the contrast that text needs.

use std::collections::BTreeMap;
use std::path::Path;

use crate::error::{Exit, Failure, Fault, Result, Stage};

/// Properties of the theme that may be set: colours, and the type.
const COLOURS: [&str; 11] =
    ["paper", "card", "ink", "muted", "line", "link", "lacquer", "jade", "amber", "focus", "target"];
/// Colours of text; WCAG 2.2, 1.4.3 asks for 4.5 against the ground.
const TEXTS: [&str; 6] = ["ink", "muted", "link", "lacquer", "jade", "amber"];
const LEAST_CONTRAST: f64 = 4.5;
/// What the theme itself gives; kept equal to `styles/tokens.css` by a test.
const LIGHT: [(&str, &str); 11] = [
    ("paper", "#fbfaf6"),
    ("card", "#ffffff"),
    ("ink", "#1c1b19"),
    ("muted", "#5b5750"),
    ("line", "#d9d4c9"),
    ("link", "#0a4f9e"),
    ("lacquer", "#9b1b1e"),
    ("jade", "#1b6b4a"),
    ("amber", "#7a4b00"),
    ("focus", "#b35900"),
    ("target", "#f8e9e1"),
];
const DARK: [(&str, &str); 11] = [
    ("paper", "#151514"),
    ("card", "#1f1e1c"),
    ("ink", "#efece5"),
    ("muted", "#b3aea4"),
    ("line", "#3b3833"),
    ("link", "#8cc0ff"),
    ("lacquer", "#ff9c94"),
    ("jade", "#7fd6ac"),
    ("amber", "#f2c26b"),
    ("focus", "#ffc44d"),
    ("target", "#3a2522"),
];

/// Name without its dashes → value.
type Properties = BTreeMap<String, String>;

/// What the file sets.
#[derive(Debug, Default, PartialEq)]
pub struct CustomProperties {
    light: Properties,
    dark: Properties,
}

impl CustomProperties {
    /// # Errors
    /// Everything in the file that is not a known property with a plain value, and every text that could not be read.
    pub fn load(site_dir: &Path, file: &str) -> Result<Self> {
        let text = std::fs::read_to_string(site_dir.join(file)).map_err(|e| Fault::storage(Stage::Page, file, e))?;
        let fault = |problem: String| {
            Fault::new(Stage::Page, Exit::Usage, problem)
                .file(file)
                .remedy("write ':root { --name: value; }' with the names of themes/default/styles/tokens.css")
        };
        Self::parse(&text).map_err(|problems| Failure { faults: problems.into_iter().map(fault).collect() })
    }

    fn parse(text: &str) -> Result<Self, Vec<String>> {
        let text = without_comments(text);
        let mut problems = vec![];
        let (light, dark) = match text.split_once("@media") {
            Some((light, dark)) => (light, dark_rules(dark, &mut problems)),
            None => (text.as_str(), ""),
        };
        let properties = CustomProperties { light: rules(light, &mut problems), dark: rules(dark, &mut problems) };
        problems.extend(properties.too_faint());
        if problems.is_empty() { Ok(properties) } else { Err(problems) }
    }

    /// The value of a colour in the light or the dark scheme.
    pub fn colour(&self, dark: bool, name: &str) -> Option<&str> {
        let own = if dark { &self.dark } else { &self.light };
        own.get(name).map(String::as_str)
    }

    /// The file as the pages load it, after the theme's own.
    pub fn css(&self) -> String {
        let block = |properties: &Properties| {
            properties.iter().map(|(name, value)| format!("--{name}:{value};")).collect::<String>()
        };
        let mut css = format!(":root{{{}}}\n", block(&self.light));
        if !self.dark.is_empty() {
            css.push_str(&format!("@media (prefers-color-scheme: dark){{:root{{{}}}}}\n", block(&self.dark)));
        }
        css
    }

    fn too_faint(&self) -> Vec<String> {
        let mut problems = vec![];
        for (scheme, own, given) in [("light", &self.light, LIGHT), ("dark", &self.dark, DARK)] {
            let value = |name: &str| {
                let of_theme = given.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value);
                own.get(name).map_or(of_theme, String::as_str).to_owned()
            };
            for (text, ground) in TEXTS.iter().flat_map(|text| ["paper", "card"].map(|ground| (*text, ground))) {
                let contrast = contrast(&value(text), &value(ground));
                if contrast < LEAST_CONTRAST {
                    problems.push(format!(
                        "--{text} on --{ground} has a contrast of {contrast:.1} in the {scheme} scheme; text needs {LEAST_CONTRAST}"
                    ));
                }
            }
        }
        problems
    }
}

fn without_comments(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("/*") {
        plain.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    plain + rest
}

/// The inside of `(prefers-color-scheme: dark) { … }`.
fn dark_rules<'t>(text: &'t str, problems: &mut Vec<String>) -> &'t str {
    let inside = text
        .split_once('{')
        .filter(|(query, _)| query.split_whitespace().collect::<String>() == "(prefers-color-scheme:dark)")
        .and_then(|(_, rest)| rest.trim_end().strip_suffix('}'));
    inside.unwrap_or_else(|| {
        problems.push("the only query allowed is '@media (prefers-color-scheme: dark) { … }', at the end".into());
        ""
    })
}

fn rules(text: &str, problems: &mut Vec<String>) -> Properties {
    let text = text.trim();
    if text.is_empty() {
        return Properties::new();
    }
    let inside =
        text.strip_prefix(":root").map(str::trim_start).and_then(|rest| rest.strip_prefix('{')?.strip_suffix('}'));
    let Some(inside) = inside.filter(|inside| !inside.contains(['{', '}'])) else {
        problems.push("only ':root { … }' is allowed".into());
        return Properties::new();
    };
    let mut properties = Properties::new();
    for line in inside.split(';').map(str::trim).filter(|line| !line.is_empty()) {
        match property(line) {
            Ok((name, value)) => {
                properties.insert(name, value);
            }
            Err(problem) => problems.push(problem),
        }
    }
    properties
}

fn property(line: &str) -> Result<(String, String), String> {
    let (name, value) = line.split_once(':').ok_or_else(|| format!("'{line}' is not 'name: value'"))?;
    let (name, value) = (name.trim().trim_start_matches("--"), value.trim());
    let fits = match name {
        "font" => value.chars().all(|c| c.is_alphanumeric() || " ,-\"".contains(c)),
        name if COLOURS.contains(&name) => is_hex(value),
        _ => return Err(format!("--{name} is no property of the theme that may be set")),
    };
    if fits {
        Ok((name.to_owned(), value.to_owned()))
    } else {
        Err(format!("--{name}: '{value}' is not #rrggbb, or a list of fonts"))
    }
}

fn is_hex(value: &str) -> bool {
    value.len() == 7 && value.starts_with('#') && value[1..].bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// WCAG 2.2: from 1 to 21.
fn contrast(a: &str, b: &str) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance(hex: &str) -> f64 {
    let channel = |at: usize| {
        let value =
            f64::from(hex.get(at..at + 2).and_then(|hex| u8::from_str_radix(hex, 16).ok()).unwrap_or(0)) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_and_type_are_taken_over() {
        let text = "/* our own */ :root { --lacquer: #00447c; --font: \"Noto Sans\", sans-serif; }\n@media (prefers-color-scheme: dark) { :root { --lacquer: #9fd0ff; } }";
        let properties = CustomProperties::parse(text).unwrap();
        assert_eq!(properties.colour(false, "lacquer"), Some("#00447c"));
        assert_eq!(properties.colour(true, "lacquer"), Some("#9fd0ff"));
        assert!(properties.css().starts_with(":root{--font:\"Noto Sans\", sans-serif;--lacquer:#00447c;}"));
    }

    #[test]
    fn nothing_but_known_properties_with_plain_values_may_stand_in_it() {
        for bad in [
            ":root { --lacquer: url(https://x) }",
            ":root { --paper: red }",
            ":root { --unknown: #000000 }",
            ".decision { display: none }",
            ":root { --ink: #000000 } body { display: none }",
            "@import 'x'; :root { --ink: #000000 }",
            ":root { --font: x; } @media print { :root { --ink: #000000 } }",
        ] {
            assert!(CustomProperties::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_colour_that_cannot_be_read_is_refused_with_its_contrast() {
        let problems = CustomProperties::parse(":root { --muted: #c0c0c0; }").unwrap_err();
        assert_eq!(problems[0], "--muted on --paper has a contrast of 1.7 in the light scheme; text needs 4.5");
    }

    #[test]
    fn the_theme_s_own_colours_are_those_of_its_style_sheet() {
        let tokens = include_str!("../../themes/default/styles/tokens.css");
        let (light, dark) = tokens.split_once("@media").unwrap();
        for (text, given) in [(light, LIGHT), (dark, DARK)] {
            for (name, value) in given {
                assert!(text.contains(&format!("--{name}: {value};")), "--{name}: {value}");
            }
        }
        assert_eq!(CustomProperties::default().too_faint(), Vec::<String>::new());
    }
}
