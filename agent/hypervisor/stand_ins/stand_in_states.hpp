#pragma once

#include "agent/hypervisor/stand_ins/guest_clocks.hpp"
#include "agent/hypervisor/stand_ins/host_context.hpp"
#include "agent/hypervisor/stand_ins/stand_in_registry.hpp"
#include "agent/hypervisor/traffic/tap_observer.hpp"

namespace standin::hypervisor {

/// Brings stand-ins into states: observes, acts, observes. A command for the present state does nothing.
class StandInStates {
  public:
    StandInStates(const HostContext& host, StandInDirectory& directory, StandInRegistry& registry, TapObserver& taps,
                  GuestClocks& clocks);

    /// Brings the stand-in into `wanted`: Running, Suspended or Stopped. Precondition: the caller holds
    /// `stand_in->command_mutex`. WrongState: the state cannot be reached from the present one; a guest that has
    /// stopped or ended by itself has to be Stopped first. TimedOut, Internal: the state was not confirmed by reading
    /// back.
    base::Result<void> bring(const StandInEntryPtr& stand_in, protocol::StandInState wanted);

    /// Resumes a guest that has stopped for lack of disk space, if there is space again and no command is running.
    base::Result<void> goOn(const StandInEntryPtr& stand_in);

    /// See problemOf().
    [[nodiscard]] std::string problem(const StandInRecord& record, const DomainStatus& status,
                                      std::optional<protocol::StandInState> commanded) const;

    /// Starts watching the stand-in's tap if it exists and is not watched yet, e.g. after a restart of the agent.
    void watchIfNeeded(const StandInRecord& record, DomainState state);

  private:
    base::Result<DomainStatus> observe(const StandInRecord& record);
    [[nodiscard]] bool spaceToGoOn() const;
    /// The state read back afterwards.
    base::Result<DomainStatus> act(const StandInEntryPtr& stand_in, const StandInRecord& record, DomainState from,
                                   protocol::StandInState wanted);
    base::Result<DomainStatus> begin(const StandInEntryPtr& stand_in, const StandInRecord& record);
    base::Result<DomainStatus> resume(const StandInEntryPtr& stand_in, const StandInRecord& record);
    base::Result<DomainStatus> suspend(const StandInEntryPtr& stand_in, const StandInRecord& record);
    base::Result<DomainStatus> end(const StandInRecord& record, DomainState from);
    base::Result<DomainState> observeAndAct(const StandInEntryPtr& stand_in, const StandInRecord& record,
                                            protocol::StandInState wanted,
                                            std::optional<protocol::StandInState> commanded, DomainState& before);
    void watch(const StandInRecord& record, bool from_the_start);

    const HostContext& host_;
    StandInDirectory& directory_;
    StandInRegistry& registry_;
    TapObserver& taps_;
    GuestClocks& clocks_;
};

/// The stand-in's state that corresponds to a domain's.
protocol::StandInState standInStateOf(DomainState state);

}  // namespace standin::hypervisor
