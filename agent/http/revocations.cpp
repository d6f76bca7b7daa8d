#include "agent/http/revocations.hpp"

#include <fmt/format.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "agent/http/peer.hpp"

namespace standin::http {

using base::ErrorCode;
using base::failure;

namespace {

bool maySignLists(X509* authority) {
    return (X509_get_key_usage(authority) & KU_CRL_SIGN) != 0;  // all bits are set where the certificate does not say
}

bool signedBy(X509_CRL* list, X509* authority) {
    return X509_NAME_cmp(X509_CRL_get_issuer(list), X509_get_subject_name(authority)) == 0 &&
           X509_CRL_verify(list, X509_get0_pubkey(authority)) == 1;
}

std::string problemOf(X509_CRL* list) {
    if (X509_CRL_get_ext_by_NID(list, NID_delta_crl, -1) >= 0)
        return "only says what has changed (a delta list); export the whole list";
    if (X509_CRL_get_ext_by_NID(list, NID_issuing_distribution_point, -1) >= 0)
        return "is about a part of its CA's certificates only; export the whole list";
    if (X509_CRL_get0_lastUpdate(list) == nullptr || momentOf(X509_CRL_get0_lastUpdate(list)) == base::WallTime{})
        return "does not say when it was made";
    return {};
}

}  // namespace

base::Result<Revocations> Revocations::from(std::string_view pem, const std::vector<CertificatePointer>& authorities) {
    auto lists = revocationListsIn(pem);
    if (!lists) return failure(lists.error());
    if (lists->empty()) return failure(ErrorCode::InvalidInput, "holds no PEM revocation list");
    Revocations made;
    for (auto& list : *lists) {
        const auto signer = std::find_if(authorities.begin(), authorities.end(),
                                         [&](const auto& authority) { return signedBy(list.get(), authority.get()); });
        if (signer == authorities.end())
            return failure(ErrorCode::InvalidInput, "holds a list that none of the trusted CAs has signed");
        if (!maySignLists(signer->get()))
            return failure(ErrorCode::InvalidInput,
                           fmt::format("is signed by '{}', whose certificate may not sign lists (key usage cRLSign)",
                                       nameOf(signer->get()).text));
        if (auto problem = problemOf(list.get()); !problem.empty()) return failure(ErrorCode::InvalidInput, problem);
        X509_up_ref(signer->get());
        made.lists_.push_back({std::move(list), CertificatePointer(signer->get())});
    }
    return made;
}

bool Revocations::revokes(const X509* certificate) const {
    auto* asked = const_cast<X509*>(certificate);  // OpenSSL only reads it
    return std::any_of(lists_.begin(), lists_.end(), [&](const List& one) {
        if (X509_NAME_cmp(X509_get_issuer_name(asked), X509_CRL_get_issuer(one.list.get())) != 0) return false;
        X509_REVOKED* entry = nullptr;
        if (X509_CRL_get0_by_cert(one.list.get(), &entry, asked) != 1) return false;
        // A CA that was replaced has the same name; its numbers mean other certificates.
        return X509_verify(asked, X509_get0_pubkey(one.signer.get())) == 1;
    });
}

std::size_t Revocations::count() const {
    std::size_t sum = 0;
    for (const auto& one : lists_) {
        const auto* entries = X509_CRL_get_REVOKED(one.list.get());
        if (entries != nullptr) sum += static_cast<std::size_t>(sk_X509_REVOKED_num(entries));
    }
    return sum;
}

base::WallTime Revocations::nextUpdate() const {
    auto next = base::WallTime::max();
    for (const auto& one : lists_) {
        const auto* time = X509_CRL_get0_nextUpdate(one.list.get());
        if (time != nullptr) next = std::min(next, momentOf(time));
    }
    return next;
}

base::WallTime Revocations::lastUpdate() const {
    auto last = base::WallTime::max();
    for (const auto& one : lists_) last = std::min(last, momentOf(X509_CRL_get0_lastUpdate(one.list.get())));
    return last;
}

bool Revocations::isOlderThan(const Revocations& other) const {
    return std::any_of(lists_.begin(), lists_.end(), [&](const List& mine) {
        return std::any_of(other.lists_.begin(), other.lists_.end(), [&](const List& theirs) {
            return X509_cmp(mine.signer.get(), theirs.signer.get()) == 0 &&
                   momentOf(X509_CRL_get0_lastUpdate(mine.list.get())) <
                       momentOf(X509_CRL_get0_lastUpdate(theirs.list.get()));
        });
    });
}

std::vector<std::string> Revocations::uncovered(const std::vector<CertificatePointer>& authorities) const {
    std::vector<std::string> names;
    for (const auto& authority : authorities) {
        const bool covered = std::any_of(lists_.begin(), lists_.end(), [&](const List& one) {
            return X509_cmp(one.signer.get(), authority.get()) == 0;
        });
        if (!covered) names.push_back(nameOf(authority.get()).text);
    }
    return names;
}

}  // namespace standin::http
