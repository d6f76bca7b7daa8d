#pragma once

#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Net/StreamSocketImpl.h>

#include "agent/base/clock.hpp"
#include "agent/http/tls.hpp"

namespace standin::http {

class DeadlineSocketImpl;

/// A TLS connection with one absolute deadline: the handshake, every read and every write end then with a
/// Poco::TimeoutException, however many single bytes arrive before. (A timeout of the socket starts again with each
/// byte.) The thread that uses the connection moves the deadline from phase to phase.
class DeadlineSocket : public Poco::Net::SecureStreamSocket {
  public:
    enum class Side { Client, Server };
    /// `connected` is made non-blocking. `peer_host` goes into the handshake (SNI) of a client.
    DeadlineSocket(Poco::AutoPtr<Poco::Net::StreamSocketImpl> connected, const TlsContext& tls, Side side,
                   const std::string& peer_host = {});

    void setDeadline(base::SteadyTime until);
    [[nodiscard]] base::SteadyTime deadline() const;

    /// Waits until both sides have proved who they are, or for the deadline.
    void shakeHands();
    /// One step of the handshake without waiting. What it waits for next; None: it is complete.
    enum class Wants { None, Read, Write };
    Wants tryHandshake();

  private:
    [[nodiscard]] DeadlineSocketImpl& its() const;
};

/// Waits for poll events on a descriptor; false: the moment has come.
bool awaitSocket(int descriptor, short events, base::SteadyTime until);

}  // namespace standin::http
