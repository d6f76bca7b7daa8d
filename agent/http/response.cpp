#include "agent/http/response.hpp"

#include "agent/protocol/json_text.hpp"

namespace standin::http {

using base::ErrorCode;

const std::string& Request::parameter(const std::string& name) const {
    auto found = parameters.find(name);
    STANDIN_ASSERT(found != parameters.end());
    return found->second;
}

base::Result<protocol::Json> Request::json() const {
    return protocol::parseJson(body);
}

Response Response::json(const protocol::Json& json, int status) {
    // A broken byte sequence from outside (a trap's varbind, say) must not make an answer impossible.
    return Response{status, "application/json", protocol::jsonText(json) + "\n", {}, {}, {}};
}

int statusOf(ErrorCode code) {
    switch (code) {
        case ErrorCode::InvalidInput:
            return 400;
        case ErrorCode::Forbidden:
            return 403;
        case ErrorCode::NotFound:
            return 404;
        case ErrorCode::Refused:
        case ErrorCode::Conflict:
        case ErrorCode::StaleEpoch:
        case ErrorCode::WrongState:
            return 409;
        case ErrorCode::Unsupported:
            return 501;
        case ErrorCode::Unreachable:
            return 502;
        case ErrorCode::TimedOut:
            return 504;
        case ErrorCode::Corrupt:
        case ErrorCode::Internal:
            return 500;
    }
    return 500;
}

Response responseFrom(const base::Error& error) {
    return Response::json(protocol::toJson(error), statusOf(error.code));
}

}  // namespace standin::http
