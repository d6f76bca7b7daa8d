#pragma once

#include <optional>
#include <string>

#include "agent/request_holder/http_mode/http_connection.hpp"

namespace standin::request_holder::http_mode {

/// One request and its answer.
struct HttpConnection::Exchange {
    explicit Exchange(const MessageLimits& limits) : request(limits) {}

    RequestReader request;
    std::optional<AnswerReader> answer;  // from when it was handed on
    std::string unread;                  // from the machine, not enough to be understood
    std::function<void(Progress)> tell;
    SteadyTime arrived{};  // when it got its place
    int times_sent = 0;
    bool kept = false;          // all of it is in the inbox and stays there, so it could be sent again
    bool delivered = false;     // that was told
    bool answer_begun = false;  // the client has, or will have, some of the final answer
    bool cannot_send = false;   // the machine takes no more of the request
    bool surplus = false;       // the machine has sent more than the answer
    bool last = false;          // the client's connection ends with this answer
};

}  // namespace standin::request_holder::http_mode
