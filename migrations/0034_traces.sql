-- The trace (W3C traceparent) of the request or job that queued a job, so that one trace leads from an upload to the published film. The
-- transaction's setting is null unless traces are exported (otlp_endpoint), so no statement that inserts a job needs to name the column.
ALTER TABLE jobs ADD COLUMN trace_context text NULL;
ALTER TABLE jobs ALTER COLUMN trace_context SET DEFAULT nullif(current_setting('nang.trace_context', true), '');
-- The same of the request that created an upload: later requests that send its bytes belong to the same trace.
ALTER TABLE film_files ADD COLUMN trace_context text NULL;
ALTER TABLE film_files ALTER COLUMN trace_context SET DEFAULT nullif(current_setting('nang.trace_context', true), '');
