// The sum of some bytes of a beat, as words of a one's-complement sum.
//
// Interface: byte i counts if keep[i]; bytes with an even i are the low ones of a word. The sum is one of 32-bit words
// (two 16-bit words at once: 2^16 and 1 are the same in a one's-complement sum) and not folded. enable low holds the
// adders still; the sum is zero then. Latency: none, combinational.
`default_nettype none

module tx_checksum_sum #(
    parameter int unsigned DATA_BYTES = 32,
    localparam int unsigned Words = (DATA_BYTES + 3) / 4,
    localparam int unsigned SumBits = 32 + $clog2(Words + 1)
) (
    input  wire logic                    enable,
    input  wire logic [8*DATA_BYTES-1:0] data,
    input  wire logic [  DATA_BYTES-1:0] keep,
    output      logic [     SumBits-1:0] sum
);
  logic [32*Words-1:0] padded;
  logic [4*Words-1:0] kept;
  logic [31:0] word;

  always_comb begin
    padded = (32 * Words)'(data);
    kept = (4 * Words)'(keep);
    word = '0;
    sum = '0;
    if (enable) begin
      for (int unsigned i = 0; i < Words; i++) begin
        word = padded[32*i+:32] & {{8{kept[4*i+3]}}, {8{kept[4*i+2]}}, {8{kept[4*i+1]}}, {8{kept[4*i]}}};
        sum = sum + SumBits'(word);
      end
    end
  end
endmodule

`default_nettype wire
