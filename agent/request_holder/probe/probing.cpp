#include "agent/request_holder/probe/probing.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "agent/base/number.hpp"

namespace standin::request_holder {

namespace {

// A status line is far shorter; what answers more than this without one does not speak HTTP.
constexpr std::size_t status_line_limit = 1024;

}  // namespace

int httpStatus(const std::string& received) {
    const auto end = received.find("\r\n");
    if (end == std::string::npos) return received.size() < status_line_limit ? 0 : -1;
    if (received.rfind("HTTP/1.", 0) != 0 || end < 12 || received[8] != ' ') return -1;
    const auto status = base::parseNumber<int>(std::string_view(received).substr(9, 3)).value_or(-1);
    return status >= 100 ? status : -1;
}

Probing::Probing(asio::io_context& context, in_addr address, protocol::Probe probe, std::chrono::milliseconds deadline,
                 Done done)
    : context_(context),
      address_(address),
      probe_(std::move(probe)),
      deadline_(deadline),
      done_(std::move(done)),
      started_(std::chrono::steady_clock::now()),
      next_attempt_(context),
      deadline_timer_(context) {}

ProbeSchedule::Time Probing::passed() const {
    return std::chrono::duration_cast<ProbeSchedule::Time>(std::chrono::steady_clock::now() - started_);
}

void Probing::start() {
    deadline_timer_.expires_at(started_ + deadline_);
    deadline_timer_.async_wait([self = shared_from_this()](const auto& error) {
        if (!error) self->finish(false);
    });
    attempt();
}

void Probing::giveUp() {
    finish(false);
}

void Probing::attempt() {
    while (const auto victim = schedule_.victim()) drop(*victim);
    const auto now = passed();
    const auto id = schedule_.begin(now);
    ++answer_.attempts;
    auto socket = tcp::startConnecting(address_, probe_.port);
    if (!socket) {
        failed(id, fmt::format("could not connect: {}", std::strerror(errno)));
    } else {
        auto& made = attempts_[id];
        made.socket = std::make_unique<TcpSocket>(context_, socket.release());
        made.socket->async_wait(TcpSocket::wait_write, [self = shared_from_this(), id](const auto& error) {
            if (!error) self->connected(id);
        });
    }
    scheduleNext(now);
}

void Probing::scheduleNext(ProbeSchedule::Time last) {
    next_attempt_.expires_at(started_ + schedule_.next(last));
    next_attempt_.async_wait([self = shared_from_this()](const auto& error) {
        if (!error && self->done_) self->attempt();
    });
}

void Probing::connected(std::size_t id) {
    const auto found = attempts_.find(id);
    if (found == attempts_.end()) return;
    auto& socket = *found->second.socket;
    if (const int problem = tcp::pendingError(socket.native_handle()); problem != 0) {
        failed(id, fmt::format("could not connect: {}", std::strerror(problem)));
        return;
    }
    if (probe_.kind == protocol::Probe::Kind::Tcp) {
        succeeded(id);
        return;
    }
    schedule_.connected(id);
    scheduleNext(passed());
    const auto host = NetworkAddress{address_, 32}.host();
    const auto request =
        fmt::format("GET {} HTTP/1.1\r\nHost: {}:{}\r\nUser-Agent: standin-agent\r\nConnection: close\r\n\r\n",
                    probe_.path, host, probe_.port);
    // A new connection's send buffer takes a request of this size whole.
    if (tcp::send(socket.native_handle(), request.data(), request.size()) != static_cast<ssize_t>(request.size())) {
        failed(id, fmt::format("could not send the request: {}", std::strerror(errno)));
        return;
    }
    readAnswer(id);
}

void Probing::readAnswer(std::size_t id) {
    attempts_.at(id).socket->async_wait(TcpSocket::wait_read, [self = shared_from_this(), id](const auto& error) {
        const auto found = self->attempts_.find(id);
        if (error || found == self->attempts_.end()) return;
        std::array<char, status_line_limit> buffer{};
        const auto length = tcp::receive(found->second.socket->native_handle(), buffer.data(), buffer.size());
        if (length < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            self->readAnswer(id);
        } else if (length <= 0) {
            self->failed(id, length == 0 ? "connected, but the job closed without an answer"
                                         : fmt::format("connected, but no answer: {}", std::strerror(errno)));
        } else {
            found->second.received.append(buffer.data(), static_cast<std::size_t>(length));
            self->judge(id, httpStatus(found->second.received));
        }
    });
}

void Probing::judge(std::size_t id, int status) {
    if (status == 0) {
        readAnswer(id);
        return;
    }
    if (status > 0) answer_.status = status;
    if (status == probe_.expect_status) {
        succeeded(id);
    } else if (status > 0) {
        failed(id, fmt::format("answered {} instead of {}", status, probe_.expect_status));
    } else {
        failed(id, "answered something that is not HTTP");
    }
}

void Probing::failed(std::size_t id, std::string problem) {
    answer_.problem = std::move(problem);
    drop(id);
}

void Probing::drop(std::size_t id) {
    schedule_.end(id);
    const auto found = attempts_.find(id);
    if (found == attempts_.end()) return;
    tcp::reset(*found->second.socket);
    attempts_.erase(found);
}

void Probing::succeeded(std::size_t id) {
    attempts_.erase(id);  // closed in order; the others are reset, for nobody will read their answers
    finish(true);
}

void Probing::finish(bool answered) {
    if (!done_) return;
    answer_.answered = answered;
    answer_.after_ms = base::milliseconds(std::chrono::steady_clock::now() - started_);
    if (answered) {
        answer_.problem.clear();
    } else if (answer_.problem.empty()) {
        answer_.problem = "connecting was not answered";
    }
    for (auto& [id, attempt] : attempts_) tcp::reset(*attempt.socket);
    attempts_.clear();
    next_attempt_.cancel();
    deadline_timer_.cancel();
    std::exchange(done_, nullptr)(answer_);
}

}  // namespace standin::request_holder
