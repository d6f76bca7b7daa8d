#include "agent/http/front_door.hpp"

#include <Poco/Net/NetException.h>
#include <Poco/Net/SSLException.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/X509Certificate.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "agent/http/tls_credentials.hpp"
#include "agent/http/tls_handshake.hpp"

namespace standin::http {

using State = Connection::State;

namespace {

constexpr std::uint64_t for_listening = 0;  // connections count from 2
constexpr std::uint64_t for_waking = 1;
/// Many may knock within the moment that a busy host needs to come to it; the kernel drops what is beyond.
constexpr int knocking = 1024;
/// So many are let in before those who are there already are looked at again: fewer than are looked at then, and far
/// fewer than have a place, so that in a flood no client loses its place before it could send a request.
constexpr int let_in_at_once = 16;
constexpr std::size_t looked_at_once = 128;
/// A peer whose host is gone without a word holds what it had no longer than this.
constexpr unsigned unconfirmed_ms = 30'000;
/// How exactly idle connections are ended.
constexpr std::chrono::seconds look_every{1};
constexpr std::chrono::milliseconds without_descriptors{100};

std::string sourceOf(const sockaddr_storage& from) {
    const auto* address = reinterpret_cast<const sockaddr*>(&from);
    const auto length = from.ss_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
    return Poco::Net::SocketAddress(address, static_cast<poco_socklen_t>(length)).host().toString();
}

void setOptions(int descriptor) {
    const int on = 1;
    const unsigned limit = unconfirmed_ms;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit, sizeof limit);
    ::setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

}  // namespace

FrontDoor::FrontDoor(Limits limits, TlsContext tls, ComesFirst comes_first, Ask ask, base::Log log)
    : limits_(limits),
      comes_first_(std::move(comes_first)),
      ask_(std::move(ask)),
      log_(std::move(log)),
      params_(new Poco::Net::HTTPServerParams),
      tls_(std::move(tls)),
      last_id_(for_waking) {
    params_->setKeepAlive(true);
    params_->setMaxKeepAliveRequests(0);
}

FrontDoor::~FrontDoor() {
    shut();
}

void FrontDoor::open(const std::string& host, std::uint16_t port) {
    Poco::Net::ServerSocket socket;
    socket.bind(Poco::Net::SocketAddress(host, port), true);
    socket.listen(knocking);
    port_ = socket.address().port();
    listening_.reset(::fcntl(socket.impl()->sockfd(), F_DUPFD_CLOEXEC, 0));
    poll_.reset(::epoll_create1(EPOLL_CLOEXEC));
    wake_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!listening_ || !poll_ || !wake_) throw Poco::IOException("no file descriptors left");
    ::fcntl(listening_.get(), F_SETFL, ::fcntl(listening_.get(), F_GETFL) | O_NONBLOCK);
    for (const auto& [descriptor, id] :
         {std::pair{listening_.get(), for_listening}, std::pair{wake_.get(), for_waking}}) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = id;
        ::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, descriptor, &event);
    }
    worker_.start("front door", [this](const auto&) { run(); });
}

void FrontDoor::run() {
    std::array<epoll_event, looked_at_once> events{};
    for (;;) {
        const int number = ::epoll_wait(poll_.get(), events.data(), static_cast<int>(events.size()), untilNext());
        std::vector<ConnectionPtr> strangers;
        bool knocked = false;
        for (int i = 0; i < number; ++i) {
            const auto id = events[static_cast<std::size_t>(i)].data.u64;
            if (id == for_listening) knocked = true;
            const auto connection = id > for_waking ? find(id) : nullptr;
            if (connection && connection->state == State::Idle) ask(connection);
            if (connection && connection->state == State::Stranger) strangers.push_back(connection);
        }
        // A handshake is work for the processor: connections that have completed one go first.
        for (const auto& stranger : strangers) handshake(stranger);
        if (knocked) letIn();
        endOverdue();
        const std::lock_guard lock(mutex_);
        if (!shut_) continue;
        for (auto* line : {&strangers_, &idle_}) {
            while (!line->empty()) remove(connections_.at(line->front()));
        }
        return;
    }
}

int FrontDoor::untilNext() {
    const std::lock_guard lock(mutex_);
    if (shut_) return 0;
    if (connections_.empty()) return -1;
    auto next = std::chrono::steady_clock::now() + look_every;
    if (!strangers_.empty()) next = std::min(next, connections_.at(strangers_.front())->until);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - std::chrono::steady_clock::now());
    return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

void FrontDoor::letIn() {
    for (int i = 0; i < let_in_at_once; ++i) {
        sockaddr_storage from{};
        socklen_t length = sizeof from;
        const int descriptor =
            ::accept4(listening_.get(), reinterpret_cast<sockaddr*>(&from), &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor >= 0) {
            setOptions(descriptor);
            add(descriptor, sourceOf(from));
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            {
                const std::lock_guard lock(mutex_);
                auto& line = strangers_.empty() ? idle_ : strangers_;
                if (!line.empty()) {
                    remove(connections_.at(line.front()));
                    continue;
                }
            }
            // Nobody to make room, and no event says when there is some. Without the lock: who ends just now makes it.
            std::this_thread::sleep_for(without_descriptors);
            return;
        } else if (errno != ECONNABORTED && errno != EINTR) {
            return;
        }
    }
}

void FrontDoor::add(int descriptor, std::string source) {
    const std::lock_guard lock(mutex_);
    if (shut_) {
        ::close(descriptor);
        return;
    }
    makeRoomForStranger(source);
    auto connection = std::make_shared<Connection>();
    connection->id = ++last_id_;
    connection->descriptor = descriptor;
    connection->source = std::move(source);
    Poco::AutoPtr<Poco::Net::StreamSocketImpl> socket(new Poco::Net::StreamSocketImpl(descriptor));
    connection->socket = std::make_unique<DeadlineSocket>(socket, tls_, DeadlineSocket::Side::Server);
    ++strangers_of_[connection->source];
    connections_[connection->id] = connection;
    enterLine(*connection, State::Stranger, limits_.handshake);
    watch(*connection, EPOLLIN, true);
}

void FrontDoor::handshake(const ConnectionPtr& connection) {
    connection->has_spoken = true;
    forgetLastRefusal();
    try {
        switch (connection->socket->tryHandshake()) {
            case DeadlineSocket::Wants::Read:
                return watch(*connection, EPOLLIN, false);
            case DeadlineSocket::Wants::Write:
                return watch(*connection, EPOLLOUT, false);
            case DeadlineSocket::Wants::None:
                return isKnown(connection);
        }
    } catch (const std::exception& exception) {
        const auto* why = dynamic_cast<const Poco::Exception*>(&exception);
        const auto reason = lastRefusal();
        tellRefused(*connection, !reason.empty() ? reason : why != nullptr ? why->displayText() : exception.what());
    }
    close(connection);
}

void FrontDoor::isKnown(const ConnectionPtr& connection) {
    const auto shown = connection->socket->peerCertificate();
    connection->peer = nameOf(shown.certificate());
    connection->comes_first = comes_first_ && comes_first_(connection->peer);
    connection->session = std::make_unique<PacedSession>(*connection->socket, params_);
    {
        const std::lock_guard lock(mutex_);
        if (!makeRoomForSession(*connection)) return remove(connection);
        auto* kept = const_cast<X509*>(shown.certificate());  // counts its owners
        X509_up_ref(kept);
        connection->certificate.reset(kept);
        leaveLine(*connection);
        if (--strangers_of_[connection->source] == 0) strangers_of_.erase(connection->source);
        ++sessions_of_[connection->peer.text];
        enterLine(*connection, State::Idle, limits_.idle);
    }
    if (isRevoked(*connection)) return close(connection);
    if (connection->socket->available() > 0) return ask(connection);
    watch(*connection, EPOLLIN, false);
}

/// The list may have come while the handshake went on: too late for that, and too early for endThose().
bool FrontDoor::isRevoked(const Connection& connection) const {
    const auto credentials = credentialsOf(tls_->sslContext());
    return credentials && credentials->isRevoked(connection.certificate.get());
}

void FrontDoor::ask(const ConnectionPtr& connection) {
    char byte = 0;
    const bool gone = ::recv(connection->descriptor, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
    if (gone) return close(connection);
    {
        const std::lock_guard lock(mutex_);
        leaveLine(*connection);
        enterLine(*connection, State::Busy, {});
    }
    ask_(connection);
}

}  // namespace standin::http
