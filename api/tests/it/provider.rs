//! An identity provider: discovery, keys, authorisation, and ID tokens that are really signed. A test may make it issue
//! invalid ones.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
    },
};
use axum::{
    Json, Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use base64::{Engine, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::clock;

pub const CLIENT_ID: &str = "nang";
pub const CLIENT_SECRET: &str = "hush hush";

/// How ID tokens are signed.
#[derive(Clone, Copy, Debug, Default)]
pub enum Algorithm {
    #[default]
    Rs256,
    Es256,
    EdDsa,
    /// With the client secret, as every holder of the secret could.
    Hs256,
    /// Unsigned.
    None,
}

/// The ID token that the provider issues.
#[derive(Clone, Debug, Default)]
pub struct IdToken {
    pub algorithm: Algorithm,
    /// Claims that override the correct ones; null removes one.
    pub claims: Value,
    /// Whether the provider signs with another key than it publishes.
    pub forged: bool,
}

pub struct Provider {
    pub issuer: String,
    next: Mutex<IdToken>,
    /// The request that each code was issued for: its challenge, nonce and redirect address. A code is valid once.
    codes: Mutex<HashMap<String, HashMap<String, String>>>,
    rsa: RsaKeyPair,
    ec: EcdsaKeyPair,
    ed: Ed25519KeyPair,
}

impl Provider {
    /// Starts a provider on a free port; it stops with the test's runtime.
    pub async fn start() -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let provider = Arc::new(Self {
            issuer: format!("http://{}/realms/films", listener.local_addr().unwrap()),
            next: Mutex::default(),
            codes: Mutex::default(),
            rsa: RsaKeyPair::generate(KeySize::Rsa2048).unwrap(),
            ec: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
            ed: Ed25519KeyPair::generate().unwrap(),
        });
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .with_state(Arc::clone(&provider));
        let router = Router::new().nest("/realms/films", routes);
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    /// Sets what ID tokens are issued from now on.
    pub fn set_id_token(&self, token: IdToken) {
        *self.next.lock().unwrap() = token;
    }

    fn id_token(&self, nonce: &str, access_token: &str) -> String {
        let IdToken { algorithm, claims, forged } = self.next.lock().unwrap().clone();
        let now = clock::now().unix_timestamp();
        let mut all = json!({
            "iss": self.issuer, "sub": "subject-1", "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": nonce,
            "email": "Editor@films.example.la", "email_verified": true, "name": "ນ້ອຍ",
            "at_hash": encode(&Sha256::digest(access_token)[..16]),
        });
        for (name, value) in claims.as_object().into_iter().flatten() {
            all[name] = value.clone();
        }
        all.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        let (alg, kid) = match algorithm {
            Algorithm::Rs256 => ("RS256", "rsa"),
            Algorithm::Es256 => ("ES256", "ec"),
            Algorithm::EdDsa => ("EdDSA", "ed"),
            Algorithm::Hs256 => ("HS256", "rsa"),
            Algorithm::None => ("none", "rsa"),
        };
        // With Ed25519 it would use SHA-512. OIDC Core leaves this open, so the provider omits the claim.
        if matches!(algorithm, Algorithm::EdDsa) {
            all.as_object_mut().unwrap().remove("at_hash");
        }
        let head = json!({ "alg": alg, "kid": kid, "typ": "JWT" });
        let text = format!("{}.{}", encode(head.to_string()), encode(all.to_string()));
        let random = SystemRandom::new();
        let signature = match algorithm {
            Algorithm::Rs256 => {
                let other = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
                let key = if forged { &other } else { &self.rsa };
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature).unwrap();
                signature
            }
            Algorithm::Es256 => self.ec.sign(&random, text.as_bytes()).unwrap().as_ref().to_vec(),
            Algorithm::EdDsa => self.ed.sign(text.as_bytes()).as_ref().to_vec(),
            Algorithm::Hs256 => {
                let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, CLIENT_SECRET.as_bytes());
                aws_lc_rs::hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
            }
            Algorithm::None => Vec::new(),
        };
        format!("{text}.{}", encode(signature))
    }
}

async fn discovery(State(provider): State<Arc<Provider>>) -> Json<Value> {
    let issuer = &provider.issuer;
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256", "EdDSA"],
        "code_challenge_methods_supported": ["S256"],
    }))
}

async fn keys(State(provider): State<Arc<Provider>>) -> Json<Value> {
    let rsa = provider.rsa.public_key();
    let point = provider.ec.public_key().as_ref();
    Json(json!({ "keys": [
        {
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": "rsa",
            "n": encode(rsa.modulus().big_endian_without_leading_zero()),
            "e": encode(rsa.exponent().big_endian_without_leading_zero()),
        },
        // An uncompressed point: 4, x, y (SEC 1 §2.3.3).
        { "kty": "EC", "crv": "P-256", "use": "sig", "kid": "ec", "x": encode(&point[1..33]), "y": encode(&point[33..]) },
        { "kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": "ed", "x": encode(provider.ed.public_key().as_ref()) },
    ] }))
}

/// Logs in every visitor and redirects back with a code.
async fn authorize(
    State(provider): State<Arc<Provider>>,
    Query(asked): Query<HashMap<String, String>>,
) -> Response {
    let is = |name: &str, value: &str| asked.get(name).is_some_and(|given| given == value);
    if !is("response_type", "code")
        || !is("client_id", CLIENT_ID)
        || !is("code_challenge_method", "S256")
        || !asked["scope"].split(' ').any(|scope| scope == "openid")
    {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let mut codes = provider.codes.lock().unwrap();
    let code = format!("code-{}", codes.len());
    let back = format!("{}?code={code}&state={}&session_state=1", asked["redirect_uri"], asked["state"]);
    codes.insert(code, asked);
    Redirect::to(&back).into_response()
}

async fn token(State(provider): State<Arc<Provider>>, headers: HeaderMap, form: String) -> Response {
    // A form has the syntax of a query.
    let form: Uri = format!("/?{form}").parse().unwrap();
    let Query(given) = Query::<HashMap<String, String>>::try_from_uri(&form).unwrap();
    let refuse = |why: &str| (StatusCode::BAD_REQUEST, Json(json!({ "error": why }))).into_response();
    // Client id and secret are form-encoded first (RFC 6749 §2.3.1).
    let credentials =
        format!("Basic {}", STANDARD.encode(format!("{CLIENT_ID}:{}", CLIENT_SECRET.replace(' ', "+"))));
    if headers.get(header::AUTHORIZATION).is_none_or(|value| *value != credentials) {
        return refuse("invalid_client");
    }
    let asked = provider.codes.lock().unwrap().remove(given.get("code").map_or("", String::as_str));
    let Some(asked) = asked else { return refuse("invalid_grant") };
    let challenge = encode(Sha256::digest(&given["code_verifier"]));
    if challenge != asked["code_challenge"] || given["redirect_uri"] != asked["redirect_uri"] {
        return refuse("invalid_grant");
    }
    let access_token = "an access token";
    let id_token = provider.id_token(&asked["nonce"], access_token);
    Json(json!({ "access_token": access_token, "token_type": "Bearer", "expires_in": 300, "id_token": id_token }))
        .into_response()
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
