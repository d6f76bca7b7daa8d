#pragma once

#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPResponse.h>

#include <cstdint>
#include <memory>
#include <string>

#include "agent/http/address_book.hpp"
#include "agent/http/deadline_socket.hpp"

namespace standin::http {

/// Where a peer is: an `https` URL.
struct Endpoint {
    std::string host;  ///< without the brackets of an IPv6 address
    std::uint16_t port = 443;
    std::string url;  ///< for messages

    /// InvalidInput: not an https URL with a host.
    static base::Result<Endpoint> parse(const std::string& url);
    /// For the header `Host`.
    [[nodiscard]] std::string authority() const;
};

/// HTTP on a connection that is there and secure already (Poco's HTTPS session wants to make it by itself). Poco's own
/// session connects again when the first byte of a request can't be sent: without a deadline, and the request may go
/// out twice.
class SingleSession final : public Poco::Net::HTTPClientSession {
  public:
    explicit SingleSession(const DeadlineSocket& socket);

  protected:
    int write(const char* buffer, std::streamsize length) override;
    void connect(const Poco::Net::SocketAddress& address) override;
};

/// An HTTPS connection to a peer, from resolving its name to the last byte of an answer bounded by one moment.
class ClientConnection {
  public:
    /// Resolves, connects, shakes hands and checks that the peer's certificate names the host (unless the context
    /// verifies nothing), before a byte of ours is sent. Throws Poco::TimeoutException at `until`, and other
    /// Poco::Exceptions.
    static std::unique_ptr<ClientConnection> open(const Endpoint& endpoint, const TlsContext& tls, AddressBook& book,
                                                  base::SteadyTime until);

    /// The same as generationOf() then: the peer's certificate was looked at with what is still in force.
    [[nodiscard]] std::uint64_t generation() const { return generation_; }
    static std::uint64_t generationOf(const TlsContext& tls);
    /// Of all that follows.
    void setDeadline(base::SteadyTime until) { socket_.setDeadline(until); }
    /// To send a request on and to receive its answer; it never connects again by itself.
    [[nodiscard]] Poco::Net::HTTPClientSession& session() { return session_; }
    /// From any thread, while the connection exists: a thread that waits on it is woken with an error.
    void breakOff() const;

  private:
    ClientConnection(DeadlineSocket socket, std::uint64_t generation);

    DeadlineSocket socket_;
    SingleSession session_;
    const std::uint64_t generation_;
};

/// What is wrong with an answer that ended before its deadline and before its end; Poco takes a connection that ends
/// for the end of the answer. Throws the network's Poco::Exception, if there was one.
void throwIfCutShort(Poco::Net::HTTPClientSession& session, const Poco::Net::HTTPResponse& response,
                     std::uint64_t length);

}  // namespace standin::http
