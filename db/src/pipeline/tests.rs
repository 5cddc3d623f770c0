#![allow(clippy::unwrap_used)]

use std::{str::FromStr, time::Duration};

use sqlx::{Connection as _, PgConnection, PgPool};
use tokio::task::JoinSet;
use tokio_postgres::config::Host;

use super::*;

const PID: &str = "SELECT pg_backend_pid()";

fn one(pool: &PgPool) -> Pipeline {
    Pipeline::new((*pool.connect_options()).clone(), 1)
}

async fn pid(pipeline: &Pipeline) -> i32 {
    pipeline.rows(PID, &[]).await.unwrap()[0].get(0)
}

#[sqlx::test(migrations = false)]
async fn each_of_many_who_ask_at_once_gets_its_own_answer(pool: PgPool) {
    let pipeline = one(&pool);
    let mut asked = JoinSet::new();
    for number in 0..300_i64 {
        let pipeline = pipeline.clone();
        asked.spawn(async move {
            // One in ten is refused, and none other for it.
            let sql = "SELECT 1000 / ($1::int8 % 10), $1, pg_backend_pid()";
            match pipeline.rows(sql, &[(&number, Type::INT8)]).await {
                Ok(rows) => (number, Some((rows[0].get::<_, i64>(1), rows[0].get::<_, i32>(2)))),
                Err(DbError::Pipeline(error)) if error.code().unwrap().code() == "22012" => (number, None),
                Err(error) => panic!("{error:?}"),
            }
        });
    }
    let own = pid(&pipeline).await;
    for (number, answer) in asked.join_all().await {
        assert_eq!(answer, (number % 10 != 0).then_some((number, own)));
    }
    let setting = |name| format!("SELECT current_setting('{name}')");
    let rows = pipeline.rows(&setting("plan_cache_mode"), &[]).await.unwrap();
    assert_eq!(rows[0].get::<_, &str>(0), "force_generic_plan");
}

#[sqlx::test(migrations = false)]
async fn who_goes_away_leaves_no_answer_to_the_next(pool: PgPool) {
    let pipeline = one(&pool);
    let own = pid(&pipeline).await;
    let slow = pipeline.rows("SELECT pg_sleep(0.3)::text", &[]);
    tokio::time::timeout(Duration::from_millis(50), slow).await.unwrap_err();
    assert_eq!(pid(&pipeline).await, own);
}

#[sqlx::test(migrations = false)]
async fn a_lost_connection_is_made_anew(pool: PgPool) {
    let pipeline = one(&pool);
    for _ in 0..3 {
        let lost = pid(&pipeline).await;
        sqlx::query("SELECT pg_terminate_backend($1, 30000)").bind(lost).execute(&pool).await.unwrap();
        assert_ne!(pid(&pipeline).await, lost);
    }
    // In the middle of an answer it is said, and may be asked again.
    let own = pid(&pipeline).await;
    let slow = pipeline.rows("SELECT pg_sleep(600)::text", &[]);
    let end = async {
        let asleep = "SELECT count(*) FROM pg_stat_activity WHERE pid = $1 AND state = 'active' AND query LIKE '%pg_sleep%'";
        while sqlx::query_scalar::<_, i64>(asleep).bind(own).fetch_one(&pool).await.unwrap() == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        sqlx::query("SELECT pg_terminate_backend($1, 30000)").bind(own).execute(&pool).await.unwrap();
    };
    let (slow, ()) = tokio::join!(slow, end);
    assert!(matches!(slow, Err(DbError::Unavailable(_))), "{slow:?}");
    assert_ne!(pid(&pipeline).await, own);
}

#[sqlx::test(migrations = false)]
async fn statements_are_kept_as_long_as_they_fit_and_are_few(pool: PgPool) {
    let pipeline = one(&pool);
    sqlx::query("CREATE TABLE things (a int)").execute(&pool).await.unwrap();
    pipeline.rows("SELECT * FROM things", &[]).await.unwrap();
    sqlx::query("ALTER TABLE things ADD COLUMN b int").execute(&pool).await.unwrap();
    let misfit = pipeline.rows("SELECT * FROM things", &[]).await;
    assert!(matches!(misfit, Err(DbError::Pipeline(_))), "{misfit:?}");
    pipeline.rows("SELECT * FROM things", &[]).await.unwrap();

    let own = pid(&pipeline).await;
    for number in 0..2 * MOST_STATEMENTS {
        pipeline.rows(&format!("SELECT {number}"), &[]).await.unwrap();
    }
    let kept = "SELECT count(*), pg_backend_pid() FROM pg_prepared_statements";
    let rows = pipeline.rows(kept, &[]).await.unwrap();
    let (kept, of): (i64, i32) = (rows[0].get(0), rows[0].get(1));
    assert_eq!(of, own);
    assert!((1..=i64::try_from(MOST_STATEMENTS).unwrap()).contains(&kept), "{kept}");
}

#[sqlx::test(migrations = false)]
async fn closing_waits_for_answers_and_ends_connections(pool: PgPool) {
    let pipeline = one(&pool);
    let own = pid(&pipeline).await;
    let slow = pipeline.rows("SELECT pg_sleep(0.2)::text", &[]);
    let close = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        pipeline.close().await;
    };
    let (slow, ()) = tokio::join!(slow, close);
    slow.unwrap();
    // The server takes a moment to see it.
    let mut alive = 1_i64;
    for _ in 0..100 {
        let count = sqlx::query_scalar("SELECT count(*) FROM pg_stat_activity WHERE pid = $1").bind(own);
        alive = count.fetch_one(&pool).await.unwrap();
        if alive == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(alive, 0);
    let closed = pipeline.rows(PID, &[]).await;
    assert!(matches!(closed, Err(DbError::Unavailable(_))), "{closed:?}");
}

#[test]
fn any_host_and_user_will_do() {
    let options = PgConnectOptions::new_without_pgpass().password("p@ss/wörd").database("nang");
    for (host, user) in [("/var/run/postgresql", "nang"), ("::1", "nang"), ("db.example.org", "a/b@c")] {
        let options = options.clone().host(host).username(user);
        let config = config(&options).unwrap();
        assert_eq!(config.get_user(), Some(user));
        assert_eq!(config.get_dbname(), Some("nang"));
        assert_eq!(config.get_password(), Some("p@ss/wörd".as_bytes()));
        tls::connector(&options).unwrap().unwrap();
    }
    let folder = config(&options.host("/var/run/postgresql")).unwrap();
    assert_eq!(folder.get_hosts(), [Host::Unix("/var/run/postgresql".into())]);
}

/// What `sslmode` promises, at a server that takes nothing in the clear, wants a password, and has a certificate of an authority of its own.
/// sqlx must come to the same end each time.
#[sqlx::test(migrations = false)]
async fn tls_is_as_strict_as_it_was_told(pool: PgPool) {
    // As `scripts/with-postgres` sets it up: certificates lie beside the socket, and both ways in have one number.
    let in_the_clear = pool.connect_options();
    let folder = in_the_clear.get_socket().map_or(in_the_clear.get_host(), |folder| folder.to_str().unwrap());
    let port = in_the_clear.get_port();
    let own = format!("sslrootcert={folder}/ca.pem");
    let client = format!("sslcert={folder}/server.pem&sslkey={folder}/client.key");
    for (host, database, parameters, is_let_in) in [
        ("localhost", "postgres", "sslmode=disable".to_owned(), false),
        ("localhost", "postgres", "sslmode=prefer".to_owned(), true),
        ("localhost", "postgres", "sslmode=require".to_owned(), true),
        ("localhost", "postgres", "sslmode=verify-ca".to_owned(), false),
        ("localhost", "postgres", "sslmode=verify-full".to_owned(), false),
        ("localhost", "postgres", format!("sslmode=verify-ca&{own}"), true),
        ("localhost", "postgres", format!("sslmode=verify-full&{own}"), true),
        // The certificate is for the name alone.
        ("127.0.0.1", "postgres", format!("sslmode=verify-ca&{own}"), true),
        ("127.0.0.1", "postgres", format!("sslmode=verify-full&{own}"), false),
        ("localhost", "postgres", format!("sslmode=verify-full&sslrootcert={folder}/none.pem"), false),
        // Clients of this database must have a certificate too.
        ("localhost", "certified", format!("sslmode=require&{own}"), false),
        ("localhost", "certified", format!("sslmode=require&{own}&{client}"), true),
        ("localhost", "certified", format!("sslmode=verify-full&{own}&{client}"), true),
    ] {
        let url = format!("postgres://nang:p%40ss%2Fw%C3%B6rd@{host}:{port}/{database}?{parameters}");
        let options = PgConnectOptions::from_str(&url).unwrap();
        let ssl = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
        let answer = Pipeline::new(options.clone(), 1).rows(ssl, &[]).await;
        let of_sqlx = match PgConnection::connect_with(&options).await {
            Ok(mut connection) => sqlx::query_scalar::<_, bool>(ssl).fetch_one(&mut connection).await,
            Err(error) => Err(error),
        };
        assert_eq!(of_sqlx.is_ok(), is_let_in, "sqlx: {host} {database} {parameters}: {of_sqlx:?}");
        match answer {
            Ok(rows) => assert!(is_let_in && rows[0].get::<_, bool>(0), "{host} {database} {parameters}"),
            Err(error) => assert!(
                !is_let_in && matches!(error, DbError::Unavailable(_) | DbError::Pipeline(_)),
                "{host} {database} {parameters}: {error:?}"
            ),
        }
    }
}
