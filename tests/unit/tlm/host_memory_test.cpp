// Posted writes on their way into host memory (docs/architecture.md, "Stored effects").
#include "tlm/core/host_memory.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <new>
#include <string>

namespace niclab::sim {
namespace {

struct Memory {
  explicit Memory(bool eager) : engine(eager), memory(engine, 0, 1 << 16) {}
  void post(std::uint64_t visible_ps, char name) {
    memory.post({Time::from_ps(visible_ps), static_cast<std::uint64_t>(name), nullptr, 0,
                 [](void* m, PostedWrite& w) {
                   static_cast<Memory*>(m)->committed += static_cast<char>(w.bus_address);
                 },
                 this, nullptr});
  }
  Engine engine;
  HostMemory memory;
  std::string committed;
};

TEST(HostMemory, WritesBecomeVisibleInOrderAtTheirTime) {
  Memory m(false);
  m.post(10, 'a');
  m.post(20, 'b');
  m.post(20, 'c');
  m.post(30, 'd');
  EXPECT_EQ(m.memory.next, 10u) << "whoever looks from then on has to apply";
  m.memory.apply(Time::from_ps(9));
  EXPECT_EQ(m.committed, "");
  m.memory.apply(Time::from_ps(10));
  EXPECT_EQ(m.committed, "a");
  EXPECT_EQ(m.memory.next, 20u);
  m.memory.apply(Time::from_ps(29));
  EXPECT_EQ(m.committed, "abc");
  m.memory.apply(Time::from_ps(30));
  EXPECT_EQ(m.committed, "abcd");
  EXPECT_EQ(m.memory.next, ~std::uint64_t{0});
  m.post(40, 'e');
  EXPECT_EQ(m.memory.next, 40u);
}

TEST(HostMemory, EagerWritesAreEvents) {
  Memory m(true);
  m.post(10, 'a');
  m.post(20, 'b');
  m.engine.run(Time::from_ps(20));
  EXPECT_EQ(m.committed, "a");
  m.engine.run(Time::from_ps(21));
  EXPECT_EQ(m.committed, "ab");
}

// Another process, here another mapping, has the same memory.
TEST(HostMemory, MayBePagesOfAFile) {
  Engine engine(false);
  const int fd = memfd_create("memory", MFD_CLOEXEC);
  ASSERT_EQ(ftruncate(fd, 3 * 4096), 0);
  HostMemory memory(engine, 0, 8192, {fd, 4096});
  std::byte* const mine = memory.allocate(16, 64);
  EXPECT_EQ(memory.physical(mine).value, 4096u);
  mine[0] = std::byte{42};
  char read = 0;
  EXPECT_EQ(pread(fd, &read, 1, 8192), 1);
  EXPECT_EQ(read, 42);
  EXPECT_EQ(pwrite(fd, "x", 1, 8193), 1);
  EXPECT_EQ(mine[1], std::byte{'x'});
  EXPECT_THROW(HostMemory(engine, 0, 8192, {fd, 1}), std::bad_alloc);
  close(fd);
}

TEST(HostMemory, AWriteMayNotPassAnother) {
  Memory m(false);
  m.post(10, 'a');
  m.post(20, 'b');
  EXPECT_THROW(m.post(19, 'c'), SimulationError);
  EXPECT_NO_THROW(m.post(20, 'd'));
}

}  // namespace
}  // namespace niclab::sim
