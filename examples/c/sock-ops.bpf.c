// TCP connections of a control group: round trip times and retransmits of each, as they are, and a record when one ends.
//
//   sudo skep run examples/c/sock-ops.bpf.c --cgroup /sys/fs/cgroup/web

#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define AF_INET 2

struct connection {
	__u32 family;
	/* In the machine's order. */
	__u16 localPort;
	__u16 remotePort;
	/* IPv4 addresses are mapped: ::ffff:192.0.2.1. */
	__u32 remote[4];
	/* Whether the other side opened it. */
	__u32 passive;
	/* Microseconds. */
	__u32 roundTrip;
	__u32 roundTripMin;
	__u32 roundTrips;
	__u32 retransmits;
	__u64 bytesReceived;
	__u64 bytesAcknowledged;
};

/* What is open now, by the socket's cookie. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct connection);
} connections SEC(".maps");

/* What has ended. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} ended SEC(".maps");

static __always_inline void opened(struct bpf_sock_ops *ctx, __u64 cookie, __u32 passive)
{
	/* Read before the branch: clang would else choose between two addresses inside of the context, which no verifier follows. */
	__u32 ip4 = *(volatile __u32 *)&ctx->remote_ip4;
	struct connection connection = {
		.family = ctx->family,
		.localPort = ctx->local_port,
		.remotePort = bpf_ntohl(ctx->remote_port),
		.passive = passive,
	};
	if (ctx->family == AF_INET) {
		connection.remote[2] = bpf_htonl(0xffff);
		connection.remote[3] = ip4;
	} else {
		connection.remote[0] = ctx->remote_ip6[0];
		connection.remote[1] = ctx->remote_ip6[1];
		connection.remote[2] = ctx->remote_ip6[2];
		connection.remote[3] = ctx->remote_ip6[3];
	}
	bpf_map_update_elem(&connections, &cookie, &connection, BPF_ANY);
	bpf_sock_ops_cb_flags_set(ctx, BPF_SOCK_OPS_RTT_CB_FLAG | BPF_SOCK_OPS_RETRANS_CB_FLAG | BPF_SOCK_OPS_STATE_CB_FLAG);
}

SEC("sockops")
int connection(struct bpf_sock_ops *ctx)
{
	__u64 cookie = bpf_get_socket_cookie(ctx);
	__u32 op = ctx->op;
	if (op == BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB || op == BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB) {
		opened(ctx, cookie, op == BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB);
		return 1;
	}
	if (op != BPF_SOCK_OPS_RTT_CB && op != BPF_SOCK_OPS_RETRANS_CB && op != BPF_SOCK_OPS_STATE_CB)
		return 1;

	struct connection *known = bpf_map_lookup_elem(&connections, &cookie);
	if (!known)
		return 1;
	if (op == BPF_SOCK_OPS_RETRANS_CB) {
		known->retransmits += 1;
	} else if (op == BPF_SOCK_OPS_RTT_CB) {
		/* The kernel keeps eight times the smoothed time. */
		known->roundTrip = ctx->srtt_us >> 3;
		known->roundTripMin = ctx->rtt_min;
		known->roundTrips += 1;
	} else if (ctx->args[1] == BPF_TCP_CLOSE) {
		known->bytesReceived = ctx->bytes_received;
		known->bytesAcknowledged = ctx->bytes_acked;
		bpf_ringbuf_output(&ended, known, sizeof(*known), 0);
		bpf_map_delete_elem(&connections, &cookie);
	}
	return 1;
}

char LICENSE[] SEC("license") = "GPL";
