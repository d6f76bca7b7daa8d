#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "agent/http/tls.hpp"
#include "agent/protocol/common.hpp"

namespace standin::http {
class AddressBook;
}

namespace standin::protocol {

/// A client of one agent (or of the coordinator) over connections that are kept open, because a TLS handshake takes
/// longer than a whole takeover step. Thread-safe. Error codes: Unreachable: the request was certainly not sent;
/// TimedOut: it may have taken effect; otherwise the agent's code. A deadline covers everything from resolving the
/// agent's name to the last byte of its answer.
class AgentClient {
  public:
    /// `name` is for messages; `url` is `https://host:port`. The certificate must name the URL's host. Clients that
    /// share a `book` share resolved addresses; without one the client has its own.
    static base::Result<std::unique_ptr<AgentClient>> open(std::string name, const std::string& url,
                                                           http::TlsContext tls,
                                                           std::shared_ptr<http::AddressBook> book = {});
    ~AgentClient();

    using Deadline = std::chrono::milliseconds;
    struct Answer {
        int status = 0;
        Json body;             ///< null if there is none
        std::string location;  ///< of a 202
    };

    base::Result<Json> get(const std::string& path, Deadline deadline);
    /// As get(), with the status; an error status is also an answer (GET /v1/health answers 503 with a body).
    base::Result<Answer> ask(const std::string& path, Deadline deadline);
    base::Result<Answer> put(const std::string& path, const Json& body, const CommandStamp& stamp, Deadline deadline);
    base::Result<Answer> post(const std::string& path, const Json& body, const CommandStamp& stamp, Deadline deadline);
    base::Result<Answer> remove(const std::string& path, const CommandStamp& stamp, Deadline deadline);
    /// Reads text that is not JSON (metrics).
    base::Result<std::string> text(const std::string& path, Deadline deadline);
    /// Passes pieces of the body to `take` until the body ends or `take` returns false. `headers`: e.g. Range. The
    /// deadline is for the head and for each piece of 64 KiB, not for the whole.
    base::Result<int> stream(const std::string& path, const std::map<std::string, std::string>& headers,
                             const std::function<bool(const char*, std::size_t)>& take, Deadline deadline);

    /// Ends running calls at once and refuses further ones, permanently. May be called from any thread. A program that
    /// stops does not wait for agents.
    void breakOff();

    [[nodiscard]] const std::string& name() const;

  private:
    struct Impl;
    explicit AgentClient(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace standin::protocol
