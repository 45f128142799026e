// Advanced Error Reporting (fact base 1.5; the flow chart of PCI Express Base 6.2.5).
#include "hw/aer.hpp"

#include <gtest/gtest.h>

#include "hw/pci_config.hpp"

namespace niclab::hw {
namespace {

constexpr std::uint16_t kUeStatus = 0x104, kUeMask = 0x108, kUeSeverity = 0x10C, kCeStatus = 0x110,
                        kCeMask = 0x114, kControl = 0x118, kHeaderLog = 0x11C;
constexpr Aer::Enables kAll{.device_control = 0xF, .serr = false};
constexpr TlpHeader kHeader{1, 2, 3, 4}, kOther{5, 6, 7, 8};

TEST(Aer, ResetValuesAndAccess_FactBase_1_5) {
  Aer a;
  EXPECT_EQ(a.read(0x100), 0x14020001u) << "version 2, then the serial number";
  EXPECT_EQ(a.read(kUeSeverity), 0x00062030u);
  EXPECT_EQ(a.read(kCeMask), 0x00002000u) << "advisory errors are masked";
  EXPECT_EQ(a.read(kControl), 0x000000A0u) << "ECRC can be made and checked";
  a.write(kUeMask, ~0u, 0x0000FFFF);
  EXPECT_EQ(a.read(kUeMask), 0x0000F030u) << "bytes that are enabled, bits that are there";
  a.write(0x100, 0, ~0u);
  EXPECT_EQ(a.read(0x100), 0x14020001u);
  EXPECT_EQ(a.read(0x13C), 0u);
}

TEST(Aer, AnErrorThatIsNotCorrectableIsLoggedAndReportedByItsSeverity_FactBase_1_5) {
  Aer a;
  const auto out = a.report(PciError::completion_timeout, ErrorRole::plain, kHeader, kAll);
  EXPECT_EQ(out.message, ErrorMessage::nonfatal);
  EXPECT_EQ(out.device_status, 2);
  EXPECT_EQ(a.read(kUeStatus), 1u << 14);
  EXPECT_EQ(a.read(kControl) & 0x1F, 14u) << "first error pointer";
  EXPECT_EQ(a.read(kHeaderLog + 8), 3u);
  a.write(kUeSeverity, 1u << 14, ~0u);
  const auto fatal = a.report(PciError::completion_timeout, ErrorRole::plain, kHeader, kAll);
  EXPECT_EQ(fatal.message, ErrorMessage::fatal);
  EXPECT_EQ(fatal.device_status, 4);
}

TEST(Aer, TheHeaderLogBelongsToTheFirstErrorUntilSoftwareClearsIt_FactBase_1_5) {
  Aer a;
  a.report(PciError::poisoned_tlp, ErrorRole::plain, kHeader, kAll);
  a.report(PciError::malformed_tlp, ErrorRole::plain, kOther, kAll);
  EXPECT_EQ(a.read(kUeStatus), 1u << 12 | 1u << 18);
  EXPECT_EQ(a.read(kControl) & 0x1F, 12u);
  EXPECT_EQ(a.read(kHeaderLog), 1u);
  a.write(kUeStatus, 1u << 12, ~0u);
  EXPECT_EQ(a.read(kUeStatus), 1u << 18);
  a.report(PciError::malformed_tlp, ErrorRole::plain, kOther, kAll);
  EXPECT_EQ(a.read(kControl) & 0x1F, 18u);
  EXPECT_EQ(a.read(kHeaderLog), 5u);
}

TEST(Aer, MaskedErrorsLeaveAStatusBitOnly_FactBase_1_5) {
  Aer a;
  a.write(kUeMask, 1u << 12, ~0u);
  const auto out = a.report(PciError::poisoned_tlp, ErrorRole::plain, kHeader, kAll);
  EXPECT_EQ(out.message, ErrorMessage::none);
  EXPECT_EQ(a.read(kUeStatus), 1u << 12);
  EXPECT_EQ(a.read(kControl) & 0x1F, 0u);
  EXPECT_EQ(a.read(kHeaderLog), 0u);
}

TEST(Aer, AdvisoryErrorsAreReportedAsCorrectableOnes_FactBase_1_4_4) {
  Aer a;
  const auto masked = a.report(PciError::unexpected_completion, ErrorRole::advisory, kHeader, kAll);
  EXPECT_EQ(masked.device_status, 1) << "correctable";
  EXPECT_EQ(masked.message, ErrorMessage::none);
  EXPECT_EQ(a.read(kCeStatus), 1u << 13);
  EXPECT_EQ(a.read(kUeStatus), 0u) << "masked: nothing more is logged";
  a.write(kCeMask, 0, ~0u);
  const auto told = a.report(PciError::unexpected_completion, ErrorRole::advisory, kHeader, kAll);
  EXPECT_EQ(told.message, ErrorMessage::correctable);
  EXPECT_EQ(a.read(kUeStatus), 1u << 16);
  EXPECT_EQ(a.read(kHeaderLog), 1u);
  a.write(kUeSeverity, 1u << 16, ~0u);
  const auto fatal = a.report(PciError::unexpected_completion, ErrorRole::advisory, kHeader, kAll);
  EXPECT_EQ(fatal.message, ErrorMessage::fatal) << "only nonfatal errors can be advisory";
}

TEST(Aer, DeviceControlAndSerrDecideWhatIsSent_FactBase_1_4_4) {
  struct Row {
    PciError error;
    Aer::Enables enables;
    ErrorMessage message;
    unsigned status;
  };
  using enum ErrorMessage;
  const Row rows[] = {
      {PciError::poisoned_tlp, {.device_control = 0xD, .serr = false}, none, 0},
      {PciError::poisoned_tlp, {.device_control = 0x2, .serr = false}, nonfatal, 0},
      {PciError::poisoned_tlp, {.device_control = 0x0, .serr = true}, nonfatal, 0x4000},
      {PciError::malformed_tlp, {.device_control = 0x2, .serr = false}, none, 0},
      {PciError::malformed_tlp, {.device_control = 0x4, .serr = false}, fatal, 0},
      {PciError::malformed_tlp, {.device_control = 0x4, .serr = true}, fatal, 0x4000},
      {PciError::unsupported_request, {.device_control = 0x2, .serr = false}, none, 0},
      {PciError::unsupported_request, {.device_control = 0xA, .serr = false}, nonfatal, 0},
      {PciError::bad_tlp, {.device_control = 0xE, .serr = true}, none, 0},
      {PciError::bad_tlp, {.device_control = 0x1, .serr = false}, correctable, 0},
  };
  for (const Row& r : rows) {
    SCOPED_TRACE(static_cast<unsigned>(r.error) * 100 + r.enables.device_control);
    const auto out = Aer().report(r.error, ErrorRole::plain, kHeader, r.enables);
    EXPECT_EQ(out.message, r.message);
    EXPECT_EQ(out.status, r.status);
  }
}

TEST(Aer, StatusBitsOfTheFunctionAndWhatAResetKeeps_FactBase_1_2_1_4_4) {
  PciConfigSpace c(pci_identity(Nvm::make_default(MacAddress{{2, 0, 0, 0, 0, 1}}), 0, 1));
  c.write16(0x04, 0x0046);
  c.received_master_abort();
  c.received_target_abort();
  c.received_poison(true);
  c.report_error(PciError::unsupported_request, ErrorRole::advisory, kHeader);
  EXPECT_EQ(c.read16(0x06) & 0xF900, 0xB100);
  EXPECT_EQ(c.read16(0xAA) & 0xF, 0x9) << "correctable, unsupported request";
  c.report_error(PciError::poisoned_tlp, ErrorRole::plain, kHeader);
  c.function_level_reset();
  EXPECT_EQ(c.read(kUeStatus), 1u << 12) << "sticky";
  EXPECT_EQ(c.read16(0xAA) & 0xF, 0);
}

TEST(Aer, HeadersAreThoseOfTheLink_PciExpress_2_2) {
  const TlpHeader read = memory_header(TlpKind::memory_read, 0x1'2345'6780, 512, 0x0101, 7);
  EXPECT_EQ(read, (TlpHeader{0x20000080, 0x010107FF, 0x1, 0x23456780}));
  const TlpHeader write = memory_header(TlpKind::memory_write, 0xF000'0004, 4, 0, 0, true);
  EXPECT_EQ(write, (TlpHeader{0x40004001, 0x0000000F, 0xF0000004, 0}));
  const TlpHeader data = completion_header(TlpKind::completion_data, 0, 64, 0x0100, 3, true);
  EXPECT_EQ(data, (TlpHeader{0x4A004010, 0x00000040, 0x01000300, 0}));
}

TEST(Aer, CompletionTimeoutsAreTheDevicesRanges_FactBase_1_4_4) {
  EXPECT_EQ(PciConfigSpace::completion_timeout(0), 32_ms);
  EXPECT_EQ(PciConfigSpace::completion_timeout(1), 100_us);
  EXPECT_EQ(PciConfigSpace::completion_timeout(5), 32_ms);
  EXPECT_EQ(PciConfigSpace::completion_timeout(14), 34_s);
}

}  // namespace
}  // namespace niclab::hw
