#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "agent/http/response.hpp"

namespace standin::http {

/// Guards an agent's commands. A coordinator that was deposed bears an older epoch and is refused; a command that comes twice
/// (its answer was lost) is answered again, not done again.
class CommandGate {
  public:
    /// `epoch_file` keeps the highest epoch seen, durably. `commanders` are the certificate names that may command.
    static base::Result<std::unique_ptr<CommandGate>> open(std::string epoch_file, std::vector<std::string> commanders);

    /// Reads the stamp from the headers, checks it and runs `handler` unless the same command was answered before or is
    /// being handled right now (then its answer is awaited).
    base::Result<Response> pass(Request& request, const std::function<base::Result<Response>(const Request&)>& handler);

    [[nodiscard]] std::uint64_t highestEpoch() const;

  private:
    CommandGate(std::string epoch_file, std::vector<std::string> commanders, std::uint64_t highest);
    base::Result<void> admit(Request& request);
    base::Result<void> raiseEpoch(std::uint64_t epoch);

    struct Answered {
        bool done = false;
        std::optional<Response> response;
    };

    const std::string epoch_file_;
    const std::vector<std::string> commanders_;
    mutable std::mutex mutex_;
    std::condition_variable answered_changed_;
    std::uint64_t highest_ = 0;
    std::map<std::string, std::shared_ptr<Answered>> answered_;
    std::list<std::string> order_;  ///< oldest first, bounds `answered_`
};

}  // namespace standin::http
