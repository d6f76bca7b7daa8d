#pragma once

#include <chrono>
#include <functional>
#include <istream>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "coordinator/cli/coordinator_api.hpp"
#include "coordinator/cli/exit_code.hpp"

namespace standin::cli {

using Json = nlohmann::json;

/// Context of every command.
struct CommandContext {
    CoordinatorApi& api;
    std::ostream& out;
    std::ostream& err;
    std::istream* in = nullptr;  ///< null: there is no one to answer questions
    bool json = false;           ///< the coordinator's answer instead of text for people
    /// A stream that breaks off (the coordinator is restarted) is opened again, every `pause`, as long as this.
    std::chrono::milliseconds come_back_within{30'000};
    std::chrono::milliseconds pause{500};

    /// Says on `err` why it went wrong, and gives the exit code that fits.
    int failed(const base::Error& error) const;

    struct Reply {
        int exit_code = ExitCode::Done;  ///< of a failure that was reported already
        Json body;
        std::string location;
        [[nodiscard]] bool accepted() const { return exit_code == ExitCode::Done; }
    };
    /// Asks, and reports a failure on `err`.
    Reply ask(std::string_view method, const std::string& path, const Json* body = nullptr) const;
    /// The content of an answer; a refusal is reported on `err`.
    Reply replyIn(const Answer& answer, const std::string& request) const;

    /// Asks `path` and shows the answer: as JSON, or by `show`.
    int print(const std::string& path, const std::function<void(const Json&)>& show) const;
    void printJson(const Json& shown) const;

    /// Follows the events until `sink` says false, also across breaks, without losing one that the coordinator still
    /// keeps.
    base::Result<void> followSteadily(const CoordinatorApi::EventSink& sink) const;
};

/// Fields of an answer, for people: "-" for what is absent or null. They never fail: a newer coordinator may say other
/// things.
std::string textAt(const Json& json, const char* field);
std::string textAt(const Json& json, const char* field, const char* inner);
bool flagAt(const Json& json, const char* field);
std::optional<double> numberAt(const Json& json, const char* field);
const Json& listAt(const Json& json, const char* field);

/// `12:30:01.234` of an RFC 3339 moment, `2026-11-23 12:30:01` with `whole`; "-" for none.
std::string momentAt(const Json& json, const char* field, bool whole = false);

/// `3.1 ms`, `12.40 s`, `2 min 05 s`.
std::string humanMilliseconds(double milliseconds);

}  // namespace standin::cli
