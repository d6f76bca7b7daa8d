#include "agent/base/log.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "agent/base/clock.hpp"

namespace standin::base {

namespace {

std::string_view nameOf(LogLevel level) {
    switch (level) {
        case LogLevel::Error: return "error";
        case LogLevel::Warning: return "warning";
        case LogLevel::Notice: return "notice";
        case LogLevel::Note: return "note";
        case LogLevel::Debug: return "debug";
    }
    return "note";
}

// One write() call per line: lines of several threads, and of several processes on one log file, do not mix.
void writeToStandardError(LogLevel level, std::string_view line) {
    auto text = fmt::format("{} {:7} {}\n", rfc3339(std::chrono::system_clock::now()), nameOf(level), line);
    [[maybe_unused]] auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace

Log::Log(std::string component, LogLevel threshold) : Log(std::move(component), writeToStandardError, threshold) {}

Log::Log(std::string component, Sink sink, LogLevel threshold)
    : component_(std::move(component)), sink_(std::move(sink)), threshold_(threshold) {}

Log Log::named(std::string component) const { return Log(std::move(component), sink_, threshold_); }

void Log::write(LogLevel level, std::string_view sentence) const {
    if (!takes(level)) return;
    std::string line = component_ + ": " + std::string(sentence);
    // What came from outside may carry line ends; one event stays one line.
    std::replace_if(line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
    sink_(level, line);
}

}  // namespace standin::base
