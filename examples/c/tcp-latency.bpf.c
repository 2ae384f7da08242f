// How long TCP connections take to open: from the SYN to the answer, as a histogram, and by destination.
//
//   sudo skep run examples/c/tcp-latency.bpf.c
//   sudo skep run examples/c/tcp-latency.bpf.c --set port=443

#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define AF_INET 2
#define SLOTS 26

/* Only connections to that port; 0: all. */
const volatile __u16 port = 0;

struct destination {
	/* IPv4 addresses are mapped: ::ffff:192.0.2.1. */
	__u8 address[16];
	__u16 port;
};

struct latency {
	__u64 connections;
	/* Microseconds. */
	__u64 total;
	__u64 longest;
};

/* When the SYN was sent, by socket. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, __u64);
} opening SEC(".maps");

/* Connections that took 2^i microseconds to 2^(i+1). */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SLOTS);
	__type(key, __u32);
	__type(value, __u64);
} histogram SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct destination);
	__type(value, struct latency);
} destinations SEC(".maps");

static __always_inline __u32 log2(__u64 value)
{
	__u32 slot = 0;
	if (value >= 1ULL << 32) { value >>= 32; slot += 32; }
	if (value >= 1 << 16) { value >>= 16; slot += 16; }
	if (value >= 1 << 8) { value >>= 8; slot += 8; }
	if (value >= 1 << 4) { value >>= 4; slot += 4; }
	if (value >= 1 << 2) { value >>= 2; slot += 2; }
	if (value >= 1 << 1) slot += 1;
	return slot;
}

static __always_inline void opened(struct sock *sk, __u64 microseconds)
{
	__u32 slot = log2(microseconds);
	if (slot >= SLOTS)
		slot = SLOTS - 1;
	__u64 *count = bpf_map_lookup_elem(&histogram, &slot);
	if (count)
		__sync_fetch_and_add(count, 1);

	struct destination to = { .port = bpf_ntohs(sk->__sk_common.skc_dport) };
	if (sk->__sk_common.skc_family == AF_INET) {
		to.address[10] = 0xff;
		to.address[11] = 0xff;
		*(__be32 *)&to.address[12] = sk->__sk_common.skc_daddr;
	} else {
		__builtin_memcpy(to.address, &sk->__sk_common.skc_v6_daddr, 16);
	}
	struct latency *known = bpf_map_lookup_elem(&destinations, &to);
	if (known) {
		known->connections += 1;
		known->total += microseconds;
		if (microseconds > known->longest)
			known->longest = microseconds;
	} else {
		struct latency first = { 1, microseconds, microseconds };
		bpf_map_update_elem(&destinations, &to, &first, BPF_ANY);
	}
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(stateChanged, struct sock *sk, int before, int after)
{
	__u64 key = (__u64)sk;
	if (after == TCP_SYN_SENT) {
		if (port != 0 && bpf_ntohs(sk->__sk_common.skc_dport) != port)
			return 0;
		__u64 now = bpf_ktime_get_ns();
		bpf_map_update_elem(&opening, &key, &now, BPF_ANY);
		return 0;
	}
	if (before != TCP_SYN_SENT)
		return 0;
	__u64 *since = bpf_map_lookup_elem(&opening, &key);
	if (!since)
		return 0;
	/* What else follows is a failure: nothing was opened. */
	if (after == TCP_ESTABLISHED)
		opened(sk, (bpf_ktime_get_ns() - *since) / 1000);
	bpf_map_delete_elem(&opening, &key);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
