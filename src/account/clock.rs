//! The clock of accounts: given from outside, and never seen going backwards.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{TimeZone, offset};

use crate::model::date::vietnam_day;

/// Seconds since 1970.
pub type Seconds = i64;

#[derive(Clone)]
pub struct Clock {
    read: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// Set back, the clock stands still: nothing that expired comes to life again.
    latest: Arc<AtomicI64>,
}

impl Clock {
    pub fn system() -> Self {
        Clock::reading(Timestamp::now)
    }

    pub fn reading(read: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Clock { read: Arc::new(read), latest: Arc::new(AtomicI64::new(i64::MIN)) }
    }

    pub fn now(&self) -> Timestamp {
        let read = (self.read)();
        let latest = self.latest.fetch_max(read.as_second(), Relaxed);
        if latest > read.as_second() { Timestamp::from_second(latest).unwrap_or(read) } else { read }
    }

    pub fn seconds(&self) -> Seconds {
        self.now().as_second()
    }

    /// The day in Vietnam.
    pub fn today(&self) -> Date {
        vietnam_day(self.now())
    }
}

/// Date and hour in Vietnam.
pub fn vietnam_time(seconds: Seconds) -> DateTime {
    let moment = Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH);
    moment.to_zoned(TimeZone::fixed(offset(7))).datetime()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_back_stands_still() {
        let time = Arc::new(AtomicI64::new(1000));
        let read = time.clone();
        let clock = Clock::reading(move || Timestamp::from_second(read.load(Relaxed)).unwrap());
        assert_eq!(clock.seconds(), 1000);
        time.store(10, Relaxed);
        assert_eq!(clock.seconds(), 1000);
        time.store(1001, Relaxed);
        assert_eq!(clock.seconds(), 1001);
    }
}
