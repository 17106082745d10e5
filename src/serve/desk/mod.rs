//! Where people sign in, ask and fetch, and where anybody checks a confirmation: `/tai-khoan/`, `/yeu-cau/`,
//! `/trich-xuat/`, `/xac-nhan/`, in English below `/en/`.
//!
//! Forms come back as pages, without JavaScript, in the frame of the edition's own page at `/tai-khoan/` ([`shell`]).
//! What a form sends is bounded and read within seconds ([`visit`]), comes from our own pages or is refused
//! ([`guard`]), and is worked on beside the threads that answer the public, a few at one time. When database or log
//! cannot be used, these addresses say so and no other address notices.

mod account_pages;
mod confirmation_pages;
mod download;
mod guard;
mod multipart;
mod reply;
mod request_pages;
mod shell;
mod template;
mod visit;

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use hyper::body::Incoming;
use hyper::{Method, Request, Response, StatusCode};
use tokio::sync::Semaphore;

use super::body::Body;
use super::request::{MAX_URI_BYTES, closing, plain, retry};
use super::site::Site;
use crate::account::session::SignedIn;
use crate::account::{Clock, Office, Plan, Refused};
use crate::release::{self, OpenEdition};
use reply::Reply;
use visit::Visit;

/// Visits that are worked on at one time; sign-ins take turns among themselves besides.
const AT_ONCE: usize = 48;
const RETRY_S: u64 = 3;

/// The name of the cookie that holds a session, and of the one that marks a browser.
const SESSION: &str = "__Host-phien";
const BROWSER: &str = "__Host-may";
const TICKET: &str = "__Secure-ve";

pub struct Desk {
    plan: Plan,
    clock: Clock,
    dist: PathBuf,
    places: Arc<Semaphore>,
    /// Opened when first needed, and again when it could not be.
    office: Mutex<Option<Arc<Office>>>,
}

impl Desk {
    pub fn new(plan: Plan, dist: PathBuf) -> Self {
        let places = Arc::new(Semaphore::new(AT_ONCE));
        Desk { plan, clock: Clock::system(), dist, places, office: Mutex::new(None) }
    }

    fn office(&self) -> Result<Arc<Office>, Refused> {
        let mut office = self.office.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = &*office {
            return Ok(open.clone());
        }
        let opened = Arc::new(Office::open(&self.plan, self.clock.clone())?);
        *office = Some(opened.clone());
        Ok(opened)
    }

    fn edition(&self, name: &str) -> Result<OpenEdition, Refused> {
        release::open_by_size(&self.dist, name).map_err(|failure| Refused::Unavailable(failure.to_string()))
    }

    fn current(&self) -> Result<String, Refused> {
        release::current(&self.dist).map_err(|failure| Refused::Unavailable(failure.to_string()))
    }

    /// One visit, worked on where it may take its time.
    fn answer(&self, visit: &Visit) -> Reply {
        let outcome = self.office().and_then(|office| {
            let session = visit.cookie(SESSION).map_or(Ok(None), |token| office.signed_in(token))?;
            self.route(&office, visit, session)
        });
        outcome.unwrap_or_else(|refused| Reply::refused(visit, &refused))
    }

    fn route(&self, office: &Arc<Office>, visit: &Visit, session: Option<SignedIn>) -> Result<Reply, Refused> {
        let parts: Vec<&str> = visit.path.trim_matches('/').split('/').collect();
        if visit.is_post() {
            guard::check_token(office, visit, session.as_ref())?;
        }
        match parts[..] {
            ["tai-khoan", ref rest @ ..] => account_pages::route(office, visit, session, rest),
            ["yeu-cau", ref rest @ ..] => request_pages::route(self, office, visit, session, rest),
            ["xac-nhan", ref rest @ ..] => confirmation_pages::route(self, office, visit, session, rest),
            ["trich-xuat", ref rest @ ..] => download::route(self, office, visit, session, rest),
            _ => Err(Refused::Absent),
        }
    }
}

/// Whether an address belongs to the desk.
pub fn takes(path: &str) -> bool {
    let path = path.strip_prefix("/en").unwrap_or(path);
    ["/tai-khoan/", "/yeu-cau/", "/trich-xuat/", "/xac-nhan/"].iter().any(|known| path.starts_with(known))
}

/// Answers one request to an address of the desk.
pub async fn respond(
    desk: &Arc<Desk>,
    site: &Site,
    asked: &mut Request<Incoming>,
    client: Option<IpAddr>,
) -> Response<Body> {
    let response = match admit(site, asked) {
        Some((status, text)) => closing(plain(status, text)),
        None => match desk.places.clone().try_acquire_owned() {
            Ok(_place) => visited(desk, site, asked, client).await,
            Err(_) => {
                let text = "Too many are being served here. Try again in a few moments.\n";
                retry(plain(StatusCode::SERVICE_UNAVAILABLE, text), RETRY_S)
            }
        },
    };
    reply::kept_private(site, response, asked.method() == Method::HEAD)
}

/// What is refused whatever it asks for.
fn admit(site: &Site, asked: &Request<Incoming>) -> Option<(StatusCode, &'static str)> {
    if let Err(status) = site.hosts.check(asked.version(), asked.uri(), asked.headers()) {
        return Some((status, "This server does not answer under that host name.\n"));
    }
    if asked.uri().path_and_query().is_some_and(|path| path.as_str().len() > MAX_URI_BYTES) {
        return Some((StatusCode::URI_TOO_LONG, "The address is too long.\n"));
    }
    match *asked.method() {
        Method::GET | Method::HEAD => visit::refuse_body(asked),
        Method::POST => guard::refuse_foreign(asked).or_else(|| visit::refuse_form(asked)),
        _ => Some((StatusCode::METHOD_NOT_ALLOWED, "This address takes GET, HEAD and POST.\n")),
    }
}

async fn visited(
    desk: &Arc<Desk>,
    site: &Site,
    asked: &mut Request<Incoming>,
    client: Option<IpAddr>,
) -> Response<Body> {
    let visit = match Visit::read(asked, client).await {
        Ok(visit) => Arc::new(visit),
        Err((status, text)) => return closing(plain(status, text)),
    };
    let (worker, seen) = (desk.clone(), visit.clone());
    match tokio::task::spawn_blocking(move || worker.answer(&seen)).await {
        Ok(reply) => reply.response(site, &visit).await,
        Err(cause) => super::request::broken(&visit.path, &std::io::Error::other(cause)),
    }
}
