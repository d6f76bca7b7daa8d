#pragma once

#include <atomic>
#include <cstddef>
#include <string_view>

#include "agent/base/file_descriptor.hpp"

namespace standin::base {

/// Writes lines to a pipe, socket, terminal or file without waiting long for its reader: a service manager that does
/// not read its log must not delay a takeover or a program's end. A line that is not accepted in time is dropped; the
/// next accepted line is preceded by their number. Thread-safe.
class LineOutput {
  public:
    /// Longer lines may mix with those of other processes on the same pipe (PIPE_BUF).
    static constexpr std::size_t longest_line = 4096;

    /// `descriptor` stays open and belongs to the caller.
    explicit LineOutput(int descriptor);

    /// `line` ends with its newline. Waits 100 ms at most, and not at all while the reader accepts nothing.
    void write(std::string_view line);

  private:
    [[nodiscard]] bool tryWrite(std::string_view line) const;
    [[nodiscard]] bool becomesFree() const;

    const int descriptor_;
    bool is_socket_ = false;
    FileDescriptor own_;  ///< the same pipe or terminal with separate flags, or none
    std::atomic<unsigned long> lost_{0};
};

}  // namespace standin::base
