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

/// The reason why there is no answer.
struct NoAnswer {
    enum class Kind {
        Timeout,  ///< for the whole: from resolving the name to the last byte
        Tls,
        Broken,   ///< no connection, or it was closed too early
        Ending,   ///< this program stops
        TooLarge  ///< `why` contains the limit
    };
    Kind kind = Kind::Broken;
    bool sent = false;  ///< the peer may have received the request; false: it certainly has not
    std::string why;
};

/// The HTTPS client of agents, coordinator and standinctl for one peer, with deadlines for whole exchanges.
/// Thread-safe. Network exceptions become errors with the owner's wording.
class HttpsClient {
  public:
    using Deadline = std::chrono::milliseconds;
    using Wording = std::function<base::Error(const NoAnswer&, const HttpsRequest&, Deadline)>;
    using Reader = std::function<base::Result<void>(const Poco::Net::HTTPResponse&, std::istream&, ClientConnection&)>;
    enum class Connections {
        Kept,    ///< kept open for the next request. A closed one is replaced, and the request is sent again: only for
                 ///< peers that recognise a repeated command
        OneEach  ///< a new one for each request
    };

    /// Clients that share a `book` share resolved addresses; null: the client has its own.
    HttpsClient(Endpoint endpoint, TlsContext tls, std::shared_ptr<AddressBook> book, Connections connections,
                Wording wording);
    ~HttpsClient();

    /// The complete answer with any status, limited to `largest` bytes.
    base::Result<HttpsAnswer> ask(const HttpsRequest& request, Deadline deadline, std::size_t largest);
    /// `read` gets the answer's head and body, on a connection of its own whose deadline it may move.
    base::Result<void> stream(const HttpsRequest& request, Deadline deadline, const Reader& read);
    /// Ends running calls at once and refuses further ones, permanently. May be called from any thread.
    void breakOff();

    [[nodiscard]] const Endpoint& endpoint() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Appends the body to `text`; false: it is larger than the limit.
bool readBody(std::istream& in, std::string& text, std::size_t largest);

}  // namespace standin::http
