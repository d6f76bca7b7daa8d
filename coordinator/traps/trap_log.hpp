#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/result.hpp"
#include "coordinator/traps/classify.hpp"
#include "coordinator/traps/trap.hpp"

namespace standin::traps {

/// A trap, its verdict, and how often the same came again.
struct TrapRecord {
    std::uint64_t id = 0;
    Trap trap;  ///< the first of its kind; `trap.count` counts all of them
    base::WallTime last_arrived{};
    Verdict verdict;
};

/// Which records to list; newest first.
struct TrapQuery {
    std::size_t limit = 100;              ///< at most 1,000 are given
    std::optional<std::uint64_t> before;  ///< only ids below this one, for paging
    std::optional<Verdict::Outcome> outcome;
    std::optional<base::ServerName> server;
};

/// Keeps what became of every trap. Bounded: equal traps are counted on one record, and the oldest go first, failures
/// last.
class TrapLog {
  public:
    virtual ~TrapLog() = default;

    /// The id under which record() will keep this trap: that of an equal one of the last minutes, else a fresh one. It
    /// is told beforehand so that a failure can be reported before anything is recorded. No number is given twice, also
    /// not after a crash.
    virtual std::uint64_t idFor(const Trap& trap) = 0;

    /// Takes the record and returns at once; it is durable some 100 ms later, and then what `trap.acknowledge` holds is
    /// called. Never blocks on a disk and never fails: when even the memory for waiting records is used up, the record
    /// (failures excepted) is counted as unrecorded.
    virtual void record(TrapRecord record) = 0;

    virtual base::Result<std::vector<TrapRecord>> list(const TrapQuery& query) = 0;
    /// NotFound: there is none, or it was too old to be kept.
    virtual base::Result<TrapRecord> find(std::uint64_t id) = 0;

    struct Counts {
        std::uint64_t recorded = 0;    ///< records written
        std::uint64_t coalesced = 0;   ///< traps counted on an existing record
        std::uint64_t unrecorded = 0;  ///< traps of which no record could be kept
        std::string problem;           ///< why the last write failed; empty when it did not
    };
    [[nodiscard]] virtual Counts counts() const = 0;
};

/// In one SQLite file, written by a thread of its own in batches.
base::Result<std::unique_ptr<TrapLog>> openSqliteTrapLog(const std::string& path);

}  // namespace standin::traps
