#pragma once

#include <string>
#include <vector>

#include "agent/protocol/image.hpp"

namespace standin::image_store {

/// Records of restores that outlive the agent, one small file each in `<images_dir>/.restores`. A restore recorded as
/// begun but not as ended was interrupted: its disk must not be used. A store that is read-only has its records in
/// `otherwise`, a directory of the agent's state (empty: there is none).
class RestoreRecords {
  public:
    explicit RestoreRecords(std::string directory, std::string otherwise = {})
        : directory_(std::move(directory)), otherwise_(std::move(otherwise)) {}

    base::Result<void> open();
    /// Durable when it returns.
    base::Result<void> save(const protocol::Restore& restore);
    void remove(const base::RestoreId& id);
    /// All records, oldest first; files that cannot be read are skipped.
    [[nodiscard]] std::vector<protocol::Restore> load() const;

  private:
    [[nodiscard]] static std::string pathOf(const std::string& directory, const base::RestoreId& id) {
        return directory + "/" + id.text() + ".json";
    }
    std::string directory_;
    std::string otherwise_;
};

}  // namespace standin::image_store
