// A port of the card with nobody's memory behind it: for tests that read and write registers.
#pragma once

#include <stdexcept>
#include <vector>

#include "hw/semaphores.hpp"
#include "hw/spi_eeprom.hpp"
#include "tests/support/port_bus.hpp"

namespace niclab::test {

class QuietPort : private DmaLaw {
 public:
  static constexpr MacAddress kMac{{2, 0, 0, 0, 0, 1}};

  explicit QuietPort(const sim::I350Quirks& quirks = {}, unsigned number = 0,
                     const sim::I350CardConfig& card = {})
      : eeprom(card.nvm ? *card.nvm : hw::Nvm::make_default(kMac)),
        semaphores_(card.firmware, card.pass_through ? hw::kFwsmPassThrough : 0),
        bus_(engine_, *this, 1),
        function(engine_, bus_, frames_, eeprom, semaphores_, number, 0, config(quirks)) {
    bus_.attach(function);
    function.power_on(now);
  }
  /// Each access takes a clock.
  std::uint32_t read(hw::reg::Offset offset) {
    pass(kDeviceClock);
    return function.read_csr(offset, now);
  }
  void write(hw::reg::Offset offset, std::uint32_t value) {
    pass(kDeviceClock);
    function.write_csr(offset, value, now);
  }
  /// Of configuration space, as write_config().
  void write_config(std::uint16_t offset, std::uint32_t value, unsigned byte_enable = 0xF) {
    pass(kDeviceClock);
    function.write_config(offset, value, byte_enable, now);
  }
  std::uint32_t read_config(std::uint16_t offset) { return function.read_config(offset); }
  void pass(Duration d) {
    now += d;
    engine_.run(now);
  }

  /// Frames on the wire so far.
  std::uint64_t transmitted() const { return bus_.transmitted(); }
  bool asserts_intx() const { return bus_.intx(); }
  void receive(Time end, sim::Frame* frame) { function.receive_frame(end, frame); }
  sim::FramePool& frames() { return frames_; }
  PortBus& bus() { return bus_; }

  Time now{};
  std::vector<std::byte> memory;  ///< of the host, from bus address 0 on; at first there is none
  hw::SpiEeprom eeprom;

 private:
  static sim::I350FunctionConfig config(const sim::I350Quirks& quirks) {
    sim::I350FunctionConfig c;
    c.mac = kMac;
    c.quirks = quirks;
    c.negotiation = 1_us;
    c.name = "port";
    return c;
  }
  std::byte* at(std::uint64_t address, std::uint32_t length, const char* what) {
    if (address > memory.size() || length > memory.size() - address) throw Violation(what);
    return memory.data() + address;
  }
  std::byte* readable(std::uint64_t address, std::uint32_t length, sim::ReadTag) override {
    return at(address, length, "a read");
  }
  std::byte* writable(std::uint64_t address, std::uint32_t length, bool) override {
    return at(address, length, "a write");
  }
  void written(std::uint64_t, std::uint32_t) override {}

  sim::Engine engine_{false};
  sim::FramePool frames_;
  hw::Semaphores semaphores_;
  PortBus bus_;

 public:
  sim::I350Function function;
};

}  // namespace niclab::test
