#pragma once

#include <cstdint>
#include <string>

#include "agent/http/response.hpp"

/// Common parts of the API's routes.
namespace standin::api {

using http::Request;
using http::Response;

/// How the audit names a client: by the certificate's common name and the address, never by what the client says of
/// itself.
inline std::string askerOf(const Request& request) {
    return "operator " + request.peer + (request.address.empty() ? "" : " (" + request.address + ")");
}

/// A path parameter that must be a number above 0.
base::Result<std::uint64_t> numberIn(const Request& request, const std::string& parameter);

/// `discard_data` of a request's body, which may be empty: writes of a job may be lost. False unless it is said.
base::Result<bool> discardIn(const Request& request);

/// `?dry_run=true`: the request is admitted or refused, and nothing is done. False unless it is said.
base::Result<bool> dryRunIn(const Request& request);

/// The answer to a dry run that is admitted: whether the request would change anything.
Response foreseen(bool changes);

/// To discard a job's data takes a confirmer; the same request without that is any operator's.
base::Result<void> mayDiscard(const Request& request, bool discard);

/// `?limit=` from 1 to `most`.
base::Result<std::size_t> limitIn(const Request& request, std::size_t otherwise, std::size_t most);

/// `Location: /v1/operations/{id}` and the operation's id as body: accepted, and durable.
Response accepted(std::uint64_t operation, const protocol::Json& body);

}  // namespace standin::api
