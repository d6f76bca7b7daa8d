#pragma once

#include <chrono>
#include <functional>
#include <iosfwd>
#include <map>
#include <memory>
#include <string>

#include "agent/base/result.hpp"
#include "agent/http/client_connection.hpp"

namespace standin::http {

struct HttpsRequest {
    std::string method = "GET";
    std::string path;
    std::string body{};
    std::map<std::string, std::string> headers{};
};

struct HttpsAnswer {
    int status = 0;
    std::string body;
    std::string location;
};

/// Why there is no answer.
struct NoAnswer {
    enum class Kind {
        Timeout,  ///< of the whole: from resolving the name to the last byte
        Tls,
        Broken,   ///< no connection, or it ended too early
        Ending,   ///< this program ends
        TooLarge  ///< `why` says the limit
    };
    Kind kind = Kind::Broken;
    bool sent = false;  ///< the request may be with the peer; false: it certainly was not asked
    std::string why;
};

/// The HTTPS client of agents, coordinator and standinctl: asks one peer, with total deadlines. Safe to call from
/// several threads. Exceptions of the network become errors as the owner words them.
class HttpsClient {
  public:
    using Deadline = std::chrono::milliseconds;
    using Wording = std::function<base::Error(const NoAnswer&, const HttpsRequest&, Deadline)>;
    using Reader = std::function<base::Result<void>(const Poco::Net::HTTPResponse&, std::istream&, ClientConnection&)>;
    enum class Connections {
        Kept,    ///< open, for the next request; one that turns out to be closed is replaced, and the request is sent
                 ///< again: only for peers that recognise a command that comes twice
        OneEach  ///< a new one for each request
    };

    /// Clients that share a `book` know the addresses that any of them has asked for; null: one of its own.
    HttpsClient(Endpoint endpoint, TlsContext tls, std::shared_ptr<AddressBook> book, Connections connections,
                Wording wording);
    ~HttpsClient();

    /// The whole answer, whatever its status, of at most so many bytes.
    base::Result<HttpsAnswer> ask(const HttpsRequest& request, Deadline deadline, std::size_t largest);
    /// `read` gets the answer's head and its body, on a connection of its own whose deadline it may move.
    base::Result<void> stream(const HttpsRequest& request, Deadline deadline, const Reader& read);
    /// From any thread, for good: calls that are under way end at once, further ones don't begin.
    void breakOff();

    [[nodiscard]] const Endpoint& endpoint() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Appends the body to `text`; false: it has more bytes than that.
bool readBody(std::istream& in, std::string& text, std::size_t largest);

}  // namespace standin::http
