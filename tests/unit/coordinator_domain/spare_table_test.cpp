#include "coordinator/domain/spare_table.hpp"

#include <boost/test/unit_test.hpp>

using namespace standin::domain;
using standin::base::ErrorCode;
using standin::base::ImageId;
using standin::base::ServerName;
using standin::base::SpareName;
using standin::base::StandInName;

namespace {
const ServerName server01("server01"), server02("server02");
const SpareName spare01("spare01"), spare02("spare02");
const ImageId image("image-1"), newer("image-2");

SpareTable tableWithRow() {
    SpareTable table;
    BOOST_REQUIRE(table.set(server01, spare01, image).has_value());
    return table;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(spare_table)

BOOST_AUTO_TEST_CASE(a_set_spare_is_leased_to_its_server) {
    const auto table = tableWithRow();
    BOOST_REQUIRE(table.lease(spare01) != nullptr);
    BOOST_TEST(table.lease(spare01)->server == server01);
}

BOOST_AUTO_TEST_CASE(a_leased_spare_is_refused_to_others_with_the_holders_name) {
    auto table = tableWithRow();
    const auto refused = table.set(server02, spare01, image);
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == ErrorCode::Conflict));
    BOOST_TEST(refused.error().message.find("server01") != std::string::npos);
    BOOST_TEST(table.row(server02) == nullptr);
    BOOST_TEST(!table.leaseFor(spare01, server02, 7));
}

BOOST_AUTO_TEST_CASE(another_spare_gives_the_first_one_back) {
    auto table = tableWithRow();
    BOOST_TEST(table.set(server01, spare02, image).has_value());
    BOOST_TEST(table.lease(spare01) == nullptr);
    BOOST_TEST(table.lease(spare02) != nullptr);
}

BOOST_AUTO_TEST_CASE(another_image_makes_a_stand_in_stale) {
    auto table = tableWithRow();
    auto row = *table.row(server01);
    row.stand_in = StandInName("server01-1");
    row.standin_ready = true;
    BOOST_TEST(table.update(row).has_value());
    BOOST_TEST(table.set(server01, spare01, newer).has_value());
    BOOST_TEST(table.row(server01)->stale);
    BOOST_TEST(table.row(server01)->standin_ready);
}

BOOST_AUTO_TEST_CASE(a_spare_in_use_by_a_failover_can_be_neither_unset_nor_changed) {
    auto table = tableWithRow();
    BOOST_TEST(table.leaseFor(spare01, server01, 7).has_value());
    BOOST_TEST(!table.unset(server01));
    BOOST_TEST(!table.set(server01, spare02, image));
    BOOST_TEST(!table.leaseFor(spare01, server01, 8));
    BOOST_TEST(table.leaseFor(spare01, server01, 7).has_value());
}

BOOST_AUTO_TEST_CASE(a_released_spare_goes_back_to_its_row_or_is_free) {
    auto table = tableWithRow();
    BOOST_TEST(table.leaseFor(spare01, server01, 7).has_value());
    BOOST_TEST(table.leaseFor(spare02, server01, 7).has_value());
    table.release(spare01, 8);  // somebody else's word
    BOOST_TEST(table.leasedTo(spare01, 7));
    table.release(spare01, 7);
    table.release(spare02, 7);
    BOOST_TEST(table.lease(spare01)->failover == 0u);
    BOOST_TEST(table.lease(spare02) == nullptr);
}

BOOST_AUTO_TEST_CASE(unset_gives_the_spare_back) {
    auto table = tableWithRow();
    BOOST_TEST(table.unset(server01).has_value());
    BOOST_TEST(table.lease(spare01) == nullptr);
    BOOST_TEST((table.unset(server01).error().code == ErrorCode::NotFound));
}

BOOST_AUTO_TEST_CASE(leases_that_have_changed_are_told_once) {
    auto table = tableWithRow();
    BOOST_TEST((table.takeChangedLeases() == std::set{spare01}));
    BOOST_TEST(table.takeChangedLeases().empty());
    BOOST_TEST(table.set(server01, spare02, image).has_value());
    BOOST_TEST((table.takeChangedLeases() == std::set{spare01, spare02}));
    BOOST_TEST(table.leaseFor(spare02, server01, 7).has_value());
    table.release(spare02, 7);
    BOOST_TEST((table.takeChangedLeases() == std::set{spare02}));
}

BOOST_AUTO_TEST_SUITE_END()
