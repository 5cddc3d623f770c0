//! Traces: an OpenTelemetry collector receives one trace from the upload to the published film, over two processes.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, routing::post};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{KeyValue, any_value::Value},
    trace::v1::Span,
};
use prost::Message;
use rustix::process::Signal;

use crate::support::{Site, eventually, master, signal};

const LIMIT: Duration = Duration::from_mins(5);

/// Spans with the process that made them.
type Received = Arc<Mutex<Vec<(String, Span)>>>;

/// A collector that keeps what it receives.
async fn collector() -> (String, Received) {
    let received = Received::default();
    let keep = async |State(received): State<Received>, headers: HeaderMap, body: Bytes| {
        assert_eq!(headers["content-type"], "application/x-protobuf");
        let request = ExportTraceServiceRequest::decode(body).expect("the body is protobuf");
        for resource in request.resource_spans {
            let attributes = resource.resource.unwrap().attributes;
            assert_eq!(text(&attributes, "service.name").as_deref(), Some("nang"));
            let process = text(&attributes, "service.instance.id").unwrap();
            let spans = resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
            received.lock().unwrap().extend(spans.map(|span| (process.clone(), span)));
        }
        // An empty response message is valid protobuf.
        Vec::<u8>::new()
    };
    let router = Router::new().route("/v1/traces", post(keep)).with_state(Arc::clone(&received));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, received)
}

fn text(attributes: &[KeyValue], key: &str) -> Option<String> {
    match attributes.iter().find(|one| one.key == key)?.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text.clone()),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_leads_from_the_upload_to_the_ready_film() {
    let (url, received) = collector().await;
    let mut site = Site::start_with(0, &[("NANG_OTLP_ENDPOINT", &url)], None).await;
    let worker = site.start_worker("worker");
    let mut import = site.import(&master(site.path(), 10), &["--title", "Traced", "--wait"]);
    let status = eventually("the import to end", LIMIT, async || import.0.try_wait().unwrap()).await;
    assert!(status.success(), "{}", site.read_log("import"));
    // Both processes deliver their last spans when they end.
    for pid in [worker.id(), site.server().id()] {
        signal(pid, Signal::TERM);
    }
    let published = |received: &Received| {
        let received = received.lock().unwrap();
        received.iter().any(|(_, span)| text(&span.attributes, "job.kind").as_deref() == Some("publish"))
    };
    eventually("the collector to receive the last job", LIMIT, async || published(&received).then_some(()))
        .await;
    eventually("the server to end", LIMIT, async || site.server().0.try_wait().unwrap()).await;

    let received = received.lock().unwrap().clone();
    let jobs: Vec<_> = received.iter().filter(|(_, span)| span.name == "job").collect();
    let kinds: BTreeSet<String> =
        jobs.iter().filter_map(|(_, span)| text(&span.attributes, "job.kind")).collect();
    let expected = ["probe", "analyse", "plan", "encode_chunk", "encode_audio", "publish"].map(str::to_owned);
    assert!(kinds.is_superset(&expected.into()), "{kinds:?}");

    let spans: HashMap<_, _> =
        received.iter().map(|(process, span)| (span.span_id.clone(), (process, span))).collect();
    let publish =
        jobs.iter().find(|(_, span)| text(&span.attributes, "job.kind").as_deref() == Some("publish"));
    let (worker_process, publish) = publish.unwrap();
    // From the publishing back to the request that created the upload.
    let mut chain = vec![];
    let mut at = publish;
    loop {
        chain.push(text(&at.attributes, "job.kind").unwrap_or_else(|| at.name.clone()));
        if at.parent_span_id.is_empty() {
            break;
        }
        at = spans
            .get(&at.parent_span_id)
            .unwrap_or_else(|| panic!("the parent of {chain:?} was not received"))
            .1;
    }
    let parts: BTreeSet<&str> = ["encode_chunk", "encode_audio"].into();
    assert_eq!(chain[0], "publish");
    assert!(parts.contains(chain[1].as_str()), "{chain:?}");
    assert_eq!(chain[2..], ["plan", "analyse", "probe", "receive", "request"], "{chain:?}");
    assert_eq!(
        text(&at.attributes, "http.route").or(text(&at.attributes, "route")).unwrap_or_default(),
        "/api/admin/uploads"
    );
    assert_eq!(at.trace_id, publish.trace_id);
    let root = spans[&at.span_id].0;
    assert_ne!(root, worker_process, "the trace continues in another process");

    let mut traces: BTreeMap<&[u8], u32> = BTreeMap::new();
    for (_, span) in
        jobs.iter().filter(|(_, span)| text(&span.attributes, "job.kind").as_deref() != Some("collect"))
    {
        *traces.entry(&span.trace_id).or_default() += 1;
    }
    assert_eq!(traces.len(), 1, "all jobs of the film are in one trace");
}
