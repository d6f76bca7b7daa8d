#pragma once

#include <string>
#include <vector>

#include "agent/protocol/image.hpp"

namespace standin::image_store {

/// What outlives the agent of its restores, one small file each in `<images_dir>/.restores`. A restore that is recorded
/// as begun and not as ended was interrupted: its disk is not to be trusted.
class RestoreRecords {
  public:
    explicit RestoreRecords(std::string directory) : directory_(std::move(directory)) {}

    base::Result<void> open();
    /// Durable when it returns.
    base::Result<void> save(const protocol::Restore& restore);
    void remove(const base::RestoreId& id);
    /// All records, oldest first; files that can't be read are left out.
    [[nodiscard]] std::vector<protocol::Restore> load() const;

  private:
    [[nodiscard]] std::string pathOf(const base::RestoreId& id) const { return directory_ + "/" + id.text() + ".json"; }
    std::string directory_;
};

}  // namespace standin::image_store
