#pragma once

#include "agent/http/response.hpp"

namespace standin::engine {
class Engine;
}

namespace standin::api {

/// `PUT /v1/spare-table/{server}` with `{"spare": …, "image": …, "prepare": true}` (S101–S105): sets the row and begins
/// to prepare the stand-in: 202 with the operation. Absolute: when the row says so already and its stand-in is ready,
/// nothing is begun, and the answer is 200 with the row. Without `image`, the row's own is kept, or the newest ready
/// one of the server's disk taken.
base::Result<http::Response> setSpare(engine::Engine& engine, const http::Request& request);

/// `DELETE /v1/spare-table/{server}`: 204; also when there is no row.
base::Result<http::Response> unsetSpare(engine::Engine& engine, const http::Request& request);

}  // namespace standin::api
