#include "coordinator/cli/command_context.hpp"

#include <fmt/format.h>

#include <thread>

#include "agent/protocol/json_text.hpp"
#include "coordinator/cli/text_table.hpp"

namespace standin::cli {

namespace {

std::string textOf(const Json& value) {
    if (value.is_null()) return "-";
    if (value.is_string()) return value.get_ref<const std::string&>().empty() ? "-" : value.get<std::string>();
    if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
    return protocol::jsonText(value);
}

const Json& at(const Json& json, const char* field) {
    static const Json nothing;
    if (!json.is_object()) return nothing;
    auto found = json.find(field);
    return found == json.end() ? nothing : *found;
}

}  // namespace

int CommandContext::failed(const base::Error& error) const {
    err << "standinctl: " << printable(error.message) << '\n';
    return base::isTransient(error.code) ? ExitCode::NotReachable : ExitCode::Failed;
}

CommandContext::Reply CommandContext::ask(std::string_view method, const std::string& path, const Json* body) const {
    auto answer = api.request(method, path, body);
    if (!answer) return {failed(answer.error()), {}, {}};
    return replyIn(*answer, fmt::format("{} {}", method, path));
}

CommandContext::Reply CommandContext::replyIn(const Answer& answer, const std::string& request) const {
    auto body = Json::parse(answer.body, nullptr, false);
    if (body.is_discarded()) body = Json();
    if (answer.accepted() && (answer.body.empty() || !body.is_null()))
        return {ExitCode::Done, std::move(body), answer.location};
    // A coordinator that reports an agent as unreachable was itself reached: that is 'failed'.
    auto said = textAt(body, "message");
    if (said == "-") said = fmt::format("the coordinator answered {} with status {}", request, answer.status);
    err << "standinctl: " << printable(said) << '\n';
    return {ExitCode::Failed, std::move(body), {}};
}

int CommandContext::print(const std::string& path, const std::function<void(const Json&)>& show) const {
    auto reply = ask("GET", path);
    if (!reply.accepted()) return reply.exit_code;
    if (json) {
        printJson(reply.body);
    } else {
        show(reply.body);
    }
    return ExitCode::Done;
}

void CommandContext::printJson(const Json& shown) const {
    out << protocol::indentedJsonText(shown) << '\n';
}

base::Result<void> CommandContext::followSteadily(const CoordinatorApi::EventSink& sink) const {
    std::string last_id;
    bool wanted = true;
    bool connected = false;
    auto last_sign = std::chrono::steady_clock::now();
    while (true) {
        bool broke_off = false;
        auto followed = api.follow(last_id, [&](const StreamedEvent& event) {
            connected = true;
            last_sign = std::chrono::steady_clock::now();
            if (!event.id.empty()) last_id = event.id;
            return wanted = sink(event);
        });
        if (!wanted) return {};
        broke_off = connected && (followed.has_value() || base::isTransient(followed.error().code));
        if (!broke_off) return followed;
        if (std::chrono::steady_clock::now() - last_sign >= come_back_within) {
            return followed ? base::failure(base::ErrorCode::Unreachable, "the coordinator ended the event stream")
                            : followed;
        }
        // Nobody says when a coordinator is back: it is asked again, until come_back_within has passed.
        std::this_thread::sleep_for(pause);
    }
}

std::string textAt(const Json& json, const char* field) {
    return textOf(at(json, field));
}
std::string textAt(const Json& json, const char* field, const char* inner) {
    return textOf(at(at(json, field), inner));
}
bool flagAt(const Json& json, const char* field) {
    return at(json, field) == Json(true);
}

std::optional<double> numberAt(const Json& json, const char* field) {
    const auto& value = at(json, field);
    if (!value.is_number()) return std::nullopt;
    return value.get<double>();
}

const Json& listAt(const Json& json, const char* field) {
    static const Json empty = Json::array();
    const auto& value = at(json, field);
    return value.is_array() ? value : empty;
}

std::string momentAt(const Json& json, const char* field, bool whole) {
    auto text = textAt(json, field);
    if (text.size() < 23 || text[10] != 'T') return text;
    return whole ? text.substr(0, 10) + " " + text.substr(11, 8) : text.substr(11, 12);
}

std::string humanMilliseconds(double milliseconds) {
    if (milliseconds < 1000) return fmt::format("{:.1f} ms", milliseconds);
    if (milliseconds < 120'000) return fmt::format("{:.2f} s", milliseconds / 1000);
    auto seconds = static_cast<long>(milliseconds / 1000);
    return fmt::format("{} min {:02} s", seconds / 60, seconds % 60);
}

}  // namespace standin::cli
