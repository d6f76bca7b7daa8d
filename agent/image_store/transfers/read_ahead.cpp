#include "agent/image_store/transfers/read_ahead.hpp"

#include <algorithm>

#include "agent/base/readiness.hpp"

namespace standin::image_store {

ReadAhead::ReadAhead(const OpenFile& file, Next next) : file_(file), next_(std::move(next)) {
    worker_.start("read ahead", [this](const std::stop_token& stop) { run(stop); });
}

void ReadAhead::plan() {
    while (!ended_) {
        {
            const std::lock_guard lock(mutex_);
            if (planned_ == taken_ + pieces_ahead) return;
        }
        const auto piece = next_();
        if (!piece) {
            ended_ = true;
            return;
        }
        STANDIN_ASSERT(piece->bytes <= read_at_once_bytes && piece->offset % direct_alignment == 0);
        const std::lock_guard lock(mutex_);
        slots_[planned_ % pieces_ahead].piece = *piece;
        ++planned_;
        changed_.notify_all();
    }
}

std::optional<ReadAhead::Filled> ReadAhead::take() {
    if (holds_) {
        const std::lock_guard lock(mutex_);
        ++taken_;
        holds_ = false;
    }
    plan();
    std::unique_lock lock(mutex_);
    if (taken_ == planned_) return std::nullopt;
    changed_.wait(lock, [this] { return read_ > taken_; });
    holds_ = true;
    auto& slot = slots_[taken_ % pieces_ahead];
    return Filled{slot.piece, slot.have, slot.buffer.bytes().first(slot.piece.bytes)};
}

void ReadAhead::run(const std::stop_token& stop) {
    base::resetThreadPriority();
    std::unique_lock lock(mutex_);
    while (changed_.wait(lock, stop, [this] { return read_ < planned_; })) {
        auto& slot = slots_[read_ % pieces_ahead];  // nobody else touches it until it is read
        const auto aligned = (slot.piece.bytes + direct_alignment - 1) / direct_alignment * direct_alignment;
        lock.unlock();
        auto have = file_.readSome(slot.piece.offset, slot.buffer.bytes().first(aligned));
        if (have) *have = std::min(*have, slot.piece.bytes);
        lock.lock();
        slot.have = std::move(have);
        ++read_;
        changed_.notify_all();
    }
}

}  // namespace standin::image_store
