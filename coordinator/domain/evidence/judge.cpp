#include "coordinator/domain/evidence/judge.hpp"

#include <fmt/format.h>

#include "coordinator/domain/named.hpp"

namespace standin::domain {

namespace {

constexpr Names<EvidencePolicy, 4> evidence_policies{{
    {EvidencePolicy::Trap, "trap"},
    {EvidencePolicy::Silence, "silence"},
    {EvidencePolicy::Power, "power"},
    {EvidencePolicy::Operator, "operator"},
}};

Judgement confirmed(std::string by) {
    return {Judgement::Kind::Confirmed, std::move(by), {}};
}

/// The signs of a dead server that were found; each from another place.
struct Signs {
    explicit Signs(const Evidence& evidence)
        : job(evidence.job == Evidence::Job::Silent),
          carrier(evidence.carrier == Evidence::Carrier::Lost),
          frames(evidence.frames == Evidence::Frames::None),
          power(evidence.power == Evidence::Power::IsOff) {}

    [[nodiscard]] bool wire() const { return carrier || frames; }

    bool job;
    bool carrier;
    bool frames;
    bool power;
};

std::string silenceOf(const Evidence& evidence) {
    return fmt::format("its job has not answered for {} ms", evidence.job_silent_for.count());
}

std::string silenceOfWire(const Signs& signs) {
    return signs.carrier ? "its port has lost its carrier" : "its port has received no frame";
}

std::string bothSilent(const Evidence& evidence, const Signs& signs) {
    return silenceOf(evidence) + " and " + silenceOfWire(signs);
}

constexpr auto power_is_off = "its power reads as off";

/// A BMC may lie, or speak of another machine, so another place has to agree and none to contradict it. Where neither
/// switch nor job can be asked, nobody can be given the segment either: to wait costs nothing.
bool isPowerCredible(const Evidence& evidence, const Signs& signs) {
    if (signs.carrier) return true;
    if (evidence.job == Evidence::Job::Answers || evidence.frames == Evidence::Frames::Seen) return false;
    return signs.frames || signs.job;
}

/// Signs that need no other beside them. A job may have answered with its last breath where its port has lost its
/// carrier since.
std::optional<std::string> dead(const Evidence& evidence, const Signs& signs, EvidencePolicy policy) {
    if (signs.power && isPowerCredible(evidence, signs)) return power_is_off;
    if (signs.carrier && policy == EvidencePolicy::Silence) return silenceOfWire(signs);
    return std::nullopt;
}

std::optional<std::string> silent(const Evidence& evidence, const Signs& signs, const EvidenceRule& rule) {
    if (signs.job && signs.wire()) return bothSilent(evidence, signs);
    if (rule.suspected && signs.carrier) return silenceOfWire(signs) + ", soon after an earlier report";
    if (rule.policy == EvidencePolicy::Power) return std::nullopt;
    if (signs.job && evidence.job_silent_for >= rule.silent_after) return silenceOf(evidence);
    if (rule.suspected && signs.job) return silenceOf(evidence) + ", soon after an earlier report";
    if (rule.suspected && signs.frames) return silenceOfWire(signs) + ", soon after an earlier report";
    return std::nullopt;
}

}  // namespace

std::string_view nameOf(EvidencePolicy policy) {
    return nameIn(evidence_policies, policy);
}
std::optional<EvidencePolicy> evidencePolicyFrom(std::string_view name) {
    return valueIn(evidence_policies, name);
}

Judgement judge(const Evidence& evidence, const EvidenceRule& rule, base::WallTime now) {
    if (rule.policy == EvidencePolicy::Trap) return confirmed("the report itself, as policy 'trap' says");
    const Signs signs(evidence);
    const bool by_person = rule.policy == EvidencePolicy::Operator;
    if (const auto by = dead(evidence, signs, rule.policy); by && !by_person) return confirmed(*by);
    if (evidence.job == Evidence::Job::Answers && !signs.carrier) {
        return {Judgement::Kind::Refuted,
                fmt::format("its job answered {:.1f} ms later", evidence.job_answered_after_ms),
                {}};
    }
    if (const auto by = silent(evidence, signs, rule); by && !by_person) return confirmed(*by);
    Judgement undecided{Judgement::Kind::Undecided, describe(evidence), {}};
    if (now < rule.decide_by) undecided.until = rule.decide_by;
    return undecided;
}

std::string describe(const Evidence& evidence) {
    using Job = Evidence::Job;
    using Carrier = Evidence::Carrier;
    using Frames = Evidence::Frames;
    using Power = Evidence::Power;
    std::string text = "port: ";
    text += evidence.carrier == Carrier::Lost    ? "carrier lost"
            : evidence.carrier == Carrier::There ? "carrier there"
                                                 : "carrier not known";
    if (evidence.carrier == Carrier::There && evidence.frames == Frames::Seen) text += ", frames from it";
    if (evidence.carrier == Carrier::There && evidence.frames == Frames::None) text += ", no frames from it";
    text += "; job: ";
    text += evidence.job == Job::Silent    ? fmt::format("silent for {} ms", evidence.job_silent_for.count())
            : evidence.job == Job::Answers ? fmt::format("answered after {:.1f} ms", evidence.job_answered_after_ms)
                                           : std::string("not known");
    text += "; power: ";
    text += evidence.power == Power::IsOff ? "off" : evidence.power == Power::IsOn ? "on" : "not known";
    if (!evidence.unknown.empty()) text += " (" + evidence.unknown + ")";
    return text;
}

}  // namespace standin::domain
