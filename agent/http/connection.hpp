#pragma once

#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerSession.h>

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "agent/http/deadline_socket.hpp"
#include "agent/http/peer.hpp"
#include "agent/http/pem.hpp"

namespace standin::http {

/// A session whose writes end at the connection's deadline. A stream may take long, so its writes have a deadline for
/// each piece: only the time that the peer makes it wait counts.
class PacedSession final : public Poco::Net::HTTPServerSession {
  public:
    PacedSession(const DeadlineSocket& socket, Poco::Net::HTTPServerParams::Ptr params);

    /// From now on each MiB must be taken within `limit` of waiting.
    void streamWithin(std::chrono::milliseconds limit);
    void endStream() { stream_limit_.reset(); }
    /// True if bytes of a further request have already been read.
    [[nodiscard]] bool hasReadAhead() const { return buffered() > 0; }
    [[nodiscard]] DeadlineSocket& its() { return deadline_socket_; }

  protected:
    int write(const char* buffer, std::streamsize length) override;

  private:
    DeadlineSocket deadline_socket_;
    std::optional<std::chrono::milliseconds> stream_limit_;
    std::chrono::nanoseconds waited_{};
    std::int64_t written_ = 0;
};

/// A client's connection, from its arrival to its end.
struct Connection {
    enum class State {
        Stranger,  ///< the handshake is running: the peer is not known yet
        Idle,      ///< the peer is known, and there is no request
        Busy       ///< a request is being handled; the connection belongs to that thread
    };
    std::uint64_t id = 0;
    int descriptor = -1;
    std::string source;  ///< the address that it came from
    State state = State::Stranger;
    bool has_spoken = false;
    base::SteadyTime until{};                 ///< deadline of a stranger, or of an idle one
    std::list<std::uint64_t>::iterator line;  ///< its position among those of its state, oldest first
    std::unique_ptr<DeadlineSocket> socket;
    std::unique_ptr<PacedSession> session;  ///< once the peer is known
    PeerName peer;                          ///< the name in its certificate
    CertificatePointer certificate;         ///< once the peer is known; it may be revoked while the connection exists
    bool comes_first = false;
};

}  // namespace standin::http
