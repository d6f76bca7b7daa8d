#include "agent/base/error.hpp"

#include <array>
#include <utility>

namespace standin::base {

namespace {

constexpr std::array<std::pair<ErrorCode, std::string_view>, 12> names{{
    {ErrorCode::Unreachable, "unreachable"},
    {ErrorCode::TimedOut, "timed_out"},
    {ErrorCode::Refused, "refused"},
    {ErrorCode::Forbidden, "forbidden"},
    {ErrorCode::NotFound, "not_found"},
    {ErrorCode::Conflict, "conflict"},
    {ErrorCode::StaleEpoch, "stale_epoch"},
    {ErrorCode::WrongState, "wrong_state"},
    {ErrorCode::Unsupported, "unsupported"},
    {ErrorCode::InvalidInput, "invalid_input"},
    {ErrorCode::Corrupt, "corrupt"},
    {ErrorCode::Internal, "internal"},
}};

}  // namespace

std::string_view nameOf(ErrorCode code) {
    for (const auto& [candidate, name] : names) {
        if (candidate == code) return name;
    }
    return "internal";
}

ErrorCode errorCodeFrom(std::string_view name) {
    for (const auto& [code, candidate] : names) {
        if (candidate == name) return code;
    }
    return ErrorCode::Internal;
}

bool isTransient(ErrorCode code) {
    return code == ErrorCode::Unreachable || code == ErrorCode::TimedOut;
}

Error Error::within(std::string_view context) const {
    return Error{code, std::string(context) + ": " + message};
}

}  // namespace standin::base
