//! The client of an object store.

use std::time::Duration;

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::{RetryConfig, RetryPartition, TokenBucket};
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    BehaviorVersion, Builder, Region, RequestChecksumCalculation, ResponseChecksumValidation,
    SharedCredentialsProvider, StalledStreamProtectionConfig,
};

use super::location::Location;
use crate::StorageError;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Time limit for the first byte of an answer. A store that joins the parts of a large upload may need long.
const ANSWER_TIMEOUT: Duration = Duration::from_mins(1);
/// Attempts for each request, with pauses that double.
const ATTEMPTS: u32 = 6;
/// Longest pause before the second attempt.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// Returns a client. Sends no request to the store.
pub(super) async fn connect(location: &Location) -> Result<Client, StorageError> {
    let region = match (&location.region, &location.endpoint) {
        (Some(region), _) => Region::new(region.clone()),
        // Servers other than AWS accept any region or this one.
        (None, Some(_)) => Region::new("us-east-1"),
        (None, None) => aws_config::default_provider::region::DefaultRegionChain::builder()
            .build()
            .region()
            .await
            .ok_or_else(|| {
                StorageError::Url(
                    "the storage URL names no region; add ?region=, or set AWS_REGION".to_owned(),
                )
            })?,
    };
    let mut config = Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(credentials(location, &region).await?)
        .region(region)
        .force_path_style(location.path_style)
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS).with_initial_backoff(FIRST_PAUSE))
        // Otherwise all stores share a quota of attempts: after an outage of one of them, each fault would fail its request until
        // thousands of requests have succeeded.
        .retry_partition(RetryPartition::custom("nang").token_bucket(TokenBucket::unlimited()).build())
        // A store that takes no bytes for some seconds, while it writes to its disks, is as well as one that does not answer yet.
        .stalled_stream_protection(
            StalledStreamProtectionConfig::enabled().grace_period(ANSWER_TIMEOUT).build(),
        )
        .timeout_config(
            TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).read_timeout(ANSWER_TIMEOUT).build(),
        );
    if let Some(endpoint) = &location.endpoint {
        // Other servers may not know the newer checksums, which are sent as trailers.
        config = config
            .endpoint_url(endpoint)
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
    }
    Ok(Client::from_conf(config.build()))
}

/// Returns the credentials of the named file; otherwise those of the environment, of the account's own file or of the machine
/// (instance role, container role, web identity), in this order.
async fn credentials(
    location: &Location,
    region: &Region,
) -> Result<SharedCredentialsProvider, StorageError> {
    let Some(file) = &location.credentials else {
        let chain = DefaultCredentialsChain::builder().region(region.clone()).build().await;
        return Ok(SharedCredentialsProvider::new(chain));
    };
    let text = tokio::fs::read_to_string(file).await.map_err(|error| {
        StorageError::Url(format!("cannot read the credentials file {}: {error}", file.display()))
    })?;
    let profile = location.profile.as_deref().unwrap_or("default");
    if !text.lines().any(|line| line.trim() == format!("[{profile}]")) {
        return Err(StorageError::Url(format!(
            "the credentials file {} has no profile [{profile}]",
            file.display()
        )));
    }
    let files = EnvConfigFiles::builder().with_file(EnvConfigFileKind::Credentials, file).build();
    let provider =
        ProfileFileCredentialsProvider::builder().profile_files(files).profile_name(profile).build();
    Ok(SharedCredentialsProvider::new(provider))
}
