#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "agent/base/worker.hpp"
#include "agent/hypervisor/libvirt/acceleration.hpp"
#include "agent/hypervisor/libvirt/domain_xml.hpp"
#include "agent/hypervisor/stand_ins/host_context.hpp"
#include "agent/hypervisor/stand_ins/image_source.hpp"
#include "agent/hypervisor/stand_ins/stand_in_registry.hpp"

namespace standin::hypervisor {

/// Makes stand-ins in the background (S107, S117–S121): fetches the image, writes and keeps the definition, defines the
/// domain. The result is in the record: `made`, or `failed` with the problem.
class StandInMaker {
  public:
    StandInMaker(const HostContext& host, const HostAcceleration& acceleration, StandInDirectory& directory,
                 StandInRegistry& registry, ImageSource& images);
    ~StandInMaker() { stop(); }

    void start();
    /// Interrupts all making; these stand-ins are `failed` afterwards.
    void stop();
    /// Refused: too many are waiting already.
    base::Result<void> enqueue(StandInEntryPtr stand_in);
    /// Interrupts the making of a stand-in and waits until its maker has released it. TimedOut: it has not.
    base::Result<void> cancel(const StandInEntryPtr& asked);
    /// Writes, keeps and defines the definition of a stand-in that is off; it is in force from its next start.
    base::Result<void> define(StandInEntry& stand_in, const Acceleration& acceleration);

  private:
    void run(const std::stop_token& stop);
    void finish(StandInEntry& stand_in, const base::Result<void>& outcome);
    void lookForMac(StandInEntry& stand_in, const StandInRecord& record);
    void letGo(StandInEntry& stand_in, const std::string& problem);
    base::Result<void> make(StandInEntry& stand_in);

    const HostContext& host_;
    const HostAcceleration& acceleration_;
    StandInDirectory& directory_;
    StandInRegistry& registry_;
    ImageSource& images_;
    std::mutex mutex_;
    std::condition_variable_any work_;
    std::deque<StandInEntryPtr> queue_;
    std::vector<StandInEntryPtr> at_work_;
    base::Worker workers_;
};

}  // namespace standin::hypervisor
