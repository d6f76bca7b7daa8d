#pragma once

#include <string>
#include <string_view>

namespace standin::base {

/// Error codes, chosen by what the caller can do about the error; the code alone decides whether to retry.
enum class ErrorCode {
    Unreachable,   ///< no request was sent: the effect has certainly not happened; retry
    TimedOut,      ///< a request was sent and not answered: the effect may have happened; observe, then decide
    Refused,       ///< refused for a stated reason; do not retry unchanged
    Forbidden,     ///< the certificate lacks the role; a person has to give it
    NotFound,      ///< the thing named does not exist
    Conflict,      ///< held by something else (lease, lock), or a newer command was seen
    StaleEpoch,    ///< another coordinator leads: the caller must stop
    WrongState,    ///< possible only in another state of the thing named
    Unsupported,   ///< this implementation or device cannot do it
    InvalidInput,  ///< the request itself is wrong
    Corrupt,       ///< stored or received data is not what was written
    Internal       ///< a defect or an exhausted resource of this program or its host
};

/// The code's name as it appears in JSON and logs, e.g. `timed_out`.
std::string_view nameOf(ErrorCode code);

/// The inverse of nameOf(); an unknown name is `Internal`.
ErrorCode errorCodeFrom(std::string_view name);

/// True for codes after which the same request may succeed later without a change by anybody (Unreachable, TimedOut).
bool isTransient(ErrorCode code);

/// One sentence: what could not be done with what, and the cure if there is one.
struct Error {
    ErrorCode code = ErrorCode::Internal;
    std::string message;

    /// The same code, with `context` before the message: `could not resume stand-in 'server01-1': agent 'vmhost1' …`.
    [[nodiscard]] Error within(std::string_view context) const;
};

}  // namespace standin::base
