#include "agent/hypervisor/stand_ins/agent_image_source.hpp"

#include <fmt/format.h>

#include <chrono>

#include "agent/image_store/images/image_fetch.hpp"
#include "agent/protocol/agent_client.hpp"

namespace standin::hypervisor {

namespace {

constexpr std::chrono::seconds answer_within{5};  // a command that makes a stand-in waits for it
constexpr std::chrono::seconds piece_within{10};  // also how long a cancelled fetch may still take
constexpr std::size_t most_stores = 64;           // kept connections; a host has one or two image stores

}  // namespace

AgentImageSource::AgentImageSource(http::TlsContext tls) : tls_(std::move(tls)) {}
AgentImageSource::~AgentImageSource() = default;

base::Result<std::shared_ptr<protocol::AgentClient>> AgentImageSource::store(const std::string& url) {
    std::lock_guard lock(mutex_);
    auto found = stores_.find(url);
    if (found != stores_.end()) return found->second;
    auto opened = protocol::AgentClient::open("image store", url, tls_);
    if (!opened) return base::failure(opened.error());
    if (stores_.size() >= most_stores) stores_.clear();
    return stores_[url] = std::shared_ptr<protocol::AgentClient>(std::move(*opened));
}

base::Result<protocol::Image> AgentImageSource::describe(const std::string& store_url, const base::ImageId& image) {
    auto client = store(store_url);
    if (!client) return base::failure(client.error());
    auto json = (*client)->get("/v1/images/" + image.text(), answer_within);
    if (!json) return base::failure(json.error());
    auto described = protocol::imageFrom(*json);
    if (described && described->state != protocol::ImageState::Ready) {
        return base::failure(base::ErrorCode::Refused,
                             fmt::format("image '{}' is not ready but {}", image.text(), nameOf(described->state)));
    }
    return described;
}

base::Result<void> AgentImageSource::fetch(const std::string& store_url, const base::ImageId& image,
                                           const std::string& path,
                                           const std::function<void(const protocol::Progress&)>& tell,
                                           const std::atomic<bool>& stopping) {
    auto client = store(store_url);
    if (!client) return base::failure(client.error());
    return image_store::fetchImage(**client, {image, path, piece_within}, tell, stopping);
}

}  // namespace standin::hypervisor
