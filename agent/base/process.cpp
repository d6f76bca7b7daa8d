#include "agent/base/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "agent/base/file_descriptor.hpp"
#include "agent/base/text.hpp"

extern char** environ;

namespace standin::base {

namespace {

struct Pipe {
    FileDescriptor read_end;
    FileDescriptor write_end;
    Pipe() {
        std::array<int, 2> ends{-1, -1};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) return;
        read_end.reset(ends[0]);
        write_end.reset(ends[1]);
    }
};

// A program that ends without reading its input must not end us by SIGPIPE, with any disposition of the caller.
class BrokenPipeBlocked {
  public:
    BrokenPipeBlocked() {
        sigemptyset(&pipe_);
        sigaddset(&pipe_, SIGPIPE);
        ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
    }
    ~BrokenPipeBlocked() {
        const timespec at_once{};
        while (::sigtimedwait(&pipe_, nullptr, &at_once) > 0) {
        }
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }
    BrokenPipeBlocked(const BrokenPipeBlocked&) = delete;
    BrokenPipeBlocked& operator=(const BrokenPipeBlocked&) = delete;

  private:
    sigset_t pipe_{};
    sigset_t before_{};
};

constexpr std::size_t read_at_once = 8192;

// Reads what is there; false at end of file.
bool drain(int descriptor, std::string& into, std::size_t limit) {
    std::array<char, read_at_once> buffer{};
    auto length = ::read(descriptor, buffer.data(), buffer.size());
    if (length < 0) return errno == EAGAIN || errno == EINTR;
    if (length == 0) return false;
    auto room = limit > into.size() ? limit - into.size() : 0;
    into.append(buffer.data(), std::min(room, static_cast<std::size_t>(length)));
    return true;
}

// Writes what fits; false when nothing is left or the reader is gone.
bool feed(int descriptor, const std::string& input, std::size_t& fed) {
    if (fed >= input.size()) return false;
    const BrokenPipeBlocked blocked;
    auto length = ::write(descriptor, input.data() + fed, input.size() - fed);
    if (length < 0) return errno == EAGAIN || errno == EINTR;
    fed += static_cast<std::size_t>(length);
    return fed < input.size();
}

class Child {
  public:
    Child(pid_t pid, pid_t group, Pipe& in, Pipe& out, Pipe& err)
        : pid_(pid), group_(group), in_(in), out_(out), err_(err) {}

    // True when the program closed its outputs and ended before the deadline.
    bool communicate(const ProcessRequest& request, ProcessOutcome& outcome) {
        using Steady = std::chrono::steady_clock;
        const auto until = Steady::now() + request.deadline;
        const FileDescriptor exit_watch(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
        std::size_t fed = 0;
        if (request.input.empty()) in_.write_end.reset();
        bool ended = false;
        while (!ended) {
            auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Steady::now()).count();
            if (left <= 0) break;
            std::array<pollfd, 4> watched{pollfd{out_.read_end.get(), POLLIN, 0},
                                          pollfd{err_.read_end.get(), POLLIN, 0},
                                          pollfd{in_.write_end.get(), POLLOUT, 0}, pollfd{exit_watch.get(), POLLIN, 0}};
            if (::poll(watched.data(), watched.size(), static_cast<int>(std::min<long long>(left, 60'000))) < 0)
                continue;
            if (watched[0].revents != 0 && !drain(out_.read_end.get(), outcome.output, request.output_limit))
                out_.read_end.reset();
            if (watched[1].revents != 0 && !drain(err_.read_end.get(), outcome.errors, request.output_limit))
                err_.read_end.reset();
            if (watched[2].revents != 0 && !feed(in_.write_end.get(), request.input, fed)) in_.write_end.reset();
            // The program's end counts, not that of its outputs: a grandchild may hold those open for ever.
            ended = watched[3].revents != 0;
        }
        if (ended) {
            killGroup();  // what the program left running must neither outlive it nor go on writing; before reap(),
                          // while the id is its own
            drainRest(out_.read_end.get(), outcome.output, request.output_limit);
            drainRest(err_.read_end.get(), outcome.errors, request.output_limit);
        }
        return ended;
    }

    int reap() const {
        int status = 0;
        while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

    void killGroup() const { ::kill(-group_, SIGKILL); }

  private:
    // What is in the pipe now: a process that left the group may write to it for ever.
    static void drainRest(int descriptor, std::string& into, std::size_t limit) {
        int rest = 0;
        if (descriptor < 0 || ::ioctl(descriptor, FIONREAD, &rest) != 0) return;
        for (; rest > 0 && drain(descriptor, into, limit); rest -= static_cast<int>(read_at_once)) {
        }
    }

    pid_t pid_;
    pid_t group_;
    Pipe& in_;
    Pipe& out_;
    Pipe& err_;
};

/// Starts a program with these ends of pipes as its standard input, output and error (-1: as ours), in `group` (0: one
/// of its own).
int spawn(const std::vector<std::string>& command, const std::array<int, 3>& standard_ends, pid_t group, pid_t& pid) {
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    for (int end = 0; end < 3; ++end) {
        const int ours = standard_ends[static_cast<std::size_t>(end)];
        if (ours >= 0) ::posix_spawn_file_actions_adddup2(&actions, ours, end);
    }
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    sigset_t none;
    sigset_t standard;
    sigemptyset(&none);
    sigemptyset(&standard);
    sigaddset(&standard, SIGPIPE);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &standard);
    ::posix_spawnattr_setpgroup(&attributes, group);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    std::vector<char*> arguments;
    for (const auto& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    int problem = ::posix_spawnp(&pid, arguments[0], &actions, &attributes, arguments.data(), environ);
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    const bool comes_first = ::getpriority(PRIO_PROCESS, 0) < 0;  // it alone, not what it starts
    if (problem == 0 && comes_first) ::setpriority(PRIO_PROCESS, static_cast<id_t>(pid), 0);
    return problem;
}

/// The first of a program's process group: when this program dies, however it does, the group is killed. A signal at
/// the parent's death would reach the program alone, and not what it has started; the end of a pipe that only we hold
/// open comes whichever process dies, and however.
class Guardian {
  public:
    Guardian() {
        if (!line_.read_end) return;
        if (spawn({"/bin/sh", "-c", "read -r line; kill -KILL 0"}, {line_.read_end.get(), -1, -1}, 0, pid_) != 0)
            pid_ = -1;
        line_.read_end.reset();
    }
    /// Precondition: its group is killed, or holds nobody else.
    ~Guardian() {
        if (pid_ < 0) return;
        line_.write_end.reset();
        while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
        }
    }
    Guardian(const Guardian&) = delete;
    Guardian& operator=(const Guardian&) = delete;
    [[nodiscard]] bool watches() const { return pid_ > 0; }
    /// Its own until it is destroyed.
    [[nodiscard]] pid_t group() const { return pid_; }

  private:
    Pipe line_;
    pid_t pid_ = -1;
};

}  // namespace

Result<ProcessOutcome> runProcess(const ProcessRequest& request) {
    STANDIN_ASSERT(!request.command.empty());
    const auto& program = request.command.front();
    Pipe in;
    Pipe out;
    Pipe err;
    if (!in.read_end || !out.read_end || !err.read_end) {
        return failure(ErrorCode::Internal, fmt::format("could not run '{}': no file descriptors left", program));
    }
    const Guardian guardian;
    if (!guardian.watches()) {
        return failure(
            ErrorCode::Internal,
            fmt::format("could not run '{}': /bin/sh, which ends it if this program dies, did not start", program));
    }
    pid_t pid = 0;
    if (int problem = spawn(request.command, {in.read_end.get(), out.write_end.get(), err.write_end.get()},
                            guardian.group(), pid);
        problem != 0) {
        return failure(problem == ENOENT ? ErrorCode::NotFound : ErrorCode::Internal,
                       fmt::format("could not run '{}': {}", program, std::strerror(problem)));
    }
    in.read_end.reset();
    out.write_end.reset();
    err.write_end.reset();
    ::fcntl(in.write_end.get(), F_SETFL, O_NONBLOCK);
    Child child(pid, guardian.group(), in, out, err);
    ProcessOutcome outcome;
    if (!child.communicate(request, outcome)) {
        child.killGroup();
        child.reap();
        return failure(ErrorCode::TimedOut,
                       fmt::format("'{}' did not end within {} ms and was killed", program, request.deadline.count()));
    }
    outcome.exit_code = child.reap();
    outcome.output = validText(outcome.output);
    outcome.errors = validText(outcome.errors);
    return outcome;
}

Result<std::string> runToSuccess(const ProcessRequest& request) {
    auto outcome = runProcess(request);
    if (!outcome) return failure(outcome.error());
    if (outcome->exit_code == 0) return std::move(outcome->output);
    const auto& words = outcome->errors.empty() ? outcome->output : outcome->errors;
    return failure(ErrorCode::Internal, fmt::format("'{}' ended with {}: {}", fmt::join(request.command, " "),
                                                    outcome->exit_code, lastWords(words)));
}

}  // namespace standin::base
