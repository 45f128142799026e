// Adds bytes of a beat to a one's-complement sum.
//
// Interface: byte i of the beat counts if keep[i]; even bytes are the low ones of a 16-bit word. Sums are 17 bits, no
// more than 0x1001E, so that one more folding makes them 16; a sum is zero only if all that was added is zero. enable
// low holds the adders still (sum = sum_so_far). Latency: none, combinational.
`default_nettype none

module tx_checksum_sum #(
    parameter int unsigned DATA_BYTES = 32
) (
    input  wire logic                    enable,
    input  wire logic [8*DATA_BYTES-1:0] data,
    input  wire logic [  DATA_BYTES-1:0] keep,
    input  wire logic [            16:0] sum_so_far,
    output      logic [            16:0] sum
);
  // Two 16-bit words at once: 2^16 and 1 are the same in this sum.
  localparam int unsigned Pairs = (DATA_BYTES + 3) / 4;
  localparam int unsigned Bits = 32 + $clog2(Pairs + 1);

  logic [32*Pairs-1:0] padded;
  logic [4*Pairs-1:0] kept;
  logic [Bits-1:0] total;
  logic [31:0] pair;
  logic [18:0] folded;

  always_comb begin
    sum = sum_so_far;
    padded = (32*Pairs)'(data);
    kept = (4*Pairs)'(keep);
    total = '0;
    pair = '0;
    folded = '0;
    if (enable) begin
      for (int unsigned i = 0; i < Pairs; i++) begin
        pair = padded[32*i+:32] & {{8{kept[4*i+3]}}, {8{kept[4*i+2]}}, {8{kept[4*i+1]}}, {8{kept[4*i]}}};
        total = total + Bits'(pair);
      end
      folded = 19'(total[15:0]) + 19'(total[31:16]) + 19'(total[Bits-1:32]) + 19'(sum_so_far);
      sum = 17'(folded[15:0]) + 17'(folded[18:16]);
    end
  end
endmodule

`default_nettype wire
