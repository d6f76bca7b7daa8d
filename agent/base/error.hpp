#pragma once

#include <string>
#include <string_view>

namespace standin::base {

/// What the caller can do about it decides the code; whether to retry follows from the code alone.
enum class ErrorCode {
    Unreachable,   ///< nobody was asked: the effect has certainly not happened; retry
    TimedOut,      ///< somebody was asked and no answer came: the effect may have happened; observe, then decide
    Refused,       ///< asked and refused for a stated reason; do not retry unchanged
    Forbidden,     ///< the certificate that asked lacks the role; a person has to grant it
    NotFound,      ///< the thing named does not exist
    Conflict,      ///< somebody else holds it (lease, lock), or a newer command went before
    StaleEpoch,    ///< another coordinator leads: the one that asked must stop
    WrongState,    ///< possible in another state of the thing named
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

/// One sentence that says what could not be done with what, and the cure where there is one.
struct Error {
    ErrorCode code = ErrorCode::Internal;
    std::string message;

    /// The same code with a sentence in front: `could not resume stand-in 'server01-1': agent 'vmhost1' …`.
    [[nodiscard]] Error within(std::string_view context) const;
};

}  // namespace standin::base
