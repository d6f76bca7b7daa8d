#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace standin::request_holder::http_mode {

/// Why a request is not passed on: the status of the answer and a sentence for it.
struct Refusal {
    int status = 400;
    std::string reason;
};

/// What the rules found out about a request.
struct RequestHead {
    bool safe = false;              ///< GET, HEAD or OPTIONS: sending it twice does no harm
    bool to_head = false;           ///< HEAD: the answer has no body
    bool expects_continue = false;  ///< the client waits for 100 before it sends the body
    bool keeps_alive = false;       ///< as the client wishes
    bool version_1_0 = false;
};

/// Checks a request's header, from the request line to the empty line, more strictly than a parser that has to read
/// what everybody sends: two programs that read a request differently are how requests are smuggled. Refused are lines
/// that do not end with CR LF, control characters, folded lines, blanks before a colon, a request target whose host is
/// not the Host field, and repeated or contradictory Host, Content-Length and Transfer-Encoding fields.
struct Judgement {
    std::optional<Refusal> refusal;
    RequestHead head;
};
Judgement judgeRequest(std::string_view header);

/// The header of an answer with `Connection: close` in place of what it said about the connection.
std::string withConnectionClose(std::string_view header);

}  // namespace standin::request_holder::http_mode
