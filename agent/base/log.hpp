#pragma once

#include <fmt/format.h>

#include <functional>
#include <string>
#include <string_view>

namespace standin::base {

/// Levels by consequence (syslog's numbers, so that journald understands the prefix).
enum class LogLevel {
    Error = 3,    ///< a request was not fulfilled
    Warning = 4,  ///< handled, but unusual
    Notice = 5,   ///< a state changed
    Note = 6,     ///< normal operation
    Debug = 7
};

/// A component's log. Thread-safe; a line is written as a whole.
class Log {
  public:
    using Sink = std::function<void(LogLevel, std::string_view line)>;

    /// Writes `<time> <level> <component>: <sentence>` to standard error.
    explicit Log(std::string component, LogLevel threshold = LogLevel::Note);
    Log(std::string component, Sink sink, LogLevel threshold = LogLevel::Debug);

    /// The same sink under another component's name.
    [[nodiscard]] Log named(std::string component) const;

    template <typename... Args>
    void error(fmt::format_string<Args...> format, Args&&... args) const {
        write(LogLevel::Error, fmt::format(format, std::forward<Args>(args)...));
    }
    template <typename... Args>
    void warning(fmt::format_string<Args...> format, Args&&... args) const {
        write(LogLevel::Warning, fmt::format(format, std::forward<Args>(args)...));
    }
    template <typename... Args>
    void notice(fmt::format_string<Args...> format, Args&&... args) const {
        write(LogLevel::Notice, fmt::format(format, std::forward<Args>(args)...));
    }
    template <typename... Args>
    void note(fmt::format_string<Args...> format, Args&&... args) const {
        write(LogLevel::Note, fmt::format(format, std::forward<Args>(args)...));
    }
    template <typename... Args>
    void debug(fmt::format_string<Args...> format, Args&&... args) const {
        if (threshold_ >= LogLevel::Debug) write(LogLevel::Debug, fmt::format(format, std::forward<Args>(args)...));
    }

    void write(LogLevel level, std::string_view sentence) const;
    /// False: messages of this level are discarded and need not be formatted.
    [[nodiscard]] bool takes(LogLevel level) const { return level <= threshold_ && sink_; }

  private:
    std::string component_;
    Sink sink_;
    LogLevel threshold_;
};

}  // namespace standin::base
