#include "agent/base/log.hpp"

#include <unistd.h>

#include <chrono>

#include "agent/base/clock.hpp"
#include "agent/base/line_output.hpp"
#include "agent/base/text.hpp"

namespace standin::base {

namespace {

// Of one sentence; with time, level and name it is still written as one. A longer one helps no reader of a log.
constexpr std::size_t longest_sentence = LineOutput::longest_line - 196;

std::string_view nameOf(LogLevel level) {
    switch (level) {
        case LogLevel::Error:
            return "error";
        case LogLevel::Warning:
            return "warning";
        case LogLevel::Notice:
            return "notice";
        case LogLevel::Note:
            return "note";
        case LogLevel::Debug:
            return "debug";
    }
    return "note";
}

// One write() call per line: lines of several threads, and of several processes on one log file, do not mix.
void writeToStandardError(LogLevel level, std::string_view line) {
    static LineOutput standard_error(STDERR_FILENO);
    standard_error.write(fmt::format("{} {:7} {}\n", rfc3339(std::chrono::system_clock::now()), nameOf(level), line));
}

}  // namespace

Log::Log(std::string component, LogLevel threshold) : Log(std::move(component), writeToStandardError, threshold) {}

Log::Log(std::string component, Sink sink, LogLevel threshold)
    : component_(std::move(component)), sink_(std::move(sink)), threshold_(threshold) {}

Log Log::named(std::string component) const {
    return Log(std::move(component), sink_, threshold_);
}

void Log::write(LogLevel level, std::string_view sentence) const {
    if (!takes(level)) return;
    // Text from outside may have line ends or a terminal's control characters; one event stays one line.
    sink_(level, component_ + ": " + oneLine(sentence, longest_sentence));
}

}  // namespace standin::base
