#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "coordinator/simulation/virtual_time.hpp"

namespace standin::simulation {

/// The events of a run, a line for each relevant one: `12.345678  switch1: …`. The same seed and script give the same
/// lines, byte for byte. A log that is off costs nothing: a run that is of interest is repeated with it
/// on.
class EventLog {
  public:
    EventLog(const EventQueue& queue, bool on) : queue_(queue), on_(on) {}

    template <typename... Args>
    void line(fmt::format_string<Args...> format, Args&&... args) {
        if (on_) write(fmt::format(format, std::forward<Args>(args)...));
    }
    [[nodiscard]] bool on() const { return on_; }
    [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }
    /// At most `most` of the newest, oldest first.
    [[nodiscard]] std::vector<std::string> last(std::size_t most) const;

  private:
    void write(std::string sentence);

    const EventQueue& queue_;
    const bool on_;
    std::vector<std::string> lines_;
};

}  // namespace standin::simulation
