#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace standin::simulation {

/// The action of an event: anything that can be called. A simulation makes and drops thousands of them for one
/// incident, and nearly all of them are small: they are kept in place, without a block of memory for each.
class Callback {
  public:
    Callback() = default;
    template <typename What>
    requires(!std::is_same_v<std::decay_t<What>, Callback>) Callback(What&& what) {  // NOLINT: implicit on purpose
        using Its = std::decay_t<What>;
        if constexpr (sizeof(Its) <= room && std::is_nothrow_move_constructible_v<Its>) {
            new (place_) Its(std::forward<What>(what));
            ways_ = &in_place<Its>;
        } else {
            using Owner = std::unique_ptr<Its>;
            new (place_) Owner(std::make_unique<Its>(std::forward<What>(what)));
            ways_ = &elsewhere<Its>;
        }
    }
    Callback(Callback&& other) noexcept { take(other); }
    Callback& operator=(Callback&& other) noexcept {
        if (this == &other) return *this;
        drop();
        take(other);
        return *this;
    }
    ~Callback() { drop(); }

    /// Precondition: there is something.
    void operator()() { ways_->call(place_); }

  private:
    static constexpr std::size_t room = 48;  ///< three pointers that share and three plain ones
    struct Ways {
        void (*call)(void*);
        void (*move)(void* from, void* to);  ///< nothing is left behind
        void (*drop)(void*);
    };
    template <typename Kept>
    static void moveTo(void* from, void* to) {
        new (to) Kept(std::move(*static_cast<Kept*>(from)));
        static_cast<Kept*>(from)->~Kept();
    }
    template <typename Its>
    static constexpr Ways in_place{[](void* its) { (*static_cast<Its*>(its))(); }, &moveTo<Its>,
                                   [](void* its) { static_cast<Its*>(its)->~Its(); }};
    template <typename Its, typename Owner = std::unique_ptr<Its>>
    static constexpr Ways elsewhere{[](void* its) { (**static_cast<Owner*>(its))(); }, &moveTo<Owner>,
                                    [](void* its) { static_cast<Owner*>(its)->~Owner(); }};

    void take(Callback& other) noexcept {
        ways_ = std::exchange(other.ways_, nullptr);
        if (ways_ != nullptr) ways_->move(other.place_, place_);
    }
    void drop() noexcept {
        if (ways_ != nullptr) std::exchange(ways_, nullptr)->drop(place_);
    }

    const Ways* ways_ = nullptr;
    alignas(std::max_align_t) std::byte place_[room];
};

}  // namespace standin::simulation
