#include "agent/protocol/hold.hpp"

#include "agent/base/text.hpp"

namespace standin::protocol {

const char* nameOf(HoldState state) {
    switch (state) {
        case HoldState::Idle:
            return "idle";
        case HoldState::Holding:
            return "holding";
        case HoldState::Releasing:
            return "releasing";
    }
    return "idle";
}

base::Result<HoldState> holdStateFrom(const std::string& name) {
    for (auto state : {HoldState::Idle, HoldState::Holding, HoldState::Releasing}) {
        if (name == nameOf(state)) return state;
    }
    return base::failure(base::ErrorCode::InvalidInput,
                         "'" + base::shortened(name, 40) + "' is none of: idle, holding, releasing");
}

Json toJson(const Hold& hold) {
    return {{"job", hold.job.text()},
            {"state", nameOf(hold.state)},
            {"listening", hold.listening},
            {"held", hold.held},
            {"held_bytes", hold.held_bytes},
            {"oldest_age_ms", hold.oldest_age_ms},
            {"proxied", hold.proxied},
            {"unanswered", hold.unanswered},
            {"counted_since", hold.counted_since.empty() ? Json(nullptr) : Json(hold.counted_since)},
            {"delivered", hold.delivered},
            {"refused", hold.refused},
            {"broken", hold.broken},
            {"given_up", hold.given_up}};
}

base::Result<Hold> holdFrom(const Json& json) {
    JsonFields fields(json, "hold", JsonFields::Unknown::Skip);
    Hold hold;
    hold.job = fields.id<base::JobName>("job");
    auto state = holdStateFrom(fields.text("state"));
    if (state) {
        hold.state = *state;
    } else {
        fields.problem(state.error().message);
    }
    hold.listening = fields.boolean("listening", false);
    hold.held = fields.count("held");
    hold.held_bytes = fields.count("held_bytes");
    hold.oldest_age_ms = fields.number("oldest_age_ms", 0);
    hold.proxied = fields.count("proxied");
    hold.unanswered = fields.count("unanswered");
    hold.counted_since = fields.text("counted_since", "");
    hold.delivered = fields.count("delivered");
    hold.refused = fields.count("refused");
    hold.broken = fields.count("broken");
    hold.given_up = fields.count("given_up");
    return fields.finish(hold);
}

Json toJson(const ProbeRequest& request) {
    return {{"leg", request.leg == Leg::Front ? "front" : "back"},
            {"probe", toJson(request.probe)},
            {"deadline_ms", request.deadline_ms}};
}

base::Result<ProbeRequest> probeRequestFrom(const Json& json) {
    JsonFields fields(json, "probe request");
    ProbeRequest request;
    auto leg = fields.text("leg", "back");
    if (leg != "front" && leg != "back") fields.problem("field 'leg' must be 'front' or 'back'");
    request.leg = leg == "front" ? Leg::Front : Leg::Back;
    auto probe = probeFrom(fields.object("probe"));
    if (!probe) return base::failure(probe.error());
    request.probe = *probe;
    request.deadline_ms = static_cast<std::uint32_t>(fields.integer("deadline_ms", 1, 3'600'000, 5000));
    return fields.finish(request);
}

Json toJson(const ProbeAnswer& answer) {
    return {{"answered", answer.answered},
            {"after_ms", answer.after_ms},
            {"status", answer.status},
            {"attempts", answer.attempts},
            {"problem", answer.problem}};
}

base::Result<ProbeAnswer> probeAnswerFrom(const Json& json) {
    JsonFields fields(json, "probe answer", JsonFields::Unknown::Skip);
    ProbeAnswer answer;
    if (!fields.has("answered")) fields.problem("field 'answered' is missing");
    answer.answered = fields.boolean("answered", false);
    answer.after_ms = fields.number("after_ms", 0);
    answer.status = static_cast<int>(fields.integer("status", 0, 999, 0));
    answer.attempts = static_cast<std::uint32_t>(fields.integer("attempts", 0, UINT32_MAX, 0));
    answer.problem = fields.text("problem", "");
    return fields.finish(answer);
}

}  // namespace standin::protocol
