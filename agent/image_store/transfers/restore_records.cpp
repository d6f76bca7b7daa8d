#include "agent/image_store/transfers/restore_records.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "agent/base/durable_file.hpp"
#include "agent/protocol/json_text.hpp"

namespace standin::image_store {

namespace fs = std::filesystem;

base::Result<void> RestoreRecords::open() {
    std::error_code problem;
    fs::create_directories(directory_, problem);
    if (!problem) return {};
    return base::failure(base::ErrorCode::Internal,
                         fmt::format("could not make '{}': {}", directory_, problem.message()));
}

base::Result<void> RestoreRecords::save(const protocol::Restore& restore) {
    return base::writeDurably(pathOf(restore.id), protocol::jsonText(protocol::toJson(restore)) + "\n");
}

void RestoreRecords::remove(const base::RestoreId& id) {
    std::error_code problem;
    fs::remove(pathOf(id), problem);
}

std::vector<protocol::Restore> RestoreRecords::load() const {
    std::vector<std::pair<fs::file_time_type, protocol::Restore>> found;
    std::error_code problem;
    for (const auto& entry : fs::directory_iterator(directory_, problem)) {
        if (entry.path().extension() != ".json") continue;
        auto text = base::readWhole(entry.path().string(), 64U << 10);
        auto json = text ? protocol::parseJson(*text) : base::Result<protocol::Json>(base::failure(text.error()));
        auto restore =
            json ? protocol::restoreFrom(*json) : base::Result<protocol::Restore>(base::failure(json.error()));
        if (restore) found.emplace_back(fs::last_write_time(entry.path(), problem), std::move(*restore));
    }
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<protocol::Restore> restores;
    for (auto& [time, restore] : found) restores.push_back(std::move(restore));
    return restores;
}

}  // namespace standin::image_store
