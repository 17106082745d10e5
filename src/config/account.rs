//! `[account]` of `congbo.toml`: every number that a rule sets for accounts, requests and extracts.

use jiff::civil::Time;
use serde::Deserialize;

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccountConfig {
    /// Of the database, the audit log and their keys, relative to the site folder.
    pub folder: String,
    /// Where the signed heads of the log go, best on another machine; relative to the site folder.
    pub heads: Option<String>,
    /// S3 Đ10.4a: a first password that was not changed for longer locks the account.
    pub first_password_days: u16,
    /// S3 Đ10.4b: an account unused for longer is locked.
    pub unused_months: u8,
    /// S1 Đ6.2d: working days for a unit to withdraw the rights of who left.
    pub offboarding_days: u16,
    /// S3 Đ10.3: sign-ins of one account at one time; the oldest gives way.
    pub sessions: u16,
    pub idle_minutes: u16,
    pub session_hours: u16,
    /// Name of the form of a request.
    pub form: String,
    /// Version of the terms that who asks accepts.
    pub terms_version: String,
    /// Kinds of organisation that may have an account (S0 Đ8.3).
    pub organisations: Vec<String>,
    /// S3 Đ13.2: what came before this hour is answered on the same working day. `HH:MM`, Vietnam time.
    pub same_day_until: String,
    /// S3 Đ13.2: the most working days for what has to be made.
    pub answer_days: u16,
    /// A download may be begun so long after it was asked for, at most 15.
    pub link_minutes: u16,
    /// So often, at most 3.
    pub link_uses: u16,
    /// How long an approved extract can be fetched.
    pub grant_days: u16,
    /// Of one account in a day; 0 for no limit.
    pub features_per_day: u64,
    pub bytes_per_day: u64,
    /// S0 Đ5.5: so long after a request was closed its texts are emptied; 0 keeps them.
    pub request_months: u16,
    pub password: PasswordConfig,
    pub hashing: HashingConfig,
}

/// Length and a list of common passwords by default; the province's rule (S1 Đ6.2c) by these keys.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PasswordConfig {
    pub min_length: usize,
    /// Upper case, lower case, digit and special character.
    pub classes: bool,
    /// 0: a password need not be changed.
    pub rotate_months: u8,
}

/// Cost of a password's hash (Argon2id).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HashingConfig {
    pub memory_mib: u32,
    pub passes: u32,
}

impl Default for AccountConfig {
    fn default() -> Self {
        AccountConfig {
            folder: "account".into(),
            heads: None,
            first_password_days: 7,
            unused_months: 3,
            offboarding_days: 5,
            sessions: 3,
            idle_minutes: 30,
            session_hours: 12,
            form: "Mẫu số 14, Nghị định 151/2025/NĐ-CP".into(),
            terms_version: "1".into(),
            organisations: vec![],
            same_day_until: "15:00".into(),
            answer_days: 10,
            link_minutes: 15,
            link_uses: 3,
            grant_days: 30,
            features_per_day: 200_000,
            bytes_per_day: 1 << 30,
            request_months: 24,
            password: PasswordConfig::default(),
            hashing: HashingConfig::default(),
        }
    }
}

impl Default for PasswordConfig {
    fn default() -> Self {
        PasswordConfig { min_length: 12, classes: false, rotate_months: 0 }
    }
}

impl Default for HashingConfig {
    fn default() -> Self {
        HashingConfig { memory_mib: 64, passes: 3 }
    }
}

impl AccountConfig {
    /// What is weaker than the project allows, in words; empty when nothing is.
    pub fn faults(&self) -> Vec<String> {
        let HashingConfig { memory_mib, passes } = self.hashing;
        let rules = [
            (self.hour().is_none(), format!("same_day_until = '{}' is not an hour such as 15:00", self.same_day_until)),
            (memory_mib < 19 || passes < 2, "hashing is weaker than 19 MiB and 2 passes (OWASP)".to_owned()),
            (!(8..=64).contains(&self.password.min_length), "password.min_length is not from 8 to 64".to_owned()),
            (self.link_minutes == 0 || self.link_minutes > 15, "link_minutes is not from 1 to 15".to_owned()),
            (self.link_uses == 0 || self.link_uses > 3, "link_uses is not from 1 to 3".to_owned()),
            (
                self.sessions == 0 || self.idle_minutes == 0 || self.session_hours == 0,
                "a session must be possible".into(),
            ),
        ];
        rules.into_iter().filter_map(|(wrong, said)| wrong.then_some(said)).collect()
    }

    /// `same_day_until` as an hour.
    pub fn hour(&self) -> Option<Time> {
        format!("{}:00", self.same_day_until).parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_weaker_than_allowed_is_named_at_once() {
        assert_eq!(AccountConfig::default().faults(), Vec::<String>::new());
        let hashing = HashingConfig { memory_mib: 8, passes: 3 };
        let weak =
            AccountConfig { hashing, link_minutes: 16, same_day_until: "noon".into(), ..AccountConfig::default() };
        assert_eq!(weak.faults().len(), 3, "{:?}", weak.faults());
    }
}
