#pragma once

#include <cstddef>
#include <string>

#include "coordinator/cli/command_context.hpp"

/// The verbs of standinctl(1). Each returns an ExitCode.
namespace standin::cli {

int showStatus(const CommandContext& context);
int showHealth(const CommandContext& context);
int listAgents(const CommandContext& context);
int listAudit(const CommandContext& context, std::size_t limit);
/// Prints events until the coordinator ends, or until the process is stopped. Comes back by itself after a break.
int followEvents(const CommandContext& context);

int listSpares(const CommandContext& context);
struct SpareChoice {
    std::string server;
    std::string spare;
    std::string image;  ///< empty: the newest
    bool wait = false;
};
int setSpare(const CommandContext& context, const SpareChoice& choice);
int prepareStandIn(const CommandContext& context, const std::string& server, bool wait);
int unsetSpare(const CommandContext& context, const std::string& server);

int listImages(const CommandContext& context);
/// Captures the server's image: a refresh if it has a spare (its stand-in is remade when the image differs), else a
/// backup.
int backUpImage(const CommandContext& context, const std::string& server, bool wait);

int failOver(const CommandContext& context, const std::string& server, const std::string& reason, bool wait);
int setMaintenance(const CommandContext& context, const std::string& server, bool on, const std::string& why);
int jobReturned(const CommandContext& context, const std::string& server);

int listOperations(const CommandContext& context, const std::string& server, std::size_t limit);
int showOperation(const CommandContext& context, const std::string& id);
/// The operation as it goes, to its end; empty = the newest that is open.
int watchOperation(const CommandContext& context, const std::string& id);
/// `retry`, `close` or `fence-confirmation`.
int remedyOperation(const CommandContext& context, const std::string& id, const std::string& remedy, bool wait);

int listTraps(const CommandContext& context, const std::string& server, std::size_t limit);
/// `what`: the number of a recorded trap, or a file with a record as `trap list --json` shows it.
int explainTrap(const CommandContext& context, const std::string& what);

/// A verb of the contract that this release does not carry out.
int notThereYet(std::ostream& err, const std::string& verb);

}  // namespace standin::cli
