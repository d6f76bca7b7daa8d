#include "coordinator/what_if/separate_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <mutex>

namespace standin::what_if {

using base::ErrorCode;
using base::failure;

namespace {

/// The child: nothing of the parent's is left open but the pipe, so that no lock or connection outlives the parent.
[[noreturn]] void beChild(const std::function<std::string()>& work, int out) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::setpriority(PRIO_PROCESS, 0, 19);
    ::dup2(out, 3);
    ::close_range(4, ~0U, 0);
    std::string answer;
    try {
        answer = work();
    } catch (const std::exception& exception) {
        ::_exit(1);
    }
    for (std::size_t sent = 0; sent < answer.size();) {
        const auto count = ::write(3, answer.data() + sent, answer.size() - sent);
        if (count <= 0) ::_exit(1);
        sent += static_cast<std::size_t>(count);
    }
    ::_exit(0);
}

/// All that comes until the child closes its end; false: the time is up.
bool readAll(int in, std::chrono::steady_clock::time_point until, std::string& answer) {
    std::array<char, 65536> buffer;
    while (true) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        if (left.count() <= 0) return false;
        pollfd wait{in, POLLIN, 0};
        if (::poll(&wait, 1, static_cast<int>(left.count())) <= 0) continue;
        const auto count = ::read(in, buffer.data(), buffer.size());
        if (count <= 0) return true;
        answer.append(buffer.data(), static_cast<std::size_t>(count));
    }
}

}  // namespace

base::Result<std::string> inSeparateProcess(const std::function<std::string()>& work,
                                            std::chrono::milliseconds patience) {
    static std::mutex one_at_a_time;  // of the process: each child copies its memory
    const std::unique_lock turn(one_at_a_time, std::try_to_lock);
    if (!turn) return failure(ErrorCode::Conflict, "another plan is being made; try again in a moment");
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return failure(ErrorCode::Internal, "no pipe can be made");
    const pid_t child = ::fork();
    if (child == 0) beChild(work, ends[1]);
    ::close(ends[1]);
    std::string answer;
    const bool in_time = child > 0 && readAll(ends[0], std::chrono::steady_clock::now() + patience, answer);
    ::close(ends[0]);
    if (child < 0) return failure(ErrorCode::Internal, "no process can be started");
    if (!in_time) ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (!in_time)
        return failure(ErrorCode::TimedOut, fmt::format("it was not done within {} s", patience.count() / 1000));
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return failure(ErrorCode::Internal, "the simulation broke down; the coordinator itself is not concerned");
    return answer;
}

}  // namespace standin::what_if
