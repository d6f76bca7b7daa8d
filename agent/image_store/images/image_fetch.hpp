#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>

#include "agent/base/identifier.hpp"
#include "agent/base/result.hpp"
#include "agent/protocol/common.hpp"

namespace standin::protocol {
class AgentClient;
}

namespace standin::image_store {

struct FetchRequest {
    base::ImageId image;
    std::string path;                            ///< becomes a sparse raw file as large as the image's disk
    std::chrono::milliseconds deadline{30'000};  ///< for each piece of an answer, not for the whole
};

/// Writes an image of the image store behind `store` to a local file. Only blocks that are not zero are requested; each
/// one is checked before it is written, and all of them by the whole checksum. Everything is durable when this returns
/// (S119, S303).
///
/// Until the file is complete, `<path>.fetch` (the manifest) exists beside it. If an interrupted fetch of the same
/// image left it, the file's content is checked and kept as far as it is right. A broken connection is opened again as
/// long as that makes progress.
///
/// `tell` is called regularly on this thread. Refused 'cancelled' soon after `stopping` became true. Corrupt: the
/// received data, or the store's, differ from what was captured. NotFound, Unreachable, TimedOut as from the client;
/// Internal: the local file system.
base::Result<void> fetchImage(protocol::AgentClient& store, const FetchRequest& request,
                              const std::function<void(const protocol::Progress&)>& tell,
                              const std::atomic<bool>& stopping);

}  // namespace standin::image_store
