//! Sets of error responses that many routes share, for the OpenAPI document.

use utoipa::IntoResponses;

use super::problem::Problem;

/// Error responses of a route that reads an access token.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "describes responses in the OpenAPI document; never constructed")]
pub(crate) enum Authenticated {
    /// The access token is invalid or expired, its session has ended, its account is disabled, or it is missing where required
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthorized(Problem),
}

/// Error responses of a route for editors and admins.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "describes responses in the OpenAPI document; never constructed")]
pub(crate) enum Guarded {
    /// The access token is invalid or expired, its session has ended, its account is disabled, or it is missing where required
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthorized(Problem),
    /// The role of the caller's account does not allow the request
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(Problem),
}

/// Error responses of a route with a JSON body.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "describes responses in the OpenAPI document; never constructed")]
pub(crate) enum WithBody {
    /// The body is not JSON
    #[response(status = 400, content_type = "application/problem+json")]
    BadRequest(Problem),
    /// The body did not arrive in time
    #[response(status = 408, content_type = "application/problem+json")]
    Slow(Problem),
    /// The body is too large
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(Problem),
    /// The content type is not the required one
    #[response(status = 415, content_type = "application/problem+json")]
    UnsupportedMediaType(Problem),
    /// Fields are missing, unknown or invalid; `errors` names each
    #[response(status = 422, content_type = "application/problem+json")]
    Invalid(Problem),
}

/// Error responses of a route with query parameters.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "describes responses in the OpenAPI document; never constructed")]
pub(crate) enum WithQuery {
    /// A query parameter is unknown or invalid; `errors` names each
    #[response(status = 400, content_type = "application/problem+json")]
    BadRequest(Problem),
}

/// Error responses of a route with an id in its path.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "describes responses in the OpenAPI document; never constructed")]
pub(crate) enum WithId {
    /// There is no resource with this id that the caller may see
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(Problem),
}

/// Error responses of a route that limits attempts.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "describes responses in the OpenAPI document; never constructed")]
pub(crate) enum Throttled {
    /// There were too many attempts; Retry-After says in how many seconds the client may try again
    #[response(status = 429, content_type = "application/problem+json", headers(("Retry-After" = u64, description = "Seconds")))]
    Throttled(Problem),
}

/// Error responses of a route that changes a version of a resource.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "describes responses in the OpenAPI document; never constructed")]
pub(crate) enum Versioned {
    /// If-Match is not the present version: the resource has changed since it was read
    #[response(status = 412, content_type = "application/problem+json")]
    Stale(Problem),
    /// If-Match is missing
    #[response(status = 428, content_type = "application/problem+json")]
    PreconditionRequired(Problem),
}
