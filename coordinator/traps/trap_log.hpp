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

/// Stores every trap with its verdict. Bounded: equal traps are counted on one record; the oldest records are removed
/// first, failures last.
class TrapLog {
  public:
    virtual ~TrapLog() = default;

    /// The id under which record() will store this trap: that of an equal trap of the last minutes, otherwise a new
    /// one. It is available in advance so that a failure can be reported before anything is recorded. No id is used
    /// twice, also not after a crash.
    virtual std::uint64_t idFor(const Trap& trap) = 0;

    /// Takes the record and returns at once. It is durable about 100 ms later; then `trap.acknowledge` is called. Never
    /// blocks on a disk and never fails: if the memory for waiting records is full, the record is counted as unrecorded
    /// (except failures).
    virtual void record(TrapRecord record) = 0;

    virtual base::Result<std::vector<TrapRecord>> list(const TrapQuery& query) = 0;
    /// NotFound: there is no such record, or it was removed because of its age.
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
