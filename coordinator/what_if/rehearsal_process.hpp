#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "agent/base/result.hpp"
#include "coordinator/what_if/situation.hpp"

namespace standin::what_if {

/// Rehearsals in a process of their own: a large one uses neither this process's memory, nor its share of the processor
/// beside a takeover, and cannot take it with it if it fails. The process is this program, started again with a hidden
/// option. It gets the situation on its standard input and the inventory as the text of the configuration that was
/// loaded, because the file may have changed since.
class RehearsalProcess {
  public:
    /// `command`: program and arguments; it answers as rehearsalAnswer() does. The process is killed after `patience`.
    RehearsalProcess(std::vector<std::string> command, std::string configuration, std::chrono::milliseconds patience)
        : command_(std::move(command)), configuration_(std::move(configuration)), patience_(patience) {}

    /// The plan as JSON. One at a time: Conflict otherwise. TimedOut: it was killed. Internal: it failed. Other errors
    /// are those of rehearse(). Thread-safe.
    base::Result<nlohmann::json> rehearse(const Situation& situation, const Question& question);

  private:
    const std::vector<std::string> command_;
    const std::string configuration_;
    const std::chrono::milliseconds patience_;
    std::mutex one_at_a_time_;  // each takes as much memory as the estate is large
};

/// The other side: what the process answers to `input`, given a reader of the configuration's text.
std::string rehearsalAnswer(const std::string& input,
                            const std::function<base::Result<engine::Inventory>(const std::string& text)>& inventory);

}  // namespace standin::what_if
