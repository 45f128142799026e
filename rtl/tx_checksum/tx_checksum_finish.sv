// Adds a beat's sum to a packet's, and what the checksum is if that was all.
//
// Interface: totals have 17 bits and are no greater than 0x10002, so that one more folding makes them 16; a total is
// zero only if all that was added is zero. odd: the summed part begins at an odd byte of the packet, so that its bytes
// were added the other way round. udp makes 0 to 0xFFFF. The high byte of the checksum is the first in the packet.
// Latency: none, combinational.
`default_nettype none

module tx_checksum_finish #(
    parameter int unsigned SUM_BITS = 36  // 33 … 37
) (
    input  wire logic [SUM_BITS-1:0] sum,
    input  wire logic [        16:0] so_far,
    input  wire logic                odd,
    input  wire logic                udp,
    output      logic [        16:0] total,
    output      logic [        15:0] checksum
);
  logic [17:0] added;
  logic [15:0] folded, ordered;
  always_comb begin
    added = 18'(sum[15:0]) + 18'(sum[31:16]) + 18'(sum[SUM_BITS-1:32]) + 18'(so_far);
    total = 17'(added[15:0]) + 17'(added[17:16]);
    folded = total[15:0] + 16'(total[16]);
    ordered = odd ? folded : {folded[7:0], folded[15:8]};
    checksum = udp && ordered == '1 ? '1 : ~ordered;
  end
endmodule

`default_nettype wire
