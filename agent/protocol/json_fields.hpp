#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>

#include "agent/base/identifier.hpp"
#include "agent/base/result.hpp"

namespace standin::protocol {

using Json = nlohmann::json;

/// Parses text from outside with limits on depth and size; InvalidInput with the position instead of an exception.
base::Result<Json> parseJson(const std::string& text);

/// Reads an object's fields strictly. Unknown fields and wrong types are reported by name.
///     JsonFields fields(json, "segment");
///     message.vlan = fields.integer("vlan", 1, 4094);
///     return fields.finish(message);
/// `lenient` readers (clients reading answers of newer agents) skip unknown fields.
class JsonFields {
  public:
    enum class Unknown { Refuse, Skip };
    JsonFields(const Json& object, std::string what, Unknown unknown = Unknown::Refuse);

    [[nodiscard]] bool has(const char* name);  ///< present and not null
    /// Valid as long as the object that is read.
    const std::string& text(const char* name, std::size_t longest = 4096);
    std::string text(const char* name, const std::string& otherwise, std::size_t longest = 4096);
    /// Null if it is absent or not a string.
    const std::string* optionalText(const char* name, std::size_t longest = 4096);
    std::int64_t integer(const char* name, std::int64_t least, std::int64_t most);
    std::int64_t integer(const char* name, std::int64_t least, std::int64_t most, std::int64_t otherwise);
    std::uint64_t count(const char* name, std::uint64_t otherwise = 0);
    double number(const char* name, double otherwise);
    bool boolean(const char* name, bool otherwise);
    const Json& object(const char* name);                           ///< an empty object if absent
    const Json& array(const char* name, std::size_t most = 65536);  ///< an empty list if absent

    /// A required name of type `Id`.
    template <typename Id>
    Id id(const char* name) {
        return parsed<Id>(name, text(name));
    }
    /// An optional name; empty if absent or null.
    template <typename Id>
    Id optionalId(const char* name) {
        const auto* value = optionalText(name);
        return value != nullptr ? parsed<Id>(name, *value) : Id{};
    }

    void problem(const std::string& sentence);
    [[nodiscard]] bool good() const { return problem_.empty(); }

    /// The message; InvalidInput with the first problem.
    template <typename Message>
    base::Result<Message> finish(Message message) {
        checkUnknown();
        if (!problem_.empty()) return base::failure(base::ErrorCode::InvalidInput, what_ + ": " + problem_);
        return message;
    }

  private:
    template <typename Id>
    Id parsed(const char* name, const std::string& value) {
        auto id = Id::parse(value);
        if (!id) {
            problem(std::string("field '") + name + "': " + id.error().message);
            return Id{};
        }
        return *id;
    }
    const Json* find(std::string_view name, bool required);
    void checkUnknown();

    const Json& json_;
    std::string what_;
    Unknown unknown_;
    std::set<std::string, std::less<>> asked_;  ///< not used by lenient readers
    std::string problem_;
};

/// Null for an empty name, so that 'no member' is null in JSON and never "".
template <typename Id>
Json nullable(const Id& id) {
    return id.empty() ? Json(nullptr) : Json(id.text());
}

}  // namespace standin::protocol
