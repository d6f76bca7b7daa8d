#include "agent/image_store/transfers/restores.hpp"

#include <fmt/format.h>

#include "agent/image_store/transfers/restore.hpp"

namespace standin::image_store {

using protocol::RestoreState;

base::Result<std::vector<protocol::Restore>> RestoreKind::earlier() {
    if (auto opened = records_.open(); !opened) return base::failure(opened.error());
    auto restores = records_.load();
    for (auto& restore : restores) {
        const bool ended = restore.state == RestoreState::Done || restore.state == RestoreState::Failed ||
                           restore.state == RestoreState::Cancelled;
        if (ended) continue;
        restore.state = RestoreState::Failed;
        restore.problem = fmt::format("interrupted when the agent stopped; disk '{}' is incomplete, restore it again",
                                      restore.disk.text());
        restore.cause = base::ErrorCode::Unreachable;  // nobody was there: another attempt may well succeed
        log_.warning("restore '{}': {}", restore.id.text(), restore.problem);
        if (auto saved = records_.save(restore); !saved) return base::failure(saved.error());
    }
    return restores;
}

protocol::Restore RestoreKind::show(View restore, const TransferWatch& watch) const {
    if (watch.begun()) restore.state = watch.readingBack() ? RestoreState::Verifying : RestoreState::Restoring;
    restore.progress = watch.progress();
    return restore;
}

std::optional<base::Result<protocol::Restore>> RestoreKind::repeated(const View& known, const base::ImageId& image,
                                                                     const DiskPlace& place, Damage /*damage*/) const {
    if (known.state == RestoreState::Failed || known.state == RestoreState::Cancelled) return std::nullopt;
    if (known.image == image && known.disk == place.name) return known;
    return base::failure(base::ErrorCode::Conflict,
                         fmt::format("restore '{}' is that of image '{}' to disk '{}'; take another id",
                                     known.id.text(), known.image.text(), known.disk.text()));
}

base::Result<std::pair<protocol::Restore, RestoreKind::Work>> RestoreKind::prepare(const Id& id,
                                                                                   const base::ImageId& image,
                                                                                   const DiskPlace& place,
                                                                                   Damage damage) {
    if (const auto known = repository_.damageOf(image); !known.empty() && damage == Damage::Refuse) {
        return base::failure(base::ErrorCode::Corrupt,
                             fmt::format("image '{}' is damaged ({}); restore another image, or ask for this one with "
                                         "\"accept_damage\": true; damaged blocks are then written as they are",
                                         image.text(), known));
    }
    auto content = repository_.open(image);
    if (!content) return base::failure(content.error());
    auto access = disks_.open(place, DiskAccess::Purpose::Write);
    if (!access) return base::failure(access.error());
    if (auto fits = checkFits((*content)->manifest(), *access); !fits) return base::failure(fits.error());
    return std::pair(View{id, image, place.name, RestoreState::Waiting, {}, {}},
                     Work{std::move(*content), std::move(*access), damage});
}

void RestoreKind::begun(const View& restore) {
    log_.notice("restore '{}': 'none' -> 'waiting' (image '{}' to disk '{}')", restore.id.text(), restore.image.text(),
                restore.disk.text());
}

base::Result<Restored> RestoreKind::move(Work& work, TransferWatch& watch) const {
    return restore(*work.content, work.access, watch, work.damage);
}

void RestoreKind::end(View& restore, const base::Result<Outcome>& outcome, const TransferWatch& watch,
                      std::chrono::nanoseconds /*took*/) {
    if (outcome) {
        restore.state = RestoreState::Done;
        restore.note = outcome->note;
    } else if (watch.cancelled()) {
        restore.state = RestoreState::Cancelled;
        restore.problem = fmt::format("cancelled; disk '{}' is incomplete", restore.disk.text());
    } else {
        restore.state = RestoreState::Failed;
        restore.cause = outcome.error().code;
        restore.problem = fmt::format("{}; disk '{}' is incomplete", outcome.error().message, restore.disk.text());
    }
    if (!interrupted_ || outcome) save(restore);
    auto sentence = fmt::format(
        "restore '{}': 'restoring' -> '{}' ({})", restore.id.text(), nameOf(restore.state),
        outcome ? fmt::format("read back and equal, {:.0f} MiB/s{}{}", restore.progress.bytes_per_second / (1 << 20),
                              restore.note.empty() ? "" : "; ", restore.note)
                : restore.problem);
    log_.write(outcome || watch.cancelled() ? base::LogLevel::Notice : base::LogLevel::Error, sentence);
}

void RestoreKind::cancelledUnbegun(View& restore) {
    restore.state = RestoreState::Cancelled;
    restore.problem = "cancelled before anything was written";
    save(restore);
}

void RestoreKind::save(const View& restore) {
    if (auto saved = records_.save(restore); !saved)
        log_.error("restore '{}': {}", restore.id.text(), saved.error().message);
}

base::Error RestoreKind::unknown(const Id& id) const {
    return {base::ErrorCode::NotFound, fmt::format("restore '{}' does not exist", id.text())};
}

}  // namespace standin::image_store
