//! The second factor (RFC 6238): six digits of an app, each taken once.

use totp_rs::{Algorithm, TOTP};

use super::refused::{Refused, Result};
use super::secret::random;

const STEP_S: u64 = 30;

pub fn new_secret() -> Result<Vec<u8>> {
    Ok(random::<20>()?.to_vec())
}

/// What an app reads the secret from.
pub fn address(secret: &[u8], name: &str, issuer: &str) -> Result<String> {
    let issuer: String = issuer.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '.').collect();
    Ok(format!("otpauth://totp/{issuer}:{name}?secret={}&issuer={issuer}", totp(secret)?.get_secret_base32()))
}

/// The step whose code it is, when that is later than `used`; a code of the step before or after is taken too.
pub fn step_of(secret: &[u8], code: &str, now_s: i64, used: i64) -> Result<Option<i64>> {
    let (totp, step) = (totp(secret)?, now_s / STEP_S as i64);
    let is_code = code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit());
    let of = |step: i64| totp.generate(step as u64 * STEP_S);
    Ok((step - 1..=step + 1).find(|step| is_code && *step > used && of(*step) == code))
}

/// The code of a moment, as the app shows it.
pub fn code_at(secret: &[u8], now_s: i64) -> Result<String> {
    Ok(totp(secret)?.generate(now_s as u64))
}

fn totp(secret: &[u8]) -> Result<TOTP> {
    TOTP::new(Algorithm::SHA1, 6, 1, STEP_S, secret.to_vec()).map_err(|e| Refused::Unavailable(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_of_the_standard_is_taken_and_only_once() {
        // RFC 6238, appendix B, at 59 s: 94287082.
        let secret = b"12345678901234567890";
        assert_eq!(code_at(secret, 59).unwrap(), "287082");
        assert_eq!(step_of(secret, "287082", 59, 0).unwrap(), Some(1));
        assert_eq!(step_of(secret, "287082", 59, 1).unwrap(), None);
        assert_eq!(step_of(secret, "287082", 89, 0).unwrap(), Some(1));
        assert_eq!(step_of(secret, "287082", 120, 0).unwrap(), None);
        assert_eq!(step_of(secret, "28708", 59, 0).unwrap(), None);
    }
}
