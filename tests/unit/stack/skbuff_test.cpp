// sk_buffs: path-map D-14, B-35.
#include "tests/unit/stack/stack_fixture.hpp"

namespace niclab::stack {
namespace {

class SkbTest : public testing::Test {
 protected:
  /// An skb whose pieces have the given sizes, filled with pattern().
  SkbPtr pieces(const std::vector<std::uint32_t>& sizes) {
    std::uint32_t total = 0;
    for (const auto n : sizes) total += n;
    const Bytes all = pattern(total);
    SkbPtr head;
    SkBuff** link = nullptr;
    std::size_t at = 0;
    for (const auto n : sizes) {
      SkbPtr s = pool.alloc(n + 64);
      s->reserve(64);
      std::memcpy(s->put(n), all.data() + at, n);
      at += n;
      if (!head) {
        head = std::move(s);
        link = &head->frag_list;
      } else {
        head->data_len += n;
        *link = s.release();
        link = &(*link)->next;
      }
    }
    return head;
  }
  Bytes content(const SkBuff& s) {
    Bytes b(s.total_len());
    EXPECT_TRUE(skb_copy_bits(s, 0, b));
    return b;
  }
  FakeKernel kernel;
  SkbPool pool{kernel};
};

TEST_F(SkbTest, D_14_HeadersMovePointers) {
  SkbPtr s = pool.alloc(100);
  s->reserve(16);
  s->put(10);
  s->push(4);
  EXPECT_EQ(s->len, 14u);
  EXPECT_EQ(s->headroom(), 12u);
  s->pull(6);
  EXPECT_EQ(s->len, 8u);
}

TEST_F(SkbTest, ChecksumOfOddPiecesEqualsThatOfTheWhole) {
  const SkbPtr s = pieces({3, 5, 1, 8, 2, 1});
  for (std::uint32_t from = 0; from < 20; ++from)
    for (std::uint32_t n = 0; n <= 20 - from; ++n) {
      InetChecksum a, b;
      skb_checksum(*s, from, n, a);
      const Bytes all = pattern(20);
      b.add(std::span(all).subspan(from, n));
      EXPECT_EQ(a.partial(), b.partial()) << from << "+" << n;
    }
}

TEST_F(SkbTest, TrimCutsAcrossPieces) {
  for (std::uint32_t n = 0; n <= 30; ++n) {
    SkbPtr s = pieces({10, 10, 10});
    pskb_trim(*s, n);
    EXPECT_EQ(s->total_len(), n);
    EXPECT_EQ(content(*s), pattern(n));
  }
}

TEST_F(SkbTest, PullMakesHeadersLinearAndKeepsTheOffsets) {
  SkbPtr s = pieces({4, 4, 40});
  s->network_header = s->offset();
  EXPECT_TRUE(pskb_may_pull(s, 20));
  EXPECT_GE(s->len, 20u);
  EXPECT_EQ(s->at(s->network_header), s->data);
  EXPECT_EQ(content(*s), pattern(48));
  EXPECT_FALSE(pskb_may_pull(s, 49));
}

TEST_F(SkbTest, CloneSharesTheBuffers) {
  SkbPtr s = pieces({10, 10});
  SkbPtr c = pool.clone(*s);
  EXPECT_EQ(c->buffer, s->buffer);
  EXPECT_EQ(s->buffer->refs, 2u);
  EXPECT_EQ(content(*c), pattern(20));
  DataBuffer* b = s->buffer;
  s.reset();
  EXPECT_EQ(b->refs, 1u);
  EXPECT_EQ(content(*c), pattern(20));
}

TEST_F(SkbTest, BuffersAreReusedLastInFirstOut) {
  SkbPtr a = pool.alloc(100);
  DataBuffer* const first = a->buffer;
  a.reset();
  EXPECT_EQ(pool.alloc(100)->buffer, first);
}

TEST_F(SkbTest, WrapHoldsThePage) {
  BufferPool pages(kernel, 4096, 4096);
  DataBuffer* page = pages.get();
  SkbPtr s = pool.wrap(page, page->base + 2048, 1000);
  EXPECT_EQ(page->refs, 2u);
  EXPECT_EQ(s->truesize, 896u + 2048);
  BufferPool::unref(page);
  s.reset();
  EXPECT_EQ(pages.get(), page);
}

}  // namespace
}  // namespace niclab::stack
