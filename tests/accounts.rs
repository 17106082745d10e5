//! Accounts, requests and the log under the rules of the regulations, each under its number, by a clock that the
//! test moves. `docs/conformance.md` says which article each comes from.

mod office;

use congbo::account::administer::{By, Change, Letter};
use congbo::account::person::Standing;
use congbo::account::role::{Action, RIGHTS_CSV, Role, State, Whose, allows, rights};
use congbo::account::session::{self, Stage};
use congbo::account::sign_in::Attempt;
use congbo::account::{Office, Person, Refused, second_factor};
use congbo::config::account::{AccountConfig, PasswordConfig};
use congbo::request::confirm::{self, Confirmation, Kind, Standing as Holds};
use congbo::request::decide::{Step, decide};
use congbo::request::file::{Asked, file};
use congbo::request::trace::trace;
use congbo::request::{Request, ticket};
use congbo::supply::polygon::Ring;
use congbo::supply::provenance::Provenance;
use congbo::supply::{Area, Crs, Cut, Format, Output};
use office::{Bureau, PASSWORD, config, publish};

const WRONG: Refused = Refused::Invalid("sign_in");

fn asked(area: &str, edition: &str) -> Asked {
    let purpose = "Lập quy hoạch chi tiết khu dân cư".to_owned();
    let (area, output, edition) = (area.parse().unwrap(), Output::default(), edition.into());
    Asked { area, output, purpose, terms: "1".into(), edition, paper: String::new() }
}

fn standing(bureau: &Bureau, name: &str) -> Standing {
    bureau.person(name).standing(bureau.office.clock.today(), &bureau.office.config)
}

#[test]
fn u01_the_first_administrator_is_made_once_and_makes_all_others() {
    let bureau = Bureau::new();
    let new = bureau.new_account("quantri2", Role::Administrator, &[]);
    assert_eq!(bureau.office.create_account(&By::Founding, &bureau.letter(), &new), Err(Refused::Forbidden));
    bureau.made("quantri2", Role::Administrator, &[]);
    let organisation = bureau.open("tochuc", Role::Organisation, &["*"]);
    let new = bureau.new_account("khac", Role::Organisation, &[]);
    let by = By::Person(&organisation);
    assert_eq!(bureau.office.create_account(&by, &bureau.letter(), &new), Err(Refused::Forbidden));
    assert!(bureau.log().contains("\"denied\""));
}

#[test]
fn u02_nothing_is_done_without_number_date_and_unit_of_a_written_request() {
    let bureau = Bureau::new();
    let administrator = bureau.person("quantri");
    let by = By::Person(&administrator);
    let whole = bureau.letter();
    let tomorrow = whole.date.tomorrow().unwrap();
    for (letter, why) in [
        (Letter { number: " ".into(), ..whole.clone() }, "letter_missing"),
        (Letter { unit: String::new(), ..whole.clone() }, "letter_missing"),
        (Letter { date: tomorrow, ..whole.clone() }, "letter_future"),
    ] {
        let new = bureau.new_account("tochuc", Role::Organisation, &["*"]);
        assert_eq!(bureau.office.create_account(&by, &letter, &new), Err(Refused::Invalid(why)));
        assert_eq!(bureau.office.close_account(&by, &letter, "quantri"), Err(Refused::Invalid(why)));
        let change = Change { communes: Some(vec!["99001".into()]), ..Change::default() };
        assert_eq!(bureau.office.change_account(&by, &letter, "quantri", &change), Err(Refused::Invalid(why)));
    }
    bureau.made("tochuc", Role::Organisation, &["*"]);
    assert!(bureau.log().contains("12/CV 2026-03-04 UBND xã An Minh"));
}

#[test]
fn u03_of_a_citizen_number_only_a_keyed_hash_and_three_digits_are_kept() {
    let bureau = Bureau::new();
    let administrator = bureau.person("quantri");
    let by = By::Person(&administrator);
    for wrong in ["01234567890", "0123456789012", "01234567890a", "000123456789", "097123456789", "", "012 345 678 901"]
    {
        let new = congbo::account::administer::NewAccount {
            citizen_number: wrong.into(),
            ..bureau.new_account("tochuc", Role::Organisation, &["*"])
        };
        let made = bureau.office.create_account(&by, &bureau.letter(), &new);
        assert_eq!(made, Err(Refused::Invalid("citizen_number")), "{wrong}");
    }
    let number = "031987654321";
    let new = congbo::account::administer::NewAccount {
        citizen_number: number.into(),
        ..bureau.new_account("tochuc", Role::Organisation, &["*"])
    };
    let first = bureau.office.create_account(&by, &bureau.letter(), &new).unwrap();
    assert_eq!(bureau.person("tochuc").citizen_end, "321");
    let begun = bureau.sign_in("tochuc", &first).unwrap();
    for secret in
        [number, first.as_str(), begun.token.as_str(), "31987654", congbo::digest::sha256(number.as_bytes()).as_str()]
    {
        for entry in walk(bureau.folder.path()) {
            let bytes = std::fs::read(&entry).unwrap();
            assert!(!holds(&bytes, secret.as_bytes()), "{} holds {secret}", entry.display());
        }
    }
}

#[test]
fn u04_a_person_has_one_account_at_most() {
    let bureau = Bureau::new();
    let administrator = bureau.person("quantri");
    let by = By::Person(&administrator);
    let new = bureau.new_account("tochuc", Role::Organisation, &["*"]);
    bureau.office.create_account(&by, &bureau.letter(), &new).unwrap();
    let second = congbo::account::administer::NewAccount { name: "tochuc2".into(), ..new.clone() };
    let refused = |new| bureau.office.create_account(&by, &bureau.letter(), new).unwrap_err();
    assert_eq!(refused(&second), Refused::Invalid("second_account"));
    bureau.office.close_account(&by, &bureau.letter(), "tochuc").unwrap();
    assert_eq!(refused(&second), Refused::Invalid("second_account"));
    let same_name = bureau.new_account("tochuc", Role::Organisation, &["*"]);
    assert_eq!(refused(&same_name), Refused::Invalid("name_taken"));
}

/// Every role does every step to a request in every state, its own and another's: what the table has happens, and
/// nothing else does.
#[test]
fn u05_every_role_can_do_what_the_table_says_and_nothing_else() {
    let bureau = Bureau::new();
    let edition = publish(&bureau.folder.path().join("dist"));
    let holder = bureau.open("chuphieu", Role::Organisation, &["*"]);
    let people: Vec<Person> = Role::ALL
        .iter()
        .map(|role| {
            let communes: &[&str] = if *role == Role::CommuneStaff { &["99001"] } else { &["*"] };
            bureau.open(&format!("nguoi-{}", role.id().replace('_', "-")), *role, communes)
        })
        .collect();
    let base = file(&bureau.office, &holder, &holder, &asked("xa 99001", &edition.name)).unwrap();
    let (mut tried, mut allowed) = (0, 0);
    for person in &people {
        for state in State::ALL {
            for whose in Whose::ALL {
                for action in Action::ALL.iter().filter(|action| !matches!(action, Action::File | Action::Administer)) {
                    let account = if *whose == Whose::Own { person.id } else { holder.id };
                    put(&bureau.office, &base, account, *state);
                    let done = attempt(&bureau.office, person, &base, *action);
                    let expected = allows(person.role, *action, *whose, Some(*state));
                    assert_eq!(done, expected, "{} {} {} {}", person.role.id(), action.id(), whose.id(), state.id());
                    tried += 1;
                    allowed += usize::from(done);
                }
            }
        }
        for whose in Whose::ALL {
            let for_whom = if *whose == Whose::Own { person } else { &holder };
            let filed = file(&bureau.office, person, for_whom, &asked("xa 99001", &edition.name)).is_ok();
            assert_eq!(filed, allows(person.role, Action::File, *whose, None), "{}", person.role.id());
            let named = if *whose == Whose::Own { &person.name } else { "chuphieu" };
            let locked = bureau.office.lock_account(&By::Person(person), None, named, "thử").is_ok();
            assert_eq!(locked, allows(person.role, Action::Administer, *whose, None), "{}", person.role.id());
            let sheet = confirm::confirm_sheet(&bureau.office, person, "99001-1", &edition).is_ok();
            let may = allows(person.role, Action::Confirm, Whose::Other, None);
            assert_eq!(sheet, may, "{}", person.role.id());
            tried += 3;
        }
    }
    assert_eq!(tried, 8 * (7 * 2 * 8 + 6));
    assert!(allowed > 50, "{allowed}");
}

fn put(office: &Office, code: &str, account: i64, state: State) {
    office
        .write_quietly(|db| {
            let until = (state == State::Approved).then_some("2026-12-31");
            let sql = "UPDATE request SET account = ?2, state = ?3, until = ?4, first_by = NULL, filed_by = ?2 WHERE code = ?1";
            Ok(db.execute(sql, rusqlite::params![code, account, state.id(), until])?)
        })
        .unwrap();
}

fn attempt(office: &Office, who: &Person, code: &str, action: Action) -> bool {
    let step = |step: Step| decide(office, who, code, &step).is_ok();
    match action {
        Action::View => Request::seen_by(office, who, code).is_ok(),
        Action::Withdraw => step(Step::Withdraw),
        Action::Fee => step(Step::Fee(10_000)),
        Action::Receipt => step(Step::Receipt("BL 0001".into())),
        Action::Approve => step(Step::Approve),
        Action::Refuse => step(Step::Refuse("không đủ căn cứ".into())),
        Action::Confirm => {
            let open = |name: &str| {
                let dist = office.log.path().ancestors().nth(2).unwrap().join("dist");
                congbo::release::open_edition(&dist, name).map_err(|_| Refused::Absent)
            };
            confirm::confirm_extract(office, who, code, open).is_ok()
        }
        Action::Download => ticket::issue(office, who, code).is_ok(),
        Action::File | Action::Administer => unreachable!("tried by themselves"),
    }
}

#[test]
fn the_documentation_prints_the_table_that_the_code_uses() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/accounts.md")).unwrap();
    for right in rights() {
        let states: Vec<&str> = right.states.iter().map(|state| state.id()).collect();
        let states = if states.is_empty() { "–".to_owned() } else { states.join(" ") };
        let row = format!("| {} | {} | {} | {states} |", right.role.id(), right.action.id(), right.whose.id());
        assert!(text.contains(&row), "docs/accounts.md lacks: {row}");
    }
    let rows =
        text.lines().filter(|line| line.ends_with(" |") && (line.contains("| own |") || line.contains("| other |")));
    assert_eq!(rows.count(), RIGHTS_CSV.lines().count() - 1);
}

#[test]
fn u06_u11_a_contractor_needs_a_plan_and_a_last_day_and_is_locked_after_it_or_at_acceptance() {
    let bureau = Bureau::new();
    let administrator = bureau.person("quantri");
    let by = By::Person(&administrator);
    let whole = bureau.new_account("nhathau", Role::Contractor, &["99001"]);
    for new in [
        congbo::account::administer::NewAccount { plan: None, ..whole.clone() },
        congbo::account::administer::NewAccount { plan: Some(" ".into()), ..whole.clone() },
        congbo::account::administer::NewAccount { expires_on: None, ..whole.clone() },
    ] {
        let made = bureau.office.create_account(&by, &bureau.letter(), &new);
        assert_eq!(made, Err(Refused::Invalid("contractor_plan")));
    }
    bureau.open("nhathau", Role::Contractor, &["99001"]);
    let change = Change { expires_on: Some("2026-03-31".parse().unwrap()), ..Change::default() };
    bureau.office.change_account(&by, &bureau.letter(), "nhathau", &change).unwrap();
    bureau.at("2026-03-31T23:59:59");
    assert!(bureau.sign_in("nhathau", PASSWORD).is_ok());
    bureau.at("2026-04-01T00:00:00");
    assert_eq!(standing(&bureau, "nhathau"), Standing::Locked("expired"));
    assert_eq!(bureau.sign_in("nhathau", PASSWORD).err(), Some(WRONG));
    bureau.open("nhathau2", Role::Contractor, &["99001"]);
    bureau.office.lock_account(&by, None, "nhathau2", "accepted").unwrap();
    assert_eq!(bureau.sign_in("nhathau2", PASSWORD).err(), Some(WRONG));
}

#[test]
fn u07_before_the_first_password_is_changed_nothing_else_works() {
    let bureau = Bureau::new();
    let first = bureau.made("tochuc", Role::Organisation, &["*"]);
    let begun = bureau.sign_in("tochuc", &first).unwrap();
    assert_eq!(begun.stage, Stage::Password);
    let session = bureau.session(&begun);
    let choose =
        |old: &str, new: &str, terms: &str| bureau.office.choose_password(&session, old, new, terms, "local").err();
    assert_eq!(choose("sai mật khẩu này", PASSWORD, "1"), Some(Refused::Invalid("password_old")));
    assert_eq!(choose(&first, &first, "1"), Some(Refused::Invalid("password_reused")));
    assert_eq!(choose(&first, PASSWORD, "0"), Some(Refused::Invalid("terms")));
    assert_eq!(choose(&first, "tochuc tochuc", "1"), Some(Refused::Invalid("password_common")));
    assert_eq!(choose(&first, PASSWORD, "1"), None);
    assert!(bureau.office.signed_in(&begun.token).unwrap().is_none(), "the session has a new number");
    assert_eq!(bureau.sign_in("tochuc", &first).err(), Some(WRONG));
    assert_eq!(bureau.sign_in("tochuc", PASSWORD).unwrap().stage, Stage::Open);
}

#[test]
fn u08_a_first_password_holds_for_seven_days_and_not_on_the_eighth() {
    let bureau = Bureau::new();
    bureau.at("2026-03-04T23:30:00");
    let first = bureau.made("tochuc", Role::Organisation, &["*"]);
    bureau.at("2026-03-11T23:59:59");
    assert!(bureau.sign_in("tochuc", &first).is_ok());
    let begun = bureau.sign_in("tochuc", &first).unwrap();
    bureau.at("2026-03-12T00:00:00");
    assert_eq!(standing(&bureau, "tochuc"), Standing::Locked("first_password"));
    assert_eq!(bureau.sign_in("tochuc", &first).err(), Some(WRONG));
    assert!(bureau.office.signed_in(&begun.token).unwrap().is_none(), "a session does not outlive the rule");
    assert!(bureau.office.sweep().unwrap().contains(&("tochuc".into(), "first_password")));
    assert_eq!(bureau.office.sweep().unwrap(), []);
}

#[test]
fn u09_three_calendar_months_without_use_lock_an_account() {
    let bureau = Bureau::new();
    bureau.at("2026-11-30T10:00:00");
    bureau.open("tochuc", Role::Organisation, &["*"]);
    bureau.at("2027-02-28T23:59:59");
    assert_eq!(standing(&bureau, "tochuc"), Standing::Open);
    bureau.at("2027-03-01T00:00:00");
    assert_eq!(standing(&bureau, "tochuc"), Standing::Locked("unused"));
    assert_eq!(bureau.sign_in("tochuc", PASSWORD).err(), Some(WRONG));
    let administrator = bureau.person("quantri");
    let first = bureau.office.unlock_account(&By::Person(&administrator), &bureau.letter(), "tochuc").unwrap();
    assert_eq!(bureau.sign_in("tochuc", &first).unwrap().stage, Stage::Password);
}

#[test]
fn u10_who_lost_an_account_locks_it_at_once_and_every_session_ends() {
    let bureau = Bureau::new();
    bureau.open("tochuc", Role::Organisation, &["*"]);
    let begun: Vec<_> = (0..2).map(|_| bureau.sign_in("tochuc", PASSWORD).unwrap()).collect();
    bureau.office.report_lost(&bureau.session(&begun[0])).unwrap();
    assert!(begun.iter().all(|begun| bureau.office.signed_in(&begun.token).unwrap().is_none()));
    assert_eq!(bureau.sign_in("tochuc", PASSWORD).err(), Some(WRONG));
    assert!(bureau.log().lines().last().is_some() && bureau.log().contains("\"account.lock\",\"object\":\"lost\""));
}

#[test]
fn u12_u13_who_leaves_is_locked_at_once_and_on_the_list_for_five_working_days() {
    let bureau = Bureau::new();
    bureau.at("2026-04-28T16:00:00");
    bureau.open("canbo", Role::Official, &["*"]);
    let administrator = bureau.person("quantri");
    let by = By::Person(&administrator);
    let begun = bureau.sign_in("canbo", PASSWORD).unwrap();
    // Tuesday; Thursday and Friday are days off.
    let due = bureau.office.note_departure(&by, &bureau.letter(), "canbo").unwrap();
    assert_eq!(due.to_string(), "2026-05-07");
    assert!(bureau.office.signed_in(&begun.token).unwrap().is_none());
    assert_eq!(bureau.sign_in("canbo", PASSWORD).err(), Some(WRONG));
    bureau.at("2026-05-07T23:00:00");
    assert_eq!(bureau.office.departures().unwrap(), [("canbo".into(), due, false)]);
    bureau.at("2026-05-08T00:00:00");
    assert_eq!(bureau.office.departures().unwrap(), [("canbo".into(), due, true)]);
    bureau.office.close_account(&by, &bureau.letter(), "canbo").unwrap();
    assert_eq!(bureau.office.departures().unwrap(), []);
    assert_eq!(standing(&bureau, "canbo"), Standing::Closed);
}

#[test]
fn u14_the_rule_of_the_province_changes_passwords_after_three_months_and_takes_none_of_before() {
    let password = PasswordConfig { min_length: 8, classes: true, rotate_months: 3 };
    let bureau = Bureau::with(AccountConfig { password, unused_months: 12, ..config() });
    let first = bureau.made("tochuc", Role::Organisation, &["*"]);
    let choose = |old: &str, new: &str| {
        let session = bureau.session(&bureau.sign_in("tochuc", old).unwrap());
        bureau.office.choose_password(&session, old, new, "1", "local").map(drop)
    };
    assert_eq!(choose(&first, "khong co hoa 1#"), Err(Refused::Invalid("password_classes")));
    assert_eq!(choose(&first, "Vịt7#cầu"), Ok(()));
    bureau.at("2026-06-04T23:59:59");
    assert_eq!(bureau.sign_in("tochuc", "Vịt7#cầu").unwrap().stage, Stage::Open);
    let begun = bureau.sign_in("tochuc", "Vịt7#cầu").unwrap();
    bureau.at("2026-06-05T00:00:00");
    assert_eq!(bureau.session(&begun).stage, Stage::Password);
    assert_eq!(bureau.sign_in("tochuc", "Vịt7#cầu").unwrap().stage, Stage::Password);
    assert_eq!(choose("Vịt7#cầu", "Ngỗng8$sông"), Ok(()));
    assert_eq!(choose("Ngỗng8$sông", "Vịt7#cầu"), Err(Refused::Invalid("password_reused")));
}

#[test]
fn u15_a_forgotten_password_goes_through_the_unit_and_begins_as_a_first_one() {
    let bureau = Bureau::new();
    bureau.open("tochuc", Role::Organisation, &["*"]);
    let administrator = bureau.person("quantri");
    let by = By::Person(&administrator);
    let foreign = Letter { unit: "Sở Xây dựng".into(), ..bureau.letter() };
    assert_eq!(bureau.office.reset_password(&by, &foreign, "tochuc"), Err(Refused::Invalid("letter_unit")));
    let first = bureau.office.reset_password(&by, &bureau.letter(), "tochuc").unwrap();
    assert_eq!(bureau.sign_in("tochuc", PASSWORD).err(), Some(WRONG));
    assert_eq!(bureau.sign_in("tochuc", &first).unwrap().stage, Stage::Password);
    bureau.at("2026-03-12T00:00:00");
    assert_eq!(bureau.sign_in("tochuc", &first).err(), Some(WRONG));
}

#[test]
fn u16_an_account_is_signed_in_at_three_places_and_the_oldest_gives_way() {
    let bureau = Bureau::new();
    bureau.open("tochuc", Role::Organisation, &["*"]);
    let begun: Vec<_> = (0..4)
        .map(|_| {
            bureau.later(1);
            bureau.sign_in("tochuc", PASSWORD).unwrap()
        })
        .collect();
    let alive: Vec<bool> = begun.iter().map(|one| bureau.office.signed_in(&one.token).unwrap().is_some()).collect();
    assert_eq!(alive, [false, true, true, true]);
    let person = bureau.person("tochuc");
    assert_eq!(bureau.office.read(|db| session::list(db, person.id)).unwrap().len(), 3);
    bureau.office.sign_out(&bureau.session(&begun[3]), true).unwrap();
    assert!(begun.iter().all(|one| bureau.office.signed_in(&one.token).unwrap().is_none()));
}

#[test]
fn s18_a_session_ends_after_half_an_hour_of_rest_and_after_twelve_hours() {
    let bureau = Bureau::new();
    bureau.open("tochuc", Role::Organisation, &["*"]);
    let rests = bureau.sign_in("tochuc", PASSWORD).unwrap();
    bureau.later(30 * 60);
    assert!(bureau.office.signed_in(&rests.token).unwrap().is_some());
    bureau.later(30 * 60 + 1);
    assert!(bureau.office.signed_in(&rests.token).unwrap().is_none());
    let works = bureau.sign_in("tochuc", PASSWORD).unwrap();
    for _ in 0..48 {
        bureau.later(15 * 60);
        assert!(bureau.office.signed_in(&works.token).unwrap().is_some());
    }
    bureau.later(1);
    assert!(bureau.office.signed_in(&works.token).unwrap().is_none());
}

#[test]
fn s16_guesses_are_counted_over_a_restart_and_hold_up_nobody_who_was_there_before() {
    let bureau = Bureau::new();
    bureau.open("tochuc", Role::Organisation, &["*"]);
    let known = bureau.sign_in("tochuc", PASSWORD).unwrap().browser;
    let guess = |office: &Office, name: &str, place: &str, browser: &str, password: &str| {
        office.sign_in(&Attempt { name, password, place, browser }).err()
    };
    let places: Vec<String> = (0..500).map(|i| format!("10.{}.{}.0/24", i / 250, i % 250)).collect();
    let first: Vec<_> =
        places.iter().take(10).map(|place| guess(&bureau.office, "tochuc", place, "", "đoán mò")).collect();
    assert!(first.iter().all(|refused| *refused == Some(WRONG)));
    let again = bureau.reopened();
    assert!(places.iter().skip(10).all(|place| guess(&again, "tochuc", place, "", PASSWORD) == Some(Refused::Limited)));
    assert_eq!(guess(&again, "tochuc", "10.9.9.0/24", &known, PASSWORD), None, "a browser that is known comes in");
    let forged = format!("2.{}", "0".repeat(64));
    assert_eq!(guess(&again, "tochuc", "10.9.9.0/24", &forged, PASSWORD), Some(Refused::Limited));
    bureau.later(15 * 60);
    assert_eq!(guess(&again, "tochuc", "10.9.8.0/24", "", PASSWORD), None, "nobody is kept out for longer");
    // One password for many names, from one place.
    let tried =
        (0..300).filter(|i| guess(&again, &format!("ten{i}"), "192.0.2.0/24", "", "đoán mò") == Some(WRONG)).count();
    assert_eq!(tried, 100);
    assert_eq!(bureau.log().matches("\"result\":\"limited\"").count(), 490 + 1 + 200);
}

#[test]
fn s17_unknown_known_and_locked_names_get_the_same_answer_after_the_same_work() {
    let bureau = Bureau::with(AccountConfig {
        hashing: congbo::config::account::HashingConfig { memory_mib: 2, passes: 2 },
        ..config()
    });
    bureau.open("cotaikhoan", Role::Organisation, &["*"]);
    bureau.open("bikhoa", Role::Organisation, &["*"]);
    let administrator = bureau.person("quantri");
    bureau.office.lock_account(&By::Person(&administrator), None, "bikhoa", "lost").unwrap();
    // Times are compared by `scripts/prove sign-ins` alone: beside other tests a clock tells of them, not of us.
    let timed: Option<usize> = std::env::var("SIGN_INS").ok().and_then(|n| n.parse().ok());
    let rounds = timed.unwrap_or(10);
    let mut times = [vec![], vec![], vec![]];
    for round in 0..rounds {
        for (i, name) in ["cotaikhoan", "khongco", "bikhoa"].iter().enumerate() {
            let place = format!("10.{}.{}.0/24", round / 250, round % 250);
            let (begun, made) = (std::time::Instant::now(), bureau.office.hasher.made());
            let refused =
                bureau.office.sign_in(&Attempt { name, password: "đoán mò thôi", place: &place, browser: "" });
            times[i].push(begun.elapsed().as_secs_f64() * 1000.0);
            assert_eq!(refused.err(), Some(WRONG));
            assert_eq!(bureau.office.hasher.made() - made, 1, "{name}: the work is one hash");
        }
        bureau.later(200);
    }
    if timed.is_none() {
        return;
    }
    // A clock of a busy machine: the middle half counts.
    let middle = times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 4..times.len() * 3 / 4].to_vec()
    });
    for (a, b) in [(0, 1), (0, 2), (1, 2)] {
        let (of_a, of_b) = (mean(&middle[a]), mean(&middle[b]));
        let t = welch(&middle[a], &middle[b]);
        assert!(t < 4.5 || (of_a - of_b).abs() < 0.05 * of_a, "{a} {of_a:.3} ms, {b} {of_b:.3} ms, t {t:.1}");
    }
}

fn mean(times: &[f64]) -> f64 {
    times.iter().sum::<f64>() / times.len() as f64
}

fn welch(a: &[f64], b: &[f64]) -> f64 {
    let spread = |times: &[f64]| {
        let mean = mean(times);
        times.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / (times.len() - 1) as f64 / times.len() as f64
    };
    (mean(a) - mean(b)).abs() / (spread(a) + spread(b)).sqrt().max(f64::EPSILON)
}

#[test]
fn the_second_factor_of_an_approver_is_asked_for_and_taken_once() {
    let bureau = Bureau::new();
    bureau.open("duyet", Role::Approver, &[]);
    let address = bureau.office.begin_second_factor("duyet", "99").unwrap();
    assert!(address.starts_with("otpauth://totp/99:duyet?secret="));
    let secret = bureau.person("duyet").totp.unwrap();
    let code = || second_factor::code_at(&secret, bureau.office.clock.seconds()).unwrap();
    let begun = bureau.sign_in("duyet", PASSWORD).unwrap();
    assert_eq!(begun.stage, Stage::Code);
    let session = bureau.session(&begun);
    assert_eq!(
        bureau.office.choose_password(&session, PASSWORD, "một câu hoàn toàn khác", "1", "x").err(),
        Some(Refused::Forbidden)
    );
    assert_eq!(bureau.office.give_code(&session, "000000", "x").err(), Some(Refused::Invalid("code")));
    let used = code();
    let opened = bureau.office.give_code(&session, &used, "x").unwrap();
    assert_eq!(opened.stage, Stage::Open);
    assert!(bureau.office.signed_in(&begun.token).unwrap().is_none());
    let again = bureau.session(&bureau.sign_in("duyet", PASSWORD).unwrap());
    assert_eq!(bureau.office.give_code(&again, &used, "x").err(), Some(Refused::Invalid("code")));
    bureau.later(30);
    assert!(bureau.office.give_code(&again, &code(), "x").is_ok());
}

#[test]
fn e03_e04_individuals_get_no_areas_and_a_commune_only_its_own() {
    let bureau = Bureau::new();
    let ask = |who: &Person, area: &str| file(&bureau.office, who, who, &asked(area, "e"));
    let individual = bureau.open("canhan", Role::Individual, &["*"]);
    assert_eq!(ask(&individual, "xa 99001"), Err(Refused::Forbidden));
    let clerk = bureau.open("vanthu", Role::Clerk, &[]);
    let on_paper = Asked { paper: "P 01".into(), ..asked("xa 99001", "e") };
    assert_eq!(file(&bureau.office, &clerk, &individual, &on_paper), Err(Refused::Forbidden));
    let commune = bureau.open("anminh", Role::CommuneStaff, &["99001"]);
    assert_eq!(ask(&commune, "xa 99002"), Err(Refused::Forbidden));
    assert_eq!(ask(&commune, "xa 99001 99002"), Err(Refused::Forbidden));
    assert!(ask(&commune, "xa 99001").is_ok());
    assert!(file(&bureau.office, &clerk, &commune, &on_paper).is_ok(), "E09: a clerk registers a paper");
}

#[test]
fn e11_e12_a_purpose_and_the_terms_are_asked_for_and_kept_with_version_and_time() {
    let bureau = Bureau::new();
    let who = bureau.open("tochuc", Role::Organisation, &["*"]);
    let refused = |asked: Asked| file(&bureau.office, &who, &who, &asked).unwrap_err();
    let whole = asked("xa 99001", "e");
    assert_eq!(refused(Asked { purpose: "  ngắn  ".into(), ..whole.clone() }), Refused::Invalid("purpose"));
    assert_eq!(refused(Asked { purpose: "x".repeat(501), ..whole.clone() }), Refused::Invalid("purpose"));
    for number in ["của ông 012345678901", "liên hệ 0912 345 678", "số 123.456.789"] {
        let purpose = format!("Lập quy hoạch {number}");
        assert_eq!(refused(Asked { purpose, ..whole.clone() }), Refused::Invalid("purpose_number"), "{number}");
    }
    assert_eq!(refused(Asked { terms: "0".into(), ..whole.clone() }), Refused::Invalid("terms"));
    let code = file(&bureau.office, &who, &who, &whole).unwrap();
    let kept = bureau.office.read(|db| Request::by_code(db, &code)).unwrap();
    assert_eq!((kept.terms.as_str(), kept.terms_at), ("1", bureau.office.clock.seconds()));
    assert_eq!(kept.due_on.to_string(), "2026-03-04");
    assert_eq!(kept.latest_on.to_string(), "2026-03-18");
}

#[test]
fn e07_e28_a_fee_is_paid_with_a_receipt_and_two_people_approve() {
    let bureau = Bureau::new();
    let who = bureau.open("tochuc", Role::Organisation, &["*"]);
    let clerk = bureau.open("vanthu", Role::Clerk, &[]);
    let [first, second] = ["duyet1", "duyet2"].map(|name| bureau.open(name, Role::Approver, &[]));
    let code = file(&bureau.office, &who, &who, &asked("xa 99001", "e")).unwrap();
    let step = |who: &Person, step: Step| decide(&bureau.office, who, &code, &step);
    assert_eq!(step(&first, Step::Approve), Err(Refused::Forbidden), "nothing is paid yet");
    assert_eq!(step(&clerk, Step::Fee(0)), Err(Refused::Invalid("fee")));
    assert_eq!(step(&clerk, Step::Fee(300_000)), Ok(State::AwaitingFee));
    assert_eq!(step(&clerk, Step::Receipt(" ".into())), Err(Refused::Invalid("receipt")));
    assert_eq!(step(&clerk, Step::Receipt("BL 0001".into())), Ok(State::AwaitingApproval));
    assert_eq!(step(&clerk, Step::Approve), Err(Refused::Forbidden));
    assert_eq!(step(&first, Step::Approve), Ok(State::ApprovedOnce));
    assert_eq!(ticket::issue(&bureau.office, &who, &code).err(), Some(Refused::Forbidden));
    assert_eq!(step(&first, Step::Approve), Err(Refused::Invalid("second_person")));
    assert_eq!(step(&second, Step::Approve), Ok(State::Approved));
    assert_eq!(step(&second, Step::Refuse("nghĩ lại".into())), Err(Refused::Forbidden));
    assert!(ticket::issue(&bureau.office, &who, &code).is_ok());
    let free = file(&bureau.office, &who, &who, &asked("xa 99001", "e")).unwrap();
    assert_eq!(
        decide(&bureau.office, &clerk, &free, &Step::Exempt("cơ quan nhà nước".into())),
        Ok(State::AwaitingApproval)
    );
    assert_eq!(decide(&bureau.office, &first, &free, &Step::Refuse("".into())), Err(Refused::Invalid("reason")));
    assert_eq!(decide(&bureau.office, &first, &free, &Step::Refuse("trùng yêu cầu".into())), Ok(State::Refused));
    let kept = bureau.office.read(|db| Request::by_code(db, &free)).unwrap();
    assert_eq!(kept.reason, "trùng yêu cầu");
}

fn approvers(bureau: &Bureau) {
    for name in ["duyet1", "duyet2"] {
        bureau.open(name, Role::Approver, &[]);
    }
}

/// A request that two people approved.
fn approved(bureau: &Bureau, who: &Person, area: &str, edition: &str) -> String {
    approved_as(bureau, who, area, edition, Output::default())
}

fn approved_as(bureau: &Bureau, who: &Person, area: &str, edition: &str, output: Output) -> String {
    let code = file(&bureau.office, who, who, &Asked { output, ..asked(area, edition) }).unwrap();
    put(&bureau.office, &code, who.id, State::AwaitingApproval);
    for name in ["duyet1", "duyet2"] {
        decide(&bureau.office, &bureau.person(name), &code, &Step::Approve).unwrap();
    }
    code
}

fn whole(cut: &Cut) -> Option<std::ops::Range<u64>> {
    Some(0..cut.bytes)
}

#[test]
fn s21_a_ticket_holds_for_its_account_request_file_a_quarter_of_an_hour_and_three_times() {
    let bureau = Bureau::new();
    let edition = publish(&bureau.folder.path().join("dist"));
    let [who, other] = ["tochuc", "tochuc2"].map(|name| bureau.open(name, Role::Organisation, &["*"]));
    approvers(&bureau);
    let code = approved(&bureau, &who, "xa 99001", &edition.name);
    let second = approved(&bureau, &who, "xa 99002", &edition.name);
    let of_other = approved(&bureau, &other, "xa 99001", &edition.name);
    let leave = ticket::issue(&bureau.office, &who, &code).unwrap();
    let fetch = |who: &Person, code: &str, file: &str, token: &str| {
        ticket::redeem(&bureau.office, who, code, file, token, |_| Ok(edition.clone()), whole).map(drop)
    };
    let refused = Err(Refused::Forbidden);
    assert_eq!(fetch(&other, &code, &leave.file, &leave.token), refused);
    assert_eq!(fetch(&who, &second, &leave.file, &leave.token), refused);
    assert_eq!(fetch(&other, &of_other, &leave.file, &leave.token), refused);
    assert_eq!(fetch(&who, &code, "yc-2026-000002.fgb", &leave.token), refused);
    let mutants: usize = std::env::var("TICKETS").ok().and_then(|n| n.parse().ok()).unwrap_or(2_000);
    for i in 0..mutants {
        let mut token = leave.token.clone().into_bytes();
        let (at, by) = (i % token.len(), 1 + (i / token.len()) % 127);
        token[at] = (token[at] ^ by as u8) & 0x7f;
        let token = String::from_utf8(token).unwrap();
        assert_eq!(fetch(&who, &code, &leave.file, &token), refused, "{token}");
    }
    for cut_off in 0..leave.token.len() {
        assert_eq!(fetch(&who, &code, &leave.file, &leave.token[..cut_off]), refused);
    }
    bureau.later(14 * 60 + 59);
    for _ in 0..3 {
        assert_eq!(fetch(&who, &code, &leave.file, &leave.token), Ok(()));
    }
    assert_eq!(fetch(&who, &code, &leave.file, &leave.token), refused);
    let late = ticket::issue(&bureau.office, &who, &code).unwrap();
    bureau.later(15 * 60);
    assert_eq!(fetch(&who, &code, &late.file, &late.token), refused);
    assert!(!bureau.log().contains(&leave.token[3..]) && !bureau.log().contains(&late.token[3..]));
}

#[test]
fn s22_a_day_has_a_quota_and_an_alarm_before_it() {
    let bureau = Bureau::with(AccountConfig { features_per_day: 1000, ..config() });
    let edition = publish(&bureau.folder.path().join("dist"));
    let who = bureau.open("tochuc", Role::Organisation, &["*"]);
    approvers(&bureau);
    let code = approved(&bureau, &who, "xa 99001", &edition.name);
    let fetch = || {
        let leave = ticket::issue(&bureau.office, &who, &code).unwrap();
        ticket::redeem(&bureau.office, &who, &code, &leave.file, &leave.token, |_| Ok(edition.clone()), whole).map(drop)
    };
    assert_eq!([fetch(), fetch()], [Ok(()), Ok(())]);
    assert!(!bureau.log().contains("quota.alarm"));
    assert_eq!(fetch(), Ok(()));
    assert!(bureau.log().contains("quota.alarm"));
    assert_eq!(fetch(), Err(Refused::Limited));
    bureau.at("2026-03-05T00:00:00");
    assert_eq!(fetch(), Ok(()));
}

#[test]
fn e14_the_file_leads_back_to_its_request_and_tells_when_it_was_changed() {
    let bureau = Bureau::new();
    let edition = publish(&bureau.folder.path().join("dist"));
    let who = bureau.open("tochuc", Role::Organisation, &["*"]);
    approvers(&bureau);
    let code = approved(&bureau, &who, "vung 106.35 20.8 106.355 20.9", &edition.name);
    let (text, signature) = ticket::receipt(&bureau.office, &who, &code, |_| Ok(edition.clone())).unwrap();
    let leave = ticket::issue(&bureau.office, &who, &code).unwrap();
    let fetched =
        ticket::redeem(&bureau.office, &who, &code, &leave.file, &leave.token, |_| Ok(edition.clone()), whole).unwrap();
    let cut = fetched.0.cut;
    let mut bytes = cut.read(0, cut.bytes).unwrap();
    let receipt: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(receipt["sha256"], congbo::digest::sha256(&bytes));
    assert_eq!(receipt["features"], 6);
    assert!(congbo::audit::seal::holds(&[bureau.office.seal.public_key()], text.as_bytes(), &signature));
    assert!(!congbo::audit::seal::holds(
        &[bureau.office.seal.public_key()],
        text.replace('6', "7").as_bytes(),
        &signature
    ));
    let path = bureau.folder.path().join("tep.fgb");
    std::fs::write(&path, &bytes).unwrap();
    let traced = trace(&bureau.office, &path, &[], |_| Ok(edition.clone())).unwrap();
    assert_eq!((traced.request.code.as_str(), traced.person.name.as_str()), (code.as_str(), "tochuc"));
    assert_eq!((traced.fetched, traced.intact), (1, Some(true)));
    assert_eq!((traced.said, traced.marked), (Some(code), None));
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    assert_eq!(trace(&bureau.office, &path, &[], |_| Ok(edition.clone())).unwrap().intact, Some(false));
    std::fs::write(&path, office::parcels("99001", 3, 106.0)).unwrap();
    assert_eq!(
        trace(&bureau.office, &path, &[], |_| Ok(edition.clone())).err(),
        Some(Refused::Invalid("no_provenance"))
    );
}

#[test]
fn a_box_is_cut_from_the_communes_of_the_account_only() {
    let bureau = Bureau::new();
    let edition = publish(&bureau.folder.path().join("dist"));
    let everywhere = bureau.open("tochuc", Role::Organisation, &["*"]);
    let commune = bureau.open("anminh", Role::CommuneStaff, &["99001"]);
    approvers(&bureau);
    let features = |who: &Person| {
        let code = approved(&bureau, who, "vung 106.2 20.8 107 20.9", &edition.name);
        let request = bureau.office.read(|db| Request::by_code(db, &code)).unwrap();
        ticket::cut(&bureau.office, who, &request, &edition).unwrap().features
    };
    assert_eq!((features(&everywhere), features(&commune)), (500, 300));
    let request = |area: &str| {
        let code = approved(&bureau, &everywhere, area, &edition.name);
        bureau.office.read(|db| Request::by_code(db, &code)).unwrap()
    };
    let nothing = ticket::cut(&bureau.office, &everywhere, &request("vung 100 10 100.5 10.5"), &edition).err();
    assert_eq!(nothing, Some(Refused::Invalid("nothing_there")));
}

#[test]
fn a_cut_is_read_back_whole_with_its_own_index_and_any_part_is_the_same_bytes() {
    use flatgeobuf::{FallibleStreamingIterator, FeatureProperties, FgbReader};
    let bureau = Bureau::new();
    let edition = publish(&bureau.folder.path().join("dist"));
    let provenance = provenance();
    let area: Area = "xa 99001 99002".parse().unwrap();
    let order = congbo::supply::Order {
        edition: &edition,
        area: &area,
        within: None,
        output: &Output::default(),
        provenance: &provenance,
        mark: Some(std::sync::Arc::new(congbo::supply::mark::Mark::new(b"secret"))),
        spool: bureau.folder.path(),
    };
    let cut = congbo::supply::cut(&order).unwrap();
    let bytes = cut.read(0, cut.bytes).unwrap();
    assert_eq!(bytes.len() as u64, cut.bytes);
    let mut reader = FgbReader::open(std::io::Cursor::new(&bytes)).unwrap();
    assert_eq!(reader.header().features_count(), 500);
    assert!(reader.header().metadata().unwrap().contains("YC-2026-000001"));
    assert!(reader.header().metadata().unwrap().contains("thua-dat"));
    let mut features = reader.select_all().unwrap();
    let mut communes = std::collections::BTreeMap::new();
    while let Some(feature) = features.next().unwrap() {
        *communes.entry(feature.property::<String>("maXa").unwrap()).or_insert(0) += 1;
    }
    assert_eq!(communes, [("99001".to_owned(), 300), ("99002".to_owned(), 200)].into());
    reader = FgbReader::open(std::io::Cursor::new(&bytes)).unwrap();
    let found = reader.select_bbox(106.3002, 20.8501, 106.3003, 20.8502).unwrap();
    assert_eq!(found.features_count(), Some(1), "the index finds what lies there");
    for i in 0..200u64 {
        let (start, length) = (i * 7919 % cut.bytes, 1 + i * 104_729 % 5000);
        let end = (start + length).min(cut.bytes);
        assert_eq!(cut.read(start, length).unwrap(), bytes[start as usize..end as usize]);
    }
    assert_eq!(congbo::supply::cut(&order).unwrap().tag, cut.tag);
}

fn provenance() -> Provenance {
    Provenance {
        request: "YC-2026-000001".into(),
        purpose: String::new(),
        area: String::new(),
        edition: String::new(),
        root: String::new(),
        decisions: vec![],
        granted_on: "2026-03-04".parse().unwrap(),
        terms: "1".into(),
        licence: String::new(),
        citation: String::new(),
        source: String::new(),
    }
}

#[test]
fn an_area_is_a_sheet_a_polygon_or_communes_and_takes_what_lies_in_it() {
    let bureau = Bureau::new();
    let edition = publish(&bureau.folder.path().join("dist"));
    let who = bureau.open("tochuc", Role::Organisation, &["*"]);
    let features = |area: &str| {
        let (area, output, provenance): (Area, _, _) = (area.parse().unwrap(), Output::default(), provenance());
        let spool = bureau.folder.path();
        let order = congbo::supply::Order {
            edition: &edition,
            area: &area,
            within: None,
            output: &output,
            provenance: &provenance,
            mark: None,
            spool,
        };
        congbo::supply::cut(&order).map_or(0, |cut| cut.features)
    };
    for (area, expected) in [
        ("to 99001 6", 50),
        ("to 99001 7", 0),
        ("to 99002 1", 50),
        // Ten parcels and the edge of an eleventh; and a hole that one of ten lies in wholly.
        ("da_giac 106.3001 20.8501, 106.310001 20.8501, 106.310001 20.8502, 106.3001 20.8502", 11),
        (
            "da_giac 106.2999 20.84, 106.3099 20.84, 106.3099 20.86, 106.2999 20.86; 106.3009 20.8495, 106.3019 20.8495, 106.3019 20.851, 106.3009 20.851",
            9,
        ),
        ("da_giac 106.5 20.84, 106.6 20.84, 106.6 20.842", 0),
        ("da_giac 106.65 20.84, 106.66 20.84, 106.66 20.842", 0),
    ] {
        assert_eq!(features(area), expected, "{area}");
    }
    let commune = bureau.open("anminh", Role::CommuneStaff, &["99001"]);
    let refused = file(&bureau.office, &commune, &commune, &asked("to 99002 1", "e"));
    assert_eq!(refused, Err(Refused::Forbidden));
    assert!(file(&bureau.office, &who, &who, &asked("to 99002 1", "e")).is_ok());
}

/// What is fetched of a request.
fn fetched(bureau: &Bureau, who: &Person, code: &str, edition: &congbo::release::OpenEdition) -> (String, Vec<u8>) {
    let leave = ticket::issue(&bureau.office, who, code).unwrap();
    let open = |_: &str| Ok(edition.clone());
    let (download, _) = ticket::redeem(&bureau.office, who, code, &leave.file, &leave.token, open, whole).unwrap();
    let bytes = download.cut.read(0, download.cut.bytes).unwrap();
    for i in 0..20u64 {
        let (start, length) = (i * 7919 % download.cut.bytes, 1 + i * 104_729 % 5000);
        let end = (start + length).min(download.cut.bytes);
        assert_eq!(download.cut.read(start, length).unwrap(), bytes[start as usize..end as usize]);
    }
    (leave.file, bytes)
}

/// Outer rings of a file, by the readers of sources.
fn outlines(file: &std::path::Path) -> Vec<Ring> {
    let (folder, name) = (file.parent().unwrap(), std::path::Path::new(file.file_name().unwrap()));
    let source = congbo::read::outlines::source(name);
    congbo::read::outlines::outlines(&*congbo::read::open(folder, name, &source).unwrap()).unwrap()
}

#[test]
fn e02_every_format_holds_every_parcel_says_its_request_and_is_the_same_bytes_made_anew() {
    let bureau = Bureau::new();
    let edition = publish(&bureau.folder.path().join("dist"));
    let who = bureau.open("tochuc", Role::Organisation, &["*"]);
    approvers(&bureau);
    for (format, crs) in Format::ALL.iter().flat_map(|format| Crs::ALL.iter().map(move |crs| (*format, *crs))) {
        let Ok(output) = Output::new(format, crs, &["maXa", "dienTich", "diaChiThuaDat"]) else {
            assert!(!format.takes(crs));
            continue;
        };
        let code = approved_as(&bureau, &who, "xa 99001", &edition.name, output);
        let (name, bytes) = fetched(&bureau, &who, &code, &edition);
        std::fs::remove_dir_all(bureau.plan.folder.join("spool")).unwrap();
        assert!(fetched(&bureau, &who, &code, &edition).1 == bytes, "{name} {crs:?} is made otherwise the second time");
        let path = bureau.folder.path().join(&name);
        std::fs::write(&path, &bytes).unwrap();
        let traced = trace(&bureau.office, &path, &[], |_| Ok(edition.clone())).unwrap();
        assert_eq!((traced.said.as_ref(), traced.intact), (Some(&code), Some(true)), "{name}");
        if ["gpkg", "fgb", "geojson"].contains(&format.ending()) {
            assert_eq!(outlines(&path).len(), 300, "{name}");
        }
    }
}

#[test]
fn no_cell_of_a_table_begins_like_a_formula_and_codes_stay_text() {
    let bureau = Bureau::new();
    let edition = publish(&bureau.folder.path().join("dist"));
    let who = bureau.open("tochuc", Role::Organisation, &["*"]);
    approvers(&bureau);
    let code = approved_as(&bureau, &who, "to 99001 1", &edition.name, Output::parse("csv-diem", "", "").unwrap());
    let (_, bytes) = fetched(&bureau, &who, &code, &edition);
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut read = |name: &str| {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut archive.by_name(name).unwrap(), &mut text).unwrap();
        text
    };
    let table = read(&format!("{}.csv", code.to_lowercase()));
    assert!(table.starts_with("\u{feff}x,y,maXa,soHieuToBanDo,"), "{table}");
    assert!(table.contains(",'=SUM(A1)\r\n") && table.contains(",\"Thôn \"\"Đông\"\", <An> & Ấp 3\"\r\n"), "{table}");
    assert_eq!(table.lines().count(), 51);
    assert!(read(&format!("{}.csvt", code.to_lowercase())).starts_with("CoordX,CoordY,String,Integer64,"));
    assert!(read("NGUON-GOC.txt").contains(&format!("Mã yêu cầu: {code}\r\n")));
}

#[test]
fn e14_whose_copy_it_is_shows_in_any_format_without_a_word_in_it_and_never_by_chance() {
    let bureau = Bureau::new();
    let edition = publish(&bureau.folder.path().join("dist"));
    let who = bureau.open("tochuc", Role::Organisation, &["*"]);
    approvers(&bureau);
    let orders = [("fgb", "wgs84"), ("gpkg", "vn2000"), ("geojson", "wgs84"), ("fgb", "vn2000"), ("gpkg", "wgs84")];
    let mut copies = vec![];
    for (format, crs) in orders {
        let output = Output::parse(format, crs, "").unwrap();
        let code = approved_as(&bureau, &who, "xa 99001 99002", &edition.name, output);
        let (name, bytes) = fetched(&bureau, &who, &code, &edition);
        let path = bureau.folder.path().join(&name);
        std::fs::write(&path, bytes).unwrap();
        copies.push((code, outlines(&path)));
    }
    let silent = bureau.folder.path().join("khong-noi-gi.txt");
    std::fs::write(&silent, "x").unwrap();
    let found = |rings: &[Ring]| trace(&bureau.office, &silent, rings, |_| Ok(edition.clone())).map(|t| t.request.code);
    let nothing = Err(Refused::Invalid("no_provenance"));
    for (code, rings) in &copies {
        assert_eq!(rings.len(), 500);
        assert_eq!(found(rings), Ok(code.clone()));
        assert_eq!(found(&rings[100..160]), Ok(code.clone()), "a part of it");
        assert_eq!(found(&rings[..6]), nothing, "too few to tell");
        let reversed: Vec<Ring> =
            rings.iter().map(|ring| ring[..1].iter().chain(ring[1..].iter().rev()).copied().collect()).collect();
        assert_eq!(found(&reversed), Ok(code.clone()), "the other way round");
        let swapped: Vec<Ring> = rings.iter().map(|ring| ring.iter().map(|[x, y]| [*y, *x]).collect()).collect();
        assert_eq!(found(&swapped), Ok(code.clone()), "north before east");
        let rounded: Vec<Ring> = rings
            .iter()
            .map(|ring| {
                ring.iter()
                    .map(|place| place.map(|n| if n > 1000.0 { n.round() } else { (n * 1e6).round() / 1e6 }))
                    .collect()
            })
            .collect();
        if rings[0][0][0] < 1000.0 {
            assert_eq!(found(&rounded), Ok(code.clone()), "rounded to a decimetre");
        }
        // Half of the rings drawn anew from another corner.
        let mut half = rings.clone();
        half.iter_mut().step_by(2).for_each(|ring| ring.rotate_left(1));
        assert_eq!(found(&half), Ok(code.clone()));
        // What normalises every ring destroys the mark, and nobody is named.
        let mut normal = rings.clone();
        for ring in &mut normal {
            let first =
                (0..4).min_by(|a, b| (ring[*a][0] + ring[*a][1]).total_cmp(&(ring[*b][0] + ring[*b][1]))).unwrap();
            ring.rotate_left(first);
        }
        assert_eq!(found(&normal), nothing);
    }
    let open: Vec<Ring> = outlines(&edition.dir.join("extracts/thua_dat/99001-thua-dat.fgb"));
    assert_eq!(found(&open), nothing, "the edition's own file is nobody's copy");
}

#[test]
fn e05_n04_a_confirmation_says_what_was_published_and_whether_it_is_the_latest_and_nothing_of_a_person() {
    let bureau = Bureau::new();
    let edition = publish(&bureau.folder.path().join("dist"));
    let who = bureau.open("tochuc", Role::Organisation, &["*"]);
    approvers(&bureau);
    let approver = bureau.person("duyet1");
    let output = Output::parse("gpkg", "vn2000", "").unwrap();
    let code = approved_as(&bureau, &who, "xa 99001", &edition.name, output);
    let open = |_: &str| Ok(edition.clone());
    let (_, bytes) = fetched(&bureau, &who, &code, &edition);
    let made = confirm::confirm_extract(&bureau.office, &approver, &code, open).unwrap();
    assert_eq!((made.kind, made.digest.as_str()), (Kind::Extract, congbo::digest::sha256(&bytes).as_str()));
    let sheet = confirm::confirm_sheet(&bureau.office, &approver, "99001-1", &edition).unwrap();
    let printed = std::fs::read(edition.dir.join("site/search/to/99001/1.json")).unwrap();
    assert_eq!((sheet.kind, sheet.digest), (Kind::Sheet, congbo::digest::sha256(&printed)));
    let none = confirm::confirm_sheet(&bureau.office, &approver, "99001-99", &edition);
    assert_eq!(none, Err(Refused::Invalid("sheet")));
    assert_eq!(confirm::confirm_extract(&bureau.office, &who, &code, open), Err(Refused::Forbidden));

    let as_typed = made.code.to_uppercase().replace('-', " ");
    let found = Confirmation::find(&bureau.office, &as_typed).unwrap();
    assert_eq!(found, made);
    assert_eq!(found.standing(&edition.name), Holds::Valid);
    assert_eq!(found.standing("2027-01-05-01234567"), Holds::Superseded);
    let (text, signature) = found.slip(&bureau.office).unwrap();
    assert!(congbo::audit::seal::holds(&[bureau.office.seal.public_key()], text.as_bytes(), &signature));
    for personal in [code.as_str(), "tochuc", "CHỦ SỬ DỤNG", "Lập quy hoạch", "An Minh"] {
        assert!(!text.contains(personal), "{text}");
    }
    confirm::withdraw(&bureau.office, &approver, &made.code).unwrap();
    assert_eq!(Confirmation::find(&bureau.office, &made.code).unwrap().standing(&edition.name), Holds::Withdrawn);
    assert_eq!(confirm::withdraw(&bureau.office, &approver, &made.code), Err(Refused::Absent));
    assert_eq!(Confirmation::find(&bureau.office, "aaaa-bbbb-cccc-dddd"), Err(Refused::Absent));
    assert!(bureau.log().contains("confirm.issue") && bureau.log().contains("confirm.withdraw"));
}

#[test]
fn e23_the_words_of_a_closed_request_are_deleted_after_their_time_and_it_is_still_found() {
    let bureau = Bureau::new();
    let edition = publish(&bureau.folder.path().join("dist"));
    let who = bureau.open("tochuc", Role::Organisation, &["*"]);
    approvers(&bureau);
    let code = approved(&bureau, &who, "xa 99001", &edition.name);
    let waiting = file(&bureau.office, &who, &who, &asked("xa 99001", &edition.name)).unwrap();
    let (name, bytes) = fetched(&bureau, &who, &code, &edition);
    let path = bureau.folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    let forget = |day: &str| {
        bureau.at(&format!("{day}T08:00:00"));
        congbo::request::forget::forget(&bureau.office).unwrap()
    };
    // Fetched until the third of April 2026.
    assert_eq!((forget("2028-04-03"), forget("2028-04-04"), forget("2028-04-05")), (0, 1, 0));
    let kept = |code: &str| bureau.office.read(|db| Request::by_code(db, code)).unwrap();
    assert_eq!((kept(&code).purpose.as_str(), kept(&waiting).purpose.is_empty()), ("", false));
    let traced = trace(&bureau.office, &path, &outlines(&path), |_| Ok(edition.clone())).unwrap();
    assert_eq!((traced.request.code, traced.intact, traced.marked.is_some()), (code, None, true));
    assert!(bureau.log().contains("request.forget"));
}

#[test]
fn what_may_be_asked_for_is_told_as_it_is_held_to() {
    let bureau = Bureau::new();
    let edition = publish(&bureau.folder.path().join("dist"));
    let commune = bureau.open("anminh", Role::CommuneStaff, &["99001"]);
    let individual = bureau.open("canhan", Role::Individual, &["*"]);
    let told = |who: Option<&Person>| congbo::request::capabilities(&bureau.office, &edition, who);
    let all = told(None);
    let parcels = &all["layers"][0];
    assert_eq!(parcels["communes"], serde_json::json!(["99001", "99002"]));
    assert_eq!(told(Some(&commune))["layers"][0]["communes"], serde_json::json!(["99001"]));
    assert_eq!(
        (&told(Some(&commune))["mayOrder"], &told(Some(&individual))["mayOrder"]),
        (&true.into(), &false.into())
    );
    assert_eq!(parcels["projections"][1]["code"], "9210");
    for format in parcels["formats"].as_array().unwrap() {
        let id = format["id"].as_str().unwrap();
        for crs in Crs::ALL {
            let told = format["projections"].as_array().unwrap().contains(&crs.id().into());
            assert_eq!(told, Output::parse(id, crs.id(), "").is_ok(), "{id} {crs:?}");
        }
    }
    for field in parcels["fields"].as_array().unwrap() {
        assert!(Output::parse("gpkg", "", field.as_str().unwrap()).is_ok());
    }
    assert_eq!(parcels["areas"][3]["limits"]["positions"], congbo::supply::polygon::MOST_POSITIONS);
    assert_eq!(all["layers"][1]["tier"], "open");
}

#[test]
fn e22_only_listed_kinds_of_organisation_get_accounts() {
    let bureau = Bureau::with(AccountConfig { organisations: vec!["Sở Xây dựng".into()], ..config() });
    let administrator = bureau.person("quantri");
    let make = |organisation: &str, name: &str| {
        let new = congbo::account::administer::NewAccount {
            organisation: organisation.into(),
            ..bureau.new_account(name, Role::Organisation, &["*"])
        };
        bureau.office.create_account(&By::Person(&administrator), &bureau.letter(), &new).map(drop)
    };
    assert_eq!(make("Công ty khác", "khac"), Err(Refused::Invalid("account_organisation")));
    assert_eq!(make("Sở Xây dựng", "soxd"), Ok(()));
}

#[test]
fn p01_the_report_of_a_period_counts_editions_requests_extracts_accounts_and_incidents() {
    let bureau = Bureau::new();
    let edition = publish(&bureau.folder.path().join("dist"));
    let who = bureau.open("tochuc", Role::Organisation, &["*"]);
    approvers(&bureau);
    let code = approved(&bureau, &who, "xa 99001", &edition.name);
    let leave = ticket::issue(&bureau.office, &who, &code).unwrap();
    ticket::redeem(&bureau.office, &who, &code, &leave.file, &leave.token, |_| Ok(edition.clone()), whole).unwrap();
    file(&bureau.office, &who, &who, &asked("xa 99002", &edition.name)).unwrap();
    assert!(bureau.sign_in("tochuc", "đoán mò thôi").is_err());
    bureau.at("2026-04-01T09:00:00");
    file(&bureau.office, &who, &who, &asked("xa 99002", &edition.name)).unwrap();
    let published =
        [congbo::release::Publication { edition: edition.name.clone(), date: "2026-03-02".parse().unwrap() }];
    let (from, to) = congbo::request::report::Period::Month.around("2026-03-15".parse().unwrap());
    let report = congbo::request::report::report(&bureau.office, &published, from, to).unwrap();
    let text = report.markdown();
    for line in [
        &format!("| {} | 02/03/2026 |", edition.name),
        "| nhận | 2 |",
        "| duyệt | 1 |",
        "| quá hạn | 1 |",
        &format!("| {code} | Lập quy hoạch chi tiết khu dân cư | 300 |"),
        "| account.create | 4 |",
        "| sign_in: sai | 1 |",
    ] {
        assert!(text.contains(line), "no '{line}' in\n{text}");
    }
    assert!(report.csv().contains("Yêu cầu,nhận,2\n") && report.html().contains("<td>nhận</td><td>2</td>"));
    for name in ["CHỦ TÀI KHOẢN", "tochuc"] {
        assert!(!text.contains(name), "a report names nobody");
    }
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}
