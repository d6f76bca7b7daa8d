#include "agent/request_holder/network/leg.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "agent/base/process.hpp"
#include "agent/request_holder/network/link.hpp"

namespace standin::request_holder {

using base::ErrorCode;
using base::failure;

namespace {

bool asWanted(const Link& link, const LegSettings& settings) {
    return link.present && link.up && link.addresses == std::vector<std::string>{settings.address.text()};
}

Result<Link> observeIn(const NetworkNamespace& space, const std::string& interface) {
    Link link;
    auto looked = space.run([&] { link = Link::observe(interface); });
    if (!looked) return failure(looked.error());
    return link;
}

}  // namespace

Result<void> Leg::bringUp() {
    if (!space_ || !space_->stands()) {
        if (space_) {
            return failure(ErrorCode::Conflict,
                           fmt::format("network namespace '{}' was removed by somebody while in use: restart the agent",
                                       namespace_name_));
        }
        auto opened = NetworkNamespace::open(namespace_name_);
        if (!opened) return failure(opened.error());
        space_.emplace(std::move(*opened));
    }
    if (auto moved = moveInterface(); !moved) return moved;
    return configure();
}

Result<void> Leg::moveInterface() const {
    const auto& interface = settings_.interface;
    auto there = observeIn(*space_, interface);
    if (!there) return failure(there.error());
    if (there->present) return {};
    if (!Link::observe(interface).present) {
        return failure(ErrorCode::NotFound,
                       fmt::format("interface '{}' is neither here nor in network namespace '{}': give it to this host "
                                   "or correct request_holder in the configuration",
                                   interface, namespace_name_));
    }
    auto moved = base::runToSuccess(
        {{"ip", "link", "set", "dev", interface, "netns", namespace_name_}, {}, std::chrono::seconds(10)});
    if (moved) return {};
    return failure(
        moved.error().within(fmt::format("could not move interface '{}' into '{}'", interface, namespace_name_)));
}

Result<void> Leg::configure() const {
    const auto& interface = settings_.interface;
    auto link = observeIn(*space_, interface);
    if (!link) return failure(link.error());
    auto tuned = space_->run([&] {
        tuneNamespace(interface);
        fillInChecksums(interface);
    });
    if (!tuned) return tuned;
    std::string commands = "link set dev lo up\n";
    if (!asWanted(*link, settings_)) {
        commands += fmt::format("addr flush dev {0}\naddr add {1} dev {0}\nlink set dev {0} up\n", interface,
                                settings_.address.text());
    }
    if (settings_.gateway)
        commands += fmt::format("route replace default via {} dev {}\n", *settings_.gateway, interface);
    if (auto set = ip(commands); !set) return set;
    return verify();
}

Result<void> Leg::ip(const std::string& commands) const {
    auto done = base::runToSuccess({{"ip", "-n", namespace_name_, "-batch", "-"}, commands, std::chrono::seconds(10)});
    if (done) return {};
    return failure(done.error().within(
        fmt::format("could not configure interface '{}' in '{}'", settings_.interface, namespace_name_)));
}

Result<void> Leg::verify() const {
    if (!space_)
        return failure(ErrorCode::WrongState, fmt::format("network namespace '{}' has not been made", namespace_name_));
    auto link = observeIn(*space_, settings_.interface);
    if (!link) return failure(link.error());
    if (asWanted(*link, settings_)) return {};
    const auto* what = !link->present ? "is not there" : !link->up ? "is down" : "does not have exactly its address";
    return failure(ErrorCode::WrongState, fmt::format("interface '{}' in network namespace '{}' {}",
                                                      settings_.interface, namespace_name_, what));
}

Result<void> Leg::takeDown() {
    if (!space_) return {};
    auto link = observeIn(*space_, settings_.interface);
    if (link && link->present) {
        // A virtual interface would be deleted together with its namespace.
        auto back = ip(fmt::format("link set dev {} down\nlink set dev {} netns {}\n", settings_.interface,
                                   settings_.interface, ::getpid()));
        if (!back) return back;
    }
    auto removed = space_->remove();
    if (removed) space_.reset();
    return removed;
}

}  // namespace standin::request_holder
