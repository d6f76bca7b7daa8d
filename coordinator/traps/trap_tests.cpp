#include "coordinator/traps/trap_tests.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <nlohmann/json.hpp>
#include <random>

#include "agent/base/boundary.hpp"
#include "agent/base/durable_file.hpp"
#include "agent/base/text.hpp"
#include "agent/protocol/json_text.hpp"
#include "coordinator/traps/pet.hpp"

namespace standin::traps {

namespace {

constexpr std::array<std::string_view, 4> state_names{"untested", "testing", "heard", "deaf"};
constexpr const char* see_log =
    "see whether the BMC's alerts are enabled and lead to this coordinator (standinctl trap list --server ...), and "
    "whether its user, engine id or community is configured";

base::WallTime momentOf(std::int64_t since_1970) {
    return base::WallTime(std::chrono::duration_cast<base::WallTime::duration>(std::chrono::microseconds(since_1970)));
}

TestEvent newEvent() {
    thread_local std::mt19937 random(std::random_device{}());
    return {static_cast<std::uint8_t>(random()), static_cast<std::uint8_t>(random())};
}

}  // namespace

bool TestEvent::isOf(const Trap& trap) const {
    const auto event = platformEventOf(trap, EventCoding::Pet);
    if (!event || event->sensor_type != sensor_type || event->event_type != event_type || event->offset != offset ||
        event->deasserted)
        return false;
    static const Oid octets({1, 3, 6, 1, 4, 1, 3183, 1, 1, 1});
    const auto* varbind = trap.find(octets);
    constexpr std::size_t number_at = 28, data2_at = 32, data3_at = 33;
    if (varbind == nullptr || varbind->bytes.size() <= data3_at) return true;  // this BMC says no more
    const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(varbind->bytes[at]); };
    return byte(number_at) == sensor_number && byte(data2_at) == data2 && byte(data3_at) == data3;
}

std::string_view nameOf(TrapPathState::State state) {
    return state_names.at(static_cast<std::size_t>(state));
}

nlohmann::json toJson(const TrapPathState& state) {
    const auto textOrNull = [](const std::string& text) {
        return text.empty() ? nlohmann::json() : nlohmann::json(text);
    };
    const bool tested = state.tested_at != base::WallTime{};
    return {{"state", nameOf(state.state)},
            {"tested_at", tested ? nlohmann::json(base::rfc3339(state.tested_at)) : nlohmann::json()},
            {"problem", textOrNull(state.problem)},
            {"cure", textOrNull(state.cure)},
            {"trap", state.trap_id == 0 ? nlohmann::json() : nlohmann::json(state.trap_id)},
            {"took_ms", state.trap_id == 0 ? nlohmann::json() : nlohmann::json(state.took_ms)},
            {"failures", state.failures}};
}

TrapTests::TrapTests(Settings settings, TestTrapSender sender, const base::Clock& clock, Tell tell)
    : settings_(std::move(settings)), sender_(std::move(sender)), clock_(clock), tell_(std::move(tell)) {
    for (const auto& server : settings_.servers) paths_[server] = {};
}

TrapTests::~TrapTests() {
    stop();
}

void TrapTests::start() {
    {
        const std::lock_guard lock(mutex_);
        schedule();
    }
    workers_.start(
        "trap tests", [this](const auto& stop) { run(stop); }, std::min(at_once, paths_.size()));
}

void TrapTests::stop() {
    workers_.stop();
}

/// Each server has its own time within the interval, so that not all BMCs are asked at once.
base::WallTime TrapTests::nextAfter(const base::ServerName& server, base::WallTime now) const {
    const auto every = std::chrono::duration_cast<base::WallTime::duration>(settings_.every);
    const auto turn = base::WallTime::duration(static_cast<base::WallTime::rep>(
        std::hash<std::string>{}(server.text()) % static_cast<std::uint64_t>(every.count())));
    const auto begin = now.time_since_epoch() - now.time_since_epoch() % every;
    const auto next = base::WallTime(begin + turn);
    return next > now ? next : next + every;
}

/// Precondition: mutex_ is held.
void TrapTests::schedule() {
    if (settings_.every == std::chrono::milliseconds(0)) return;
    const auto now = clock_.wall();
    for (auto& [server, path] : paths_) path.next = nextAfter(server, now);
}

/// Precondition: mutex_ is held.
std::optional<base::ServerName> TrapTests::takeDue() {
    const auto now = clock_.wall();
    for (auto& [server, path] : paths_) {
        const bool due = path.next != base::WallTime{} && now >= path.next;
        if (path.running || (!path.wanted && !due)) continue;
        if (settings_.every != std::chrono::milliseconds(0)) path.next = nextAfter(server, now);
        path.wanted = path.heard = false;
        path.running = true;
        path.seen.clear();
        path.event = newEvent();
        path.asked_at = clock_.steady();
        ++running_;
        return server;
    }
    return std::nullopt;
}

void TrapTests::run(const std::stop_token& stop) {
    constexpr std::chrono::seconds look_every{1};  // for those that are due by the clock
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
        if (const auto server = takeDue()) {
            lock.unlock();
            const auto done = base::contained([&] { test(*server, stop); });
            if (!done) finish(*server, done.error().message);
            lock.lock();
            continue;
        }
        changed_.wait_for(lock, stop, look_every, [] { return false; });
    }
}

void TrapTests::test(const base::ServerName& server, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    auto& path = paths_.at(server);
    const auto event = path.event;
    const auto until = path.asked_at + settings_.within;
    lock.unlock();
    const auto asked = sender_(server, event);
    lock.lock();
    if (!asked && !path.heard) {
        lock.unlock();
        return finish(server, "its BMC could not be made to send a test trap: " + asked.error().message);
    }
    while (!path.heard && !stop.stop_requested() && clock_.steady() < until)
        changed_.wait_for(lock, stop, std::chrono::milliseconds(200), [&] { return path.heard; });
    const bool heard = path.heard;
    const auto seen = path.seen;
    lock.unlock();
    if (stop.stop_requested() && !heard) return finish(server, "stopped");
    finish(server, heard
                       ? std::string()
                       : fmt::format("no test trap of it arrived within {} s ({}){}", settings_.within.count() / 1000,
                                     asked ? *asked : asked.error().message, seen.empty() ? "" : "; instead: " + seen));
}

void TrapTests::finish(const base::ServerName& server, const std::string& problem) {
    std::unique_lock lock(mutex_);
    auto& path = paths_.at(server);
    path.running = false;
    --running_;
    changed_.notify_all();
    if (problem == "stopped") return;
    auto& shown = path.shown;
    const bool was_deaf = shown.state == TrapPathState::State::Deaf;
    shown.tested_at = clock_.wall();
    shown.problem = base::oneLine(problem, 500);
    shown.cure = problem.empty() ? "" : see_log;
    shown.failures = problem.empty() ? 0 : shown.failures + 1;
    shown.state = problem.empty() ? TrapPathState::State::Heard : TrapPathState::State::Deaf;
    shown.trap_id = problem.empty() ? path.heard_trap : 0;
    shown.took_ms = problem.empty() ? path.heard_after_ms : 0;
    unsaved_ = true;
    const auto words = shown.problem;
    lock.unlock();
    if (problem.empty() && was_deaf) tell_(server, "its test trap arrived: its trap path is well again");
    if (!problem.empty() && !was_deaf) {
        tell_(server, fmt::format("is deaf: {}; a failure that its BMC reports may start nothing; {}", words, see_log));
    }
}

base::Result<void> TrapTests::request(const base::ServerName& server) {
    const std::lock_guard lock(mutex_);
    const auto path = paths_.find(server);
    if (path == paths_.end())
        return base::failure(base::ErrorCode::NotFound, fmt::format("there is no server '{}'", server.text()));
    if (!path->second.running) path->second.wanted = true;
    changed_.notify_all();
    return {};
}

void TrapTests::requestAll() {
    const std::lock_guard lock(mutex_);
    for (auto& [server, path] : paths_) {
        if (!path.running) path.wanted = true;
    }
    changed_.notify_all();
}

std::map<base::ServerName, TrapPathState> TrapTests::all() const {
    const std::lock_guard lock(mutex_);
    std::map<base::ServerName, TrapPathState> states;
    for (const auto& [server, path] : paths_) {
        states[server] = path.shown;
        if (path.running || path.wanted) states[server].state = TrapPathState::State::Testing;
    }
    return states;
}

TrapPathState TrapTests::of(const base::ServerName& server) const {
    const auto states = all();
    const auto found = states.find(server);
    return found == states.end() ? TrapPathState{} : found->second;
}

protocol::HealthCheck TrapTests::check() const {
    constexpr std::size_t most_shown = 10;
    const std::lock_guard lock(mutex_);
    protocol::HealthCheck check{"trap_paths", true, "", ""};
    std::size_t heard = 0, deaf = 0;
    for (const auto& [server, path] : paths_) {
        heard += path.shown.state == TrapPathState::State::Heard ? 1U : 0U;
        if (path.shown.state != TrapPathState::State::Deaf) continue;
        if (++deaf <= most_shown)
            check.detail += fmt::format("{}server '{}' is deaf: {}", check.detail.empty() ? "" : "; ", server.text(),
                                        path.shown.problem);
    }
    check.ok = deaf == 0;
    if (check.ok) check.detail = fmt::format("test traps of {} of {} servers were heard", heard, paths_.size());
    if (deaf > most_shown) check.detail += fmt::format("; and {} further ones", deaf - most_shown);
    if (!check.ok) check.cure = fmt::format("{}; then: standinctl trap test SERVER", see_log);
    return check;
}

bool TrapTests::mayExpect(const Trap& trap) const {
    return running_ > 0 && trap.refusal.empty() && platformEventOf(trap, EventCoding::Pet).has_value();
}

bool TrapTests::expects(const base::ServerName& server, const Trap& trap) const {
    const std::lock_guard lock(mutex_);
    const auto path = paths_.find(server);
    return path != paths_.end() && path->second.running && path->second.event.isOf(trap);
}

void TrapTests::take(const TrapRecord& record) {
    if (running_ == 0 || record.verdict.server.empty()) return;
    const auto& verdict = record.verdict;
    const std::lock_guard lock(mutex_);
    const auto found = paths_.find(verdict.server);
    if (found == paths_.end() || !found->second.running || found->second.heard) return;
    auto& path = found->second;
    if (verdict.outcome == Verdict::Outcome::Refused || verdict.grade != Grade::Test) {
        path.seen = fmt::format("trap {} from {} ({}): {}", record.id, record.trap.source, nameOf(verdict.outcome),
                                base::shortened(verdict.reason, 200));
        return;
    }
    path.heard = true;
    path.heard_trap = record.id;
    path.heard_after_ms = std::chrono::duration<double, std::milli>(clock_.steady() - path.asked_at).count();
    changed_.notify_all();
}

nlohmann::json TrapTests::written() const {
    auto paths = nlohmann::json::array();
    for (const auto& [server, path] : paths_) {
        if (path.shown.state == TrapPathState::State::Untested) continue;
        paths.push_back({{"server", server.text()},
                         {"heard", path.shown.state == TrapPathState::State::Heard},
                         {"tested_us", base::microsecondsSince1970(path.shown.tested_at)},
                         {"problem", path.shown.problem},
                         {"trap", path.shown.trap_id},
                         {"took_ms", path.shown.took_ms},
                         {"failures", path.shown.failures}});
    }
    return {{"paths", std::move(paths)}};
}

base::Result<void> TrapTests::load() {
    auto text = base::readWhole(settings_.file);
    if (!text && text.error().code == base::ErrorCode::NotFound) return {};
    const std::lock_guard lock(mutex_);
    try {
        const auto whole = nlohmann::json::parse(text ? *text : std::string());
        for (const auto& one : whole.at("paths")) {
            const auto server = base::ServerName::parse(one.at("server").get<std::string>());
            const auto known = server ? paths_.find(*server) : paths_.end();
            if (known == paths_.end()) continue;
            auto& shown = known->second.shown;
            shown.state = one.at("heard").get<bool>() ? TrapPathState::State::Heard : TrapPathState::State::Deaf;
            shown.tested_at = momentOf(one.at("tested_us").get<std::int64_t>());
            shown.problem = one.at("problem").get<std::string>();
            shown.cure = shown.problem.empty() ? "" : see_log;
            shown.trap_id = one.at("trap").get<std::uint64_t>();
            shown.took_ms = one.at("took_ms").get<double>();
            shown.failures = one.at("failures").get<unsigned>();
        }
        return {};
    } catch (const nlohmann::json::exception&) {
        return base::failure(
            base::ErrorCode::Corrupt,
            fmt::format("the results of trap tests in '{}' cannot be read: every trap path is untested",
                        settings_.file));
    }
}

base::Result<void> TrapTests::save() {
    std::unique_lock lock(mutex_);
    if (!unsaved_) return {};
    unsaved_ = false;
    const auto text = protocol::indentedJsonText(written()) + "\n";
    lock.unlock();
    auto done = base::writeDurably(settings_.file, text);
    if (done) return {};
    lock.lock();
    unsaved_ = true;
    return done;
}

}  // namespace standin::traps
