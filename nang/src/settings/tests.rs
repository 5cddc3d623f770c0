//! The precedence of sources, and the errors for invalid settings.

use std::{collections::HashMap, io::Write};

use super::Settings;

fn load(file: &str, environment: &[(&str, &str)]) -> anyhow::Result<Settings> {
    let mut toml = tempfile::NamedTempFile::new().unwrap();
    toml.write_all(file.as_bytes()).unwrap();
    let environment: HashMap<_, _> =
        environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Settings::from_sources(Some(toml.path()), environment)
}

#[test]
fn variables_override_the_file_and_the_file_overrides_defaults() {
    let settings = load(
        "worker_jobs = 3\nlease_seconds = 60\n",
        &[("NANG_WORKER_JOBS", "5"), ("NANG_ADMIN_PASSWORD", "0123"), ("NANG_SOMETHING_ELSE", "x")],
    )
    .unwrap();
    assert_eq!(settings.unknown_variables, ["NANG_SOMETHING_ELSE"]);
    assert_eq!(settings.worker_jobs, 5);
    assert_eq!(settings.lease_seconds, 60);
    assert_eq!(settings.upload_expiry_hours, 7 * 24);
    assert_eq!(settings.admin_password.unwrap().0, "0123", "a password of digits keeps its zeros");
}

#[test]
fn an_invalid_setting_is_an_error_that_names_it() {
    for (file, environment, name) in [
        (
            "lease_secnds = 5",
            None,
            "\"lease_secnds\", which is not a setting; did you mean \"lease_seconds\"?",
        ),
        ("trusted_proxis = '::1'", None, "did you mean \"trusted_proxies\"?"),
        ("colour = 'blue'", None, "`nang config` lists the settings"),
        (
            "",
            Some(("NANG_REGISTRATON", "closed")),
            "NANG_REGISTRATON is not a setting of Nang; did you mean NANG_REGISTRATION?",
        ),
        ("listen = 'nowhere'", None, "listen"),
        ("", Some(("NANG_LISTEN", "8080")), "listen"),
        ("", Some(("NANG_WORKER_JOBS", "many")), "worker_jobs"),
        ("", Some(("NANG_WORKER_JOBS", "999")), "worker_jobs"),
        ("", Some(("NANG_LEASE_SECONDS", "1")), "lease_seconds"),
        ("", Some(("NANG_REGISTRATION", "maybe")), "expected one of `open`, `invitation`, `closed`"),
        ("registration = 'maybe'", None, "`registration`"),
        ("", Some(("NANG_SANDBOX", "off")), "unknown variant `off`, expected `required` or `best-effort`"),
        ("log_format = 'xml'", None, "unknown variant `xml`, expected `text` or `json`"),
        ("", Some(("NANG_MAX_STREAMS_PER_ACCOUNT", "0")), "max_streams_per_account"),
        ("oidc_client_id = 'nang'", None, "oidc_issuer"),
        ("oidc_issuer = 'http://id.example.la'", None, "oidc_issuer"),
        ("public_url = 'https://films.la'", Some(("NANG_OIDC_ISSUER", "https://id.la")), "oidc_client_id"),
        ("oidc_client_id = 'nang'", Some(("NANG_OIDC_ISSUER", "https://id.la")), "public_url"),
        ("", Some(("NANG_PUBLIC_URL", "films.example.la")), "public_url"),
        ("", Some(("NANG_MAIL_FROM", "films@example.la")), "smtp_url"),
        ("", Some(("NANG_SMTP_URL", "smtps://mail.example.la")), "mail_from"),
        ("mail_from = 'films@films.la'", Some(("NANG_SMTP_URL", "smtps://mail.films.la")), "public_url"),
        (
            "mail_from = 'films'\npublic_url = 'https://films.la'",
            Some(("NANG_SMTP_URL", "smtps://mail.films.la")),
            "mail_from",
        ),
        (
            "mail_from = 'films@films.la'\npublic_url = 'https://films.la'",
            Some(("NANG_SMTP_URL", "mail.films.la")),
            "smtp_url",
        ),
        ("", Some(("NANG_TRUSTED_PROXIES", "localhost")), "trusted_proxies"),
        ("", Some(("NANG_COUNTRY_HEADER", "CF IPCountry")), "country_header"),
        ("", Some(("NANG_ALLOWED_ORIGINS", "https://a.la,https://b.la/x")), "allowed_origins"),
        ("admin_password = 'a'\nadmin_password_file = '/x'", None, "admin_password_file"),
    ] {
        let environment: Vec<_> = environment.into_iter().collect();
        let error = format!("{:#}", load(file, &environment).unwrap_err());
        assert!(error.contains(name), "{file} {environment:?}: {error}");
    }
}

#[test]
fn an_identity_provider_is_shown_by_its_name_or_host_and_its_secret_is_read_from_a_file() {
    let mut secret = tempfile::NamedTempFile::new().unwrap();
    secret.write_all(b"hush\n").unwrap();
    let given = [
        ("NANG_PUBLIC_URL", "https://films.la"),
        ("NANG_OIDC_ISSUER", "https://id.la/realms/films"),
        ("NANG_OIDC_CLIENT_ID", "nang"),
        ("NANG_OIDC_CLIENT_SECRET_FILE", secret.path().to_str().unwrap()),
    ];
    let oidc = load("", &given).unwrap().oidc().unwrap().unwrap();
    assert_eq!((oidc.display_name.as_str(), oidc.client_secret.as_deref()), ("id.la", Some("hush")));
    let oidc = load("oidc_name = 'Films Office'", &given).unwrap().oidc().unwrap().unwrap();
    assert_eq!(oidc.display_name, "Films Office");
    assert!(load("", &[]).unwrap().oidc().unwrap().is_none());
}

#[test]
fn secrets_are_masked() {
    let settings = load(
        "oidc_client_secret = 'hush'\nmail_from = 'films@films.la'\npublic_url = 'https://films.la'",
        &[
            ("NANG_SMTP_URL", "smtps://u:hush@mail.films.la"),
            ("NANG_ADMIN_PASSWORD", "hunter2"),
            ("NANG_DATABASE_URL", "postgres://u:p@h/d"),
        ],
    )
    .unwrap();
    let shown = format!("{settings:?}{}", toml::to_string_pretty(&settings).unwrap());
    assert!(!shown.contains("hunter2") && !shown.contains("hush") && !shown.contains("u:p"), "{shown}");
}

#[test]
fn settings_for_admins_contain_no_secret() {
    let secret = "postgres://nang:s3cret@db/nang";
    let settings = load("worker_jobs = 3\n", &[("NANG_DATABASE_URL", secret)]).unwrap().in_force().unwrap();
    let find = |name: &str| settings.iter().find(|setting| setting.name == name).unwrap();
    assert_eq!((&find("worker_jobs").value, find("worker_jobs").is_default), (&serde_json::json!(3), false));
    assert_eq!(
        (&find("database_url").value, find("database_url").is_default),
        (&serde_json::json!("***"), false)
    );
    assert!(find("lease_seconds").is_default && find("smtp_url").value.is_null());
    assert!(!settings.iter().any(|setting| setting.value.to_string().contains("s3cret")));
}

/// The sample of the Debian package, with the lines of its examples in effect.
fn sample() -> (&'static str, String) {
    let sample = include_str!("../../../deploy/debian/nang.toml");
    let is_setting = |line: &str| line.split_once(" = ").is_some_and(|(name, _)| !name.contains(' '));
    let examples =
        sample.lines().map(|line| line.strip_prefix("# ").filter(|line| is_setting(line)).unwrap_or(line));
    (sample, examples.collect::<Vec<_>>().join("\n"))
}

#[test]
fn the_packaged_sample_changes_no_default() {
    let mut settings = load(sample().0, &[]).unwrap();
    settings.data = Settings::default().data;
    assert_eq!(format!("{settings:?}"), format!("{:?}", Settings::default()));
}

#[test]
fn the_packaged_sample_names_every_setting_and_shows_every_default() {
    let examples = sample().1;
    load(&examples, &[]).unwrap();
    let shown: toml::Table = toml::from_str(&examples).unwrap();
    let defaults = serde_json::to_value(Settings::default()).unwrap();
    // Passwords and secrets are better in files of their own, and the service names the data folder.
    let elsewhere = ["admin_password", "oidc_client_secret", "data"];
    for (name, default) in defaults.as_object().unwrap() {
        if elsewhere.contains(&name.as_str()) {
            continue;
        }
        let shown = shown.get(name).unwrap_or_else(|| panic!("{name} is not in deploy/debian/nang.toml"));
        if !default.is_null() {
            assert_eq!(&serde_json::to_value(shown).unwrap(), default, "{name} in deploy/debian/nang.toml");
        }
    }
}
