#pragma once

#include <string>
#include <vector>

#include "agent/base/result.hpp"
#include "coordinator/domain/record.hpp"

/// Makes recorded decisions again with the rules of this program.
namespace standin::replay {

/// One line of the record, with the result of this program.
struct ReplayedLine {
    enum class Verdict {
        Told,        ///< it is what happened; nothing was decided
        Same,        ///< decided again to the same result
        Differs,     ///< these rules decide differently
        NotCompared  ///< an earlier decision differed, so this one was made about an operation in another state
    };
    std::uint32_t number = 0;
    base::WallTime at{};
    std::vector<std::string> sentences;  ///< what happened, or what was decided, for people
    Verdict verdict = Verdict::Told;
    std::vector<std::string> differences;  ///< with Differs
    std::uint32_t dropped_before = 0;      ///< so many lines before this one are not kept
};

struct Replay {
    domain::Operation operation;        ///< at the end of the record
    std::vector<std::string> versions;  ///< of the programs that decided, in order, each once
    std::vector<ReplayedLine> lines;
    unsigned decisions = 0;
    unsigned different = 0;
    unsigned not_compared = 0;
    std::uint32_t dropped = 0;     ///< lines
    std::string first_difference;  ///< `line 12: row of the spare table, field note: then: …`; empty: there is none
};

/// Pure. Derives operation, row and placement of each decision again. A difference in the operation leaves the
/// decisions after it uncompared; one in row or placement does not, as decisions do not depend on them. Corrupt: the
/// record does not begin with a whole operation.
base::Result<Replay> replay(const std::vector<domain::RecordLine>& record);

std::string_view nameOf(ReplayedLine::Verdict verdict);

}  // namespace standin::replay
