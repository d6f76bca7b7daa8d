#include "agent/http/deadline_socket.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/SecureStreamSocketImpl.h>
#include <openssl/err.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>

namespace standin::http {

using Poco::Net::SecureStreamSocket;
using Poco::Net::SecureStreamSocketImpl;
using Poco::Net::StreamSocketImpl;

namespace {

constexpr base::SteadyTime never = base::SteadyTime::max();

/// Errors that another connection of this thread has left would be taken for this one's: OpenSSL looks at its queue of
/// errors, and Poco at errno, to learn why a call has not succeeded.
void forgetErrors() {
    ERR_clear_error();
    errno = 0;
}

}  // namespace

bool awaitSocket(int descriptor, short events, base::SteadyTime until) {
    constexpr std::chrono::milliseconds longest{60'000};  // poll() counts in int
    for (;;) {
        const auto now = std::chrono::steady_clock::now();
        if (now >= until) return false;
        auto left = longest;
        if (until - now < longest) left = std::chrono::ceil<std::chrono::milliseconds>(until - now);
        pollfd watched{descriptor, events, 0};
        if (::poll(&watched, 1, static_cast<int>(left.count())) > 0) return true;
    }
}

/// The inner socket is non-blocking, so that each call returns after one step, and this one waits between the steps.
class DeadlineSocketImpl final : public SecureStreamSocketImpl {
  public:
    DeadlineSocketImpl(StreamSocketImpl* connected, const TlsContext& tls, DeadlineSocket::Side side,
                       const std::string& peer_host)
        : SecureStreamSocketImpl(connected, tls) {
        setLazyHandshake();
        if (!peer_host.empty()) setPeerHostName(peer_host);
        if (side == DeadlineSocket::Side::Server) {
            acceptSSL();
        } else {
            connectSSL();
        }
    }

    int receiveBytes(void* buffer, int length, int flags) override {
        return patiently([&] { return SecureStreamSocketImpl::receiveBytes(buffer, length, flags); });
    }
    int sendBytes(const void* buffer, int length, int flags) override {
        return patiently([&] { return SecureStreamSocketImpl::sendBytes(buffer, length, flags); });
    }
    void shakeHands() {
        patiently([this] { return completeHandshake(); });
    }

    base::SteadyTime deadline = never;

  protected:
    ~DeadlineSocketImpl() override = default;

  private:
    template <typename Step>
    int patiently(Step step) {
        for (;;) {
            // Also of a peer that never lets us wait.
            if (std::chrono::steady_clock::now() >= deadline) throw Poco::TimeoutException("the deadline has passed");
            forgetErrors();
            const int outcome = step();
            short wanted = 0;
            if (outcome == SecureStreamSocket::ERR_SSL_WANT_READ) wanted = POLLIN;
            if (outcome == SecureStreamSocket::ERR_SSL_WANT_WRITE) wanted = POLLOUT;
            if (wanted == 0) return outcome;
            if (!awaitSocket(sockfd(), wanted, deadline)) throw Poco::TimeoutException("the deadline has passed");
        }
    }
};

namespace {

Poco::Net::SocketImpl* made(Poco::AutoPtr<StreamSocketImpl>& connected, const TlsContext& tls,
                            DeadlineSocket::Side side, const std::string& peer_host) {
    connected->setBlocking(false);  // the inner one: Poco asks that one, not its wrapper
    return new DeadlineSocketImpl(connected.get(), tls, side, peer_host);
}

}  // namespace

DeadlineSocket::DeadlineSocket(Poco::AutoPtr<StreamSocketImpl> connected, const TlsContext& tls, Side side,
                               const std::string& peer_host)
    : SecureStreamSocket(made(connected, tls, side, peer_host)) {}

DeadlineSocketImpl& DeadlineSocket::its() const {
    return *static_cast<DeadlineSocketImpl*>(impl());
}

void DeadlineSocket::setDeadline(base::SteadyTime until) {
    its().deadline = until;
}

base::SteadyTime DeadlineSocket::deadline() const {
    return its().deadline;
}

void DeadlineSocket::shakeHands() {
    its().shakeHands();
}

DeadlineSocket::Wants DeadlineSocket::tryHandshake() {
    forgetErrors();
    switch (its().completeHandshake()) {
        case ERR_SSL_WANT_READ:
            return Wants::Read;
        case ERR_SSL_WANT_WRITE:
            return Wants::Write;
        default:
            return Wants::None;
    }
}

}  // namespace standin::http
