// What rtl/tx_checksum promises (docs/rtl.md), for every history of its inputs, resets included.
//
// A reference reads the same beats byte by byte and keeps what it expects of each packet in a queue; the block's
// results must be the queue's, in value and cycle. With VALUES the checksums are compared too.
//
// Properties speak of ports and of the reference. The links below them speak of the block's registers: they make the
// induction strong enough and are proved with it. (yosys joins a wire marked hierconn with the one of that name.)
`default_nettype none

module tx_checksum_proof #(
    parameter int unsigned DATA_BYTES = 4
) (
    input wire logic                            clk,
    input wire logic                            rst,
    input wire logic                            in_valid,
    input wire logic [        8*DATA_BYTES-1:0] in_data,
    input wire logic                            in_last,
    input wire logic [$clog2(DATA_BYTES+1)-1:0] in_bytes,
    input wire logic [                     6:0] maclen,
    input wire logic [                     8:0] iplen,
    input wire logic [                     1:0] l4t,
    input wire logic                            ipv4,
    input wire logic                            ixsm,
    input wire logic                            txsm,
    input wire logic                            out_ready
);
  typedef struct packed {
    logic        ip_insert;
    logic [ 9:0] ip_offset;
    logic [15:0] ip_checksum;
    logic        l4_insert;
    logic [ 9:0] l4_offset;
    logic [15:0] l4_checksum;
    logic [ 2:0] error;
  } result_t;

  logic in_ready, out_valid, idle;
  result_t out;
  tx_checksum #(.DATA_BYTES(DATA_BYTES)) block (
      .clk(clk),
      .rst(rst),
      .in_valid(in_valid),
      .in_ready(in_ready),
      .in_data(in_data),
      .in_last(in_last),
      .in_bytes(in_bytes),
      .maclen(maclen),
      .iplen(iplen),
      .l4t(l4t),
      .ipv4(ipv4),
      .ixsm(ixsm),
      .txsm(txsm),
      .out_valid(out_valid),
      .out_ready(out_ready),
      .ip_insert(out.ip_insert),
      .ip_offset(out.ip_offset),
      .ip_checksum(out.ip_checksum),
      .l4_insert(out.l4_insert),
      .l4_offset(out.l4_offset),
      .l4_checksum(out.l4_checksum),
      .error(out.error),
      .idle(idle)
  );

  // The first cycle is a reset; any later one may be.
  logic started_reg = 1'b0;
  always_ff @(posedge clk) started_reg <= 1'b1;
  always_comb assume (started_reg || rst);

  // --- reference: the packet that comes in -------------------------------------------------------------------------

  logic open_reg;  // between its first and its last beat
  logic [11:0] length_reg, position, length;  // bytes so far; stops above 800, where it no longer matters
  logic [6:0] maclen_reg, l3;
  logic [8:0] iplen_reg, header;
  logic [1:0] l4t_reg, type_;
  logic ip_reg, ip, txsm_reg, l4;
  logic accept, taken;
  always_comb begin
    accept = in_valid && in_ready;
    taken = out_valid && out_ready;
    position = open_reg ? length_reg : '0;
    length = position + (in_last ? 12'(in_bytes) : 12'(DATA_BYTES));
    l3 = open_reg ? maclen_reg : maclen;
    header = open_reg ? iplen_reg : iplen;
    type_ = open_reg ? l4t_reg : l4t;
    ip = open_reg ? ip_reg : ixsm && ipv4;
    l4 = open_reg ? txsm_reg : txsm;
  end
  always_ff @(posedge clk) begin
    if (rst) open_reg <= 1'b0;
    else if (accept) begin
      open_reg <= !in_last;
      length_reg <= length > 800 ? 800 : length;
      maclen_reg <= l3;
      iplen_reg <= header;
      l4t_reg <= type_;
      ip_reg <= ip;
      txsm_reg <= l4;
    end
  end

  // One's-complement sums, each byte the high or the low one of its word.
  function automatic logic [15:0] add(input logic [15:0] a, input logic [15:0] b);
    logic [16:0] both;
    both = 17'(a) + 17'(b);
    add = both[15:0] + 16'(both[16]);
  endfunction
  function automatic logic [15:0] place(input logic [7:0] value, input logic low);
    place = low ? {8'd0, value} : {value, 8'd0};
  endfunction
  // Of the bytes that count; odd: the first byte of the summed part is an odd one.
  function automatic logic [15:0] share(input logic [8*DATA_BYTES-1:0] data, input logic [DATA_BYTES-1:0] counts,
                                        input logic odd);
    share = '0;
    for (int unsigned i = 0; i < DATA_BYTES; i++)
      share = add(share, counts[i] ? place(data[8*i+:8], i[0] ^ odd) : 16'd0);
  endfunction

  // Which bytes of the beat count, and their sum.
  logic [DATA_BYTES-1:0] counts_ip, counts_l4;
  logic [15:0] sum_ip_reg, share_ip, sum_ip, sum_l4_reg, share_l4, sum_l4;
  logic [11:0] at, l4_start;
  always_comb begin
    l4_start = 12'(l3) + 12'(header);
    at = '0;
    for (int unsigned i = 0; i < DATA_BYTES; i++) begin
      at = position + 12'(i);
      counts_ip[i] = ip && at >= 12'(l3) && at < l4_start && at != 12'(l3) + 10 && at != 12'(l3) + 11;
      counts_l4[i] = l4 && at >= l4_start && at < length;
    end
    share_ip = share(in_data, counts_ip, l3[0]);
    share_l4 = share(in_data, counts_l4, l4_start[0]);
    sum_ip = add(open_reg ? sum_ip_reg : '0, share_ip);
    sum_l4 = add(open_reg ? sum_l4_reg : '0, share_l4);
  end
  always_ff @(posedge clk) begin
    if (accept) begin
      sum_ip_reg <= sum_ip;
      sum_l4_reg <= sum_l4;
    end
  end

  // The result of a packet whose last beat this is.
  result_t expect_;
  always_comb begin
    expect_ = '0;
    if (!ip && !l4) expect_.error = 0;
    else if (l4_start > length) expect_.error = 1;
    else if (ip && header < 20) expect_.error = 2;
    else if (l4 && type_ == 3) expect_.error = 4;
    else if (l4 && l4_start + (type_ == 1 ? 18 : type_ == 2 ? 12 : 8) > length) expect_.error = 3;
    if (expect_.error == 0 && ip) begin
      expect_.ip_insert = 1'b1;
      expect_.ip_offset = 10'(l3) + 10'd10;
      expect_.ip_checksum = ~sum_ip;
    end
    if (expect_.error == 0 && l4 && type_ != 2) begin
      expect_.l4_insert = 1'b1;
      expect_.l4_offset = 10'(l4_start) + (type_ == 1 ? 10'd16 : 10'd6);
      expect_.l4_checksum = type_ == 0 && sum_l4 == '1 ? '1 : ~sum_l4;
    end
  end

  // Results expected, oldest first, and for how many cycles (up to 3) they have been.
  result_t queue0_reg, queue1_reg, queue2_reg;
  logic [1:0] age0_reg, age1_reg, age2_reg;
  logic [1:0] count_reg, left;
  assign left = count_reg - 2'(taken);
  function automatic logic [1:0] older(input logic [1:0] age);
    older = age == 3 ? 2'd3 : age + 2'd1;
  endfunction
  always_ff @(posedge clk) begin
    age0_reg <= older(taken ? age1_reg : age0_reg);
    age1_reg <= older(taken ? age2_reg : age1_reg);
    age2_reg <= older(age2_reg);
    if (taken) begin
      queue0_reg <= queue1_reg;
      queue1_reg <= queue2_reg;
    end
    if (accept && in_last) begin
      if (left == 0) {queue0_reg, age0_reg} <= {expect_, 2'd1};
      if (left == 1) {queue1_reg, age1_reg} <= {expect_, 2'd1};
      if (left == 2) {queue2_reg, age2_reg} <= {expect_, 2'd1};
    end
    count_reg <= rst ? '0 : left + 2'(accept && in_last);
  end

  // What is compared of a result.
`ifdef VALUES
  localparam logic [56:0] Compared = '1;
`else
  localparam logic [56:0] Compared = {11'h7FF, 16'h0000, 11'h7FF, 16'h0000, 3'h7};
`endif

  // --- properties --------------------------------------------------------------------------------------------------

  logic known_reg = 1'b0;  // a reset was
  always_ff @(posedge clk) known_reg <= 1'b1;
  always_comb begin
    if (known_reg) begin
      // Three cycles after its last beat, or after the result before it: one result a packet, none without one, none lost.
      assert (out_valid == (count_reg != 0 && age0_reg == 3));
      // The right one, in order, until it is taken.
      assert (!out_valid || (57'(out) & Compared) == (57'(queue0_reg) & Compared));
      // The input waits only for a result that cannot leave, with more behind it.
      assert (in_ready || out_valid && !out_ready && count_reg >= 2);
      assert (idle == (!open_reg && count_reg == 0));
    end
  end

  // What the properties speak of can happen (reach.proof).
  always_comb begin
    if (known_reg && !rst) begin
      cover (count_reg == 3 && !in_ready && in_valid);
      cover (taken && queue0_reg.error == 1 && count_reg == 2);
      cover (taken && queue0_reg.error == 2);
      cover (taken && queue0_reg.error == 3);
      cover (taken && queue0_reg.error == 4);
      cover (taken && queue0_reg.l4_insert && queue0_reg.l4_offset == 7);
    end
  end

  // --- links to the block's registers ------------------------------------------------------------------------------

  (* hierconn *) wire logic \block.expect_first_reg ;
  (* hierconn *) wire logic \block.beat_valid_reg ;
  (* hierconn *) wire logic \block.beat_first_reg ;
  (* hierconn *) wire logic \block.beat_last_reg ;
  (* hierconn *) wire logic [9:0] \block.position_reg ;
  (* hierconn *) wire logic [DATA_BYTES-1:0] \block.in_ip ;
  (* hierconn *) wire logic [DATA_BYTES-1:0] \block.in_l4 ;
  (* hierconn *) wire logic \block.ip_reg ;
  (* hierconn *) wire logic \block.txsm_reg ;
  (* hierconn *) wire logic [1:0] \block.l4t_reg ;
  (* hierconn *) wire logic [6:0] \block.maclen_reg ;
  (* hierconn *) wire logic [8:0] \block.iplen_reg ;
  (* hierconn *) wire logic \block.sum_valid_reg ;
  (* hierconn *) wire logic \block.sum_first_reg ;
  (* hierconn *) wire logic \block.sum_last_reg ;
  (* hierconn *) wire logic \block.sum_free ;
  (* hierconn *) wire logic \block.sum_ip_insert ;
  (* hierconn *) wire logic \block.sum_l4_insert ;
  (* hierconn *) wire logic [9:0] \block.sum_l4_offset ;
  (* hierconn *) wire logic [2:0] \block.sum_error ;
  (* hierconn *) wire logic \block.sum_ip_insert_reg ;
  (* hierconn *) wire logic \block.sum_l4_insert_reg ;
  (* hierconn *) wire logic [9:0] \block.sum_ip_offset_reg ;
  (* hierconn *) wire logic [9:0] \block.sum_l4_offset_reg ;
  (* hierconn *) wire logic [2:0] \block.sum_error_reg ;

  logic in_beat, in_sum;  // a packet's end is there
  logic [DATA_BYTES-1:0] counts_ip_reg, counts_l4_reg;  // of the beat in stage beat
  always_ff @(posedge clk) if (accept) {counts_ip_reg, counts_l4_reg} <= {counts_ip, counts_l4};
  logic [1:0] beat_slot;
  result_t of_beat, of_sum;  // what the queue expects of them
  always_comb begin
    in_beat = \block.beat_valid_reg && \block.beat_last_reg ;
    in_sum = \block.sum_valid_reg && \block.sum_last_reg ;
    beat_slot = 2'(in_sum) + 2'(out_valid);
    of_sum = out_valid ? queue1_reg : queue0_reg;
    of_beat = beat_slot == 0 ? queue0_reg : beat_slot == 1 ? queue1_reg : queue2_reg;
  end
  always_comb begin
    if (known_reg) begin
      assert (3'(in_beat) + 3'(in_sum) + 3'(out_valid) == 3'(count_reg));
      assert (\block.expect_first_reg == !open_reg);
      // A beat knows whether it begins or ends a packet, and beats of a packet follow each other.
      assert (!\block.beat_valid_reg || \block.beat_last_reg == !open_reg);
      assert (!(\block.beat_valid_reg && \block.sum_valid_reg ) || \block.beat_first_reg == \block.sum_last_reg );
      assert (!(open_reg && !\block.beat_valid_reg && \block.sum_valid_reg ) || !\block.sum_last_reg );
      assert (\block.beat_valid_reg || !\block.sum_valid_reg || open_reg || \block.sum_last_reg );
      assert (!(out_valid && !in_sum && in_beat) || age1_reg == 1 || \block.sum_valid_reg );
      // Ends are as old as their stage is deep, unless one is in their way.
      assert (out_valid || !in_sum || age0_reg == 2);
      assert (out_valid || in_sum || !in_beat || age0_reg == 1);
      assert (!out_valid || !in_sum || age1_reg >= 2);
      assert (!out_valid || in_sum || !in_beat || age1_reg == 1);
      assert (!in_sum || !in_beat || beat_slot != 1 || age1_reg == 1);
      // The packet in the stage of the beat.
      if (open_reg || \block.beat_valid_reg ) begin
        assert ({\block.ip_reg , \block.txsm_reg } == {ip_reg, txsm_reg});
        assert ({\block.l4t_reg , \block.maclen_reg , \block.iplen_reg } == {l4t_reg, maclen_reg, iplen_reg});
      end
      if (open_reg) begin
        assert (length_reg <= 800 && length_reg[0] == 1'b0);
        assert (12'(\block.position_reg ) + DATA_BYTES == length_reg || \block.position_reg >= 656 && length_reg > 656);
        assert (\block.position_reg < 10'd700);
      end
      if (\block.beat_valid_reg ) begin
        assert (!ip_reg || \block.in_ip == counts_ip_reg);
        assert (!txsm_reg || \block.in_l4 == counts_l4_reg);
      end
      if (in_beat) begin
        assert (\block.sum_error == of_beat.error);
        assert ({\block.sum_ip_insert , \block.sum_l4_insert } == {of_beat.ip_insert, of_beat.l4_insert});
        assert (of_beat.ip_offset == (of_beat.ip_insert ? 10'(maclen_reg) + 10'd10 : 10'd0));
        assert (of_beat.l4_offset == (of_beat.l4_insert ? \block.sum_l4_offset : 10'd0));
      end
      if (in_sum) begin
        assert (\block.sum_error_reg == of_sum.error);
        assert ({\block.sum_ip_insert_reg , \block.sum_l4_insert_reg } == {of_sum.ip_insert, of_sum.l4_insert});
        assert (of_sum.ip_offset == (of_sum.ip_insert ? \block.sum_ip_offset_reg : 10'd0));
        assert (of_sum.l4_offset == (of_sum.l4_insert ? \block.sum_l4_offset_reg : 10'd0));
      end
    end
  end

`ifdef VALUES
  (* hierconn *) wire logic [8*DATA_BYTES-1:0] \block.beat_data_reg ;
  (* hierconn *) wire logic [32:0] \block.sum_ip ;
  (* hierconn *) wire logic [32:0] \block.sum_l4 ;
  (* hierconn *) wire logic [32:0] \block.sum_ip_reg ;
  (* hierconn *) wire logic [32:0] \block.sum_l4_reg ;
  (* hierconn *) wire logic [16:0] \block.finish_ip.so_far ;
  (* hierconn *) wire logic [16:0] \block.finish_l4.so_far ;
  (* hierconn *) wire logic [16:0] \block.total_ip ;
  (* hierconn *) wire logic [16:0] \block.total_l4 ;
  (* hierconn *) wire logic [16:0] \block.total_ip_reg ;
  (* hierconn *) wire logic [16:0] \block.total_l4_reg ;
  (* hierconn *) wire logic \block.sum_ip_odd_reg ;
  (* hierconn *) wire logic \block.sum_l4_odd_reg ;
  (* hierconn *) wire logic \block.sum_udp_reg ;

  // The block's sums as the reference writes them: 16 bits, the first byte of the summed part the high one.
  function automatic logic [15:0] plain(input logic [32:0] sum, input logic odd);
    logic [15:0] folded;
    folded = add(add(sum[15:0], sum[31:16]), 16'(sum[32]));
    plain = odd ? folded : {folded[7:0], folded[15:8]};
  endfunction

  // Of the beat in stage beat, then in stage sum, then before that one: the reference's share and sum.
  logic [15:0] share_ip_reg, share_l4_reg;
  logic [15:0] at_sum_share_ip_reg, at_sum_share_l4_reg, at_sum_ip_reg, at_sum_l4_reg;
  logic [15:0] at_total_ip_reg, at_total_l4_reg;
  logic sum_moves;
  assign sum_moves = \block.sum_valid_reg && \block.sum_free ;
  always_ff @(posedge clk) begin
    if (accept) {share_ip_reg, share_l4_reg} <= {share_ip, share_l4};
    if (\block.beat_valid_reg && \block.sum_free ) begin
      {at_sum_share_ip_reg, at_sum_share_l4_reg} <= {share_ip_reg, share_l4_reg};
      {at_sum_ip_reg, at_sum_l4_reg} <= {sum_ip_reg, sum_l4_reg};
    end
    if (sum_moves) {at_total_ip_reg, at_total_l4_reg} <= {at_sum_ip_reg, at_sum_l4_reg};
  end

  logic [15:0] before_ip, before_l4;  // up to the beat before the one in stage beat
  logic odd_ip, odd_l4, live;  // total is a packet's of which more comes
  always_comb begin
    before_ip = \block.sum_valid_reg ? at_sum_ip_reg : at_total_ip_reg;
    before_l4 = \block.sum_valid_reg ? at_sum_l4_reg : at_total_l4_reg;
    odd_ip = maclen_reg[0];
    odd_l4 = maclen_reg[0] ^ iplen_reg[0];
    live = open_reg;
    if (\block.beat_valid_reg ) live = !\block.beat_first_reg ;
    if (\block.sum_valid_reg ) begin
      live = !\block.sum_first_reg ;
      odd_ip = \block.sum_ip_odd_reg ;
      odd_l4 = \block.sum_l4_odd_reg ;
    end
  end

  // What arithmetic.proof proves of tx_checksum_finish, and of bytes and words, for all values.
  always_comb begin
    assume (plain(33'(\block.total_ip ), odd_ip) ==
            add(plain(33'(\block.finish_ip.so_far ), odd_ip), plain(\block.sum_ip_reg , odd_ip)));
    assume (plain(33'(\block.total_l4 ), odd_l4) ==
            add(plain(33'(\block.finish_l4.so_far ), odd_l4), plain(\block.sum_l4_reg , odd_l4)));
  end

  always_comb begin
    if (known_reg) begin
      if (open_reg && !\block.beat_valid_reg ) assert ({sum_ip_reg, sum_l4_reg} == {before_ip, before_l4});
      if (\block.beat_valid_reg ) begin
        assert (ip_reg || counts_ip_reg == '0);
        assert (txsm_reg || counts_l4_reg == '0);
        assert (share_ip_reg == share(\block.beat_data_reg , counts_ip_reg, maclen_reg[0]));
        assert (share_l4_reg == share(\block.beat_data_reg , counts_l4_reg, maclen_reg[0] ^ iplen_reg[0]));
        assert (share_ip_reg == plain(\block.sum_ip , maclen_reg[0]));
        assert (share_l4_reg == plain(\block.sum_l4 , maclen_reg[0] ^ iplen_reg[0]));
        assert (sum_ip_reg == add(\block.beat_first_reg ? '0 : before_ip, share_ip_reg));
        assert (sum_l4_reg == add(\block.beat_first_reg ? '0 : before_l4, share_l4_reg));
      end
      if (\block.sum_valid_reg ) begin
        assert (at_sum_share_ip_reg == plain(\block.sum_ip_reg , \block.sum_ip_odd_reg ));
        assert (at_sum_share_l4_reg == plain(\block.sum_l4_reg , \block.sum_l4_odd_reg ));
        assert (at_sum_ip_reg == add(\block.sum_first_reg ? '0 : at_total_ip_reg, at_sum_share_ip_reg));
        assert (at_sum_l4_reg == add(\block.sum_first_reg ? '0 : at_total_l4_reg, at_sum_share_l4_reg));
        assert (at_sum_ip_reg == plain(33'(\block.total_ip ), \block.sum_ip_odd_reg ));
        assert (at_sum_l4_reg == plain(33'(\block.total_l4 ), \block.sum_l4_odd_reg ));
      end
      if (\block.sum_valid_reg && !\block.sum_last_reg )
        assert ({\block.sum_ip_odd_reg , \block.sum_l4_odd_reg } == {maclen_reg[0], maclen_reg[0] ^ iplen_reg[0]});
      if (live) begin
        assert (at_total_ip_reg == plain(33'(\block.total_ip_reg ), odd_ip));
        assert (at_total_l4_reg == plain(33'(\block.total_l4_reg ), odd_l4));
        assert (\block.total_ip_reg <= 17'h10002 && \block.total_l4_reg <= 17'h10002);
      end
      if (in_beat) begin
        assert (!of_beat.ip_insert || of_beat.ip_checksum == ~sum_ip_reg);
        assert (!of_beat.l4_insert || of_beat.l4_checksum == (l4t_reg == 0 && sum_l4_reg == '1 ? '1 : ~sum_l4_reg));
        assert (of_beat.ip_insert || of_beat.ip_checksum == 0);
        assert (of_beat.l4_insert || of_beat.l4_checksum == 0);
      end
      if (in_sum) begin
        assert (!of_sum.ip_insert || of_sum.ip_checksum == ~at_sum_ip_reg);
        assert (!of_sum.l4_insert ||
                of_sum.l4_checksum == (\block.sum_udp_reg && at_sum_l4_reg == '1 ? '1 : ~at_sum_l4_reg));
        assert (of_sum.ip_insert || of_sum.ip_checksum == 0);
        assert (of_sum.l4_insert || of_sum.l4_checksum == 0);
      end
    end
  end
`endif
endmodule

`default_nettype wire
