#pragma once

#include <chrono>

#include "agent/base/log.hpp"
#include "agent/hypervisor/domains.hpp"
#include "agent/hypervisor/guest_clocks.hpp"
#include "agent/hypervisor/stand_in_shelf.hpp"
#include "agent/hypervisor/tap_observer.hpp"

namespace standin::hypervisor {

/// Brings stand-ins into states: observes, acts, observes. Asking for the state that is there does nothing.
class StandInStates {
  public:
    StandInStates(std::string agent, std::chrono::milliseconds stop_within, StandInDirectory& directory,
                  StandInShelf& shelf, Domains& domains, TapObserver& taps, GuestClocks& clocks,
                  const base::Clock& clock, http::Metrics& metrics, base::Log log);

    /// Precondition: the caller holds `stand_in->verbs`. `wanted` is Running, Suspended or Stopped. WrongState: it
    /// can't be reached from where it is. TimedOut, Internal: it was not confirmed by reading back.
    base::Result<void> bring(const ShelvedPtr& stand_in, protocol::StandInState wanted);

    /// Watches the stand-in's tap if it is there and isn't watched yet, as after a restart of the agent.
    void watchIfNeeded(const StandInRecord& record, DomainState state);

  private:
    base::Result<DomainState> observe(const StandInRecord& record);
    /// The state read back afterwards.
    base::Result<DomainStatus> act(const ShelvedPtr& stand_in, const StandInRecord& record, DomainState from,
                                   protocol::StandInState wanted);
    base::Result<DomainStatus> begin(const ShelvedPtr& stand_in, const StandInRecord& record);
    base::Result<DomainStatus> resume(const ShelvedPtr& stand_in, const StandInRecord& record);
    base::Result<DomainStatus> suspend(const ShelvedPtr& stand_in, const StandInRecord& record);
    base::Result<DomainStatus> end(const StandInRecord& record, DomainState from);
    base::Result<DomainState> observeAndAct(const ShelvedPtr& stand_in, const StandInRecord& record,
                                            protocol::StandInState wanted, DomainState& before);
    void watch(const StandInRecord& record, bool from_the_start);

    const std::string agent_;
    const std::chrono::milliseconds stop_within_;
    StandInDirectory& directory_;
    StandInShelf& shelf_;
    Domains& domains_;
    TapObserver& taps_;
    GuestClocks& clocks_;
    const base::Clock& clock_;
    http::Metrics& metrics_;
    base::Log log_;
};

/// The stand-in's state for a domain's.
protocol::StandInState standInStateOf(DomainState state);

}  // namespace standin::hypervisor
