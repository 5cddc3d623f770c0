//! Rules that must hold at every moment, and what must not change.

use sqlx::PgPool;

/// All rows of films and their work as text, to check that nothing changed.
pub(crate) async fn snapshot(pool: &PgPool) -> String {
    let mut all = String::new();
    for sql in [
        "SELECT coalesce(jsonb_agg(to_jsonb(films) ORDER BY id), '[]')::text FROM films",
        "SELECT coalesce(jsonb_agg(to_jsonb(film_files) ORDER BY id), '[]')::text FROM film_files",
        "SELECT coalesce(jsonb_agg(to_jsonb(builds) ORDER BY id), '[]')::text FROM builds",
        "SELECT coalesce(jsonb_agg(to_jsonb(presentations) ORDER BY id), '[]')::text FROM presentations",
        "SELECT coalesce(jsonb_agg(to_jsonb(renditions) ORDER BY build_id, name), '[]')::text FROM renditions",
        "SELECT coalesce(jsonb_agg(to_jsonb(jobs) ORDER BY id), '[]')::text FROM jobs",
        "SELECT coalesce(jsonb_agg(to_jsonb(job_attempts) ORDER BY job_id, number), '[]')::text FROM job_attempts",
    ] {
        all += &sqlx::query_scalar::<_, String>(sql).fetch_one(pool).await.unwrap();
        all += "\n";
    }
    all
}

/// Violations of the rules that must hold at every moment; empty if all hold.
pub(crate) async fn broken_rules(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT 'pending is not the number of unfinished analyses or parts: build ' || builds.id
         FROM builds JOIN jobs ON jobs.build_id = builds.id AND part_index IS NOT NULL AND (jobs.kind = 'analyse') = (builds.plan IS NULL)
         GROUP BY builds.id HAVING count(*) FILTER (WHERE jobs.state <> 'done') <> builds.pending OR count(*) <> builds.parts
         UNION ALL
         SELECT 'plan or publish job and pending disagree: build ' || builds.id
         FROM builds, (VALUES ('plan', true), ('publish', false)) AS last (kind, is_plan)
         WHERE last.is_plan = (builds.plan IS NULL) AND CASE pending WHEN 0
             THEN NOT EXISTS (SELECT FROM jobs WHERE build_id = builds.id AND jobs.kind = last.kind)
             ELSE EXISTS (SELECT FROM jobs WHERE build_id = builds.id AND jobs.kind = last.kind AND state IN ('queued', 'running', 'done'))
             END
         UNION ALL
         SELECT 'a running job has not exactly one open attempt: job ' || jobs.id
         FROM jobs WHERE (state = 'running')::int
             <> (SELECT count(*) FROM job_attempts a WHERE a.job_id = jobs.id AND a.outcome IS NULL)
         UNION ALL
         SELECT 'the open attempt has another lease: job ' || jobs.id
         FROM jobs JOIN job_attempts a ON a.job_id = jobs.id AND a.outcome IS NULL
         WHERE a.lease_token IS DISTINCT FROM jobs.lease_token
         UNION ALL
         SELECT 'a job is not done exactly once: job ' || jobs.id
         FROM jobs WHERE (state = 'done')::int
             <> (SELECT count(*) FROM job_attempts a WHERE a.job_id = jobs.id AND a.outcome = 'done')
         UNION ALL
         SELECT 'an ended build has unfinished jobs: build ' || builds.id
         FROM builds WHERE state IN ('ready', 'damaged', 'failed', 'cancelled', 'superseded')
            AND EXISTS (SELECT FROM jobs WHERE build_id = builds.id AND kind NOT IN ('collect', 'purge') AND state IN ('queued', 'running'))
         UNION ALL
         SELECT 'an unfinished build has no unfinished jobs: build ' || builds.id
         FROM builds WHERE state IN ('analysing', 'encoding', 'publishing')
            AND NOT EXISTS (SELECT FROM jobs WHERE build_id = builds.id AND kind NOT IN ('collect', 'purge') AND state IN ('queued', 'running'))
         UNION ALL
         SELECT 'an ended build is never collected: build ' || builds.id
         FROM builds WHERE state IN ('failed', 'cancelled', 'superseded')
            AND NOT EXISTS (SELECT FROM jobs WHERE build_id = builds.id AND kind = 'collect' AND state <> 'cancelled')
         UNION ALL
         SELECT 'a build in use is to be collected: build ' || builds.id
         FROM builds WHERE state IN ('analysing', 'encoding', 'publishing', 'ready', 'damaged')
            AND EXISTS (SELECT FROM jobs WHERE build_id = builds.id AND kind = 'collect' AND state <> 'cancelled')
         UNION ALL
         SELECT 'the film shows a presentation that it cannot show: film ' || films.id
         FROM films JOIN presentations ON presentations.id = films.presentation_id
         WHERE retired_at IS NOT NULL OR shown_at IS NULL OR replaced_at IS NOT NULL OR presentations.build_id <> films.build_id
         UNION ALL
         SELECT 'a presentation that can be shown names a build without objects: presentation ' || presentations.id
         FROM presentations JOIN presentation_builds ON presentation_id = presentations.id JOIN builds ON builds.id = presentation_builds.build_id
         WHERE retired_at IS NULL AND shown_at IS NOT NULL AND (builds.state <> 'ready' OR objects_deletion_began_at IS NOT NULL)
         UNION ALL
         SELECT 'a presentation is neither shown nor replaced: presentation ' || presentations.id
         FROM presentations JOIN films ON films.id = presentations.film_id
         WHERE shown_at IS NOT NULL AND (replaced_at IS NULL) <> (films.presentation_id IS NOT DISTINCT FROM presentations.id)
         UNION ALL
         SELECT 'status processing and unfinished jobs disagree: film ' || films.id
         FROM films WHERE status IN ('processing', 'failed', 'empty', 'damaged') AND (status = 'processing')
            <> EXISTS (SELECT FROM jobs LEFT JOIN film_files ON film_files.id = jobs.file_id
                       WHERE jobs.film_id = films.id AND jobs.kind NOT IN ('collect', 'purge') AND jobs.state IN ('queued', 'running')
                         AND film_files.purpose IS DISTINCT FROM 'dub')
         UNION ALL
         SELECT 'a build of a dub has no track, or another has one: build ' || builds.id
         FROM builds JOIN film_files ON film_files.id = builds.file_id WHERE (film_files.purpose = 'dub') <> (builds.kind = 'dub')
         UNION ALL
         SELECT 'status damaged without a build that waits: film ' || films.id
         FROM films WHERE status = 'damaged' AND NOT EXISTS (SELECT FROM builds WHERE film_id = films.id AND state = 'damaged')
         UNION ALL
         SELECT 'a damaged build waits although a newer one is shown: build ' || old.id
         FROM builds AS old JOIN films ON films.id = old.film_id JOIN builds AS shown ON shown.id = films.build_id
         WHERE old.state = 'damaged' AND old.kind = 'film' AND (shown.created_at, shown.id) > (old.created_at, old.id)
         UNION ALL
         SELECT 'masters_bytes is not the sum of the masters: film ' || films.id
         FROM films LEFT JOIN film_storage ON film_storage.film_id = films.id
         WHERE masters_bytes IS DISTINCT FROM (
             SELECT coalesce(sum(received_bytes), 0) FROM film_files
             WHERE film_files.film_id = films.id AND state NOT IN ('duplicate', 'expired') AND deleted_at IS NULL)
         UNION ALL
         SELECT 'builds_bytes is not the sum of the renditions: film ' || films.id
         FROM films LEFT JOIN film_storage ON film_storage.film_id = films.id
         WHERE builds_bytes IS DISTINCT FROM (
             SELECT coalesce(sum(size_bytes), 0) FROM renditions JOIN builds ON builds.id = build_id
             WHERE builds.film_id = films.id
               AND builds.objects_deleted_at IS NULL)
         UNION ALL
         SELECT 'a collect is done without objects_deleted_at: build ' || builds.id
         FROM builds WHERE objects_deleted_at IS NULL AND EXISTS (SELECT FROM jobs WHERE build_id = builds.id AND kind = 'collect' AND state = 'done')",
    )
    .fetch_all(pool)
    .await
    .unwrap()
}
