#pragma once

#include <map>
#include <string>

#include "coordinator/cli/command_context.hpp"

namespace standin::cli {

/// Prints an operation as it goes: each step once when it begins or ends, each change of state once. Times count from
/// the failure (the trap's arrival, or the request).
class OperationTimeline {
  public:
    explicit OperationTimeline(std::ostream& out) : out_(out) {}
    /// The news in `operation` since the last call.
    void show(const Json& operation);

  private:
    void showHead(const Json& operation);
    void showStep(const Json& step);
    bool isRepetition(const Json& step, const std::string& title);

    std::ostream& out_;
    std::map<std::string, std::string> shown_;     ///< step or note -> what was last printed of it
    std::map<std::string, std::string> failures_;  ///< step -> what its last attempt failed with
    std::string state_;
    bool begun_ = false;
};

/// An operation that is over, or at rest, whole: head, steps, notes, phases.
void printOperation(std::ostream& out, const Json& operation);

/// True once nothing more happens by itself.
bool isAtRest(const Json& operation);
/// Done for `succeeded` and `closed`, Failed otherwise.
int exitCodeOf(const Json& operation);

/// Follows an operation to its end, with its timeline on `out` (or, for --json, only the end as JSON).
int followOperation(const CommandContext& context, const std::string& id);

}  // namespace standin::cli
