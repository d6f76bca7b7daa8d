#include "coordinator/api/route_parts.hpp"

#include <fmt/format.h>

#include <optional>

#include "agent/base/number.hpp"
#include "agent/base/text.hpp"
#include "agent/http/roles.hpp"

namespace standin::api {

base::Result<std::uint64_t> numberIn(const Request& request, const std::string& parameter) {
    const auto& text = request.parameter(parameter);
    auto number = base::parseNumber<std::uint64_t>(text);
    if (!number || *number == 0) {
        return base::failure(base::ErrorCode::InvalidInput,
                             fmt::format("'{}' is not a number above 0", base::shortened(text, 40)));
    }
    return *number;
}

base::Result<std::size_t> limitIn(const Request& request, std::size_t otherwise, std::size_t most) {
    auto found = request.query.find("limit");
    if (found == request.query.end()) return otherwise;
    auto number = base::parseNumber<std::uint64_t>(found->second);
    if (!number || *number == 0 || *number > most) {
        return base::failure(base::ErrorCode::InvalidInput, fmt::format("limit: '{}' is not a number from 1 to {}",
                                                                        base::shortened(found->second, 40), most));
    }
    return static_cast<std::size_t>(*number);
}

base::Result<bool> discardIn(const Request& request) {
    if (request.body.empty()) return false;
    auto body = request.json();
    if (!body) return base::failure(body.error());
    protocol::JsonFields fields(*body, "request");
    return fields.finish(bool{fields.boolean("discard_data", false)});
}

base::Result<bool> dryRunIn(const Request& request) {
    const auto found = request.query.find("dry_run");
    if (found == request.query.end() || found->second == "false") return false;
    if (found->second == "true") return true;
    return base::failure(base::ErrorCode::InvalidInput,
                         fmt::format("dry_run: '{}' is neither true nor false", base::shortened(found->second, 40)));
}

Response foreseen(bool changes) {
    return Response::json({{"dry_run", true}, {"changes", changes}});
}

base::Result<void> mayDiscard(const Request& request, bool discard) {
    return discard ? http::demand(request, http::Access::Confirm, "with 'discard_data'")
                   : http::demand(request, http::Access::Command, "without 'discard_data'");
}

Response accepted(std::uint64_t operation, const protocol::Json& body) {
    auto response = Response::json(body, 202);
    response.headers["Location"] = fmt::format("/v1/operations/{}", operation);
    return response;
}

}  // namespace standin::api
