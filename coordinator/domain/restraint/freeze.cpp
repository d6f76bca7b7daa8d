#include "coordinator/domain/restraint/freeze.hpp"

#include <fmt/format.h>

#include "coordinator/domain/job_writes.hpp"

namespace standin::domain {

std::string sentenceOf(const Freeze& freeze) {
    if (!freeze.on) return {};
    return fmt::format("{} since {}{}{}", freeze.asked_by, momentText(freeze.since), freeze.why.empty() ? "" : ": ",
                       freeze.why);
}

}  // namespace standin::domain
