#pragma once

#include <string>

#include "coordinator/engine/operation_requests.hpp"

namespace standin::engine {

/// What operators ask for about the spare table and the images that it names.
class TableRequests {
  public:
    TableRequests(EngineState& state, const AdmissionFacts& facts, OperationRequests& operations)
        : state_(state), facts_(facts), operations_(operations) {}

    base::Result<void> setSpare(const base::ServerName& server, const base::SpareName& spare,
                                const base::ImageId& image, const std::string& asked_by);
    /// Both or nothing.
    base::Result<domain::OperationId> setSpareAndPrepare(const base::ServerName& server, const base::SpareName& spare,
                                                         const base::ImageId& image, const std::string& asked_by);
    base::Result<domain::OperationId> unsetSpare(const base::ServerName& server, const std::string& asked_by);

    /// Rows and open operations that need the image, for people.
    [[nodiscard]] std::vector<std::string> usersOf(const base::ImageId& image) const;
    /// Until endRemoval() nothing may begin to use it. Conflict: it is used.
    base::Result<protocol::CommandStamp> beginRemoval(const base::ImageId& image);
    void endRemoval(const base::ImageId& image, const std::string& asked_by, const std::string& outcome);
    /// A command to verify an image, on record.
    protocol::CommandStamp beginVerification(const base::ImageId& image, const std::string& asked_by);

  private:
    EngineState& state_;
    const AdmissionFacts& facts_;
    OperationRequests& operations_;
    std::set<base::ImageId> images_being_removed_;
};

}  // namespace standin::engine
