#pragma once

#include "agent/http/capability.hpp"
#include "agent/image_store/image_store.hpp"

namespace standin::http {
class Metrics;
}

namespace standin::image_store {

/// The capability `image_store`: the routes of agent/README.md over an ImageStore.
class ImageStoreCapability final : public http::Capability {
  public:
    ImageStoreCapability(ImageStoreSettings settings, const base::Clock& clock, http::Metrics& metrics,
                         const base::Log& log);

    [[nodiscard]] std::string name() const override { return "image_store"; }
    base::Result<void> start() override { return store_.start(); }
    void stop() override { store_.stop(); }
    void addRoutes(http::Router& router) override;
    void checkHealth(protocol::Health& health) override { store_.checkHealth(health); }

  private:
    void addImageRoutes(http::Router& router);
    void addContentRoutes(http::Router& router);
    void addRestoreRoutes(http::Router& router);

    ImageStore store_;
};

}  // namespace standin::image_store
