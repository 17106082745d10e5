//! The frame of the desk's pages: the edition's own page at `/tai-khoan/`, with another middle.
//!
//! So the desk looks as the site does, whichever theme built it, and needs none of the stages that make pages. An
//! edition without that page gets a plain frame.

use super::template::Page;
use super::visit::Visit;
use crate::serve::edition;
use crate::serve::site::Site;

pub async fn around(site: &Site, visit: &Visit, page: &Page) -> String {
    let address = format!("{}/tai-khoan/", visit.language.prefix());
    let generation = site.generation().current.clone();
    let frame = match generation.pages.get(&address) {
        Some(edition::Page::File(file)) => file.identity.whole().await.ok(),
        _ => None,
    };
    let frame = frame.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
    let framed = frame.and_then(|frame| put_into(&frame, visit, page));
    framed.unwrap_or_else(|| plain(visit, page))
}

/// Title and middle replaced; the links to the page in other languages lead to this page in them.
fn put_into(frame: &str, visit: &Visit, page: &Page) -> Option<String> {
    let (before_title, rest) = frame.split_once("<title>")?;
    let (_, rest) = rest.split_once("</title>")?;
    let (before_main, rest) = rest.split_once("<main")?;
    let (_, after_main) = rest.rsplit_once("</main>")?;
    let own = visit.path.trim_start_matches('/');
    let languages = before_main
        .replace("href=\"/tai-khoan/\"", &format!("href=\"/{own}\""))
        .replace("href=\"/en/tai-khoan/\"", &format!("href=\"/en/{own}\""));
    let languages = if visit.is_post() { before_main } else { &languages };
    let (title, main) = (&page.title, &page.main);
    Some(format!(
        "{before_title}<title>{title}</title>{languages}<main id=\"noi-dung\" tabindex=\"-1\">\n{main}</main>{after_main}"
    ))
}

fn plain(visit: &Visit, page: &Page) -> String {
    let (language, title, main) = (visit.language.id(), &page.title, &page.main);
    format!(
        "<!doctype html>\n<html lang=\"{language}\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"></head>\n\
         <body><main id=\"noi-dung\" tabindex=\"-1\">\n{main}</main></body></html>\n"
    )
}
