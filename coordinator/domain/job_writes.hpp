#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/clock.hpp"

namespace standin::domain {

/// A machine whose disk has, or may have, the writes of a job from a certain period, which no other disk has (rule 10).
struct HeldWrites {
    enum class By { Server, StandIn, Spare };
    By by = By::Server;
    std::string holder;      ///< the machine's or stand-in's name; empty: not known
    base::WallTime from{};   ///< epoch: not known
    base::WallTime until{};  ///< epoch: it continues
    bool given_up = false;   ///< an operator has agreed to lose them
    bool operator==(const HeldWrites&) const = default;
};

std::string_view nameOf(HeldWrites::By by);
std::optional<HeldWrites::By> holderFrom(std::string_view name);

/// `29 days`, `3 hours`, `less than a minute`.
std::string durationText(base::WallTime::duration time);
/// `of 29 days ago`, or `of an unknown age`, for the state of data at `at`.
std::string agoText(base::WallTime at, base::WallTime now);
/// `2026-11-23 05:06 UTC`.
std::string momentText(base::WallTime time);

/// `stand-in 'server01-1' (written from 2026-11-23 05:06 UTC to 2026-11-23 06:00 UTC)`, joined by commas.
std::string sentenceOf(const std::vector<HeldWrites>& writes);

struct Change;
struct Operation;
struct Server;

/// Updates `operation.writes` for a change of state: which machines may have executed the job, from when to when.
void noteWrites(Operation& operation, const Change& change, base::WallTime now);

/// True if the stand-in of a closed failover is kept rather than deleted: its disk has writes of the job, and nobody
/// has agreed to lose them.
bool keepsStandIn(const Operation& failover, const Server& server);

/// `it goes on with its data of 29 days ago`: what happens to a job's data on a machine made from an image.
std::string dataSentence(const Server& server, base::WallTime image_at, base::WallTime now);

}  // namespace standin::domain
