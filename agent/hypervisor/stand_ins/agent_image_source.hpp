#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "agent/http/tls.hpp"
#include "agent/hypervisor/stand_ins/image_source.hpp"

namespace standin::protocol {
class AgentClient;
}

namespace standin::hypervisor {

/// Images from image stores' agents, over mutual TLS. Connections are kept per store. Thread-safe.
class AgentImageSource final : public ImageSource {
  public:
    explicit AgentImageSource(http::TlsContext tls);
    ~AgentImageSource() override;

    base::Result<protocol::Image> describe(const std::string& store_url, const base::ImageId& image) override;
    base::Result<void> fetch(const std::string& store_url, const base::ImageId& image, const std::string& path,
                             const std::function<void(const protocol::Progress&)>& tell,
                             const std::atomic<bool>& stopping) override;

  private:
    base::Result<std::shared_ptr<protocol::AgentClient>> store(const std::string& url);

    http::TlsContext tls_;
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<protocol::AgentClient>> stores_;
};

}  // namespace standin::hypervisor
