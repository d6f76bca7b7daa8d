#pragma once

#include "agent/base/log.hpp"
#include "agent/image_store/images/image_repository.hpp"
#include "agent/image_store/transfers/transfer_jobs.hpp"
#include "agent/image_store/transfers/verification.hpp"
#include "agent/protocol/image.hpp"

namespace standin::image_store {

/// Verifications of images and their results, kept while the agent runs; damage that they find outlives it. They pause
/// during captures and restores, because a failed server waits for its image. `begin(id, content)`: a running
/// verification of this image is returned; one that has ended starts again.
class VerificationKind : public TransferKind<base::ImageId, protocol::ImageVerification, ImageDamage> {
  public:
    using Work = std::unique_ptr<ImageContent>;
    static constexpr std::ptrdiff_t ended_kept = 256;  // for those who ask later; each holds a few hundred bytes
    static constexpr bool keeps_successes = true;

    /// Captures and restores come first.
    VerificationKind(ImageRepository& repository, TransferPool& captures, TransferPool& restores,
                     const base::Clock& clock, base::Log log)
        : repository_(repository), captures_(captures), restores_(restores), clock_(clock), log_(std::move(log)) {}

    View show(View verification, const TransferWatch& watch) const;
    std::optional<base::Result<View>> repeated(const View& known, const Work& content) const;
    base::Result<std::pair<View, Work>> prepare(const Id& id, Work content);
    base::Result<Outcome> move(Work& content, TransferWatch& watch) const;
    void end(View& verification, const base::Result<Outcome>& damage, const TransferWatch& watch,
             std::chrono::nanoseconds took);
    base::Error unknown(const Id& id) const;
    static bool succeeded(const base::Result<Outcome>& damage) { return damage && damage->blocks == 0; }

  private:
    ImageRepository& repository_;
    TransferPool& captures_;
    TransferPool& restores_;
    const base::Clock& clock_;
    base::Log log_;
};

using Verifications = TransferJobs<VerificationKind>;

}  // namespace standin::image_store
