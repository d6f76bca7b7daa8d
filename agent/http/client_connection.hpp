#pragma once

#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPResponse.h>

#include <cstdint>
#include <memory>
#include <string>

#include "agent/http/address_book.hpp"
#include "agent/http/deadline_socket.hpp"

namespace standin::http {

/// The address of a peer: an `https` URL.
struct Endpoint {
    std::string host;  ///< without the brackets of an IPv6 address
    std::uint16_t port = 443;
    std::string url;  ///< for messages

    /// InvalidInput: it is not an https URL with a host.
    static base::Result<Endpoint> parse(const std::string& url);
    /// The value of the header `Host`.
    [[nodiscard]] std::string authority() const;
};

/// An HTTP session on an existing secure connection (Poco's HTTPS session opens its own). Poco's own session connects
/// again if the first byte of a request cannot be sent: without a deadline, and the request may be sent twice.
class SingleSession final : public Poco::Net::HTTPClientSession {
  public:
    explicit SingleSession(const DeadlineSocket& socket);

  protected:
    int write(const char* buffer, std::streamsize length) override;
    void connect(const Poco::Net::SocketAddress& address) override;
};

/// An HTTPS connection to a peer with one deadline for everything, from resolving the name to the last byte of an
/// answer.
class ClientConnection {
  public:
    /// Resolves, connects, shakes hands and checks that the peer's certificate names the host (unless the context
    /// verifies nothing), before any byte of a request is sent. Throws Poco::TimeoutException at `until`, and other
    /// Poco::Exceptions.
    static std::unique_ptr<ClientConnection> open(const Endpoint& endpoint, const TlsContext& tls, AddressBook& book,
                                                  base::SteadyTime until);

    /// The value of generationOf() at that time: if it is unchanged, the peer's certificate was verified with the
    /// material in force.
    [[nodiscard]] std::uint64_t generation() const { return generation_; }
    static std::uint64_t generationOf(const TlsContext& tls);
    /// Sets the deadline of everything that follows.
    void setDeadline(base::SteadyTime until) { socket_.setDeadline(until); }
    /// The session for a request and its answer; it never connects again by itself.
    [[nodiscard]] Poco::Net::HTTPClientSession& session() { return session_; }
    /// Wakes a thread that waits on the connection, with an error. May be called from any thread while the connection
    /// exists.
    void breakOff() const;

  private:
    ClientConnection(DeadlineSocket socket, std::uint64_t generation);

    DeadlineSocket socket_;
    SingleSession session_;
    const std::uint64_t generation_;
};

/// Throws if an answer ended before its end and its deadline, because Poco treats a closed connection as the end of an
/// answer. Throws the network's Poco::Exception, if there was one.
void throwIfCutShort(Poco::Net::HTTPClientSession& session, const Poco::Net::HTTPResponse& response,
                     std::uint64_t length);

}  // namespace standin::http
