//! TLS to PostgreSQL for connections that are not sqlx's, as strict as sqlx's are. The words are libpq's (PostgreSQL documentation,
//! 34.19 "SSL Support"), with two differences: `sslrootcert` is trusted beside the world's authorities and not instead of them, so
//! that only `verify-full` keeps everybody else out, and it does not make `require` check anything.

use std::sync::Arc;

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error as TlsError, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
};
use sqlx::{
    ConnectOptions,
    postgres::{PgConnectOptions, PgSslMode},
};
use tokio_postgres_rustls::MakeRustlsConnect;

pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// How the server is spoken to; `None` for in the clear. Reads the certificates that `options` names.
pub(crate) fn connector(options: &PgConnectOptions) -> Result<Option<MakeRustlsConnect>, BoxError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let checked = match options.get_ssl_mode() {
        PgSslMode::Disable | PgSslMode::Allow => return Ok(None),
        PgSslMode::Prefer | PgSslMode::Require => None,
        mode => Some((roots(options)?, matches!(mode, PgSslMode::VerifyFull))),
    };
    let config =
        ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    let config = match checked {
        Some((roots, true)) => config.with_root_certificates(roots),
        Some((roots, false)) => {
            let chain =
                WebPkiServerVerifier::builder_with_provider(roots.into(), Arc::clone(&provider)).build()?;
            lenient(config, Lenient { chain: Some(chain), provider })
        }
        None => lenient(config, Lenient { chain: None, provider }),
    };
    let config = match (file(options, "sslcert"), file(options, "sslkey")) {
        (Some(own), Some(key)) => {
            config.with_client_auth_cert(certificates(&own)?, PrivateKeyDer::from_pem_slice(&read(&key)?)?)?
        }
        _ => config.with_no_client_auth(),
    };
    Ok(Some(MakeRustlsConnect::new(config)))
}

type Unchecked = rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>;
type Checked = rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert>;

fn lenient(config: Unchecked, verifier: Lenient) -> Checked {
    config.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
}

/// Whom to trust: the world's authorities, and the one that is named.
fn roots(options: &PgConnectOptions) -> Result<RootCertStore, BoxError> {
    let mut roots: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
    if let Some(own) = file(options, "sslrootcert") {
        for certificate in certificates(&own)? {
            roots.add(certificate)?;
        }
    }
    Ok(roots)
}

/// The same options for `to_url_lossy`, in which alone sqlx tells the password and the files. It panics where host and user cannot
/// stand in a URL as they are (a socket's folder, an IPv6 address), so others stand in for them.
pub(crate) fn tellable(options: &PgConnectOptions) -> PgConnectOptions {
    options.clone().host("localhost").username("anybody")
}

/// A parameter that names a file or is the file's text.
fn file(options: &PgConnectOptions, parameter: &str) -> Option<String> {
    let url = tellable(options).to_url_lossy();
    url.query_pairs().find(|(name, _)| name == parameter).map(|(_, value)| value.into_owned())
}

fn certificates(file: &str) -> Result<Vec<CertificateDer<'static>>, BoxError> {
    let pem = read(file)?;
    Ok(CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<_, _>>()
        .map_err(|error| format!("{file}: {error}"))?)
}

/// What is in the file, or the text itself.
fn read(file: &str) -> Result<Vec<u8>, BoxError> {
    // How sqlx tells the two apart when it tells them.
    let Some(file) = file.strip_prefix("file: ") else { return Ok(file.as_bytes().to_vec()) };
    Ok(std::fs::read(file).map_err(|error| format!("{file}: {error}"))?)
}

/// Checks no names: with a chain that is `verify-ca`, without one anybody is let in and only eavesdroppers are kept out.
#[derive(Debug)]
struct Lenient {
    chain: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        let Some(chain) = &self.chain else { return Ok(ServerCertVerified::assertion()) };
        match chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            // Names are looked at last: all else is in order.
            Err(TlsError::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
