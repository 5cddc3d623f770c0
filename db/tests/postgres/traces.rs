//! The trace of the work that queues a job travels in the job's row.

use db::Db;
use sqlx::PgPool;

use crate::support::{claim, complete, film, upload_master};

const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

#[sqlx::test(migrations = "../migrations")]
async fn a_job_carries_the_trace_of_the_transaction_that_queued_it(pool: PgPool) {
    let plain = Db::from_pool(pool.clone());
    let (file, _) = upload_master(&plain, film(&plain).await).await;
    assert_eq!(claim(&plain).await.trace_context, None);
    assert_eq!(db::film_file::trace_context(&plain, file).await.unwrap(), None);

    let traced = Db::from_pool(pool).with_traces(Some(|| Some(TRACE.to_owned())));
    let (file, _) = upload_master(&traced, film(&traced).await).await;
    let probe = claim(&plain).await;
    assert_eq!(probe.trace_context.as_deref(), Some(TRACE));
    assert_eq!(db::film_file::trace_context(&plain, file).await.unwrap().as_deref(), Some(TRACE));
    complete(&plain, &probe).await.unwrap();
    assert_eq!(claim(&plain).await.trace_context, None, "the setting ends with its transaction");
}
