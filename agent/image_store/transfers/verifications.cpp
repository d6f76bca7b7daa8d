#include "agent/image_store/transfers/verifications.hpp"

#include <fmt/format.h>

namespace standin::image_store {

using protocol::VerificationState;

namespace {

constexpr const char* cure = "delete it and capture its server again; a stand-in made from it may be damaged, too";

}  // namespace

protocol::ImageVerification VerificationKind::show(View verification, const TransferWatch& watch) const {
    verification.state = watch.begun() ? VerificationState::Reading : VerificationState::Waiting;
    verification.progress = watch.progress();
    return verification;
}

std::optional<base::Result<protocol::ImageVerification>> VerificationKind::repeated(const View& known,
                                                                                    const Work& /*content*/) const {
    if (!known.ended_at.empty()) return std::nullopt;
    return known;
}

base::Result<std::pair<protocol::ImageVerification, VerificationKind::Work>> VerificationKind::prepare(const Id& id,
                                                                                                       Work content) {
    View verification;
    verification.image = id;
    return std::pair(std::move(verification), std::move(content));
}

base::Result<ImageDamage> VerificationKind::move(Work& content, TransferWatch& watch) const {
    return verify(*content, watch, [&] {
        captures_.awaitRest(watch.stopToken());
        restores_.awaitRest(watch.stopToken());
    });
}

void VerificationKind::end(View& verification, const base::Result<Outcome>& damage, const TransferWatch& watch,
                           std::chrono::nanoseconds /*took*/) {
    const auto image = fmt::format("image '{}'", verification.image.text());
    if (succeeded(damage)) {
        verification.state = VerificationState::Intact;
        repository_.clearDamage(verification.image);
    } else if (damage || damage.error().code == base::ErrorCode::Corrupt) {
        verification.state = VerificationState::Damaged;
        verification.damaged_blocks = damage ? damage->blocks : 0;
        verification.problem = damage ? fmt::format("damaged blocks of {}: {}, the first: {}; {}", image,
                                                    damage->blocks, damage->first, cure)
                                      : fmt::format("{}; {}", damage.error().message, cure);
        repository_.markDamaged(verification.image, damage ? damage->first : damage.error().message);
    } else {
        verification.state = VerificationState::Failed;
        verification.problem = watch.cancelled()
                                   ? fmt::format("the verification of {} was broken off; begin it again", image)
                                   : fmt::format("could not verify {}: {}", image, damage.error().message);
    }
    if (damage) verification.from_medium = damage->from_medium;
    verification.ended_at = base::rfc3339(clock_.wall());
    log_.write(
        verification.state == VerificationState::Damaged ? base::LogLevel::Error : base::LogLevel::Notice,
        fmt::format("{} verified{}: {}", image,
                    verification.from_medium ? "" : " through the page cache (no direct reads on its file system)",
                    verification.problem.empty() ? nameOf(verification.state) : verification.problem));
}

base::Error VerificationKind::unknown(const Id& id) const {
    return {base::ErrorCode::NotFound,
            fmt::format("image '{}' has not been verified since this agent was started; begin it", id.text())};
}

}  // namespace standin::image_store
