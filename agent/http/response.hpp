#pragma once

#include <atomic>
#include <functional>
#include <iosfwd>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "agent/base/result.hpp"
#include "agent/http/access.hpp"
#include "agent/protocol/common.hpp"

namespace standin::http {

class Roles;

struct Request {
    std::string method;
    std::string path;                               ///< decoded, without the query
    std::map<std::string, std::string> parameters;  ///< of the route's `{name}` parts
    std::string subject;                            ///< the object of the path: up to the route's first `{name}`
    std::map<std::string, std::string> query;
    std::map<std::string, std::string> headers;  ///< names in lower case
    std::string body;
    std::string peer;     ///< common name of the client's certificate, printable; its rights are in `grants`
    std::string address;  ///< the client's, without the port
    Grants grants;        ///< the rights of the client's certificate
    std::shared_ptr<const Roles> roles;           ///< the roles that they follow from
    std::optional<protocol::CommandStamp> stamp;  ///< commands only

    [[nodiscard]] const std::string& parameter(const std::string& name) const;
    /// A path parameter that must be a name of the kind `Id`.
    template <typename Id>
    [[nodiscard]] base::Result<Id> id(const std::string& name) const {
        return Id::parse(parameter(name));
    }
    /// The body as JSON; InvalidInput if it is none.
    [[nodiscard]] base::Result<protocol::Json> json() const;
};

/// For long or endless answers. Has to return when `out` fails or `stopping` becomes true (check it at least every
/// second).
using BodyStream = std::function<void(std::ostream& out, const std::atomic<bool>& stopping)>;

struct Response {
    int status = 200;
    std::string content_type = "application/json";
    std::string body;
    std::map<std::string, std::string> headers;
    BodyStream stream;                           ///< instead of `body`
    std::optional<std::uint64_t> stream_length;  ///< known length of the stream; otherwise chunked

    static Response json(const protocol::Json& json, int status = 200);
    static Response empty() { return Response{204, "", "", {}, {}, {}}; }
};

/// The HTTP status for an error.
int statusOf(base::ErrorCode code);
Response responseFrom(const base::Error& error);

/// `return answer(result, [](const Thing& t) { return toJson(t); });` without writing the error branch again.
template <typename T>
base::Result<Response> answer(base::Result<T> result, int status = 200) {
    if (!result) return base::failure(result.error());
    return Response::json(toJson(*result), status);
}

}  // namespace standin::http
