#include "coordinator/api/coordinator_api_server.hpp"

#include "agent/http/health.hpp"
#include "agent/http/metrics.hpp"
#include "agent/http/router.hpp"
#include "coordinator/api/adoption_routes.hpp"
#include "coordinator/api/estate_health.hpp"
#include "coordinator/api/event_routes.hpp"
#include "coordinator/api/image_routes.hpp"
#include "coordinator/api/inventory_routes.hpp"
#include "coordinator/api/operation_routes.hpp"
#include "coordinator/api/phase_meter.hpp"
#include "coordinator/api/plan_routes.hpp"
#include "coordinator/api/trap_routes.hpp"
#include "coordinator/engine/engine.hpp"
#include "coordinator/engine/event_hub.hpp"

namespace standin::api {

struct CoordinatorApiServer::Inside {
    Inside(const http::ServerSettings& settings, http::TlsContext tls, std::shared_ptr<const http::Roles> roles,
           const Backstage& backstage, base::Log log)
        : hub(backstage.hub),
          events(backstage.hub, [&engine = backstage.engine] { return engine.epoch(); }),
          meter(backstage.hub, backstage.engine, backstage.metrics),
          server(settings, std::move(tls), router, {std::move(roles), nullptr, backstage.audit}, std::move(log)) {
        addAdoptionRoutes(router, backstage.engine);
        addInventoryRoutes(router, backstage.engine);
        addImageRoutes(router, backstage.engine);
        addOperationRoutes(router, backstage.engine);
        addPlanRoutes(router, backstage.engine);
        addTrapRoutes(router, backstage.trap_log, backstage.rules, backstage.trap_servers, backstage.engine);
        events.add(router);
        backstage.health.add([&engine = backstage.engine](protocol::Health& health) { checkEstate(health, engine); });
        backstage.health.addRoutes(router);
        meterEstate(backstage.metrics, backstage.engine);
        router.add("GET", "/metrics",
                   [&metrics = backstage.metrics](const http::Request&) -> base::Result<http::Response> {
                       http::Response response;
                       response.content_type = "text/plain; version=0.0.4; charset=utf-8";
                       response.body = metrics.render();
                       return response;
                   });
    }

    engine::EventHub& hub;
    http::Router router;
    EventRoutes events;
    PhaseMeter meter;
    http::Server server;
};

CoordinatorApiServer::CoordinatorApiServer(const http::ServerSettings& settings, http::TlsContext tls,
                                           std::shared_ptr<const http::Roles> roles, const Backstage& backstage,
                                           base::Log log)
    : inside_(std::make_unique<Inside>(settings, std::move(tls), std::move(roles), backstage, std::move(log))) {}

CoordinatorApiServer::~CoordinatorApiServer() {
    stop();
}

base::Result<void> CoordinatorApiServer::start() {
    if (auto started = inside_->server.start(); !started) return started;
    inside_->meter.start();
    return {};
}

void CoordinatorApiServer::stop() {
    inside_->hub.close();  // wakes all who follow the events
    inside_->meter.stop();
    inside_->server.stop();
}

const std::vector<http::Route>& CoordinatorApiServer::routes() const {
    return inside_->router.routes();
}

http::Server& CoordinatorApiServer::server() {
    return inside_->server;
}

std::uint16_t CoordinatorApiServer::port() const {
    return inside_->server.port();
}

}  // namespace standin::api
