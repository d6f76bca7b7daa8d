#include "coordinator/replay/differences.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace standin::replay {

using domain::Change;
using domain::Operation;
using domain::Step;
using domain::StepStart;

namespace {

std::string textOf(const Change& change) {
    return fmt::format("'{}' -> '{}' ({})", nameOf(change.from), nameOf(change.to), change.why);
}

std::string textOf(const StepStart& start) {
    const std::string step = fmt::format("{} '{}'", nameOf(start.id.name), start.id.subject);
    if (start.poll) return "asks after " + step;
    return start.attempt > 1 ? fmt::format("starts {} (attempt {})", step, start.attempt) : "starts " + step;
}

template <typename Item>
std::vector<std::string> textsOf(const std::vector<Item>& items) {
    std::vector<std::string> texts;
    for (const auto& item : items) texts.push_back(textOf(item));
    return texts;
}

std::vector<std::string> compare(const std::vector<std::string>& then, const std::vector<std::string>& now) {
    std::vector<std::string> found;
    for (std::size_t i = 0; i < std::max(then.size(), now.size()); ++i) {
        const std::string before = i < then.size() ? then[i] : "nothing";
        const std::string after = i < now.size() ? now[i] : "nothing";
        if (before != after) found.push_back(fmt::format("then: {}; now: {}", before, after));
    }
    return found;
}

std::string stepText(const Step& step) {
    return fmt::format("{} '{}' {}, attempt {} of plan {}: {}{}{}", nameOf(step.id.name), step.id.subject,
                       nameOf(step.state), step.attempts, step.plans, step.message,
                       step.finding == domain::Finding::None ? "" : fmt::format(", {}", nameOf(step.finding)),
                       step.found.empty() ? "" : ", " + step.found);
}

std::vector<std::string> factsOf(const Operation& operation) {
    std::vector<std::string> facts{
        fmt::format("state '{}' ({})", nameOf(operation.state), operation.why),
        fmt::format("stand-in '{}' at '{}'", operation.stand_in.text(), operation.stand_in_port.text()),
        fmt::format("new stand-in '{}' at '{}'", operation.new_stand_in.text(), operation.new_stand_in_port.text()),
        fmt::format("image '{}' after '{}'", operation.image.text(), operation.previous_image.text()),
        fmt::format("spare '{}', {} failed, {} handovers", operation.spare.text(), operation.failed_spares.size(),
                    operation.handovers),
        fmt::format("cold={} job_runs={}", operation.cold, operation.job_runs),
        fmt::format("data of {} and {}, writes on {}, discard={}", base::rfc3339(operation.image_at),
                    base::rfc3339(operation.stand_in_image_at), sentenceOf(operation.writes), operation.discard_data)};
    for (const auto& note : operation.notes) facts.push_back(fmt::format("note {}: {}", note.topic, note.sentence));
    for (const Step& step : operation.steps) facts.push_back(stepText(step));
    return facts;
}

using Fields = std::vector<std::pair<const char*, std::string>>;

Fields fieldsOf(const std::optional<domain::SpareTableRow>& row) {
    if (!row) return {{"server", "no row"}};
    return {{"server", row->server.text()},
            {"spare", row->spare.text()},
            {"image", row->image.text()},
            {"image_at", base::rfc3339(row->image_at)},
            {"standin_ready", fmt::format("{}", row->standin_ready)},
            {"stand_in", row->stand_in.text()},
            {"stand_in_port", row->stand_in_port.text()},
            {"stale", fmt::format("{}", row->stale)},
            {"stand_in_image_at", base::rfc3339(row->stand_in_image_at)},
            {"note", row->note}};
}

Fields fieldsOf(const domain::Placement& placement) {
    return {{"on", std::string(nameOf(placement.on))},
            {"stand_in", placement.stand_in.text()},
            {"spare", placement.spare.text()},
            {"brought_back_by", placement.brought_back_by},
            {"writes", sentenceOf(placement.writes)}};
}

void compareFields(const char* kept_in, const Fields& then, const Fields& now, std::vector<std::string>& found) {
    if (then.size() != now.size()) {
        const auto text = [](const Fields& fields) { return fields.size() == 1 ? fields.front().second : "a row"; };
        found.push_back(fmt::format("{}: then: {}; now: {}", kept_in, text(then), text(now)));
        return;
    }
    for (std::size_t i = 0; i < then.size(); ++i) {
        if (then[i] == now[i]) continue;
        found.push_back(
            fmt::format("{}, field {}: then: '{}'; now: '{}'", kept_in, then[i].first, then[i].second, now[i].second));
    }
}

}  // namespace

std::vector<std::string> sentencesOf(const std::vector<Change>& changes, const std::vector<StepStart>& starts) {
    auto sentences = textsOf(changes);
    for (auto& text : textsOf(starts)) sentences.push_back(std::move(text));
    return sentences;
}

std::vector<std::string> differences(const std::vector<Change>& then, const std::vector<Change>& now) {
    auto found = compare(textsOf(then), textsOf(now));
    // The same words may stand for another event; that is reported as well.
    for (std::size_t i = 0; found.empty() && i < then.size(); ++i) {
        if (then[i].event != now[i].event) {
            found.push_back(fmt::format("then: event {}; now: event {}", nameOf(then[i].event), nameOf(now[i].event)));
        }
    }
    return found;
}

std::vector<std::string> differences(const std::vector<StepStart>& then, const std::vector<StepStart>& now) {
    return compare(textsOf(then), textsOf(now));
}

std::vector<std::string> differences(const domain::ServerRecord& then, const domain::ServerRecord& now) {
    std::vector<std::string> found;
    compareFields("row of the spare table", fieldsOf(then.row), fieldsOf(now.row), found);
    compareFields("placement of the job", fieldsOf(then.placement), fieldsOf(now.placement), found);
    return found;
}

std::vector<std::string> differences(const Operation& then, const Operation& now) {
    return compare(factsOf(then), factsOf(now));
}

}  // namespace standin::replay
