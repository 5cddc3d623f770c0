//! `nang admin`: creates, resets and lists accounts, and imports and exports the catalogue.

use std::{io::Write, process::ExitCode};

use anyhow::{Context, ensure};
use db::{
    Db,
    audit::Author,
    user::{self, NewUser, UserFilter},
};
use domain::id::UserId;
use uuid::Uuid;

use super::{
    catalogue::{export_catalogue, import_catalogue},
    database::Database,
};
use crate::{
    cli::{AdminCommand, CreateArgs, ListArgs, ResetArgs},
    secrets::random_hex,
    settings::Settings,
};

/// Number of accounts that one query reads.
const PAGE: u32 = 500;

pub(crate) async fn run(settings: Settings, command: AdminCommand) -> anyhow::Result<ExitCode> {
    let database = Database::open(&settings).await?;
    let result = execute(&database.db, command, &mut std::io::stdout()).await;
    let closed = database.close().await;
    result?;
    closed?;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn execute(db: &Db, command: AdminCommand, out: &mut impl Write) -> anyhow::Result<()> {
    match command {
        AdminCommand::Create(args) => create(db, args, out).await,
        AdminCommand::Reset(args) => reset(db, args, out).await,
        AdminCommand::List(args) => list(db, args, out).await,
        AdminCommand::ImportCatalogue(args) => import_catalogue(db, args, out).await,
        AdminCommand::ExportCatalogue(args) => export_catalogue(db, args, out).await,
    }
}

async fn create(db: &Db, args: CreateArgs, out: &mut impl Write) -> anyhow::Result<()> {
    let email = args.email.trim().to_lowercase();
    let name = args.name.as_deref().or(email.split('@').next()).unwrap_or_default().trim().to_owned();
    api::check_email(&email).map_err(|why| anyhow::anyhow!("{email:?} {why}"))?;
    ensure!(
        (1..=100).contains(&name.chars().count()) && !name.chars().any(char::is_control),
        "the name must have 1 to 100 characters and no control characters"
    );
    let (password, password_hash) = new_password().await?;
    let new = NewUser {
        id: UserId(Uuid::now_v7()),
        email: email.clone(),
        password_hash,
        role: args.role,
        display_name: name,
    };
    user::create_by(db, &Author::NANG, new).await.with_context(|| {
        format!("cannot create the account {email}; if it exists, `nang admin reset` gives it a new password")
    })?;
    writeln!(
        out,
        "{} {email} can log in with the password {password}\nNang does not show this password again.",
        args.role
    )?;
    Ok(())
}

async fn reset(db: &Db, args: ResetArgs, out: &mut impl Write) -> anyhow::Result<()> {
    let email = args.email.trim().to_lowercase();
    let account = user::find_by_email(db, &email).await?.with_context(|| {
        format!("there is no account with the e-mail address {email}; `nang admin list` lists all accounts")
    })?;
    let (password, hash) = new_password().await?;
    db::account::set_password(db, &Author::NANG, account.id, &hash).await?;
    let disabled =
        if account.disabled_at.is_some() { "The account is disabled and stays disabled.\n" } else { "" };
    writeln!(
        out,
        "{} {email} has the new password {password}\n{disabled}Nang does not show this password again. All \
         sessions of the account have ended.",
        account.role
    )?;
    Ok(())
}

async fn list(db: &Db, args: ListArgs, out: &mut impl Write) -> anyhow::Result<()> {
    let mut after = None;
    loop {
        let filter = UserFilter { role: args.role, text: None };
        let users = user::list(db, filter, after, PAGE).await?;
        for user in &users {
            let disabled = if user.disabled_at.is_some() { "  disabled" } else { "" };
            let created = user.created_at.date();
            writeln!(out, "{:<6}  {created}  {}  {}{disabled}", user.role, user.email, user.display_name)?;
        }
        let Some(last) = users.last() else { return Ok(()) };
        after = Some(last.cursor());
    }
}

/// Generates a random password. Returns it and its hash.
async fn new_password() -> anyhow::Result<(String, String)> {
    let password = random_hex::<10>()?;
    let hash = api::password::hash(password.clone()).await.context("cannot hash the password")?;
    Ok((password, hash))
}
