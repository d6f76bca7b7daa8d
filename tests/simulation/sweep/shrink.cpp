#include "tests/simulation/sweep/shrink.hpp"

#include <algorithm>

namespace standin::simulation {

namespace {

class Shrinking {
  public:
    Shrinking(Incident incident, const std::function<bool(const Incident&)>& fails, unsigned tries)
        : shortest_(std::move(incident)), fails_(fails), tries_(tries) {}

    Incident run() {
        for (bool better = true; better && tries_ > 0;) {
            better = leaveOut();
            better = simplify() || better;
            better = shrinkWorld() || better;
        }
        return std::move(shortest_);
    }

  private:
    bool accept(const Incident& candidate) {
        if (tries_ == 0) return false;
        --tries_;
        if (!fails_(candidate)) return false;
        shortest_ = candidate;
        return true;
    }

    bool leaveOut() {
        bool better = false;
        for (std::size_t size = std::max<std::size_t>(shortest_.script.size() / 2, 1); size > 0; size /= 2) {
            for (std::size_t at = 0; at < shortest_.script.size();) {
                Incident candidate = shortest_;
                const auto begin = candidate.script.begin() + static_cast<std::ptrdiff_t>(at);
                const auto end = candidate.script.begin() +
                                 static_cast<std::ptrdiff_t>(std::min(at + size, candidate.script.size()));
                candidate.script.erase(begin, end);
                if (accept(candidate)) {
                    better = true;
                } else {
                    at += size;
                }
            }
        }
        return better;
    }

    /// Options that are not needed, and numbers that can be smaller.
    bool simplify() {
        bool better = false;
        for (std::size_t i = 0; i < shortest_.script.size(); ++i) {
            const auto options = shortest_.script[i].options;
            for (const auto& [name, value] : options) {
                Incident candidate = shortest_;
                candidate.script[i].options.erase(name);
                better = accept(candidate) || better;
            }
            Incident sooner = shortest_;
            sooner.script[i].when.later = {};
            if (sooner.script[i].when.nth > 1) --sooner.script[i].when.nth;
            if (sooner.script[i] != shortest_.script[i]) better = accept(sooner) || better;
            auto& time = shortest_.script[i].when.time;
            const auto second = VirtualTime(std::chrono::seconds(1));
            if (time && time->count() % second.count() != 0) {
                Incident rounder = shortest_;
                rounder.script[i].when.time = *time / second * second;
                better = accept(rounder) || better;
            }
        }
        return better;
    }

    bool shrinkWorld() {
        bool better = false;
        const auto attempt = [&](auto change) {
            Incident candidate = shortest_;
            change(candidate.layout);
            if (isWhole(candidate)) better = accept(candidate) || better;
        };
        if (shortest_.layout.servers > 1) attempt([](Layout& layout) { --layout.servers; });
        if (shortest_.layout.spares > 0) attempt([](Layout& layout) { --layout.spares; });
        if (shortest_.layout.vm_hosts > 1) attempt([](Layout& layout) { --layout.vm_hosts; });
        if (shortest_.layout.evidence == domain::EvidencePolicy::Trap)
            attempt([](Layout& layout) { layout.evidence = domain::EvidencePolicy::Silence; });
        if (shortest_.layout.lent) attempt([](Layout& layout) { layout.lent = false; });
        if (shortest_.layout.uuids) attempt([](Layout& layout) { layout.uuids = false; });
        if (shortest_.layout.policy == domain::FencePolicy::Power)
            attempt([](Layout& layout) { layout.policy = domain::FencePolicy::Port; });
        return better;
    }

    /// Everything that the script names is there.
    static bool isWhole(const Incident& incident) {
        Simulation simulation(configOf(incident), Simulation::Log::Off);
        return simulation.play(incident.script).has_value();
    }

    Incident shortest_;
    const std::function<bool(const Incident&)>& fails_;
    unsigned tries_;
};

}  // namespace

Incident shrink(Incident incident, const std::function<bool(const Incident&)>& fails, unsigned tries) {
    return Shrinking(std::move(incident), fails, tries).run();
}

}  // namespace standin::simulation
