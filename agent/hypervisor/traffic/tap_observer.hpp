#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "agent/base/clock.hpp"
#include "agent/base/file_descriptor.hpp"
#include "agent/base/log.hpp"
#include "agent/base/worker.hpp"
#include "agent/hypervisor/traffic/connection_tracker.hpp"
#include "agent/hypervisor/traffic/packet_ring.hpp"

// How it works, and why so.
//
// A stand-in may be suspended when it has answered every request that it took (S224). Which requests those are is read
// from the frames on its tap: that needs no support by the guest or the job, works for any protocol over TCP, and
// delays no frame, because the observer only reads copies.
//
// For each stand-in the kernel filters the segments of the job's address and puts their first bytes into a PacketRing.
// One thread waits for all rings; a caller that asks for the numbers drains the ring first, so that the answer includes
// everything that passed before the question. The ConnectionTracker turns segments into connections with and without
// an answer.
//
// A number is only useful if nothing was missed. The kernel counts the segments for which a ring had no room, and a
// tracker that begins in the middle cannot know older connections; both make the numbers incomplete for some minutes,
// and the coordinator does not suspend on incomplete numbers. restart(), just before the resumption, is the moment at
// which no connection can have sent anything yet, so numbers are complete from there on.

namespace standin::hypervisor {

/// Watches the taps of stand-ins and follows the requests that pass them. Safe to call from any thread.
class TapObserver {
  public:
    TapObserver(const base::Clock& clock, base::Log log);
    ~TapObserver();

    base::Result<void> start();
    void stop();

    /// Starts to watch `tap`, with an empty state if it was already watched. `from_the_start`: no connection can exist
    /// on it yet.
    base::Result<void> watch(const base::StandInName& name, const std::string& tap, const JobEndpoint& job,
                             bool from_the_start);
    void unwatch(const base::StandInName& name);
    /// Forgets earlier connections and starts to count; call it just before the stand-in is resumed. False: its tap is
    /// no longer watched.
    bool restart(const base::StandInName& name);
    /// The requests up to now. NotFound: its tap is not watched.
    base::Result<protocol::StandInRequests> requests(const base::StandInName& name);
    [[nodiscard]] std::uint64_t segmentsLost() const;

  private:
    struct Watched {
        PacketRing ring;
        JobEndpoint job;
        ConnectionTracker tracker;
    };
    void run();
    void drain(Watched& watched);

    const base::Clock& clock_;
    base::Log log_;
    mutable std::mutex mutex_;
    std::map<base::StandInName, Watched> watched_;
    std::uint64_t segments_lost_ = 0;
    base::FileDescriptor poll_;
    base::FileDescriptor wake_;
    base::Worker worker_;
};

}  // namespace standin::hypervisor
