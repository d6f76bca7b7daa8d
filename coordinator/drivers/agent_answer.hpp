#pragma once

#include <string_view>
#include <utility>

#include "agent/protocol/agent_client.hpp"

namespace standin::drivers {

/// The message in an agent's answer, or the error. An unreadable answer says nothing about the effect of a command, so
/// it becomes TimedOut ('may have happened'), and the engine observes.
template <typename Decode>
auto messageIn(const protocol::AgentClient& client, std::string_view what, const protocol::Json& body, Decode decode)
    -> decltype(decode(body)) {
    auto message = decode(body);
    if (message) return message;
    return base::failure(base::ErrorCode::TimedOut, "could not read agent '" + client.name() + "' about " +
                                                        std::string(what) + ": " + message.error().message +
                                                        "; are both of the same release?");
}

template <typename Decode>
auto messageIn(const protocol::AgentClient& client, std::string_view what,
               const base::Result<protocol::AgentClient::Answer>& answer, Decode decode)
    -> decltype(decode(answer->body)) {
    if (!answer) return base::failure(answer.error());
    return messageIn(client, what, answer->body, decode);
}

template <typename Decode>
auto messageIn(const protocol::AgentClient& client, std::string_view what, const base::Result<protocol::Json>& body,
               Decode decode) -> decltype(decode(*body)) {
    if (!body) return base::failure(body.error());
    return messageIn(client, what, *body, decode);
}

/// Success also if the object was already absent.
inline base::Result<void> removed(const base::Result<protocol::AgentClient::Answer>& answer) {
    if (!answer && answer.error().code != base::ErrorCode::NotFound) return base::failure(answer.error());
    return {};
}

}  // namespace standin::drivers
