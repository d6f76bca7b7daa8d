#include "agent/hypervisor/stand_ins/memory_settling.hpp"

#include <fmt/format.h>

namespace standin::hypervisor {

namespace {

using namespace std::chrono_literals;

constexpr auto look_every = 100ms;
constexpr auto no_balloon_after = 2s;  // a balloon that works gives something back in every tenth of a second
constexpr auto patience = 8s;          // less than the coordinator waits for one answer; it asks again

}  // namespace

base::Result<void> awaitMemoryGivenBack(Domains& domains, const base::Clock& clock, const std::string& uuid,
                                        std::uint64_t wanted_mib) {
    const auto until = clock.steady() + patience;
    std::uint64_t least = ~std::uint64_t{0};
    auto progress_at = clock.steady();
    while (true) {
        const auto seen = domains.eventsSeen();
        auto view = domains.view(uuid);
        if (!view) return base::failure(view.error());
        const auto now = clock.steady();
        if (view->resources.memory_mib <= wanted_mib) return {};
        if (view->resources.memory_mib < least) {
            least = view->resources.memory_mib;
            progress_at = now;
        }
        if (now >= progress_at + no_balloon_after) return {};
        if (now >= until) {
            return base::failure(base::ErrorCode::TimedOut,
                                 fmt::format("its guest is still giving memory back: it has {} MiB, {} are wanted",
                                             view->resources.memory_mib, wanted_mib));
        }
        domains.waitForEvent(seen, look_every);
    }
}

}  // namespace standin::hypervisor
