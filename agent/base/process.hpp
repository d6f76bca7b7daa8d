#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "agent/base/result.hpp"

namespace standin::base {

struct ProcessOutcome {
    int exit_code = -1;  ///< 0..255, or 128 + signal
    std::string output;  ///< standard output, made valid UTF-8, of at most ProcessRequest::output_limit bytes
    std::string errors;  ///< standard error, likewise
};

struct ProcessRequest {
    std::vector<std::string> command;  ///< absolute path or name found in PATH, then arguments; no shell
    std::string input;                 ///< given on standard input; use it for secrets, because arguments are public
    std::chrono::milliseconds deadline{10'000};
    std::size_t output_limit = 256U << 10;
};

/// Runs a program in its own process group and waits for it. TimedOut: the whole group was killed at the deadline, and
/// the effect may have happened. If the caller's process dies, the group is killed, too, so that a restarted process
/// does not meet its predecessor's programs. NotFound: there is no such program. A non-zero exit is an outcome, not an
/// error.
Result<ProcessOutcome> runProcess(const ProcessRequest& request);

/// As runProcess(), but a non-zero exit is an error with the program's last output.
Result<std::string> runToSuccess(const ProcessRequest& request);

}  // namespace standin::base
