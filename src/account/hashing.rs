//! Argon2id, a few at one time: each costs 64 MiB, and guessing must not fill the machine.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Condvar, Mutex, PoisonError};

use argon2::{Algorithm, Argon2, Params, Version};
use ring::hmac;

use super::refused::{Refused, Result};
use crate::config::account::HashingConfig;

const AT_ONCE: usize = 4;
const MAY_WAIT: usize = 16;
const HASH_BYTES: usize = 32;

/// Salt and hash of a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hashed {
    pub salt: Vec<u8>,
    pub hash: Vec<u8>,
}

pub struct Hasher {
    argon: Argon2<'static>,
    places: Mutex<Places>,
    freed: Condvar,
    made: AtomicU64,
}

#[derive(Default)]
struct Places {
    working: usize,
    waiting: usize,
}

impl Hasher {
    pub fn new(config: &HashingConfig) -> Result<Self> {
        let params = Params::new(config.memory_mib * 1024, config.passes, 1, Some(HASH_BYTES));
        let params = params.map_err(|e| Refused::Unavailable(e.to_string()))?;
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        Ok(Hasher { argon, places: Mutex::default(), freed: Condvar::new(), made: AtomicU64::new(0) })
    }

    pub fn hash(&self, password: &str, salt: &[u8]) -> Result<Hashed> {
        let _place = self.place()?;
        let mut hash = vec![0; HASH_BYTES];
        let made = self.argon.hash_password_into(password.as_bytes(), salt, &mut hash);
        made.map_err(|e| Refused::Unavailable(e.to_string()))?;
        self.made.fetch_add(1, Relaxed);
        Ok(Hashed { salt: salt.to_vec(), hash })
    }

    /// Hashes made so far: the work that a sign-in costs is counted in them.
    pub fn made(&self) -> u64 {
        self.made.load(Relaxed)
    }

    /// The same work whether it fits or not.
    pub fn fits(&self, password: &str, known: &Hashed) -> Result<bool> {
        let given = self.hash(password, &known.salt)?;
        // Two tags under one key are compared in a time that tells nothing.
        let key = hmac::Key::new(hmac::HMAC_SHA256, &known.salt);
        Ok(hmac::verify(&key, &known.hash, hmac::sign(&key, &given.hash).as_ref()).is_ok())
    }

    /// Waits for one of the places; with sixteen waiting already, nobody more waits.
    fn place(&self) -> Result<Place<'_>> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if places.working >= AT_ONCE {
            if places.waiting >= MAY_WAIT {
                return Err(Refused::Busy);
            }
            places.waiting += 1;
            while places.working >= AT_ONCE {
                places = self.freed.wait(places).unwrap_or_else(PoisonError::into_inner);
            }
            places.waiting -= 1;
        }
        places.working += 1;
        Ok(Place(self))
    }
}

struct Place<'a>(&'a Hasher);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.places.lock().unwrap_or_else(PoisonError::into_inner).working -= 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowd_is_sent_away_and_the_others_are_served() {
        const TOO_MANY: usize = 4;
        let hasher = Hasher::new(&HashingConfig { memory_mib: 1, passes: 1 }).unwrap();
        let outcomes: Vec<_> = std::thread::scope(|scope| {
            let taken: Vec<_> = (0..AT_ONCE).map(|_| hasher.place().unwrap()).collect();
            let all: Vec<_> =
                (0..MAY_WAIT + TOO_MANY).map(|_| scope.spawn(|| hasher.hash("mật khẩu", &[7; 16]))).collect();
            // Who finds no room is sent away at once; the others wait for the places that are taken here.
            while all.iter().filter(|one| one.is_finished()).count() < TOO_MANY {
                std::thread::yield_now();
            }
            drop(taken);
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), MAY_WAIT);
        assert!(outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).all(|e| *e == Refused::Busy));
        let known = hasher.hash("mật khẩu", &[7; 16]).unwrap();
        assert!(hasher.fits("mật khẩu", &known).unwrap() && !hasher.fits("mật khẩu ", &known).unwrap());
    }
}
