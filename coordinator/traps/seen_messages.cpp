#include "coordinator/traps/seen_messages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>

#include "agent/base/durable_file.hpp"
#include "agent/base/number.hpp"
#include "agent/protocol/json_text.hpp"

namespace standin::traps {

namespace {

/// Reads BER elements (X.690) one after the other; net-snmp has found them sound before.
class BerReader {
  public:
    explicit BerReader(std::string_view bytes) : bytes_(bytes) {}

    /// The content of the next element if it is of this type.
    std::optional<std::string_view> next(unsigned char type) {
        if (bytes_.size() < 2 || static_cast<unsigned char>(bytes_[0]) != type) return std::nullopt;
        std::size_t length = static_cast<unsigned char>(bytes_[1]), begin = 2;
        if (length >= 0x80) {
            const std::size_t octets = length & 0x7fU;
            if (octets == 0 || octets > 4 || bytes_.size() < 2 + octets) return std::nullopt;
            length = 0;
            for (std::size_t i = 0; i < octets; ++i) length = length << 8U | static_cast<unsigned char>(bytes_[2 + i]);
            begin += octets;
        }
        if (length > bytes_.size() - begin) return std::nullopt;
        const auto content = bytes_.substr(begin, length);
        bytes_.remove_prefix(begin + length);
        return content;
    }
    std::optional<std::int64_t> number() {
        const auto content = next(0x02);
        if (!content || content->empty() || content->size() > 8) return std::nullopt;
        auto value = static_cast<std::uint64_t>(static_cast<signed char>((*content)[0]));
        for (std::size_t i = 1; i < content->size(); ++i)
            value = value << 8U | static_cast<unsigned char>((*content)[i]);
        return static_cast<std::int64_t>(value);
    }

  private:
    std::string_view bytes_;
};

constexpr unsigned char sequence = 0x30, octet_string = 0x04;

}  // namespace

std::string MessageStamp::text() const {
    return fmt::format("{}/{}/{}/{}", engine, boots, time, id);
}

std::optional<MessageStamp> MessageStamp::parse(std::string_view text) {
    // From the end: the engine may have a user's name behind it.
    std::array<std::string_view, 3> parts;
    for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
        const auto slash = text.rfind('/');
        if (slash == std::string_view::npos) return std::nullopt;
        *part = text.substr(slash + 1);
        text = text.substr(0, slash);
    }
    const auto boots = base::parseNumber<std::uint32_t>(parts[0]);
    const auto time = base::parseNumber<std::uint32_t>(parts[1]);
    const auto id = base::parseNumber<std::int64_t>(parts[2]);
    if (text.empty() || !boots || !time || !id) return std::nullopt;
    return MessageStamp{std::string(text), *boots, *time, *id};
}

std::optional<MessageStamp> stampOf(std::string_view datagram) {
    const auto message = BerReader(datagram).next(sequence);
    if (!message) return std::nullopt;
    BerReader parts(*message);
    const auto version = parts.number();
    const auto head = parts.next(sequence);
    const auto security = parts.next(octet_string);
    if (version != 3 || !head || !security) return std::nullopt;
    const auto id = BerReader(*head).number();
    const auto parameters = BerReader(*security).next(sequence);
    if (!id || !parameters) return std::nullopt;
    BerReader fields(*parameters);
    const auto engine = fields.next(octet_string);
    const auto boots = fields.number();
    const auto time = fields.number();
    if (!engine || !boots || !time) return std::nullopt;
    MessageStamp stamp{"0x", static_cast<std::uint32_t>(*boots), static_cast<std::uint32_t>(*time), *id};
    for (const char c : *engine) stamp.engine += fmt::format("{:02x}", static_cast<unsigned char>(c));
    return stamp;
}

void SeenMessages::note(Engine& engine, const MessageStamp& stamp, bool own_address) {
    const Moment moment{stamp.boots, stamp.time};
    if (engine.newest < moment) engine.newest = moment;
    (own_address ? engine.own : engine.foreign).emplace(stamp.boots, stamp.time, stamp.id);
    const auto [boots, time] = engine.newest;
    const Message oldest{boots, time > window ? time - window : 0, std::numeric_limits<std::int64_t>::min()};
    for (auto* seen : {&engine.own, &engine.foreign}) {
        seen->erase(seen->begin(), seen->lower_bound(oldest));
        while (seen->size() > most_of_engine) {
            const auto& first = *seen->begin();
            engine.forgotten = std::max(engine.forgotten, Moment{std::get<0>(first), std::get<1>(first)});
            seen->erase(seen->begin());
        }
    }
}

void SeenMessages::remember(const MessageStamp& stamp) {
    const std::lock_guard lock(mutex_);
    if (engines_.size() >= most_engines && engines_.count(stamp.engine) == 0) return;
    note(engines_[stamp.engine], stamp, true);
}

Refusal SeenMessages::take(const MessageStamp& stamp, bool own_address) {
    const std::lock_guard lock(mutex_);
    if (engines_.size() >= most_engines && engines_.count(stamp.engine) == 0) return {};
    auto& engine = engines_[stamp.engine];
    const Moment moment{stamp.boots, stamp.time};
    const auto [boots, time] = engine.newest;
    if (stamp.boots < boots || (stamp.boots == boots && stamp.time < time && time - stamp.time > window)) {
        return {RefusalKind::TimeWindow,
                fmt::format("refused: engine {} sent it in its start {} at {} s, and its newest message is of start {} "
                            "at {} s: more than {} s late, so it may be a replay",
                            stamp.engine, stamp.boots, stamp.time, boots, time, window)};
    }
    const Message message{stamp.boots, stamp.time, stamp.id};
    const bool repeated = engine.own.count(message) > 0 || (!own_address && engine.foreign.count(message) > 0);
    const bool forgotten = engine.forgotten != Moment{} && moment <= engine.forgotten;
    if (repeated || forgotten) {
        return {RefusalKind::Replay,
                fmt::format("refused: message {} of engine {} (start {}, {} s) {}: a replay", stamp.id, stamp.engine,
                            stamp.boots, stamp.time,
                            repeated ? "has arrived before" : "cannot be told from those before it")};
    }
    note(engine, stamp, own_address);
    changed_ = true;
    return {};
}

nlohmann::json SeenMessages::written() const {
    auto engines = nlohmann::json::array();
    for (const auto& [id, engine] : engines_) {
        nlohmann::json shown{{"engine", id}, {"boots", engine.newest.first}, {"time", engine.newest.second}};
        shown["forgotten"] = {engine.forgotten.first, engine.forgotten.second};
        for (const auto& [name, seen] : {std::pair{"own", &engine.own}, std::pair{"foreign", &engine.foreign}}) {
            shown[name] = nlohmann::json::array();
            for (const auto& [boots, time, message] : *seen) shown[name].push_back({boots, time, message});
        }
        engines.push_back(std::move(shown));
    }
    return {{"engines", std::move(engines)}};
}

void SeenMessages::read(const nlohmann::json& whole) {
    for (const auto& shown : whole.at("engines")) {
        Engine engine;
        engine.newest = {shown.at("boots").get<std::uint32_t>(), shown.at("time").get<std::uint32_t>()};
        engine.forgotten = shown.at("forgotten").get<Moment>();
        for (const auto& one : shown.at("own")) engine.own.insert(one.get<Message>());
        for (const auto& one : shown.at("foreign")) engine.foreign.insert(one.get<Message>());
        engines_[shown.at("engine").get<std::string>()] = std::move(engine);
    }
}

base::Result<void> SeenMessages::load() {
    auto text = base::readWhole(file_);
    if (!text && text.error().code == base::ErrorCode::NotFound) return {};
    std::string why = text ? "it is damaged" : text.error().message;
    const std::lock_guard lock(mutex_);
    try {
        if (text) read(nlohmann::json::parse(*text));
        if (text) return {};
    } catch (const nlohmann::json::exception&) {
        engines_.clear();
    }
    return base::failure(base::ErrorCode::Corrupt,
                         fmt::format("which SNMPv3 messages have arrived is not known any more, '{}' cannot be read "
                                     "({}): a replay of one from before the start would be taken for new",
                                     file_, why));
}

base::Result<void> SeenMessages::save() {
    std::unique_lock lock(mutex_);
    if (!changed_) return {};
    changed_ = false;
    const auto text = protocol::jsonText(written()) + "\n";
    lock.unlock();
    auto done = base::writeKeepingRoom(file_, text, 0600);
    if (done) return {};
    lock.lock();
    changed_ = true;
    return done;
}

}  // namespace standin::traps
