#pragma once

#include <mutex>

#include "coordinator/engine/engine.hpp"
#include "coordinator/engine/thread_pool_executor.hpp"
#include "coordinator/journal/sqlite_journal.hpp"
#include "coordinator/simulation/drivers.hpp"
#include "coordinator/simulation/world/world.hpp"

namespace standin {

/// A simulated world for an engine that has real threads, real time and a real journal. One step at a time is in the
/// world, on its own thread; virtual time passes while it waits, and none passes between steps.
class ThreadedWorld final : public engine::Executor {
  public:
    explicit ThreadedWorld(simulation::WorldConfig given) : config(std::move(given)) {}

    Ticket post(Task task) override {
        task.run = [this, run = std::move(task.run)] {
            const std::lock_guard lock(mutex);
            simulation::FiberExecutor fibers(world.queue, 1);
            bool ended = false;
            fibers.run([&] {
                run();
                ended = true;
            });
            while (!ended) world.queue.runNext();
            while (world.queue.next()) world.queue.runNext();  // what it has begun comes to its end
        };
        return threads_.post(std::move(task));
    }
    void writeOff(Ticket ticket) override { threads_.writeOff(ticket); }
    bool takeBack(Ticket ticket) override { return threads_.takeBack(ticket); }
    void stop() { threads_.stop(); }

    /// Of the world; nobody is told anything.
    engine::Drivers drivers() {
        struct Silent final : drivers::Notifier {
            void notify(const drivers::Notification& /*notification*/) override {}
        };
        auto drivers = simulation::driversFor(world);
        drivers.notifier = std::make_shared<Silent>();
        return drivers;
    }

    const simulation::WorldConfig config;
    std::mutex mutex;  ///< of the world
    simulation::World world{config, false};

  private:
    engine::ThreadPoolExecutor threads_;
};

/// A real journal; what it holds is known in the world, whose rules it is held against.
class KnownJournal final : public journal::Journal {
  public:
    KnownJournal(const std::string& path, ThreadedWorld& world) : journal_(path), world_(world) {}

    base::Result<journal::Contents> open() override {
        auto contents = journal_.open();
        const std::lock_guard lock(world_.mutex);
        if (!contents) return contents;
        world_.world.disk.take(*contents);
        world_.world.disk.instances.insert(contents->instance);
        return contents;
    }
    base::Result<void> commit(const journal::Entry& entry) override {
        if (before) before();
        auto done = journal_.commit(entry);
        const std::lock_guard lock(world_.mutex);
        if (!done) return done;
        world_.world.invariants.commits(entry);
        world_.world.disk.write(entry);
        return done;
    }
    void begins(Work work, domain::OperationId id) noexcept override { journal_.begins(work, id); }
    void ends(Work work) noexcept override { journal_.ends(work); }
    base::Result<std::vector<domain::AuditEntry>> audit(std::size_t most) override { return journal_.audit(most); }

    std::function<void()> before;  ///< each commit

  private:
    journal::SqliteJournal journal_;
    ThreadedWorld& world_;
};

}  // namespace standin
