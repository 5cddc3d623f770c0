//! The problems that many routes share, as sets for the OpenAPI document.

use utoipa::IntoResponses;

use super::problem::Problem;

/// What a route behind a sign-in may answer.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "describes answers in the OpenAPI document; never built")]
pub(crate) enum SignedIn {
    /// No access token, or one that is expired, forged or of a disabled account
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthorized(Problem),
}

/// What a route for editors and admins may answer.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "describes answers in the OpenAPI document; never built")]
pub(crate) enum Guarded {
    /// No access token, or one that is expired, forged or of a disabled account
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthorized(Problem),
    /// The account's role does not allow it
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(Problem),
}

/// What a route with a JSON body may answer.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "describes answers in the OpenAPI document; never built")]
pub(crate) enum WithBody {
    /// The body is not JSON
    #[response(status = 400, content_type = "application/problem+json")]
    BadRequest(Problem),
    /// The body stopped coming, or came too slowly
    #[response(status = 408, content_type = "application/problem+json")]
    Slow(Problem),
    /// The body is too large
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(Problem),
    /// The content type is not application/json
    #[response(status = 415, content_type = "application/problem+json")]
    UnsupportedMediaType(Problem),
    /// Fields are missing, unknown or invalid; `errors` names each
    #[response(status = 422, content_type = "application/problem+json")]
    Invalid(Problem),
}

/// What a route with query parameters may answer.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "describes answers in the OpenAPI document; never built")]
pub(crate) enum WithQuery {
    /// A query parameter is unknown or invalid; `errors` names each
    #[response(status = 400, content_type = "application/problem+json")]
    BadRequest(Problem),
}

/// What a route with an id in its path may answer.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "describes answers in the OpenAPI document; never built")]
pub(crate) enum WithId {
    /// There is none with this id that the caller may see
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(Problem),
}

/// What a route that slows down guessing may answer.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "describes answers in the OpenAPI document; never built")]
pub(crate) enum Throttled {
    /// Too many attempts; Retry-After says in how many seconds to try again
    #[response(status = 429, content_type = "application/problem+json", headers(("Retry-After" = u64, description = "Seconds")))]
    Throttled(Problem),
}

/// What a route may answer that changes something as it was read.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "describes answers in the OpenAPI document; never built")]
pub(crate) enum Versioned {
    /// Somebody else has changed it; read it again
    #[response(status = 412, content_type = "application/problem+json")]
    Stale(Problem),
    /// If-Match is missing
    #[response(status = 428, content_type = "application/problem+json")]
    PreconditionRequired(Problem),
}
