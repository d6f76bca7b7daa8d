#pragma once

#include <string>

#include "coordinator/engine/operation_requests.hpp"

namespace standin::engine {

/// Requests of operators about the spare table and its images.
class TableRequests {
  public:
    TableRequests(EngineState& state, const AdmissionFacts& facts, OperationRequests& operations)
        : state_(state), facts_(facts), operations_(operations) {}

    base::Result<void> setSpare(const base::ServerName& server, const base::SpareName& spare,
                                const base::ImageId& image, const std::string& asked_by);
    /// Sets the spare and starts the preparation, or does neither.
    base::Result<domain::OperationId> setSpareAndPrepare(const base::ServerName& server, const base::SpareName& spare,
                                                         const base::ImageId& image, const std::string& asked_by);
    base::Result<domain::OperationId> unsetSpare(const base::ServerName& server, const std::string& asked_by);
    /// What setSpare(), setSpareAndPrepare() (`prepare`) and unsetSpare() would answer now. Nothing is changed.
    [[nodiscard]] base::Result<void> maySet(const base::ServerName& server, const base::SpareName& spare,
                                            const base::ImageId& image, bool prepare) const;
    [[nodiscard]] base::Result<void> mayUnset(const base::ServerName& server) const;

    /// The rows and open operations that need the image, for people.
    [[nodiscard]] std::vector<std::string> usersOf(const base::ImageId& image) const;
    /// Reserves an image for removal: until endRemoval() nothing may start to use it. Conflict: it is in use.
    base::Result<protocol::CommandStamp> beginRemoval(const base::ImageId& image);
    void endRemoval(const base::ImageId& image, const std::string& asked_by, const std::string& outcome);
    /// A command to verify an image, with an entry in the audit.
    protocol::CommandStamp beginVerification(const base::ImageId& image, const std::string& asked_by);

  private:
    [[nodiscard]] domain::SpareFacts spareFacts(const base::SpareName& spare, const base::ImageId& image) const;

    EngineState& state_;
    const AdmissionFacts& facts_;
    OperationRequests& operations_;
    std::set<base::ImageId> images_being_removed_;
};

}  // namespace standin::engine
