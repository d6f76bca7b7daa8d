#pragma once

#include <atomic>
#include <cstddef>
#include <string_view>

#include "agent/base/file_descriptor.hpp"

namespace standin::base {

/// Lines written to a pipe, socket, terminal or file, without waiting long for their reader: a service manager's
/// log that hangs must hold up no takeover, and no program's end. A line that is not taken in time is dropped, and how
/// many those were is said before the next one that is. Safe to use from several threads.
class LineOutput {
  public:
    /// What is longer may mix with the lines of other processes on the same pipe (PIPE_BUF).
    static constexpr std::size_t longest_line = 4096;

    /// `descriptor` stays open and the caller's.
    explicit LineOutput(int descriptor);

    /// `line` ends with its newline. Waits 100 ms at most, and not at all while nothing is taken.
    void write(std::string_view line);

  private:
    [[nodiscard]] bool tryWrite(std::string_view line) const;
    [[nodiscard]] bool becomesFree() const;

    const int descriptor_;
    bool is_socket_ = false;
    FileDescriptor own_;  ///< the same pipe or terminal with flags of its own, or none
    std::atomic<unsigned long> lost_{0};
};

}  // namespace standin::base
