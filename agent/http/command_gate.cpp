#include "agent/http/command_gate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "agent/base/durable_file.hpp"

namespace standin::http {

using base::ErrorCode;
using base::failure;

namespace {

// Answers of the last commands. A lost answer is asked for again within seconds; a coordinator has far fewer commands open.
constexpr std::size_t answers_kept = 1024;

base::Result<std::uint64_t> parseEpoch(const std::string& text) {
    std::uint64_t epoch = 0;
    auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), epoch);
    if (text.empty() || problem != std::errc{} || end != text.data() + text.size()) {
        return failure(ErrorCode::InvalidInput, fmt::format("'{}' is not an epoch", text.substr(0, 40)));
    }
    return epoch;
}

std::string headerOf(const Request& request, std::string name) {
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    auto found = request.headers.find(name);
    return found == request.headers.end() ? std::string() : found->second;
}

}  // namespace

base::Result<std::unique_ptr<CommandGate>> CommandGate::open(std::string epoch_file, std::vector<std::string> commanders) {
    std::uint64_t highest = 0;
    auto text = base::readWhole(epoch_file, 64);
    if (text) {
        while (!text->empty() && text->back() == '\n') text->pop_back();
        auto epoch = parseEpoch(*text);
        // A lost epoch would let a deposed coordinator in again; the operator must look.
        if (!epoch) return failure(ErrorCode::Corrupt, fmt::format("epoch file '{}' is damaged: {}", epoch_file, epoch.error().message));
        highest = *epoch;
    } else if (text.error().code != ErrorCode::NotFound) {
        return failure(text.error());
    }
    return std::unique_ptr<CommandGate>(new CommandGate(std::move(epoch_file), std::move(commanders), highest));
}

CommandGate::CommandGate(std::string epoch_file, std::vector<std::string> commanders, std::uint64_t highest)
    : epoch_file_(std::move(epoch_file)), commanders_(std::move(commanders)), highest_(highest) {}

std::uint64_t CommandGate::highestEpoch() const {
    std::lock_guard lock(mutex_);
    return highest_;
}

base::Result<void> CommandGate::raiseEpoch(std::uint64_t epoch) {
    if (epoch < highest_) {
        return failure(ErrorCode::Conflict, fmt::format("epoch {} is older than {}: another coordinator has taken over; this one must stop", epoch, highest_));
    }
    if (epoch == highest_) return {};
    auto written = base::writeDurably(epoch_file_, fmt::format("{}\n", epoch));
    if (!written) return failure(written.error().within("could not remember the coordinator's epoch"));
    highest_ = epoch;
    return {};
}

base::Result<void> CommandGate::admit(Request& request) {
    if (std::find(commanders_.begin(), commanders_.end(), request.peer) == commanders_.end()) {
        return failure(ErrorCode::Refused, fmt::format("the certificate of '{}' may ask but not command; commanders: {}", request.peer, fmt::join(commanders_, ", ")));
    }
    auto operation = headerOf(request, protocol::operation_header);
    auto epoch_text = headerOf(request, protocol::epoch_header);
    if (operation.empty() || operation.size() > 128) {
        return failure(ErrorCode::InvalidInput, fmt::format("a command needs the header {} of 1 to 128 characters", protocol::operation_header));
    }
    if (epoch_text.empty()) return failure(ErrorCode::InvalidInput, fmt::format("a command needs the header {}", protocol::epoch_header));
    auto epoch = parseEpoch(epoch_text);
    if (!epoch) return failure(epoch.error());
    request.stamp = protocol::CommandStamp{*epoch, operation};
    return raiseEpoch(*epoch);
}

base::Result<Response> CommandGate::pass(Request& request, const std::function<base::Result<Response>(const Request&)>& handler) {
    std::shared_ptr<Answered> mine;
    std::string key;
    {
        std::unique_lock lock(mutex_);
        auto admitted = admit(request);
        if (!admitted) return failure(admitted.error());
        key = fmt::format("{} {} {} {}", request.stamp->epoch, request.stamp->operation, request.method, request.path);
        if (auto found = answered_.find(key); found != answered_.end()) {
            auto earlier = found->second;
            answered_changed_.wait(lock, [&] { return earlier->done; });
            if (earlier->response) return *earlier->response;
        }
        mine = std::make_shared<Answered>();
        if (answered_.insert_or_assign(key, mine).second) order_.push_back(key);
        while (order_.size() > answers_kept) {
            answered_.erase(order_.front());
            order_.pop_front();
        }
    }
    auto result = handler(request);
    std::lock_guard lock(mutex_);
    mine->done = true;
    // Only what was done is answered again; what was refused or failed may be tried again.
    if (result && !result->stream) mine->response = *result;
    answered_changed_.notify_all();
    return result;
}

}  // namespace standin::http
