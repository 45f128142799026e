// Checksums of a packet on its way out: what to write where (docs/rtl.md). Twin of hw/tx_checksum.hpp.
//
// Interface: a packet comes in as beats of DATA_BYTES bytes, its context with the first of them; one result a packet
// leaves, in order. in_ready falls only when three packets are finished and the first result is not taken.
// Latency: a result is valid 3 cycles after its last beat was accepted, or in the cycle after the result before it was
// taken, whichever is later. Throughput: a beat a cycle, packets without a gap.
//
//   beat    the beat, and which of its bytes count for which sum
//   sum     the two sums of the packet so far; after its last beat also the checks
//   result  the folded checksums: the output registers
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

  localparam logic [9:0] Ipv4Field = 10;  // the IPv4 header's checksum field
  // Positions from here on are all alike: no header field lies there, whatever the context says.
  localparam logic [9:0] FarOff = 127 + 511 + 18;

  // What a packet's context asks for.
  typedef struct packed {
    logic       ip;        // IXSM with TUCMD.IPV4
    logic       l4;        // TXSM
    logic       short_ip;  // IPLEN < 20
    logic [1:0] l4t;
    logic [6:0] ip_start;
    logic [9:0] l4_start;
  } context_t;

  // Where the packet that comes in stands.
  logic first_reg, first_next;            // the next beat is a packet's first
  logic [9:0] position_reg, position_next;  // of the next beat's first byte, up to about FarOff

  // Stage beat. The context stays until the next packet's first beat.
  logic beat_valid_reg, beat_valid_next;
  logic beat_first_reg, beat_first_next;
  logic beat_last_reg, beat_last_next;
  logic [8*DATA_BYTES-1:0] beat_data_reg, beat_data_next;
  logic [DATA_BYTES-1:0] beat_in_ip_reg, beat_in_ip_next;
  logic [DATA_BYTES-1:0] beat_in_l4_reg, beat_in_l4_next;
  logic [9:0] beat_end_reg, beat_end_next;  // the packet's length, if this is its last beat
  context_t context_reg, context_next;

  // Stage sum. Sums are folded as far as one carry.
  logic sum_valid_reg, sum_valid_next;  // they are a whole packet's
  logic [16:0] sum_ip_reg, sum_ip_next;
  logic [16:0] sum_l4_reg, sum_l4_next;
  logic sum_ip_odd_reg, sum_ip_odd_next;  // the summed part begins at an odd byte
  logic sum_l4_odd_reg, sum_l4_odd_next;
  logic sum_udp_reg, sum_udp_next;
  logic sum_ip_insert_reg, sum_ip_insert_next;
  logic sum_l4_insert_reg, sum_l4_insert_next;
  logic [9:0] sum_ip_offset_reg, sum_ip_offset_next;
  logic [9:0] sum_l4_offset_reg, sum_l4_offset_next;
  logic [2:0] sum_error_reg, sum_error_next;

  // Stage result.
  logic out_valid_next, ip_insert_next, l4_insert_next;
  logic [9:0] ip_offset_next, l4_offset_next;
  logic [15:0] ip_checksum_next, l4_checksum_next;
  logic [2:0] error_next;

  // A stage is free when it is empty or hands on what it holds.
  logic accept, beat_free, sum_free, result_free;
  always_comb begin
    result_free = !out_valid || out_ready;
    sum_free = !sum_valid_reg || result_free;
    beat_free = !beat_valid_reg || sum_free;
    in_ready = beat_free;
    accept = in_valid && in_ready;
    idle = first_reg && !beat_valid_reg && !sum_valid_reg && !out_valid;
  end

  // The bytes of the beat from byte `start` of the packet on.
  function automatic logic [DATA_BYTES-1:0] from(input logic [9:0] start, input logic [9:0] position);
    from = {DATA_BYTES{1'b1}} << (start > position ? start - position : 10'd0);
  endfunction

  // Stage beat.
  logic [9:0] position, ip_start;
  logic [DATA_BYTES-1:0] from_l4, ip_field;
  always_comb begin
    first_next = first_reg;
    position_next = position_reg;
    beat_valid_next = beat_valid_reg && !beat_free;
    beat_first_next = beat_first_reg;
    beat_last_next = beat_last_reg;
    beat_data_next = beat_data_reg;
    beat_in_ip_next = beat_in_ip_reg;
    beat_in_l4_next = beat_in_l4_reg;
    beat_end_next = beat_end_reg;
    context_next = context_reg;
    position = first_reg ? 10'd0 : position_reg;
    ip_start = '0;
    from_l4 = '0;
    ip_field = '0;
    if (accept) begin
      if (first_reg) begin
        context_next.ip = ixsm && ipv4;
        context_next.l4 = txsm;
        context_next.short_ip = iplen < 20;
        context_next.l4t = l4t;
        context_next.ip_start = maclen;
        context_next.l4_start = 10'(maclen) + 10'(iplen);
      end
      first_next = in_last;
      position_next = position < FarOff ? position + 10'(DATA_BYTES) : position;
      beat_valid_next = 1'b1;
      beat_first_next = first_reg;
      beat_last_next = in_last;
      beat_data_next = in_data;
      beat_end_next = position + 10'(in_bytes);
      ip_start = 10'(context_next.ip_start);
      from_l4 = from(context_next.l4_start, position);
      ip_field = from(ip_start + Ipv4Field, position) & ~from(ip_start + Ipv4Field + 10'd2, position);
      beat_in_ip_next = from(ip_start, position) & ~from_l4 & ~ip_field;
      beat_in_l4_next = from_l4;
      if (in_last) beat_in_l4_next = from_l4 & ~({DATA_BYTES{1'b1}} << in_bytes);
    end
  end

  // Stage sum.
  logic sum_enter;
  logic [16:0] ip_more, l4_more;
  assign sum_enter = beat_valid_reg && sum_free;
  tx_checksum_sum #(.DATA_BYTES(DATA_BYTES)) sum_ip (
      .enable(sum_enter && context_reg.ip),
      .data(beat_data_reg),
      .keep(beat_in_ip_reg),
      .sum_so_far(beat_first_reg ? 17'd0 : sum_ip_reg),
      .sum(ip_more)
  );
  tx_checksum_sum #(.DATA_BYTES(DATA_BYTES)) sum_l4 (
      .enable(sum_enter && context_reg.l4),
      .data(beat_data_reg),
      .keep(beat_in_l4_reg),
      .sum_so_far(beat_first_reg ? 17'd0 : sum_l4_reg),
      .sum(l4_more)
  );

  logic check_ip_insert, check_l4_insert;
  logic [9:0] check_l4_offset;
  logic [2:0] check_error;
  tx_checksum_check check (
      .ip(context_reg.ip),
      .l4(context_reg.l4),
      .short_ip(context_reg.short_ip),
      .l4t(context_reg.l4t),
      .l4_start(context_reg.l4_start),
      .length(beat_end_reg),
      .ip_insert(check_ip_insert),
      .l4_insert(check_l4_insert),
      .l4_offset(check_l4_offset),
      .error(check_error)
  );

  always_comb begin
    sum_valid_next = sum_valid_reg && !sum_free;
    sum_ip_next = sum_ip_reg;
    sum_l4_next = sum_l4_reg;
    sum_ip_odd_next = sum_ip_odd_reg;
    sum_l4_odd_next = sum_l4_odd_reg;
    sum_udp_next = sum_udp_reg;
    sum_ip_insert_next = sum_ip_insert_reg;
    sum_l4_insert_next = sum_l4_insert_reg;
    sum_ip_offset_next = sum_ip_offset_reg;
    sum_l4_offset_next = sum_l4_offset_reg;
    sum_error_next = sum_error_reg;
    if (sum_enter) begin
      sum_valid_next = beat_last_reg;
      sum_ip_next = ip_more;
      sum_l4_next = l4_more;
      sum_ip_odd_next = context_reg.ip_start[0];
      sum_l4_odd_next = context_reg.l4_start[0];
      sum_udp_next = context_reg.l4t == i350_pkg::L4T_UDP;
      sum_ip_insert_next = check_ip_insert;
      sum_l4_insert_next = check_l4_insert;
      sum_ip_offset_next = 10'(context_reg.ip_start) + Ipv4Field;
      sum_l4_offset_next = check_l4_offset;
      sum_error_next = check_error;
    end
  end

  // Stage result. A register that is free and gets nothing keeps its content; only out_valid falls.
  logic [15:0] ip_finished, l4_finished;
  tx_checksum_finish finish_ip (.sum(sum_ip_reg), .odd(sum_ip_odd_reg), .udp(1'b0), .checksum(ip_finished));
  tx_checksum_finish finish_l4 (.sum(sum_l4_reg), .odd(sum_l4_odd_reg), .udp(sum_udp_reg), .checksum(l4_finished));

  always_comb begin
    out_valid_next = out_valid && !result_free;
    ip_insert_next = ip_insert;
    ip_offset_next = ip_offset;
    ip_checksum_next = ip_checksum;
    l4_insert_next = l4_insert;
    l4_offset_next = l4_offset;
    l4_checksum_next = l4_checksum;
    error_next = error;
    if (sum_valid_reg && result_free) begin
      out_valid_next = 1'b1;
      ip_insert_next = sum_ip_insert_reg;
      ip_offset_next = sum_ip_insert_reg ? sum_ip_offset_reg : '0;
      ip_checksum_next = sum_ip_insert_reg ? ip_finished : '0;
      l4_insert_next = sum_l4_insert_reg;
      l4_offset_next = sum_l4_insert_reg ? sum_l4_offset_reg : '0;
      l4_checksum_next = sum_l4_insert_reg ? l4_finished : '0;
      error_next = sum_error_reg;
    end
  end

  always_ff @(posedge clk) begin
    first_reg <= rst || first_next;
    beat_valid_reg <= !rst && beat_valid_next;
    sum_valid_reg <= !rst && sum_valid_next;
    out_valid <= !rst && out_valid_next;
    // The rest means nothing before a packet has set it.
    position_reg <= position_next;
    beat_first_reg <= beat_first_next;
    beat_last_reg <= beat_last_next;
    beat_data_reg <= beat_data_next;
    beat_in_ip_reg <= beat_in_ip_next;
    beat_in_l4_reg <= beat_in_l4_next;
    beat_end_reg <= beat_end_next;
    context_reg <= context_next;
    sum_ip_reg <= sum_ip_next;
    sum_l4_reg <= sum_l4_next;
    sum_ip_odd_reg <= sum_ip_odd_next;
    sum_l4_odd_reg <= sum_l4_odd_next;
    sum_udp_reg <= sum_udp_next;
    sum_ip_insert_reg <= sum_ip_insert_next;
    sum_l4_insert_reg <= sum_l4_insert_next;
    sum_ip_offset_reg <= sum_ip_offset_next;
    sum_l4_offset_reg <= sum_l4_offset_next;
    sum_error_reg <= sum_error_next;
    ip_insert <= ip_insert_next;
    ip_offset <= ip_offset_next;
    ip_checksum <= ip_checksum_next;
    l4_insert <= l4_insert_next;
    l4_offset <= l4_offset_next;
    l4_checksum <= l4_checksum_next;
    error <= error_next;
  end
endmodule

`default_nettype wire
