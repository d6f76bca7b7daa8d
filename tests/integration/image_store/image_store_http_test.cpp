#include "tests/integration/image_store/store_agent.hpp"

using namespace standin;
using namespace standin::image_store;

BOOST_AUTO_TEST_SUITE(image_store_over_http)

BOOST_FIXTURE_TEST_CASE(a_capture_is_accepted_told_and_listed, StoreAgent) {
    auto begun = put("/v1/images/a", {{"disk", "server01"}});
    BOOST_REQUIRE(begun);
    BOOST_TEST(begun->status == 202);
    BOOST_TEST(begun->location == "/v1/images/a");
    auto image = settled("/v1/images/a");
    BOOST_TEST(image["state"] == "ready");
    BOOST_TEST(image["disk"] == "server01");
    BOOST_TEST(image["size_bytes"] == 100 * block + 512);
    BOOST_TEST(image["block_size"] == block);
    BOOST_TEST(put("/v1/images/a", {{"disk", "server01"}})->status == 200);
    BOOST_TEST(client->get("/v1/images", answer_deadline)->at("images").size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_restore_is_accepted_and_ends_as_done, StoreAgent) {
    captured("a");
    auto begun = put("/v1/restores/r", {{"image", "a"}, {"disk", "spare01"}});
    BOOST_REQUIRE_MESSAGE(begun, why(begun));
    BOOST_TEST(begun->status == 202);
    auto restore = settled("/v1/restores/r");
    BOOST_TEST(restore["state"] == "done");
    BOOST_TEST(restore["progress"]["done_bytes"] == restore["progress"]["total_bytes"]);
    BOOST_TEST((readFile(directory / "spare01").substr(0, 100 * block + 512) == readFile(directory / "server01")));
    BOOST_TEST(put("/v1/restores/r", {{"image", "a"}, {"disk", "spare01"}})->status == 200);
    BOOST_TEST(client->get("/v1/restores", answer_deadline)->at("restores").size() == 1U);
    BOOST_TEST(remove("/v1/restores/r")->status == 204);
    auto text = metrics->render();
    BOOST_TEST(text.find("standin_image_transfer_seconds") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(content_comes_whole_and_in_parts, StoreAgent) {
    captured("a");
    auto disk_bytes = readFile(directory / "server01");
    int status = 0;
    BOOST_TEST((body("/v1/images/a/content", {}, status) == disk_bytes));
    BOOST_TEST(status == 200);
    BOOST_TEST((body("/v1/images/a/content", {{"Range", "bytes=65000-140000"}}, status) ==
                disk_bytes.substr(65000, 140001 - 65000)));
    BOOST_TEST(status == 206);
    BOOST_TEST((body("/v1/images/a/content", {{"Range", "bytes=-700"}}, status) ==
                disk_bytes.substr(disk_bytes.size() - 700)));
    BOOST_TEST((body("/v1/images/a/blocks", {}, status) ==
                disk_bytes.substr(0, block) + disk_bytes.substr(2 * block, 2 * block)));
    BOOST_TEST((body("/v1/images/a/blocks?from=3", {}, status) == disk_bytes.substr(3 * block, block)));
    BOOST_TEST((body("/v1/images/a/blocks?from=50", {}, status).empty()));
    auto behind = client->stream(
        "/v1/images/a/content", {{"Range", "bytes=99999999-"}}, [](const char*, std::size_t) { return true; },
        answer_deadline);
    BOOST_TEST((behind.error().code == base::ErrorCode::InvalidInput));
}

BOOST_FIXTURE_TEST_CASE(differences_disks_and_health_are_told, StoreAgent) {
    captured("a");
    flip(directory / "server01", 50 * block);
    captured("b");
    auto difference = client->get("/v1/images/a/difference/b", answer_deadline);
    BOOST_REQUIRE(difference);
    BOOST_TEST((*difference)["equal"] == false);
    BOOST_TEST((*difference)["blocks"] == 1);
    BOOST_TEST((*difference)["bytes"] == block);
    auto disks = client->get("/v1/disks", answer_deadline);
    BOOST_REQUIRE(disks);
    BOOST_TEST((*disks)["disks"][0]["present"] == true);
    BOOST_TEST((*disks)["disks"][0]["in_use"] == false);
    BOOST_TEST(client->ask("/v1/health", answer_deadline)->status == 200);
}

BOOST_FIXTURE_TEST_CASE(a_verification_is_accepted_and_tells_what_is_damaged, StoreAgent) {
    captured("a");
    BOOST_TEST((client->get("/v1/images/a/verification", answer_deadline).error().code == base::ErrorCode::NotFound));
    auto begun = put("/v1/images/a/verification", protocol::Json::object());
    BOOST_REQUIRE_MESSAGE(begun, why(begun));
    BOOST_TEST(begun->status == 202);
    BOOST_TEST(begun->location == "/v1/images/a/verification");
    BOOST_TEST(settled("/v1/images/a/verification")["state"] == "intact");
    flip(directory / "images/a/content", 9);
    BOOST_REQUIRE(put("/v1/images/a/verification", protocol::Json::object()));
    auto told = settled("/v1/images/a/verification");
    BOOST_TEST(told["state"] == "damaged");
    BOOST_TEST(told["damaged_blocks"] == 1);
    BOOST_TEST(remove("/v1/images/a")->status == 204);
}

BOOST_FIXTURE_TEST_CASE(bad_requests_are_told_by_what_is_wrong_with_them, StoreAgent) {
    captured("a");
    auto code = [](const auto& result) {
        BOOST_REQUIRE(!result);
        return result.error().code;
    };
    BOOST_TEST((code(put("/v1/images/b", {{"dsk", "server01"}})) == base::ErrorCode::InvalidInput));
    BOOST_TEST((code(put("/v1/images/b", {{"disk", "server01"}, {"more", 1}})) == base::ErrorCode::InvalidInput));
    BOOST_TEST((code(put("/v1/images/b", {{"disk", "../../etc"}})) == base::ErrorCode::InvalidInput));
    BOOST_TEST((code(put("/v1/images/.lock", {{"disk", "server01"}})) == base::ErrorCode::InvalidInput));
    BOOST_TEST((code(put("/v1/images/%2e%2e%2fx", {{"disk", "server01"}})) == base::ErrorCode::NotFound));
    BOOST_TEST((code(put("/v1/images/b", {{"disk", "server09"}})) == base::ErrorCode::NotFound));
    BOOST_TEST((code(put("/v1/restores/r", {{"image", "a"}})) == base::ErrorCode::InvalidInput));
    BOOST_TEST((code(put("/v1/restores/r", {{"image", "zz"}, {"disk", "spare01"}})) == base::ErrorCode::NotFound));
    BOOST_TEST((code(client->get("/v1/images/a/difference/zz", answer_deadline)) == base::ErrorCode::NotFound));
    BOOST_TEST((code(client->get("/v1/images/a/blocks?from=101", answer_deadline)) == base::ErrorCode::InvalidInput));
    BOOST_TEST((code(client->get("/v1/images/a/blocks?from=x", answer_deadline)) == base::ErrorCode::InvalidInput));
}

BOOST_FIXTURE_TEST_CASE(a_disk_that_is_in_use_is_refused_and_one_that_is_too_small_is_invalid_input, StoreAgent) {
    captured("a");
    std::filesystem::resize_file(directory / "spare01", 90 * block);
    auto small = put("/v1/restores/r", {{"image", "a"}, {"disk", "spare01"}});
    BOOST_REQUIRE(!small);
    BOOST_TEST((small.error().code == base::ErrorCode::InvalidInput));
    auto user = DiskAccess::open({disk("d"), directory / "server01"}, DiskAccess::Purpose::Read);
    auto busy = put("/v1/images/b", {{"disk", "server01"}});
    BOOST_REQUIRE(!busy);
    BOOST_TEST((busy.error().code == base::ErrorCode::Refused));
    BOOST_TEST(busy.error().message.find("in use") != std::string::npos);
    auto disks = client->get("/v1/disks", answer_deadline);
    BOOST_TEST((*disks)["disks"][0]["in_use"] == true);
}

BOOST_FIXTURE_TEST_CASE(a_damaged_image_is_told_and_can_be_deleted, StoreAgent) {
    captured("a");
    std::filesystem::resize_file(directory / "images/a/manifest", 10);
    auto image = client->get("/v1/images/a", answer_deadline);
    BOOST_REQUIRE(image);
    BOOST_TEST((*image)["state"] == "corrupt");
    BOOST_TEST((*image)["problem"].get<std::string>().find("delete image 'a'") != std::string::npos);
    BOOST_TEST(client->ask("/v1/health", answer_deadline)->status == 503);
    BOOST_TEST((client->get("/v1/images/a/content", answer_deadline).error().code == base::ErrorCode::Corrupt));
    BOOST_TEST(remove("/v1/images/a")->status == 204);
    BOOST_TEST(client->ask("/v1/health", answer_deadline)->status == 200);
}

BOOST_FIXTURE_TEST_CASE(a_block_damaged_in_mid_content_ends_the_connection_instead_of_passing_for_content, StoreAgent) {
    captured("a");
    flip(directory / "images/a/content", 2 * block + 9);
    int status = 0;
    BOOST_TEST(body("/v1/images/a/content", {}, status).size() < 3 * block);
}

BOOST_FIXTURE_TEST_CASE(a_block_that_turned_out_damaged_is_shown_and_its_image_restored_only_when_that_is_asked_for,
                        StoreAgent) {
    captured("a");
    flip(directory / "images/a/content", 2 * block + 9);
    int status = 0;
    body("/v1/images/a/content", {}, status);
    auto image = client->get("/v1/images/a", answer_deadline);
    BOOST_REQUIRE(image);
    BOOST_TEST((*image)["state"] == "damaged");
    BOOST_TEST(metrics->render().find("standin_image_store_images{state=\"damaged\"} 1") != std::string::npos);
    auto refused = put("/v1/restores/r", {{"image", "a"}, {"disk", "spare01"}});
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == base::ErrorCode::Corrupt));
    BOOST_REQUIRE(put("/v1/restores/r", {{"image", "a"}, {"disk", "spare01"}, {"accept_damage", true}}));
    auto restore = settled("/v1/restores/r");
    BOOST_TEST(restore["state"] == "done");
    BOOST_TEST(restore["note"].get<std::string>().find("damaged blocks") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
