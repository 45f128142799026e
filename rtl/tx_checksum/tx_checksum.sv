// Checksums of a packet on its way out: what to write where (docs/rtl.md). Twin of hw/tx_checksum.hpp.
//
// Interface: a packet comes in as beats of DATA_BYTES bytes, its context with the first of them; one result a packet
// leaves, in order. in_ready falls only when three packets are finished and the first result is not taken.
// Latency: a result is valid 3 cycles after its last beat was accepted, or in the cycle after the result before it was
// taken, whichever is later. Throughput: a beat a cycle, packets without a gap.
//
//   beat    the beat as it came, and the packet's context
//   sum     what the beat adds to each sum, and the checks
//   result  the sums so far; after the last beat the folded checksums: the output registers
`default_nettype none

module tx_checksum #(
    parameter int unsigned DATA_BYTES = 32  // bytes a beat: even, 4 … 64
) (
    input wire logic clk,
    input wire logic rst,

    // A beat of the packet: byte i in bits 8i+7 … 8i.
    input  wire logic                            in_valid,
    output      logic                            in_ready,
    input  wire logic [        8*DATA_BYTES-1:0] in_data,
    input  wire logic                            in_last,
    input  wire logic [$clog2(DATA_BYTES+1)-1:0] in_bytes,  // of the last beat: 1 … DATA_BYTES

    // Context and data descriptor, with the first beat.
    input wire logic [6:0] maclen,
    input wire logic [8:0] iplen,
    input wire logic [1:0] l4t,
    input wire logic       ipv4,
    input wire logic       ixsm,
    input wire logic       txsm,

    // What to write where; offsets and checksums are zero where nothing is inserted.
    output logic        out_valid,
    input  wire logic   out_ready,
    output logic        ip_insert,
    output logic [ 9:0] ip_offset,
    output logic [15:0] ip_checksum,
    output logic        l4_insert,
    output logic [ 9:0] l4_offset,
    output logic [15:0] l4_checksum,
    output logic [ 2:0] error,  // TxChecksumResult

    output logic idle  // no packet begun, no result waiting
);
  if (DATA_BYTES % 2 != 0 || DATA_BYTES < 4 || DATA_BYTES > 64) $error("DATA_BYTES must be even, 4 to 64");

  // Positions from here on are all alike: no header field lies there, whatever the context says.
  localparam int unsigned FarOff = 2 ** i350_pkg::TXC_MACLEN_BITS + 2 ** i350_pkg::TXC_IPLEN_BITS + 18;

  // A stage is free when it is empty or hands on what it holds.
  logic accept, beat_free, sum_free, result_free;

  // Stage beat: the beat as it came, the packet's context, and where in the packet the beat lies.
  logic beat_valid_reg, beat_valid_next;
  logic beat_first_reg, beat_last_reg;
  logic [8*DATA_BYTES-1:0] beat_data_reg;
  logic [$clog2(DATA_BYTES+1)-1:0] beat_bytes_reg;
  logic [9:0] position_reg, position_next;  // of the beat's first byte, up to about FarOff
  logic expect_first_reg, expect_first_next;  // the beat to come is a packet's first
  logic ip_reg, txsm_reg;
  logic [1:0] l4t_reg;
  logic [6:0] maclen_reg;
  logic [8:0] iplen_reg;

  // Stage sum: this beat's share, and what the checks say should it be the last.
  localparam int unsigned SumBits = 32 + $clog2((DATA_BYTES + 3) / 4 + 1);
  logic sum_valid_reg, sum_valid_next;
  logic sum_first_reg, sum_last_reg;
  logic [SumBits-1:0] sum_ip_reg, sum_ip;
  logic [SumBits-1:0] sum_l4_reg, sum_l4;
  logic sum_ip_odd_reg, sum_l4_odd_reg, sum_udp_reg;
  logic sum_ip_insert_reg, sum_ip_insert;
  logic sum_l4_insert_reg, sum_l4_insert;
  logic [9:0] sum_ip_offset_reg;
  logic [9:0] sum_l4_offset_reg, sum_l4_offset;
  logic [2:0] sum_error_reg, sum_error;

  // Stage result: the packet's sums so far, and the output registers.
  logic [16:0] total_ip_reg, total_ip;
  logic [16:0] total_l4_reg, total_l4;
  logic [15:0] finished_ip, finished_l4;
  logic out_valid_next;

  always_comb begin
    result_free = !out_valid || out_ready;
    sum_free = !sum_valid_reg || !sum_last_reg || result_free;
    beat_free = !beat_valid_reg || sum_free;
    in_ready = beat_free;
    accept = in_valid && beat_free;
    idle = expect_first_reg && !beat_valid_reg && !sum_valid_reg && !out_valid;

    expect_first_next = accept ? in_last : expect_first_reg;
    beat_valid_next = accept || !beat_free;
    sum_valid_next = beat_valid_reg || !sum_free;
    out_valid_next = sum_valid_reg && sum_last_reg || !result_free;

    position_next = position_reg;
    if (expect_first_reg) position_next = '0;
    else if (position_reg < 10'(FarOff)) position_next = position_reg + 10'(DATA_BYTES);
  end

  // Stage sum.
  logic [9:0] l3_start, l4_start;
  logic [DATA_BYTES-1:0] in_ip, in_l4;
  assign l3_start = 10'(maclen_reg);
  assign l4_start = l3_start + 10'(iplen_reg);
  tx_checksum_window #(.DATA_BYTES(DATA_BYTES)) window (
      .position(position_reg),
      .last(beat_last_reg),
      .bytes(beat_bytes_reg),
      .l3_start(l3_start),
      .l4_start(l4_start),
      .in_ip(in_ip),
      .in_l4(in_l4)
  );
  tx_checksum_sum #(.DATA_BYTES(DATA_BYTES)) adder_ip (
      .enable(beat_valid_reg && ip_reg && in_ip != '0),
      .data(beat_data_reg),
      .keep(in_ip),
      .sum(sum_ip)
  );
  tx_checksum_sum #(.DATA_BYTES(DATA_BYTES)) adder_l4 (
      .enable(beat_valid_reg && txsm_reg && in_l4 != '0),
      .data(beat_data_reg),
      .keep(in_l4),
      .sum(sum_l4)
  );
  tx_checksum_check check (
      .ip(ip_reg),
      .txsm(txsm_reg),
      .iplen(iplen_reg),
      .l4t(l4t_reg),
      .l4_start(l4_start),
      .length(position_reg + 10'(beat_bytes_reg)),
      .ip_insert(sum_ip_insert),
      .l4_insert(sum_l4_insert),
      .l4_offset(sum_l4_offset),
      .error(sum_error)
  );

  // Stage result.
  tx_checksum_finish #(.SUM_BITS(SumBits)) finish_ip (
      .sum(sum_ip_reg),
      .so_far(sum_first_reg ? '0 : total_ip_reg),
      .odd(sum_ip_odd_reg),
      .udp(1'b0),
      .total(total_ip),
      .checksum(finished_ip)
  );
  tx_checksum_finish #(.SUM_BITS(SumBits)) finish_l4 (
      .sum(sum_l4_reg),
      .so_far(sum_first_reg ? '0 : total_l4_reg),
      .odd(sum_l4_odd_reg),
      .udp(sum_udp_reg),
      .total(total_l4),
      .checksum(finished_l4)
  );

  // What says that something is there has a next state; what is there is taken as it is, when there is room.
  always_ff @(posedge clk) begin
    expect_first_reg <= rst || expect_first_next;
    beat_valid_reg <= !rst && beat_valid_next;
    sum_valid_reg <= !rst && sum_valid_next;
    out_valid <= !rst && out_valid_next;

    if (accept) begin
      beat_first_reg <= expect_first_reg;
      beat_last_reg <= in_last;
      beat_data_reg <= in_data;
      beat_bytes_reg <= in_bytes;
      position_reg <= position_next;
      if (expect_first_reg) begin
        ip_reg <= ixsm && ipv4;
        txsm_reg <= txsm;
        l4t_reg <= l4t;
        maclen_reg <= maclen;
        iplen_reg <= iplen;
      end
    end
    if (beat_valid_reg && sum_free) begin
      sum_first_reg <= beat_first_reg;
      sum_last_reg <= beat_last_reg;
      sum_ip_reg <= sum_ip;
      sum_l4_reg <= sum_l4;
      sum_ip_odd_reg <= l3_start[0];
      sum_l4_odd_reg <= l4_start[0];
      sum_udp_reg <= l4t_reg == 2'(i350_pkg::TXC_L4T_UDP);
      sum_ip_insert_reg <= sum_ip_insert;
      sum_l4_insert_reg <= sum_l4_insert;
      sum_ip_offset_reg <= l3_start + 10'd10;
      sum_l4_offset_reg <= sum_l4_offset;
      sum_error_reg <= sum_error;
    end
    if (sum_valid_reg && sum_free) begin
      total_ip_reg <= total_ip;
      total_l4_reg <= total_l4;
    end
    if (sum_valid_reg && sum_last_reg && result_free) begin
      ip_insert <= sum_ip_insert_reg;
      ip_offset <= sum_ip_insert_reg ? sum_ip_offset_reg : '0;
      ip_checksum <= sum_ip_insert_reg ? finished_ip : '0;
      l4_insert <= sum_l4_insert_reg;
      l4_offset <= sum_l4_insert_reg ? sum_l4_offset_reg : '0;
      l4_checksum <= sum_l4_insert_reg ? finished_l4 : '0;
      error <= sum_error_reg;
    end
  end

`ifndef SYNTHESIS
  // Packets that came in whole and whose results were not taken.
  logic [1:0] inside_reg;
  logic [2:0] here;
  assign here = 3'(beat_valid_reg && beat_last_reg) + 3'(sum_valid_reg && sum_last_reg) + 3'(out_valid);
  always_ff @(posedge clk) inside_reg <= rst ? '0 : inside_reg + 2'(accept && in_last) - 2'(out_valid && out_ready);

  // What was on the outputs at the last edge, and whether it had to stay.
  logic held_reg;
  logic [56:0] result, held_result_reg;
  assign result = {ip_insert, ip_offset, ip_checksum, l4_insert, l4_offset, l4_checksum, error};
  always_ff @(posedge clk) begin
    held_reg <= !rst && out_valid && !out_ready;
    held_result_reg <= result;
  end

  // Known is what a reset has set: assertions sleep until the first.
  logic known_reg = 1'b0;
  always_ff @(posedge clk) known_reg <= known_reg || rst;

  // The duty of whoever sends.
  logic input_right;
  assign input_right = !in_valid || !in_last || in_bytes != '0 && 32'(in_bytes) <= DATA_BYTES;
`ifdef FORMAL
  always_comb assume (input_right);
`endif

  always_ff @(posedge clk) begin
    if (known_reg) begin
      assert (rst || input_right);
      // One result a packet, none without one.
      assert (here == 3'(inside_reg));
      assert (!out_valid || inside_reg != '0);
      // A result stays until it is taken.
      assert (!held_reg || out_valid && result == held_result_reg);
      // The input waits only for a result that cannot leave.
      assert (in_ready || out_valid && !out_ready && inside_reg != 2'd1);
      // Nothing is inserted into a packet that has an error.
      assert (!sum_valid_reg || sum_error_reg == '0 || !sum_ip_insert_reg && !sum_l4_insert_reg);
      assert (!out_valid || error == '0 || !ip_insert && !l4_insert);
      assert (!out_valid || ip_insert || ip_offset == '0 && ip_checksum == '0);
      assert (!out_valid || l4_insert || l4_offset == '0 && l4_checksum == '0);
    end
  end
`endif
endmodule

`default_nettype wire
