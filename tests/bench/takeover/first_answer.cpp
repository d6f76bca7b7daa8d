#include "tests/bench/takeover/first_answer.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <stdexcept>
#include <system_error>
#include <vector>

namespace standin::tests {

namespace {

using Steady = std::chrono::steady_clock;

// A frame that was lost is not waited for: the kernel would send it again after a second, the next attempt comes
// sooner.
constexpr std::size_t attempts_at_once = 16;
// An established connection is: a crowd of further ones would only keep the machine from answering it.
constexpr auto answer_within = std::chrono::milliseconds(250);

class Attempt {
  public:
    explicit Attempt(const AskedJob& job) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
        sockaddr_in place{AF_INET, htons(job.port), {}, {}};
        ::inet_pton(AF_INET, job.address.c_str(), &place.sin_addr);
        ::connect(socket_, reinterpret_cast<sockaddr*>(&place), sizeof(place));
    }
    ~Attempt() {
        const linger reset{1, 0};  // nobody waits for what was given up
        ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
        ::close(socket_);
    }
    Attempt(const Attempt&) = delete;
    Attempt& operator=(const Attempt&) = delete;

    [[nodiscard]] pollfd wanted() const { return {socket_, static_cast<short>(asked_ ? POLLIN : POLLOUT), 0}; }
    /// True once the answer is there.
    bool goOn(const std::string& request) {
        if (!asked_) {
            int error = 0;
            socklen_t size = sizeof(error);
            ::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
            dead_ = error != 0;
            if (!dead_) asked_ = ::send(socket_, request.data(), request.size(), MSG_NOSIGNAL) > 0;
            asked_at_ = Steady::now();
            return false;
        }
        char answer[512];
        const auto received = ::recv(socket_, answer, sizeof(answer), 0);
        dead_ = received <= 0;
        return received >= 12 && std::string(answer + 9, 3) == "200";
    }
    [[nodiscard]] bool dead() const { return dead_; }
    [[nodiscard]] bool awaitsAnswer() const { return asked_ && !dead_ && Steady::now() < asked_at_ + answer_within; }

  private:
    int socket_;
    Steady::time_point asked_at_{};
    bool asked_ = false;
    bool dead_ = false;
};

}  // namespace

void enterNamespace(const std::string& name) {
    const int descriptor = ::open(("/run/netns/" + name).c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0 || ::setns(descriptor, CLONE_NEWNET) != 0)
        throw std::system_error(errno, std::generic_category(), "network namespace " + name);
    ::close(descriptor);
}

FirstAnswer askUntilAnswered(const AskedJob& job, std::chrono::microseconds every, std::chrono::milliseconds patience) {
    const std::string request =
        fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", job.path, job.address);
    const auto begin = Steady::now();
    auto next = begin;
    std::deque<Attempt> attempts;
    FirstAnswer answer;
    while (Steady::now() < begin + patience) {
        const bool established =
            std::any_of(attempts.begin(), attempts.end(), [](const Attempt& one) { return one.awaitsAnswer(); });
        if (Steady::now() >= next && !established) {
            if (attempts.size() == attempts_at_once) attempts.pop_front();
            attempts.emplace_back(job);
            ++answer.attempts;
            next = Steady::now() + every;
        }
        std::vector<pollfd> waiting;
        for (const Attempt& attempt : attempts) waiting.push_back(attempt.dead() ? pollfd{-1, 0, 0} : attempt.wanted());
        const auto rest = established ? 1'000'000 : std::max<std::int64_t>((next - Steady::now()).count(), 0);
        const timespec time{rest / 1'000'000'000, rest % 1'000'000'000};
        ::ppoll(waiting.data(), waiting.size(), &time, nullptr);
        for (std::size_t i = 0; i < waiting.size(); ++i) {
            if (waiting[i].revents == 0 || !attempts[i].goOn(request)) continue;
            answer.at = std::chrono::system_clock::now();
            return answer;
        }
    }
    throw std::runtime_error(fmt::format("{}:{} did not answer within {} ms", job.address, job.port, patience.count()));
}

}  // namespace standin::tests
