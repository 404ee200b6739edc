//! `/test/…`: faults and counters over HTTP. Mounted only with [`Config::faults`](crate::Config::faults).

use crate::faults::{Fault, FaultsRequest};
use crate::{Counters, DevProvider};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// `POST /test/faults`: switches on all faults of the order, or none if a line is invalid.
pub(crate) async fn add(State(provider): State<DevProvider>, body: Bytes) -> Response {
    let refuse =
        |reason: String| (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({ "error": reason }))).into_response();
    let order: FaultsRequest = match serde_json::from_slice(&body) {
        Ok(order) => order,
        Err(error) => return refuse(error.to_string()),
    };
    let faults: Result<Vec<_>, _> = order.faults.iter().map(|line| Ok((line.fault()?, line.times))).collect();
    let faults: Vec<(Fault, Option<u32>)> = match faults {
        Ok(faults) => faults,
        Err(reason) => return refuse(str::to_owned(reason)),
    };
    for (fault, times) in faults {
        match (fault, times) {
            (Fault::RotateKeys, _) => {
                if let Err(error) = provider.rotate_keys().await {
                    return refuse(error.to_string());
                }
            }
            (fault, Some(times)) => provider.faults().add_times(fault, times),
            (fault, None) => provider.faults().add(fault),
        }
    }
    StatusCode::NO_CONTENT.into_response()
}

/// `DELETE /test/faults`
pub(crate) async fn clear(State(provider): State<DevProvider>) -> StatusCode {
    provider.faults().clear();
    StatusCode::NO_CONTENT
}

/// `GET /test/counters`
pub(crate) async fn counters(State(provider): State<DevProvider>) -> Json<Counters> {
    Json(provider.counters())
}
