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

/// Writes an image of the image store behind `store` into a local file: only blocks that are not zero are asked for,
/// each is checked before it is written, their checksums are proved by the whole one, and all is durable when this
/// returns (S119, S303).
///
/// Beside the file stands `<path>.fetch` (the manifest) until it is complete. If it is there from an interrupted fetch
/// of the same image, what is in the file already is checked and kept; anything else in the file is dropped. A
/// connection that breaks is made again as long as that brings something.
///
/// `tell` is called now and then from this thread. Refused 'cancelled' soon after `stopping` became true. Corrupt: what
/// came, or what the store has, is not what was captured. NotFound, Unreachable, TimedOut as the client says; Internal:
/// the local file system.
base::Result<void> fetchImage(protocol::AgentClient& store, const FetchRequest& request,
                              const std::function<void(const protocol::Progress&)>& tell,
                              const std::atomic<bool>& stopping);

}  // namespace standin::image_store
