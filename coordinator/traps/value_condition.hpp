#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/result.hpp"
#include "coordinator/traps/trap.hpp"

namespace Poco {
class RegularExpression;
}

namespace standin::traps {

/// Why something does not match, in words. Words cost more than the comparison, and a storm asks for none: with
/// `Words::Spared` the text stays empty.
enum class Words { Wanted, Spared };
using Mismatch = std::optional<std::string>;

/// What a rule asks of one varbind. Everything that is set must hold; an absent varbind fulfils nothing but `present:
/// false`.
struct ValueCondition {
    Oid oid;
    bool column =
        false;  ///< `oid` is a table's column: it has an index behind, and one row for which all holds is enough
    bool present = true;
    std::optional<unsigned> byte;       ///< look at this byte (from 0) of the octets as a number, not at the whole
    std::optional<std::int64_t> mask;   ///< of a number only these bits count
    std::optional<std::string> equals;  ///< the value as VarBind::text() shows it
    std::vector<std::string> one_of;    ///< any of these, blanks at its ends left aside; empty asks nothing
    std::optional<std::int64_t> at_least, at_most;           ///< both included
    std::string pattern_text;                                ///< as written, for explanations
    std::shared_ptr<const Poco::RegularExpression> pattern;  ///< found anywhere in the text (PCRE)

    /// It asks for a value, not only for the varbind.
    [[nodiscard]] bool compares() const { return equals || !one_of.empty() || at_least || at_most || pattern; }

    /// Nullopt if it holds, else why not: `1.3.… is '2', not '4'`.
    [[nodiscard]] Mismatch violation(const Trap& trap, Words words) const;

    /// Compiles `text` into `pattern`; InvalidInput says where the expression is wrong.
    base::Result<void> setPattern(const std::string& text);

  private:
    [[nodiscard]] Mismatch violationBy(const VarBind& varbind, Words words) const;
};

}  // namespace standin::traps
