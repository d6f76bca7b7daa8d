#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace standin::http {

/// The threads that execute peers' requests. Commanders may use all of them. All others together leave a reserve free
/// for commanders, and each has at most its share: a client that blocks its threads blocks only itself.
class WorkCrew {
  public:
    struct Limits {
        std::size_t threads = 64;
        std::size_t reserved = 16;  ///< for commanders only
        std::size_t share = 16;     ///< of each other peer
        std::size_t ready = 0;      ///< started at once
    };
    struct Job {
        std::string peer;
        bool comes_first = false;
        std::function<void()> run;
    };
    explicit WorkCrew(Limits limits);
    ~WorkCrew();
    WorkCrew(const WorkCrew&) = delete;
    WorkCrew& operator=(const WorkCrew&) = delete;

    /// Waits for its turn. False: the crew has stopped.
    bool post(Job job);
    /// False: no thread is free for this peer now.
    bool tryPost(Job job);
    /// Drops what has not begun and waits for what has. Idempotent.
    void stop();

  private:
    struct Waiting {
        Job job;
        bool has_place = false;  ///< counted already
    };
    [[nodiscard]] bool fits(const Job& job) const;
    void takePlace(const Job& job);
    void givePlaceBack(const Job& job);
    /// The next that may begin, those who come first first; the queue's end: none.
    std::deque<Waiting>::iterator nextJob();
    void add(Waiting waiting);
    void run();

    const Limits limits_;
    std::mutex mutex_;
    std::condition_variable wanted_;
    std::deque<Waiting> waiting_;
    std::vector<std::thread> threads_;
    std::size_t idle_ = 0;
    std::size_t placed_ = 0;    ///< running, or about to
    std::size_t ordinary_ = 0;  ///< of them those who do not come first
    std::map<std::string, std::size_t> of_peer_;
    bool stopping_ = false;
};

}  // namespace standin::http
