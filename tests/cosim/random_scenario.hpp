// Scenarios nobody thought of: hosts, queues, throttles, applications and traffic drawn from a seed.
#pragma once

#include <random>
#include <string>

namespace niclab::lab {

class RandomScenario {
 public:
  explicit RandomScenario(std::uint64_t seed) : random_(seed * 7919 + 1), seed_(seed) {}

  std::string text() {
    hosts_ = 1 + pick(2);
    out_ =
        "[run]\nduration = \"" + std::to_string(2 + pick(3)) + "ms\"\nseed = " + std::to_string(seed_) + "\n";
    out_ += "[pcie]\ngen = " + std::to_string(1 + pick(2)) + "\nlanes = " + one_of({"1", "2", "4"}) +
            "\nmps = " + one_of({"128", "256", "512"}) + "\niova_bits = " + one_of({"32", "64"}) +
            "\niotlb_entries = " + one_of({"4", "64"}) + "\n";
    for (unsigned h = 0; h < hosts_; ++h) host(h);
    for (unsigned h = 0; h < hosts_; ++h) applications(h);
    const unsigned streams = hosts_ == 1 ? 1 + pick(3) : pick(3);
    for (unsigned i = 0; i < streams; ++i) traffic();
    return out_;
  }

 private:
  unsigned pick(unsigned n) { return static_cast<unsigned>(random_() % n); }
  std::string one_of(std::initializer_list<const char*> v) {
    return v.begin()[pick(static_cast<unsigned>(v.size()))];
  }
  void key(const char* name, unsigned value) {
    out_ += std::string(name) + " = " + std::to_string(value) + "\n";
  }
  void text_key(const char* name, const std::string& value) {
    out_ += std::string(name) + " = \"" + value + "\"\n";
  }

  void host(unsigned h) {
    cpus_[h] = 1 + pick(4);
    out_ += "[[host]]\n";
    text_key("name", "h" + std::to_string(h));
    text_key("kernel", one_of({"3.13", "4.0"}));
    out_ += "hz = " + one_of({"100", "250", "1000"}) + "\n";
    key("cpus", cpus_[h]);
    nic(h, 0, address(h));
    two_ports_[h] = pick(3) == 0;  // of one card, on one bus
    if (two_ports_[h]) nic(h, 1, "10.1." + std::to_string(h) + ".1");
  }

  void nic(unsigned h, unsigned n, const std::string& ipv4) {
    out_ += "[[host.nic]]\n";
    text_key("if", "eth" + std::to_string(n));
    text_key("mac", "02:00:00:00:0" + std::to_string(n) + ":0" + std::to_string(h + 1));
    text_key("ipv4", ipv4 + "/24");
    key("queues", 1 + pick(4));
    out_ += "rx_usecs = " + one_of({"0", "3", "10", "100"}) + "\n";
    out_ += "rx_ring = " + one_of({"80", "256"}) + "\ntx_ring = " + one_of({"80", "256"}) + "\n";
    constexpr const char* kInterrupts[] = {"msix", "msi", "intx"};  // no draw: seeds keep their traffic
    text_key("interrupts", kInterrupts[(seed_ + h + n) % 3]);
    out_ += "[host.nic.quirk]\nwriteback_rule = " + one_of({"\"eitr_flushes\"", "\"threshold_only\""}) + "\n";
  }

  void applications(unsigned h) {
    application(h, "echo");
    key("port", 7);
    application(h, "sink");
    key("port", 9);
    if (pick(2) == 0) text_key("work", std::to_string(pick(4000)) + "ns");
    if (pick(3) == 0) key("rcvbuf", 4096);
    for (unsigned n = pick(4); n > 0; --n) {
      const bool request = pick(2) == 0;
      application(h, request ? "request" : "send");
      // The other host or, alone, somebody at the far end (who answers no request).
      text_key("to", (hosts_ == 2 ? address(1 - h) : "10.0.0.77") + (request || pick(2) == 0 ? ":7" : ":9"));
      key("size", pick(3) == 0 ? pick(4001) : pick(1473));  // some are fragmented
      text_key("start", std::to_string(pick(500)) + "us");
      if (request) {
        text_key("timeout", "700us");
      } else {
        text_key("interval", std::to_string(3 + pick(60)) + "us");
        key("burst", 1 + pick(5));
      }
    }
  }

  void application(unsigned h, const char* kind) {
    out_ += "[[app]]\n";
    text_key("host", "h" + std::to_string(h));
    text_key("kind", kind);
    key("cpu", pick(cpus_[h]));
  }

  void traffic() {
    out_ += "[[traffic]]\n";
    const unsigned h = pick(hosts_);
    text_key("to", "h" + std::to_string(h) + (two_ports_[h] && pick(2) == 0 ? ".eth1" : ".eth0"));
    text_key("kind", "udp");
    text_key("rate", pick(4) == 0 ? "line" : std::to_string(2'000 + pick(300'000)) + "pps");
    key("size", 64 + pick(1455));
    out_ += "dport = " + one_of({"7", "9", "9", "4444"}) + "\n";  // nobody listens on the last
    key("sport", 2000 + pick(1000));
    key("flows", 1 + pick(20));
    key("sources", 1 + pick(8));
    text_key("start", std::to_string(pick(300)) + "us");
  }

  static std::string address(unsigned h) { return "10.0.0." + std::to_string(h + 1); }

  std::mt19937_64 random_;
  std::uint64_t seed_;
  unsigned hosts_ = 1, cpus_[2] = {1, 1};
  bool two_ports_[2] = {false, false};
  std::string out_;
};

}  // namespace niclab::lab
