#pragma once

#include <Poco/Data/Session.h>

#include <vector>

#include "agent/base/result.hpp"
#include "coordinator/journal/journal.hpp"

namespace standin::journal {

/// Reads the contents of a journal's file. Texts may be from an earlier release, or damaged: a row that cannot be read
/// becomes an entry of Contents::unreadable, and the others are still read.
class ContentsReader {
  public:
    explicit ContentsReader(Poco::Data::Session& session) : session_(session) {}

    /// Operations, spare table, leases, placements, maintenance.
    void read(Contents& contents);
    /// Counts for each operation how often the coordinator crashed while working on it; `left` are those of the last
    /// crash. The counts are also written, so that they are known next time even on a full disk.
    void readCrashes(Contents& contents, const std::vector<domain::OperationId>& left);
    /// Written as well, where the file says nothing yet. An adoption that cannot be read counts as not agreed to.
    [[nodiscard]] domain::Adoption readAdoption() const;
    /// A freeze that cannot be read counts as on.
    [[nodiscard]] domain::Freeze readFreeze() const;

  private:
    void readOperations(Contents& contents);
    void readSteps(base::Result<domain::Operation>& operation, Poco::Int64 id);
    void keepUnreadableLeases(Contents& contents);
    [[nodiscard]] bool hasRecords() const;

    Poco::Data::Session& session_;
};

}  // namespace standin::journal
