#pragma once

#include <string>
#include <string_view>

#include "agent/base/result.hpp"

namespace standin::base {

/// Replaces the content of `path`. After a crash at any moment the file has either the old or the new content,
/// completely: the new one is written beside it, synced and renamed, and the directory is synced. `mode` is the new
/// file's permission.
Result<void> writeDurably(const std::string& path, std::string_view content, unsigned mode = 0640);

/// The file's text; NotFound if there is none; Corrupt if it is no regular file, or larger than `limit`. It never
/// waits.
Result<std::string> readWhole(const std::string& path, std::size_t limit = 16U << 20);

/// As readWhole(), for what a person names: it may also be a pipe or `/dev/stdin`. TimedOut: no byte for half a minute.
Result<std::string> readGiven(const std::string& path, std::size_t limit = 16U << 20);

/// Makes the entries of a directory durable (after create, rename, remove).
Result<void> syncDirectory(const std::string& path);

/// As writeDurably(), for a few bytes that must also be written when the disk is full: the space for the next write is
/// reserved in a file beside it (`<path>.spare`), and the two are exchanged.
Result<void> writeKeepingRoom(const std::string& path, std::string_view content, unsigned mode = 0640);

}  // namespace standin::base
