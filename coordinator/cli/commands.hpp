#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "coordinator/cli/command_context.hpp"

/// The verbs of standinctl(1). Each returns an ExitCode.
namespace standin::cli {

int showStatus(const CommandContext& context);
int showHealth(const CommandContext& context);
int listAgents(const CommandContext& context);
int listAudit(const CommandContext& context, std::size_t limit);
struct AuditChoice {
    std::string file;  ///< an agent's audit on this machine; empty: the coordinator's
    std::string mark;  ///< `NUMBER:HASH`, noted earlier: that entry must still be the same; empty: none
};
/// Done if the chain is whole; otherwise Failed, and where it breaks.
int verifyAudit(const CommandContext& context, const AuditChoice& choice);
/// Prints events until the coordinator ends, or until the process is stopped. Comes back by itself after a break.
int followEvents(const CommandContext& context);

struct AdoptionChoice {
    bool yes = false;       ///< without asking
    bool if_clean = false;  ///< without asking, and only if nothing contradicts a site that is new
};
/// Shows what a coordinator with a new journal found, and lets it continue from that.
int adoptSite(const CommandContext& context, const AdoptionChoice& choice);

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
int compareImages(const CommandContext& context, const std::string& one, const std::string& other);
/// Has the image read again and waits for what comes of it: Done if it is intact.
int verifyImage(const CommandContext& context, const std::string& image);
struct PruneChoice {
    std::size_t keep = 2;  ///< of each disk, whole ones
    bool yes = false;      ///< without asking
    bool dry_run = false;
};
/// Deletes images that nothing uses; the coordinator checks each again.
int pruneImages(const CommandContext& context, const PruneChoice& choice);
/// Captures the server's image: a refresh if it has a spare (its stand-in is remade when the image differs), else a
/// backup.
int backUpImage(const CommandContext& context, const std::string& server, bool wait);

int failOver(const CommandContext& context, const std::string& server, const std::string& reason, bool wait);
int setMaintenance(const CommandContext& context, const std::string& server, bool on, const std::string& why);
/// `discard_data`: writes that only stand-in or spare have may be lost.
int jobReturned(const CommandContext& context, const std::string& server, bool discard_data);

/// Freezes the site, or ends that.
int freezeSite(const CommandContext& context, bool on, const std::string& reason);
/// Lets the failovers through that the brake keeps back; `rack` empty: those of the whole site.
int releaseBrake(const CommandContext& context, const std::string& rack);
/// Freeze, brake, and what waits for them.
int showRestraints(const CommandContext& context);

int listOperations(const CommandContext& context, const std::string& server, std::size_t limit);
int showOperation(const CommandContext& context, const std::string& id);
/// The operation as it goes, to its end; empty = the newest that is open.
int watchOperation(const CommandContext& context, const std::string& id);
/// `retry`, `cancel` or `fence-confirmation`.
int remedyOperation(const CommandContext& context, const std::string& id, const std::string& remedy, bool wait);
/// `discard_data`: the stand-in's disk is deleted, too, where it has the only copy of what the job wrote.
int closeOperation(const CommandContext& context, const std::string& id, bool discard_data, bool wait);

int listTraps(const CommandContext& context, const std::string& server, std::size_t limit);
struct TrapChoice {
    std::string what;           ///< the number of a recorded trap; or a file, `-`: standard input (traps/trap_file.hpp)
    std::string source;         ///< the sender; empty: as the trap says itself
    std::string configuration;  ///< the coordinator's: explain here, without a request
};
int explainTrap(const CommandContext& context, const TrapChoice& choice);
/// Has the BMC of `server`, or those of `all`, send a test trap and waits for it: Done if each was heard.
int testTraps(const CommandContext& context, const std::string& server, bool all);

/// Shows the course if the server, and everything that `fail` names (`rack=3`, `spare=spare01`…), failed now.
int planFailure(const CommandContext& context, const std::string& server, const std::vector<std::string>& fail);

/// Decides an operation again from its record. `what`: an operation's number; or a file, `-`: standard input.
/// `record`: prints what was recorded instead, for such a file.
int replayOperation(const CommandContext& context, const std::string& what, bool record);

/// A verb of the contract that this release does not carry out.
int notThereYet(std::ostream& err, const std::string& verb);

}  // namespace standin::cli
