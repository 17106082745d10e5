//! `congbo account`

use std::io::Read;

use jiff::civil::Date;
use serde_json::json;

use super::Context;
use super::office::{LetterArgs, by, open, person, plan};
use super::output::{note, say};
use crate::account::administer::{Change, NewAccount, made_on};
use crate::account::clock::vietnam_time;
use crate::account::person::Standing;
use crate::account::role::Role;
use crate::account::{Office, Person, office};
use crate::config::site::SiteConfig;
use crate::error::{Exit, Fault, Result, Stage};
use crate::request::forget::forget;

/// Accounts: made and changed on a written request only
#[derive(clap::Subcommand)]
pub enum Verb {
    /// Make the folder of accounts: database, audit log, keys; nothing is overwritten
    Init,
    /// Make an account; the citizen number is read from standard input, the first password is printed once
    New(New),
    /// List the accounts, with what each may do today
    List,
    /// Change role, communes, unit or last day; ends the account's sessions
    Change(ChangeArgs),
    /// Lock at once: lost, leaked, work accepted; ends all sessions
    Lock(Lock),
    /// Unlock with a new first password
    Unlock(Named),
    /// Give a new first password, by a letter of the account's own unit
    Reset(Named),
    /// Note that somebody leaves: locked at once, on the list until closed
    Depart(Named),
    /// List who left and whose account is not closed, with the last day; exits 8 when one is overdue
    Departures,
    /// Withdraw an account for good
    Close(Named),
    /// Lock every account whose time has run out today, and empty requests that are kept no longer
    Sweep,
    /// Give an account a second factor and print what an app reads
    SecondFactor(Bare),
}

#[derive(clap::Args)]
pub struct New {
    /// Name to sign in with: a-z, 0-9, dot, dash, underscore
    name: String,
    #[arg(long, value_parser = role)]
    role: Role,
    #[arg(long)]
    full_name: String,
    #[arg(long)]
    unit: String,
    /// Kind of organisation, as listed under [account] organisations
    #[arg(long, default_value = "")]
    organisation: String,
    /// Code of a commune, or * for all; may stand several times
    #[arg(long)]
    commune: Vec<String>,
    /// Of a contractor: number of the approved plan
    #[arg(long)]
    plan: Option<String>,
    /// Last day on which the account works
    #[arg(long, value_name = "YYYY-MM-DD")]
    expires: Option<Date>,
    /// Administrator who acts; the first administrator is made without one
    #[arg(long)]
    by: Option<String>,
    #[command(flatten)]
    letter: LetterArgs,
}

#[derive(clap::Args)]
pub struct ChangeArgs {
    name: String,
    #[arg(long, value_parser = role)]
    role: Option<Role>,
    #[arg(long)]
    commune: Option<Vec<String>>,
    #[arg(long)]
    unit: Option<String>,
    #[arg(long, value_name = "YYYY-MM-DD")]
    expires: Option<Date>,
    #[arg(long)]
    by: String,
    #[command(flatten)]
    letter: LetterArgs,
}

#[derive(clap::Args)]
pub struct Lock {
    name: String,
    /// Why, in a word: lost, leaked, accepted
    #[arg(long)]
    why: String,
    #[arg(long)]
    by: String,
}

#[derive(clap::Args)]
pub struct Named {
    name: String,
    /// Administrator who acts
    #[arg(long)]
    by: String,
    #[command(flatten)]
    letter: LetterArgs,
}

#[derive(clap::Args)]
pub struct Bare {
    name: String,
}

pub fn run(context: &Context, verb: Verb) -> Result<()> {
    if let Verb::Init = verb {
        let plan = plan(&context.site)?;
        office::create(&plan)?;
        say!(
            "{}: database, audit log and keys; heads of the log go to {}",
            plan.folder.display(),
            plan.heads.display()
        );
        note!("put the heads on another machine ([account] heads): only there do they prove that no end was cut off");
        return Ok(());
    }
    let office = open(context)?;
    match verb {
        Verb::Init => Ok(()),
        Verb::New(args) => new(&office, args),
        Verb::List => list(context, &office),
        Verb::Change(args) => {
            let administrator = person(&office, &args.by)?;
            let change = Change { role: args.role, communes: args.commune, unit: args.unit, expires_on: args.expires };
            Ok(office.change_account(&by(Some(&administrator)), &args.letter.letter(), &args.name, &change)?)
        }
        Verb::Lock(args) => {
            let administrator = person(&office, &args.by)?;
            Ok(office.lock_account(&by(Some(&administrator)), None, &args.name, &args.why)?)
        }
        Verb::Unlock(args) => {
            let administrator = person(&office, &args.by)?;
            let password = office.unlock_account(&by(Some(&administrator)), &args.letter.letter(), &args.name)?;
            say!("{password}");
            Ok(())
        }
        Verb::Reset(args) => {
            let administrator = person(&office, &args.by)?;
            let password = office.reset_password(&by(Some(&administrator)), &args.letter.letter(), &args.name)?;
            say!("{password}");
            Ok(())
        }
        Verb::Depart(args) => {
            let administrator = person(&office, &args.by)?;
            let due = office.note_departure(&by(Some(&administrator)), &args.letter.letter(), &args.name)?;
            say!("{} is locked; its rights are withdrawn by {due}", args.name);
            Ok(())
        }
        Verb::Departures => departures(&office),
        Verb::Close(args) => {
            let administrator = person(&office, &args.by)?;
            Ok(office.close_account(&by(Some(&administrator)), &args.letter.letter(), &args.name)?)
        }
        Verb::Sweep => {
            office.sweep()?.iter().for_each(|(name, why)| say!("{name}: {why}"));
            note!("{} requests were emptied", forget(&office)?);
            Ok(())
        }
        Verb::SecondFactor(args) => {
            let config = SiteConfig::load(&context.site)?;
            say!("{}", office.begin_second_factor(&args.name, &config.province.code)?);
            Ok(())
        }
    }
}

fn new(office: &Office, args: New) -> Result<()> {
    let administrator = args.by.as_deref().map(|name| person(office, name)).transpose()?;
    let mut citizen_number = String::new();
    let storage = |e| Fault::storage(Stage::Account, "standard input", e);
    std::io::stdin().take(100).read_to_string(&mut citizen_number).map_err(storage)?;
    let account = NewAccount {
        name: args.name,
        citizen_number: citizen_number.trim().to_owned(),
        full_name: args.full_name,
        unit: args.unit,
        organisation: args.organisation,
        role: args.role,
        communes: args.commune,
        plan: args.plan,
        expires_on: args.expires,
    };
    let password = office.create_account(&by(administrator.as_ref()), &args.letter.letter(), &account)?;
    say!("{password}");
    note!("the first password of {}: hand it over in person; it is kept nowhere and holds for a week", account.name);
    Ok(())
}

fn list(context: &Context, office: &Office) -> Result<()> {
    let today = office.clock.today();
    let people = office.read(Person::all)?;
    let standing = |person: &Person| match person.standing(today, &office.config) {
        Standing::Open => "open".to_owned(),
        Standing::MustChoosePassword => "must choose a password".into(),
        Standing::Locked(why) => format!("locked: {}", person.locked.as_deref().unwrap_or(why)),
        Standing::Closed => "closed".into(),
    };
    if context.json {
        let rows = people.iter().map(|person| {
            json!({
                "name": person.name, "role": person.role.id(), "unit": person.unit, "communes": person.communes,
                "standing": standing(person), "made_on": made_on(person), "used_on": vietnam_time(person.used_at).date(),
                "second_factor": person.totp.is_some(),
            })
        });
        say!("{}", serde_json::to_string_pretty(&rows.collect::<Vec<_>>()).unwrap_or_default());
        return Ok(());
    }
    for person in &people {
        let communes = person.communes.join(" ");
        say!(
            "{:<20} {:<10} …{} {} [{communes}] {}",
            person.name,
            person.role.id(),
            person.citizen_end,
            person.unit,
            standing(person)
        );
    }
    Ok(())
}

fn departures(office: &Office) -> Result<()> {
    let open = office.departures()?;
    for (name, due, late) in &open {
        say!("{name}: rights withdrawn by {due}{}", if *late { ", overdue" } else { "" });
    }
    match open.iter().filter(|(_, _, late)| *late).count() {
        0 => Ok(()),
        late => {
            Err(Fault::new(Stage::Account, Exit::Overdue, format!("{late} accounts of people who left are not closed"))
                .remedy("congbo account close NAME, with the unit's letter")
                .into())
        }
    }
}

fn role(id: &str) -> std::result::Result<Role, String> {
    let known = || Role::ALL.iter().map(|role| role.id()).collect::<Vec<_>>().join(", ");
    Role::from_id(id).ok_or_else(|| format!("there is no role '{id}'; there are {}", known()))
}
