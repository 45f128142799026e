// The checksum to store, of a sum of tx_checksum_sum.
//
// Interface: odd says that the summed part begins at an odd byte of the packet, so that its bytes were added the other
// way round; udp makes 0 to 0xFFFF. The high byte of the checksum is the first in the packet. Latency: none.
`default_nettype none

module tx_checksum_finish (
    input  wire logic [16:0] sum,
    input  wire logic        odd,
    input  wire logic        udp,
    output      logic [15:0] checksum
);
  logic [15:0] folded;
  always_comb begin
    folded = sum[15:0] + 16'(sum[16]);
    checksum = odd ? ~folded : ~{folded[7:0], folded[15:8]};
    if (udp && checksum == '0) checksum = '1;
  end
endmodule

`default_nettype wire
