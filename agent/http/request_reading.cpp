#include "agent/http/request_reading.hpp"

#include <Poco/Net/HTTPServerRequestImpl.h>
#include <Poco/Net/HTTPServerSession.h>
#include <Poco/Net/NetException.h>
#include <Poco/URI.h>
#include <fmt/format.h>

#include <algorithm>
#include <istream>

#include "agent/base/text.hpp"

namespace standin::http {

using base::ErrorCode;
using base::failure;

namespace {

// This much of a body that is too large is read and dropped: a client that is still sending when the connection ends
// never sees the answer.
constexpr std::uint64_t most_dropped = 64U << 20;

base::Result<void> readBody(Poco::Net::HTTPServerRequest& from, std::size_t limit, std::string& body) {
    const auto too_large = [&] {
        return failure(ErrorCode::InvalidInput, fmt::format("the body is larger than {} bytes", limit));
    };
    if (from.hasContentLength() && from.getContentLength64() > static_cast<Poco::Int64>(most_dropped))
        return too_large();
    if (!from.hasContentLength() && !from.getChunkedTransferEncoding()) return {};
    char buffer[8192];
    std::uint64_t read = 0;
    auto& in = from.stream();
    while (in.read(buffer, sizeof buffer) || in.gcount() > 0) {
        read += static_cast<std::uint64_t>(in.gcount());
        if (read <= limit) body.append(buffer, static_cast<std::size_t>(in.gcount()));
        if (read > most_dropped) break;
    }
    if (read > limit) return too_large();
    // Poco takes the connection's end for the body's.
    auto& session = dynamic_cast<Poco::Net::HTTPServerRequestImpl&>(from).session();
    if (const auto* problem = session.networkException()) problem->rethrow();
    if (from.hasContentLength() && from.getContentLength64() >= 0 &&
        read < static_cast<std::uint64_t>(from.getContentLength64()))
        throw Poco::Net::ConnectionResetException("the request's body did not arrive whole");
    return {};
}

}  // namespace

base::Result<Request> readRequest(Poco::Net::HTTPServerRequest& from, std::size_t body_limit) {
    Request request;
    request.method = base::oneLine(from.getMethod(), 40);
    try {
        Poco::URI uri(from.getURI());
        request.path = base::validText(uri.getPath());
        for (const auto& [name, value] : uri.getQueryParameters())
            request.query[base::validText(name)] = base::validText(value);
    } catch (const Poco::Exception&) {
        return failure(ErrorCode::InvalidInput, "the request's URI is not valid");
    }
    for (const auto& [name, value] : from) {
        std::string lower = name;
        std::transform(lower.begin(), lower.end(), lower.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        request.headers[lower] = base::validText(value);
    }
    auto body = readBody(from, body_limit, request.body);
    if (!body) return failure(body.error());
    return request;
}

}  // namespace standin::http
