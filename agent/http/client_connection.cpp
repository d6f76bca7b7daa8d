#include "agent/http/client_connection.hpp"

#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SSLException.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/URI.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <system_error>

#include "agent/http/tls_handshake.hpp"

namespace standin::http {

using base::ErrorCode;
using base::failure;
using Poco::Net::StreamSocketImpl;

namespace {

/// To this address alone, until then.
Poco::AutoPtr<StreamSocketImpl> connectTo(const Poco::Net::SocketAddress& address, base::SteadyTime until) {
    Poco::AutoPtr<StreamSocketImpl> socket(new StreamSocketImpl(address.family()));
    socket->connectNB(address);
    if (!awaitSocket(socket->sockfd(), POLLOUT, until)) throw Poco::TimeoutException("no connection");
    if (const int problem = socket->socketError(); problem != 0) {
        throw Poco::Net::ConnectionRefusedException(
            fmt::format("{}: {}", address.toString(), std::generic_category().message(problem)));
    }
    socket->setNoDelay(true);
    return socket;
}

/// A host has several addresses where one of them may lead nowhere: each gets its share of the time.
Poco::AutoPtr<StreamSocketImpl> connectToAny(const Endpoint& endpoint, AddressBook& book, base::SteadyTime until) {
    const auto addresses = book.find(endpoint.host, until);
    if (!addresses) throw Poco::Net::HostNotFoundException(addresses.error().message);
    for (std::size_t i = 0;; ++i) {
        const auto left = addresses->size() - i;
        const auto now = std::chrono::steady_clock::now();
        const auto share = left == 1 ? until : now + std::max(until - now, {}) / static_cast<long>(left);
        try {
            auto socket = connectTo({(*addresses)[i], endpoint.port}, share);
            if (addresses->size() > 1) book.worked(endpoint.host, (*addresses)[i]);
            return socket;
        } catch (const Poco::Exception&) {
            if (left > 1) continue;
            book.refresh(endpoint.host);  // it may have moved
            throw;
        }
    }
}

}  // namespace

base::Result<Endpoint> Endpoint::parse(const std::string& url) {
    try {
        const Poco::URI uri(url);
        if (uri.getScheme() == "https" && !uri.getHost().empty()) return Endpoint{uri.getHost(), uri.getPort(), url};
        return failure(ErrorCode::InvalidInput, fmt::format("'{}' is not an https URL with a host", url));
    } catch (const Poco::Exception& exception) {
        return failure(ErrorCode::InvalidInput, fmt::format("'{}' is not a URL: {}", url, exception.displayText()));
    }
}

std::string Endpoint::authority() const {
    return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
}

std::unique_ptr<ClientConnection> ClientConnection::open(const Endpoint& endpoint, const TlsContext& tls,
                                                         AddressBook& book, base::SteadyTime until) {
    const auto generation = generationOf(tls);
    DeadlineSocket socket(connectToAny(endpoint, book, until), tls, DeadlineSocket::Side::Client, endpoint.host);
    socket.setDeadline(until);
    socket.shakeHands();
    const bool is_verified = tls->verificationMode() != Poco::Net::Context::VERIFY_NONE;
    if (is_verified && !certificateNames(socket, endpoint.host)) {
        throw Poco::Net::InvalidCertificateException(fmt::format("the certificate does not name '{}'", endpoint.host));
    }
    return std::unique_ptr<ClientConnection>(new ClientConnection(socket, generation));
}

SingleSession::SingleSession(const DeadlineSocket& socket) : HTTPClientSession(socket) {
    setKeepAlive(true);
}

int SingleSession::write(const char* buffer, std::streamsize length) {
    return HTTPSession::write(buffer, length);
}

void SingleSession::connect(const Poco::Net::SocketAddress& /*address*/) {
    throw Poco::Net::ConnectionResetException("the connection has ended");
}

ClientConnection::ClientConnection(DeadlineSocket socket, std::uint64_t generation)
    : socket_(std::move(socket)), session_(socket_), generation_(generation) {}

std::uint64_t ClientConnection::generationOf(const TlsContext& tls) {
    const auto credentials = credentialsOf(tls->sslContext());
    return credentials ? credentials->generation() : 0;
}

void ClientConnection::breakOff() const {
    ::shutdown(socket_.impl()->sockfd(), SHUT_RDWR);
}

void throwIfCutShort(Poco::Net::HTTPClientSession& session, const Poco::Net::HTTPResponse& response,
                     std::uint64_t length) {
    if (const auto* problem = session.networkException()) problem->rethrow();
    if (response.hasContentLength() && response.getContentLength64() >= 0 &&
        length < static_cast<std::uint64_t>(response.getContentLength64())) {
        throw Poco::Net::ConnectionResetException(
            fmt::format("{} of {} bytes arrived", length, response.getContentLength64()));
    }
}

}  // namespace standin::http
