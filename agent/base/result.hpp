#pragma once

#include <utility>
#include <variant>

#include "agent/base/assertion.hpp"
#include "agent/base/error.hpp"

namespace standin::base {

/// Wraps an error so that a Result can be made from it without ambiguity (as std::unexpected does).
struct Unexpected {
    Error error;
};

/// `return failure(ErrorCode::NotFound, "stand-in 'x' does not exist");`
[[nodiscard]] inline Unexpected failure(ErrorCode code, std::string message) {
    return Unexpected{Error{code, std::move(message)}};
}

/// Passes an error on: `return failure(result.error());`
[[nodiscard]] inline Unexpected failure(Error error) {
    return Unexpected{std::move(error)};
}

/// A value or an Error; the names are those of std::expected.
template <typename T>
class [[nodiscard]] Result {
  public:
    Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit on purpose
    Result(Unexpected unexpected) : content_(std::in_place_index<1>, std::move(unexpected.error)) {}  // NOLINT

    [[nodiscard]] bool has_value() const { return content_.index() == 0; }
    explicit operator bool() const { return has_value(); }

    [[nodiscard]] T& value() & {
        STANDIN_ASSERT(has_value());
        return std::get<0>(content_);
    }
    [[nodiscard]] const T& value() const& {
        STANDIN_ASSERT(has_value());
        return std::get<0>(content_);
    }
    [[nodiscard]] T&& value() && {
        STANDIN_ASSERT(has_value());
        return std::get<0>(std::move(content_));
    }
    [[nodiscard]] T& operator*() & { return value(); }
    [[nodiscard]] const T& operator*() const& { return value(); }
    [[nodiscard]] T&& operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    [[nodiscard]] const Error& error() const {
        STANDIN_ASSERT(!has_value());
        return std::get<1>(content_);
    }
    [[nodiscard]] T value_or(T other) const { return has_value() ? value() : std::move(other); }

  private:
    std::variant<T, Error> content_;
};

template <>
class [[nodiscard]] Result<void> {
  public:
    Result() = default;
    Result(Unexpected unexpected)
        : error_(std::move(unexpected.error)), failed_(true) {}  // NOLINT: implicit on purpose

    [[nodiscard]] bool has_value() const { return !failed_; }
    explicit operator bool() const { return has_value(); }
    [[nodiscard]] const Error& error() const {
        STANDIN_ASSERT(failed_);
        return error_;
    }

  private:
    Error error_;
    bool failed_ = false;
};

}  // namespace standin::base
