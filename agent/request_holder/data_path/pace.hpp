#pragma once

#include <cstddef>
#include <map>
#include <optional>

#include "agent/request_holder/data_path/hold_queue.hpp"

namespace standin::request_holder {

// How it works, and why so.
//
// What is released goes to the machine in the order of arrival. `strict`: the next one only after the answer to the one
// before. `arrival`: up to a window of them are under way at once, because a job with several workers would otherwise
// do one thing at a time. Two requests can change places only within the window.
//
// Nobody knows how many workers a job has, so the window is learned as a network's capacity is: it is doubled after
// each round of answers while that makes the answers come faster, and stays once two rounds in a row brought no fifth
// more. A window that is too large costs only order (and queueing in the machine), so it starts small.
//
// A request without an answer (a subscription, a client that sent half of something) must not keep its place in the
// window for ever. It gives it up after a wait that is learned from the answers seen, at most `answer_wait`.
//
// If as many in a row as fit into the window have given up their places without a single answer, the machine stalls.
// From then on it gets one request at a time, each as a trial, after pauses that double; any answer ends this. What was
// not sent stays held, so a failed handover can give it back to the machine before. In `tcp` mode the pauses are
// bounded so that all of it gets its turn: clients that have not said all they want cannot be told from a machine that
// does not answer, and must not keep the others waiting.

/// How many of what was held may be under way at once.
enum class ReleaseOrder {
    Arrival,  ///< a window that is learned from the machine's answers
    Strict    ///< one: the next after the answer
};

struct PaceSettings {
    ReleaseOrder order = ReleaseOrder::Arrival;
    std::size_t longest_window = 256;
    Milliseconds answer_wait{2'000};  ///< after this without an answer a place in the window is given up
};

/// Decides when the next of what was held while no machine could process it may go. Without I/O; the time is an
/// argument.
class Pace {
  public:
    explicit Pace(const PaceSettings& settings) : settings_(settings) { begin(); }

    void begin();  ///< another machine may be there: nothing is known about it

    [[nodiscard]] std::size_t window() const { return window_; }
    /// May another one be sent, beside those under way and `preparing` more?
    [[nodiscard]] bool mayGo(std::size_t preparing, SteadyTime now) const;

    /// `longest_wait` is the longest that this one may keep its place in the window; at most `answer_wait`.
    /// `longest_pause` bounds the pause after it, if it is a trial.
    void sent(ArrivalNumber number, Milliseconds longest_wait, SteadyTime now,
              Milliseconds longest_pause = Milliseconds::max());
    void answered(ArrivalNumber number, SteadyTime now);
    void ended(ArrivalNumber number);

    /// Takes the places of those that waited too long.
    void giveUp(SteadyTime now);
    /// When giveUp() or mayGo() has something new to say without any other event.
    [[nodiscard]] std::optional<SteadyTime> nextChange() const;

    [[nodiscard]] bool stalled() const { return silent_ >= stalled_after(); }
    [[nodiscard]] std::size_t underWay() const { return under_way_.size(); }

  private:
    struct Sent {
        SteadyTime at;
        SteadyTime until;
    };

    void learn(Milliseconds took, SteadyTime now);
    void endRound(SteadyTime now);
    [[nodiscard]] std::size_t stalled_after() const;
    [[nodiscard]] Milliseconds patience() const;

    const PaceSettings settings_;
    std::map<ArrivalNumber, Sent> under_way_;
    std::size_t window_ = 1;
    bool learned_ = false;      // the window is large enough
    bool tried_again_ = false;  // the next size is being tried although it was
    std::size_t answers_in_round_ = 0;
    SteadyTime round_began_{};
    double best_rate_ = 0;  // answers per second
    std::size_t best_window_ = 1;
    int rounds_without_gain_ = 0;
    int settled_rounds_ = 0;   // since it was learned
    double usual_ms_ = 0;      // of an answer; 0: none seen
    double deviation_ms_ = 0;  // from that
    std::size_t silent_ = 0;   // gave up their places since the last answer
    SteadyTime next_trial_{};
    Milliseconds trial_pause_{0};
};

}  // namespace standin::request_holder
