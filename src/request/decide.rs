//! From state to state: fee, receipt, two approvals by two people, refusal with its reason, withdrawal.

use jiff::ToSpan;
use rusqlite::params;

use super::Request;
use crate::account::office::Office;
use crate::account::role::{Action, State};
use crate::account::{Person, Refused, Result};
use crate::audit::Act;

/// What somebody does to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Đồng; goes on when the receipt is noted.
    Fee(i64),
    /// Why nothing is to be paid.
    Exempt(String),
    /// Number of the receipt.
    Receipt(String),
    Approve,
    /// The reason is told to who asked.
    Refuse(String),
    Withdraw,
}

impl Step {
    pub fn action(&self) -> Action {
        match self {
            Step::Fee(_) | Step::Exempt(_) => Action::Fee,
            Step::Receipt(_) => Action::Receipt,
            Step::Approve => Action::Approve,
            Step::Refuse(_) => Action::Refuse,
            Step::Withdraw => Action::Withdraw,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Step::Fee(_) => "request.fee",
            Step::Exempt(_) => "request.exempt",
            Step::Receipt(_) => "request.receipt",
            Step::Approve => "request.approve",
            Step::Refuse(_) => "request.refuse",
            Step::Withdraw => "request.withdraw",
        }
    }

    fn check(&self) -> Result<()> {
        let said = |text: &String, word| {
            let chars = text.trim().chars().count();
            if (3..=500).contains(&chars) { Ok(()) } else { Err(Refused::Invalid(word)) }
        };
        match self {
            Step::Fee(vnd) if !(1..=1_000_000_000).contains(vnd) => Err(Refused::Invalid("fee")),
            Step::Exempt(why) => said(why, "reason"),
            Step::Receipt(number) => said(number, "receipt"),
            Step::Refuse(why) => said(why, "reason"),
            _ => Ok(()),
        }
    }
}

/// Does one step, when the table of rights has it; returns where the request stands then.
pub fn decide(office: &Office, who: &Person, code: &str, step: &Step) -> Result<State> {
    let found = office.read(|db| Request::by_code(db, code))?;
    office.require(who, step.action(), found.whose(who), Some(found.state), code)?;
    step.check()?;
    office.write(|db| {
        // Read again under the lock: two who decide at once do not both decide from what was.
        let now = Request::by_code(db, code)?;
        if now.state != found.state {
            return Err(Refused::Invalid("moved_on"));
        }
        let after = change(office, db, who, &now, step)?;
        let act =
            Act { request: code.to_owned(), ..who.act(step.name(), format!("{} → {}", now.state.id(), after.id())) };
        Ok((after, act))
    })
}

fn change(office: &Office, db: &rusqlite::Connection, who: &Person, now: &Request, step: &Step) -> Result<State> {
    let at = office.clock.seconds();
    let to = |state: State, sql: &str, value: &dyn rusqlite::ToSql| -> Result<State> {
        db.execute(&format!("UPDATE request SET state = ?2, {sql} WHERE id = ?1"), params![now.id, state.id(), value])?;
        Ok(state)
    };
    match step {
        Step::Fee(vnd) => to(State::AwaitingFee, "fee_vnd = ?3", vnd),
        Step::Exempt(why) => to(State::AwaitingApproval, "fee_exempt = ?3", &why.trim()),
        Step::Receipt(number) => to(State::AwaitingApproval, "receipt = ?3", &number.trim()),
        Step::Refuse(why) => {
            db.execute("UPDATE request SET decided_at = ?2 WHERE id = ?1", params![now.id, at])?;
            to(State::Refused, "reason = ?3", &why.trim())
        }
        Step::Withdraw => to(State::Withdrawn, "decided_at = ?3", &at),
        Step::Approve if now.filed_by == who.id || now.first_by == Some(who.id) => {
            Err(Refused::Invalid("second_person"))
        }
        Step::Approve if now.state == State::AwaitingApproval => to(State::ApprovedOnce, "first_by = ?3", &who.id),
        Step::Approve => {
            let until = office.clock.today().saturating_add(i64::from(office.config.grant_days).days());
            db.execute(
                "UPDATE request SET decided_at = ?2, until = ?3 WHERE id = ?1",
                params![now.id, at, until.to_string()],
            )?;
            to(State::Approved, "second_by = ?3", &who.id)
        }
    }
}
