#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "agent/hypervisor/libvirt/domains.hpp"

namespace standin::tests {

/// A hypervisor whose guests do what a test says, for what no guest can be brought to do everywhere: to stop by an
/// internal error, to hang, to run out of space. Safe to use from any thread.
class ScriptedDomains final : public hypervisor::Domains {
  public:
    using Status = hypervisor::DomainStatus;
    using State = hypervisor::DomainState;

    struct Guest {
        std::string xml;
        Status status{State::Off};
        unsigned starts = 0;
        unsigned resumes = 0;
        bool alive = false;  ///< shows signs of life
        [[nodiscard]] bool underKvm() const { return xml.find("<domain type='kvm'>") != std::string::npos; }
    };

    /// What becomes of a guest that was just started; by default it runs and shows signs of life.
    std::function<void(Guest&)> on_start = [](Guest& guest) { guest.alive = true; };
    std::optional<base::Error> start_failure;  ///< of a start under KVM
    /// The same for one that is resumed.
    std::function<void(Guest&)> on_resume = [](Guest&) {};

    base::Result<void> define(const std::string& xml) override {
        std::lock_guard lock(mutex_);
        guests_[uuidIn(xml)].xml = xml;
        return {};
    }
    base::Result<void> undefine(const std::string& uuid) override {
        std::lock_guard lock(mutex_);
        guests_.erase(uuid);
        return {};
    }
    base::Result<Status> status(const std::string& uuid) override {
        std::lock_guard lock(mutex_);
        const auto found = guests_.find(uuid);
        return found == guests_.end() ? Status{State::Absent} : found->second.status;
    }
    base::Result<Status> change(const std::string& uuid, hypervisor::DomainVerb verb) override {
        using enum hypervisor::DomainVerb;
        std::lock_guard lock(mutex_);
        const auto found = guests_.find(uuid);
        if (found == guests_.end()) return base::failure(base::ErrorCode::NotFound, "there is no such domain");
        Guest& guest = found->second;
        const auto now = guest.status.state;
        const bool fits = verb == Start     ? now == State::Off
                          : verb == Resume  ? now == State::Paused || now == State::OutOfSpace
                          : verb == Destroy ? now != State::Off
                                            : now == State::Running;
        if (verb == Start && guest.underKvm() && start_failure) return base::failure(*start_failure);
        if (!fits) return base::failure(base::ErrorCode::WrongState, "the domain is in another state");
        guest.status = {verb == Start || verb == Resume ? State::Running : State::Off};
        if (verb == Suspend) guest.status.state = State::Paused;
        if (verb == Destroy) guest.status.reason = "it was destroyed";
        if (verb == AskToStop) guest.status.reason = "its guest shut down";
        if (verb == Start) {
            ++guest.starts;
            guest.alive = false;
            on_start(guest);
        }
        if (verb == Resume) {
            ++guest.resumes;
            on_resume(guest);
        }
        tell();
        return guest.status;
    }
    base::Result<hypervisor::DomainView> view(const std::string& uuid) override {
        std::lock_guard lock(mutex_);
        hypervisor::DomainView view;
        view.guest_agent = guests_[uuid].alive;
        return view;
    }
    base::Result<void> setResources(const std::string&, const protocol::StandInResources&) override { return {}; }
    base::Result<void> setClock(const std::string&, base::WallTime) override { return {}; }
    base::Result<base::WallTime> readClock(const std::string&) override { return std::chrono::system_clock::now(); }
    base::Result<unsigned> bringCpusOnline(const std::string&, unsigned wanted) override { return wanted; }
    base::Result<bool> showsLife(const std::string& uuid) override {
        std::lock_guard lock(mutex_);
        return guests_[uuid].alive;
    }
    [[nodiscard]] std::uint64_t eventsSeen() const override {
        std::lock_guard lock(mutex_);
        return events_;
    }
    void waitForEvent(std::uint64_t seen, std::chrono::milliseconds longest) override {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, longest, [&] { return events_ != seen; });
    }
    base::Result<hypervisor::HypervisorHost> host() override { return hypervisor::HypervisorHost{64 << 10, 16}; }

    /// Something happens to the guest of this UUID, and its hypervisor tells.
    void happen(const std::string& uuid, const std::function<void(Guest&)>& what) {
        std::lock_guard lock(mutex_);
        what(guests_.at(uuid));
        tell();
    }
    Guest guest(const std::string& uuid) {
        std::lock_guard lock(mutex_);
        return guests_.at(uuid);
    }

  private:
    static std::string uuidIn(const std::string& xml) {
        constexpr std::string_view before = "<uuid>";
        const auto at = xml.find(before) + before.size();
        return xml.substr(at, xml.find('<', at) - at);
    }
    void tell() {
        ++events_;
        changed_.notify_all();
    }

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::string, Guest> guests_;
    std::uint64_t events_ = 0;
};

}  // namespace standin::tests
