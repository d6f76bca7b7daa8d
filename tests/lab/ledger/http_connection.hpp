#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace ledger {

struct HttpRequest {
    std::string method;
    std::string path;
    std::string body;
    bool keep_alive = true;
};

/// One client's connection: a non-blocking socket, what it sent so far, and the requests in it.
class HttpConnection {
  public:
    explicit HttpConnection(int socket);
    ~HttpConnection();
    HttpConnection(HttpConnection&& other) noexcept;
    HttpConnection& operator=(HttpConnection&&) = delete;

    int socket() const { return socket_; }

    /// Reads what has arrived. False: the peer closed, failed or sent more than a request may have (64 KiB).
    bool receive();

    /// The next complete request, in the order in which they were sent.
    std::optional<HttpRequest> nextRequest();

    /// Requests that were taken and not answered yet: the connection is needed that long.
    int waiting = 0;

    /// Answers and, unless `keep_alive`, closes. False: the connection is of no more use.
    bool answer(int status, const std::string& body, bool keep_alive);

    std::chrono::steady_clock::time_point lastActivity() const { return last_activity_; }

  private:
    int socket_;
    std::string received_;
    std::chrono::steady_clock::time_point last_activity_;
};

}  // namespace ledger
