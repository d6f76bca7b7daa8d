#include "agent/http/address_book.hpp"

#include <fmt/format.h>
#include <netdb.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

namespace standin::http {

using base::ErrorCode;
using base::failure;

namespace {

/// So old is an answer when the name is looked up again: a host seldom changes its address, and the old one serves
/// until the new one is known.
constexpr std::chrono::seconds fresh_for{60};
/// A lookup that failed is not begun again at once.
constexpr std::chrono::seconds again_after{2};
/// Threads that may wait for a DNS server; names beyond wait for one of them.
constexpr std::size_t lookups_at_once = 16;

base::Result<Addresses> askSystem(const std::string& host) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int problem = ::getaddrinfo(host.c_str(), nullptr, &hints, &found); problem != 0)
        return failure(ErrorCode::Unreachable, ::gai_strerror(problem));
    Addresses addresses;
    for (const auto* one = found; one != nullptr; one = one->ai_next) {
        const Poco::Net::IPAddress address(*one->ai_addr);
        if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) addresses.push_back(address);
    }
    ::freeaddrinfo(found);
    return addresses;
}

}  // namespace

struct AddressBook::Shared : std::enable_shared_from_this<AddressBook::Shared> {
    explicit Shared(LookUp its) : look_up(std::move(its)) {}

    struct Host {
        Addresses addresses;
        std::string problem;
        base::SteadyTime answered{};  ///< also with a problem
        bool asked = false;
        bool under_way = false;
    };

    /// Precondition: locked.
    void begin(const std::string& name) {
        Host& host = hosts[name];
        if (host.under_way || lookups >= lookups_at_once) return;
        host.under_way = true;
        ++lookups;
        // Detached, because a lookup can't be broken off.
        std::thread([self = shared_from_this(), name] { self->lookUp(name); }).detach();
    }

    void lookUp(const std::string& name) {
        base::Result<Addresses> answer = failure(ErrorCode::Unreachable, "the lookup failed");
        try {
            answer = look_up(name);
        } catch (const std::exception& exception) {
            answer = failure(ErrorCode::Unreachable, exception.what());
        }
        const std::lock_guard lock(mutex);
        --lookups;
        Host& host = hosts[name];
        host.under_way = false;
        host.asked = true;
        host.answered = std::chrono::steady_clock::now();
        host.problem = answer ? "" : answer.error().message;
        if (answer && !answer->empty()) {
            if (!host.addresses.empty()) prefer(*answer, host.addresses.front());
            host.addresses = std::move(*answer);
        }
        ended.notify_all();
    }

    static void prefer(Addresses& addresses, const Poco::Net::IPAddress& first) {
        const auto found = std::find(addresses.begin(), addresses.end(), first);
        if (found != addresses.end()) std::rotate(addresses.begin(), found, found + 1);
    }

    [[nodiscard]] bool isDue(const Host& host) const {
        if (!host.asked) return true;
        return std::chrono::steady_clock::now() - host.answered >= (host.problem.empty() ? fresh_for : again_after);
    }

    const LookUp look_up;
    std::mutex mutex;
    std::condition_variable ended;
    std::map<std::string, Host> hosts;
    std::size_t lookups = 0;
};

AddressBook::AddressBook() : AddressBook(askSystem) {}
AddressBook::AddressBook(LookUp look_up) : shared_(std::make_shared<Shared>(std::move(look_up))) {}
AddressBook::~AddressBook() = default;

base::Result<Addresses> AddressBook::find(const std::string& host, base::SteadyTime until) {
    if (Poco::Net::IPAddress address; Poco::Net::IPAddress::tryParse(host, address)) return Addresses{address};
    std::unique_lock lock(shared_->mutex);
    auto& its = shared_->hosts[host];  // stays where it is: hosts are never removed
    if (shared_->isDue(its)) shared_->begin(host);
    while (its.addresses.empty() && (its.under_way || !its.asked)) {
        if (shared_->ended.wait_until(lock, until) == std::cv_status::timeout) break;
        if (!its.asked) shared_->begin(host);
    }
    if (!its.addresses.empty()) return its.addresses;
    return failure(ErrorCode::Unreachable,
                   fmt::format("the name '{}' could not be resolved: {}", host,
                               its.problem.empty() ? std::string("no name server answered in time") : its.problem));
}

void AddressBook::refresh(const std::string& host) {
    if (Poco::Net::IPAddress address; Poco::Net::IPAddress::tryParse(host, address)) return;
    const std::lock_guard lock(shared_->mutex);
    shared_->begin(host);
}

void AddressBook::worked(const std::string& host, const Poco::Net::IPAddress& address) {
    const std::lock_guard lock(shared_->mutex);
    const auto found = shared_->hosts.find(host);
    if (found != shared_->hosts.end()) Shared::prefer(found->second.addresses, address);
}

}  // namespace standin::http
