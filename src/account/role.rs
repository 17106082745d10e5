//! Who may do what to what in which state: one table, `rights.csv`. What is not in it is denied.

use std::sync::LazyLock;

use crate::model::named::named;

/// The whole table, as documentation prints it.
pub const RIGHTS_CSV: &str = include_str!("rights.csv");

named!(
    /// What somebody is to the office.
    Role {
        /// Cá nhân: sees what everybody sees; extracts by area are not for individuals (S4 Đ15.3a).
        Individual = "ca_nhan",
        /// Tổ chức: may ask for extracts by area (S4 Đ15.3b).
        Organisation = "to_chuc",
        /// Công chức của UBND cấp xã: only their own commune (S4 Đ15.4c).
        CommuneStaff = "ubnd_xa",
        /// Cán bộ của Sở, ngành.
        Official = "can_bo_so",
        /// Đơn vị thi công: only with an approved plan, until acceptance (S0 Đ7.1e, S3 Đ10.4d).
        Contractor = "nha_thau",
        /// Văn thư: registers requests on paper, fees and receipts.
        Clerk = "van_thu",
        /// Người phê duyệt.
        Approver = "phe_duyet",
        /// Quản trị tài khoản (S3 Đ10.1).
        Administrator = "quan_tri",
    }
);

named!(
    /// What can be done.
    Action {
        File = "file",
        View = "view",
        Withdraw = "withdraw",
        /// Set what a request costs, or why nothing.
        Fee = "fee",
        /// Note the receipt of what was paid.
        Receipt = "receipt",
        Approve = "approve",
        Refuse = "refuse",
        Download = "download",
        /// Confirm in writing that an extract or a printed sheet is as it was published (S4 Đ15.4d).
        Confirm = "confirm",
        /// Create, change, lock, reset and close accounts.
        Administer = "administer",
    }
);

named!(
    /// Whose request or account it is.
    Whose { Own = "own", Other = "other" }
);

named!(
    /// Where a request stands.
    State {
        New = "moi",
        AwaitingFee = "cho_nop_phi",
        AwaitingApproval = "cho_duyet",
        ApprovedOnce = "duyet_mot",
        Approved = "da_duyet",
        Refused = "tu_choi",
        Withdrawn = "da_rut",
    }
);

/// One row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Right {
    pub role: Role,
    pub action: Action,
    pub whose: Whose,
    /// Empty where the action has no request yet.
    pub states: Vec<State>,
}

static RIGHTS: LazyLock<Vec<Right>> = LazyLock::new(|| RIGHTS_CSV.lines().skip(1).map(right).collect());

pub fn rights() -> &'static [Right] {
    &RIGHTS
}

/// Whether the table has it. `state` is `None` for what is done before there is a request.
pub fn allows(role: Role, action: Action, whose: Whose, state: Option<State>) -> bool {
    RIGHTS.iter().any(|right| {
        let fits = state.map_or(right.states.is_empty(), |state| right.states.contains(&state));
        (right.role, right.action, right.whose) == (role, action, whose) && fits
    })
}

/// A line of the compiled-in table; a wrong one fails every test and the first use.
fn right(line: &str) -> Right {
    let parts: Vec<&str> = line.split(',').collect();
    let parsed = match parts[..] {
        [role, action, whose, states] => parse(role, action, whose, states),
        _ => None,
    };
    parsed.unwrap_or_else(|| panic!("rights.csv: '{line}' is no right"))
}

fn parse(role: &str, action: &str, whose: &str, states: &str) -> Option<Right> {
    let states = match states {
        "-" => vec![],
        states => states.split(' ').map(State::from_id).collect::<Option<_>>()?,
    };
    Some(Right { role: Role::from_id(role)?, action: Action::from_id(action)?, whose: Whose::from_id(whose)?, states })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn individuals_may_not_ask_for_areas_and_nobody_approves_their_own() {
        assert!(!allows(Role::Individual, Action::File, Whose::Own, None));
        assert!(allows(Role::Organisation, Action::File, Whose::Own, None));
        for role in Role::ALL {
            for state in State::ALL {
                assert!(!allows(*role, Action::Approve, Whose::Own, Some(*state)), "{role:?}");
                assert!(!allows(*role, Action::Download, Whose::Other, Some(*state)), "{role:?}");
            }
        }
    }

    #[test]
    fn no_role_holds_two_of_administering_approving_and_taking() {
        for role in Role::ALL {
            let holds = |action| rights().iter().any(|right| right.role == *role && right.action == action);
            let held = [Action::Administer, Action::Approve, Action::Download].into_iter().filter(|a| holds(*a));
            assert!(held.count() <= 1, "{role:?}");
        }
    }
}
