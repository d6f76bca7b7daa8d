#pragma once

#include <cstddef>

#include "agent/base/result.hpp"
#include "agent/http/response.hpp"

namespace Poco::Net {
class HTTPServerRequest;
}

namespace standin::http {

/// Reads the request with a body of at most `body_limit` bytes; InvalidInput says what is wrong with it. Throws
/// Poco::Exception when the connection ends or its deadline passes.
base::Result<Request> readRequest(Poco::Net::HTTPServerRequest& from, std::size_t body_limit);

}  // namespace standin::http
