#pragma once

#include <memory>

#include "agent/base/log.hpp"
#include "agent/base/result.hpp"
#include "agent/base/service_manager.hpp"
#include "agent/protocol/common.hpp"
#include "coordinator/config/configuration.hpp"

namespace standin {

/// The whole coordinator, composed from its configuration.
class Coordinator {
  public:
    /// `service_manager` is told that the engine's thread goes round.
    Coordinator(config::Configuration configuration, base::Log log,
                base::ServiceManager service_manager = base::ServiceManager());
    ~Coordinator();
    Coordinator(const Coordinator&) = delete;
    Coordinator& operator=(const Coordinator&) = delete;

    /// Goes on with what the journal says was begun, then takes traps and requests. An error says what is missing; what
    /// was started is stopped by stop().
    base::Result<void> start();
    /// No more traps and requests are taken; steps that run are observed again at the next start. Idempotent.
    void stop();

    /// Reads certificate, key, CAs and revocation list again; running work goes on. Precondition: started.
    void reload();
    /// To be called every second: follows the revocation list's file, keeps what traps have told. Precondition:
    /// started.
    void look();

  private:
    struct Parts;
    base::Result<void> prepare();
    base::Result<void> startEngine();
    base::Result<void> startTraps();
    base::Result<void> startApi();
    void checkReserve(protocol::Health& health) const;

    const config::Configuration configuration_;
    const base::Log log_;
    const base::ServiceManager service_manager_;
    std::unique_ptr<Parts> parts_;
};

}  // namespace standin
