// The arithmetic of rtl/tx_checksum, for all values and without time: what tx_checksum_finish makes of two sums, in terms
// of 16-bit one's-complement addition (RFC 1071).
`default_nettype none

module tx_checksum_arithmetic #(
    parameter int unsigned SUM_BITS = 36  // of a beat of 32 bytes
) (
    input wire logic [SUM_BITS-1:0] sum,
    input wire logic [        16:0] so_far,
    input wire logic                odd,
    input wire logic                udp
);
  logic [16:0] total;
  logic [15:0] checksum;
  tx_checksum_finish #(.SUM_BITS(SUM_BITS)) finish (
      .sum(sum),
      .so_far(so_far),
      .odd(odd),
      .udp(udp),
      .total(total),
      .checksum(checksum)
  );

  function automatic logic [15:0] add(input logic [15:0] a, input logic [15:0] b);
    logic [16:0] both;
    both = 17'(a) + 17'(b);
    add = both[15:0] + 16'(both[16]);
  endfunction
  function automatic logic [15:0] plain(input logic [SUM_BITS-1:0] value, input logic swap);
    logic [15:0] folded;
    folded = add(add(value[15:0], value[31:16]), 16'(value[SUM_BITS-1:32]));
    plain = swap ? {folded[7:0], folded[15:8]} : folded;
  endfunction

  logic [15:0] result;
  assign result = plain(SUM_BITS'(total), !odd);
  always_comb assume (so_far <= 17'h10002);
  always_comb begin
    // Sums add up, whichever way round their bytes are.
    assert (result == add(plain(SUM_BITS'(so_far), !odd), plain(sum, !odd)));
    // A total can be a so_far again, and is zero only if all was.
    assert (total <= 17'h10002);
    assert ((total == '0) == (so_far == '0 && sum == '0));
    assert (checksum == (udp && result == '1 ? 16'hFFFF : ~result));
  end
endmodule

`default_nettype wire
