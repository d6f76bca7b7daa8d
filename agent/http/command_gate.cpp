#include "agent/http/command_gate.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>

#include "agent/base/durable_file.hpp"
#include "agent/base/number.hpp"
#include "agent/base/text.hpp"

namespace standin::http {

using base::ErrorCode;
using base::failure;

namespace {

// Answers of the last commands. A lost answer is asked for again within seconds; a coordinator has far fewer commands
// open.
constexpr std::size_t answers_kept = 1024;

// Things that one agent was commanded about. Beyond that the older half is forgotten: no command is late by so many.
constexpr std::size_t lanes_kept = 4096;
// An earlier command for the same subject that takes longer hangs; then the caller has to know.
constexpr std::chrono::seconds longest_turn{30};

base::Result<std::uint64_t> parseNumber(const std::string& text, const char* what) {
    if (const auto number = base::parseNumber<std::uint64_t>(text)) return *number;
    return failure(ErrorCode::InvalidInput, fmt::format("'{}' is not {}", base::shortened(text, 40), what));
}

std::string headerOf(const Request& request, std::string name) {
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    auto found = request.headers.find(name);
    return found == request.headers.end() ? std::string() : found->second;
}

// Absent is empty.
bool isInstance(const std::string& text) {
    return text.size() <= protocol::longest_instance && std::all_of(text.begin(), text.end(), [](unsigned char c) {
               return c < 128 && (std::isalnum(c) != 0 || c == '-');
           });
}

// `57 3f2a9c…`; the instance is absent where none is known.
std::string textOf(const protocol::Leader& leader) {
    return leader.instance.empty() ? fmt::format("{}\n", leader.epoch)
                                   : fmt::format("{} {}\n", leader.epoch, leader.instance);
}

base::Result<protocol::Leader> leaderIn(std::string text) {
    while (!text.empty() && text.back() == '\n') text.pop_back();
    const auto space = text.find(' ');
    auto epoch = parseNumber(text.substr(0, space), "an epoch");
    if (!epoch) return failure(epoch.error());
    protocol::Leader leader{*epoch, space == std::string::npos ? std::string() : text.substr(space + 1)};
    if (space != std::string::npos && (leader.instance.empty() || !isInstance(leader.instance)))
        return failure(ErrorCode::InvalidInput,
                       fmt::format("'{}' names no instance", base::shortened(leader.instance, 40)));
    return leader;
}

}  // namespace

base::Result<std::unique_ptr<CommandGate>> CommandGate::open(std::string epoch_file) {
    protocol::Leader leader;
    auto text = base::readWhole(epoch_file, 128);
    if (text) {
        auto read = leaderIn(*text);
        // A lost epoch would let a deposed coordinator in again; the operator must look.
        if (!read)
            return failure(ErrorCode::Corrupt,
                           fmt::format("epoch file '{}' is damaged: {}", epoch_file, read.error().message));
        leader = std::move(*read);
        // What an earlier release has left has no room kept yet for a day on which the disk is full.
        if (::access((epoch_file + ".spare").c_str(), F_OK) != 0)
            static_cast<void>(base::writeKeepingRoom(epoch_file, textOf(leader)));
    } else if (text.error().code != ErrorCode::NotFound) {
        return failure(text.error());
    }
    return std::unique_ptr<CommandGate>(new CommandGate(std::move(epoch_file), std::move(leader)));
}

CommandGate::CommandGate(std::string epoch_file, protocol::Leader leader)
    : epoch_file_(std::move(epoch_file)), leader_(std::move(leader)) {}

std::uint64_t CommandGate::highestEpoch() const {
    std::lock_guard lock(mutex_);
    return leader_.epoch;
}

base::Result<void> CommandGate::raiseEpoch(const protocol::CommandStamp& stamp) {
    if (protocol::isDeposed(stamp, leader_))
        return failure(ErrorCode::StaleEpoch, protocol::deposedText(stamp, leader_));
    auto leader = protocol::leaderBy(stamp);
    if (leader == leader_) return {};
    auto written = base::writeKeepingRoom(epoch_file_, textOf(leader));
    if (!written) return failure(written.error().within("could not remember the coordinator's epoch"));
    leader_ = std::move(leader);
    return {};
}

base::Result<void> CommandGate::admit(Request& request) {
    auto operation = headerOf(request, protocol::operation_header);
    if (operation.empty() || operation.size() > 128) {
        return failure(ErrorCode::InvalidInput,
                       fmt::format("a command needs the header {} of 1 to 128 characters", protocol::operation_header));
    }
    auto number = [&request](const char* header) -> base::Result<std::uint64_t> {
        auto read = parseNumber(headerOf(request, header), "a number");
        if (!read) return failure(read.error().within(fmt::format("a command needs the header {}", header)));
        return read;
    };
    auto epoch = number(protocol::epoch_header);
    if (!epoch) return failure(epoch.error());
    // Who commands one thing at a time, and by hand, needs none; it is the oldest then.
    auto sequence = headerOf(request, protocol::sequence_header).empty() ? 0 : number(protocol::sequence_header);
    if (!sequence) return failure(sequence.error());
    auto instance = headerOf(request, protocol::instance_header);
    if (!isInstance(instance)) {
        return failure(ErrorCode::InvalidInput,
                       fmt::format("the header {} has to be of 1 to {} letters, digits and '-'",
                                   protocol::instance_header, protocol::longest_instance));
    }
    request.stamp = protocol::CommandStamp{*epoch, operation, *sequence, std::move(instance)};
    return raiseEpoch(*request.stamp);
}

// One command for a subject at a time, and none behind a newer one. The answer to a command that hangs is not waited
// for without end.
base::Result<std::shared_ptr<CommandGate::Lane>> CommandGate::enter(const Request& request, Lock& lock) {
    const auto& stamp = *request.stamp;
    if (lanes_.size() >= lanes_kept) forgetOldLanes();
    auto& place = lanes_[request.subject];
    if (!place) place = std::make_shared<Lane>();
    const auto lane = place;
    const auto overtaken = [&] { return lane->newest.overtakes(stamp); };
    lane->newest.see(stamp);
    if (!ended_.wait_for(lock, longest_turn, [&] { return !lane->busy || overtaken(); })) {
        return failure(ErrorCode::Conflict,
                       fmt::format("an earlier command for '{}' is still being carried out", request.subject));
    }
    if (protocol::isDeposed(stamp, leader_))
        return failure(ErrorCode::StaleEpoch, protocol::deposedText(stamp, leader_));
    if (overtaken()) {
        return failure(ErrorCode::Conflict,
                       fmt::format("command {} ('{}') for '{}' came too late: {} was commanded since", stamp.sequence,
                                   stamp.operation, request.subject, lane->newest.age().second));
    }
    lane->busy = true;
    return lane;
}

void CommandGate::forgetOldLanes() {
    std::vector<protocol::NewestCommand::Age> ages;
    for (const auto& [subject, lane] : lanes_) ages.push_back(lane->newest.age());
    const auto middle = ages.begin() + static_cast<std::ptrdiff_t>(ages.size() / 2);
    std::nth_element(ages.begin(), middle, ages.end());
    std::erase_if(lanes_, [&](const auto& entry) {
        const auto& lane = entry.second;
        return lane.use_count() == 1 && !lane->busy && lane->newest.age() <= *middle;
    });
}

/// A command from its entry into the record of answers until it has ended, however it ends: then its lane is free, and
/// who waits for its answer is told. Made and destroyed with the lock held.
class CommandGate::Turn {
  public:
    Turn(CommandGate& gate, Lock& lock, std::shared_ptr<Answered> answered)
        : gate_(gate), lock_(lock), answered_(std::move(answered)) {}
    ~Turn() {
        if (!lock_.owns_lock()) lock_.lock();
        if (lane_) lane_->busy = false;
        answered_->done = true;
        gate_.ended_.notify_all();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    base::Result<Response> handle(const Request& request, const Handler& handler) {
        auto entered = gate_.enter(request, lock_);
        if (!entered) return failure(entered.error());
        lane_ = std::move(*entered);
        lock_.unlock();
        auto result = handler(request);
        lock_.lock();
        // Only what was done is answered again; what was refused or failed may be tried again.
        if (result && !result->stream) answered_->response = *result;
        return result;
    }

  private:
    CommandGate& gate_;
    Lock& lock_;
    const std::shared_ptr<Answered> answered_;
    std::shared_ptr<Lane> lane_;  ///< once it is ours
};

std::shared_ptr<CommandGate::Answered> CommandGate::remember(const std::string& key) {
    auto mine = std::make_shared<Answered>();
    if (answered_.insert_or_assign(key, mine).second) order_.push_back(key);
    while (order_.size() > answers_kept) {
        answered_.erase(order_.front());
        order_.pop_front();
    }
    return mine;
}

base::Result<Response> CommandGate::pass(Request& request, const Handler& handler) {
    Lock lock(mutex_);
    auto admitted = admit(request);
    if (!admitted) return failure(admitted.error());
    const auto key = protocol::identityOf(*request.stamp, request.method + ' ' + request.path);
    if (auto found = answered_.find(key); found != answered_.end()) {
        auto earlier = found->second;
        ended_.wait(lock, [&] { return earlier->done; });
        if (earlier->response) return *earlier->response;
    }
    Turn turn(*this, lock, remember(key));
    return turn.handle(request, handler);
}

void CommandGate::addRoutes(Router& router) {
    router.add("GET", "/v1/epoch", [this](const Request&) -> base::Result<Response> {
        return Response::json({{"epoch", highestEpoch()}});
    });
    router.add("PUT", "/v1/epoch", [](const Request& request) -> base::Result<Response> {
        return Response::json({{"epoch", request.stamp->epoch}});
    });
}

}  // namespace standin::http
