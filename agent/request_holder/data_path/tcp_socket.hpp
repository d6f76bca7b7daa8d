#pragma once

#include <netinet/in.h>
#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cstdint>
#include <memory>

#include "agent/base/file_descriptor.hpp"
#include "agent/request_holder/network/network_address.hpp"

namespace standin::request_holder {

namespace asio = boost::asio;

/// A non-blocking TCP socket; Asio only reports when it is ready. Reads and writes are plain system calls into a buffer
/// that all connections share, so an idle connection needs no buffer.
class TcpSocket : public asio::posix::basic_stream_descriptor<asio::io_context::executor_type> {
  public:
    using Descriptor = asio::posix::basic_stream_descriptor<asio::io_context::executor_type>;
    using Descriptor::Descriptor;

    std::shared_ptr<void> counted;  ///< of a client's connection: released when it is closed
};
using TcpSocketPtr = std::unique_ptr<TcpSocket>;

/// All of these use the calling thread's network namespace; the sockets are closed in child processes.
namespace tcp {

/// Accepted sockets are as after prepareRelaying(), and are reset, not ended, if this process dies: nobody may take
/// half an answer for a whole one.
Result<base::FileDescriptor> listenAt(in_addr address, std::uint16_t port, int backlog);

/// Starts to connect; pendingError() has the result once the socket is writable. Otherwise an empty descriptor, with
/// errno.
base::FileDescriptor startConnecting(in_addr address, std::uint16_t port);

base::FileDescriptor acceptOne(int listener, in_addr& client);  ///< empty, with errno, if there is none
int pendingError(int socket);                                   ///< returns and clears it; 0: none
std::uint16_t localPort(int socket);
bool hasEnded(int socket);  ///< the peer has closed or reset it, and nothing that it sent before is unread

void prepareRelaying(int socket);  ///< no delay; detects a peer that disappeared
void askSoon(int socket);  ///< prepareRelaying() was called: a peer that does not know it says so within a second
void closeInOrder(TcpSocket& socket);  ///< with an end of the stream, after what was sent
void reset(TcpSocket& socket);         ///< closes so that the peer gets RST
void wakeWhenAllSent(int socket);      ///< from now on 'writable' means: nothing unsent is left

/// As recv(2) and send(2), without SIGPIPE and repeated after EINTR.
ssize_t receive(int socket, void* into, std::size_t size);
ssize_t send(int socket, const void* from, std::size_t size);

}  // namespace tcp

}  // namespace standin::request_holder
