#include "coordinator/simulation/event_log.hpp"

#include <algorithm>

namespace standin::simulation {

void EventLog::write(std::string sentence) {
    lines_.push_back(fmt::format("{:>14}  {}", text(queue_.now()), sentence));
}

std::vector<std::string> EventLog::last(std::size_t most) const {
    return {lines_.end() - static_cast<std::ptrdiff_t>(std::min(most, lines_.size())), lines_.end()};
}

}  // namespace standin::simulation
