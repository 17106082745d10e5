//! Progress bars on standard error; nothing when it is not a terminal.

use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressStyle};

use crate::progress::Progress;

/// One bar at a time: a new piece of work takes the place of the last.
pub struct Bars {
    current: Mutex<ProgressBar>,
}

impl Bars {
    pub fn new() -> Self {
        Bars { current: Mutex::new(ProgressBar::hidden()) }
    }
}

impl Progress for Bars {
    fn begin(&self, what: &str, total: u64) {
        let bar = if total == 0 { ProgressBar::new_spinner() } else { ProgressBar::new(total) };
        let shape = if total == 0 {
            "{elapsed:>4} {msg:28} {human_pos}"
        } else {
            "{elapsed:>4} {msg:28} {bar:30} {human_pos}/{human_len}"
        };
        bar.set_style(ProgressStyle::with_template(shape).expect("the template is written above"));
        bar.set_message(what.to_owned());
        let mut current = self.current.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        std::mem::replace(&mut *current, bar).finish_and_clear();
    }

    fn advance(&self, by: u64) {
        self.current.lock().unwrap_or_else(std::sync::PoisonError::into_inner).inc(by);
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        self.current.lock().unwrap_or_else(std::sync::PoisonError::into_inner).finish_and_clear();
    }
}
