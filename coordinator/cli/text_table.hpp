#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace standin::cli {

/// Columns for people: as wide as their widest cell, two spaces apart, no trailing blanks. Cells are UTF-8; control
/// characters (they come from outside) are shown as '?'.
class TextTable {
  public:
    explicit TextTable(std::vector<std::string> headings);
    /// Precondition: as many cells as headings.
    void add(std::vector<std::string> cells);
    [[nodiscard]] bool empty() const { return rows_.size() == 1; }
    void print(std::ostream& out) const;

  private:
    std::vector<std::vector<std::string>> rows_;
};

/// Text from outside, safe to write to a terminal.
std::string printable(std::string text);

}  // namespace standin::cli
