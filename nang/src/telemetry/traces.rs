//! Traces for an OpenTelemetry collector, with OTLP over HTTP: one trace leads from the request that created an upload through every
//! job to the published film. They are off unless `otlp_endpoint` is set.
//!
//! The trace of the present task is the context of its tracing span. `db` stores it with every job (`Db::with_traces`), and the worker
//! that claims the job continues it ([`adopt`]).

use std::{collections::HashMap, sync::OnceLock, time::Duration};

use anyhow::Context;
use db::TraceSource;
use opentelemetry::{
    KeyValue,
    propagation::TextMapPropagator,
    trace::{TraceContextExt, TracerProvider},
};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::{Resource, propagation::TraceContextPropagator, trace::SdkTracerProvider};
use tracing::{Span, level_filters::LevelFilter};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{Layer, registry::LookupSpan};

/// Time limit of one delivery to the collector.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The header of the W3C's trace context.
const TRACEPARENT: &str = "traceparent";

static PROVIDER: OnceLock<SdkTracerProvider> = OnceLock::new();

/// Returns the layer that makes traces of spans. A collector that does not answer costs spans, and delays nothing.
pub(super) fn start<S>(endpoint: &str) -> anyhow::Result<impl Layer<S> + use<S>>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
{
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
        .with_timeout(TIMEOUT)
        .build()
        .context("otlp_endpoint (NANG_OTLP_ENDPOINT) cannot be used")?;
    let machine = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let resource = Resource::builder_empty()
        .with_attributes([
            KeyValue::new("service.name", "nang"),
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
            KeyValue::new("service.instance.id", format!("{machine}-{}", std::process::id())),
        ])
        .build();
    let provider = SdkTracerProvider::builder().with_resource(resource).with_batch_exporter(exporter).build();
    let tracer = provider.tracer("nang");
    let _ = PROVIDER.set(provider);
    Ok(tracing_opentelemetry::layer().with_tracer(tracer).with_filter(LevelFilter::INFO))
}

/// Delivers the spans that are not delivered yet. Must be called before the process ends.
pub(crate) fn flush() {
    if let Some(provider) = PROVIDER.get() {
        // A collector that does not answer must not keep the process; it has logged nothing that is lost elsewhere.
        let _ = provider.shutdown_with_timeout(TIMEOUT);
    }
}

/// Returns what `db` calls for the trace of the present task; `None` if traces are off.
pub(crate) fn trace_source() -> Option<TraceSource> {
    PROVIDER.get().map(|_| traceparent as TraceSource)
}

/// Returns the present span's context as a `traceparent`.
fn traceparent() -> Option<String> {
    let context = Span::current().context();
    if !context.span().span_context().is_valid() {
        return None;
    }
    let mut headers: HashMap<String, String> = HashMap::new();
    TraceContextPropagator::new().inject_context(&context, &mut headers);
    headers.remove(TRACEPARENT)
}

/// Makes a new span a part of the trace that a `traceparent` names. An unreadable one starts a trace of its own.
pub(crate) fn adopt(span: &Span, trace: &str) {
    let headers = HashMap::from([(TRACEPARENT.to_owned(), trace.to_owned())]);
    // An error means that no traces are made.
    let _ = span.set_parent(TraceContextPropagator::new().extract(&headers));
}
