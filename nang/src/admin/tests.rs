//! `nang admin` on a private PostgreSQL, stopped and running.

use std::{fs::Permissions, os::unix::fs::PermissionsExt, path::Path};

use clap::Parser;
use db::user::{self, Role};

use super::{command::execute, database::Database};
use crate::{
    cli::{AdminCommand, Cli, Command},
    postgres::PrivatePostgres,
    settings::Settings,
};

fn parse(arguments: &str) -> AdminCommand {
    let words = ["nang", "admin"].into_iter().chain(arguments.split(' '));
    match Cli::try_parse_from(words).unwrap().command {
        Command::Admin(args) => args.command,
        _ => panic!("not an admin command"),
    }
}

fn settings(data: &Path) -> Settings {
    Settings { data: data.to_owned(), ..Settings::default() }
}

/// Runs a command as `nang admin` does; what it says.
async fn run(data: &Path, arguments: &str) -> anyhow::Result<String> {
    let database = Database::open(&settings(data)).await?;
    let mut out = Vec::new();
    let result = execute(&database.db, parse(arguments), &mut out).await;
    database.close().await?;
    result.map(|()| String::from_utf8(out).unwrap())
}

fn password(said: &str) -> &str {
    said.split("password ").nth(1).unwrap().lines().next().unwrap()
}

#[tokio::test]
async fn accounts_are_made_reset_and_listed_with_the_database_stopped_or_running() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    std::fs::set_permissions(data, Permissions::from_mode(0o711)).unwrap();
    let error = run(data, "list").await.unwrap_err().to_string();
    assert!(error.contains("--data"), "{error}");

    // What `nang up` leaves behind.
    let postgres = PrivatePostgres::start(data).await.unwrap();
    std::fs::write(data.join("database.url"), postgres.url()).unwrap();
    postgres.stop().await.unwrap();

    let said = run(data, "create Noy@Films.Example.LA --role editor --name ນ້ອຍ").await.unwrap();
    assert!(said.starts_with("editor noy@films.example.la "), "{said}");
    let first = password(&said).to_owned();
    assert_eq!(first.len(), 20);
    let error = format!("{:#}", run(data, "create noy@films.example.la").await.unwrap_err());
    assert!(error.contains("exists already") && error.contains("nang admin reset"), "{error}");
    let error = run(data, "create nobody").await.unwrap_err().to_string();
    assert!(error.contains("e-mail address"), "{error}");
    assert!(!data.join("postgres/cluster/postmaster.pid").exists(), "the server was not stopped again");

    let postgres = PrivatePostgres::start(data).await.unwrap();
    let said = run(data, "reset NOY@films.example.la").await.unwrap();
    assert_ne!(password(&said), first);
    run(data, "create boss@films.example.la").await.unwrap();
    let listed = run(data, "list").await.unwrap();
    assert_eq!(listed.lines().count(), 2, "{listed}");
    assert!(listed.starts_with("admin ") && listed.contains("noy@films.example.la  ນ້ອຍ"), "{listed}");
    assert_eq!(run(data, "list --role editor").await.unwrap().lines().count(), 1);
    let error = run(data, "reset nobody@films.example.la").await.unwrap_err().to_string();
    assert!(error.contains("no account"), "{error}");

    // It is the running server's database that was changed.
    let db = db::Db::connect(&postgres.url(), 1).await.unwrap();
    let noy = user::find_by_email(&db, "noy@films.example.la").await.unwrap().unwrap();
    assert_eq!(noy.role, Role::Editor);
    db.close().await;
    postgres.stop().await.unwrap();
}

#[tokio::test]
async fn a_catalogue_is_exported_edited_and_imported_without_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    std::fs::set_permissions(data, Permissions::from_mode(0o711)).unwrap();
    let postgres = PrivatePostgres::start(data).await.unwrap();
    std::fs::write(data.join("database.url"), postgres.url()).unwrap();
    postgres.stop().await.unwrap();
    let file = folder.path().join("films.csv");
    let name = file.to_str().unwrap();
    let import = format!("import-catalogue {name}");
    let (dry, export) = (format!("{import} --dry-run"), format!("export-catalogue {name}"));

    std::fs::write(&file, "title_lo,genres,credits\nດາວ,Drama,director:ນ້ອຍ\nເດືອນ,Drama,\n").unwrap();
    let said = run(data, &dry).await.unwrap();
    assert!(
        said.starts_with(
            "Films: 2 would be new, 0 would be changed, 0 unchanged\nGenres to be made: Drama\n"
        ),
        "{said}"
    );
    assert!(run(data, &export).await.unwrap().starts_with("0 films in "));
    std::fs::write(&file, "title_lo,genres,credits\nດາວ,Drama,director:ນ້ອຍ\nເດືອນ,Drama,\n").unwrap();
    let said = run(data, &import).await.unwrap();
    assert_eq!(said, "Films: 2 new, 0 changed, 0 unchanged\nGenres made: Drama\nPeople made: ນ້ອຍ\n");

    assert_eq!(run(data, &export).await.unwrap(), format!("2 films in {name}\n"));
    let exported = std::fs::read_to_string(&file).unwrap();
    let printed = run(data, "export-catalogue --format csv").await.unwrap();
    assert_eq!(printed, exported);
    std::fs::write(&file, exported.replace("draft", "secret")).unwrap();
    let database = Database::open(&settings(data)).await.unwrap();
    let mut out = Vec::new();
    let error = execute(&database.db, parse(&import), &mut out).await.unwrap_err().to_string();
    database.close().await.unwrap();
    let said = String::from_utf8(out).unwrap();
    assert!(said.starts_with(&format!("{name}:2: visibility: must be one of draft, ")), "{said}");
    assert!(error.contains("has 2 errors, and nothing was imported"), "{error}");
    std::fs::write(&file, exported.replace("draft", "public")).unwrap();
    assert_eq!(run(data, &import).await.unwrap(), "Films: 0 new, 2 changed, 0 unchanged\n");

    let error = run(data, "import-catalogue films.txt").await.unwrap_err().to_string();
    assert!(error.contains("--format"), "{error}");
}

#[test]
fn every_command_has_an_example() {
    use clap::CommandFactory;
    let cli = Cli::command();
    let admin = cli.find_subcommand("admin").unwrap();
    for command in admin.get_subcommands() {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        assert!(help.contains(&format!("nang admin {}", command.get_name())), "{}", command.get_name());
    }
}
