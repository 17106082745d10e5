//! Which prepared encoding a client gets, by the weights of its Accept-Encoding (RFC 9110, section 12.5.3).

use std::io;

use hyper::HeaderMap;
use hyper::body::Bytes;
use hyper::header::{ACCEPT_ENCODING, HeaderValue};
use libdeflater::Decompressor;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    Identity,
    Gzip,
    Brotli,
}

impl Coding {
    /// Value of Content-Encoding; identity has none.
    pub fn header(self) -> Option<HeaderValue> {
        match self {
            Coding::Identity => None,
            Coding::Gzip => Some(HeaderValue::from_static("gzip")),
            Coding::Brotli => Some(HeaderValue::from_static("br")),
        }
    }
}

/// Weights in thousandths, as far as the client gave them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    br: Option<u16>,
    gzip: Option<u16>,
    identity: Option<u16>,
    others: Option<u16>,
}

impl Accepted {
    pub fn of(headers: &HeaderMap) -> Self {
        let mut accepted = Accepted::default();
        for list in headers.get_all(ACCEPT_ENCODING).iter().filter_map(|list| list.to_str().ok()) {
            list.split(',').for_each(|item| accepted.read(item));
        }
        accepted
    }

    fn read(&mut self, item: &str) {
        let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
        let Some(weight) = weight(parameters) else { return };
        let place = match name.trim().to_ascii_lowercase().as_str() {
            "br" => &mut self.br,
            "gzip" | "x-gzip" => &mut self.gzip,
            "identity" => &mut self.identity,
            "*" => &mut self.others,
            _ => return,
        };
        *place = Some(weight);
    }

    /// The best of what is there. Equal weights: brotli before gzip before identity.
    ///
    /// Identity is also the answer when nothing suits, as the standard asks.
    pub fn choose(&self, has_br: bool, has_gzip: bool) -> Coding {
        let br = if has_br { self.br.or(self.others).unwrap_or(0) } else { 0 };
        let gzip = if has_gzip { self.gzip.or(self.others).unwrap_or(0) } else { 0 };
        // Not named, identity is acceptable but the last choice.
        let identity = self.identity.unwrap_or(0);
        match (br, gzip) {
            (0, 0) => Coding::Identity,
            _ if identity > br.max(gzip) => Coding::Identity,
            _ if br >= gzip => Coding::Brotli,
            _ => Coding::Gzip,
        }
    }
}

/// `q=0.5` gives 500; no parameter gives 1000; a malformed weight gives none, and the item does not count.
fn weight(parameters: &str) -> Option<u16> {
    let parameters = parameters.trim();
    if parameters.is_empty() {
        return Some(1000);
    }
    let value = parameters.strip_prefix("q=").or_else(|| parameters.strip_prefix("Q="))?;
    let (whole, thousandths) = value.split_once('.').unwrap_or((value, ""));
    if thousandths.len() > 3 || !thousandths.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths: u16 = format!("{thousandths:0<3}").parse().ok()?;
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1000),
        _ => None,
    }
}

/// Inflates one gzip member into at most `most` bytes. The only place where the server inflates anything,
/// and never anything that a client sent.
///
/// The length in the member's trailer is believed for the allocation alone, and only up to `most`.
pub fn inflate_capped(gzip: &[u8], most: usize) -> io::Result<Bytes> {
    let trailer = gzip.last_chunk::<4>().ok_or_else(|| io::Error::other("not gzip"))?;
    let length = u32::from_le_bytes(*trailer) as usize;
    if length > most {
        return Err(io::Error::other(format!("inflates to {length} bytes, {most} allowed")));
    }
    let mut plain = vec![0; length];
    let inflated = Decompressor::new().gzip_decompress(gzip, &mut plain).map_err(io::Error::other)?;
    plain.truncate(inflated);
    Ok(plain.into())
}

#[cfg(test)]
mod tests {
    use libdeflater::{CompressionLvl, Compressor};

    use super::*;

    fn chosen(list: &'static str) -> Coding {
        let headers: HeaderMap = [(ACCEPT_ENCODING, HeaderValue::from_static(list))].into_iter().collect();
        Accepted::of(&headers).choose(true, true)
    }

    #[test]
    fn weights_decide() {
        for (list, expected) in [
            ("gzip, deflate, br, zstd", Coding::Brotli),
            ("gzip", Coding::Gzip),
            ("br;q=0.5, gzip;q=0.8", Coding::Gzip),
            ("br;q=0, gzip;q=0", Coding::Identity),
            ("br;q=0, *", Coding::Gzip),
            ("*", Coding::Brotli),
            ("*;q=0", Coding::Identity),
            ("identity", Coding::Identity),
            ("identity;q=1, gzip;q=0.5", Coding::Identity),
            ("identity;q=0.5, gzip;q=0.5", Coding::Gzip),
            ("identity;q=0, gzip", Coding::Gzip),
            ("GZIP;Q=1.000", Coding::Gzip),
            ("gzip ; q=0.001", Coding::Gzip),
            ("gzip;q=0.000", Coding::Identity),
            ("gzip;q=2", Coding::Identity),
            ("gzip;q=0.1234", Coding::Identity),
            ("gzip;q=-1", Coding::Identity),
            ("deflate", Coding::Identity),
            ("", Coding::Identity),
        ] {
            assert_eq!(chosen(list), expected, "{list}");
        }
        assert_eq!(Accepted::default().choose(true, true), Coding::Identity);
    }

    #[test]
    fn only_what_was_prepared_is_chosen() {
        let all = Accepted { br: Some(1000), gzip: Some(1000), ..Accepted::default() };
        assert_eq!(all.choose(false, true), Coding::Gzip);
        assert_eq!(all.choose(false, false), Coding::Identity);
    }

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut compressor = Compressor::new(CompressionLvl::default());
        let mut packed = vec![0; compressor.gzip_compress_bound(plain.len())];
        let length = compressor.gzip_compress(plain, &mut packed).unwrap();
        packed.truncate(length);
        packed
    }

    #[test]
    fn inflating_stops_at_the_cap() {
        let packed = gzip(&[0; 4096]);
        assert_eq!(inflate_capped(&packed, 4096).unwrap().len(), 4096);
        assert!(inflate_capped(&packed, 4095).is_err());
    }

    #[test]
    fn a_trailer_that_lies_is_refused() {
        let mut packed = gzip(&[0; 4096]);
        let end = packed.len() - 4;
        packed[end..].copy_from_slice(&16u32.to_le_bytes());
        assert!(inflate_capped(&packed, 1 << 20).is_err());
        for cut in 0..packed.len() {
            assert!(inflate_capped(&packed[..cut], 1 << 20).is_err(), "{cut}");
        }
    }
}
