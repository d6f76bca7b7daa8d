#pragma once

#include <string>
#include <string_view>

#include "agent/base/result.hpp"

namespace standin::base {

/// Replaces `path` by `content` so that after a crash at any moment either the old or the new text stands there whole:
/// written beside it, synced, renamed, directory synced. `mode` is the new file's permission.
Result<void> writeDurably(const std::string& path, std::string_view content, unsigned mode = 0640);

/// The file's text; NotFound if there is none; Corrupt if it is larger than `limit`.
Result<std::string> readWhole(const std::string& path, std::size_t limit = 16U << 20);

/// Makes the entries of a directory durable (after create, rename, remove).
Result<void> syncDirectory(const std::string& path);

/// As writeDurably(), for a few bytes that must also be written when the disk is full: the room for the next time is
/// kept in a file beside it (`<path>.spare`), and the two change places.
Result<void> writeKeepingRoom(const std::string& path, std::string_view content, unsigned mode = 0640);

}  // namespace standin::base
