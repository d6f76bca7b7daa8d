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
#include "coordinator/api/restraint_routes.hpp"
#include "coordinator/api/trap_routes.hpp"
#include "coordinator/api/trap_test_routes.hpp"
#include "coordinator/engine/engine.hpp"
#include "coordinator/engine/event_hub.hpp"

namespace standin::api {

struct CoordinatorApiServer::Impl {
    Impl(const http::ServerSettings& settings, http::TlsContext tls, std::shared_ptr<const http::Roles> roles,
         const ApiDependencies& dependencies, base::Log log)
        : hub(dependencies.hub),
          events(dependencies.hub, [&engine = dependencies.engine] { return engine.epoch(); }),
          meter(dependencies.hub, dependencies.engine, dependencies.metrics),
          server(settings, std::move(tls), router, {std::move(roles), nullptr, dependencies.audit}, std::move(log)) {
        addAdoptionRoutes(router, dependencies.engine);
        addInventoryRoutes(router, dependencies.engine, dependencies.degraded, dependencies.trap_tests);
        addImageRoutes(router, dependencies.engine);
        addOperationRoutes(router, dependencies.engine);
        addPlanRoutes(router, dependencies.engine, dependencies.rehearse);
        addRestraintRoutes(router, dependencies.engine);
        addTrapRoutes(router, dependencies.trap_log, dependencies.rules, dependencies.trap_servers,
                      dependencies.engine);
        addTrapTestRoutes(router, dependencies.trap_tests);
        events.add(router);
        dependencies.health.add(
            [&engine = dependencies.engine](protocol::Health& health) { checkEstate(health, engine); });
        dependencies.health.addRoutes(router);
        meterEstate(dependencies.metrics, dependencies.engine);
        meterRestraints(dependencies.metrics, dependencies.engine);
        router.add("GET", "/metrics",
                   [&metrics = dependencies.metrics](const http::Request&) -> base::Result<http::Response> {
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
                                           std::shared_ptr<const http::Roles> roles,
                                           const ApiDependencies& dependencies, base::Log log)
    : impl_(std::make_unique<Impl>(settings, std::move(tls), std::move(roles), dependencies, std::move(log))) {}

CoordinatorApiServer::~CoordinatorApiServer() {
    stop();
}

base::Result<void> CoordinatorApiServer::start() {
    if (auto started = impl_->server.start(); !started) return started;
    impl_->meter.start();
    return {};
}

void CoordinatorApiServer::stop() {
    impl_->hub.close();  // wakes all readers of the events
    impl_->meter.stop();
    impl_->server.stop();
}

const std::vector<http::Route>& CoordinatorApiServer::routes() const {
    return impl_->router.routes();
}

http::Server& CoordinatorApiServer::server() {
    return impl_->server;
}

std::uint16_t CoordinatorApiServer::port() const {
    return impl_->server.port();
}

}  // namespace standin::api
