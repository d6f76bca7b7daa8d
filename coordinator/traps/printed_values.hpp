#pragma once

#include <string_view>

#include "agent/base/result.hpp"
#include "coordinator/traps/logged_text.hpp"
#include "coordinator/traps/trap.hpp"

namespace standin::traps {

/// Reads `<OID> = <TYPE>: <value>` one after the other, tabs or line ends between them, as net-snmp prints them. Values
/// may go over several lines. Errors begin with line:column.
class PrintedValues {
  public:
    /// `text` is the beginning of what `logged` has.
    PrintedValues(std::string_view text, std::size_t begin, const LoggedText& logged)
        : text_(text), at_(begin), logged_(logged) {
        skipBetween();
    }

    [[nodiscard]] bool atEnd() const { return at_ >= text_.size(); }
    /// Precondition: not at the end.
    base::Result<VarBind> next();

  private:
    void skipBetween();
    bool takeWord(std::string_view word);
    std::string_view restOfValue();
    base::Result<void> readValue(VarBind& varbind);
    base::Result<void> readNumber(VarBind& varbind, ValueKind kind);
    base::Result<void> readQuoted(VarBind& varbind);
    base::Result<void> readHex(VarBind& varbind);
    base::Unexpected wrong(std::string_view what) const;

    std::string_view text_;
    std::size_t at_;
    const LoggedText& logged_;
};

}  // namespace standin::traps
