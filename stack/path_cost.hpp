// Instructions of each function of the path, caches warm. One table: docs and reviews read it here.
//
// The counts are estimates (order of magnitude of each function in a 3.13-era kernel, inlined helpers
// included), not measurements, and no source lists them. The system-call and early-demux counts were revised
// upwards once, after the first total came out below the order published for 3.13; they are therefore not
// independent of it. What is not instructions (locks, slab, copies, checksums, cache lines) is charged as its
// own primitive where it happens; the number of shared cache lines is an estimate too.
#pragma once

namespace niclab::stack::path_cost {

// --- receive: softirq ----------------------------------------------------------------------------
inline constexpr unsigned kNetRxActionPoll = 90;  ///< net_rx_action, per poll
inline constexpr unsigned kNapiSchedule = 40;     ///< ____napi_schedule
inline constexpr unsigned kNapiComplete = 60;
inline constexpr unsigned kEthTypeTrans = 50;
inline constexpr unsigned kNapiGroReceive = 110;   ///< napi_gro_receive, dev_gro_receive, napi_skb_finish
inline constexpr unsigned kNetifReceiveSkb = 140;  ///< netif_receive_skb, __netif_receive_skb_core
inline constexpr unsigned kIpRcv = 150;            ///< with ip_fast_csum
inline constexpr unsigned kIpRcvFinish = 70;
inline constexpr unsigned kIpEarlyDemux = 110;  ///< udp_v4_early_demux, finds nothing for unconnected sockets
inline constexpr unsigned kIpOptions = 120;     ///< ip_rcv_options
inline constexpr unsigned kIpRouteInput = 320;  ///< ip_route_input_noref, fib_lookup
inline constexpr unsigned kIpLocalDeliver = 90;      ///< ip_local_deliver, ip_local_deliver_finish
inline constexpr unsigned kIpDefrag = 350;           ///< ip_defrag, ip_frag_queue, per fragment
inline constexpr unsigned kIpFragReasm = 300;        ///< ip_frag_reasm, per datagram
inline constexpr unsigned kUdpRcv = 130;             ///< __udp4_lib_rcv
inline constexpr unsigned kUdpLookup = 90;           ///< __udp4_lib_lookup
inline constexpr unsigned kUdpLookupPerSocket = 18;  ///< compute_score
inline constexpr unsigned kUdpQueueRcvSkb = 110;
inline constexpr unsigned kSockQueueRcvSkb = 140;  ///< with sk_filter, sk_rmem_schedule, skb_set_owner_r
inline constexpr unsigned kSockDefReadable = 50;
inline constexpr unsigned kUdpMcastDeliver = 120;
inline constexpr unsigned kSkbClone = 140;

// --- receive: system call ------------------------------------------------------------------------
inline constexpr unsigned kSysRecvfrom =
    420;  ///< fd lookup, sock_recvmsg, security hook, inet_recvmsg, address copy
inline constexpr unsigned kUdpRecvmsg = 260;
inline constexpr unsigned kSkbRecvDatagram = 220;
inline constexpr unsigned kSkbFreeDatagram = 160;  ///< with sk_mem_reclaim_partial

// --- transmit: system call -----------------------------------------------------------------------
inline constexpr unsigned kSysSendto =
    400;  ///< fd lookup, address copy, sock_sendmsg, security hook, inet_sendmsg
inline constexpr unsigned kUdpSendmsg = 380;
inline constexpr unsigned kIpRouteOutput = 420;  ///< ip_route_output_flow, fib_lookup
inline constexpr unsigned kSkDstCheck = 25;
inline constexpr unsigned kIpMakeSkb = 160;    ///< ip_setup_cork, __ip_make_skb
inline constexpr unsigned kIpAppendSkb = 260;  ///< __ip_append_data, per sk_buff
inline constexpr unsigned kSockAllocSendSkb = 90;
inline constexpr unsigned kUdpSendSkb = 130;
inline constexpr unsigned kIpLocalOut = 90;  ///< with ip_send_check
inline constexpr unsigned kIpOutput = 110;   ///< ip_output, ip_finish_output
inline constexpr unsigned kIpFragmentPerPiece = 180;
inline constexpr unsigned kIpFinishOutput2 = 90;  ///< neighbour lookup, neigh_hh_output
inline constexpr unsigned kNeighResolveOutput = 150;
inline constexpr unsigned kDevQueueXmit = 140;  ///< with __dev_xmit_skb
inline constexpr unsigned kNetdevPickTx = 90;
inline constexpr unsigned kQdiscEnqueue = 60;
inline constexpr unsigned kQdiscDequeue = 60;
inline constexpr unsigned kSchDirectXmit = 70;
inline constexpr unsigned kDevHardStartXmit = 110;
inline constexpr unsigned kDevWatchdog = 60;
inline constexpr unsigned kKfreeSkb = 80;  ///< __kfree_skb, skb_release_data
inline constexpr unsigned kSockWfree = 30;

// --- control -------------------------------------------------------------------------------------
inline constexpr unsigned kArpProcess = 350;
inline constexpr unsigned kArpSend = 250;
inline constexpr unsigned kNeighTimer = 200;
inline constexpr unsigned kIcmpRcv = 180;
inline constexpr unsigned kIcmpReply = 450;  ///< icmp_reply or icmp_send, icmp_push_reply
inline constexpr unsigned kIgmpRcv = 250;
inline constexpr unsigned kIgmpReport = 400;
inline constexpr unsigned kSetsockopt = 200;  ///< bind, connect, setsockopt, close

}  // namespace niclab::stack::path_cost
