#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace standin::traps {

/// Text of snmptrapd as it comes out of a log: without what syslog or the journal writes before each line, its escapes
/// for tab and line end (`#011`, `#012`, `^I`) undone, every line end a '\n', other programs' lines empty, NULs blanks.
class LoggedText {
  public:
    explicit LoggedText(std::string_view raw);

    [[nodiscard]] std::string_view text() const { return text_; }
    /// line:column in what was given, of an offset in text().
    [[nodiscard]] std::string place(std::size_t offset) const;

  private:
    /// From here on text() stands in the raw text, byte by byte.
    struct Piece {
        std::size_t at, line, column;
    };
    void addLine(std::string_view line, std::size_t number);

    std::string text_;
    std::vector<Piece> pieces_;
};

}  // namespace standin::traps
