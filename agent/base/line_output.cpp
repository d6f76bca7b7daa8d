#include "agent/base/line_output.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace standin::base {

namespace {

constexpr int patience_ms = 100;  // in a burst a log is behind for a moment

}  // namespace

// The descriptor is shared with the parent and with children: its flags stay as they are.
LineOutput::LineOutput(int descriptor) : descriptor_(descriptor) {
    struct stat what {};
    if (::fstat(descriptor, &what) != 0) return;
    is_socket_ = S_ISSOCK(what.st_mode);
    if (!S_ISFIFO(what.st_mode) && !S_ISCHR(what.st_mode)) return;
    own_.reset(
        ::open(fmt::format("/proc/self/fd/{}", descriptor).c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

/// False: it would have to wait.
bool LineOutput::tryWrite(std::string_view line) const {
    for (;;) {
        const auto written = is_socket_ ? ::send(descriptor_, line.data(), line.size(), MSG_DONTWAIT | MSG_NOSIGNAL)
                                        : ::write(own_ ? own_.get() : descriptor_, line.data(), line.size());
        if (written < 0 && errno == EINTR) continue;
        return written >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
    }
}

bool LineOutput::becomesFree() const {
    pollfd watched{descriptor_, POLLOUT, 0};
    return ::poll(&watched, 1, patience_ms) > 0;
}

void LineOutput::write(std::string_view line) {
    const auto lost = lost_.exchange(0);
    if (lost > 0 &&
        !tryWrite(fmt::format("{} lines before this one are lost: the reader of this log did not take them\n", lost))) {
        lost_ += lost + 1;
        return;
    }
    if (tryWrite(line)) return;
    if (lost == 0 && becomesFree() && tryWrite(line)) return;
    ++lost_;
}

}  // namespace standin::base
