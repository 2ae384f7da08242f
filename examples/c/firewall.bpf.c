// A firewall: drops IPv4 packets whose source lies in a blocked network, and counts them by source.
//
//   skep run examples/c/firewall.bpf.c --replay examples/captures/office.pcap \
//     --set 'blocked={"prefixLength":24,"address":"203.0.113.0"}:1'

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct ipv4_prefix {
	__u32 prefixLength;
	__be32 address;
};

/* Networks to block; the value is free for the operator's use, a rule's number for example. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 100000);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct ipv4_prefix);
	__type(value, __u32);
} blocked SEC(".maps");

/* Packets dropped, by source. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 65536);
	__type(key, __be32);
	__type(value, __u64);
} drops SEC(".maps");

SEC("xdp")
int firewall(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;

	struct ethhdr *eth = data;
	if ((void *)(eth + 1) > data_end || eth->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;

	struct iphdr *ip = (void *)(eth + 1);
	if ((void *)(ip + 1) > data_end)
		return XDP_PASS;

	__be32 source = ip->saddr;
	struct ipv4_prefix prefix = { .prefixLength = 32, .address = source };
	if (!bpf_map_lookup_elem(&blocked, &prefix))
		return XDP_PASS;

	__u64 *dropped = bpf_map_lookup_elem(&drops, &source);
	if (dropped) {
		*dropped += 1;
	} else {
		__u64 one = 1;
		bpf_map_update_elem(&drops, &source, &one, BPF_ANY);
	}
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
