#pragma once

#include <string>
#include <vector>

#include "agent/protocol/image.hpp"

namespace standin::image_store {

/// Records of restores that outlive the agent, one small file each in `<images_dir>/.restores`. A restore recorded as
/// begun but not as ended was interrupted: its disk must not be used.
class RestoreRecords {
  public:
    explicit RestoreRecords(std::string directory) : directory_(std::move(directory)) {}

    base::Result<void> open();
    /// Durable when it returns.
    base::Result<void> save(const protocol::Restore& restore);
    void remove(const base::RestoreId& id);
    /// All records, oldest first; files that cannot be read are skipped.
    [[nodiscard]] std::vector<protocol::Restore> load() const;

  private:
    [[nodiscard]] std::string pathOf(const base::RestoreId& id) const { return directory_ + "/" + id.text() + ".json"; }
    std::string directory_;
};

}  // namespace standin::image_store
