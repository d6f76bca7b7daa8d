#include "coordinator/simulation/world/command.hpp"

#include "coordinator/domain/named.hpp"

namespace standin::simulation {

namespace {

constexpr domain::Names<Mishap, 11> mishaps{{
    {Mishap::Unreachable, "unreachable"},
    {Mishap::Lost, "lost"},
    {Mishap::AnswerLost, "answer-lost"},
    {Mishap::Late, "late"},
    {Mishap::Refused, "refused"},
    {Mishap::Unverified, "unverified"},
    {Mishap::Twice, "twice"},
    {Mishap::Slow, "slow"},
    {Mishap::Throws, "throws"},
    {Mishap::Drip, "drip"},
    {Mishap::Hung, "hung"},
}};

}  // namespace

std::string_view nameOf(Mishap mishap) {
    return domain::nameIn(mishaps, mishap);
}
std::optional<Mishap> mishapFrom(std::string_view name) {
    return domain::valueIn(mishaps, name);
}

}  // namespace standin::simulation
