#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>

namespace standin::base {

/// A map by name that iterates in the order of the names and finds in constant time. Iterators and references stay
/// valid until their entry is erased. `Name` is an Identifier or std::string.
template <typename Name, typename Value>
class NameMap {
    using Ordered = std::map<Name, Value>;
    static constexpr bool is_text = std::is_same_v<Name, std::string>;

  public:
    using Key = std::conditional_t<is_text, std::string_view, const Name&>;
    using value_type = typename Ordered::value_type;
    using mapped_type = Value;
    using iterator = typename Ordered::iterator;
    using const_iterator = typename Ordered::const_iterator;

    NameMap() = default;
    NameMap(const NameMap& other) : ordered_(other.ordered_) {
        places_.reserve(ordered_.size());
        for (auto place = ordered_.begin(); place != ordered_.end(); ++place)
            places_.emplace(textOf(place->first), place);
    }
    NameMap(NameMap&&) noexcept = default;  // the entries stay where they are
    NameMap& operator=(const NameMap& other) { return *this = NameMap(other); }
    NameMap& operator=(NameMap&&) noexcept = default;
    ~NameMap() = default;

    [[nodiscard]] iterator begin() { return ordered_.begin(); }
    [[nodiscard]] iterator end() { return ordered_.end(); }
    [[nodiscard]] const_iterator begin() const { return ordered_.begin(); }
    [[nodiscard]] const_iterator end() const { return ordered_.end(); }
    [[nodiscard]] std::size_t size() const { return ordered_.size(); }
    [[nodiscard]] bool empty() const { return ordered_.empty(); }

    [[nodiscard]] iterator find(Key name) {
        const auto found = places_.find(textOf(name));
        return found == places_.end() ? ordered_.end() : found->second;
    }
    [[nodiscard]] const_iterator find(Key name) const {
        const auto found = places_.find(textOf(name));
        return found == places_.end() ? ordered_.end() : const_iterator(found->second);
    }
    [[nodiscard]] std::size_t count(Key name) const { return places_.count(textOf(name)); }
    /// Throws std::out_of_range where there is no such name.
    [[nodiscard]] Value& at(Key name) { return existing(find(name), name); }
    [[nodiscard]] const Value& at(Key name) const { return existing(find(name), name); }

    template <typename... Arguments>
    std::pair<iterator, bool> try_emplace(Key name, Arguments&&... arguments) {
        if (const auto found = find(name); found != end()) return {found, false};
        const auto place = ordered_.try_emplace(Name(name), std::forward<Arguments>(arguments)...).first;
        places_.emplace(textOf(place->first), place);
        return {place, true};
    }
    template <typename Given>
    void insert_or_assign(Key name, Given&& value) {
        const auto [place, fresh] = try_emplace(name, std::forward<Given>(value));
        if (!fresh) place->second = std::forward<Given>(value);  // try_emplace has left it alone
    }
    Value& operator[](Key name) { return try_emplace(name).first->second; }

    std::size_t erase(Key name) {
        const auto found = find(name);
        if (found == end()) return 0;
        erase(found);
        return 1;
    }
    iterator erase(iterator place) {
        places_.erase(textOf(place->first));
        return ordered_.erase(place);
    }
    void clear() {
        places_.clear();
        ordered_.clear();
    }

  private:
    static std::string_view textOf(Key name) {
        if constexpr (is_text) {
            return name;
        } else {
            return name.text();
        }
    }
    template <typename Iterator>
    auto& existing(Iterator found, Key name) const {
        if (found == end()) throw std::out_of_range("there is no '" + std::string(textOf(name)) + "'");
        return found->second;
    }

    Ordered ordered_;
    std::unordered_map<std::string_view, iterator> places_;  ///< by the entries' own texts
};

}  // namespace standin::base
