#include "coordinator/simulation/fiber.hpp"

#include <boost/context/fiber.hpp>
#include <boost/context/protected_fixedsize_stack.hpp>
#include <utility>
#include <vector>

#include "agent/base/assertion.hpp"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace standin::simulation {

namespace {

namespace context = boost::context;

/// Far more than a step needs (about 20 KiB without optimisation; the sanitizers' frames are several times as large).
/// Only pages that are touched cost memory.
constexpr std::size_t stack_size = 512 * 1024;

/// Stacks that were used before: making a new one costs more than all that most tasks do.
class StackPool {
  public:
    context::stack_context allocate() {
        if (free_.empty()) return fresh_.allocate();
        const auto stack = free_.back();
        free_.pop_back();
        return stack;
    }
    void deallocate(context::stack_context& stack) {
#if defined(__SANITIZE_ADDRESS__)
        ASAN_UNPOISON_MEMORY_REGION(static_cast<char*>(stack.sp) - stack.size, stack.size);
#endif
        free_.push_back(stack);
    }
    StackPool() = default;
    StackPool(const StackPool&) = delete;
    StackPool& operator=(const StackPool&) = delete;
    ~StackPool() {
        for (auto& stack : free_) fresh_.deallocate(stack);
    }

  private:
    context::protected_fixedsize_stack fresh_{stack_size};
    std::vector<context::stack_context> free_;
};

thread_local StackPool stacks;

/// The pool that a fiber returns its stack to.
struct PooledStack {
    static context::stack_context allocate() { return stacks.allocate(); }
    static void deallocate(context::stack_context& stack) { stacks.deallocate(stack); }
};

/// Thrown into a task that is not resumed any more.
struct Unwound {};

thread_local Fiber* running = nullptr;

/// Announces to the sanitizers which stack is in use.
class StackChange {
  public:
    void leaveFor([[maybe_unused]] const StackChange& other, [[maybe_unused]] bool for_good) {
#if defined(__SANITIZE_ADDRESS__)
        __sanitizer_start_switch_fiber(for_good ? nullptr : &fake_stack_, other.bottom, other.size);
#endif
#if defined(__SANITIZE_THREAD__)
        __tsan_switch_to_fiber(other.thread, 0);
#endif
    }
    void arriveFrom([[maybe_unused]] StackChange& other) {
#if defined(__SANITIZE_ADDRESS__)
        __sanitizer_finish_switch_fiber(fake_stack_, &other.bottom, &other.size);
#endif
    }
    const void* bottom = nullptr;
    std::size_t size = 0;
    void* thread = nullptr;

  private:
    [[maybe_unused]] void* fake_stack_ = nullptr;
};

}  // namespace

struct Fiber::Context {
    context::fiber inside;   ///< valid while it is left off
    context::fiber outside;  ///< valid while it runs
    std::function<void()> task;
    bool unwinding = false;
    bool ended = false;
    StackChange own;
    StackChange others;

    void enter(Fiber& self) {
        Fiber* const before = std::exchange(running, &self);
#if defined(__SANITIZE_THREAD__)
        others.thread = __tsan_get_current_fiber();
#endif
        others.leaveFor(own, false);
        inside = std::move(inside).resume();
        others.arriveFrom(own);
        running = before;
    }
    void leave(bool for_good = false) {
        own.leaveFor(others, for_good);
        outside = std::move(outside).resume();
        own.arriveFrom(others);
    }
    context::fiber body(context::fiber&& caller) {
        outside = std::move(caller);
        own.arriveFrom(others);
        while (!unwinding) {
            try {
                task();
            } catch (const Unwound&) {
            }
            task = nullptr;
            if (!unwinding) leave();
        }
        ended = true;
        own.leaveFor(others, true);
        return std::move(outside);
    }
};

Fiber::Fiber() : context_(std::make_unique<Context>()) {}

Fiber::~Fiber() {
    if (context_->inside) {
        STANDIN_ASSERT(running != this);
        context_->unwinding = true;
        context_->enter(*this);
        STANDIN_ASSERT(context_->ended);
    }
#if defined(__SANITIZE_THREAD__)
    if (context_->own.thread != nullptr) __tsan_destroy_fiber(context_->own.thread);
#endif
}

void Fiber::start(std::function<void()> task) {
    STANDIN_ASSERT(idle());
    context_->task = std::move(task);
    if (!context_->inside) {
        const context::stack_context stack = PooledStack::allocate();
        context_->own.bottom = static_cast<char*>(stack.sp) - stack.size;
        context_->own.size = stack.size;
#if defined(__SANITIZE_THREAD__)
        context_->own.thread = __tsan_create_fiber(0);
#endif
        context_->inside =
            context::fiber(std::allocator_arg, context::preallocated(stack.sp, stack.size, stack), PooledStack{},
                           [its = context_.get()](context::fiber&& caller) { return its->body(std::move(caller)); });
    }
    context_->enter(*this);
}

void Fiber::resume() {
    STANDIN_ASSERT(!idle());
    context_->enter(*this);
}

bool Fiber::idle() const {
    return !context_->task;
}

void Fiber::suspend() {
    STANDIN_ASSERT(running != nullptr);
    auto& its = *running->context_;
    its.leave();
    if (its.unwinding) throw Unwound{};
}

Fiber* Fiber::current() {
    return running;
}

}  // namespace standin::simulation
