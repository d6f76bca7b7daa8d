#pragma once

#include <deque>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "coordinator/cli/command_line.hpp"

namespace standin::cli {

/// A coordinator whose answers a test writes down beforehand, and that remembers what it was asked.
class ScriptedCoordinator final : public CoordinatorApi {
  public:
    /// The next answer to `request` ("GET /v1/servers"); the last one is given again.
    ScriptedCoordinator& answers(const std::string& request, int status, const std::string& body,
                                 const std::string& location = "") {
        answers_[request].push_back({status, body, location});
        return *this;
    }
    /// The next answer to `request` never comes.
    ScriptedCoordinator& breaksOff(const std::string& request) { return answers(request, 0, ""); }
    ScriptedCoordinator& streams(std::vector<StreamedEvent> events) {
        streams_.push_back(std::move(events));
        return *this;
    }
    ScriptedCoordinator& isDown(base::ErrorCode code) {
        down_ = base::Error{code, "could not reach the coordinator at https://x:1: refused"};
        return *this;
    }

    base::Result<Answer> request(std::string_view method, std::string_view path, const nlohmann::json* body) override {
        auto key = std::string(method) + " " + std::string(path);
        asked.push_back(body == nullptr ? key : key + " " + body->dump());
        if (down_) return base::failure(*down_);
        auto found = answers_.find(key);
        if (found == answers_.end())
            return Answer{404, R"({"code":"not_found","message":"nothing at )" + key + "\"}", ""};
        auto answer = found->second.front();
        if (found->second.size() > 1) found->second.pop_front();
        if (answer.status == 0) return base::failure(base::ErrorCode::TimedOut, "the coordinator broke off");
        return answer;
    }
    base::Result<void> follow(const std::string& last_id, const EventSink& sink) override {
        followed_from.push_back(last_id);
        if (down_) return base::failure(*down_);
        if (streams_.empty()) return base::failure(base::ErrorCode::Unreachable, "no more streams");
        auto events = std::move(streams_.front());
        streams_.pop_front();
        for (const auto& event : events) {
            if (!sink(event)) return {};
        }
        return base::failure(base::ErrorCode::TimedOut, "the coordinator broke off");
    }

    std::vector<std::string> asked;
    std::vector<std::string> followed_from;

  private:
    std::map<std::string, std::deque<Answer>> answers_;
    std::deque<std::vector<StreamedEvent>> streams_;
    std::optional<base::Error> down_;
};

/// Hands a coordinator that outlives the run to it.
class Borrowed final : public CoordinatorApi {
  public:
    explicit Borrowed(CoordinatorApi& lender) : lender_(lender) {}
    base::Result<Answer> request(std::string_view method, std::string_view path, const nlohmann::json* body) override {
        return lender_.request(method, path, body);
    }
    base::Result<void> follow(const std::string& last_id, const EventSink& sink) override {
        return lender_.follow(last_id, sink);
    }

  private:
    CoordinatorApi& lender_;
};

struct Run {
    int exit_code = -1;
    std::string out;
    std::string err;
};

inline Run run(ScriptedCoordinator& coordinator, std::vector<std::string> arguments) {
    for (const auto* option : {"--key", "--certificate", "--ca"}) {
        arguments.insert(arguments.begin(), {option, "/dev/null"});
    }
    std::ostringstream out;
    std::ostringstream err;
    auto connect = [&](const Connection&) -> base::Result<std::unique_ptr<CoordinatorApi>> {
        return std::unique_ptr<CoordinatorApi>(std::make_unique<Borrowed>(coordinator));
    };
    Run done;
    done.exit_code = runCommandLine(arguments, {out, err, [](const char*) -> const char* { return nullptr; }, connect});
    done.out = out.str();
    done.err = err.str();
    return done;
}

}  // namespace standin::cli
