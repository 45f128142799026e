#include "lab/config_tree.hpp"

#include <gmock/gmock.h>

#include "support.hpp"

namespace niclab::lab {
namespace {

using test::error_of;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kText = R"([run]
seed = 7

[[app]]
port = 1
[[app]]
port = 2
[[host]]
name = "h1"
[[host.nic]]
mac = "x"
)";

ConfigNode tree() { return parse_toml(kText, "s.toml"); }
std::int64_t integer(const ConfigNode& n) { return std::get<std::int64_t>(n.value); }

TEST(ConfigTree, EveryValueKnowsItsLine) {
  const ConfigNode t = tree();
  EXPECT_EQ(t.find("run")->where.to_string(), "s.toml:1");
  EXPECT_EQ(t.find("run")->find("seed")->where.to_string(), "s.toml:2");
  EXPECT_EQ(t.find("app")->array()[1].find("port")->where.to_string(), "s.toml:7");
  EXPECT_EQ(t.find("app")->array()[1].where.to_string(), "s.toml:6");
  EXPECT_EQ(t.find("host")->array()[0].find("nic")->array()[0].find("mac")->where.to_string(), "s.toml:11");
}

TEST(ConfigTree, KeepsTheOrderOfTheFile) {
  const ConfigNode t = tree();
  ASSERT_EQ(t.table().size(), 3u);
  EXPECT_EQ(t.table()[0].first, "run");
  EXPECT_EQ(t.table()[1].first, "app");
  EXPECT_EQ(t.table()[2].first, "host");
}

TEST(ConfigTree, SyntaxErrorsAreOneLineWithTheirPlace) {
  const auto e = error_of([] { parse_toml("[run]\nseed = \n", "bad.toml"); });
  EXPECT_THAT(e, StartsWith("bad.toml:2: "));
  EXPECT_THAT(e, HasSubstr("expected"));
  EXPECT_EQ(e.find('\n'), std::string::npos);
}

TEST(ConfigTree, NotUtf8IsASyntaxError) {
  EXPECT_THAT(error_of([] { parse_toml("a = \"\xff\xfe\"", "bad.toml"); }), StartsWith("bad.toml:1: "));
}

TEST(Override, ReplacesCreatesAndIndexes) {
  ConfigNode t = tree();
  apply_override(t, "run.seed=9");
  apply_override(t, "app[1].port=20");
  apply_override(t, "app.port=10");
  apply_override(t, "pcie.lanes=1");
  apply_override(t, "host.nic.quirk.writeback_rule=threshold_only");
  EXPECT_EQ(integer(*t.find("run")->find("seed")), 9);
  EXPECT_EQ(integer(*t.find("app")->array()[0].find("port")), 10);
  EXPECT_EQ(integer(*t.find("app")->array()[1].find("port")), 20);
  EXPECT_EQ(integer(*t.find("pcie")->find("lanes")), 1);
  const auto& nic = t.find("host")->array()[0].find("nic")->array()[0];
  EXPECT_EQ(std::get<std::string>(nic.find("quirk")->find("writeback_rule")->value), "threshold_only");
  EXPECT_EQ(t.find("run")->find("seed")->where.to_string(), "--set run.seed");
}

TEST(Override, ValueIsTomlElseAString) {
  ConfigNode t = tree();
  const auto set = [&](const std::string& v) -> const ConfigNode& {
    apply_override(t, "run.x=" + v);
    return *t.find("run")->find("x");
  };
  EXPECT_EQ(std::get<std::string>(set("5ms").value), "5ms");
  EXPECT_EQ(std::get<std::string>(set("\"5\"").value), "5");
  EXPECT_EQ(std::get<std::string>(set("10.9.0.1/24").value), "10.9.0.1/24");
  EXPECT_EQ(std::get<std::string>(set("").value), "");
  EXPECT_EQ(std::get<std::string>(set("a=b").value), "a=b");
  EXPECT_EQ(std::get<std::string>(set("1\ny = 2").value), "1\ny = 2");
  EXPECT_EQ(integer(set("5")), 5);
  EXPECT_EQ(std::get<bool>(set("true").value), true);
  EXPECT_EQ(std::get<double>(set("1.5").value), 1.5);
  EXPECT_TRUE(set("[1, 2]").is_array());
}

TEST(Override, ErrorsNameTheOption) {
  const auto set = [](const std::string& s) {
    return error_of([&] {
      ConfigNode t = tree();
      apply_override(t, s);
    });
  };
  EXPECT_THAT(set("app[2].port=1"), StartsWith("--set app[2].port: index 2"));
  EXPECT_THAT(set("traffic.rate=line"), StartsWith("--set traffic.rate: "));
  EXPECT_THAT(set("run.seed.x=1"), StartsWith("--set run.seed.x: "));
  for (const char* bad :
       {"run.seed", "=1", "a..b=1", ".a=1", "a.=1", "app[x].port=1", "app[.port=1", "app[].port=1",
        "app[-1].port=1", "a b=1", "run[1].seed=3", "run.seed[0]=3", "run.new[0]=3"})
    EXPECT_THAT(set(bad), StartsWith("--set ")) << bad;
}

TEST(ConfigJson, RoundTrips) {
  const ConfigNode t = tree();
  const std::string json = config_to_json(t);
  EXPECT_EQ(config_to_json(config_from_json(json, "x.json")), json);
  EXPECT_THAT(error_of([] { config_from_json("{", "x.json"); }), StartsWith("x.json: "));
}

TEST(Nearest, SuggestsSlipsOnly) {
  EXPECT_EQ(nearest("durration", {"duration", "until"}), "duration");
  EXPECT_EQ(nearest("prot", {"port", "host"}), "port");
  EXPECT_EQ(nearest("elephant", {"port", "host"}), "");
}

}  // namespace
}  // namespace niclab::lab
