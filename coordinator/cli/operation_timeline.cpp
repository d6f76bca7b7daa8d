#include "coordinator/cli/operation_timeline.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "coordinator/cli/text_table.hpp"

namespace standin::cli {

namespace {

std::string titleOf(const Json& step) {
    auto subject = textAt(step, "subject");
    return textAt(step, "name") + (subject == "-" ? "" : " " + subject);
}

std::string sinceFailure(const Json& step) {
    auto since = numberAt(step, "since_failure_ms");
    return since ? fmt::format("{:+.3f} s", *since / 1000) : "";
}

// A long step is begun once and then polled: for people that is one step.
bool goesOn(const Json& step) {
    auto outcome = textAt(step, "outcome");
    return outcome == "running" || outcome == "polling";
}

/// A step that others keep from beginning says so; other steps that are planned have nothing to say yet.
bool waits(const Json& step) {
    return textAt(step, "outcome") == "planned" && textAt(step, "start") == "-" && textAt(step, "message") != "-";
}

std::string resultOf(const Json& step) {
    auto outcome = textAt(step, "outcome");
    if (outcome == "planned") return outcome;
    auto duration = numberAt(step, "duration_ms");
    if (goesOn(step)) {
        // Every tenth is enough for a line of its own.
        auto tenths = static_cast<int>(numberAt(step, "percent").value_or(0) / 10);
        return tenths > 0 ? fmt::format("running, {} %", tenths * 10) : "running";
    }
    auto text = duration ? fmt::format("{} in {}", outcome, humanMilliseconds(*duration)) : outcome;
    if (auto attempts = numberAt(step, "attempts"); attempts && *attempts > 1)
        text += fmt::format(", {:.0f} attempts", *attempts);
    if (auto message = textAt(step, "message"); message != "-") text += ": " + message;
    return text;
}

void printOutcome(std::ostream& out, const Json& operation) {
    auto outcome = textAt(operation, "outcome");
    if (outcome == "-") return;
    out << printable(fmt::format("operation {} {}: {}", textAt(operation, "id"),
                                 outcome == "needs_operator" ? "needs the operator" : outcome,
                                 textAt(operation, "why")))
        << '\n';
    if (auto cure = textAt(operation, "cure"); cure != "-") out << printable("  what to do: " + cure) << '\n';
}

void printPhasesOf(std::ostream& out, const Json& attempt, const std::string& title) {
    auto phases = attempt.find("phases_ms");
    if (phases == attempt.end() || !phases->is_object() || phases->empty()) return;
    out << title << ':';
    for (const auto& [name, duration] : phases->items()) {
        if (duration.is_number()) out << "  " << printable(name) << ' ' << humanMilliseconds(duration.get<double>());
    }
    out << '\n';
}

void printPhases(std::ostream& out, const Json& operation) {
    const auto& past = listAt(operation, "past_attempts");
    for (std::size_t i = 0; i < past.size(); ++i)
        printPhasesOf(out, past[i],
                      fmt::format("phases of attempt {}, until {}", i + 1, momentAt(past[i], "end", true)));
    printPhasesOf(out, operation, past.empty() ? "phases" : fmt::format("phases of attempt {}", past.size() + 1));
    if (auto takeover = numberAt(operation, "takeover_ms")) {
        out << "the segment had its new owner " << humanMilliseconds(*takeover) << " after the failure was reported\n";
    }
}

}  // namespace

bool isAtRest(const Json& operation) {
    return textAt(operation, "outcome") != "-";
}

int exitCodeOf(const Json& operation) {
    auto outcome = textAt(operation, "outcome");
    return outcome == "succeeded" || outcome == "closed" || outcome == "cancelled" ? ExitCode::Done : ExitCode::Failed;
}

void OperationTimeline::showHead(const Json& operation) {
    out_ << printable(fmt::format("{} {} of server {}, asked by {}", textAt(operation, "kind"), textAt(operation, "id"),
                                  textAt(operation, "server"), textAt(operation, "asked_by")))
         << '\n';
    if (auto cause = textAt(operation, "cause"); cause != "-") out_ << printable("  cause: " + cause) << '\n';
    begun_ = true;
}

// A step that is retried is shown once, as long as its outcome is the same.
bool OperationTimeline::isRepetition(const Json& step, const std::string& title) {
    const auto outcome = textAt(step, "outcome");
    const bool again = numberAt(step, "attempts").value_or(1) > 1 && !failures_[title].empty();
    if (goesOn(step)) return again && numberAt(step, "percent").value_or(0) < 10;
    const bool failed = outcome == "failed" || outcome == "unknown";
    const auto failure = failed ? outcome + ": " + textAt(step, "message") : std::string();
    const bool same = again && failed && failures_[title] == failure;
    failures_[title] = failure;
    return same;
}

void OperationTimeline::showStep(const Json& step) {
    auto title = titleOf(step);
    auto result = resultOf(step);
    const bool planned = textAt(step, "outcome") == "planned";
    if ((planned && !waits(step)) || shown_[title] == result || isRepetition(step, title)) return;
    shown_[title] = result;
    // The progress of a long step is shown with its line, but causes no further line.
    if (auto message = textAt(step, "message"); (goesOn(step) || planned) && message != "-") result += ": " + message;
    out_ << printable(fmt::format("  {:>10}  {:<28} {}", planned ? "" : sinceFailure(step), title, result)) << '\n';
}

void OperationTimeline::show(const Json& operation) {
    if (!begun_) showHead(operation);
    for (const auto& step : listAt(operation, "steps")) showStep(step);
    for (const auto& note : listAt(operation, "notes")) {
        if (!shown_["note " + textAt(note, "topic")].empty()) continue;
        shown_["note " + textAt(note, "topic")] = "shown";
        out_ << printable(fmt::format("  {}: {}", textAt(note, "level"), textAt(note, "sentence"))) << '\n';
        if (auto cure = textAt(note, "cure"); cure != "-") out_ << printable("    what to do: " + cure) << '\n';
    }
    if (auto state = textAt(operation, "state"); state != state_) {
        if (!isAtRest(operation)) out_ << printable("  -> " + state + " (" + textAt(operation, "why") + ")") << '\n';
        state_ = state;
    }
    if (isAtRest(operation)) {
        printOutcome(out_, operation);
        printPhases(out_, operation);
    }
    out_.flush();
}

void printOperation(std::ostream& out, const Json& operation) {
    OperationTimeline(out).show(operation);
}

int followOperation(const CommandContext& context, const std::string& id) {
    OperationTimeline timeline(context.out);
    Json last;
    int exit_code = ExitCode::Done;
    auto look = [&] {
        const auto path = "/v1/operations/" + id;
        auto answer = context.api.request("GET", path, nullptr);
        // A coordinator that is gone for a moment: its stream breaks as well, and comes back.
        if (!answer && base::isTransient(answer.error().code)) return true;
        auto reply = answer ? context.replyIn(*answer, "GET " + path)
                            : CommandContext::Reply{context.failed(answer.error()), {}, {}};
        exit_code = reply.exit_code;
        if (!reply.accepted()) return false;
        last = std::move(reply.body);
        if (!context.json) timeline.show(last);
        return !isAtRest(last);
    };
    // The stream says when to look; what is shown is always the whole truth of that moment, so that nothing can be
    // missed.
    auto followed = context.followSteadily([&](const StreamedEvent& event) {
        auto data = Json::parse(event.data, nullptr, false);
        bool concerns = event.type == "heartbeat" || event.type == "missed" || textAt(data, "operation") == id;
        return !concerns || look();
    });
    if (!followed) return context.failed(followed.error());
    if (exit_code != ExitCode::Done) return exit_code;
    if (context.json) context.printJson(last);
    return exitCodeOf(last);
}

}  // namespace standin::cli
