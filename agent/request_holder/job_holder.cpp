#include "agent/request_holder/job_holder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "agent/base/durable_file.hpp"
#include "agent/request_holder/data_path/job_engine.hpp"

namespace standin::request_holder {

using base::ErrorCode;
using base::failure;

JobHolder::JobHolder(JobSettings settings, const std::string& agent_name, std::string state_file, base::Log log)
    : settings_(std::move(settings)),
      state_file_(std::move(state_file)),
      log_(std::move(log)),
      front_(fmt::format("standin-{}-{}-front", agent_name, settings_.name.text()), settings_.front),
      back_(fmt::format("standin-{}-{}-back", agent_name, settings_.name.text()), settings_.back) {}

JobHolder::~JobHolder() {
    stop();
}

Result<void> JobHolder::start() {
    auto up = ready();
    if (!up) return failure(up.error());
    return {};
}

void JobHolder::stop() {
    std::shared_ptr<JobEngine> engine;
    {
        const std::lock_guard lock(mutex_);
        if (std::exchange(stopped_, true)) return;
        engine = std::exchange(engine_, nullptr);
    }
    if (engine != nullptr) engine->stop();
    engine.reset();
    for (auto* leg : {&front_, &back_}) {
        if (auto down = leg->takeDown(); !down)
            log_.warning("job '{}': {}", settings_.name.text(), down.error().message);
    }
}

Result<std::shared_ptr<JobEngine>> JobHolder::ready() {
    const std::lock_guard lock(mutex_);
    if (stopped_)
        return failure(ErrorCode::WrongState,
                       fmt::format("job '{}': the request holder has stopped", settings_.name.text()));
    for (auto* leg : {&front_, &back_}) {
        if (leg->hasSpace() && leg->verify()) continue;
        if (auto up = leg->bringUp(); !up)
            return failure(up.error().within(fmt::format("job '{}' is not ready", settings_.name.text())));
    }
    if (engine_ == nullptr) {
        auto engine = std::make_shared<JobEngine>(settings_, front_.space(), log_);
        if (auto started = engine->start(back_.space()); !started) return failure(started.error());
        resumeState(*engine);
        engine_ = std::move(engine);
    }
    return engine_;
}

std::shared_ptr<JobEngine> JobHolder::running() {
    const std::lock_guard lock(mutex_);
    return engine_;
}

Result<protocol::Hold> JobHolder::change(protocol::HoldState state) {
    const std::lock_guard lock(command_mutex_);
    // Nothing is needed to be idle, and a job whose interface has gone must still be able to become it.
    auto engine = running();
    if (state == protocol::HoldState::Idle && engine != nullptr) return remember(engine->change(state));
    auto up = ready();
    if (!up) return failure(up.error());
    return remember((*up)->change(state));
}

// The holder may own the segment while its agent is restarted: what was held is lost visibly with the old process, but
// clients that come from now on must not be refused until the coordinator looks again.
void JobHolder::resumeState(JobEngine& engine) const {
    if (state_file_.empty()) return;
    auto text = base::readWhole(state_file_, 64);
    if (!text && text.error().code != base::ErrorCode::NotFound)
        log_.error("job '{}': whether it held before is not known: {}", settings_.name.text(), text.error().message);
    if (!text) return;
    auto state = protocol::holdStateFrom(*text);
    if (!state || *state == protocol::HoldState::Idle) return;
    auto resumed = engine.change(*state);
    if (resumed) {
        log_.warning("job '{}': '{}' again after a restart", settings_.name.text(), *text);
    } else {
        log_.error("job '{}': could not become '{}' again after a restart: {}", settings_.name.text(), *text,
                   resumed.error().message);
    }
}

Result<protocol::Hold> JobHolder::remember(Result<protocol::Hold> changed) const {
    if (!changed || state_file_.empty()) return changed;
    const std::string state = protocol::nameOf(changed->state);
    if (auto before = base::readWhole(state_file_, 64); before && *before == state) return changed;
    auto written = base::writeKeepingRoom(state_file_, state);
    if (!written)
        return failure(written.error().within(
            fmt::format("job '{}' is '{}', but this could not be remembered", settings_.name.text(), state)));
    return changed;
}

Result<HolderStatus> JobHolder::status() {
    if (auto engine = running()) return engine->status();
    HolderStatus nothing;
    nothing.hold.job = settings_.name;
    return nothing;
}

Result<std::future<protocol::ProbeAnswer>> JobHolder::probe(const protocol::ProbeRequest& request) {
    if (request.leg == protocol::Leg::Front) {
        return failure(ErrorCode::Unsupported, "the front leg has the job's address itself: probe over the back leg");
    }
    const auto& path = request.probe.path;
    const bool printable = std::all_of(path.begin(), path.end(), [](unsigned char c) { return c > ' ' && c < 0x7f; });
    if (request.probe.kind == protocol::Probe::Kind::Http &&
        (path.empty() || path.front() != '/' || !printable || path.size() > 1024)) {
        return failure(ErrorCode::InvalidInput,
                       "the probe's path must begin with '/' and have no blanks, at most 1024 characters");
    }
    auto up = ready();
    if (!up) return failure(up.error());
    return (*up)->probe(request);
}

std::vector<protocol::HealthCheck> JobHolder::checks() {
    const auto& job = settings_.name.text();
    std::vector<protocol::HealthCheck> found;
    for (const auto* leg : {&front_, &back_}) {
        const std::lock_guard lock(mutex_);
        auto well = leg->verify();
        const auto* side = leg == &front_ ? "front" : "back";
        found.push_back({fmt::format("request holder {}: {} leg", job, side), well.has_value(),
                         well ? fmt::format("'{}' has {}", leg->settings().interface, leg->settings().address.text())
                              : well.error().message,
                         well ? ""
                              : "see that the interface exists on this host; the next command brings the leg up again, "
                                "a restart of the agent as well"});
    }
    auto now = status();
    if (!now) {
        found.push_back({fmt::format("request holder {}", job), false, now.error().message, "restart the agent"});
        return found;
    }
    const auto& hold = now->hold;
    const bool listening = hold.state == protocol::HoldState::Idle || hold.listening;
    const bool room = hold.held < settings_.limits.connections && hold.held_bytes < settings_.limits.bytes;
    found.push_back({fmt::format("request holder {}: state", job), listening && room,
                     fmt::format("{}, {}, {} held ({} bytes), {} proxied{}{}", nameOf(hold.state),
                                 hold.listening ? "listening" : "not listening", hold.held, hold.held_bytes,
                                 hold.proxied, now->problem.empty() ? "" : ", ", now->problem),
                     !room       ? "release the job's requests or raise its limits"
                     : listening ? ""
                                 : "command the state again"});
    return found;
}

}  // namespace standin::request_holder
